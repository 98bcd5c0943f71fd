import a sa b
