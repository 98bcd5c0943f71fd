import cyc2
from cyc2 import q
