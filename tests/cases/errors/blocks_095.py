try:
    pass
except: pass
else
