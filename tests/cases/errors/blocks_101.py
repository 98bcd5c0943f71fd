with x
