while x:
    a
    b
      c
