def f(): continue
