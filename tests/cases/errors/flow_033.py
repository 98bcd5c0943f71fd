with x: break
