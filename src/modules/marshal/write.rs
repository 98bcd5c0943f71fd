//! Values to bytes.

use std::collections::HashMap;

use base::float::format::{self, Style};
use base::int::BigInt;
use objects::core::errors::{PyResult, Raised};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer;
use objects::types::bytes::PyBytes;
use objects::types::code::PyCode;
use objects::types::complex;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::list::PyList;
use objects::types::set;
use objects::types::slice::PySlice;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::types::{float_, int};

use super::code::SharedParts;
use super::{DEPTH_MAX, REF};

/// A value that has a number.
struct Numbered {
    number: u32,
    /// It cannot hold itself, and is being written.
    unfinished: bool,
}

/// The state of writing one value.
pub(super) struct Writer<'gil> {
    pub(super) vm: Vm<'gil>,
    pub(super) out: Vec<u8>,
    pub(super) version: i32,
    allow_code: bool,
    depth: usize,
    /// The objects that have a number, by their identity.
    numbered: HashMap<u64, Numbered>,
    /// How many numbers are given.
    pub(super) numbers: u32,
    /// What the code objects that are written have in common.
    pub(super) parts: SharedParts,
}

impl<'gil> Writer<'gil> {
    /// A writer of the format's `version`.
    pub(super) fn new(vm: Vm<'gil>, version: i32, allow_code: bool) -> Self {
        Self {
            vm,
            out: Vec::new(),
            version,
            allow_code,
            depth: 0,
            numbered: HashMap::new(),
            numbers: 0,
            parts: SharedParts::default(),
        }
    }

    /// What was written.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.out
    }

    #[cold]
    fn unmarshallable(&self) -> Raised {
        self.vm.value_error("unmarshallable object")
    }

    /// Whether values have numbers in this version.
    pub(super) fn has_references(&self) -> bool {
        self.version >= 3
    }

    pub(super) fn long(&mut self, number: i64) {
        #[expect(clippy::cast_possible_truncation, reason = "callers keep to 32 bits")]
        self.out.extend_from_slice(&(number as i32).to_le_bytes());
    }

    pub(super) fn size(&mut self, size: usize) -> PyResult<()> {
        match i32::try_from(size) {
            Ok(size) => {
                self.long(i64::from(size));
                Ok(())
            }
            Err(_) => Err(self.vm.value_error("object too large to marshal")),
        }
    }

    pub(super) fn sized(&mut self, kind: u8, bytes: &[u8]) -> PyResult<()> {
        self.out.push(kind);
        self.size(bytes.len())?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Text; `flag` is the bit of a value that gets a number.
    pub(super) fn text(&mut self, text: &[u8], interned: bool, flag: u8) -> PyResult<()> {
        if self.version >= 4 && text.is_ascii() {
            if let Ok(length) = u8::try_from(text.len()) {
                self.out.push(flag | if interned { b'Z' } else { b'z' });
                self.out.push(length);
                self.out.extend_from_slice(text);
                return Ok(());
            }
            return self.sized(flag | if interned { b'A' } else { b'a' }, text);
        }
        let interned = interned && self.version >= 3;
        self.sized(flag | if interned { b't' } else { b'u' }, text)
    }

    pub(super) fn small(&mut self, number: i64, flag: u8) {
        if i32::try_from(number).is_ok() {
            self.out.push(flag | b'i');
            self.long(number);
        } else {
            self.big(&BigInt::from(number), flag);
        }
    }

    /// Digits of 15 bits, the sign in their count.
    pub(super) fn big(&mut self, number: &BigInt, flag: u8) {
        let magnitude = number.abs();
        let bytes = magnitude.to_le_bytes(magnitude.bit_length() / 8 + 3);
        let count = magnitude.bit_length().div_ceil(15);
        self.out.push(flag | b'l');
        let signed = i64::try_from(count).unwrap_or(i64::from(i32::MAX));
        self.long(if number.is_negative() { -signed } else { signed });
        for digit in 0..count {
            let bit = digit * 15;
            let at = |index: usize| u32::from(bytes.get(index).copied().unwrap_or(0));
            let word = at(bit / 8) | at(bit / 8 + 1) << 8 | at(bit / 8 + 2) << 16;
            let digit = (word >> (bit % 8) & 0x7fff) as u16;
            self.out.extend_from_slice(&digit.to_le_bytes());
        }
    }

    pub(super) fn float(&mut self, number: f64, flag: u8) {
        if self.version > 1 {
            self.out.push(flag | b'g');
            self.out.extend_from_slice(&number.to_le_bytes());
        } else {
            self.out.push(flag | b'f');
            self.float_text(number);
        }
    }

    pub(super) fn complex(&mut self, (real, imag): (f64, f64), flag: u8) {
        if self.version > 1 {
            self.out.push(flag | b'y');
            self.out.extend_from_slice(&real.to_le_bytes());
            self.out.extend_from_slice(&imag.to_le_bytes());
        } else {
            self.out.push(flag | b'x');
            self.float_text(real);
            self.float_text(imag);
        }
    }

    /// Seventeen digits, as the first versions have it.
    fn float_text(&mut self, number: f64) {
        let text = format::format(number, 'g', 17, Style::default());
        self.out.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        self.out.extend_from_slice(text.as_bytes());
    }

    /// A type code and the number of items that follow.
    pub(super) fn head(&mut self, kind: u8, count: usize, flag: u8) -> PyResult<()> {
        if kind == b'('
            && self.version >= 4
            && let Ok(count) = u8::try_from(count)
        {
            self.out.extend_from_slice(&[flag | b')', count]);
            return Ok(());
        }
        self.out.push(flag | kind);
        self.size(count)
    }

    /// Writes a value.
    pub(super) fn value(&mut self, value: &Value) -> PyResult<()> {
        self.held(value, 0)
    }

    /// Writes a value that the writer itself holds `own` references to.
    fn held(&mut self, value: &Value, own: u32) -> PyResult<()> {
        self.depth += 1;
        let result = if self.depth > DEPTH_MAX {
            Err(self.vm.value_error("object too deeply nested to marshal"))
        } else {
            self.simple(value, own)
        };
        self.depth -= 1;
        result
    }

    /// The values that have a code of their own, and references.
    fn simple(&mut self, value: &Value, own: u32) -> PyResult<()> {
        let kind = if value.is_none() {
            b'N'
        } else if value.is(&exc::STOP_ITERATION.get().to_value()) {
            b'S'
        } else if value.is(&Value::ELLIPSIS) {
            b'.'
        } else if value.is_false() {
            b'F'
        } else if value.is_true() {
            b'T'
        } else {
            let id = value.id();
            if let Some(known) = self.numbered.get(&id) {
                if known.unfinished {
                    return Err(self.unmarshallable());
                }
                let number = known.number;
                self.reference(number);
                return Ok(());
            }
            if !self.has_references() || !is_shared(value, own) {
                return self.complex_value(value, 0);
            }
            let number = self.numbers;
            self.numbers += 1;
            let unfinished = value.downcast_exact::<PySlice>().is_some()
                || value.downcast_exact::<PyCode>().is_some()
                || value.is_exact(set::FROZENSET.get());
            self.numbered.insert(id, Numbered { number, unfinished });
            self.complex_value(value, REF)?;
            if unfinished && let Some(known) = self.numbered.get_mut(&id) {
                known.unfinished = false;
            }
            return Ok(());
        };
        self.out.push(kind);
        Ok(())
    }

    /// The value that has `number`, again.
    pub(super) fn reference(&mut self, number: u32) {
        self.out.push(b'r');
        self.long(i64::from(number));
    }

    fn complex_value(&mut self, value: &Value, flag: u8) -> PyResult<()> {
        if int::number::is_exact_int(value) {
            match value.as_small_int() {
                Some(number) => self.small(number, flag),
                None => {
                    if let Some(number) = int::as_bigint(value) {
                        self.big(&number, flag);
                    }
                }
            }
            return Ok(());
        }
        if value.is_exact(float_::FLOAT.get())
            && let Some(number) = float_::as_f64(value)
        {
            self.float(number, flag);
            return Ok(());
        }
        if value.is_exact(complex::COMPLEX.get())
            && let Some(number) = complex::as_complex(value)
        {
            self.complex((number.re, number.im), flag);
            return Ok(());
        }
        if let Some(bytes) = value.downcast_exact::<PyBytes>() {
            return self.sized(flag | b's', bytes.as_slice());
        }
        if let Some(text) = value.downcast_exact::<PyStr>() {
            return self.text(&text.to_wtf8(), text.is_interned(), flag);
        }
        self.container(value, flag)
    }

    fn container(&mut self, value: &Value, flag: u8) -> PyResult<()> {
        if let Some(tuple) = value.downcast_exact::<PyTuple>() {
            self.head(b'(', tuple.items().len(), flag)?;
            return tuple.items().iter().try_for_each(|item| self.value(item));
        }
        if let Some(list) = value.downcast_exact::<PyList>() {
            self.head(b'[', list.len(), flag)?;
            return list.items_vec().iter().try_for_each(|item| self.held(item, 1));
        }
        if let Some(dict) = value.downcast_exact::<PyDict>() {
            self.out.push(flag | b'{');
            for (key, item) in dict.items_vec() {
                self.held(&key, 1)?;
                self.held(&item, 1)?;
            }
            self.out.push(b'0');
            return Ok(());
        }
        let is_frozen = value.is_exact(set::FROZENSET.get());
        if is_frozen || value.is_exact(set::SET.get()) {
            return self.set(if is_frozen { b'>' } else { b'<' }, value, flag);
        }
        if let Some(code) = value.downcast_exact::<PyCode>() {
            if !self.allow_code {
                return Err(self.vm.value_error("marshalling code objects is disallowed"));
            }
            return self.code_object(code, flag);
        }
        if buffer::has_buffer(value) {
            let bytes = buffer::bytes_like(self.vm, value)?.to_vec();
            return self.sized(flag | b's', &bytes);
        }
        if let Some(slice) = value.downcast_exact::<PySlice>()
            && self.version >= 5
        {
            self.out.push(flag | b':');
            self.value(&slice.start)?;
            self.value(&slice.stop)?;
            return self.value(&slice.step);
        }
        Err(self.unmarshallable())
    }

    /// A set: its items are sorted by their bytes, so that equal sets have equal ones.
    fn set(&mut self, kind: u8, value: &Value, flag: u8) -> PyResult<()> {
        let items = set::core_of(value).map(set::SetCore::keys_vec).unwrap_or_default();
        let count = items.len();
        self.head(kind, count, flag)?;
        let mut sorted = Vec::with_capacity(count);
        for item in items {
            let mut alone = Writer::new(self.vm, self.version, self.allow_code);
            alone.held(&item, 1)?;
            sorted.push((alone.out, item));
            if set::core_of(value).is_some_and(|core| core.len() != count) {
                return Err(self.vm.runtime_error("set changed size during iteration"));
            }
        }
        sorted.sort_by(|(left, _), (right, _)| left.cmp(right));
        sorted.iter().try_for_each(|(_, item)| self.held(item, 1))
    }
}

/// Whether a value may be met again, and so gets a number: more than one reference leads to it, or it is the one object of
/// its value.
fn is_shared(value: &Value, own: u32) -> bool {
    let Some(object) = value.as_object() else { return true };
    if let Some(text) = value.downcast_exact::<PyStr>()
        && text.is_interned()
    {
        return true;
    }
    if let Some(bytes) = value.downcast_exact::<PyBytes>()
        && bytes.as_slice().len() <= 1
    {
        return true;
    }
    object.refcount() > 1 + own
}
