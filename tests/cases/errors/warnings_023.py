def f(): None()
