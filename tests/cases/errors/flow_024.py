if x: break
