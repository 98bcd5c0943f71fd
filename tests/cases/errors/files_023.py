déf f(): pass

