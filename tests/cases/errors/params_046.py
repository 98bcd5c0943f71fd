def f(, a): pass
