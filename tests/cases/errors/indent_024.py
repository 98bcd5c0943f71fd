if x:

    a

  b
