tyr: pass
