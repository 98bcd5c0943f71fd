x = a orr b
