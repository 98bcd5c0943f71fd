class C:
    def __init__(__debug__): pass
