//! The buffer protocol: a view of an object's bytes, held while it is exported.
//!
//! An exporter gives its bytes through two functions, so that no address outlives a borrow; while a [`Buffer`] lives the
//! exporter keeps its size (a bytearray refuses to be resized).

use std::borrow::Cow;

use crate::core::errors::PyResult;
use crate::core::gc::{Traverse, Visitor};
use crate::core::pyref::PyRef;
use crate::core::slots::BufferFn;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::buffer_wrapper;
use crate::types::bytes::PyBytes;
use crate::types::memoryview::PyMemoryView;

/// What looks at an exporter's bytes.
pub type Look<'f> = &'f mut dyn FnMut(&[u8]);
/// What changes an exporter's bytes.
pub type Change<'f> = &'f mut dyn FnMut(&mut [u8]);

/// How an exporter gives its bytes.
pub struct BufferOps {
    /// Shows the bytes.
    pub read: fn(&Value, Look<'_>),
    /// Shows the bytes for writing; not called for a read-only buffer.
    pub write: fn(&Value, Change<'_>),
    /// Told when a buffer begins.
    pub acquire: fn(&Value),
    /// Told when a buffer ends.
    pub release: fn(&Value),
}

/// An exported view of an object's bytes (`Py_buffer`).
pub struct Buffer {
    /// The exporter.
    pub owner: Value,
    ops: &'static BufferOps,
    /// Where item (0, 0, ...) begins in the exporter's bytes.
    pub offset: usize,
    /// How many bytes there are from the first to the last.
    pub length: usize,
    /// Whether the bytes cannot be written.
    pub readonly: bool,
    /// The format of an item, as in `struct`.
    pub format: Cow<'static, str>,
    /// Bytes of an item.
    pub item_size: usize,
    /// Items in each dimension; empty for a single item.
    pub shape: Vec<usize>,
    /// Bytes from one item to the next in each dimension.
    pub strides: Vec<isize>,
}

impl Buffer {
    /// A view of `length` plain bytes.
    #[must_use]
    pub fn new(owner: &Value, ops: &'static BufferOps, length: usize, readonly: bool) -> Self {
        Self::with_items(owner, ops, Cow::Borrowed("B"), 1, length, readonly)
    }

    /// A view of `count` items.
    #[must_use]
    pub fn with_items(
        owner: &Value,
        ops: &'static BufferOps,
        format: Cow<'static, str>,
        item_size: usize,
        count: usize,
        readonly: bool,
    ) -> Self {
        (ops.acquire)(owner);
        Self {
            owner: owner.clone(),
            ops,
            offset: 0,
            length: count.saturating_mul(item_size),
            readonly,
            format,
            item_size,
            shape: vec![count],
            strides: vec![isize::try_from(item_size).unwrap_or(1)],
        }
    }

    /// A view that is laid out as another one, of the bytes that `owner` shows.
    #[must_use]
    pub fn with_layout_of(owner: &Value, ops: &'static BufferOps, layout: &Self) -> Self {
        (ops.acquire)(owner);
        Self {
            owner: owner.clone(),
            ops,
            offset: layout.offset,
            length: layout.length,
            readonly: layout.readonly,
            format: layout.format.clone(),
            item_size: layout.item_size,
            shape: layout.shape.clone(),
            strides: layout.strides.clone(),
        }
    }

    /// Another view of the same bytes.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        (self.ops.acquire)(&self.owner);
        Self {
            owner: self.owner.clone(),
            ops: self.ops,
            offset: self.offset,
            length: self.length,
            readonly: self.readonly,
            format: self.format.clone(),
            item_size: self.item_size,
            shape: self.shape.clone(),
            strides: self.strides.clone(),
        }
    }

    /// How many items there are.
    #[must_use]
    pub fn item_count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Bytes of all items.
    #[must_use]
    pub fn byte_count(&self) -> usize {
        self.item_count().saturating_mul(self.item_size)
    }

    /// Whether the items lie one after the other in C's order.
    #[must_use]
    pub fn is_c_contiguous(&self) -> bool {
        self.is_contiguous(self.shape.iter().zip(&self.strides).rev())
    }

    /// Whether the items lie one after the other in Fortran's order.
    #[must_use]
    pub fn is_f_contiguous(&self) -> bool {
        self.is_contiguous(self.shape.iter().zip(&self.strides))
    }

    fn is_contiguous<'a>(&self, dimensions: impl Iterator<Item = (&'a usize, &'a isize)>) -> bool {
        if self.byte_count() == 0 {
            return true;
        }
        let mut step = self.item_size;
        for (&items, &stride) in dimensions {
            if items > 1 && usize::try_from(stride) != Ok(step) {
                return false;
            }
            step = step.saturating_mul(items);
        }
        true
    }

    /// Shows the exporter's bytes from `offset` on, whatever the strides.
    pub fn with_raw<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        let (mut f, mut result) = (Some(f), None);
        (self.ops.read)(&self.owner, &mut |bytes| {
            if let Some(f) = f.take() {
                result = Some(f(bytes));
            }
        });
        result.expect("an exporter shows its bytes")
    }

    /// As [`with_raw`](Self::with_raw), for writing.
    pub fn with_raw_mut<R>(&self, f: impl FnOnce(&mut [u8]) -> R) -> R {
        let (mut f, mut result) = (Some(f), None);
        (self.ops.write)(&self.owner, &mut |bytes| {
            if let Some(f) = f.take() {
                result = Some(f(bytes));
            }
        });
        result.expect("an exporter shows its bytes")
    }

    /// Shows the bytes of a contiguous buffer, or a copy in C's order.
    pub fn with_bytes<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        if self.is_c_contiguous() {
            let end = self.offset + self.byte_count();
            return self.with_raw(|all| f(all.get(self.offset..end).unwrap_or_default()));
        }
        f(&self.to_vec())
    }

    /// Shows the bytes of a contiguous, writable buffer.
    pub fn with_bytes_mut<R>(&self, f: impl FnOnce(&mut [u8]) -> R) -> R {
        let range = self.offset..self.offset + self.byte_count();
        self.with_raw_mut(|all| f(all.get_mut(range).unwrap_or_default()))
    }

    /// Where each item begins, in C's order.
    #[must_use]
    pub fn item_offsets(&self) -> Vec<usize> {
        let mut places = vec![self.offset];
        for (&items, &stride) in self.shape.iter().zip(&self.strides) {
            let mut next = Vec::with_capacity(places.len().saturating_mul(items));
            for place in places {
                for nth in 0..items {
                    let step = stride.wrapping_mul(isize::try_from(nth).unwrap_or(0));
                    next.push(place.wrapping_add_signed(step));
                }
            }
            places = next;
        }
        places
    }

    /// The bytes of all items in C's order.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        if self.is_c_contiguous() {
            return self.with_bytes(<[u8]>::to_vec);
        }
        let offsets = self.item_offsets();
        self.with_raw(|all| {
            let mut out = Vec::with_capacity(self.byte_count());
            for at in offsets {
                out.extend_from_slice(all.get(at..at + self.item_size).unwrap_or_default());
            }
            out
        })
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        (self.ops.release)(&self.owner);
    }
}

impl Traverse for Buffer {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.owner.traverse(visitor);
    }
}

/// The bytes of an argument that may be any bytes-like object.
pub enum BytesLike {
    /// A bytes object.
    Bytes(PyRef<PyBytes>),
    /// Another exporter.
    Buffer(Buffer),
}

impl BytesLike {
    /// Shows the bytes.
    pub fn with<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        match self {
            Self::Bytes(bytes) => f(bytes.as_slice()),
            Self::Buffer(buffer) => buffer.with_bytes(f),
        }
    }

    /// A copy of the bytes.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.with(<[u8]>::to_vec)
    }

    /// How many bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.as_slice().len(),
            Self::Buffer(buffer) => buffer.byte_count(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Whether `value` exports a buffer.
#[must_use]
pub fn has_buffer(value: &Value) -> bool {
    value.class().slots.buffer.get().is_some()
}

/// What a consumer asks of a buffer (`PyBUF_*`).
pub mod flags {
    /// Plain bytes, one after the other.
    pub const SIMPLE: i32 = 0;
    /// Writable.
    pub const WRITABLE: i32 = 1;
    /// With the format of the items.
    pub const FORMAT: i32 = 4;
    /// With the shape.
    pub const ND: i32 = 8;
    /// With shape and strides.
    pub const STRIDES: i32 = 0x10 | ND;
    /// In C's order.
    pub const C_CONTIGUOUS: i32 = 0x20 | STRIDES;
    /// In Fortran's order.
    pub const F_CONTIGUOUS: i32 = 0x40 | STRIDES;
    /// In either order.
    pub const ANY_CONTIGUOUS: i32 = 0x80 | STRIDES;
    /// Whatever there is, read-only or not.
    pub const FULL_RO: i32 = 0x100 | STRIDES | FORMAT;
}

/// The buffer that `value` exports, whatever its layout.
///
/// # Errors
/// TypeError when it exports none, or what the exporter raises.
pub fn get(vm: Vm<'_>, value: &Value) -> PyResult<Buffer> {
    get_with(vm, value, flags::FULL_RO)
}

/// The buffer that `value` exports, laid out as the flags ask (`PyObject_GetBuffer`).
///
/// # Errors
/// TypeError when it exports none; BufferError when it does not suit; what the exporter raises.
pub fn get_with(vm: Vm<'_>, value: &Value, flags: i32) -> PyResult<Buffer> {
    match value.class().slots.buffer.get() {
        Some(export) if std::ptr::fn_addr_eq(export, python_export as BufferFn) => {
            buffer_wrapper::export(vm, value, flags)
        }
        Some(export) => {
            let mut buffer = export(vm, value)?;
            check_flags(vm, value, &mut buffer, flags)?;
            Ok(buffer)
        }
        None => Err(vm.type_error(format!(
            "a bytes-like object is required, not '{}'",
            value.class().name()
        ))),
    }
}

/// The slot of a class made in Python that has `__buffer__`; [`get_with`] knows the flags and goes past it.
pub(crate) fn python_export(vm: Vm<'_>, value: &Value) -> PyResult<Buffer> {
    buffer_wrapper::export(vm, value, flags::FULL_RO)
}

/// Refuses a buffer that is not what the flags ask for; drops the format that nobody asked for.
pub(crate) fn check_flags(
    vm: Vm<'_>,
    value: &Value,
    buffer: &mut Buffer,
    wanted: i32,
) -> PyResult<()> {
    let asks = |flag: i32| wanted & flag == flag;
    let view = value.downcast::<PyMemoryView>().is_some();
    if asks(flags::WRITABLE) && buffer.readonly {
        return Err(vm.buffer_error(if view {
            "memoryview: underlying buffer is not writable"
        } else {
            "Object is not writable."
        }));
    }
    let (c, fortran) = (buffer.is_c_contiguous(), buffer.is_f_contiguous());
    let refusal = if asks(flags::C_CONTIGUOUS) && !c {
        "memoryview: underlying buffer is not C-contiguous"
    } else if asks(flags::F_CONTIGUOUS) && !fortran {
        "memoryview: underlying buffer is not Fortran contiguous"
    } else if asks(flags::ANY_CONTIGUOUS) && !c && !fortran {
        "memoryview: underlying buffer is not contiguous"
    } else if !asks(flags::STRIDES) && !c {
        "memoryview: underlying buffer is not C-contiguous"
    } else if view && !asks(flags::ND) && asks(flags::FORMAT) {
        "memoryview: cannot cast to unsigned bytes if the format flag is present"
    } else {
        ""
    };
    if !refusal.is_empty() {
        return Err(vm.buffer_error(refusal));
    }
    if !asks(flags::FORMAT) && buffer.format != "B" {
        buffer.format = Cow::Borrowed("B");
    }
    Ok(())
}

/// The bytes of `value`, which must be contiguous (`y*`).
///
/// # Errors
/// TypeError, BufferError.
pub fn bytes_like(vm: Vm<'_>, value: &Value) -> PyResult<BytesLike> {
    if let Some(bytes) = value.downcast::<PyBytes>() {
        return Ok(BytesLike::Bytes(bytes.to_ref()));
    }
    get_with(vm, value, flags::SIMPLE).map(BytesLike::Buffer)
}

/// The bytes of `value` for writing (`w*`).
///
/// # Errors
/// TypeError, BufferError.
pub fn writable(vm: Vm<'_>, value: &Value, function: &str) -> PyResult<Buffer> {
    let refused = if has_buffer(value) {
        match get_with(vm, value, flags::WRITABLE) {
            Ok(buffer) => return Ok(buffer),
            Err(raised) => Some(raised),
        }
    } else {
        None
    };
    if let Some(raised) = refused {
        vm.clear(raised);
    }
    Err(vm.type_error(format!(
        "{function} must be read-write bytes-like object, not {}",
        vm.type_text(value)
    )))
}
