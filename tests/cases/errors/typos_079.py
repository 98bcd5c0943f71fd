x <= = y
