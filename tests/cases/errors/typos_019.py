wiht x as y: pass
