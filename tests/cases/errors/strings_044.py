x = f"{a!r:"
