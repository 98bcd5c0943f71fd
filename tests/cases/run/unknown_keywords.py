# Keywords that a native callable does not know, with the one that may have been meant.
import collections
import csv
import decimal
import functools
import io
import itertools
import typing


def tell(call):
    try:
        print(call())
    except (TypeError, AttributeError) as error:
        print(type(error).__name__, error)


def takes_any(**keywords):
    pass


for call in (
    lambda: print(1, sepp=""),
    lambda: max(1, 2, kee=1),
    lambda: max(1, 2, zzzzzz=1),
    lambda: int("1", bas=2),
    lambda: str(b"", encodng="ascii"),
    lambda: bytes("", encodng="ascii"),
    lambda: complex(rael=1),
    lambda: map(int, [], strct=True),
    lambda: b"".hex(bytes_per_seb=1),
    lambda: ImportError(nam="x"),
    lambda: itertools.count(strat=1),
    lambda: itertools.product(0, repeta=1),
    lambda: itertools.product(0, repeat=1, other=2),
    lambda: functools.reduce(max, [], inital=1),
    lambda: collections.deque([], maxlne=1),
    lambda: decimal.localcontext(prc=3),
    lambda: csv.reader([], delimter=","),
    lambda: typing.TypeVar("T", boundd=int),
    lambda: io.StringIO(initial_valu=""),
    lambda: io.BytesIO(initial_byts=b""),
    lambda: io.TextIOWrapper(io.BytesIO(), encodng="ascii"),
    lambda: takes_any(**{1: 2}, **{1: 3}),
    lambda: takes_any(**{(1,): 2}, **{(1,): 3}),
    lambda: takes_any(**{1: 2}, **{2: 3}),
    lambda: print(**{"end": ""}, **{"end": ""}),
):
    tell(call)


class Outer:
    class Inner:
        __slots__ = ("place",)


tell(lambda: Outer.Inner().place)


# An order that a metaclass makes up: what changes in a class that is no base is seen all the same.
class Far:
    value = 1


class Meta(type):
    def mro(cls):
        return (cls, Far, object)


class Strange(metaclass=Meta):
    pass


def value():
    return Strange.value, Strange().value


for number in range(4):
    Far.value = number
    print([value() for _ in range(4)])
