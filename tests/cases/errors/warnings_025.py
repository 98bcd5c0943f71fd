def f(): None[0]
