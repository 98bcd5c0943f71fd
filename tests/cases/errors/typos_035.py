x = [a for a in b fi a]
