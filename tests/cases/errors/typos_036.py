asynch def f(): pass
