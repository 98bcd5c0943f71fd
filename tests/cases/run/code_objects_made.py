# code() and code.replace(): what they take, and what they say.
import types


def f(a, b=1, *c, d, e=2, **k):
    x = a + 1

    def g():
        return x, a

    return g


code = f.__code__
NAMES = ["argcount", "posonlyargcount", "kwonlyargcount", "nlocals", "stacksize", "flags", "code", "consts", "names",
         "varnames", "filename", "name", "qualname", "firstlineno", "linetable", "exceptiontable", "freevars", "cellvars"]
parts = [getattr(code, "co_" + name) for name in NAMES]


def attempt(what, action):
    try:
        print(what, action())
    except SystemError as error:
        print(what, "SystemError", str(error).split(": ")[-1])
    except Exception as error:
        print(what, type(error).__name__, error)


for index, name in enumerate(NAMES):
    for value in (-1, 3, 100, 2**31, "x", None, b"\0", (), (1,), ["a"]):
        changed = list(parts)
        changed[index] = value
        attempt((name, value), lambda: getattr(code.replace(**{"co_" + name: value}), "co_" + name))
        attempt((index, value), lambda: getattr(types.CodeType(*changed), "co_" + name))
attempt("positional", lambda: code.replace(1))
attempt("unknown", lambda: code.replace(co_lnotab=b""))
attempt("too few", lambda: types.CodeType(1))
attempt("keyword", lambda: types.CodeType(*parts, x=1))
print(types.CodeType(*parts) == code)
for change in ("co_qualname", "co_filename", "co_name"):
    other = code.replace(**{change: "q"})
    print(change, other == code, hash(other) == hash(code))
swapped = code.replace(co_posonlyargcount=1)
print(swapped == code, hash(swapped) == hash(code))


class Odd:
    __hash__ = None


odd = [Odd(), []]
kept = code.replace(co_consts=(odd, 1, (odd[0],)))
print(kept.co_consts[0] is odd, kept.co_consts[2][0] is odd[0], kept == kept.replace(), kept == code)
holder = (lambda: 0).__code__.replace(co_consts=(kept,))
print(holder.co_consts[0].co_consts[0] is odd)
first, second = (compile("def f():\n  def g(): pass\n", name, "exec") for name in "ab")
print(first == second)


class Owner:
    def method(self, a: int): pass
    x: int


def generic[T](x: T): pass


for annotated in (Owner.method, Owner, generic):
    print(annotated.__annotate__.__qualname__, annotated.__annotate__.__code__.co_qualname)
for level in (0, 2):
    space = {}
    exec(compile('def f():\n "a"\n "b"\n', "", "exec", optimize=level), space)
    print(hex(space["f"].__code__.co_flags), space["f"].__doc__)
print(b"" is bytes(), b"xy"[:1] is b"x")
