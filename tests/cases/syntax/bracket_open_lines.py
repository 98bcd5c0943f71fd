(a
  b
