"""Classes looked at as data: protocols, abstract classes, dispatch, signatures, `match`, arguments, paths, weak references, SQL."""
import abc
import argparse
import collections.abc
import copy
import dataclasses
import functools
import gc
import inspect
import pathlib
import sqlite3
import types
import typing
import weakref


@typing.runtime_checkable
class Measured(typing.Protocol):
    size: int

    def measure(self) -> int: ...


@typing.runtime_checkable
class Closing(typing.Protocol):
    def close(self) -> None: ...


class Plank:
    def __init__(self, size):
        self.size = size

    def measure(self):
        return self.size


class Door(Plank):
    def close(self):
        return None


class Animal(abc.ABC):
    @abc.abstractmethod
    def sound(self) -> str: ...


class Dog(Animal):
    def sound(self):
        return "wau"


class Row(typing.NamedTuple):
    name: str
    count: int = 0


class Options(typing.TypedDict, total=False):
    depth: int


@dataclasses.dataclass(frozen=True)
class Leaf:
    value: int


@dataclasses.dataclass(frozen=True)
class Fork:
    left: object
    right: object
    label: str = "fork"


class Stack[T]:
    def __init__(self):
        self.items: list[T] = []

    def push(self, item: T) -> typing.Self:
        self.items.append(item)
        return self


@functools.singledispatch
def describe(thing):
    return 1


@describe.register
def _(thing: int):
    return 2


@describe.register
def _(thing: list | tuple):
    return 3 + sum(map(describe, thing))


def checks(rounds):
    things = [Plank(3), Door(4), 5, "six", [7], Dog(), {"a": 1}, len, None, 2.5, Row("x")]
    kinds = [Measured, Closing, Animal, collections.abc.Sequence, collections.abc.Mapping, collections.abc.Callable, typing.Sized, (int, str), int | None]
    total = 0
    for _ in range(rounds):
        for thing in things:
            for kind in kinds:
                total += isinstance(thing, kind)
            total += describe(thing) + callable(thing) + hasattr(thing, "size") + isinstance(getattr(thing, "sound", None), str)
            total += issubclass(type(thing), (Plank, dict)) + isinstance(thing, Plank) + (type(thing) is int)
    return total


def shape(thing):
    match thing:
        case Leaf(value) if value > 3:
            return value
        case Leaf():
            return 1
        case Fork(left=Leaf(a), right=Leaf(b)):
            return a + b
        case Fork(left, right):
            return shape(left) + shape(right)
        case {"kind": "point", "at": [x, y, *_]}:
            return x + y
        case {"kind": str(kind), **rest}:
            return len(kind) + len(rest)
        case [first, *rest]:
            return shape(first) + len(rest)
        case "north" | "south" | None:
            return 10
        case int(n) | float(n):
            return n
        case _:
            return 0


def shapes(rounds):
    tree = Fork(Fork(Leaf(1), Leaf(9)), Fork(Leaf(2), Fork(Leaf(5), Leaf(6))), "top")
    things = [tree, {"kind": "point", "at": (1, 2, 3)}, {"kind": "line", "a": 1}, [4, 5, 6], "south", "west", 7, 1.5, (), None]
    total = sum(shape(thing) for _ in range(rounds) for thing in things)
    return total, len(str(dataclasses.asdict(tree))), dataclasses.replace(tree, label="x").label, repr(tree)[:20], hash(tree) == hash(copy.deepcopy(tree))


def looked_at():
    signature = inspect.signature(Fork)
    bound = inspect.signature(shapes).bind(3)
    hints = typing.get_type_hints(Row), typing.get_type_hints(Stack.push)
    made = types.SimpleNamespace(a=1, b=[2])
    parser = argparse.ArgumentParser(prog="tide")
    for name in "depth speed color weight height width".split():
        parser.add_argument(f"--{name}", f"-{name[0].upper()}{name[1]}", type=int, default=3, help=f"the {name}")
    parser.add_argument("files", nargs="*")
    parsed = parser.parse_args(["--depth", "4", "--speed=9", "a.txt", "b.txt"])
    parts = [pathlib.PurePath("/harbor") / f"pier{i}" / ".." / f"boat{i}.tar.gz" for i in range(60)]
    names = {part.name[:4] + part.suffix + part.stem[-3:] + str(part.parent.name) for part in parts}
    return str(signature), bound.arguments, len(hints), made.b, parsed.depth + parsed.speed, len(names), len(parser.format_help()), parts[3].with_suffix(".zip").as_posix()


class Ring:
    def __init__(self, other=None):
        self.other = other or self
        self.load = [self]


def rings(count):
    gone = []
    for i in range(count):
        ring = Ring(Ring())
        if i % 50 == 0:
            weakref.finalize(ring, gone.append, i)
    cache = weakref.WeakValueDictionary({i: Ring() for i in range(20)})
    alive = [{"n": i, "list": [[i] for _ in range(20)]} for i in range(200)]
    del ring
    gc.collect()
    return len(gone), len(cache), len(alive), gc.collect() >= 0


def database(count):
    connection = sqlite3.connect(":memory:")
    connection.execute("create table ships (name text, mass real, port integer)")
    connection.executemany("insert into ships values (?, ?, ?)", ((f"ship{i}", i * 1.5, i % 9) for i in range(count)))
    rows = connection.execute("select port, count(*), sum(mass) from ships where name like 'ship1%' group by port order by port").fetchall()
    names = [name for (name,) in connection.execute("select name from ships where mass > ? order by mass desc limit 40", (200,))]
    connection.close()
    return rows[2], names[0], Options(depth=3), Stack[int]().push(3).items


for turn in range(8):
    answers = checks(60), shapes(150), looked_at(), rings(700), database(1500)
for answer in answers:
    print(answer)
