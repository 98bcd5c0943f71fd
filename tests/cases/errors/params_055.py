def f(*(a)): pass
