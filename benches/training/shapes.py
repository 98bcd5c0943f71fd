"""Classes: attributes, inheritance, several classes through one call, properties, slots, operators, dataclasses, enums."""
import enum
import math
from dataclasses import dataclass, field
from typing import NamedTuple


class Shape:
    count = 0

    def __init__(self, name):
        self.name = name
        Shape.count += 1

    def area(self):
        return 0.0

    def scaled(self, factor):
        raise NotImplementedError

    @property
    def label(self):
        return self.name + "!"

    @staticmethod
    def unit():
        return 1.0

    @classmethod
    def of(cls, *args):
        return cls(*args)


class Circle(Shape):
    def __init__(self, radius):
        super().__init__("circle")
        self.radius = radius

    def area(self):
        return math.pi * self.radius**2

    def scaled(self, factor):
        return Circle(self.radius * factor)


class Box(Shape):
    def __init__(self, width, height=None):
        super().__init__("box")
        self.width = width
        self.height = width if height is None else height

    def area(self):
        return self.width * self.height

    def scaled(self, factor):
        return Box(self.width * factor, height=self.height * factor)


class Group(Shape):
    def __init__(self, members):
        Shape.__init__(self, "group")
        self.members = members

    def area(self):
        return sum(member.area() for member in self.members)

    def scaled(self, factor):
        return type(self)([member.scaled(factor) for member in self.members])

    def __iter__(self):
        return iter(self.members)

    def __len__(self):
        return len(self.members)

    def __contains__(self, shape):
        return any(member is shape for member in self.members)


class Vector:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor)

    __rmul__ = __mul__

    def __eq__(self, other):
        return isinstance(other, Vector) and self.x == other.x and self.y == other.y

    def __lt__(self, other):
        return (self.x, self.y) < (other.x, other.y)

    def __hash__(self):
        return hash((self.x, self.y))

    def __bool__(self):
        return self.x != 0 or self.y != 0

    def __repr__(self):
        return f"Vector({self.x!r}, {self.y!r})"

    def __call__(self, t):
        return self.x * t + self.y


class Celsius:
    """A data descriptor that counts what is set."""

    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner=None):
        return self if instance is None else getattr(instance, self.name)

    def __set__(self, instance, value):
        setattr(instance, self.name, float(value))


class Room:
    warmth = Celsius()

    def __init__(self, warmth, **extras):
        self.warmth = warmth
        self.__dict__.update(extras)

    def __getattr__(self, name):
        if name.startswith("has_"):
            return name[4:] in self.__dict__
        raise AttributeError(name)


class Suit(enum.Enum):
    HEARTS = 1
    SPADES = 2


class Rights(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()


@dataclass(order=True)
class Card:
    rank: int
    suit: Suit = field(compare=False)
    tags: list = field(default_factory=list, compare=False)


class Point(NamedTuple):
    x: int
    y: int = 0


def areas(rounds):
    shapes = [Circle(1.5), Box(2), Box(2, 3), Group([Circle(1), Box(1)]), Circle.of(2.0)]
    total = 0.0
    for _ in range(rounds):
        for shape in shapes:
            total += shape.scaled(2).area() * Shape.unit()
            if shape.label:
                total += len(shape.name)
    return round(total, 6), len(shapes[3]), shapes[0] in shapes[3]


def walk(steps):
    at, step, seen = Vector(0, 0), Vector(1, 2), set()
    for i in range(steps):
        at = at + step * (i % 3) - Vector(i % 2, 0)
        seen.add(at)
        if at == step or not at:
            at = at + step
        if i % 5 == 0:
            at = 2 * at * 0
    return repr(max(seen)), len(seen), sorted(seen)[0](3)


def rooms(count):
    warm = 0.0
    for i in range(count):
        room = Room(i % 30, chairs=4) if i % 2 else Room(warmth=20)
        room.warmth = room.warmth + 1
        warm += room.warmth if room.has_chairs else 0.5
        try:
            room.windows
        except AttributeError:
            warm += 1
    return warm


def cards(count):
    deck = [Card(i * 7 % 13, Suit.HEARTS if i % 2 else Suit.SPADES) for i in range(count)]
    deck.sort()
    points = [Point(card.rank, y=i) for i, card in enumerate(deck) if card.suit is Suit.HEARTS]
    rights = Rights.READ
    for point in points:
        rights = rights | Rights.WRITE if point.x else rights & Rights.READ
    return deck[0] == deck[1], max(points), sum(p.y for p in points), rights, Suit(2), Suit["HEARTS"].name, repr(deck[3])


def main(show):
    show(areas(900), Shape.count)
    show(walk(6000))
    show(rooms(5000))
    show(cards(900))


for turn in range(10):
    main(print if turn == 0 else lambda *values: None)
