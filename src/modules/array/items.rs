//! The kinds of items: how a value becomes the bytes of a machine number, and back.

use std::ops::Deref;

use objects::core::errors::{PyResult, Raised};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::float_::{self, to_f64};
use objects::types::int;
use objects::types::str::{PyStr, storage};

/// The codes, in the order in which `typecodes` shows them.
pub(super) const TYPECODES: &str = "bBuwhHiIlLqQfd";

/// The kind of an array's items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    I8,
    U8,
    /// `u`
    Wide,
    /// `w`
    Ucs4,
    I16,
    U16,
    I32,
    U32,
    Long,
    ULong,
    I64,
    U64,
    F32,
    F64,
}

impl Kind {
    const ALL: [Self; 14] = [
        Self::I8,
        Self::U8,
        Self::Wide,
        Self::Ucs4,
        Self::I16,
        Self::U16,
        Self::I32,
        Self::U32,
        Self::Long,
        Self::ULong,
        Self::I64,
        Self::U64,
        Self::F32,
        Self::F64,
    ];

    /// The kind of a code.
    pub(super) fn of(code: u32) -> Option<Self> {
        let place = TYPECODES.chars().position(|known| u32::from(known) == code)?;
        Self::ALL.get(place).copied()
    }

    /// The code.
    pub(super) fn code(self) -> char {
        let place = Self::ALL.iter().position(|&kind| kind == self).unwrap_or(0);
        TYPECODES.chars().nth(place).unwrap_or('b')
    }

    /// Bytes of an item.
    pub(super) const fn size(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::Wide | Self::Ucs4 | Self::I32 | Self::U32 | Self::F32 => 4,
            Self::Long | Self::ULong | Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }

    /// Whether items are characters.
    pub(super) const fn is_text(self) -> bool {
        matches!(self, Self::Wide | Self::Ucs4)
    }

    /// The format of a buffer of such items.
    pub(super) const fn format(self) -> &'static str {
        match self {
            Self::I8 => "b",
            Self::U8 => "B",
            Self::Wide | Self::Ucs4 => "w",
            Self::I16 => "h",
            Self::U16 => "H",
            Self::I32 => "i",
            Self::U32 => "I",
            Self::Long => "l",
            Self::ULong => "L",
            Self::I64 => "q",
            Self::U64 => "Q",
            Self::F32 => "f",
            Self::F64 => "d",
        }
    }

    /// The number of the machine format in pickles.
    pub(super) const fn machine_format(self) -> i64 {
        let big = cfg!(target_endian = "big") as i64;
        match self {
            Self::U8 => 0,
            Self::I8 => 1,
            Self::U16 => 2 + big,
            Self::I16 => 4 + big,
            Self::U32 => 6 + big,
            Self::I32 => 8 + big,
            Self::ULong | Self::U64 => 10 + big,
            Self::Long | Self::I64 => 12 + big,
            Self::F32 => 14 + big,
            Self::F64 => 16 + big,
            Self::Wide | Self::Ucs4 => 20 + big,
        }
    }

    /// The value of the item at a place in an array's bytes; `None` behind its end.
    #[inline(always)]
    pub(super) fn read(self, vm: Vm<'_>, data: &[u8], place: usize) -> PyResult<Option<Value>> {
        // Each kind loads its number in one step, without asking how wide it is.
        macro_rules! number {
            ($type:ty) => {
                match data.as_chunks::<{ size_of::<$type>() }>().0.get(place) {
                    Some(&raw) => <$type>::from_ne_bytes(raw),
                    None => return Ok(None),
                }
            };
        }
        Ok(Some(match self {
            Self::I8 => Value::small_int_unchecked(i64::from(number!(i8))),
            Self::U8 => Value::small_int_unchecked(i64::from(number!(u8))),
            Self::I16 => Value::small_int_unchecked(i64::from(number!(i16))),
            Self::U16 => Value::small_int_unchecked(i64::from(number!(u16))),
            Self::I32 => Value::small_int_unchecked(i64::from(number!(i32))),
            Self::U32 => Value::small_int_unchecked(i64::from(number!(u32))),
            Self::Long | Self::I64 => int::from_i64(vm, number!(i64)),
            Self::ULong | Self::U64 => int::from_u64(vm, number!(u64)),
            Self::F32 => float_::new(vm, f64::from(number!(f32))),
            Self::F64 => float_::new(vm, number!(f64)),
            Self::Wide | Self::Ucs4 => from_code(vm, number!(u32))?,
        }))
    }

    /// The bytes of a value.
    pub(super) fn item(self, vm: Vm<'_>, value: &Value) -> PyResult<Item> {
        Ok(match self {
            Self::I8 => {
                let number = short(vm, value)?;
                let number = fit(vm, number.into(), "signed char")?;
                Item::new(i8::to_ne_bytes(number))
            }
            Self::U8 => {
                let number = ranged(vm, value, 0, 255, "unsigned byte integer")?;
                Item::new([u8::try_from(number).unwrap_or(0)])
            }
            Self::I16 => Item::new(short(vm, value)?.to_ne_bytes()),
            Self::U16 => {
                let number = c_int(vm, value)?;
                Item::new(fit::<u16>(vm, number.into(), "unsigned short")?.to_ne_bytes())
            }
            Self::I32 => Item::new(c_int(vm, value)?.to_ne_bytes()),
            Self::U32 => {
                let number = c_unsigned_long(vm, value)?;
                let number = u32::try_from(number)
                    .map_err(|_| vm.overflow_error("unsigned int is greater than maximum"))?;
                Item::new(number.to_ne_bytes())
            }
            Self::Long => Item::new(c_long(vm, value)?.to_ne_bytes()),
            Self::ULong => Item::new(c_unsigned_long(vm, value)?.to_ne_bytes()),
            Self::I64 => {
                let number = number::index(vm, value)?;
                let Some(number) = int::as_i64(&number) else {
                    return Err(vm.overflow_error("int too big to convert"));
                };
                Item::new(number.to_ne_bytes())
            }
            Self::U64 => {
                let number = number::index(vm, value)?;
                if int::is_negative(&number) {
                    return Err(vm.overflow_error("can't convert negative int to unsigned"));
                }
                let Some(number) = int::as_u64(&number) else {
                    return Err(vm.overflow_error("int too big to convert"));
                };
                Item::new(number.to_ne_bytes())
            }
            Self::F32 => {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "rounding is what is asked for"
                )]
                let number = to_f64(vm, value)? as f32;
                Item::new(number.to_ne_bytes())
            }
            Self::F64 => Item::new(to_f64(vm, value)?.to_ne_bytes()),
            Self::Wide | Self::Ucs4 => Item::new(character(vm, value)?.to_ne_bytes()),
        })
    }
}

/// The bytes of one item.
#[derive(Clone, Copy)]
pub(super) struct Item {
    bytes: [u8; 8],
    size: usize,
}

impl Item {
    fn new<const N: usize>(number: [u8; N]) -> Self {
        let mut bytes = [0; 8];
        copy::<N>(&mut bytes, &number);
        Self { bytes, size: N }
    }

    /// Puts the item at the beginning of `place`.
    #[inline]
    pub(super) fn put(&self, place: &mut [u8]) {
        copy_item(place, &self.bytes, self.size);
    }
}

impl Deref for Item {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.size).unwrap_or_default()
    }
}

#[inline]
fn copy<const N: usize>(to: &mut [u8], from: &[u8]) {
    if let (Some(to), Some(from)) = (to.first_chunk_mut::<N>(), from.first_chunk::<N>()) {
        *to = *from;
    }
}

#[inline]
fn copy_item(to: &mut [u8], from: &[u8], size: usize) {
    match size {
        8 => copy::<8>(to, from),
        4 => copy::<4>(to, from),
        2 => copy::<2>(to, from),
        _ => copy::<1>(to, from),
    }
}

fn from_code(vm: Vm<'_>, point: u32) -> PyResult<Value> {
    if point > 0x10_ffff {
        let message = format!("character U+{point:x} is not in range [U+0000; U+10ffff]");
        return Err(vm.value_error(message));
    }
    Ok(storage::from_point(vm, point)?.into_value())
}

fn out_of_range(vm: Vm<'_>, is_less: bool, name: &str) -> Raised {
    let bound = if is_less { "less than minimum" } else { "greater than maximum" };
    vm.overflow_error(format!("{name} is {bound}"))
}

fn fit<T: TryFrom<i64>>(vm: Vm<'_>, number: i64, name: &str) -> PyResult<T> {
    T::try_from(number).map_err(|_| out_of_range(vm, number < 0, name))
}

fn ranged(vm: Vm<'_>, value: &Value, low: i64, high: i64, name: &str) -> PyResult<i64> {
    let number = c_long(vm, value)?;
    if (low..=high).contains(&number) {
        Ok(number)
    } else {
        Err(out_of_range(vm, number < low, name))
    }
}

fn short(vm: Vm<'_>, value: &Value) -> PyResult<i16> {
    let number = c_long(vm, value)?;
    fit(vm, number, "signed short integer")
}

fn c_int(vm: Vm<'_>, value: &Value) -> PyResult<i32> {
    let number = c_long(vm, value)?;
    fit(vm, number, "signed integer")
}

fn c_long(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    let number = number::index(vm, value)?;
    int::as_i64(&number)
        .ok_or_else(|| vm.overflow_error("Python int too large to convert to C long"))
}

fn c_unsigned_long(vm: Vm<'_>, value: &Value) -> PyResult<u64> {
    let number = number::index(vm, value)?;
    if int::is_negative(&number) {
        return Err(vm.overflow_error("can't convert negative value to unsigned int"));
    }
    int::as_u64(&number)
        .ok_or_else(|| vm.overflow_error("Python int too large to convert to C unsigned long"))
}

fn character(vm: Vm<'_>, value: &Value) -> PyResult<u32> {
    let Some(text) = value.downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "array item must be a unicode character, not {}",
            value.class().name()
        )));
    };
    match storage::char_at(text, 0).filter(|_| text.len() == 1) {
        Some(point) => Ok(point),
        None => Err(vm.type_error(format!(
            "array item must be a unicode character, not a string of length {}",
            text.len()
        ))),
    }
}
