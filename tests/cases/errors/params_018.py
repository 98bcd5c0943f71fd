def f(**k, **m): pass
