x = [a fo a in b]
