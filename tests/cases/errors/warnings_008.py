x = 1
print(x is not "a")
