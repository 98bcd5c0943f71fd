1.5abc 1e 1ex
