eslif x: pass
