class C.D: pass
