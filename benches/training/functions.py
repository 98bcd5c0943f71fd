"""Calls of every kind: recursion, closures, defaults, keywords, stars, decorators, caches, functions as values."""
import functools
import operator


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


def hanoi(n, source="a", target="b", spare="c"):
    if n == 0:
        return 0
    return hanoi(n - 1, source, spare, target) + 1 + hanoi(n - 1, spare, target, source)


def counter(start=0, *, step=1):
    value = start

    def following(by=None):
        nonlocal value
        value += step if by is None else by
        return value

    def reset():
        nonlocal value
        value = start

    following.reset = reset
    return following


def compose(*functions):
    return functools.reduce(lambda f, g: lambda x: g(f(x)), functions)


def traced(calls):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            calls[function.__name__] = calls.get(function.__name__, 0) + 1
            return function(*args, **kwargs)

        return wrapper

    return decorate


CALLS = {}


@traced(CALLS)
def volume(width, height, depth=1, *, unit="m", precise=False):
    size = width * height * depth
    return size if precise else (size // 2, unit)


@functools.lru_cache(maxsize=500)
def paths(rows, columns):
    if rows == 0 or columns == 0:
        return 1
    return paths(rows - 1, columns) + paths(rows, columns - 1)


@functools.cache
def partitions(n, largest):
    if n == 0:
        return 1
    return sum(partitions(n - part, part) for part in range(1, min(n, largest) + 1))


def forward(*args, **kwargs):
    return collect(*args, last=True, **kwargs)


def collect(first, *rest, last=False, **others):
    return first + len(rest) + last + sum(others.values())


def call_all(count):
    total = 0
    options = {"unit": "cm", "precise": True}
    for i in range(count):
        total += volume(i, 2, **options)
        total += volume(i, height=3, precise=True, depth=2)
        total += volume(width=1, height=i)[0]
        total += forward(i, 1, 2, three=3) + forward(i, a=1, b=2) + collect(i, *range(3))
    return total


def functional(numbers):
    doubled = list(map(lambda n: n * 2, numbers))
    odd = list(filter(lambda n: n & 1, numbers))
    by_digits = sorted(numbers, key=lambda n: (len(str(n)), -n))
    largest = max(doubled, key=lambda n: n % 101)
    pairs = sorted(((n % 7, n) for n in numbers), key=operator.itemgetter(0, 1), reverse=True)
    added = functools.reduce(operator.add, odd, 0)
    power = functools.partial(pow, 3, mod=1009)
    step = compose(lambda n: n + 1, lambda n: n * 3, str, len)
    return sum(doubled), added, by_digits[:3], largest, pairs[0], sum(map(power, numbers[:300])), sum(step(n) for n in numbers)


def count_up(rounds):
    one, two = counter(), counter(10, step=2)
    for i in range(rounds):
        one()
        two(by=i % 3) if i % 2 else two()
        if i % 100 == 0:
            one.reset()
    return one(), two()


def main(show):
    show(ackermann(2, 60), hanoi(13))
    show(count_up(14000))
    show(call_all(1200), CALLS)
    show(paths(14, 14), partitions(60, 60), paths.cache_info().hits)
    show(functional(list(range(3, 4000, 2))))


for turn in range(20):
    main(print if turn == 0 else lambda *values: None)
