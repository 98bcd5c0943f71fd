for i in (1,):
    try: pass
    finally: break
