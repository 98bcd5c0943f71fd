elseif x: pass
