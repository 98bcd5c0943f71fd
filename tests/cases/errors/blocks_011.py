if x := 1: pass
elif y = 2: pass
