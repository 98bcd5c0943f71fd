try:
    pass
finaly: pass
