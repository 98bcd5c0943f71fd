f(a)(b
