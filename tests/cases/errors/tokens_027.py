x = a !== b
