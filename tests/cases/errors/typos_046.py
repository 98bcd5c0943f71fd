x = None1 y
