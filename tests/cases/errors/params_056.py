def f(**(a)): pass
