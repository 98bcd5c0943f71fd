print(f"{1 is 1}")
