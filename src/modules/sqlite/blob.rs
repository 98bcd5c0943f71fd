//! Blobs: values of the database that are read and written in pieces.

use std::cell::Cell;

use objects::core::errors::{PyResult, Raised};
use objects::core::gc::{Traverse, Visitor};
use objects::core::gil_cell::GilCell;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::bytes_like;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::bytes::shared::room;
use objects::types::exceptions::hierarchy as exc;
use objects::types::int;
use objects::types::slice::PySlice;
use objects::{methods, payload};
use std::rc::Rc;

use super::connection;
use super::errors::{self, PROGRAMMING_ERROR};
use super::raw::Blob;

/// The open value; None once it is closed.
struct Open(GilCell<Option<Rc<Blob>>>);

impl Traverse for Open {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a blob.
    pub(super) struct PyBlob: BLOB, gc {
        connection: Value,
        open: Open,
        offset: Cell<usize>,
    }
}

/// `sqlite3.Blob`
pub(super) static BLOB: StaticType = StaticType::new::<PyBlob>();

/// The spec of `sqlite3.Blob`.
pub(super) const BLOB_SPEC: TypeSpec = TypeSpec {
    name: "sqlite3.Blob",
    flags: spec_flags::DISALLOW_INSTANTIATION | spec_flags::IMMUTABLE | spec_flags::HAS_WEAKREF,
    slots: &[Slot::MpLength(length), Slot::MpSubscript(subscript), Slot::MpAssSubscript(assign)],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Close the blob.
    ["close"] "($self, /)" None(close);
    /// Blob context manager enter.
    ["__enter__"] "($self, /)" None(enter);
    /// Blob context manager exit.
    ["__exit__"] "($self, type, val, tb, /)" Positional(exit);
    /// Read data at the current offset position.
    ///
    ///   length
    ///     Read length in bytes.
    ///
    /// If the end of the blob is reached, the data up to end of file will
    /// be returned.  When length is not specified, or is negative,
    /// Blob.read() will read until the end of the blob.
    ["read"] "($self, length=-1, /)" Positional(read);
    /// Set the current access position to offset.
    ///
    /// The origin argument defaults to os.SEEK_SET (absolute blob
    /// positioning).  Other values for origin are os.SEEK_CUR (seek
    /// relative to the current position) and os.SEEK_END (seek relative to
    /// the blob's end).
    ["seek"] "($self, offset, origin=0, /)" Positional(seek);
    /// Return the current access position for the blob.
    ["tell"] "($self, /)" None(tell);
    /// Write data at the current offset.
    ///
    /// This function cannot change the blob length.  Writing beyond the end
    /// of the blob will result in an exception being raised.
    ["write"] "($self, data, /)" One(write);
}

/// The object of an open value.
pub(super) fn object_of(vm: Vm<'_>, connection: &Value, opened: Blob) -> Value {
    let payload = PyBlob {
        connection: connection.clone(),
        open: Open(GilCell::new(Some(Rc::new(opened)))),
        offset: Cell::new(0),
    };
    PyRef::new(vm, payload).into_value()
}

fn own(value: &Value) -> &PyBlob {
    value.receiver::<PyBlob>()
}

fn check(vm: Vm<'_>, this: &Value) -> PyResult<Rc<Blob>> {
    connection::usable(vm, &own(this).connection)?;
    own(this)
        .open
        .0
        .get()
        .ok_or_else(|| vm.error(&PROGRAMMING_ERROR, "Cannot operate on a closed blob."))
}

fn failed(vm: Vm<'_>, this: &Value, code: i32) -> Raised {
    match connection::database(vm, &own(this).connection) {
        // The database knows nothing of a blob whose row is gone.
        Ok(_) if code == 4 => errors::of_code(vm, code),
        Ok(db) => errors::of_database(vm, &db),
        Err(raised) => raised,
    }
}

fn read_at(vm: Vm<'_>, this: &Value, blob: &Blob, offset: usize, size: usize) -> PyResult<Vec<u8>> {
    let mut bytes = room(vm, size)?;
    bytes.resize(size, 0);
    match blob.read(vm, &mut bytes, offset) {
        0 => Ok(bytes),
        code => Err(failed(vm, this, code)),
    }
}

fn write_at(vm: Vm<'_>, this: &Value, blob: &Blob, offset: usize, bytes: &[u8]) -> PyResult<()> {
    if offset.checked_add(bytes.len()).is_none_or(|end| end > blob.len()) {
        return Err(vm.value_error("data longer than blob length"));
    }
    match blob.write(vm, bytes, offset) {
        0 => Ok(()),
        code => Err(failed(vm, this, code)),
    }
}

fn close(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    connection::usable(vm, &own(this).connection)?;
    drop(own(this).open.0.take());
    Ok(Value::NONE)
}

fn enter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    check(vm, this)?;
    Ok(this.clone())
}

fn exit(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "__exit__", args.len(), 3, 3)?;
    check(vm, this)?;
    drop(own(this).open.0.take());
    Ok(Value::FALSE)
}

fn read(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "read", args.len(), 0, 1)?;
    let wanted = args.first().map_or(Ok(-1), |size| number::as_i32(vm, size))?;
    let blob = check(vm, this)?;
    let offset = own(this).offset.get();
    let left = blob.len().saturating_sub(offset);
    let size = usize::try_from(wanted).unwrap_or(left).min(left);
    if size == 0 {
        return PyBytes::try_new_value(vm, b"");
    }
    let bytes = read_at(vm, this, &blob, offset, size)?;
    own(this).offset.set(offset + size);
    PyBytes::try_new_value(vm, &bytes)
}

fn write(vm: Vm<'_>, this: &Value, data: &Value) -> PyResult<Value> {
    let bytes = bytes_like(vm, data)?.to_vec();
    let blob = check(vm, this)?;
    let offset = own(this).offset.get();
    write_at(vm, this, &blob, offset, &bytes)?;
    own(this).offset.set(offset + bytes.len());
    Ok(Value::NONE)
}

fn seek(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "seek", args.len(), 1, 2)?;
    let offset = i64::from(number::as_i32(vm, &args[0])?);
    let origin = args.get(1).map_or(Ok(0), |origin| number::as_i32(vm, origin))?;
    let blob = check(vm, this)?;
    let start = match origin {
        0 => 0,
        1 => own(this).offset.get(),
        2 => blob.len(),
        _ => {
            return Err(
                vm.value_error("'origin' should be os.SEEK_SET, os.SEEK_CUR, or os.SEEK_END")
            );
        }
    };
    let target = i64::try_from(start).unwrap_or(0) + offset;
    if target > i64::from(i32::MAX) {
        return Err(vm.overflow_error("seek offset results in overflow"));
    }
    match usize::try_from(target) {
        Ok(target) if target <= blob.len() => own(this).offset.set(target),
        _ => return Err(vm.value_error("offset out of blob range")),
    }
    Ok(Value::NONE)
}

fn tell(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    check(vm, this)?;
    Ok(Value::from_usize(own(this).offset.get()))
}

fn length(vm: Vm<'_>, this: &Value) -> PyResult<usize> {
    Ok(check(vm, this)?.len())
}

/// Which bytes a key means.
enum Place {
    One(usize),
    /// Start, step and how many.
    Many(isize, isize, usize),
}

fn place(vm: Vm<'_>, blob: &Blob, key: &Value) -> PyResult<Place> {
    if let Some(slice) = key.downcast::<PySlice>() {
        let length = Value::from_usize(blob.len());
        let (start, stop, step) = slice.indices_of(vm, &length)?;
        let [start, stop, step] = [start, stop, step]
            .map(|number| isize::try_from(int::as_i64(&number).unwrap_or(0)).unwrap_or(0));
        let span = if step > 0 { stop - start } else { start - stop };
        let count =
            usize::try_from(span).map_or(0, |span| span.div_ceil(step.unsigned_abs().max(1)));
        return Ok(Place::Many(start, step, count));
    }
    if !number::has_index(key) {
        return Err(vm.type_error("Blob indices must be integers"));
    }
    let index = number::as_index(vm, key)?;
    let length = isize::try_from(blob.len()).unwrap_or(isize::MAX);
    let index = if index < 0 { index.saturating_add(length) } else { index };
    match usize::try_from(index) {
        Ok(index) if index < blob.len() => Ok(Place::One(index)),
        _ => Err(vm.error(&exc::INDEX_ERROR, "Blob index out of range")),
    }
}

/// The bytes that a slice spans, from its first on.
fn span(vm: Vm<'_>, start: isize, step: isize, count: usize) -> PyResult<(usize, usize)> {
    match usize::try_from(step) {
        Ok(step) => Ok((usize::try_from(start).unwrap_or(0), step * (count - 1) + 1)),
        Err(_) => Err(vm.value_error("Blob doesn't support slices with a negative step")),
    }
}

fn subscript(vm: Vm<'_>, this: &Value, key: &Value) -> PyResult<Value> {
    let blob = check(vm, this)?;
    match place(vm, &blob, key)? {
        Place::One(index) => {
            let bytes = read_at(vm, this, &blob, index, 1)?;
            Ok(Value::from_usize(bytes.first().map_or(0, |&byte| usize::from(byte))))
        }
        Place::Many(_, _, 0) => PyBytes::try_new_value(vm, b""),
        Place::Many(start, step, count) => {
            let (low, size) = span(vm, start, step, count)?;
            let bytes = read_at(vm, this, &blob, low, size)?;
            let mut chosen: Vec<u8> = bytes.iter().copied().step_by(step.unsigned_abs()).collect();
            if step < 0 {
                chosen.reverse();
            }
            PyBytes::try_new_value(vm, &chosen)
        }
    }
}

fn assign(vm: Vm<'_>, this: &Value, key: &Value, value: Option<&Value>) -> PyResult<()> {
    let blob = check(vm, this)?;
    let is_slice = key.downcast::<PySlice>().is_some();
    let Some(value) = value else {
        if !is_slice && !number::has_index(key) {
            return Err(vm.type_error("Blob indices must be integers"));
        }
        let what = if is_slice { "slice" } else { "item" };
        return Err(vm.type_error(format!("Blob doesn't support {what} deletion")));
    };
    match place(vm, &blob, key)? {
        Place::One(index) => {
            if !number::is_int(value) {
                let name = value.class().name();
                return Err(
                    vm.type_error(format!("'{name}' object cannot be interpreted as an integer"))
                );
            }
            match int::as_i64(value).and_then(|byte| u8::try_from(byte).ok()) {
                Some(byte) => write_at(vm, this, &blob, index, &[byte]),
                None => Err(vm.value_error("byte must be in range(0, 256)")),
            }
        }
        Place::Many(start, step, count) => {
            let given = bytes_like(vm, value)?.to_vec();
            if given.len() != count {
                return Err(vm.error(&exc::INDEX_ERROR, "Blob slice assignment is wrong size"));
            }
            if count == 0 {
                return Ok(());
            }
            let (low, size) = span(vm, start, step, count)?;
            if step == 1 {
                return write_at(vm, this, &blob, low, &given);
            }
            let mut bytes = read_at(vm, this, &blob, low, size)?;
            for (place, byte) in bytes.iter_mut().step_by(step.unsigned_abs()).zip(given) {
                *place = byte;
            }
            write_at(vm, this, &blob, low, &bytes)
        }
    }
}
