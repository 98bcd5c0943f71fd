//! `scandir` and its entries.

use std::cell::Cell;
use std::ffi::CString;

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::gil_cell::GilCell;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{MethodDef, TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::iterate;
use objects::types::str::PyStr;
use objects::types::{generic_alias, int, module};
use objects::{getset, methods, payload};
use rustix::fs::FileType;
use rustix::io::Errno;

use super::arguments::{self, PathArgument, flag};
use super::{files, results};

payload! {
    /// The payload of an entry.
    pub(crate) struct PyDirEntry: DIR_ENTRY {
        name: Value,
        path: Value,
        kind: Cell<u8>,
        inode: Cell<u64>,
        dir: Cell<i32>,
        stat: GilCell<Option<Value>>,
        lstat: GilCell<Option<Value>>,
    }
}

payload! {
    /// The payload of the iterator.
    pub(crate) struct PyScandirIterator: SCANDIR_ITERATOR {
        entries: GilCell<Vec<Value>>,
    }
}

/// `os.DirEntry`
static DIR_ENTRY: StaticType = StaticType::new::<PyDirEntry>();
/// `posix.ScandirIterator`
static SCANDIR_ITERATOR: StaticType = StaticType::new::<PyScandirIterator>();

const DIR_ENTRY_SPEC: TypeSpec = TypeSpec {
    name: "os.DirEntry",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Repr(entry_repr)],
    methods: ENTRY_METHODS,
    getset: ENTRY_FIELDS,
    ..TypeSpec::DEFAULT
};

const SCANDIR_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "posix.ScandirIterator",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Iter(iterate::self_iter), Slot::Iternext(iterator_next)],
    methods: ITERATOR_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { ENTRY_METHODS:
    /// Return True if the entry is a directory; cached per entry.
    ["is_dir"] "($self, /, *, follow_symlinks=True)" Bound(entry_is_dir);
    /// Return True if the entry is a file; cached per entry.
    ["is_file"] "($self, /, *, follow_symlinks=True)" Bound(entry_is_file);
    /// Return True if the entry is a symbolic link; cached per entry.
    ["is_symlink"] "($self, /)" None(entry_is_symlink);
    /// Return True if the entry is a junction; cached per entry.
    ["is_junction"] "($self, /)" None(entry_is_junction);
    /// Return stat_result object for the entry; cached per entry.
    ["stat"] "($self, /, *, follow_symlinks=True)" Bound(entry_stat);
    /// Return inode of the entry; cached per entry.
    ["inode"] "($self, /)" None(entry_inode);
    /// Returns the path for the entry.
    ["__fspath__"] "($self, /)" None(get_path);
    /// See PEP 585
    class ["__class_getitem__"] "($type, object, /)" One(generic_alias::class_getitem);
}

getset! { ENTRY_FIELDS:
    /// the entry's base filename, relative to scandir() "path" argument
    ["name"] get_name;
    /// the entry's full path name; equivalent to os.path.join(scandir_path, entry.name)
    ["path"] get_path;
}

methods! { ITERATOR_METHODS:
    ["__enter__"] "($self, /)" None(iterator_enter);
    ["__exit__"] "($self, /, *args)" Bound(iterator_exit);
    ["close"] "($self, /)" None(iterator_close);
}

methods! { SCANDIR:
    /// Return an iterator of DirEntry objects for given path.
    ["scandir"] "($module, /, path=None)" Bound(scandir);
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[MethodDef] = SCANDIR;

pub(super) fn add_types(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    objects::types::ready(vm, &DIR_ENTRY, &DIR_ENTRY_SPEC)?;
    objects::types::ready(vm, &SCANDIR_ITERATOR, &SCANDIR_ITERATOR_SPEC)?;
    module::add(vm, target, "DirEntry", DIR_ENTRY.get().to_value());
    Ok(())
}

const UNKNOWN: u8 = 0;
const FOLDER: u8 = 1;
const FILE: u8 = 2;
const LINK: u8 = 3;
const OTHER: u8 = 4;

fn kind_of(kind: FileType) -> u8 {
    match kind {
        FileType::Directory => FOLDER,
        FileType::RegularFile => FILE,
        FileType::Symlink => LINK,
        FileType::Unknown => UNKNOWN,
        _ => OTHER,
    }
}

fn scandir(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path_or_here(vm, "scandir", args.get(0))?;
    let found = files::names(vm, &path).map_err(|errno| path.error(vm, errno))?;
    let mut entries = Vec::with_capacity(found.len());
    // The last one is handed out first.
    for name in found.into_iter().rev() {
        let name_value = path.name(vm, &name.bytes)?;
        let full = if path.fd.is_some() {
            name_value.clone()
        } else {
            let mut full = path.path.as_bytes().to_vec();
            if !full.ends_with(b"/") {
                full.push(b'/');
            }
            full.extend_from_slice(&name.bytes);
            path.name(vm, &full)?
        };
        let entry = PyDirEntry {
            name: name_value,
            path: full,
            kind: Cell::new(kind_of(name.kind)),
            inode: Cell::new(name.inode),
            dir: Cell::new(path.fd.unwrap_or(-1)),
            stat: GilCell::default(),
            lstat: GilCell::default(),
        };
        entries.push(PyRef::new(vm, entry).into_value());
    }
    let iterator = PyScandirIterator { entries: GilCell::new(entries) };
    Ok(PyRef::try_new(vm, iterator)?.into_value())
}

fn iterator_next(_vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    Ok(this.receiver::<PyScandirIterator>().entries.with_mut(Vec::pop))
}

fn iterator_enter(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.clone())
}

fn iterator_exit(vm: Vm<'_>, this: &Value, _args: &Bound<'_>) -> PyResult<Value> {
    iterator_close(vm, this)
}

fn iterator_close(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let dead = this.receiver::<PyScandirIterator>().entries.with_mut(std::mem::take);
    drop(dead);
    Ok(Value::NONE)
}

fn get_name(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyDirEntry>().name.clone())
}

fn get_path(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyDirEntry>().path.clone())
}

fn entry_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let name = vm.repr(&this.receiver::<PyDirEntry>().name)?.to_rust_string();
    Ok(PyStr::try_new(vm, &format!("<DirEntry {name}>"))?.into_value())
}

/// What the system says about the entry.
fn ask(
    vm: Vm<'_>,
    this: &Value,
    follow: bool,
) -> PyResult<(PathArgument, Result<rustix::fs::Stat, Errno>)> {
    let entry = this.receiver::<PyDirEntry>();
    let bytes = crate::paths::fs_encode(vm, &entry.path)?;
    let path = CString::new(bytes).unwrap_or_default();
    let path = PathArgument { given: entry.path.clone(), path, fd: None, is_bytes: false };
    let dir = Some(entry.dir.get()).filter(|&dir| dir >= 0);
    let answer = files::stat_of(vm, &path, dir, follow);
    Ok((path, answer))
}

/// The entry's kind; of a link's target when it is followed. Nothing there counts as none.
fn kind(vm: Vm<'_>, this: &Value, follow: bool) -> PyResult<u8> {
    let known = this.receiver::<PyDirEntry>().kind.get();
    if known != UNKNOWN && !(known == LINK && follow) {
        return Ok(known);
    }
    match ask(vm, this, follow)? {
        (_, Ok(stat)) => Ok(kind_of(FileType::from_raw_mode(stat.st_mode))),
        (_, Err(Errno::NOENT)) => Ok(OTHER),
        (path, Err(errno)) => Err(path.error(vm, errno)),
    }
}

fn entry_is_dir(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let follow = flag(vm, args, 0, true)?;
    Ok(Value::from_bool(kind(vm, this, follow)? == FOLDER))
}

fn entry_is_file(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let follow = flag(vm, args, 0, true)?;
    Ok(Value::from_bool(kind(vm, this, follow)? == FILE))
}

fn entry_is_symlink(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(kind(vm, this, false)? == LINK))
}

fn entry_is_junction(_vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    Ok(Value::FALSE)
}

fn entry_stat(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let entry = this.receiver::<PyDirEntry>();
    let follow = flag(vm, args, 0, true)? && kind(vm, this, false)? == LINK;
    let cache = if follow { &entry.stat } else { &entry.lstat };
    if let Some(known) = cache.with(Clone::clone) {
        return Ok(known);
    }
    let (path, answer) = ask(vm, this, follow)?;
    let stat = answer.map_err(|errno| path.error(vm, errno))?;
    let result = results::stat_result(vm, &stat)?;
    cache.set(Some(result.clone()));
    Ok(result)
}

fn entry_inode(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(int::from_u64(vm, this.receiver::<PyDirEntry>().inode.get()))
}
