del x and y
