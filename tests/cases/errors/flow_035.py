lambda: (break)
