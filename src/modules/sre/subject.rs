//! What a pattern is matched against: a str, or the bytes of a buffer.

use objects::core::errors::PyResult;
use objects::core::gc::{Traverse, Visitor};
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer;
use objects::types::bytes::PyBytes;
use objects::types::str::PyStr;
use objects::types::str::storage::{self, Characters};

use super::engine::{Demand, Found, Matcher};
use super::pattern::PyPattern;

/// A text that is held.
#[derive(Clone)]
pub(super) enum Subject {
    /// A str.
    Text(PyRef<PyStr>),
    /// Bytes; those of another exporter are copied.
    Bytes(PyRef<PyBytes>),
}

impl Traverse for Subject {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

impl Subject {
    /// The text that `pattern` can be matched against.
    pub(super) fn new(vm: Vm<'_>, pattern: &PyPattern, value: &Value) -> PyResult<Self> {
        let subject = Self::of(vm, value)?;
        match (&subject, pattern.is_str()) {
            (Self::Text(_), Some(false)) => {
                Err(vm.type_error("cannot use a bytes pattern on a string-like object"))
            }
            (Self::Bytes(_), Some(true)) => {
                Err(vm.type_error("cannot use a string pattern on a bytes-like object"))
            }
            _ => Ok(subject),
        }
    }

    /// The text of any value.
    pub(super) fn of(vm: Vm<'_>, value: &Value) -> PyResult<Self> {
        if let Some(text) = value.downcast::<PyStr>() {
            return Ok(Self::Text(text.to_ref()));
        }
        if let Some(bytes) = value.downcast::<PyBytes>() {
            return Ok(Self::Bytes(bytes.to_ref()));
        }
        if !buffer::has_buffer(value) {
            return Err(vm.type_error(format!(
                "expected string or bytes-like object, got '{}'",
                value.class().name()
            )));
        }
        let bytes = buffer::bytes_like(vm, value)?.to_vec();
        PyBytes::try_new(vm, &bytes).map(Self::Bytes)
    }

    /// Whether the text of `value` is copied out of its buffer, which may have changed since then.
    pub(super) fn is_copied(value: &Value) -> bool {
        value.downcast::<PyStr>().is_none() && value.downcast::<PyBytes>().is_none()
    }

    /// How many characters or bytes.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.as_slice().len(),
        }
    }

    /// Whether it is a str.
    pub(super) const fn is_str(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// A part of it.
    pub(super) fn slice(&self, vm: Vm<'_>, start: usize, end: usize) -> PyResult<Value> {
        match self {
            Self::Text(text) => storage::slice(vm, text, start, end).map(PyRef::into_value),
            Self::Bytes(bytes) => {
                let all = bytes.as_slice();
                let is_whole = start == 0 && end >= all.len();
                if is_whole && bytes.as_object().to_value().downcast_exact::<PyBytes>().is_some() {
                    return Ok(bytes.clone().into_value());
                }
                let end = end.min(all.len());
                PyBytes::try_new_value(vm, all.get(start.min(end)..end).unwrap_or_default())
            }
        }
    }

    /// Searches, or matches at one place, up to `end`.
    pub(super) fn run(
        &self,
        vm: Vm<'_>,
        pattern: &PyPattern,
        from: usize,
        end: usize,
        how: How,
    ) -> PyResult<Option<Found>> {
        if from > end {
            return Ok(None);
        }
        macro_rules! go {
            ($text:expr) => {{
                let text = $text;
                let text = text.get(..end.min(text.len())).unwrap_or_default();
                let mut matcher = Matcher::new(vm, &pattern.program.0, text, pattern.groups());
                match how {
                    How::Search(demand) => matcher.search(from, demand),
                    How::Match(demand) => matcher.match_at(from, demand),
                }
            }};
        }
        match self {
            Self::Bytes(bytes) => go!(bytes.as_slice()),
            Self::Text(text) => match storage::characters(text) {
                Characters::One(text) => go!(text),
                Characters::Two(text) => go!(text),
                Characters::Four(text) => go!(text),
            },
        }
    }
}

/// A search, or a match at one place.
#[derive(Clone, Copy)]
pub(super) enum How {
    /// The first place where it matches.
    Search(Demand),
    /// Here.
    Match(Demand),
}
