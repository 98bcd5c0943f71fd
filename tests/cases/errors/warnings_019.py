def f(): "a"()
