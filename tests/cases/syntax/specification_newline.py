f"{x:
