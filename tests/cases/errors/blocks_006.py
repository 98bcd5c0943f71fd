if x: pass
elif
