*x, *y = z
