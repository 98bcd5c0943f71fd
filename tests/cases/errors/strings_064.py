x = f"{import a}"
