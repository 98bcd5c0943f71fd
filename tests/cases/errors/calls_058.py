f(yield a, b)
