//! `str`: payload, constructors and the table of methods.

pub mod builder;
mod case;
mod classify;
pub mod codec;
mod find;
pub mod format;
mod fs;
mod iterator;
pub(crate) mod percent;
pub mod slots;
mod split;
pub mod storage;
mod translate;
mod trim;

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
use crate::methods;

pub use iterator::{PyStrIterator, STR_ITERATOR, STR_ITERATOR_SPEC};
pub use slots::{compare, concat};
pub use split::join;
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

    fn set_length(&self, length: usize) {
        self.hash.set(0);
        self.info.set((length as u64) << 8 | u64::from(self.kind() as u8));
    }

    /// How many characters.
    #[inline]
    #[must_use]
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

    /// A str of UTF-8 bytes; None where they are not UTF-8.
    ///
    /// # Errors
    /// MemoryError.
    #[inline]
    pub fn try_from_utf8(vm: Vm<'_>, bytes: &[u8]) -> PyResult<Option<PyRef<Self>>> {
        if bytes.is_ascii() {
            return storage::from_ascii(vm, STR.get(), bytes).map(Some);
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::try_new(vm, text).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// A str with this text, lone surrogates included.
    ///
    /// # Errors
    /// MemoryError.
    pub fn try_from_wtf8(vm: Vm<'_>, text: &WString) -> PyResult<PyRef<Self>> {
        storage::from_wtf8(vm, STR.get(), text)
    }

    /// A short str, whose size no program controls.
    #[must_use]
    pub fn new_ref(vm: Vm<'_>, text: &str) -> PyRef<Self> {
        vm.insist(|| Self::try_new(vm, text))
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

    /// Whether it is an exact str, not an instance of a subclass.
    #[inline]
    #[must_use]
    pub fn is_exact_str(&self) -> bool {
        std::ptr::eq(self.as_object().class_ptr(), STR.get())
    }

    /// The text, if it is ASCII.
    #[inline]
    #[must_use]
    pub fn as_ascii(&self) -> Option<&str> {
        if self.kind() == Kind::Ascii { storage::ascii_text(self) } else { None }
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
        match self.as_ascii() {
            Some(text) => text.to_owned(),
            None => storage::points(self)
                .map(|point| char::from_u32(point).unwrap_or('\u{fffd}'))
                .collect(),
        }
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
        match self.kind() {
            Kind::Ascii => self.tail() == text.as_bytes(),
            _ => storage::points(self).eq(text.chars().map(u32::from)),
        }
    }

    /// The hash of the characters.
    #[inline]
    #[must_use]
    pub fn text_hash(&self, vm: Vm<'_>) -> u64 {
        let known = self.hash.get();
        if known != 0 { known } else { self.compute_hash(vm) }
    }

    /// The hash of the characters, if it was computed before.
    #[inline]
    #[must_use]
    pub fn known_text_hash(&self) -> Option<u64> {
        let known = self.hash.get();
        if known != 0 { Some(known) } else { None }
    }

    /// The hash of the characters is `hash`.
    pub(crate) fn remember_hash(&self, hash: u64) {
        self.hash.set(hash);
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
    doc: Some(
        "str(object='') -> str\nstr(bytes_or_buffer[, encoding[, errors]]) -> str\n\nMake a string of an object: its \
         __str__(), or its repr(); or\ndecode a bytes-like object, when encoding or errors is given.",
    ),
    flags: spec_flags::BASETYPE | spec_flags::UNICODE_SUBCLASS | spec_flags::MATCH_SELF,
    slots: slots::SLOTS,
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Encode the string with the codec registered for encoding.
    ["encode"] "($self, /, encoding='utf-8', errors='strict')" Bound(codec::str_encode);
    /// Return a copy with occurrences of old replaced by new, at most count of them.
    ["replace"] "($self, old, new, /, count=-1)" Bound(find::str_replace);
    /// Return a list of the parts of the string, separated by sep.
    ["split"] "($self, /, sep=None, maxsplit=-1)" Bound(split::str_split);
    /// Return a list of the parts of the string, separated by sep, splitting from the end.
    ["rsplit"] "($self, /, sep=None, maxsplit=-1)" Bound(split::str_rsplit);
    /// Concatenate any number of strings, with this string between them.
    ["join"] "($self, iterable, /)" One(split::str_join);
    /// Return a capitalized version of the string.
    ["capitalize"] "($self, /)" None(case::str_capitalize);
    /// Return a version of the string suitable for caseless comparisons.
    ["casefold"] "($self, /)" None(case::str_casefold);
    /// Return a version of the string where each word is titlecased.
    ["title"] "($self, /)" None(case::str_title);
    /// Return a centered string of length width.
    ["center"] "($self, width, fillchar=' ', /)" Positional(trim::str_center);
    /// Return the number of non-overlapping occurrences of sub in the string.
    ["count"] "($self, sub[, start[, end]], /)" Positional(find::str_count);
    /// Return a copy where tabs are expanded using spaces.
    ["expandtabs"] "($self, /, tabsize=8)" Bound(trim::str_expandtabs);
    /// Return the lowest index where sub is found, or -1.
    ["find"] "($self, sub[, start[, end]], /)" Positional(find::str_find);
    /// Divide the string into three parts at the first occurrence of sep.
    ["partition"] "($self, sep, /)" One(split::str_partition);
    /// Return the lowest index where sub is found; raise ValueError if there is none.
    ["index"] "($self, sub[, start[, end]], /)" Positional(find::str_index);
    /// Return a left-justified string of length width.
    ["ljust"] "($self, width, fillchar=' ', /)" Positional(trim::str_ljust);
    /// Return a lowercased version of the string.
    ["lower"] "($self, /)" None(case::str_lower);
    /// Return a copy without leading whitespace, or without the characters in chars.
    ["lstrip"] "($self, chars=None, /)" Positional(trim::str_lstrip);
    /// Return the highest index where sub is found, or -1.
    ["rfind"] "($self, sub[, start[, end]], /)" Positional(find::str_rfind);
    /// Return the highest index where sub is found; raise ValueError if there is none.
    ["rindex"] "($self, sub[, start[, end]], /)" Positional(find::str_rindex);
    /// Return a right-justified string of length width.
    ["rjust"] "($self, width, fillchar=' ', /)" Positional(trim::str_rjust);
    /// Return a copy without trailing whitespace, or without the characters in chars.
    ["rstrip"] "($self, chars=None, /)" Positional(trim::str_rstrip);
    /// Divide the string into three parts at the last occurrence of sep.
    ["rpartition"] "($self, sep, /)" One(split::str_rpartition);
    /// Return a list of the lines of the string.
    ["splitlines"] "($self, /, keepends=False)" Bound(split::str_splitlines);
    /// Return a copy without whitespace at both ends, or without the characters in chars.
    ["strip"] "($self, chars=None, /)" Positional(trim::str_strip);
    /// Return a copy with uppercase characters turned to lowercase and the other way round.
    ["swapcase"] "($self, /)" None(case::str_swapcase);
    /// Replace each character by what the table maps its ordinal to.
    ["translate"] "($self, table, /)" One(translate::str_translate);
    /// Return an uppercased version of the string.
    ["upper"] "($self, /)" None(case::str_upper);
    /// Return True if the string starts with prefix, or with one of a tuple of prefixes.
    ["startswith"] "($self, prefix[, start[, end]], /)" Positional(find::str_startswith);
    /// Return True if the string ends with suffix, or with one of a tuple of suffixes.
    ["endswith"] "($self, suffix[, start[, end]], /)" Positional(find::str_endswith);
    /// Return a copy without prefix, if the string starts with it.
    ["removeprefix"] "($self, prefix, /)" One(trim::str_removeprefix);
    /// Return a copy without suffix, if the string ends with it.
    ["removesuffix"] "($self, suffix, /)" One(trim::str_removesuffix);
    /// Return True if all characters are ASCII.
    ["isascii"] "($self, /)" None(classify::str_isascii);
    /// Return True if the string is lowercase.
    ["islower"] "($self, /)" None(classify::str_islower);
    /// Return True if the string is uppercase.
    ["isupper"] "($self, /)" None(classify::str_isupper);
    /// Return True if the string is titlecased.
    ["istitle"] "($self, /)" None(classify::str_istitle);
    /// Return True if the string is all whitespace.
    ["isspace"] "($self, /)" None(classify::str_isspace);
    /// Return True if all characters are decimal.
    ["isdecimal"] "($self, /)" None(classify::str_isdecimal);
    /// Return True if all characters are digits.
    ["isdigit"] "($self, /)" None(classify::str_isdigit);
    /// Return True if all characters are numeric.
    ["isnumeric"] "($self, /)" None(classify::str_isnumeric);
    /// Return True if all characters are alphabetic.
    ["isalpha"] "($self, /)" None(classify::str_isalpha);
    /// Return True if all characters are alphanumeric.
    ["isalnum"] "($self, /)" None(classify::str_isalnum);
    /// Return True if the string is a valid identifier; keywords are.
    ["isidentifier"] "($self, /)" None(classify::str_isidentifier);
    /// Return True if all characters are printable.
    ["isprintable"] "($self, /)" None(classify::str_isprintable);
    /// Pad a numeric string with zeros on the left, to a field of the given width.
    ["zfill"] "($self, width, /)" One(trim::str_zfill);
    /// Return a formatted version of the string, with substitutions from args and kwargs.
    ["format"] "($self, /, *args, **kwargs)" Any(format::str_format);
    /// Return a formatted version of the string, with substitutions from mapping.
    ["format_map"] "($self, mapping, /)" One(format::str_format_map);
    /// Return a formatted version of the string as described by format_spec.
    ["__format__"] "($self, format_spec, /)" One(format::str_dunder_format);
    /// Return a translation table for str.translate().
    stat ["maketrans"] "(x, y=<unrepresentable>, z=<unrepresentable>, /)" Positional(translate::str_maketrans);
    /// Return the size of the string in memory, in bytes.
    ["__sizeof__"] "($self, /)" None(slots::str_sizeof);
    /// Arguments for making a copy.
    ["__getnewargs__"] "($self, /)" None(slots::str_getnewargs);
}
