if x: a
    b
