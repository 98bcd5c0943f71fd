def f():
    [x for y in z]
    global y
    nonlocal q
