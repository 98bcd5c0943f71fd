//! `Value`: one owned, tagged 64-bit word.
//!
//! ```text
//! ...xx11  int, signed 62 bit: word = (i << 2) | 3
//! ...xx10  float: word = rotl(bits + (1 << 60), 3), for 2^-255 <= |x| < 2^257
//! ...xx01  specials: NULL, None, False, True, Ellipsis, NotImplemented, 0.0, -0.0
//! ...0000  pointer to a header; 0 never occurs, so Option<Value> is one word
//! ```
//!
//! Invariant: a word with low bits `00` is a pointer to a live object, and the `Value` owns one of its references.
#![expect(unsafe_code, reason = "tagged pointers: the invariant is in the module doc")]

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::num::NonZeroU64;

use super::object::{Payload, Py, PyObject, dealloc};
use super::pyref::PyRef;
use super::type_object::{PyType, immediate_class};
use super::vm::Vm;

/// One owned Python value: an immediate, or a reference to a heap object.
#[repr(transparent)]
pub struct Value(NonZeroU64, PhantomData<*const PyObject>);

const _: () = assert!(size_of::<Option<Value>>() == 8);

/// The words of the specials.
pub mod special {
    /// An empty slot: unbound local, missing attribute. Never seen by Python code.
    pub const NULL: u64 = 0x01;
    /// `None`
    pub const NONE: u64 = 0x09;
    /// `False`
    pub const FALSE: u64 = 0x11;
    /// `True`
    pub const TRUE: u64 = 0x19;
    /// `...`
    pub const ELLIPSIS: u64 = 0x21;
    /// `NotImplemented`
    pub const NOT_IMPLEMENTED: u64 = 0x29;
    /// `0.0`, which the form of the other immediate floats cannot express.
    pub const ZERO: u64 = 0x31;
    /// `-0.0`
    pub const MINUS_ZERO: u64 = 0x39;
}

/// The word of a float that has an immediate form.
#[inline(always)]
#[must_use]
pub fn float_word(x: f64) -> Option<u64> {
    let word = x.to_bits().wrapping_add(1 << 60).rotate_left(3);
    if word & 3 == 2 {
        return Some(word);
    }
    match x.to_bits() {
        0 => Some(special::ZERO),
        MINUS_ZERO_BITS => Some(special::MINUS_ZERO),
        _ => None,
    }
}

const MINUS_ZERO_BITS: u64 = 1 << 63;

/// The float that a word is, if it is an immediate one.
#[inline(always)]
#[must_use]
pub fn word_float(word: u64) -> Option<f64> {
    if word & 3 == 2 {
        return Some(f64::from_bits(word.rotate_right(3).wrapping_sub(1 << 60)));
    }
    match word {
        special::ZERO => Some(0.0),
        special::MINUS_ZERO => Some(-0.0),
        _ => None,
    }
}

/// The largest immediate int.
pub const SMALL_INT_MAX: i64 = (1 << 61) - 1;
/// The smallest immediate int.
pub const SMALL_INT_MIN: i64 = -(1 << 61);

impl Value {
    /// `None`
    pub const NONE: Self = Self::from_special(special::NONE);
    /// `True`
    pub const TRUE: Self = Self::from_special(special::TRUE);
    /// `False`
    pub const FALSE: Self = Self::from_special(special::FALSE);
    /// `...`
    pub const ELLIPSIS: Self = Self::from_special(special::ELLIPSIS);
    /// `NotImplemented`
    pub const NOT_IMPLEMENTED: Self = Self::from_special(special::NOT_IMPLEMENTED);
    /// The empty slot.
    pub const NULL: Self = Self::from_special(special::NULL);

    const fn from_special(word: u64) -> Self {
        match NonZeroU64::new(word) {
            Some(word) => Self(word, PhantomData),
            None => panic!("the specials are not zero"),
        }
    }

    /// The value of a word.
    ///
    /// # Safety
    /// The word obeys the module's invariant, and a reference that it stands for is handed over.
    #[inline]
    #[must_use]
    pub unsafe fn from_bits(bits: u64) -> Self {
        debug_assert!(bits != 0, "a value is never zero");
        // SAFETY: by contract.
        Self(unsafe { NonZeroU64::new_unchecked(bits) }, PhantomData)
    }

    /// The word, without touching the reference.
    #[inline]
    #[must_use]
    pub fn bits(&self) -> u64 {
        self.0.get()
    }

    /// The word; its reference is the caller's from here on.
    #[inline]
    #[must_use]
    pub fn into_bits(self) -> u64 {
        ManuallyDrop::new(self).0.get()
    }

    /// # Safety
    /// `object` is live and one of its references is handed over.
    #[inline]
    #[must_use]
    pub(super) unsafe fn from_owned_ptr(object: *const PyObject) -> Self {
        // SAFETY: headers are 16-byte aligned and not null.
        unsafe { Self::from_bits(object as u64) }
    }

    /// An int that fits 62 bits.
    #[inline]
    #[must_use]
    pub fn small_int(i: i64) -> Option<Self> {
        if (SMALL_INT_MIN..=SMALL_INT_MAX).contains(&i) {
            Some(Self::small_int_unchecked(i))
        } else {
            None
        }
    }

    /// An int known to fit (a length, an index, a character).
    #[inline]
    #[must_use]
    pub fn small_int_unchecked(i: i64) -> Self {
        debug_assert!((SMALL_INT_MIN..=SMALL_INT_MAX).contains(&i), "beyond 62 bits");
        #[expect(clippy::cast_sign_loss, reason = "the bits are what is kept")]
        // SAFETY: low bits 11: an immediate.
        unsafe {
            Self::from_bits(((i as u64) << 2) | 3)
        }
    }

    /// A length or index.
    #[inline]
    #[must_use]
    pub fn from_usize(n: usize) -> Self {
        match i64::try_from(n) {
            Ok(small) if small <= SMALL_INT_MAX => Self::small_int_unchecked(small),
            _ => Self::from_large_usize(n),
        }
    }

    /// A number that a program chose and that is beyond every real length.
    #[cold]
    #[inline(never)]
    fn from_large_usize(n: usize) -> Self {
        Vm::with_current(|vm| crate::types::int::from_u64(vm, n as u64))
    }

    /// `True` or `False`.
    #[inline]
    #[must_use]
    pub const fn from_bool(b: bool) -> Self {
        if b { Self::TRUE } else { Self::FALSE }
    }

    /// A float that has an immediate form; infinities, nan and the very large and small have none.
    #[inline]
    #[must_use]
    pub fn immediate_float(x: f64) -> Option<Self> {
        let word = float_word(x)?;
        // SAFETY: low bits 10 or 01: an immediate.
        Some(unsafe { Self::from_bits(word) })
    }

    /// The int, if it is immediate. A bool is not.
    #[inline]
    #[must_use]
    #[expect(clippy::cast_possible_wrap, reason = "the bits are what is kept")]
    pub fn as_small_int(&self) -> Option<i64> {
        if self.bits() & 3 == 3 { Some((self.bits() as i64) >> 2) } else { None }
    }

    /// The float, if it is immediate.
    #[inline]
    #[must_use]
    pub fn as_immediate_float(&self) -> Option<f64> {
        word_float(self.bits())
    }

    /// Whether it is `None`.
    #[inline]
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.bits() == special::NONE
    }

    /// Whether it is the object `True`.
    #[inline]
    #[must_use]
    pub fn is_true(&self) -> bool {
        self.bits() == special::TRUE
    }

    /// Whether it is the object `False`.
    #[inline]
    #[must_use]
    pub fn is_false(&self) -> bool {
        self.bits() == special::FALSE
    }

    /// The bool, if it is `True` or `False`.
    #[inline]
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.bits() {
            special::TRUE => Some(true),
            special::FALSE => Some(false),
            _ => None,
        }
    }

    /// Whether it is `NotImplemented`.
    #[inline]
    #[must_use]
    pub fn is_not_implemented(&self) -> bool {
        self.bits() == special::NOT_IMPLEMENTED
    }

    /// Whether it is the empty slot.
    #[inline]
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.bits() == special::NULL
    }

    /// Whether it refers to a heap object.
    #[inline]
    #[must_use]
    pub fn is_heap(&self) -> bool {
        self.bits() & 3 == 0
    }

    /// Python's `is`.
    #[inline]
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    /// What `id()` gives: the address, or the word of an immediate.
    #[inline]
    #[must_use]
    pub fn id(&self) -> u64 {
        self.bits()
    }

    /// The header, if it refers to a heap object.
    #[inline]
    #[must_use]
    pub fn as_object(&self) -> Option<&PyObject> {
        if self.is_heap() {
            // SAFETY: the module's invariant.
            Some(unsafe { &*(self.bits() as *const PyObject) })
        } else {
            None
        }
    }

    /// Says that the object will be wanted soon.
    #[inline]
    pub fn prefetch(&self) {
        #[cfg(target_arch = "x86_64")]
        if self.is_heap() {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            let start = self.bits() as *const i8;
            // SAFETY: a hint, which reads nothing.
            unsafe {
                _mm_prefetch::<_MM_HINT_T0>(start);
                _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(64));
            }
        }
    }

    /// The value's type (`type(x)`).
    #[inline]
    #[must_use]
    pub fn class(&self) -> &Py<PyType> {
        match self.as_object() {
            Some(object) => object.class(),
            None => immediate_class(self.bits()),
        }
    }

    /// Whether the value's type is exactly `class`.
    #[inline]
    #[must_use]
    pub fn is_exact(&self, class: &Py<PyType>) -> bool {
        std::ptr::eq(self.class(), class)
    }

    /// The object as a `Py<T>` if its layout begins with `T`: an instance of T's type or of a subclass.
    #[inline]
    #[must_use]
    pub fn downcast<T: Payload>(&self) -> Option<&Py<T>> {
        self.as_object()?.downcast::<T>()
    }

    /// The object as a `Py<T>` if its type is exactly T's.
    #[inline]
    #[must_use]
    pub fn downcast_exact<T: Payload>(&self) -> Option<&Py<T>> {
        let object = self.as_object()?;
        if std::ptr::eq(object.class_ptr(), T::class()) { object.downcast::<T>() } else { None }
    }

    /// The receiver of a native method, whose type the descriptor has checked.
    ///
    /// # Panics
    /// When it is another type's: a mistake in a table of ours.
    #[inline]
    #[must_use]
    pub fn receiver<T: Payload>(&self) -> &Py<T> {
        self.downcast::<T>()
            .expect("a native method's receiver has the type that its table belongs to")
    }

    /// The reference as a `PyRef<T>`, or the value back.
    ///
    /// # Errors
    /// The value itself when it is no `T`.
    #[inline]
    pub fn into_ref<T: Payload>(self) -> Result<PyRef<T>, Self> {
        if self.downcast::<T>().is_some() {
            // SAFETY: the test just made; the reference moves.
            Ok(unsafe { PyRef::from_owned_ptr(self.into_bits() as *const Py<T>) })
        } else {
            Err(self)
        }
    }
}

impl Clone for Value {
    #[inline]
    fn clone(&self) -> Self {
        if let Some(object) = self.as_object() {
            object.inc();
        }
        Self(self.0, PhantomData)
    }
}

impl Drop for Value {
    #[inline]
    fn drop(&mut self) {
        if let Some(object) = self.as_object()
            && object.dec()
        {
            // SAFETY: the last reference just ended.
            unsafe { dealloc(object) };
        }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Value({:#x})", self.bits())
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::from_bool(b)
    }
}
