x = y*
