def f(): b"a"[None]
