if x:
	a
		b
