(a,
 # c

 b)
