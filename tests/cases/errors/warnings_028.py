def f(): [1]["a"]
