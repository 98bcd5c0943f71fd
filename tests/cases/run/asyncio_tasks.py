"""Which tasks there are: while they wait, once they are done, and when nobody keeps them."""
import asyncio
import gc


async def waits(event):
    await event.wait()


async def fails():
    raise ValueError("x")


class Named(asyncio.Task):
    pass


def names():
    return sorted(task.get_name() for task in asyncio.all_tasks())


async def main():
    asyncio.current_task().set_name("main")
    print(names())
    event = asyncio.Event()
    tasks = [asyncio.create_task(waits(event), name=f"t{i}") for i in range(5)]
    tasks.append(Named(waits(event), name="own class"))
    tasks.append(asyncio.create_task(fails(), name="fails"))
    print(names())
    await asyncio.sleep(0)
    print(names(), tasks[-1].exception())
    tasks[1].cancel()
    tasks[3].cancel()
    await asyncio.sleep(0)
    print(names(), tasks[1].cancelled())
    event.set()
    await asyncio.gather(*tasks[2:3], tasks[0], tasks[4], tasks[5])
    print(names())
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: print(context["message"], context["task"].get_name()))
    # Nobody but the future knows the task, and nobody the future.
    task = asyncio.create_task(waits(asyncio.Event()), name="lost")
    await asyncio.sleep(0)
    asyncio.tasks._unregister_task(task)
    print(names())
    asyncio.tasks._register_task(task)
    asyncio.tasks._register_task(task)
    print(names())
    del task
    gc.collect()
    print(names())


asyncio.run(main())
