x = in a
