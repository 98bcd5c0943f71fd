t"a{x:>{w}}b"
