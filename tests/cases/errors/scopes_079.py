import x := 1
