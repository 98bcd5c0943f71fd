x = 5in
