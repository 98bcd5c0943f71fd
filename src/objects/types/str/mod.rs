//! `str`: payload and constructors.

pub mod storage;

use std::borrow::Cow;
use std::cell::Cell;

use base::wstr::WString;

use crate::core::errors::PyResult;
use crate::core::gc::Visitor;
use crate::core::object::{Payload, Py, flags};
use crate::core::pyref::PyRef;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;

pub use storage::Kind;

/// The payload of a str: hash, length and kind; the characters follow (PEP 393).
pub struct PyStr {
    /// The hash, 0 while it is not known.
    hash: Cell<u64>,
    /// Characters << 8 | kind.
    info: Cell<u64>,
}

/// `str`
pub static STR: StaticType = StaticType::new::<PyStr>();

impl Payload for PyStr {
    type Tail = u8;
    const GC: bool = false;
    fn class() -> &'static Py<PyType> {
        STR.get()
    }
    #[inline]
    fn tail_len(&self) -> usize {
        self.len() * self.kind().width()
    }
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
    fn clear(&self, _dead: &mut Vec<Value>) {}
}

impl PyStr {
    fn payload(length: usize, kind: Kind) -> Self {
        Self { hash: Cell::new(0), info: Cell::new((length as u64) << 8 | u64::from(kind as u8)) }
    }

    /// How many characters.
    #[inline]
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "lengths fit the address space")]
    pub fn len(&self) -> usize {
        (self.info.get() >> 8) as usize
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How wide its characters are.
    #[inline]
    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind::from_bits(self.info.get() & 0xff)
    }

    /// A str with this text.
    ///
    /// # Errors
    /// MemoryError.
    pub fn try_new(vm: Vm<'_>, text: &str) -> PyResult<PyRef<Self>> {
        storage::from_utf8(vm, STR.get(), text)
    }

    /// A str with this text, lone surrogates included.
    ///
    /// # Errors
    /// MemoryError.
    pub fn try_from_wtf8(vm: Vm<'_>, text: &WString) -> PyResult<PyRef<Self>> {
        storage::from_wtf8(vm, STR.get(), text)
    }

    /// A short str, whose size no program controls.
    ///
    /// # Panics
    /// Without memory.
    #[must_use]
    pub fn new_ref(vm: Vm<'_>, text: &str) -> PyRef<Self> {
        Self::try_new(vm, text).expect("memory for a short str")
    }

    /// As [`new_ref`](Self::new_ref), as a value.
    #[must_use]
    pub fn new_value(vm: Vm<'_>, text: &str) -> Value {
        Self::new_ref(vm, text).into_value()
    }
}

impl Py<PyStr> {
    /// Whether it is in the table of interned strings: then equal text means the same object.
    #[inline]
    #[must_use]
    pub fn is_interned(&self) -> bool {
        self.as_object().has_flags(flags::INTERNED)
    }

    /// The text, if it is ASCII.
    #[inline]
    #[must_use]
    pub fn as_ascii(&self) -> Option<&str> {
        if self.kind() == Kind::Ascii { std::str::from_utf8(self.tail()).ok() } else { None }
    }

    /// The text as WTF-8: UTF-8 that may encode lone surrogates.
    #[must_use]
    pub fn to_wtf8(&self) -> Cow<'_, [u8]> {
        match self.kind() {
            Kind::Ascii => Cow::Borrowed(self.tail()),
            _ => Cow::Owned(storage::encode_wtf8(self)),
        }
    }

    /// The text for a message: lone surrogates become replacement characters.
    #[must_use]
    pub fn to_rust_string(&self) -> String {
        String::from_utf8_lossy(&self.to_wtf8()).into_owned()
    }

    /// Whether both have the same characters.
    #[inline]
    #[must_use]
    pub fn same_text(&self, other: &Self) -> bool {
        self.is(other)
            || (!(self.is_interned() && other.is_interned())
                && self.len() == other.len()
                && self.kind() == other.kind()
                && self.tail() == other.tail())
    }

    /// Whether the text is `text`.
    #[must_use]
    pub fn is_text(&self, text: &str) -> bool {
        *self.to_wtf8() == *text.as_bytes()
    }

    /// The hash of the characters.
    #[inline]
    #[must_use]
    pub fn text_hash(&self, vm: Vm<'_>) -> u64 {
        let known = self.hash.get();
        if known != 0 { known } else { self.compute_hash(vm) }
    }

    #[cold]
    fn compute_hash(&self, vm: Vm<'_>) -> u64 {
        let hash = storage::hash(vm, self);
        self.hash.set(hash);
        hash
    }
}

/// Whether `value` is a str with this text.
#[must_use]
pub fn value_is(value: &Value, text: &str) -> bool {
    value.downcast::<PyStr>().is_some_and(|string| string.is_text(text))
}

/// The spec of `str`.
pub const STR_SPEC: TypeSpec = TypeSpec {
    name: "str",
    flags: spec_flags::BASETYPE | spec_flags::UNICODE_SUBCLASS | spec_flags::MATCH_SELF,
    ..TypeSpec::DEFAULT
};
