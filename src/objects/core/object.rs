//! The object header and the layout of an object: header, payload, tail, extension.
//!
//! ```text
//! Py<T>   | header 16 B | payload T | tail [T::Tail] | extension (subclasses and types with `__dict__`) |
//! ```
//!
//! Invariants of this file:
//!
//! 1. A `Py<T>` is only ever made by [`PyRef`](super::pyref::PyRef)'s constructors or as a static type, so a pointer to a
//!    header whose type says `T` leads to an initialised `T` and to `tail_len` initialised tail items.
//! 2. Reference counts, flags and all `Cell`s are touched only by the thread that holds the GIL.
//! 3. An object whose count reached zero is unreachable: nothing but `dealloc` looks at it again.
#![expect(unsafe_code, reason = "object layout: the invariants are in the module doc")]

use std::cell::Cell;
use std::ops::Deref;

use super::alloc;
use super::gc::Visitor;
use super::pyref::PyRef;
use super::type_object::PyType;
use super::value::Value;

/// The header of every heap object (`PyObject` in CPython): 16 bytes.
#[repr(C, align(16))]
pub struct PyObject {
    refcount: Cell<u32>,
    flags: Cell<u32>,
    class: Cell<*const Py<PyType>>,
}

const _: () = assert!(size_of::<PyObject>() == 16);

/// Bits of the header's flag word. The low byte is the allocator's size class.
pub mod flags {
    /// The allocator's size class; 255 is a block of its own.
    pub const SIZE_CLASS: u32 = 0xff;
    /// The cycle collector looks at this object.
    pub const TRACKED: u32 = 1 << 8;
    /// `__del__` has run.
    pub const FINALIZED: u32 = 1 << 9;
    /// The extension holds weak references.
    pub const HAS_WEAKREFS: u32 = 1 << 10;
    /// The extension holds a materialised `__dict__`.
    pub const HAS_DICT: u32 = 1 << 11;
    /// The object has an extension (its type says where).
    pub const HAS_EXTENSION: u32 = 1 << 12;
    /// An interned string.
    pub const INTERNED: u32 = 1 << 13;
    /// Never freed: static types and preallocated singletons.
    pub const IMMORTAL: u32 = 1 << 14;
    /// Marked by a running collection.
    pub const GC_MARK: u32 = 1 << 15;
    /// Left out of collections for good (`gc.freeze`).
    pub const GC_FROZEN: u32 = 1 << 16;
    /// The type's finalizer has nothing to do with this object any more: a generator that has ended.
    pub const NOTHING_TO_FINALIZE: u32 = 1 << 17;
    /// The extension word has led to something since the object was made.
    pub const HAS_EXTRA: u32 = 1 << 18;
    /// The object's block has no room for the inline values of the class that it was given later; it always has a `__dict__`.
    pub const NO_INLINE_VALUES: u32 = 1 << 31;
}

impl PyObject {
    /// A header for a new object with one reference.
    pub(super) fn new(class: &Py<PyType>, flag_bits: u32) -> Self {
        Self { refcount: Cell::new(1), flags: Cell::new(flag_bits), class: Cell::new(class) }
    }

    /// The header of a static type.
    pub(super) const fn immortal(class: *const Py<PyType>) -> Self {
        Self {
            refcount: Cell::new(1 << 30),
            flags: Cell::new(flags::IMMORTAL),
            class: Cell::new(class),
        }
    }

    /// The object's type (`Py_TYPE`).
    #[inline]
    #[must_use]
    pub fn class(&self) -> &Py<PyType> {
        // SAFETY: invariant 1: the pointer was a live type when stored, and an object keeps its heap type alive.
        unsafe { &*self.class.get() }
    }

    /// The address of the type: for identity tests on the hot path.
    #[inline]
    #[must_use]
    pub fn class_ptr(&self) -> *const Py<PyType> {
        self.class.get()
    }

    /// Changes the type (`__class__` assignment). The caller has checked that the layouts agree; the old type is returned
    /// when it was counted, and must be kept until no borrow of it can be left.
    pub fn set_class(&self, class: &Py<PyType>) -> Option<PyRef<PyType>> {
        let old = self.class.get();
        if class.is_heap_type() {
            std::mem::forget(class.to_ref());
        }
        self.class.set(class);
        // SAFETY: the old pointer is live (invariant 1); a heap type's reference that this object owned moves to the result.
        unsafe { if (*old).is_heap_type() { Some(PyRef::from_owned_ptr(old)) } else { None } }
    }

    /// The reference count (`sys.getrefcount` less one).
    #[inline]
    #[must_use]
    pub fn refcount(&self) -> u32 {
        self.refcount.get()
    }

    #[inline]
    pub(super) fn set_refcount(&self, count: u32) {
        self.refcount.set(count);
    }

    /// One reference more.
    #[inline]
    pub(super) fn inc(&self) {
        self.refcount.set(self.refcount.get().wrapping_add(1));
    }

    /// One reference less; true when it was the last.
    #[inline]
    pub(super) fn dec(&self) -> bool {
        let left = self.refcount.get().wrapping_sub(1);
        self.refcount.set(left);
        left == 0
    }

    /// The flag word; see [`flags`].
    #[inline]
    #[must_use]
    pub fn flags(&self) -> u32 {
        self.flags.get()
    }

    /// Whether any of `bits` is set.
    #[inline]
    #[must_use]
    pub fn has_flags(&self, bits: u32) -> bool {
        self.flags.get() & bits != 0
    }

    /// Sets `bits`.
    #[inline]
    pub fn set_flags(&self, bits: u32) {
        self.flags.set(self.flags.get() | bits);
    }

    /// Clears `bits`.
    #[inline]
    pub fn clear_flags(&self, bits: u32) {
        self.flags.set(self.flags.get() & !bits);
    }

    /// This object as a `Py<T>` if its type's layout begins with `T`.
    #[inline]
    #[must_use]
    pub fn downcast<T: Payload>(&self) -> Option<&Py<T>> {
        if self.class().has_layout_of(T::class()) {
            // SAFETY: invariant 1 and the test just made.
            Some(unsafe { &*std::ptr::from_ref(self).cast::<Py<T>>() })
        } else {
            None
        }
    }

    /// A new reference to this object, as a value.
    #[inline]
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.inc();
        // SAFETY: the reference just counted is handed to the value.
        unsafe { Value::from_owned_ptr(std::ptr::from_ref(self)) }
    }

    /// The address, as `id()` gives it.
    #[inline]
    #[must_use]
    pub fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Bytes of header, payload and tail.
    #[must_use]
    pub fn used_bytes(&self) -> usize {
        // SAFETY: invariant 1: the function belongs to the payload that the type's layout begins with.
        unsafe { (self.class().payload_ops().used_bytes)(self) }
    }

    /// Moves out the references that could keep a dead cycle together.
    pub(super) fn clear_references(&self, dead: &mut Vec<Value>) {
        // SAFETY: invariant 1: the function belongs to the payload that the type's layout begins with.
        unsafe { (self.class().payload_ops().clear)(self, dead) };
        super::extension::clear(self, dead);
    }

    /// Shows every reference that the object owns to the collector.
    pub(super) fn traverse(&self, visitor: &mut Visitor<'_>) {
        let class = self.class();
        if let Some(native) = class.native_traverse() {
            // SAFETY: invariant 1: the function belongs to the payload that the type's layout begins with.
            unsafe { native(self, visitor) };
        }
        super::extension::traverse(self, visitor);
        if class.is_heap_type() {
            visitor.visit_object(class.as_object());
        }
    }
}

/// What the payload of a builtin type is: made by `payload!`.
pub trait Payload: Sized + 'static {
    /// Items that follow the payload in the same block; `()` where there are none.
    type Tail: 'static;
    /// Whether instances can be part of a reference cycle.
    const GC: bool;
    /// The builtin type whose instances hold this payload.
    fn class() -> &'static Py<PyType>;
    /// How many tail items follow.
    #[inline]
    fn tail_len(&self) -> usize {
        0
    }
    /// Shows every reference of the payload.
    fn traverse(&self, visitor: &mut Visitor<'_>);
    /// Moves out the references that could keep a cycle together.
    fn clear(&self, dead: &mut Vec<Value>);
    /// Shows the references of the tail.
    fn traverse_tail(_tail: &[Self::Tail], _visitor: &mut Visitor<'_>) {}
}

/// A heap object with payload `T`. It derefs to the payload.
#[repr(C)]
pub struct Py<T: Payload> {
    header: PyObject,
    payload: T,
}

impl<T: Payload> Py<T> {
    /// A static type's object.
    pub(super) const fn new_static(header: PyObject, payload: T) -> Self {
        Self { header, payload }
    }

    /// The header.
    #[inline]
    #[must_use]
    pub const fn as_object(&self) -> &PyObject {
        &self.header
    }

    /// A new reference.
    #[inline]
    #[must_use]
    pub fn to_ref(&self) -> PyRef<T> {
        self.header.inc();
        // SAFETY: the reference just counted is handed over.
        unsafe { PyRef::from_owned_ptr(std::ptr::from_ref(self)) }
    }

    /// The payload.
    #[inline]
    #[must_use]
    pub const fn payload(&self) -> &T {
        &self.payload
    }

    /// A new reference, as a value.
    #[inline]
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.header.to_value()
    }

    /// Whether both are the same object.
    #[inline]
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }

    /// Whether `value` is this object.
    #[inline]
    #[must_use]
    pub fn is_value(&self, value: &Value) -> bool {
        value.bits() == self.header.address() as u64
    }

    /// The bytes from the header to where tail items begin.
    #[inline]
    #[must_use]
    pub const fn tail_offset() -> usize {
        let align = align_of::<T::Tail>();
        let end = size_of::<PyObject>() + size_of::<T>();
        end.div_ceil(align) * align
    }

    /// The items that follow the payload.
    #[inline]
    #[must_use]
    pub fn tail(&self) -> &[T::Tail] {
        let length = self.payload.tail_len();
        // SAFETY: invariant 1: `tail_len` items were initialised at `tail_offset` when the object was made.
        unsafe {
            let start =
                std::ptr::from_ref(self).cast::<u8>().add(Self::tail_offset()).cast::<T::Tail>();
            std::slice::from_raw_parts(start, length)
        }
    }

    /// The tail, for the only owner of a new object. None when there is more than one reference.
    #[inline]
    pub fn tail_mut_if_unique(this: &mut PyRef<T>) -> Option<&mut [T::Tail]> {
        if this.as_object().refcount() != 1 {
            return None;
        }
        let length = this.payload.tail_len();
        // SAFETY: as in `tail`; the only reference is borrowed mutably.
        unsafe {
            let start = PyRef::as_ptr(this)
                .cast_mut()
                .cast::<u8>()
                .add(Self::tail_offset())
                .cast::<T::Tail>();
            Some(std::slice::from_raw_parts_mut(start, length))
        }
    }
}

impl<T: Payload> Deref for Py<T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        &self.payload
    }
}

impl<T: Payload> std::fmt::Debug for Py<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{} object at {:#x}>", std::any::type_name::<T>(), self.header.address())
    }
}

/// How the machine handles payload `T` without knowing it: stored in each type.
#[derive(Clone, Copy)]
pub struct PayloadOps {
    /// Size of the payload in bytes.
    pub size: usize,
    /// Size of one tail item; 0 where there is no tail.
    pub tail_item: usize,
    /// Where the tail begins, from the header.
    pub tail_offset: usize,
    /// Drops payload and tail in place.
    pub drop_in_place: unsafe fn(*const PyObject),
    /// Shows the payload's references.
    pub traverse: unsafe fn(&PyObject, &mut Visitor<'_>),
    /// Moves out the references that could keep a cycle together.
    pub clear: unsafe fn(&PyObject, &mut Vec<Value>),
    /// Bytes of header, payload and tail.
    pub used_bytes: unsafe fn(&PyObject) -> usize,
    /// Whether instances can be part of a reference cycle.
    pub gc: bool,
}

impl PayloadOps {
    /// The operations of `T`.
    #[must_use]
    pub const fn of<T: Payload>() -> Self {
        Self {
            size: size_of::<T>(),
            tail_item: if size_of::<T::Tail>() == 0 { 0 } else { size_of::<T::Tail>() },
            tail_offset: Py::<T>::tail_offset(),
            drop_in_place: drop_payload::<T>,
            traverse: traverse_payload::<T>,
            clear: clear_payload::<T>,
            used_bytes: used_bytes::<T>,
            gc: T::GC,
        }
    }
}

/// # Safety
/// `object` is a dead `Py<T>` (its count is zero) and is not used afterwards.
unsafe fn drop_payload<T: Payload>(object: *const PyObject) {
    let this = object.cast::<Py<T>>().cast_mut();
    // SAFETY: by contract the payload and its tail are initialised and nobody else looks at them.
    unsafe {
        if std::mem::needs_drop::<T::Tail>() {
            let length = (*this).payload.tail_len();
            let start = this.cast::<u8>().add(Py::<T>::tail_offset()).cast::<T::Tail>();
            std::ptr::drop_in_place(std::ptr::slice_from_raw_parts_mut(start, length));
        }
        std::ptr::drop_in_place(&raw mut (*this).payload);
    }
}

/// # Safety
/// `object` is a `Py<T>`.
unsafe fn traverse_payload<T: Payload>(object: &PyObject, visitor: &mut Visitor<'_>) {
    // SAFETY: by contract.
    let this = unsafe { &*std::ptr::from_ref(object).cast::<Py<T>>() };
    this.payload.traverse(visitor);
    if std::mem::needs_drop::<T::Tail>() {
        T::traverse_tail(this.tail(), visitor);
    }
}

/// # Safety
/// `object` is a `Py<T>`.
unsafe fn clear_payload<T: Payload>(object: &PyObject, dead: &mut Vec<Value>) {
    // SAFETY: by contract.
    let this = unsafe { &*std::ptr::from_ref(object).cast::<Py<T>>() };
    this.payload.clear(dead);
}

/// # Safety
/// `object` is a `Py<T>`.
unsafe fn used_bytes<T: Payload>(object: &PyObject) -> usize {
    // SAFETY: by contract.
    let this = unsafe { &*std::ptr::from_ref(object).cast::<Py<T>>() };
    Py::<T>::tail_offset() + this.payload.tail_len() * size_of::<T::Tail>()
}

/// Ends an object whose last reference is gone: weak references and `__del__` first, then payload and memory.
///
/// Chains of any length end without native recursion: beyond a fixed depth objects queue up in the heap's dead list
/// (CPython's trashcan).
///
/// # Safety
/// `object`'s count is zero and the caller gives up its pointer.
#[cold]
#[inline(never)]
pub unsafe fn dealloc(object: *const PyObject) {
    const DEPTH_MAX: u32 = 64;
    let heap = alloc::heap();
    let depth = heap.dealloc_depth.get();
    if depth >= DEPTH_MAX {
        heap.push_dead(object);
        return;
    }
    heap.dealloc_depth.set(depth + 1);
    // SAFETY: by contract.
    unsafe { dealloc_now(object) };
    if depth == 0 {
        while let Some(next) = heap.pop_dead() {
            // SAFETY: the list holds dead objects that `dealloc` was given.
            unsafe { dealloc_now(next) };
        }
    }
    heap.dealloc_depth.set(depth);
}

/// # Safety
/// As for [`dealloc`].
unsafe fn dealloc_now(object: *const PyObject) {
    // SAFETY: by contract the object is whole.
    let this = unsafe { &*object };
    debug_assert_eq!(this.refcount(), 0, "dealloc of a live object");
    const PREPARED: u32 = flags::FINALIZED | flags::NOTHING_TO_FINALIZE;
    if this.has_flags(flags::HAS_WEAKREFS)
        || (!this.has_flags(PREPARED) && this.class().needs_finalizer())
    {
        this.set_refcount(1);
        super::extension::before_dealloc(this);
        if !this.dec() {
            return; // resurrected
        }
    }
    // Not before: the finalizer may have given the object another class.
    let class = this.class();
    let ops = class.payload_ops();
    if this.has_flags(flags::HAS_EXTENSION) {
        super::extension::drop_extension(this);
    }
    let class_ref = if class.is_heap_type() {
        // SAFETY: an instance of a heap type owns a reference to it, which ends here.
        Some(unsafe { PyRef::<PyType>::from_owned_ptr(class) })
    } else {
        None
    };
    // SAFETY: the object is dead and its payload is of the type's layout.
    unsafe {
        (ops.drop_in_place)(object);
        alloc::free_object(object.cast_mut());
    }
    drop(class_ref);
}

/// Gives up one reference to the object at `bits`, unless it is the last: then nothing happens, and the answer is true.
///
/// # Safety
/// `bits` is the word of a reference that the caller owns.
#[inline(always)]
#[must_use]
pub unsafe fn release(bits: u64) -> bool {
    // SAFETY: by contract.
    let object = unsafe { &*(bits as *const PyObject) };
    let count = object.refcount.get();
    if count == 1 {
        return true;
    }
    object.refcount.set(count.wrapping_sub(1));
    false
}
