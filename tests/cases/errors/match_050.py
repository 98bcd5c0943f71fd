match x:
    case x and y: pass
