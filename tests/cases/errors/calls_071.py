print f"a"
