"a": int = 1
