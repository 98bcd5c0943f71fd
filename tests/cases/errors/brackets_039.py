x = {a: b = c}
