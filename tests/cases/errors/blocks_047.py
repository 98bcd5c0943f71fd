def f(): 
