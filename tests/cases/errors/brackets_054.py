x = [a for b]
