type X.y = int
