x = {a = b}
