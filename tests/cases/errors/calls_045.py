f(a=1
