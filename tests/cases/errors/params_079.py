lambda a, (b, c): 1
