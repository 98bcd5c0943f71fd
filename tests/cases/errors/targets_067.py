x + y: int
