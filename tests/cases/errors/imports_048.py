import a as [b]
