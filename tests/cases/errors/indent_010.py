def f():
    x
   y
