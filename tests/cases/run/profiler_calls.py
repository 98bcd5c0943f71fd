# _lsprof: who was called how often by whom, with a timer that the program gives.
import _lsprof
import sys


def fibonacci(n):
    return 1 if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


class Shape:
    def area(self):
        return len([1]) + [1, 2].count(1)

    @staticmethod
    def keys():
        return dict.fromkeys("ab")


def numbers():
    yield 1
    yield 2


def name(function):
    return function if isinstance(function, str) else function.co_qualname


def show(profiler, times=False):
    for entry in sorted(profiler.getstats(), key=lambda entry: name(entry.code)):
        calls = sorted((name(sub.code), sub.callcount, sub.reccallcount) for sub in entry.calls or ())
        clock = (entry.totaltime, entry.inlinetime) if times else ()
        print(name(entry.code), entry.callcount, entry.reccallcount, *clock, calls)


profiler = _lsprof.Profiler()
profiler.enable()
fibonacci(5)
Shape().area()
Shape.keys()
sum(numbers())
sorted([3, 1, 2], key=lambda v: -v)
str.upper("x")
sys.getrecursionlimit()
for wrong in (abs, int.from_bytes):
    try:
        wrong("x")
    except TypeError:
        pass
try:
    _lsprof.Profiler().enable()
except ValueError as error:
    print(error)
print(sys.monitoring.get_tool(sys.monitoring.PROFILER_ID))
profiler.disable()
print(sys.monitoring.get_tool(sys.monitoring.PROFILER_ID))
profiler.disable()
show(profiler)
profiler.clear()
print(profiler.getstats())

ticks = iter(range(1000))
timed = _lsprof.Profiler(lambda: next(ticks), 0.5)
timed.enable()
fibonacci(3)
timed.disable()
show(timed, times=True)

plain = _lsprof.Profiler()
plain.enable(subcalls=False, builtins=False)
fibonacci(3)
len("")
plain.disable()
show(plain)
print(_lsprof.profiler_entry.__doc__, _lsprof.profiler_subentry.__match_args__)
for wrong in ((None, "x"), (None, 1, 2, 3, 4)):
    try:
        _lsprof.Profiler(*wrong)
    except TypeError as error:
        print(error)
