x = ru"a"
