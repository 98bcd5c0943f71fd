x = yield y = z
