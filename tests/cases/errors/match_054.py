match x:
    case C(a.b=2): pass
