clas C: pass
