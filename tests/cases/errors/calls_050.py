f(for a in b)
