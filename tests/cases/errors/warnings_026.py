def f(): 1[0]
