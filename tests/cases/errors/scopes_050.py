[i for i, j in z if (j := 0)]
