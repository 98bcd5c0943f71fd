# Both zeros, and arithmetic that comes to them.
import copy
import json
import math
import pickle
import struct


def add(a, b):
    return a + b


def subtract(a, b):
    return a - b


def multiply(a, b):
    return a * b


def divide(a, b):
    return a / b


def less(a, b):
    return a < b, a <= b, a == b, a != b, a > b, a >= b


def negative(a):
    return -a


for _ in range(50):
    add(1.5, 2.5), subtract(1.5, 2.5), multiply(1.5, 2.5), divide(1.5, 2.5), less(1.5, 2.5), negative(1.5)

values = (0.0, -0.0, 1.5, -1.5, 5e-324, math.inf, 0, 2, True)
for a in values:
    for b in values:
        row = []
        for function in (add, subtract, multiply, divide):
            try:
                row.append(repr(function(a, b)))
            except ZeroDivisionError as error:
                row.append(str(error))
        print(a, b, *row, less(a, b))
    print(negative(a), abs(a), bool(a), hash(a), math.copysign(1, a))

zero, minus = 0.0, -0.0
print(zero == minus, zero == 0, minus == False, {zero: 1, minus: 2}, {0: "int"}[minus], (zero,) == (minus,), [zero] == [0])
print(str(minus), f"{minus:.2f} {zero:+.1f} {minus:z.1f} {minus!r:>6} %g %e" % (minus, zero), round(minus, 2), int(minus), minus.hex())
print(type(zero), isinstance(minus, float), zero.is_integer(), (-0.0).as_integer_ratio(), complex(zero, minus), divmod(zero, 3), 3 % -0.5)
print(sorted([1.0, -0.0, 0.0, -1.0]), min(zero, minus), max(minus, zero), sum([minus, minus]), math.fsum([minus]), math.atan2(minus, -1))
print(json.dumps([zero, minus]), json.loads("[0.0, -0.0]"), pickle.loads(pickle.dumps([zero, minus])), copy.deepcopy((zero, [minus])))
print(struct.pack("<dd", zero, minus), struct.unpack("<2d", bytes(15) + b"\x80"), float("-0"), float("0"), float())
print(5e-324 * 0.25, -5e-324 / 4, 1e-320 - 1e-320, math.nan != math.nan, minus is not None, [x for x in (0.0, 0, None, False) if not x])


class Sub(float):
    pass


print(Sub(0.0) + 0.0, repr(-Sub(0.0)), type(+Sub(-0.0)), Sub(0.0) == -0.0, zero.__class__, float.__neg__(0.0))
