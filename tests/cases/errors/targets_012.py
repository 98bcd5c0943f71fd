x + y = 1
