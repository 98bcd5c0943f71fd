if x then: pass
