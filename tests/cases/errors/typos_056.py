switch x: pass
