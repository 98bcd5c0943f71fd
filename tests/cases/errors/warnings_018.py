def f(): (1)()
