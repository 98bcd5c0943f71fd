def f(): f"a"()
