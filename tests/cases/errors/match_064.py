match x:
    case {"a": x, **rest, "b": y}: pass
