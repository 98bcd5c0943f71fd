f(import a)
