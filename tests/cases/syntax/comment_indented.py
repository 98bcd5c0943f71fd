x
   # c