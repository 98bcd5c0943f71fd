async 1
