# What grows until memory ends raises MemoryError, whatever it is made of, and the program goes on; also when it does not
# give back what it holds.
import gc
import resource

ROOM = 3 << 20


def used():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


class Plain:
    def __init__(self, number):
        self.number = number


class Slots:
    __slots__ = ("number",)


def closure(number):
    return lambda: number


def started(number):
    def generator():
        yield number

    made = generator()
    next(made)
    return made


def failed(number):
    try:
        raise ValueError(number)
    except ValueError as error:
        return error


KINDS = {
    "list": lambda i: [i],
    "tuple": lambda i: (i, i),
    "dict": lambda i: {"a": i},
    "set": lambda i: {i},
    "str": lambda i: f"number {i}",
    "bytes": lambda i: bytes(40),
    "int": lambda i: (1 << 70) + i,
    "instance": Plain,
    "slots": lambda i: Slots(),
    "closure": closure,
    "generator": started,
    "exception": failed,
    "method": lambda i: "".join,
    "bound": lambda i: gc.collect.__call__,
    "class": lambda i: type("C", (), {}),
}


def fill(make):
    kept = []
    while True:
        kept.append(make(len(kept)))


def fill_dict():
    kept = {}
    while True:
        kept[len(kept)] = len(kept) * 1.5


def fill_attributes():
    kept = Plain(0)
    number = 0
    while True:
        setattr(kept, f"name_{number}", number)
        number += 1


def attempt(name, function, *args):
    gc.collect()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used() + ROOM, before[1]))
    try:
        function(*args)
    except MemoryError:
        end = "MemoryError"
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    print(name, end)


for name, make in KINDS.items():
    attempt(name, fill, make)
attempt("entries", fill_dict)
attempt("attributes", fill_attributes)
attempt("listed", list, ([i] for i in iter(int, 1)))
attempt("joined", "".join, (f"{i}" for i in iter(int, 1)))
attempt("sorted", sorted, (str(i) for i in iter(int, 1)))


def keep_failing(kept):
    failures = 0
    while failures < 30:
        try:
            while True:
                kept.append([failures])
        except MemoryError:
            failures += 1
    raise MemoryError


attempt("kept", keep_failing, [])
print("alive")
