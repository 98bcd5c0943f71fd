def f(a[0]): pass
