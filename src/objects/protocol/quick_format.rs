//! The usual format specifications of exact ints, floats and strs, laid out in a buffer on the stack: `05d`, `>9.2f`, `<10`.
//!
//! Whatever is not certain to be one of them is left to `__format__`, which says the same of those that are.

use std::fmt::Write;

use base::float::exact;

use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::float_::PyFloat;
use crate::types::str::PyStr;
use crate::types::str::storage::{self, Characters};

/// The widest layout that is done here.
const ROOM: usize = 160;

/// Digits that are laid out without a formatter.
const DIGITS: usize = 32;

/// Text in the making; writing beyond the end fails.
struct Buffer {
    bytes: [u8; ROOM],
    length: usize,
}

impl Buffer {
    const fn new() -> Self {
        Self { bytes: [0; ROOM], length: 0 }
    }

    fn push(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.length.checked_add(bytes.len())?;
        self.bytes.get_mut(self.length..end)?.copy_from_slice(bytes);
        self.length = end;
        Some(())
    }

    fn repeat(&mut self, byte: u8, count: usize) -> Option<()> {
        let end = self.length.checked_add(count)?;
        self.bytes.get_mut(self.length..end)?.fill(byte);
        self.length = end;
        Some(())
    }

    /// The digits of a number, the last `places` of them behind a point, at least one before it.
    fn decimal(&mut self, number: u64, places: usize) -> Option<()> {
        // Twenty digits hold any number; more places than that need zeros in front of it.
        let mut digits = [b'0'; DIGITS];
        let (mut start, mut left) = (DIGITS, number);
        while left != 0 || start + places >= DIGITS {
            start = start.checked_sub(1)?;
            digits[start] = b'0' + u8::try_from(left % 10).ok()?;
            left /= 10;
        }
        let (whole, fraction) = digits[start..].split_at(DIGITS - start - places);
        self.push(whole)?;
        if places != 0 {
            self.push(b".")?;
        }
        self.push(fraction)
    }

    fn text(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Write for Buffer {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.push(text.as_bytes()).ok_or(std::fmt::Error)
    }
}

/// A specification: `[<|>][0][width][.precision][kind]`.
#[derive(Default)]
struct Layout {
    /// `<`, `>`, or 0.
    align: u8,
    zeros: bool,
    width: usize,
    precision: Option<usize>,
    /// The letter, or 0.
    kind: u8,
}

/// Up to two digits.
fn number(text: &mut &[u8]) -> Option<usize> {
    let mut value = None;
    for _ in 0..2 {
        let Some((&digit @ b'0'..=b'9', rest)) = text.split_first() else { break };
        value = Some(value.unwrap_or(0) * 10 + usize::from(digit - b'0'));
        *text = rest;
    }
    value
}

impl Layout {
    fn parse(spec: &str) -> Option<Self> {
        let mut text = spec.as_bytes();
        let mut layout = Self::default();
        if let Some((&align @ (b'<' | b'>'), rest)) = text.split_first() {
            layout.align = align;
            text = rest;
        }
        if let Some((b'0', rest)) = text.split_first() {
            if layout.align != 0 {
                return None;
            }
            layout.zeros = true;
            text = rest;
        }
        layout.width = number(&mut text).unwrap_or(0);
        if let Some((b'.', rest)) = text.split_first() {
            text = rest;
            layout.precision = Some(number(&mut text)?);
        }
        match text {
            [] => Some(layout),
            [kind @ (b'd' | b'x' | b'X' | b'o' | b'b' | b'f' | b's')] => {
                layout.kind = *kind;
                Some(layout)
            }
            _ => None,
        }
    }

    /// Lays out a sign and what follows it.
    fn number(&self, negative: bool, digits: &[u8]) -> Option<Buffer> {
        let mut out = Buffer::new();
        let fill = self.width.saturating_sub(digits.len() + usize::from(negative));
        if !self.zeros && self.align != b'<' {
            out.repeat(b' ', fill)?;
        }
        if negative {
            out.push(b"-")?;
        }
        if self.zeros {
            out.repeat(b'0', fill)?;
        }
        out.push(digits)?;
        if self.align == b'<' {
            out.repeat(b' ', fill)?;
        }
        Some(out)
    }

    fn int(&self, number: i64) -> Option<Buffer> {
        if self.precision.is_some() {
            return None;
        }
        let mut digits = Buffer::new();
        let size = number.unsigned_abs();
        match self.kind {
            0 | b'd' => digits.decimal(size, 0).ok_or(std::fmt::Error),
            b'x' => write!(digits, "{size:x}"),
            b'X' => write!(digits, "{size:X}"),
            b'o' => write!(digits, "{size:o}"),
            b'b' => write!(digits, "{size:b}"),
            _ => return None,
        }
        .ok()?;
        self.number(number < 0, digits.text())
    }

    fn float(&self, number: f64) -> Option<Buffer> {
        if self.kind != b'f' || !number.is_finite() {
            return None;
        }
        let mut digits = Buffer::new();
        let places = self.precision.unwrap_or(6);
        match exact::scaled(number.abs(), places).and_then(|scaled| u64::try_from(scaled).ok()) {
            Some(scaled) => digits.decimal(scaled, places)?,
            None => write!(digits, "{:.*}", places, number.abs()).ok()?,
        }
        self.number(number.is_sign_negative(), digits.text())
    }

    fn text(&self, text: &[u8]) -> Option<Buffer> {
        if self.zeros || self.precision.is_some() || !matches!(self.kind, 0 | b's') {
            return None;
        }
        let mut out = Buffer::new();
        let fill = self.width.saturating_sub(text.len());
        if self.align == b'>' {
            out.repeat(b' ', fill)?;
        }
        out.push(text)?;
        if self.align != b'>' {
            out.repeat(b' ', fill)?;
        }
        Some(out)
    }
}

/// `format(value, spec)` for the usual; None for anything else.
pub(super) fn quick_format(
    vm: Vm<'_>,
    value: &Value,
    spec: &Py<PyStr>,
) -> Option<PyResult<PyRef<PyStr>>> {
    let layout = Layout::parse(spec.as_ascii()?)?;
    let out = if let Some(small) = value.as_small_int() {
        layout.int(small)?
    } else if let Some(float) = value.as_immediate_float() {
        layout.float(float)?
    } else if let Some(float) = value.downcast_exact::<PyFloat>() {
        layout.float(float.number)?
    } else {
        match storage::characters(value.downcast_exact::<PyStr>()?) {
            Characters::One(text) => layout.text(text)?,
            _ => return None,
        }
    };
    Some(storage::make(vm, Characters::One(out.text())))
}
