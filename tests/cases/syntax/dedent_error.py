  x
 y
