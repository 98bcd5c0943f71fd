async def f(): return 1
async def g(): yield; return 1
