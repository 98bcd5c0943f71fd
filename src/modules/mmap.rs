//! `mmap`: files and memory mapped into the process, as an object that is both a buffer and a file.

use std::cell::Cell;

use objects::core::args::{Args, check_count};
use objects::core::errors::{PyResult, Raised};
use objects::core::gc::{Traverse, Visitor};
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::{Buffer, BufferOps, bytes_like};
use objects::protocol::number;
use objects::protocol::slice_index::position;
use objects::types::bytes::PyBytes;
use objects::types::exceptions::hierarchy::{BUFFER_ERROR, OS_ERROR};
use objects::types::seq_shared::{Subscript, fit};
use objects::types::slice::PySlice;
use objects::types::str::PyStr;
use objects::types::{self, module};
use objects::{getset, methods, payload};
use rustix::io::Errno;

use crate::NativeModule;
use crate::posix::fd;
use crate::posix::raw::mapping::Mapping;

/// The module.
pub static MODULE: NativeModule =
    NativeModule { name: "mmap", exec: Some(exec), ..NativeModule::DEFAULT };

const CONSTANTS: &[(&str, i64)] = &[
    ("PROT_EXEC", 4),
    ("PROT_READ", 1),
    ("PROT_WRITE", 2),
    ("MAP_SHARED", 1),
    ("MAP_PRIVATE", 2),
    ("MAP_DENYWRITE", 2048),
    ("MAP_EXECUTABLE", 4096),
    ("MAP_ANON", 32),
    ("MAP_ANONYMOUS", 32),
    ("MAP_POPULATE", 32768),
    ("MAP_STACK", 131_072),
    ("MAP_NORESERVE", 16384),
    ("MAP_32BIT", 64),
    ("PAGESIZE", 4096),
    ("ALLOCATIONGRANULARITY", 4096),
    ("ACCESS_DEFAULT", 0),
    ("ACCESS_READ", 1),
    ("ACCESS_WRITE", 2),
    ("ACCESS_COPY", 3),
    ("MADV_NORMAL", 0),
    ("MADV_RANDOM", 1),
    ("MADV_SEQUENTIAL", 2),
    ("MADV_WILLNEED", 3),
    ("MADV_DONTNEED", 4),
    ("MADV_REMOVE", 9),
    ("MADV_DONTFORK", 10),
    ("MADV_DOFORK", 11),
    ("MADV_HWPOISON", 100),
    ("MADV_MERGEABLE", 12),
    ("MADV_UNMERGEABLE", 13),
    ("MADV_HUGEPAGE", 14),
    ("MADV_NOHUGEPAGE", 15),
    ("MADV_DONTDUMP", 16),
    ("MADV_DODUMP", 17),
    ("MADV_FREE", 8),
];

/// How the bytes may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Default,
    Read,
    Write,
    Copy,
}

/// The mapping; None once it is closed.
struct Memory(GilCell<Option<Mapping>>);

impl Traverse for Memory {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a mapping.
    struct PyMmap: MMAP {
        memory: Memory,
        position: Cell<usize>,
        /// A copy of the file's descriptor, or -1.
        file: Cell<i32>,
        offset: Cell<u64>,
        access: Cell<Access>,
        is_shared: Cell<bool>,
        tracks_file: Cell<bool>,
        exports: Cell<usize>,
    }
}

static MMAP: StaticType = StaticType::new::<PyMmap>();

const MMAP_SPEC: TypeSpec = TypeSpec {
    name: "mmap.mmap",
    doc: Some(
        "Windows: mmap(fileno, length[, tagname[, access[, offset]]])\n\nMaps length bytes from the file specified by the file handle fileno,\nand returns a mmap object.  If length is larger than the current size\nof the file, the file is extended to contain length bytes.  If length\nis 0, the maximum length of the map is the current size of the file,\nexcept that if the file is empty Windows raises an exception (you cannot\ncreate an empty mapping on Windows).\n\nUnix: mmap(fileno, length[, flags[, prot[, access[, offset[, trackfd]]]]])\n\nMaps length bytes from the file specified by the file descriptor fileno,\nand returns a mmap object.  If length is 0, the maximum length of the map\nwill be the current size of the file when mmap is called.\nflags specifies the nature of the mapping. MAP_PRIVATE creates a\nprivate copy-on-write mapping, so changes to the contents of the mmap\nobject will be private to this process, and MAP_SHARED creates a mapping\nthat's shared with all other processes mapping the same areas of the file.\nThe default value is MAP_SHARED.\n\nTo map anonymous memory, pass -1 as the fileno (both versions).",
    ),
    flags: spec_flags::BASETYPE | spec_flags::IMMUTABLE | spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::New(mmap_new),
        Slot::Repr(mmap_repr),
        Slot::Buffer(buffer),
        Slot::SqLength(length),
        Slot::SqItem(item),
        Slot::MpLength(length),
        Slot::MpSubscript(subscript),
        Slot::MpAssSubscript(ass_subscript),
        Slot::Finalize(finalize),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    ["close"] "($self, /)" None(close);
    ["find"] "($self, view, start=None, end=None, /)" Positional(find);
    ["rfind"] "($self, view, start=None, end=None, /)" Positional(rfind);
    ["flush"] "($self, offset=0, size=None, /)" Positional(flush);
    ["madvise"] "($self, option, start=0, length=None, /)" Positional(madvise);
    ["move"] "($self, dest, src, count, /)" Positional(move_bytes);
    ["read"] "($self, n=None, /)" Positional(read);
    ["read_byte"] "($self, /)" None(read_byte);
    ["readline"] "($self, /)" None(readline);
    ["resize"] "($self, newsize, /)" One(resize);
    ["seek"] "($self, pos, whence=0, /)" Positional(seek);
    ["seekable"] "($self, /)" None(seekable);
    ["size"] "($self, /)" None(size);
    ["tell"] "($self, /)" None(tell);
    ["write"] "($self, bytes, /)" One(write);
    ["write_byte"] "($self, byte, /)" One(write_byte);
    ["__enter__"] "($self, /)" None(enter);
    ["__exit__"] "($self, exc_type, exc_value, traceback, /)" Positional(exit);
}

getset! { GETSET:
    ["closed"] get_closed;
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    types::init_types(vm, &[(&MMAP, &MMAP_SPEC)])?;
    module::add(vm, this, "error", OS_ERROR.get().to_value());
    module::add(vm, this, "mmap", MMAP.get().to_value());
    for (name, number) in CONSTANTS {
        module::add(vm, this, name, Value::small_int_unchecked(*number));
    }
    Ok(())
}

fn payload(this: &Value) -> &Py<PyMmap> {
    this.receiver::<PyMmap>()
}

#[cold]
fn failed(vm: Vm<'_>, errno: Errno) -> Raised {
    vm.os_error(errno.raw_os_error(), None)
}

#[cold]
fn closed(vm: Vm<'_>) -> Raised {
    vm.value_error("mmap closed or invalid")
}

/// Looks at the mapping, which must be open.
fn with<R>(vm: Vm<'_>, this: &Value, look: impl FnOnce(&Mapping) -> R) -> PyResult<R> {
    let found = payload(this).memory.0.with(|memory| memory.as_ref().map(look));
    found.ok_or_else(|| closed(vm))
}

fn with_mut<R>(vm: Vm<'_>, this: &Value, change: impl FnOnce(&mut Mapping) -> R) -> PyResult<R> {
    let found = payload(this).memory.0.with_mut(|memory| memory.as_mut().map(change));
    found.ok_or_else(|| closed(vm))
}

fn size_of(vm: Vm<'_>, this: &Value) -> PyResult<usize> {
    with(vm, this, Mapping::len)
}

fn check_writable(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    match payload(this).access.get() {
        Access::Read => Err(vm.type_error("mmap can't modify a readonly memory map.")),
        _ => Ok(()),
    }
}

fn mmap_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new(
        "(fileno, length, flags=MAP_SHARED, prot=3, access=0, offset=0, *, trackfd=True)",
    );
    let bound = SIGNATURE.bind(vm, "mmap", args)?;
    let number = |nth: usize, default: i32| {
        bound.get(nth).map_or(Ok(default), |value| number::as_i32(vm, value))
    };
    let file = number::as_i32(vm, bound.required(0))?;
    let length = number::as_ssize(vm, bound.required(1))?;
    let (mut flags, mut prot, access) =
        (number(2, libc::MAP_SHARED)?, number(3, 3)?, number(4, 0)?);
    let offset = bound.get(5).map_or(Ok(0), |value| number::as_i64(vm, value))?;
    let tracks_file = bound.get(6).map_or(Ok(true), |value| vm.is_true(value))?;
    let Ok(mut length) = usize::try_from(length) else {
        return Err(vm.overflow_error("memory mapped length must be positive"));
    };
    let Ok(start) = u64::try_from(offset) else {
        return Err(vm.overflow_error("memory mapped offset must be positive"));
    };
    if access != 0 && (flags != libc::MAP_SHARED || prot != 3) {
        return Err(vm.value_error("mmap can't specify both access and flags, prot."));
    }
    let access = match access {
        0 if prot & 3 == 3 => Access::Default,
        0 if prot & 2 != 0 => Access::Write,
        0 => Access::Read,
        1 => {
            prot = libc::PROT_READ;
            Access::Read
        }
        2 => Access::Write,
        3 => {
            flags = libc::MAP_PRIVATE;
            Access::Copy
        }
        _ => return Err(vm.value_error("mmap invalid access parameter.")),
    };
    let mut copy = -1;
    if file == -1 {
        flags |= libc::MAP_ANONYMOUS;
    } else {
        if let Ok(known) = fd::stat(file)
            && known.st_mode & libc::S_IFMT == libc::S_IFREG
        {
            length = fit_to_file(vm, length, start, u64::try_from(known.st_size).unwrap_or(0))?;
        }
        if tracks_file {
            copy = fd::dup(file).map_err(|errno| failed(vm, errno))?;
        }
    }
    let mapping = match Mapping::new(length, prot, flags, file, offset) {
        Ok(mapping) => mapping,
        Err(errno) => {
            if copy >= 0 {
                let _ = fd::close(copy);
            }
            return Err(failed(vm, errno));
        }
    };
    let new = PyMmap {
        memory: Memory(GilCell::new(Some(mapping))),
        position: Cell::new(0),
        file: Cell::new(copy),
        offset: Cell::new(start),
        access: Cell::new(access),
        is_shared: Cell::new(flags & libc::MAP_SHARED != 0),
        tracks_file: Cell::new(tracks_file),
        exports: Cell::new(0),
    };
    Ok(PyRef::try_new_of(vm, class, new)?.into_value())
}

/// The length that is mapped of a file: 0 stands for all of it.
fn fit_to_file(vm: Vm<'_>, length: usize, offset: u64, size: u64) -> PyResult<usize> {
    if length == 0 {
        if size == 0 {
            return Err(vm.value_error("cannot mmap an empty file"));
        }
        if offset >= size {
            return Err(vm.value_error("mmap offset is greater than file size"));
        }
        return usize::try_from(size - offset)
            .map_err(|_| vm.value_error("mmap length is too large"));
    }
    if offset > size || size - offset < length as u64 {
        return Err(vm.value_error("mmap length is greater than file size"));
    }
    Ok(length)
}

fn finalize(_vm: Vm<'_>, this: &Value) {
    let this = payload(this);
    drop(this.memory.0.replace(None));
    close_file(this);
}

fn close_file(this: &Py<PyMmap>) {
    let file = this.file.replace(-1);
    if file >= 0 {
        // Whatever the system says, the descriptor is gone.
        let _ = fd::close(file);
    }
}

fn mmap_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let is_own = this.class().is(MMAP.get());
    let name = if is_own { "mmap.mmap".to_owned() } else { this.class().name().clone() };
    let payload = payload(this);
    let text = match payload.memory.0.with(|memory| memory.as_ref().map(Mapping::len)) {
        None => format!("<{name} closed=True>"),
        Some(length) => {
            let access = match payload.access.get() {
                Access::Default => "DEFAULT",
                Access::Read => "READ",
                Access::Write => "WRITE",
                Access::Copy => "COPY",
            };
            format!(
                "<{name} closed=False, access=ACCESS_{access}, length={length}, pos={}, offset={}>",
                payload.position.get(),
                payload.offset.get()
            )
        }
    };
    Ok(PyStr::new_value(vm, &text))
}

static BUFFER: BufferOps = BufferOps {
    read: |owner, see| {
        payload(owner).memory.0.with(|memory| see(memory.as_ref().map_or(&[], Mapping::bytes)));
    },
    write: |owner, see| {
        payload(owner).memory.0.with_mut(|memory| match memory {
            Some(memory) => see(memory.bytes_mut()),
            None => see(&mut []),
        });
    },
    acquire: |owner| payload(owner).exports.set(payload(owner).exports.get() + 1),
    release: |owner| payload(owner).exports.set(payload(owner).exports.get() - 1),
};

fn buffer(vm: Vm<'_>, this: &Value) -> PyResult<Buffer> {
    let length = size_of(vm, this)?;
    Ok(Buffer::new(this, &BUFFER, length, payload(this).access.get() == Access::Read))
}

fn length(vm: Vm<'_>, this: &Value) -> PyResult<usize> {
    size_of(vm, this)
}

fn item(vm: Vm<'_>, this: &Value, index: isize) -> PyResult<Value> {
    let byte = with(vm, this, |memory| {
        usize::try_from(index).ok().and_then(|index| memory.bytes().get(index).copied())
    })?;
    match byte {
        Some(byte) => PyBytes::try_new_value(vm, &[byte]),
        None => Err(vm.index_error("mmap index out of range")),
    }
}

fn subscript(vm: Vm<'_>, this: &Value, key: &Value) -> PyResult<Value> {
    let length = size_of(vm, this)?;
    if !number::has_index(key) && key.downcast::<PySlice>().is_none() {
        return Err(vm.type_error("mmap indices must be integers"));
    }
    match Subscript::of(vm, key, "mmap")? {
        Subscript::Index(index) => {
            let found = with(vm, this, |memory| {
                position(index, length).and_then(|place| memory.bytes().get(place).copied())
            })?;
            match found {
                Some(byte) => Ok(Value::small_int_unchecked(i64::from(byte))),
                None => Err(vm.index_error("mmap index out of range")),
            }
        }
        Subscript::Slice(start, stop, step) => {
            let range = fit(size_of(vm, this)?, (start, stop, step));
            let mut out = types::bytes::shared::room(vm, range.count)?;
            with(vm, this, |memory| {
                let bytes = memory.bytes();
                out.extend(range.positions().filter_map(|place| bytes.get(place)));
            })?;
            PyBytes::try_new_value(vm, &out)
        }
    }
}

fn ass_subscript(vm: Vm<'_>, this: &Value, key: &Value, new: Option<&Value>) -> PyResult<()> {
    size_of(vm, this)?;
    check_writable(vm, this)?;
    if !number::has_index(key) && key.downcast::<PySlice>().is_none() {
        return Err(vm.type_error("mmap indices must be integer"));
    }
    match Subscript::of(vm, key, "mmap")? {
        Subscript::Index(index) => {
            let Some(new) = new else {
                return Err(vm.type_error("mmap doesn't support item deletion"));
            };
            let Some(place) = position(index, size_of(vm, this)?) else {
                return Err(vm.index_error("mmap index out of range"));
            };
            if !number::has_index(new) {
                return Err(vm.type_error("mmap item value must be an int"));
            }
            let number = number::as_ssize(vm, new)?;
            let Ok(byte) = u8::try_from(number) else {
                return Err(vm.value_error("mmap item value must be in range(0, 256)"));
            };
            // Converting the value may have run Python code, which may have resized the mapping.
            let done = with_mut(vm, this, |memory| {
                memory.bytes_mut().get_mut(place).map(|target| *target = byte)
            })?;
            done.ok_or_else(|| vm.index_error("mmap index out of range"))
        }
        Subscript::Slice(start, stop, step) => {
            let Some(new) = new else {
                return Err(vm.type_error("mmap object doesn't support slice deletion"));
            };
            let data = bytes_like(vm, new)?.to_vec();
            let range = fit(size_of(vm, this)?, (start, stop, step));
            if range.count != data.len() {
                return Err(vm.index_error("mmap slice assignment is wrong size"));
            }
            with_mut(vm, this, |memory| {
                let bytes = memory.bytes_mut();
                for (place, byte) in range.positions().zip(&data) {
                    if let Some(target) = bytes.get_mut(place) {
                        *target = *byte;
                    }
                }
            })
        }
    }
}

fn close(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = payload(this);
    if payload.exports.get() > 0 {
        return Err(vm.error(&BUFFER_ERROR, "cannot close exported pointers exist"));
    }
    let mapping = payload.memory.0.replace(None);
    close_file(payload);
    vm.allow_threads(|| drop(mapping));
    Ok(Value::NONE)
}

/// A position from the start, or from the end if it is negative, within the length.
fn bound_of(vm: Vm<'_>, value: Option<&Value>, default: usize, length: usize) -> PyResult<usize> {
    let Some(value) = value.filter(|value| !value.is_none()) else { return Ok(default) };
    let number = number::as_isize_clipped(vm, value)?;
    let length_signed = isize::try_from(length).unwrap_or(isize::MAX);
    let place = if number < 0 { number.saturating_add(length_signed).max(0) } else { number };
    Ok(usize::try_from(place).unwrap_or(0).min(length))
}

fn search(
    vm: Vm<'_>,
    this: &Value,
    args: &[Value],
    name: &str,
    is_reverse: bool,
) -> PyResult<Value> {
    check_count(vm, name, args.len(), 1, 3)?;
    let Some(view) = args.first() else { return Ok(Value::NONE) };
    let wanted = bytes_like(vm, view)?.to_vec();
    let length = size_of(vm, this)?;
    let from = if is_reverse { 0 } else { payload(this).position.get().min(length) };
    let from = if is_reverse { payload(this).position.get().min(length) } else { from };
    let start = bound_of(vm, args.get(1), from, length)?;
    let end = bound_of(vm, args.get(2), length, length)?;
    let place = with(vm, this, |memory| {
        let part = memory.bytes().get(start..end)?;
        if is_reverse {
            memchr::memmem::rfind(part, &wanted)
        } else {
            memchr::memmem::find(part, &wanted)
        }
    })?;
    Ok(match place {
        Some(place) => Value::from_usize(start + place),
        None => Value::small_int_unchecked(-1),
    })
}

fn find(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    search(vm, this, args, "find", false)
}

fn rfind(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    search(vm, this, args, "rfind", true)
}

fn flush(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "flush", args.len(), 0, 2)?;
    let offset = args.first().map_or(Ok(0), |value| number::as_ssize(vm, value))?;
    let size = match args.get(1).filter(|value| !value.is_none()) {
        Some(value) => Some(number::as_ssize(vm, value)?),
        None => None,
    };
    let length = size_of(vm, this)?;
    let outside = || vm.value_error("flush values out of range");
    let offset = usize::try_from(offset).map_err(|_| outside())?;
    let size = match size {
        Some(size) => usize::try_from(size).map_err(|_| outside())?,
        None => length.checked_sub(offset).ok_or_else(outside)?,
    };
    if length < offset || length - offset < size {
        return Err(outside());
    }
    if matches!(payload(this).access.get(), Access::Read | Access::Copy) {
        return Ok(Value::NONE);
    }
    with(vm, this, |memory| memory.flush(offset, size))?.map_err(|errno| failed(vm, errno))?;
    Ok(Value::NONE)
}

fn madvise(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "madvise", args.len(), 1, 3)?;
    let Some(option) = args.first() else { return Ok(Value::NONE) };
    let option = number::as_i32(vm, option)?;
    let start = args.get(1).map_or(Ok(0), |value| number::as_ssize(vm, value))?;
    let size = size_of(vm, this)?;
    let length = match args.get(2).filter(|value| !value.is_none()) {
        Some(value) => number::as_ssize(vm, value)?,
        None => isize::try_from(size).unwrap_or(isize::MAX),
    };
    let Some(start) = usize::try_from(start).ok().filter(|&start| start < size) else {
        return Err(vm.value_error("madvise start out of bounds"));
    };
    let Ok(length) = usize::try_from(length) else {
        return Err(vm.value_error("madvise length invalid"));
    };
    if start.saturating_add(length) > isize::MAX.unsigned_abs() {
        return Err(vm.overflow_error("madvise length too large"));
    }
    let length = length.min(size - start);
    with(vm, this, |memory| memory.advise(start, length, option))?
        .map_err(|errno| failed(vm, errno))?;
    Ok(Value::NONE)
}

fn move_bytes(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "move", args.len(), 3, 3)?;
    let mut numbers = [0isize; 3];
    for (number, value) in numbers.iter_mut().zip(args) {
        *number = number::as_ssize(vm, value)?;
    }
    let length = size_of(vm, this)?;
    check_writable(vm, this)?;
    let outside = || vm.value_error("source, destination, or count out of range");
    let [dest, src, count] = numbers.map(|number| usize::try_from(number).ok());
    let (Some(dest), Some(src), Some(count)) = (dest, src, count) else { return Err(outside()) };
    let fits = |start: usize| length.checked_sub(start).is_some_and(|left| left >= count);
    if !fits(dest) || !fits(src) {
        return Err(outside());
    }
    with_mut(vm, this, |memory| memory.bytes_mut().copy_within(src..src + count, dest))?;
    Ok(Value::NONE)
}

/// The next bytes, `count` at most.
fn take(vm: Vm<'_>, this: &Value, count: usize) -> PyResult<Value> {
    let position = payload(this).position.get();
    let length = size_of(vm, this)?;
    let start = position.min(length);
    let end = start.saturating_add(count).min(length);
    let bytes = with(vm, this, |memory| memory.bytes().get(start..end).map(<[u8]>::to_vec))?;
    payload(this).position.set(position.max(end));
    PyBytes::try_new_value(vm, &bytes.unwrap_or_default())
}

fn read(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "read", args.len(), 0, 1)?;
    size_of(vm, this)?;
    let count = match args.first().filter(|value| !value.is_none()) {
        Some(value) if !number::has_index(value) => {
            return Err(vm.type_error(format!(
                "argument should be integer or None, not '{}'",
                value.class().name()
            )));
        }
        Some(value) => usize::try_from(number::as_ssize(vm, value)?).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    take(vm, this, count)
}

fn read_byte(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let position = payload(this).position.get();
    match with(vm, this, |memory| memory.bytes().get(position).copied())? {
        Some(byte) => {
            payload(this).position.set(position + 1);
            Ok(Value::small_int_unchecked(i64::from(byte)))
        }
        None => Err(vm.value_error("read byte out of range")),
    }
}

fn readline(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let position = payload(this).position.get();
    let count = with(vm, this, |memory| {
        let rest = memory.bytes().get(position..).unwrap_or_default();
        memchr::memchr(b'\n', rest).map_or(rest.len(), |place| place + 1)
    })?;
    take(vm, this, count)
}

fn resize(vm: Vm<'_>, this: &Value, new: &Value) -> PyResult<Value> {
    let new_size = number::as_ssize(vm, new)?;
    size_of(vm, this)?;
    let payload = payload(this);
    if payload.exports.get() > 0 {
        return Err(vm.error(&BUFFER_ERROR, "mmap can't resize with extant buffers exported."));
    }
    if !payload.tracks_file.get() {
        return Err(vm.value_error("mmap can't resize with trackfd=False."));
    }
    if !matches!(payload.access.get(), Access::Default | Access::Write) {
        return Err(vm.type_error("mmap can't resize a readonly or copy-on-write memory map."));
    }
    let Ok(new_size) = usize::try_from(new_size) else {
        return Err(vm.value_error("new size out of range"));
    };
    let file = payload.file.get();
    if file == -1 && payload.is_shared.get() && new_size > size_of(vm, this)? {
        return Err(vm.value_error("mmap: can't expand a shared anonymous mapping"));
    }
    if file != -1 {
        let end = payload.offset.get().saturating_add(new_size as u64);
        fd::truncate(file, end).map_err(|errno| failed(vm, errno))?;
    }
    with_mut(vm, this, |memory| memory.resize(new_size))?.map_err(|errno| failed(vm, errno))?;
    Ok(Value::NONE)
}

fn seek(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "seek", args.len(), 1, 2)?;
    let Some(distance) = args.first() else { return Ok(Value::NONE) };
    let distance = number::as_ssize(vm, distance)?;
    let whence = args.get(1).map_or(Ok(0), |value| number::as_i32(vm, value))?;
    let length = size_of(vm, this)?;
    let start = match whence {
        0 => 0,
        1 => payload(this).position.get(),
        2 => length,
        _ => return Err(vm.value_error("unknown seek type")),
    };
    let place = isize::try_from(start).ok().and_then(|start| start.checked_add(distance));
    match place.and_then(|place| usize::try_from(place).ok()).filter(|&place| place <= length) {
        Some(place) => {
            payload(this).position.set(place);
            Ok(Value::from_usize(place))
        }
        None => Err(vm.value_error("seek out of range")),
    }
}

fn seekable(_vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    Ok(Value::TRUE)
}

fn size(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    size_of(vm, this)?;
    let payload = payload(this);
    if payload.file.get() == -1 {
        return Err(failed(vm, Errno::BADF));
    }
    let known = fd::stat(payload.file.get()).map_err(|errno| failed(vm, errno))?;
    Ok(Value::from_usize(usize::try_from(known.st_size).unwrap_or(0)))
}

fn tell(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    size_of(vm, this)?;
    Ok(Value::from_usize(payload(this).position.get()))
}

fn write(vm: Vm<'_>, this: &Value, data: &Value) -> PyResult<Value> {
    let data = bytes_like(vm, data)?.to_vec();
    let length = size_of(vm, this)?;
    check_writable(vm, this)?;
    let position = payload(this).position.get();
    if length.checked_sub(position).is_none_or(|left| left < data.len()) {
        return Err(vm.value_error("data out of range"));
    }
    let end = position + data.len();
    with_mut(vm, this, |memory| {
        if let Some(target) = memory.bytes_mut().get_mut(position..end) {
            target.copy_from_slice(&data);
        }
    })?;
    payload(this).position.set(end);
    Ok(Value::from_usize(data.len()))
}

fn write_byte(vm: Vm<'_>, this: &Value, byte: &Value) -> PyResult<Value> {
    let number = number::as_ssize(vm, byte)?;
    let byte = match u8::try_from(number) {
        Ok(byte) => byte,
        Err(_) if number < 0 => {
            return Err(vm.overflow_error("unsigned byte integer is less than minimum"));
        }
        Err(_) => {
            return Err(vm.overflow_error("unsigned byte integer is greater than maximum"));
        }
    };
    size_of(vm, this)?;
    check_writable(vm, this)?;
    let position = payload(this).position.get();
    let written = with_mut(vm, this, |memory| {
        memory.bytes_mut().get_mut(position).map(|target| *target = byte)
    })?;
    if written.is_none() {
        return Err(vm.value_error("write byte out of range"));
    }
    payload(this).position.set(position + 1);
    Ok(Value::NONE)
}

fn enter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    size_of(vm, this)?;
    Ok(this.clone())
}

fn exit(vm: Vm<'_>, this: &Value, _args: &[Value]) -> PyResult<Value> {
    close(vm, this)
}

fn get_closed(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(payload(this).memory.0.with(Option::is_none)))
}
