async def f(): [await x for x in y] = 1
