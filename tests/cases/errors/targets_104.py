not x = y
