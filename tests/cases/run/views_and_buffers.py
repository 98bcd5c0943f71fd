# The view of a frame's variables, and buffers that keep their size while the code of an argument runs.
import re
import sys


class Like:
    def __eq__(self, other):
        return other == "x"

    def __hash__(self):
        return hash("x")


def f():
    x = 1
    view = sys._getframe().f_locals
    view[Like()] = 2
    view["extra"] = view
    print(x, sorted(locals()), reversed(view) == list(reversed(view.keys())))
    print(sorted(view | {"y": 3}), type(view | {}), sorted({"z": 1} | view))
    view |= {"x": 7, "more": 8}
    print(x, view["more"], len(type(view)(sys._getframe())))
    del view["extra"]
    for wrong in (lambda: view | 3, lambda: view.update([1]), lambda: view[[]], lambda: type(view)(), lambda: type(view)(1),
                  lambda: hash(view)):
        try:
            wrong()
        except Exception as error:
            print(type(error).__name__, error)


f()


class Evil:
    def __init__(self, array):
        self.array = array

    def __buffer__(self, flags):
        self.array.clear()
        return memoryview(b"q")

    def __index__(self):
        self.array.clear()
        return 65

    def __len__(self):
        self.array.clear()
        return 1


class Separator(bytes):
    def __len__(self):
        array.clear()
        return 1


array = bytearray(b"ABC")
view = None
for name, action in {
    "find": lambda: array.find(Evil(array)),
    "in": lambda: Evil(array) in array,
    "split": lambda: array.split(Evil(array)),
    "hex": lambda: array.hex(Separator(b":")),
    "view": lambda: memoryview(array).hex(Separator(b":")),
    "join": lambda: array.join(array.clear() or b"" for _ in "ab"),
    "scan": lambda: [array.clear() for _ in re.finditer(b"B", array)],
}.items():
    try:
        print(name, action())
    except BufferError as error:
        print(name, error, array)
grown = bytearray(b"xx")
grown.extend(type("Grow", (), {"__buffer__": lambda self, flags: grown.extend(b"yy") or memoryview(b"AB")})())
print(grown)
held = memoryview(grown)
grown.resize(len(grown))
found = re.search(b"x+", grown)
grown[:2] = b"zz"
print(found.group(), memoryview(b"\0\2").cast("?") == memoryview(b"\0\4").cast("?"))
print(re.fullmatch(rb"[^bc]", b"B", re.L | re.I), re.fullmatch(rb"(?:a|[^bc])", b"A", re.L | re.I) is not None)
