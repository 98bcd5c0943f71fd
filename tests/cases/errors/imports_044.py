from a import True as x
