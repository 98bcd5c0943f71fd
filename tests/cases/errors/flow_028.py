class C: break
