"""Generators: loops over them, chains of them, expressions that feed builtins, `itertools`, context managers."""
import collections
import contextlib
import itertools


def countdown(n):
    while n:
        yield n
        n -= 1


def tree(depth):
    return (tree(depth - 1), depth, tree(depth - 1)) if depth else None


def leaves(node):
    if node is not None:
        left, value, right = node
        yield from leaves(left)
        yield value
        yield from leaves(right)


def primes():
    yield 2
    found = []
    for n in itertools.count(3, 2):
        if all(n % p for p in itertools.takewhile(lambda p: p * p <= n, found)):
            found.append(n)
            yield n


def averager():
    total, count, mean = 0.0, 0, None
    try:
        while True:
            value = yield mean
            total += value
            count += 1
            mean = total / count
    finally:
        LOG.append(count)


def windows(iterable, size):
    window = collections.deque(maxlen=size)
    for item in iterable:
        window.append(item)
        if len(window) == size:
            yield tuple(window)


def pipeline(lines):
    words = (word for line in lines for word in line.split())
    long = (word for word in words if len(word) > 3)
    return sum(len(word) for word in long)


class Countdown:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration
        self.n -= 1
        return self.n


@contextlib.contextmanager
def noted(name):
    LOG.append(name)
    try:
        yield len(name)
    finally:
        LOG.pop()


LOG = []


def consume(rounds):
    total = 0
    for i in range(rounds):
        total += sum(n for n in countdown(8)) + max(n % 5 for n in range(9))
        total += any(n == 5 for n in range(9)) + all(n < 9 for n in range(9))
        total += len(",".join(str(n) for n in range(5))) + len({n % 3 for n in range(9)}) + len(dict((n, i) for n in range(4)))
        total += len(tuple(n for n in range(6) if n)) + sorted(-n for n in range(4))[0]
    return total


def combine(n):
    total = 0
    for a, b in itertools.combinations(range(n), 2):
        total += a * b
    for p in itertools.permutations(range(5), 3):
        total += p[0]
    for a, b in itertools.product(range(n), repeat=2):
        total ^= a + b
    total += sum(itertools.accumulate(range(n))) + sum(itertools.islice(itertools.cycle((1, 2, 3)), 500))
    total += sum(map(sum, itertools.batched(range(n * 9), 4))) + sum(a * b for a, b in itertools.pairwise(range(n * 9)))
    total += sum(itertools.chain.from_iterable([i] * 3 for i in range(n * 5)))
    groups = {key: len(list(group)) for key, group in itertools.groupby(range(n * 20), key=lambda x: x // 16)}
    return total, len(groups), list(itertools.zip_longest("abc", range(2)))[-1], list(itertools.starmap(pow, [(2, 3), (3, 2)]))


def managers(rounds):
    total = 0
    for i in range(rounds):
        with noted("outer") as a, noted("inner") as b:
            total += a + b
        with contextlib.suppress(KeyError):
            total += {}[i]
        with contextlib.closing(countdown(3)) as numbers:
            total += next(numbers)
    return total


def main(show):
    show(consume(900), sum(Countdown(9000)))
    show(sum(leaves(tree(10))), sum(value for value in leaves(tree(9)) if value > 2))
    show(list(itertools.islice(primes(), 900))[-1])
    mean = averager()
    next(mean)
    show(round([mean.send(float(i)) for i in range(12000)][-1], 3), mean.close(), LOG.pop())
    show(sum(a * c for a, _, c in windows(range(6000), 3)), pipeline(["the quick brown fox jumps over it"] * 1500))
    show(combine(60), managers(1500))
    for i, (a, b) in enumerate(zip(countdown(9000), reversed(range(9000)))):
        if a != b + 1:
            show(i)


for turn in range(14):
    main(print if turn == 0 else lambda *values: None)
