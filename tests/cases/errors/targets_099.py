f(x) = f(y) = 1
