x = a,,b
