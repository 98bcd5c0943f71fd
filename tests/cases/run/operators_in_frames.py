# Operators, comparisons and properties of classes made in Python, often enough to be specialised where they stand.
import sys


class Number:
    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        if self.value < 0:
            return NotImplemented
        return self.value == other.value

    def __lt__(self, other):
        if self.value == 13:
            raise ValueError("thirteen")
        if self.value % 5 == 4:
            return [] if other.value % 2 else [self.value]
        return self.value < other.value

    def __gt__(self, other):
        return NotImplemented

    def __add__(self, other):
        if self.value > 40:
            return NotImplemented
        return Number(self.value + other.value)

    def __getitem__(self, index):
        if index > 3:
            raise IndexError(index)
        return self.value + index

    def __bool__(self):
        return self.value % 3 != 0

    @property
    def double(self):
        if self.value == 7:
            raise AttributeError("seven")
        return self.value * 2


def compared(numbers):
    out = []
    for left in numbers:
        for right in numbers[:4]:
            try:
                if left < right:
                    out.append("<")
                else:
                    out.append("-")
                out.append(left < right)
                out.append(left == right)
                if left == right:
                    out.append("=")
                if not (left != right):
                    out.append("!")
            except ValueError as error:
                frame = error.__traceback__.tb_next.tb_frame
                out.append((str(error), frame.f_code.co_name, frame.f_locals["other"].value))
    return out


def larger(left, right):
    try:
        return left > right
    except (ValueError, TypeError) as error:
        return type(error).__name__, str(error)


def summed(numbers):
    total = Number(0)
    for number in numbers:
        try:
            total = total + number
        except TypeError as error:
            return total.value, str(error)
    return total.value


def items(number):
    return list(number), [number[i] for i in range(3)]


def doubles(numbers):
    out = []
    for number in numbers:
        try:
            out.append(number.double)
        except AttributeError as error:
            out.append(str(error))
    return out


numbers = [Number(n) for n in range(-3, 20)]
for _ in range(3):
    print(compared(numbers))
    print([larger(left, numbers[5]) for left in numbers])
    print(summed(numbers), summed(numbers[5:]))
    print([items(number) for number in numbers[:4]])
    print(doubles(numbers))
    print([bool(number) for number in numbers], [1 for number in numbers if number])


class Chain:
    def __init__(self, depth):
        self.depth = depth

    def __eq__(self, other):
        if self.depth == 0:
            return True
        return Chain(self.depth - 1) == Chain(other.depth - 1)


print(Chain(50) == Chain(50))
limit = sys.getrecursionlimit()
try:
    print(Chain(limit + 50) == Chain(limit + 50))
except RecursionError as error:
    print(type(error).__name__)


def first(flag):
    if flag:
        return
    yield 1


def polled(generator):
    out = []
    while True:
        try:
            out.append(next(generator))
        except StopIteration as stop:
            return out, stop.value


def counting(n):
    for i in range(n):
        got = yield i
        if got:
            yield got * 10
    return "done"


for _ in range(3):
    print(polled(first(True)), polled(first(False)), polled(counting(4)), sum(counting(5)))
    running = counting(3)
    print(next(running), running.send(4), next(running), list(running))

words = [("pear", 3), ("fig", -2), ("apple", 3), ("kiwi", -2), ("apple", -9)]
print(sorted(words), sorted(words, key=lambda w: (w[1], w[0])), sorted(words, reverse=True))
print(sorted([(1, (2, "b")), (1, (2, "a")), (0, (9, "z"))]), sorted([(1, "x"), (1,), ()]))
print(sorted([(1, "\u0101"), (1, "a"), (1, "")]), sorted([(2, 1.5), (2, 1), (1, 9)]))
print(sorted([("a\0", 1), ("a", 2), ("a\0b", 0)]), sorted([(10**20, 1), (5, 2)]))
for number in (0.5, 2.675, 1e22, 123456789.125, 0.1, 5e-324, 1e16, 2**53 + 0.0, 99.995, 0.0, -0.125, 1 / 3):
    print(number, f"{number:.2f} {number:.0f} {number:10.3f} {number:.25f} {number:.1%} {number:g}")
print([3 + True, True + 4, False - 2, 5 - True] * 2)
total = 0
for i in range(40):
    total = total + (i % 3 == 0)
    total = total - (i % 7 == 0)
print(total)
