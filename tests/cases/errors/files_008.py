if x:
    y = '''abc

def

