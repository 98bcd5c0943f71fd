x = a iss b
