match x:
    default: pass
