delf x
