def f(): "a"["b"]
