for i in 0..5: pass
