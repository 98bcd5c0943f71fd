while 1:
    try: pass
    except* E:
        if x: break
