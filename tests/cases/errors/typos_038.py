await1 x
