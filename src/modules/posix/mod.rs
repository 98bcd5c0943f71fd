//! `posix`: system calls for `os`.

pub(crate) mod fd;
