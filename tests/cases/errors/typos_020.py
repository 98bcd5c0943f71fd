with x sa y: pass
