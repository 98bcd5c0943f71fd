try:
    pass
except *: pass
