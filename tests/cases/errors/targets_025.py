(x, None) = y
