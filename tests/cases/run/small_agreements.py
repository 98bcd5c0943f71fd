# Details in which a Python program can tell implementations apart.
import gc
import operator
import signal
import weakref
import _thread

for text in ("{0[{1}]}", "{0[a]b}", "{a{b}", "{0.{1}}", "{0[}]}", "{0[a}"):
    try:
        print(text, text.format({"{1}": 2, "}": 3}, "x"))
    except Exception as error:
        print(text, repr(error))


class Text(str):
    __slots__ = ("extra", "__weakref__")


class Loose(str):
    pass


t, u = Text("abc"), Loose("abc")
t.extra = 1
print(t.extra, weakref.ref(t)() is t, weakref.ref(u)() is u, t + u)


class BadName:
    @property
    def __name__(self):
        raise ZeroDivisionError


bad = BadName()
try:
    repr(weakref.ref(bad))
except ZeroDivisionError:
    print("the error of a name is seen")
print(sorted(gc.get_referents([1, 3], (5, None is None))), gc.get_referents(1, "a", 4j))
atoms = tuple(str(n) for n in range(3)), tuple([[]])
gc.collect()
print([gc.is_tracked(x) for x in ((), atoms[0], atoms[1], atoms)])


class Loop:
    def __init__(self):
        self.me = self


class Back(Loop):
    def __del__(self):
        kept.append(self)


kept = []
gc.collect()
gc.disable()
for _ in range(10):
    Loop()
Back()
print(gc.collect(), len(kept))
gc.enable()
try:
    _thread.interrupt_main()
except KeyboardInterrupt:
    print("interrupted at once")


class Counting(int):
    hashes = 0

    def __hash__(self):
        Counting.hashes += 1
        return int(self)


d = dict.fromkeys(map(Counting, range(5)))
dict.fromkeys(set(d)), dict.fromkeys(frozenset(d), 1), dict.fromkeys(d), set(d).difference(d)
print(Counting.hashes)
key = (Counting(7), 2)
print({key: 1}[key], hash(key) == hash(key), Counting.hashes)


class Sequence(tuple):
    pass


class Mapping(dict):
    pass


for value in ((), Sequence(), {}, Mapping()):
    match value:
        case [*_]:
            print("sequence")
        case {}:
            print("mapping")


class NoEq:
    @property
    def __eq__(self):
        raise AttributeError("none")


print(NoEq() == NoEq(), operator.length_hint(type("H", (), {"__length_hint__": lambda s: 2**62})()))
import io
import itertools

print(io.BytesIO().seek(2**62), itertools.repeat(1, 2**62).__length_hint__())
module = type(io)("mod")
module.mod = len
for thing in (module, type(io)("other")):
    try:
        thing()
    except TypeError as error:
        print(error)
for wrong in (lambda: "%c" % object(), lambda: b"%c" % "a", lambda: int().__pow__(), lambda: "x".encode("utf-8", "nope")):
    try:
        print(wrong())
    except TypeError as error:
        print(error)
print([function.__doc__.splitlines()[0] for function in (bin, hex)], type(None).__text_signature__)
