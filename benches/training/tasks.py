"""Coroutines: asyncio's tasks, queues, locks and timeouts, asynchronous generators, coroutines driven by hand,
trees of gathered tasks."""
import asyncio
import contextlib
import contextvars


async def leaf(n):
    await asyncio.sleep(0)
    return n


async def crowd(count):
    return sum(await asyncio.gather(*[leaf(n) for n in range(count)], *map(plain, range(4))))


async def plain(depth):
    return 1 if depth == 0 else await plain(depth - 1) + await plain(depth - 1)


async def ticks(count):
    for i in range(count):
        if i % 16 == 0:
            await asyncio.sleep(0)
        yield i


class Gate:
    def __init__(self):
        self.entered = 0

    async def __aenter__(self):
        self.entered += 1
        return self

    async def __aexit__(self, *exc):
        await asyncio.sleep(0)
        return False


@contextlib.asynccontextmanager
async def lease(lock, log):
    async with lock:
        log.append(len(log))
        yield log[-1]


async def produce(queue, count):
    for i in range(count):
        await queue.put(i)
    await queue.put(None)


async def consume(queue):
    total = 0
    while (item := await queue.get()) is not None:
        total += item
        queue.task_done()
    return total


async def worker(semaphore, event, results, n):
    await event.wait()
    async with semaphore:
        results.append(n)
        await asyncio.sleep(0)


async def main():
    loop = asyncio.get_running_loop()
    out = [await crowd(90), await plain(9), sum([i async for i in ticks(600)]), sum([i * 2 async for i in ticks(300) if i % 3])]
    queue = asyncio.Queue(maxsize=8)
    producer = asyncio.create_task(produce(queue, 500))
    out.append(await consume(queue))
    await producer
    lock, log, gate = asyncio.Lock(), [], Gate()
    for _ in range(60):
        async with lease(lock, log) as place, gate:
            out[-1] += place
    event, semaphore, results = asyncio.Event(), asyncio.Semaphore(3), []
    async with asyncio.TaskGroup() as group:
        for n in range(80):
            group.create_task(worker(semaphore, event, results, n))
        loop.call_soon(event.set)
    out.append(sum(results))
    try:
        async with asyncio.timeout(0):
            await asyncio.sleep(5)
    except TimeoutError:
        out.append("late")
    future = loop.create_future()
    future.add_done_callback(lambda done: log.append(done.result()))
    loop.call_soon(future.set_result, 7)
    out.append(await future)
    task = asyncio.create_task(asyncio.sleep(9))
    await asyncio.sleep(0)
    task.cancel()
    out.append(type((await asyncio.gather(task, return_exceptions=True))[0]).__name__)
    return out


DEPTH = contextvars.ContextVar("depth", default=0)


async def grow(level, known):
    if level == 0:
        if (answer := known.get(DEPTH.get() % 7)) is None:
            await asyncio.sleep(0)
            answer = known[DEPTH.get() % 7] = DEPTH.get()
        return answer
    DEPTH.set(DEPTH.get() + level)
    return sum(await asyncio.gather(*[grow(level - 1, known) for _ in range(5)]))


async def forest():
    total = 0
    for _ in range(3):
        total += await grow(4, {})
    async with asyncio.TaskGroup() as group:
        branches = [group.create_task(grow(3, {})) for _ in range(5)]
    return total + sum(branch.result() for branch in branches)


class Suspend:
    def __await__(self):
        return (yield self)


async def conversation(count):
    total = 0
    for _ in range(count):
        total += await Suspend()
    return total


def by_hand(count):
    coroutine, sent = conversation(count), None
    try:
        while True:
            coroutine.send(sent)
            sent = 3
    except StopIteration as stop:
        return stop.value


for turn in range(40):
    answer = asyncio.run(main()), by_hand(3000)
for turn in range(12):
    trees = asyncio.run(forest())
print(answer, trees)
