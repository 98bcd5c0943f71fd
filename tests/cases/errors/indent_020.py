try:
    a
  except: b
