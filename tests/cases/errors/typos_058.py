unless x: pass
