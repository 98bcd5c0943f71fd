x = f"{a +
