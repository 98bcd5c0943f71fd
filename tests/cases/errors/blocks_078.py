try:
    pass
except E as
