*x, (*y, *z) = w
