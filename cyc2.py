from cyc1 import nope
q = 1
