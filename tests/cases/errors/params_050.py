def f(a, lambda: b): pass
