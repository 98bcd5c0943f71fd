x = b"\xg0"
