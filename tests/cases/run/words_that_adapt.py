# Words that adapt themselves to what runs: each function is called often enough to be adapted, then with something else.


def shown(function, *rows):
    for row in rows:
        try:
            print(function.__name__, function(*row))
        except Exception as error:
            print(function.__name__, type(error).__name__, error)


# A sequence taken apart into local variables.

class Loud:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("gone", self.name)


def pair(value):
    a, b = value
    a, b = b, a
    return a, b


def run_of_three(value):
    a, b, c = value
    return c, b, a


def crossed(value):
    b = a = None
    b, a = value
    return a, b


def again(value):
    a, b = value
    a, b, c = a, b, value
    value, b = c
    return value, b


for _ in range(50):
    pair((1, 2)), run_of_three((1, 2, 3)), crossed((1, 2)), again((1, 2))
shown(pair, ([1, 2],), ("xy",), ((1,),), ((1, 2, 3),), ([1, 2, 3],), (5,), ({1: 2, 3: 4},))
shown(run_of_three, ([1, 2, 3],), ("xyz",), ((1, 2),), (range(3),), (range(4),), (None,))
shown(crossed, ((1, 2),), ("ab",))
shown(again, ((1, 2),))


def overwritten():
    a, b, c = Loud("a"), Loud("b"), Loud("c")
    print("made")
    a, b, c = range(3)
    print(a, b, c)
    a, b = (Loud("d"), Loud("e"))
    a, b = [1, 2]
    print(a, b)


overwritten()


def pairs(iterable):
    for key, value in iterable:
        last = key, value
    return last


for _ in range(50):
    pairs(enumerate("ab")), pairs(zip("ab", "cd")), pairs({1: 2}.items())
shown(pairs, (enumerate("abc"),), (zip("ab", (1, 2)),), ({"k": "v"}.items(),), ([(1, 2), [3, 4]],), ([1],), (zip("a", "b", "c"),))


# Calls whose function changes, and that leave out defaults.

def exact(x):
    return "exact", x


def defaults(x, y="y", *, z="z"):
    return x, y, z


def plain_defaults(x, y="y"):
    return x, y


def rest(*args, **kwargs):
    return args, kwargs


class Callable:
    def __call__(self, x):
        return "called", x

    def method(self, x, y=3):
        return x, y

    @staticmethod
    def static(x):
        return "static", x

    @classmethod
    def klass(cls, x):
        return cls.__name__, x


def call(function, value):
    return function(value)


for _ in range(50):
    call(exact, 1)
shown(call, (exact, 1), (defaults, 1), (plain_defaults, 1), (rest, 1), (Callable(), 1), (Callable().method, 1), (len, "abc"), (str, 1),
      (Callable, 1), (lambda: 0, 1), (lambda a, b: 0, 1), (Callable.static, 1), (Callable.klass, 1), (type, 1))
bound = Callable().method
for _ in range(50):
    call(bound, 1)
shown(call, (bound, 2), (exact, 1), (Callable.klass, 1), ([].append, 1))


def makes(n):
    def inner(a, b=n):
        return a + b
    return inner(1), inner(1, 2)


print([makes(n) for n in range(20)][-1])


def changes(a, b=1):
    return a, b


def of_changes():
    return changes(5)


for _ in range(50):
    of_changes()
changes.__defaults__ = (2,)
shown(of_changes, ())
changes.__defaults__ = None
shown(of_changes, ())
changes.__code__ = (lambda a: ("one", a)).__code__
shown(of_changes, ())


# An attribute that holds something to call; a class's default that instances hide.

class Holder:
    limit = 10
    hook = None

    def __init__(self, function=None):
        if function is not None:
            self.function = function

    def run(self, x):
        return self.function(x)

    def count(self):
        self.limit = self.limit + 1
        return self.limit


holder = Holder(exact)
for _ in range(50):
    holder.run(1), holder.count()
shown(Holder.run, (Holder(len), "abc"), (Holder(bound), 1), (Holder(), 1), (Holder(print), "printed"))
shown(Holder.count, (Holder(),), (holder,))
print(Holder.limit, vars(Holder()), sorted(vars(holder)))
Holder.limit = property(lambda self: 99, lambda self, value: print("set", value))
shown(Holder.count, (holder,), (Holder(),))

import math


def roots(value):
    return math.sqrt(value)


for _ in range(50):
    roots(4)
shown(roots, (9,), ("x",), (-1,))


# Truth.

class Empty:
    def __len__(self):
        return 0


def truth(value):
    return "yes" if value else "no"


for _ in range(50):
    truth(1)
shown(truth, (Empty(),), (Callable(),), (b"",), (b"x",), (0.0,), (-0.0,), (0.5,), (truth,), (frozenset(),))
Callable.__bool__ = lambda self: False
shown(truth, (Callable(),))


# Loops end.

def total(items):
    result = 0
    for item in items:
        result += item
    return result


for _ in range(50):
    total([1, 2]), total((1, 2))
shown(total, ([],), ((),), ([5],), (range(4),), ({1, 2},), ((x for x in (1, 2)),))


def shrinks():
    items = [1, 2, 3, 4]
    iterator = iter(items)
    seen = []
    for item in iterator:
        seen.append(item)
        items.pop()
    items.extend([7, 8, 9])
    return seen, list(iterator)


for _ in range(20):
    result = shrinks()
print(result)
