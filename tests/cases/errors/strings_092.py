x = f"{a, , b}"
