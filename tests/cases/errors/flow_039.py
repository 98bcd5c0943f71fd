async def f
