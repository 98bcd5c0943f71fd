x = [x async y in z]
