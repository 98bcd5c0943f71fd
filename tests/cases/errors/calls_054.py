f(a: int = 1)
