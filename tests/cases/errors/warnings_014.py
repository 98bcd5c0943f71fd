print(1or 2)
