if x: pass
else
