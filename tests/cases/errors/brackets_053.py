x = [a for]
