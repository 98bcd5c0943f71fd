//! t-strings: Template and Interpolation.
