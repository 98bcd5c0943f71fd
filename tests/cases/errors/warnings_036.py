print("a" is "a", 1 is 1.0)
