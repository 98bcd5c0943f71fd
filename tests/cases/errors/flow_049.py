class await: pass
