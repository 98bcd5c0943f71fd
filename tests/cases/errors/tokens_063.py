a \b
