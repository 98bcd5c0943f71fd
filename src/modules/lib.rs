//! Native modules of the standard library.
//!
//! # What comes in
//! A name that the import system looks up, and a token.
//!
//! # What goes out
//! A module object whose functions and types are native.
//!
//! # Files in reading order
//! `lib.rs` holds the one table, [`NATIVE_MODULES`]; each row is a file or a folder of its own.
//!
//! # Invariants
//! **Invariant:** a module knows nothing of how frames are executed: it reaches Python code only through calls.
//!
//! **Invariant:** nothing here runs at start-up but the modules that the interpreter itself needs (`builtins`, `sys`).
//!
//! # How to change it
//! A new module is a file with a `MODULE` row and a line in the table below.
//!
//! # Its counterpart in CPython
//! `Modules/` and `Python/*module.c`; the table is `Modules/config.c`.

pub mod abc;
pub mod array;
pub mod ast;
pub mod asyncio;
pub mod atexit;
pub mod binascii;
pub mod bisect;
pub mod builtins;
mod calling;
pub mod cmath;
pub mod codecs;
pub mod collections;
pub mod compression;
pub mod contextvars;
pub mod csv;
pub mod datetime;
pub mod decimal;
pub mod elementtree;
mod embedded;
pub mod errno;
pub mod faulthandler;
pub mod fcntl;
mod frames;
pub mod functools;
pub mod gc;
pub mod hashlib;
pub mod heapq;
pub mod imp;
pub mod import_time;
pub mod importing;
pub mod io;
pub mod itertools;
pub mod json;
mod lazy_import;
pub mod library;
mod library_files;
pub mod locale;
pub mod lsprof;
pub mod marshal;
pub mod math;
pub mod mmap;
pub mod multibyte;
pub mod multiprocessing;
pub mod opcode;
pub mod operator;
pub mod paths;
pub mod pickle;
pub mod posix;
pub mod posixsubprocess;
pub mod pwd;
pub mod pyexpat;
pub mod queue;
pub mod random;
pub mod remote_debugging;
pub mod resource;
pub mod select;
pub mod signal;
pub mod site;
pub mod socket;
pub mod source_text;
pub mod sqlite;
pub mod sre;
pub mod stat;
pub mod statistics;
pub mod string;
pub mod struct_;
pub mod suggestions;
pub mod symtable;
pub mod sys;
pub mod sysconfig;
pub mod sysconfigdata;
pub mod syslog;
pub mod termios;
pub mod thread;
pub mod time;
pub mod tokenize;
pub mod tracebacks;
pub mod tracemalloc;
pub mod types_;
pub mod typing;
pub mod unicodedata;
pub mod uuid;
pub mod warnings;
pub mod weakref;
pub mod zlib;

use objects::core::errors::PyResult;
use objects::core::type_spec::MethodDef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::module::{self, PyModule};

/// A native module: its row in the table.
pub struct NativeModule {
    /// The name that imports it.
    pub name: &'static str,
    /// The docstring.
    pub doc: Option<&'static str>,
    /// Its functions.
    pub functions: &'static [MethodDef],
    /// Adds what is neither function nor docstring: types, constants, state.
    pub exec: Option<fn(Vm<'_>, &Value) -> PyResult<()>>,
}

impl NativeModule {
    /// What a row leaves out.
    pub const DEFAULT: Self = Self { name: "", doc: None, functions: &[], exec: None };
}

/// Every native module.
#[rustfmt::skip]
pub static NATIVE_MODULES: &[&NativeModule] = &[
    &abc::MODULE,
    &ast::MODULE,
    &array::MODULE,
    &asyncio::MODULE,
    &atexit::MODULE,
    &contextvars::MODULE,
    &csv::MODULE,
    &datetime::MODULE,
    &decimal::MODULE,
    &tracemalloc::MODULE,
    &errno::MODULE,
    &posix::MODULE,
    &posixsubprocess::MODULE,
    &resource::MODULE,
    &stat::MODULE,
    &time::MODULE,
    &tokenize::MODULE,
    &binascii::MODULE,
    &zlib::MODULE,
    &bisect::MODULE,
    &builtins::MODULE,
    &cmath::MODULE,
    &codecs::MODULE,
    &collections::MODULE,
    &compression::bz2::MODULE,
    &compression::lzma::MODULE,
    &compression::zstd::MODULE,
    &functools::MODULE,
    &gc::MODULE,
    &imp::MODULE,
    &io::MODULE,
    &json::MODULE,
    &locale::MODULE,
    &lsprof::MODULE,
    &marshal::MODULE,
    &itertools::MODULE,
    &math::MODULE,
    &random::MODULE,
    &remote_debugging::MODULE,
    &heapq::MODULE,
    &hashlib::builtin::MD5,
    &hashlib::builtin::SHA1,
    &hashlib::builtin::SHA2,
    &hashlib::sha3::MODULE,
    &hashlib::blake2::MODULE,
    &hashlib::openssl::MODULE,
    &hashlib::HMAC_MODULE,
    &opcode::MODULE,
    &operator::MODULE,
    &faulthandler::MODULE,
    &fcntl::MODULE,
    &mmap::MODULE,
    &multibyte::MODULE,
    &multibyte::CHINA,
    &multibyte::TAIWAN,
    &multibyte::JAPAN,
    &multibyte::KOREA,
    &multiprocessing::MODULE,
    &multiprocessing::POSIXSHMEM,
    &elementtree::MODULE,
    &pyexpat::MODULE,
    &pwd::PWD,
    &pwd::GRP,
    &pickle::MODULE,
    &queue::MODULE,
    &select::MODULE,
    &signal::MODULE,
    &socket::MODULE,
    &site::MODULE,
    &sqlite::MODULE,
    &sre::MODULE,
    &statistics::MODULE,
    &string::MODULE,
    &suggestions::MODULE,
    &struct_::MODULE,
    &symtable::MODULE,
    &syslog::MODULE,
    &sys::MODULE,
    &termios::MODULE,
    &sysconfig::MODULE,
    &sysconfigdata::MODULE,
    &thread::MODULE,
    &types_::MODULE,
    &typing::MODULE,
    &unicodedata::MODULE,
    &uuid::MODULE,
    &warnings::MODULE,
    &weakref::MODULE,
];

/// The row of a module; None when no native module has the name.
#[must_use]
pub fn find(name: &str) -> Option<&'static NativeModule> {
    NATIVE_MODULES.iter().copied().find(|row| row.name == name)
}

/// A new module object of a row.
///
/// # Errors
/// What the module's own setup raises.
pub fn create(vm: Vm<'_>, row: &'static NativeModule) -> PyResult<Value> {
    let new = PyModule::new_value(vm, row.name, row.doc);
    fill(vm, row, &new)?;
    Ok(new)
}

/// Adds a row's functions and contents to a module object that exists already.
///
/// # Errors
/// What the module's own setup raises.
pub fn fill(vm: Vm<'_>, row: &'static NativeModule, target: &Value) -> PyResult<()> {
    target.receiver::<PyModule>().is_native.set(true);
    module::add_functions(vm, target, row.functions);
    match row.exec {
        Some(exec) => exec(vm, target),
        None => Ok(()),
    }
}
