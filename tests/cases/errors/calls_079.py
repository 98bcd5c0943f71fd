raise E, "x", t
