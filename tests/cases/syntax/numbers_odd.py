x = 1abc + 012 + 0b12
