//! Constants of a code object, and the equality that decides which of them are one.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

use base::hash::QuickHasher;
use base::int::BigInt;
use base::wstr::WString;

use crate::code_ref::CodeRef;

/// A constant. Equality is CPython's merging key (`_PyCode_ConstantKey`): same type and same value, and zeros of the
/// same sign; so `1`, `1.0` and `True` are three constants, `0.0` and `-0.0` two.
#[derive(Clone, Debug)]
pub enum Constant {
    /// `None`
    None,
    /// `True`
    True,
    /// `False`
    False,
    /// `...`
    Ellipsis,
    /// An integer that fits 64 bits.
    Int(i64),
    /// An integer that does not.
    BigInt(Arc<BigInt>),
    /// A float.
    Float(f64),
    /// A complex number: real and imaginary part.
    Complex(f64, f64),
    /// Text.
    Str(Arc<WString>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// A tuple of constants.
    Tuple(Arc<[Constant]>),
    /// A frozenset of constants: each once, in the order of the source.
    FrozenSet(Arc<[Constant]>),
    /// A slice of constants: start, stop, step.
    Slice(Arc<[Constant; 3]>),
    /// A nested code object.
    Code(CodeRef),
    /// An object that no compiler makes: constant number so and so of the code object that a program gave it to.
    Foreign(u32),
}

impl Constant {
    /// A text constant.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Str(Arc::new(WString::from(text)))
    }

    /// `True` or `False`.
    #[must_use]
    pub const fn bool(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }

    /// Whether a nan is in it: then it is equal to no other constant.
    #[must_use]
    pub fn has_nan(&self) -> bool {
        match self {
            Self::Float(value) => value.is_nan(),
            Self::Complex(real, imag) => real.is_nan() || imag.is_nan(),
            Self::Tuple(items) | Self::FrozenSet(items) => items.iter().any(Self::has_nan),
            Self::Slice(parts) => parts.iter().any(Self::has_nan),
            _ => false,
        }
    }

    /// Whether it is an object that no compiler makes.
    #[must_use]
    pub const fn is_foreign(&self) -> bool {
        matches!(self, Self::Foreign(_))
    }

    /// The nested code object, if this is one.
    #[must_use]
    pub fn as_code(&self) -> Option<&CodeRef> {
        match self {
            Self::Code(code) => Some(code),
            _ => None,
        }
    }
}

impl PartialEq for Constant {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None)
            | (Self::True, Self::True)
            | (Self::False, Self::False)
            | (Self::Ellipsis, Self::Ellipsis) => true,
            (Self::Int(left), Self::Int(right)) => left == right,
            (Self::BigInt(left), Self::BigInt(right)) => left == right,
            (Self::Float(left), Self::Float(right)) => left.to_bits() == right.to_bits(),
            (Self::Complex(real, imag), Self::Complex(other_real, other_imag)) => {
                real.to_bits() == other_real.to_bits() && imag.to_bits() == other_imag.to_bits()
            }
            (Self::Str(left), Self::Str(right)) => left == right,
            (Self::Bytes(left), Self::Bytes(right)) => left == right,
            (Self::Tuple(left), Self::Tuple(right)) => left == right,
            (Self::FrozenSet(left), Self::FrozenSet(right)) => {
                left.len() == right.len() && left.iter().all(|item| right.contains(item))
            }
            (Self::Slice(left), Self::Slice(right)) => left == right,
            (Self::Code(left), Self::Code(right)) => left == right,
            (Self::Foreign(left), Self::Foreign(right)) => left == right,
            _ => false,
        }
    }
}

impl Eq for Constant {}

impl Hash for Constant {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::None | Self::True | Self::False | Self::Ellipsis => {}
            Self::Int(value) => value.hash(state),
            Self::BigInt(value) => value.hash(state),
            Self::Float(value) => value.to_bits().hash(state),
            Self::Complex(real, imag) => (real.to_bits(), imag.to_bits()).hash(state),
            Self::Str(text) => text.hash(state),
            Self::Bytes(bytes) => bytes.hash(state),
            Self::Tuple(items) => items.hash(state),
            // Equal sets may list their items in different order.
            Self::FrozenSet(items) => items.len().hash(state),
            Self::Slice(parts) => parts.hash(state),
            Self::Code(code) => (&code.name, code.firstlineno, &code.linetable).hash(state),
            Self::Foreign(number) => number.hash(state),
        }
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("a code object has fewer than 2^32 constants")
}

/// From how many constants on they are found by their hash.
const SCANNED_MAX: usize = 12;

/// The constants of a code object while it is made: a list in which each constant stands once.
#[derive(Clone, Debug, Default)]
pub struct ConstantTable {
    list: Vec<Constant>,
    /// Where each constant stands; empty while there are so few that looking at each is quicker.
    index: HashMap<Constant, u32, BuildHasherDefault<QuickHasher>>,
}

impl ConstantTable {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The index of `constant`, which is appended if it is not there yet.
    pub fn add(&mut self, constant: Constant) -> u32 {
        let known = if self.list.len() <= SCANNED_MAX {
            self.list.iter().position(|other| *other == constant).map(number)
        } else {
            self.index.get(&constant).copied()
        };
        if let Some(index) = known
            && !constant.has_nan()
        {
            return index;
        }
        let index = number(self.list.len());
        self.list.push(constant);
        match self.list.len() {
            0..=SCANNED_MAX => {}
            length if length == SCANNED_MAX + 1 => {
                self.index = self.list.iter().cloned().zip(0..).collect();
            }
            _ => {
                if let Some(constant) = self.list.last() {
                    self.index.insert(constant.clone(), index);
                }
            }
        }
        index
    }

    /// The constants in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Constant] {
        &self.list
    }

    /// The constant of an index.
    #[must_use]
    pub fn get(&self, index: u32) -> &Constant {
        &self.list[index as usize]
    }

    /// The constants in order, taken out of the table.
    #[must_use]
    pub fn into_vec(self) -> Vec<Constant> {
        self.list
    }
}
