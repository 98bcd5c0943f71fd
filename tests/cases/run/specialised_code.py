# What a warm function shows with adaptive=True, where both machines specialise the same; and what never ran.
import dis


class Plain:
    kind = "plain"

    def __init__(self, x):
        self.x = x

    def method(self):
        return self.x

    @property
    def twice(self):
        return self.x * 2


class Slotted:
    __slots__ = ("s",)

    def method(self):
        return 1


LIMIT = 7


def exact(a, b):
    return a


def with_default(a, b=2):
    return a


def numbers(n, f, s):
    n + n
    n - 1
    n * n
    n & 3
    f + f
    f - f
    f * f
    n * f
    s + s
    n < 3
    f < 1.5
    s == s


def attributes(p, q):
    p.x
    p.x = p.x + 1
    q.s = 1
    q.s
    p.method()
    q.method()
    p.twice
    p.kind
    Plain.kind
    dis.dis


def calls(p, items, text):
    exact(1, 2)
    with_default(1)
    Plain(1)
    bound = p.method
    bound()
    len(items)
    isinstance(p, Plain)
    abs(1)
    getattr(p, "x")
    max(1, 2)
    type(p)
    str(1)
    tuple(items)
    int("3")
    items.append(1)
    text.upper()
    text.strip("a")
    text.join(())
    text.split("a")
    LIMIT


def subscripts(items, pair, table, text):
    items[0]
    pair[0]
    table["k"]
    text[0]
    items[0] = 1
    table["k"] = 1


def loops(items, pair):
    for x in items:
        pass
    for x in pair:
        pass
    for x in range(4):
        pass
    for x in numbered(4):
        pass
    while x > 0:
        x -= 1
    return x


def numbered(n):
    for i in range(n):
        yield i


def halfway(flag, n):
    if flag is None:
        return n - 1
    for i in range(n):
        n += i
    return None


def failing(n):
    n = n + 1
    n / 0
    return n * n


def shown(function, times, *arguments):
    print(f"--- {function.__name__}, {times} times")
    for _ in range(times):
        try:
            result = function(*arguments)
            if function is numbered:
                list(result)
        except ZeroDivisionError:
            pass
    dis.dis(function, adaptive=True)


dis.dis(halfway, adaptive=True, show_caches=True)
shown(numbers, 0, 5, 2.5, "ab")
shown(numbers, 9, 5, 2.5, "ab")
shown(attributes, 9, Plain(1), Slotted())
shown(calls, 9, Plain(1), [1, 2], "abc")
shown(subscripts, 9, [1, 2], (1, 2), {"k": 1}, "abc")
shown(loops, 9, [1, 2, 3], (1, 2, 3))
shown(numbered, 0, 3)
shown(numbered, 9, 3)
shown(halfway, 1, None, 3)
shown(halfway, 1, False, 5)
shown(halfway, 9, None, 3)
shown(failing, 9, 3)
