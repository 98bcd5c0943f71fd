print not a
