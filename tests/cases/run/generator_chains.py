"""Chains of `yield from` and `await`: what anybody can see of the generators between the ends."""
import gc
import sys
import traceback
import types


def leaf(n):
    for i in range(n):
        got = yield i
        if got is not None:
            print("leaf got", got)
    return "leaf done"


def middle(n, depth):
    if depth:
        result = yield from middle(n, depth - 1)
    else:
        result = yield from leaf(n)
    return f"{result}<{depth}"


# Values, sent values and results go through.
chain = middle(4, 3)
print(next(chain), next(chain), chain.send("hello"), next(chain))
try:
    next(chain)
except StopIteration as stop:
    print(stop.value)

# Looked at between two steps, and gone on with.
chain = middle(6, 3)
print(next(chain), next(chain))
names = []
walk = chain
while walk is not None:
    frame = walk.gi_frame
    names.append((walk.gi_code.co_name, walk.gi_running, walk.gi_suspended, frame.f_lineno - frame.f_code.co_firstlineno, frame.f_back))
    walk = walk.gi_yieldfrom
print(names)
print(next(chain), next(chain))


# Looked at from inside: every frame between is there.
def looking(n):
    for i in range(n):
        frame, names = sys._getframe(), []
        while frame.f_code.co_name != "<module>":
            names.append(frame.f_code.co_name)
            frame = frame.f_back
        yield names


def around(n, depth):
    yield from (around(n, depth - 1) if depth else looking(n))


for names in around(3, 2):
    print(names)


# The outer ones run while the inner one does; nobody else can go on with them.
def nosy(holder):
    for _ in range(3):
        yield [g.gi_running for g in holder]
    for g in holder:
        try:
            next(g)
        except ValueError as error:
            yield str(error)


holder = []
inner = nosy(holder)


def outer(g):
    yield from g


one = outer(inner)
two = outer(one)
holder.extend([inner, one, two])
print([*two])

# Somebody goes on with a generator in the middle.
deep = leaf(8)
mid = outer(deep)
top = outer(outer(mid))
print(next(top), next(top), next(mid), next(top), next(deep), next(top))
print(list(deep), list(top), list(mid))

# Two delegate to the same one.
shared = leaf(6)
first, second = outer(outer(shared)), outer(outer(shared))
print(next(first), next(second), next(first), next(first), next(second))
print(list(second), list(first))


# Exceptions: raised inside, thrown in, caught on the way; tracebacks name everybody.
def raising(n):
    yield from range(n)
    raise KeyError("inside")


def guard(g):
    try:
        yield from g
    except KeyError as error:
        print([(entry.name, entry.line) for entry in traceback.extract_tb(error.__traceback__)])
        yield f"caught {error}"
    yield "after"


for item in outer(outer(guard(outer(outer(raising(2)))))):
    print(item)


def thrown():
    while True:
        try:
            yield 1
        except ValueError as error:
            names = [entry.name for entry in traceback.extract_tb(error.__traceback__)]
            yield names
        finally:
            print("finally")


chain = outer(outer(thrown()))
print(next(chain), next(chain))
print(chain.throw(ValueError("x")))
print(next(chain))
chain.close()
print(list(chain))


# An exception that is being handled stays so in the generator that handles it.
def handling():
    try:
        1 / 0
    except ZeroDivisionError:
        yield repr(sys.exception())
        yield from outer(seen())
    yield repr(sys.exception())


def seen():
    for _ in range(3):
        yield repr(sys.exception())


chain = outer(outer(handling()))
for item in chain:
    print(item, sys.exception())


# A chain is dropped half way; its generators are closed from the inside.
def closing(name, g=None):
    try:
        if g is None:
            yield from range(5)
        else:
            yield from g
    finally:
        print("closing", name)


chain = closing("c", closing("b", closing("a")))
print(next(chain), next(chain))
del chain
loop = [closing("y", closing("x"))]
print(next(loop[0]), next(loop[0]))
loop.append(loop)
del loop
print(gc.collect() > 0)


# Longer than the recursion limit allows.
def long(n):
    if n:
        yield from long(n - 1)
    else:
        yield "bottom"
        yield "again"


sys.setrecursionlimit(400)
try:
    print(list(long(1000)))
except RecursionError as error:
    print(error)
sys.setrecursionlimit(1000)


# Coroutines.
@types.coroutine
def pause(value):
    return (yield value)


async def work(n, depth):
    if depth:
        return await work(n, depth - 1)
    return [await pause(i) for i in range(n)]


coroutine = work(3, 4)
print(coroutine.send(None), coroutine.send("a"), coroutine.send("b"))
again = work(1, 0)
try:
    coroutine.send("c")
except StopIteration as stop:
    print(stop.value)
again.close()

coroutine = work(3, 2)
coroutine.send(None)


async def also():
    await coroutine


late = also()
try:
    late.send(None)
except RuntimeError as error:
    print(error)
print(coroutine.cr_await.cr_await.cr_code.co_name, coroutine.cr_running)
print(coroutine.send(1))
coroutine.close()

# A trace function set half way is told of each of them.
events = []


def tracer(frame, event, arg):
    events.append((frame.f_code.co_name, event))
    return tracer


chain = middle(4, 1)
next(chain), next(chain)
sys.settrace(tracer)
next(chain)
sys.settrace(None)
print([pair for pair in events if pair[1] != "line"])
print(list(chain))

# A long chain is gone on with, looked through by a collection, and closed.
sys.setrecursionlimit(60_000)
chain = long(50_000)
print(next(chain))
gc.collect()
print(next(chain))
chain.close()
print(list(chain))
chain = long(50_000)
next(chain)
del chain
sys.setrecursionlimit(1000)
