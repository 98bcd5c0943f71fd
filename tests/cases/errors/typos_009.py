for x im y: pass
