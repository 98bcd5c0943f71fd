x is y = z
