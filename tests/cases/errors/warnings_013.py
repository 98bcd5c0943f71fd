x = [1for y in (1,)]
