async dfe f(): pass
