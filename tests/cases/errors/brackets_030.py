x = {a: , b: c}
