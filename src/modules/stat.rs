//! `_stat`: what the bits of a file's mode mean.

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::int;
use objects::types::module;
use objects::types::str::PyStr;

use crate::NativeModule;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_stat",
    doc: Some("S_IFMT_: file type bits\nS_IFDIR: directory\nS_IFCHR: character device\n"),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// S_ISDIR(mode) -> bool
    ///
    /// Return True if mode is from a directory.
    ["S_ISDIR"] "($self, object, /)" One(is_type::<16384>);
    /// S_ISCHR(mode) -> bool
    ///
    /// Return True if mode is from a character special device file.
    ["S_ISCHR"] "($self, object, /)" One(is_type::<8192>);
    /// S_ISBLK(mode) -> bool
    ///
    /// Return True if mode is from a block special device file.
    ["S_ISBLK"] "($self, object, /)" One(is_type::<24576>);
    /// S_ISREG(mode) -> bool
    ///
    /// Return True if mode is from a regular file.
    ["S_ISREG"] "($self, object, /)" One(is_type::<32768>);
    /// S_ISFIFO(mode) -> bool
    ///
    /// Return True if mode is from a FIFO (named pipe).
    ["S_ISFIFO"] "($self, object, /)" One(is_type::<4096>);
    /// S_ISLNK(mode) -> bool
    ///
    /// Return True if mode is from a symbolic link.
    ["S_ISLNK"] "($self, object, /)" One(is_type::<40960>);
    /// S_ISSOCK(mode) -> bool
    ///
    /// Return True if mode is from a socket.
    ["S_ISSOCK"] "($self, object, /)" One(is_type::<49152>);
    /// S_ISDOOR(mode) -> bool
    ///
    /// Return True if mode is from a door.
    ["S_ISDOOR"] "($self, object, /)" One(never);
    /// S_ISPORT(mode) -> bool
    ///
    /// Return True if mode is from an event port.
    ["S_ISPORT"] "($self, object, /)" One(never);
    /// S_ISWHT(mode) -> bool
    ///
    /// Return True if mode is from a whiteout.
    ["S_ISWHT"] "($self, object, /)" One(never);
    /// Return the portion of the file's mode that can be set by os.chmod().
    ["S_IMODE"] "($self, object, /)" One(mode_bits);
    /// Return the portion of the file's mode that describes the file type.
    ["S_IFMT"] "($self, object, /)" One(type_bits);
    /// Convert a file's mode to a string of the form '-rwxrwxrwx'
    ["filemode"] "($self, object, /)" One(filemode);
}

/// The mask of the file type.
const TYPE_MASK: i64 = 0o170_000;

#[rustfmt::skip]
const NUMBERS: &[(&str, i64)] = &[
    ("S_IFDIR", 16384),
    ("S_IFCHR", 8192),
    ("S_IFBLK", 24576),
    ("S_IFREG", 32768),
    ("S_IFIFO", 4096),
    ("S_IFLNK", 40960),
    ("S_IFSOCK", 49152),
    ("S_IFDOOR", 0),
    ("S_IFPORT", 0),
    ("S_IFWHT", 0),
    ("S_ISUID", 2048),
    ("S_ISGID", 1024),
    ("S_ISVTX", 512),
    ("S_ENFMT", 1024),
    ("S_IREAD", 256),
    ("S_IWRITE", 128),
    ("S_IEXEC", 64),
    ("S_IRWXU", 448),
    ("S_IRUSR", 256),
    ("S_IWUSR", 128),
    ("S_IXUSR", 64),
    ("S_IRWXG", 56),
    ("S_IRGRP", 32),
    ("S_IWGRP", 16),
    ("S_IXGRP", 8),
    ("S_IRWXO", 7),
    ("S_IROTH", 4),
    ("S_IWOTH", 2),
    ("S_IXOTH", 1),
    ("UF_SETTABLE", 65535),
    ("UF_NODUMP", 1),
    ("UF_IMMUTABLE", 2),
    ("UF_APPEND", 4),
    ("UF_OPAQUE", 8),
    ("UF_NOUNLINK", 16),
    ("UF_COMPRESSED", 32),
    ("UF_TRACKED", 64),
    ("UF_DATAVAULT", 128),
    ("UF_HIDDEN", 32768),
    ("SF_SETTABLE", 4294901760),
    ("SF_ARCHIVED", 65536),
    ("SF_IMMUTABLE", 131072),
    ("SF_APPEND", 262144),
    ("SF_NOUNLINK", 1048576),
    ("SF_SNAPSHOT", 2097152),
    ("SF_FIRMLINK", 8388608),
    ("SF_DATALESS", 1073741824),
    ("ST_MODE", 0),
    ("ST_INO", 1),
    ("ST_DEV", 2),
    ("ST_NLINK", 3),
    ("ST_UID", 4),
    ("ST_GID", 5),
    ("ST_SIZE", 6),
    ("ST_ATIME", 7),
    ("ST_MTIME", 8),
    ("ST_CTIME", 9),
];

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    for &(name, number) in NUMBERS {
        module::add(vm, target, name, Value::small_int_unchecked(number));
    }
    Ok(())
}

fn mode(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    let number = number::index(vm, value)?;
    if int::is_negative(&number) {
        return Err(vm.overflow_error("can't convert negative value to unsigned int"));
    }
    match int::as_i64(&number).filter(|&mode| mode <= 0xffff_ffff) {
        Some(mode) => Ok(mode),
        None => Err(vm.overflow_error("mode out of range")),
    }
}

fn is_type<const TYPE: i64>(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(mode(vm, value)? & TYPE_MASK == TYPE))
}

fn never(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    mode(vm, value)?;
    Ok(Value::FALSE)
}

fn mode_bits(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(mode(vm, value)? & 0o7777))
}

fn type_bits(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(mode(vm, value)? & TYPE_MASK))
}

fn type_letter(mode: i64) -> char {
    match mode & TYPE_MASK {
        0o100_000 => '-',
        0o040_000 => 'd',
        0o120_000 => 'l',
        0o060_000 => 'b',
        0o020_000 => 'c',
        0o010_000 => 'p',
        0o140_000 => 's',
        _ => '?',
    }
}

fn filemode(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    let mode = mode(vm, value)?;
    let mut text = String::from(type_letter(mode));
    // Shift of the three bits, the special bit over them, and its letters with and without execution.
    for (shift, special, with, without) in
        [(6, 0o4000, 's', 'S'), (3, 0o2000, 's', 'S'), (0, 0o1000, 't', 'T')]
    {
        let bits = mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & special != 0, bits & 1 != 0) {
            (true, true) => with,
            (true, false) => without,
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    Ok(PyStr::new_value(vm, &text))
}
