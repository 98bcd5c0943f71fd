from a import "b"
