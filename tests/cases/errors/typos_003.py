iff x: pass
