def f(): {}()
