x = [a for b in c else d]
