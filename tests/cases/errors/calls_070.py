print "a" % b
