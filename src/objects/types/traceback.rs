//! `traceback`.
