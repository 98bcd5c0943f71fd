def f(): break
