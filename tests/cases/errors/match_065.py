match x:
    case int(): pass
    else: pass
