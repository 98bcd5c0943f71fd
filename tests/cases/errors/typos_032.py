x = nott a
