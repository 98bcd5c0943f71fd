x, f() = z
