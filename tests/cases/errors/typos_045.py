null x
