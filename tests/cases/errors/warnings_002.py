x = b"\d"
