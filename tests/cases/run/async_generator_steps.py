"""Asynchronous generators awaited step by step: what they give, where they end, what is seen of them on the way."""
import asyncio
import gc
import sys
import types


@types.coroutine
def pause(value):
    return (yield value)


def run(coroutine, answers=()):
    """Runs a coroutine by hand: what it paused with, and its result."""
    seen, answers = [], iter(answers)
    try:
        seen.append(coroutine.send(None))
        while True:
            seen.append(coroutine.send(next(answers, None)))
    except StopIteration as stop:
        return seen, stop.value


async def plain(n):
    for i in range(n):
        yield i


async def pausing(n):
    for i in range(n):
        got = await pause(f"pause {i}")
        yield i, got


async def nested(n, depth):
    async for item in (nested(n, depth - 1) if depth else pausing(n)):
        yield item, depth


async def collect(iterator):
    return [item async for item in iterator]


print(run(collect(plain(3))))
print(run(collect(pausing(3)), "abc"))
print(run(collect(nested(2, 2)), "ab"))


async def sums():
    total = 0
    async for i in plain(5):
        if i == 3:
            break
        total += i
    else:
        total = None
    async for i in plain(2):
        pass
    else:
        total += 100
    return total


print(run(sums()))


# asend with a value, athrow, aclose.
async def echo():
    got = None
    try:
        while True:
            try:
                got = yield got
            except KeyError as error:
                got = repr(error)
    finally:
        print("closing", await pause("in finally"))


async def talk():
    e = echo()
    out = [await e.asend(None), await e.asend(1), await e.athrow(KeyError("k")), await e.asend(2)]
    await e.aclose()
    try:
        await e.asend(3)
    except StopAsyncIteration as stop:
        out.append(repr(stop))
    return out


print(run(talk(), ["w"]))


# Exceptions out of the generator, and StopAsyncIteration inside of it.
async def failing(what):
    yield 1
    raise what


async def guarded(what):
    out = []
    try:
        async for item in failing(what):
            out.append(item)
    except Exception as error:
        tb, names = error.__traceback__, []
        while tb:
            names.append(tb.tb_frame.f_code.co_name)
            tb = tb.tb_next
        out.append((type(error).__name__, str(error), names))
    return out


print(run(guarded(ValueError("v"))))
print(run(guarded(StopAsyncIteration("s"))))
print(run(guarded(StopIteration("t"))))


# One that handles an exception while it yields.
async def handling():
    try:
        1 / 0
    except ZeroDivisionError:
        yield repr(sys.exception())
        await pause(repr(sys.exception()))
        yield repr(sys.exception())


async def watching():
    return [(item, sys.exception()) async for item in handling()]


print(run(watching()))


# Seen from outside while it waits, and from inside while it runs.
async def waits():
    async for item in pausing(2):
        pass


coroutine = waits()
coroutine.send(None)
print(type(coroutine.cr_await).__name__, coroutine.cr_suspended)
print(coroutine.send("x"))
coroutine.close()


async def backtrace():
    frame, names = sys._getframe(), []
    while frame.f_code.co_name != "<module>":
        names.append(frame.f_code.co_name)
        frame = frame.f_back
    yield names


async def around():
    async for names in backtrace():
        yield names


print(run(collect(around())))


# Two steps of one generator at a time.
async def at_once():
    g = pausing(3)
    first, second = g.asend(None), g.asend(None)
    paused = first.send(None)
    try:
        await second
    except RuntimeError as error:
        return paused, g.ag_running, str(error)


print(run(at_once()))


# A step is awaited once.
async def twice():
    g = plain(3)
    step = g.__anext__()
    out = [await step]
    try:
        await step
    except RuntimeError as error:
        out.append(str(error))
    out.append(await anext(g))
    out.append(await anext(g, "end"))
    out.append(await anext(g, "end"))
    return out


print(run(twice()))

# Left half way: closed by the event loop's hooks.
order = []


async def cleaned(name):
    try:
        for i in range(10):
            yield i
    finally:
        await asyncio.sleep(0)
        order.append(name)


async def leaves():
    async for i in cleaned("left"):
        if i == 2:
            break
    del i
    gc.collect()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        async for i in cleaned("through"):
            pass


asyncio.run(leaves())
print(order)

# A trace function that comes half way.
events = []


def tracer(frame, event, arg):
    if event != "line":
        events.append((frame.f_code.co_name, event, type(arg).__name__))
    return tracer


async def traced():
    async for item in nested(2, 1):
        if not events:
            sys.settrace(tracer)


run(traced(), "ab")
sys.settrace(None)
print(events)


# A coroutine that is closed while its asynchronous generator awaits: the generator dies before the coroutine goes on.
async def stubborn():
    try:
        await pause("stubborn")
        yield 1
    finally:
        print("generator")


async def closed():
    try:
        async for item in stubborn():
            pass
    finally:
        print("coroutine")


async def outermost():
    await closed()


coroutine = outermost()
print(coroutine.send(None))
coroutine.close()
