x = f'{a['b']
