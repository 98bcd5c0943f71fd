try:
    pass
exept: pass
