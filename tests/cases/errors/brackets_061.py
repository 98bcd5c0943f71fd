x = {a: b for c}
