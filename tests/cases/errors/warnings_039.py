if 1 is 1: pass
