def f(): (x for x in y)[0]
