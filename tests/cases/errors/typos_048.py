function f(): pass
