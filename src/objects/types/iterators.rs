//! Iterators that belong to no container: enumerate, reversed, map, filter, zip, callable iterators.
