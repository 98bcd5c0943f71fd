//! `PyRef<T>`: one owned reference to a heap object with payload `T`.
//!
//! Invariant: the pointer leads to a live `Py<T>` and the `PyRef` owns one of its references.
#![expect(unsafe_code, reason = "owned references: the invariant is in the module doc")]

use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use super::alloc;
use super::errors::PyResult;
use super::object::{Payload, Py, PyObject, dealloc, flags};
use super::type_object::PyType;
use super::value::Value;
use super::vm::Vm;

/// An owned reference to a `Py<T>`.
#[repr(transparent)]
pub struct PyRef<T: Payload>(NonNull<Py<T>>);

const _: () = assert!(size_of::<Option<PyRef<PyType>>>() == 8);

impl<T: Payload> PyRef<T> {
    /// A new object of T's own type.
    #[must_use]
    pub fn new(vm: Vm<'_>, payload: T) -> Self {
        Self::new_of(vm, T::class(), payload)
    }

    /// A new object of `class`, which is T's type or a subclass of it. When there is no room, the reserve makes some: code that
    /// can raise MemoryError uses [`try_new_of`](Self::try_new_of).
    #[must_use]
    pub fn new_of(_vm: Vm<'_>, class: &Py<PyType>, payload: T) -> Self {
        let end = Self::bytes_of(class, &payload);
        let block = alloc::alloc_object(end + class.extension_bytes());
        // SAFETY: the block has room for header and payload; both are written before the reference is made.
        unsafe { Self::finish(block, class, payload, end) }
    }

    /// As [`new`](Self::new).
    ///
    /// # Errors
    /// MemoryError when there is no room.
    #[inline]
    pub fn try_new(vm: Vm<'_>, payload: T) -> PyResult<Self> {
        Self::try_new_of(vm, T::class(), payload)
    }

    /// As [`new_of`](Self::new_of).
    ///
    /// # Errors
    /// MemoryError when there is no room.
    #[inline]
    pub fn try_new_of(vm: Vm<'_>, class: &Py<PyType>, payload: T) -> PyResult<Self> {
        let end = Self::bytes_of(class, &payload);
        let block = alloc::try_alloc_object(end + class.extension_bytes());
        let Some(block) = block else { return Err(vm.memory_error()) };
        // SAFETY: as in `new_of`.
        Ok(unsafe { Self::finish(block, class, payload, end) })
    }

    /// As [`new_of`](Self::new_of), for what can be done without; None when memory is short.
    #[inline]
    #[must_use]
    pub fn new_if_room(class: &Py<PyType>, payload: T) -> Option<Self> {
        let end = Self::bytes_of(class, &payload);
        let block = alloc::alloc_object_if_room(end + class.extension_bytes())?;
        // SAFETY: as in `new_of`.
        Some(unsafe { Self::finish(block, class, payload, end) })
    }

    /// Bytes of an object without a tail; its extension comes behind them.
    #[inline]
    fn bytes_of(class: &Py<PyType>, payload: &T) -> usize {
        debug_assert!(class.has_layout_of(T::class()), "the class has another layout");
        debug_assert!(payload.tail_len() == 0, "a payload with a tail is made by new_with_tail");
        (size_of::<PyObject>() + size_of::<T>()).div_ceil(8) * 8
    }

    /// A new object followed by `tail_len` items that `fill` gives in order.
    ///
    /// # Errors
    /// MemoryError when there is no room.
    pub fn new_with_tail(
        vm: Vm<'_>,
        class: &Py<PyType>,
        payload: T,
        mut fill: impl FnMut(usize) -> T::Tail,
    ) -> PyResult<Self> {
        let length = payload.tail_len();
        let tail_bytes =
            length.checked_mul(size_of::<T::Tail>()).filter(|&n| n < isize::MAX as usize / 2);
        let Some(tail_bytes) = tail_bytes else { return Err(vm.memory_error()) };
        let end = (Py::<T>::tail_offset() + tail_bytes).div_ceil(8) * 8;
        // SAFETY: the block has room for header, payload, tail and extension; all are written before the reference is made.
        unsafe {
            let Some(block) = alloc::try_alloc_object(end + class.extension_bytes()) else {
                return Err(vm.memory_error());
            };
            let start = block.cast::<u8>().add(Py::<T>::tail_offset()).cast::<T::Tail>();
            for index in 0..length {
                start.add(index).write(fill(index));
            }
            Ok(Self::finish(block, class, payload, end))
        }
    }

    /// A new object whose tail is a copy of `tail`.
    ///
    /// # Errors
    /// MemoryError when there is no room.
    #[inline]
    pub fn new_with_tail_of(
        vm: Vm<'_>,
        class: &Py<PyType>,
        payload: T,
        tail: &[T::Tail],
    ) -> PyResult<Self>
    where
        T::Tail: Copy,
    {
        assert!(
            tail.len() == payload.tail_len(),
            "the tail is of the length that the payload says"
        );
        // SAFETY: the copy fills exactly `tail_len` items (checked above); source and new block do not overlap.
        unsafe {
            Self::new_uninit_tail(vm, class, payload, |start| {
                std::ptr::copy_nonoverlapping(tail.as_ptr(), start, tail.len());
            })
        }
    }

    /// A new object whose tail is `parts` one after another, copied.
    ///
    /// # Errors
    /// MemoryError when there is no room.
    pub fn new_with_copied_tail(
        vm: Vm<'_>,
        class: &Py<PyType>,
        payload: T,
        parts: &[&[T::Tail]],
    ) -> PyResult<Self>
    where
        T::Tail: Copy,
    {
        let length = payload.tail_len();
        assert!(
            parts.iter().map(|part| part.len()).sum::<usize>() == length,
            "the parts make up the tail"
        );
        // SAFETY: the parts fill exactly `tail_len` items (checked above); sources and the new block do not overlap.
        unsafe {
            Self::new_uninit_tail(vm, class, payload, |start| {
                let mut at = start;
                for part in parts {
                    std::ptr::copy_nonoverlapping(part.as_ptr(), at, part.len());
                    at = at.add(part.len());
                }
            })
        }
    }

    /// A new object whose tail is zeroed memory that `fill` then writes.
    ///
    /// # Errors
    /// MemoryError when there is no room, or what `fill` raises.
    pub fn new_with_filled_tail(
        vm: Vm<'_>,
        class: &Py<PyType>,
        payload: T,
        fill: impl FnOnce(&mut [u8]),
    ) -> PyResult<Self>
    where
        T: Payload<Tail = u8>,
    {
        let length = payload.tail_len();
        // SAFETY: zeroing initialises all `tail_len` bytes before `fill` sees them.
        unsafe {
            Self::new_uninit_tail(vm, class, payload, |start| {
                std::ptr::write_bytes(start, 0, length);
                fill(std::slice::from_raw_parts_mut(start, length));
            })
        }
    }

    /// # Safety
    /// `write` initialises `tail_len` items from the address it is given.
    #[inline]
    unsafe fn new_uninit_tail(
        vm: Vm<'_>,
        class: &Py<PyType>,
        payload: T,
        write: impl FnOnce(*mut T::Tail),
    ) -> PyResult<Self> {
        let tail_bytes = payload
            .tail_len()
            .checked_mul(size_of::<T::Tail>())
            .filter(|&n| n < isize::MAX as usize / 2);
        let Some(tail_bytes) = tail_bytes else { return Err(vm.memory_error()) };
        let end = (Py::<T>::tail_offset() + tail_bytes).div_ceil(8) * 8;
        // SAFETY: the block has room for header, payload, tail and extension; all are written before the reference is made.
        unsafe {
            let Some(block) = alloc::try_alloc_object(end + class.extension_bytes()) else {
                return Err(vm.memory_error());
            };
            write(block.cast::<u8>().add(Py::<T>::tail_offset()).cast::<T::Tail>());
            Ok(Self::finish(block, class, payload, end))
        }
    }

    /// Makes the block of an object with a byte tail hold `tail_bytes` bytes after the payload, moving it if need be; what
    /// is new in the tail is not initialised. None, with the object given back, when it is shared, has an extension, or
    /// would have to leave its size class.
    ///
    /// # Errors
    /// The object as it was.
    pub(crate) fn try_grow_tail(self, tail_bytes: usize) -> Result<Self, Self>
    where
        T: Payload<Tail = u8>,
    {
        let object = self.as_object();
        let Some(wanted) = Py::<T>::tail_offset().checked_add(tail_bytes) else { return Err(self) };
        if object.refcount() != 1 || object.has_flags(flags::HAS_EXTENSION) {
            return Err(self);
        }
        // SAFETY: the object is alive, and its only reference is `self`, so it may move.
        match unsafe { alloc::grow_object(PyRef::as_ptr(&self).cast_mut().cast(), wanted) } {
            Some(moved) => {
                std::mem::forget(self);
                // SAFETY: the block moved with its one reference.
                Ok(unsafe { Self::from_owned_ptr(moved.cast_const().cast()) })
            }
            None => Err(self),
        }
    }

    /// A new object whose payload and tail are written where they stay: for large payloads on hot paths.
    ///
    /// # Errors
    /// MemoryError when there is no room; then `write` has not been called.
    ///
    /// # Safety
    /// `write` initialises the payload, whose `tail_len` is `length`, and so many tail items, at the addresses that it gets.
    #[inline(always)]
    pub(crate) unsafe fn new_in_place(
        vm: Vm<'_>,
        class: &Py<PyType>,
        length: usize,
        write: impl FnOnce(*mut T, *mut T::Tail),
    ) -> PyResult<Self> {
        let end = Py::<T>::tail_offset() + (length * size_of::<T::Tail>()).div_ceil(8) * 8;
        // SAFETY: the block has room for header, payload, tail and extension; all are written before the reference is made.
        unsafe {
            let Some(block) = alloc::try_alloc_object(end + class.extension_bytes()) else {
                return Err(vm.memory_error());
            };
            let start = block.cast::<u8>();
            write(
                start.add(const_payload_offset::<T>()).cast(),
                start.add(Py::<T>::tail_offset()).cast(),
            );
            Ok(Self::begin(block, class, end))
        }
    }

    /// `end` is where the tail ends, in bytes from the block's start, a multiple of 8.
    ///
    /// # Safety
    /// `block` came from the allocator with room for everything and the tail is written.
    #[inline]
    unsafe fn finish(block: *mut PyObject, class: &Py<PyType>, payload: T, end: usize) -> Self {
        // SAFETY: by contract; `Py<T>` is header then payload.
        unsafe {
            let start = block.cast::<u8>();
            start.add(const_payload_offset::<T>()).cast::<T>().write(payload);
            Self::begin(block, class, end)
        }
    }

    /// Writes the header and the extension.
    ///
    /// # Safety
    /// `block` came from the allocator with room for everything; payload and tail are written.
    #[inline(always)]
    unsafe fn begin(block: *mut PyObject, class: &Py<PyType>, end: usize) -> Self {
        // SAFETY: by contract.
        let mut bits = unsafe { alloc::size_class_flags(block) };
        if class.is_heap_type() {
            std::mem::forget(class.to_ref());
        }
        if T::GC || class.is_heap_type() {
            bits |= flags::TRACKED;
        }
        if class.extension_bytes() != 0 {
            bits |= flags::HAS_EXTENSION;
        }
        let object = block.cast::<Py<T>>();
        // SAFETY: by contract; `Py<T>` is header then payload.
        unsafe {
            block.write(PyObject::new(class, bits));
            let result = Self(NonNull::new_unchecked(object));
            if class.extension_bytes() != 0 {
                super::extension::init_extension(result.as_object(), block.cast::<u8>().add(end));
            }
            result
        }
    }

    /// # Safety
    /// The pointer leads to a live `Py<T>` and one of its references is handed over.
    #[inline]
    pub(super) unsafe fn from_owned_ptr(pointer: *const Py<T>) -> Self {
        // SAFETY: by contract not null.
        Self(unsafe { NonNull::new_unchecked(pointer.cast_mut()) })
    }

    /// The address.
    #[inline]
    #[must_use]
    pub fn as_ptr(this: &Self) -> *const Py<T> {
        this.0.as_ptr()
    }

    /// The reference as a value.
    #[inline]
    #[must_use]
    pub fn into_value(self) -> Value {
        let this = ManuallyDrop::new(self);
        // SAFETY: the reference moves.
        unsafe { Value::from_owned_ptr(this.0.as_ptr().cast::<PyObject>()) }
    }
}

const fn const_payload_offset<T: Payload>() -> usize {
    size_of::<PyObject>().div_ceil(align_of::<T>()) * align_of::<T>()
}

impl<T: Payload> Deref for PyRef<T> {
    type Target = Py<T>;
    #[inline]
    fn deref(&self) -> &Py<T> {
        // SAFETY: the invariant.
        unsafe { self.0.as_ref() }
    }
}

impl<T: Payload> Clone for PyRef<T> {
    #[inline]
    fn clone(&self) -> Self {
        self.as_object().inc();
        Self(self.0)
    }
}

impl<T: Payload> Drop for PyRef<T> {
    #[inline]
    fn drop(&mut self) {
        let object = self.as_object();
        if object.dec() {
            // SAFETY: the last reference just ended.
            unsafe { dealloc(object) };
        }
    }
}

impl<T: Payload> From<PyRef<T>> for Value {
    fn from(reference: PyRef<T>) -> Self {
        reference.into_value()
    }
}

impl<T: Payload> std::fmt::Debug for PyRef<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}
