type X: int = str
