a $ b ? ! c
