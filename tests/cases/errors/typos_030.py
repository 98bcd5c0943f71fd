x = a nad b
