with (x as y, ): 
