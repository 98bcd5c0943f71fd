print('pkg init'); x = 1
