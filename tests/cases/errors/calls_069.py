print a.b
