//! isinstance and issubclass.
