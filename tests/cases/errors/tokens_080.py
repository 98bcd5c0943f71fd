x = and b
