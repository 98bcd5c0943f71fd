del {x}
