try: break
finally: pass
