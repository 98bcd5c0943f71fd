if x: continue
