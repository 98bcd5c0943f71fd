//! Native functions and methods as objects.
