x = a ≠ b
