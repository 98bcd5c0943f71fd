# Fields of exceptions that programs change, contexts of what is thrown into generators, warnings of what nobody awaited.
import pickle
import warnings

for error in (UnicodeEncodeError("u", "xxxxx", 1, 5, "why"), UnicodeDecodeError("u", b"xxxxx", 1, 5, "why"),
              UnicodeTranslateError("xxxxx", 1, 5, "why")):
    for start, end in ((0, 1), (3, 3), (-1, 5), (1000, 5), (4, 5)):
        error.start, error.end = start, end
        print(error)
    for change in (lambda: setattr(error, "start", None), lambda: delattr(error, "end"), lambda: setattr(error, "object", 3)):
        try:
            change()
            str(error)
        except TypeError as wrong:
            print(wrong)
again = pickle.loads(pickle.dumps(AttributeError("foo", name="n")))
print(again.name, again.args, AttributeError("q").__reduce__())
error = SyntaxError("m", ("f", 1, 2, "t", 3, 4))
error.__init__("n", ("g", 2, 3, "u"))
print(error.lineno, error.end_lineno, error.end_offset)


def raising(error):
    try:
        yield
    finally:
        raise error


errors = [Exception(n) for n in range(4)]
first, second = raising(errors[2]), raising(errors[3])
next(first), next(second)
try:
    raise errors[1]
except Exception:
    for step in (first, second):
        try:
            step.throw(errors[1] if step is first else errors[2])
        except Exception as last:
            pass
    error = errors[3]
    while error:
        print(error, end=" ")
        error = error.__context__
    print()


async def agen():
    yield 1


async def coro():
    pass


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    agen().asend(None)
    agen().aclose()
    agen().athrow(ValueError)
    agen().athrow(ValueError, ValueError()).close()
    c = coro()
    c.cr_frame.clear()
    c.close()
for warning in caught:
    print(warning.category.__name__, warning.message)


class Bad:
    def __aiter__(self):
        return self

    def __anext__(self):
        return self.given


async def main():
    for given in (iter("a"), (x for x in "a"), 5):
        Bad.given = given
        for awaitable in (anext(Bad()), anext(Bad(), 1)):
            try:
                await awaitable
            except TypeError as error:
                print(str(error).replace("str_ascii", "str"))


try:
    main().send(None)
except StopIteration:
    pass


class Loader:
    def get_source(self, name):
        return "line one\nline two"


warnings.warn_explicit("loaded", UserWarning, "nowhere", 2, module_globals={"__name__": "m", "__loader__": Loader()})
for text in ("__conditional_annotations__ = 0\nx: int", "__conditional_annotations__ = frozenset()\nx: int"):
    try:
        exec(text, {})
    except TypeError as error:
        print(error)
