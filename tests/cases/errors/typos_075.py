x = &y
