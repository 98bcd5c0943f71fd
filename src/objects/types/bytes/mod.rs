//! `bytes` and `bytearray`: payloads, constructors, specs; what they share is in `shared.rs`.

mod bytearray;
mod case;
mod construct;
mod find;
mod hex;
mod iterator;
mod percent;
pub mod shared;
mod slots;
mod split;
mod trim;

use std::cell::Cell;

use base::hash::HashKey;

use crate::core::errors::PyResult;
use crate::core::gc::Visitor;
use crate::core::object::{Payload, Py};
use crate::core::pyref::PyRef;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::methods;

pub use bytearray::{BYTEARRAY, BYTEARRAY_SPEC, PyByteArray};
pub use hex::{hex_options, hex_text};
pub use iterator::{
    BYTEARRAY_ITERATOR, BYTEARRAY_ITERATOR_SPEC, BYTES_ITERATOR, BYTES_ITERATOR_SPEC,
    PyBytesIterator,
};

/// The payload of bytes: the hash and the length; the bytes follow.
pub struct PyBytes {
    hash: Cell<Option<i64>>,
    length: usize,
}

/// `bytes`
pub static BYTES: StaticType = StaticType::new::<PyBytes>();

impl Payload for PyBytes {
    type Tail = u8;
    const GC: bool = false;
    fn class() -> &'static Py<PyType> {
        BYTES.get()
    }
    #[inline]
    fn tail_len(&self) -> usize {
        self.length
    }
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
    fn clear(&self, _dead: &mut Vec<Value>) {}
}

impl PyBytes {
    /// A bytes object; of each of at most one byte there is one.
    ///
    /// # Errors
    /// MemoryError.
    pub fn try_new(vm: Vm<'_>, bytes: &[u8]) -> PyResult<PyRef<Self>> {
        let Some(place) = vm.interpreter().runtime().short_bytes.place(bytes) else {
            return Self::fresh(vm, BYTES.get(), bytes);
        };
        if let Some(short) = place.get() {
            return Ok(short);
        }
        let short = Self::fresh(vm, BYTES.get(), bytes)?;
        place.set(Some(short.clone()));
        Ok(short)
    }

    /// A bytes object of class `class`, `bytes` or a subclass of it.
    ///
    /// # Errors
    /// MemoryError.
    pub fn try_of_class(vm: Vm<'_>, class: &Py<PyType>, bytes: &[u8]) -> PyResult<PyRef<Self>> {
        if std::ptr::eq(class, BYTES.get()) {
            return Self::try_new(vm, bytes);
        }
        Self::fresh(vm, class, bytes)
    }

    fn fresh(vm: Vm<'_>, class: &Py<PyType>, bytes: &[u8]) -> PyResult<PyRef<Self>> {
        let payload = Self { hash: Cell::new(None), length: bytes.len() };
        PyRef::new_with_copied_tail(vm, class, payload, &[bytes])
    }

    /// Two byte strings one after the other.
    ///
    /// # Errors
    /// MemoryError.
    pub fn try_join(vm: Vm<'_>, left: &[u8], right: &[u8]) -> PyResult<PyRef<Self>> {
        let payload = Self { hash: Cell::new(None), length: left.len() + right.len() };
        PyRef::new_with_copied_tail(vm, BYTES.get(), payload, &[left, right])
    }

    /// As [`try_new`](Self::try_new), as a value.
    ///
    /// # Errors
    /// MemoryError.
    pub fn try_new_value(vm: Vm<'_>, bytes: &[u8]) -> PyResult<Value> {
        Self::try_new(vm, bytes).map(PyRef::into_value)
    }

    /// A short bytes object, whose size no program controls.
    #[must_use]
    pub fn new_value(vm: Vm<'_>, bytes: &[u8]) -> Value {
        vm.insist(|| Self::try_new_value(vm, bytes))
    }
}

impl Py<PyBytes> {
    /// The bytes.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.tail()
    }

    /// The hash.
    pub(super) fn content_hash(&self, vm: Vm<'_>) -> i64 {
        if let Some(known) = self.hash.get() {
            return known;
        }
        #[expect(clippy::cast_possible_wrap, reason = "a hash is its bits")]
        let hash = hash_bytes(vm, self.as_slice()) as i64;
        self.hash.set(Some(hash));
        hash
    }
}

/// The hash of some bytes under the process's key: of bytes, and of the characters of a str.
#[must_use]
#[expect(clippy::cast_sign_loss, reason = "a hash is its bits")]
pub fn hash_bytes(vm: Vm<'_>, bytes: &[u8]) -> u64 {
    let (k0, k1) = vm.interpreter().runtime().hash_key.get();
    base::hash::bytes(HashKey { k0, k1 }, bytes) as u64
}

/// The spec of `bytes`.
pub const BYTES_SPEC: TypeSpec = TypeSpec {
    name: "bytes",
    doc: Some(
        "bytes(iterable_of_ints) -> bytes\nbytes(string, encoding[, errors]) -> bytes\nbytes(bytes_or_buffer) -> \
         immutable copy of bytes_or_buffer\nbytes(int) -> bytes object of size given by the parameter initialized with \
         null bytes\nbytes() -> empty bytes object\n\nAn immutable sequence of bytes.",
    ),
    flags: spec_flags::BASETYPE | spec_flags::BYTES_SUBCLASS | spec_flags::MATCH_SELF,
    slots: slots::BYTES_SLOTS,
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Arguments for making a copy.
    ["__getnewargs__"] "($self, /)" None(slots::bytes_getnewargs);
    /// Convert this value to exact type bytes.
    ["__bytes__"] "($self, /)" None(slots::bytes_bytes);
    /// Create bytes from a string of hexadecimal numbers.
    class ["fromhex"] "($type, string, /)" One(hex::bytes_fromhex);
    /// Return a translation table for translate().
    stat ["maketrans"] "(frm, to, /)" Positional(case::maketrans);
    /// Return a copy with the first character capitalized and the rest lowercase.
    ["capitalize"] "($self, /)" None(case::capitalize);
    /// Return a centered copy of length width.
    ["center"] "($self, width, fillchar=b' ', /)" Positional(trim::center);
    /// Return the number of non-overlapping occurrences of sub.
    ["count"] "($self, sub[, start[, end]], /)" Positional(find::count);
    /// Decode the bytes with the codec registered for encoding.
    ["decode"] "($self, /, encoding='utf-8', errors='strict')" Bound(slots::decode);
    /// Return True if the bytes end with suffix, or with one of a tuple of suffixes.
    ["endswith"] "($self, suffix[, start[, end]], /)" Positional(find::endswith);
    /// Return a copy where tabs are expanded using spaces.
    ["expandtabs"] "($self, /, tabsize=8)" Bound(trim::expandtabs);
    /// Return the lowest index where sub is found, or -1.
    ["find"] "($self, sub[, start[, end]], /)" Positional(find::find);
    /// Return a string of two hexadecimal digits for each byte.
    ///
    /// >>> b'glass'.hex(' ')
    /// '67 6c 61 73 73'
    ["hex"] "($self, /, sep=<unrepresentable>, bytes_per_sep=1)" Any(hex::hex);
    /// Return the lowest index where sub is found; raise ValueError if there is none.
    ["index"] "($self, sub[, start[, end]], /)" Positional(find::index);
    /// Return True if all bytes are ASCII letters or digits.
    ["isalnum"] "($self, /)" None(case::isalnum);
    /// Return True if all bytes are ASCII letters.
    ["isalpha"] "($self, /)" None(case::isalpha);
    /// Return True if all bytes are ASCII.
    ["isascii"] "($self, /)" None(case::isascii);
    /// Return True if all bytes are ASCII digits.
    ["isdigit"] "($self, /)" None(case::isdigit);
    /// Return True if the bytes are lowercase.
    ["islower"] "($self, /)" None(case::islower);
    /// Return True if all bytes are whitespace.
    ["isspace"] "($self, /)" None(case::isspace);
    /// Return True if the bytes are titlecased.
    ["istitle"] "($self, /)" None(case::istitle);
    /// Return True if the bytes are uppercase.
    ["isupper"] "($self, /)" None(case::isupper);
    /// Concatenate any number of bytes objects, with these bytes between them.
    ["join"] "($self, iterable_of_bytes, /)" One(split::join);
    /// Return a left-justified copy of length width.
    ["ljust"] "($self, width, fillchar=b' ', /)" Positional(trim::ljust);
    /// Return a copy with ASCII letters lowercased.
    ["lower"] "($self, /)" None(case::lower);
    /// Return a copy without leading whitespace, or without the given bytes.
    ["lstrip"] "($self, bytes=None, /)" Positional(trim::lstrip);
    /// Divide the bytes into three parts at the first occurrence of sep.
    ["partition"] "($self, sep, /)" One(split::partition);
    /// Return a copy with occurrences of old replaced by new, at most count of them.
    ["replace"] "($self, old, new, count=-1, /)" Positional(find::replace);
    /// Return a copy without prefix, if the bytes start with it.
    ["removeprefix"] "($self, prefix, /)" One(trim::removeprefix);
    /// Return a copy without suffix, if the bytes end with it.
    ["removesuffix"] "($self, suffix, /)" One(trim::removesuffix);
    /// Return the highest index where sub is found, or -1.
    ["rfind"] "($self, sub[, start[, end]], /)" Positional(find::rfind);
    /// Return the highest index where sub is found; raise ValueError if there is none.
    ["rindex"] "($self, sub[, start[, end]], /)" Positional(find::rindex);
    /// Return a right-justified copy of length width.
    ["rjust"] "($self, width, fillchar=b' ', /)" Positional(trim::rjust);
    /// Divide the bytes into three parts at the last occurrence of sep.
    ["rpartition"] "($self, sep, /)" One(split::rpartition);
    /// Return a list of the parts, separated by sep, splitting from the end.
    ["rsplit"] "($self, /, sep=None, maxsplit=-1)" Bound(split::rsplit);
    /// Return a copy without trailing whitespace, or without the given bytes.
    ["rstrip"] "($self, bytes=None, /)" Positional(trim::rstrip);
    /// Return a list of the parts, separated by sep.
    ["split"] "($self, /, sep=None, maxsplit=-1)" Bound(split::split);
    /// Return a list of the lines.
    ["splitlines"] "($self, /, keepends=False)" Bound(split::splitlines);
    /// Return True if the bytes start with prefix, or with one of a tuple of prefixes.
    ["startswith"] "($self, prefix[, start[, end]], /)" Positional(find::startswith);
    /// Return a copy without whitespace at both ends, or without the given bytes.
    ["strip"] "($self, bytes=None, /)" Positional(trim::strip);
    /// Return a copy with uppercase ASCII letters turned to lowercase and the other way round.
    ["swapcase"] "($self, /)" None(case::swapcase);
    /// Return a copy where each word is titlecased.
    ["title"] "($self, /)" None(case::title);
    /// Return a copy with each byte mapped by the table, without those in delete.
    ["translate"] "($self, table, /, delete=b'')" Bound(case::translate);
    /// Return a copy with ASCII letters uppercased.
    ["upper"] "($self, /)" None(case::upper);
    /// Pad a numeric string with zeros on the left, to a field of the given width.
    ["zfill"] "($self, width, /)" One(trim::zfill);
}
