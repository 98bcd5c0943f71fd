//! System calls that have no safe form, as plain functions over numbers and byte slices.
//!
//! **Rule:** what a function here hands to the system is whole: lengths are those of the slices given.

pub(crate) mod control;
pub(crate) mod limits;
pub(crate) mod locale;
pub(crate) mod mapping;
pub(crate) mod plain;
pub(crate) mod poll;
pub(crate) mod process;
pub(crate) mod resolve;
pub(crate) mod scheduling;
pub(crate) mod shared;
pub(crate) mod socket;
pub(crate) mod spawn;
pub(crate) mod special;
pub(crate) mod terminal;
pub(crate) mod transfer;
pub(crate) mod users;
