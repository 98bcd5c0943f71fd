async for
