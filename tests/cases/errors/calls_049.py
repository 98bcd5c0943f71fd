f(if a)
