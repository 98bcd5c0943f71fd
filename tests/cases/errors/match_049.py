match x:
    case not x: pass
