a🐍 b = 1

