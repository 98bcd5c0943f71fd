globla x
