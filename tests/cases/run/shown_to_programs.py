# What builtin things say of themselves, and pickles of generic classes by the old protocols.
import codecs
import pickle
import sys
import types
import typing

print(str.maketrans.__self__, bytes.maketrans.__self__, len.__self__ is __import__("builtins"))
print(codecs.xmlcharrefreplace_errors, codecs.xmlcharrefreplace_errors.__text_signature__)


class Box[T]:
    def __init__(self, item):
        self.item = item


print([pickle.loads(pickle.dumps(Box(3), protocol)).item for protocol in range(6)], bool(typing.Generic.__flags__ & 512))
array = bytearray(range(10))
array[1:-1:2] = b""
print(array)
view = memoryview(bytearray(8)).cast("d")


class Number:
    def __float__(self):
        return 2.5


view[0] = Number()
print(view[0])
for wrong in (lambda: str(b"x", "utf-8", "strict", errors="ignore"), lambda: str(b"x", "utf-8", encoding="ascii"),
              lambda: view.__setitem__(0, "x")):
    try:
        wrong()
    except TypeError as error:
        print(error)


class Annotated:
    a: int

    def __annotate__(format):
        return {"a": str}


print(Annotated.__annotations__)
for thing in (lambda: 0, types.ModuleType("m"), type("X", (), {})):
    thing.__annotate__ = lambda format: 1
    try:
        thing.__annotations__
    except TypeError as error:
        print(error)
class Hooked:
    blech = None

    def __getattr__(self, name):
        raise AttributeError()

    @property
    def given(self):
        raise AttributeError("own", name="n")


for name in ("bluch", "given"):
    try:
        getattr(Hooked(), name)
    except AttributeError as error:
        print(error.name, type(error.obj).__name__, error.args)
sys.exit("lone \udcff")
