import async
