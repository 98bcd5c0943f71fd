try: pass
except E as e, F: pass
