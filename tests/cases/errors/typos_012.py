x = 1 if y eles 2
