x(
