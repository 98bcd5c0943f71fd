def f(-a): pass
