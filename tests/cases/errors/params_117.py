type (X) = int
