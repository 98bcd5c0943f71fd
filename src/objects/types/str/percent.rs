//! `template % values` for str.

use base::percent::{Amount, Conversion, Piece, Pieces, lay_float, lay_int};

use super::builder::Builder;
use super::storage::Characters;
use super::{PyStr, storage};
use crate::core::errors::{PyResult, Raised};
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::{mapping, number};
use crate::types::exceptions::hierarchy::TYPE_ERROR;
use crate::types::int;
use crate::types::tuple::PyTuple;

pub(super) fn str_mod(vm: Vm<'_>, this: &Value, values: &Value) -> PyResult<Value> {
    let Some(template) = this.downcast::<PyStr>() else { return Ok(Value::NOT_IMPLEMENTED) };
    let mut arguments = Arguments::new(values, values.downcast::<PyStr>().is_some());
    let mut out = Builder::with_capacity(vm, template.len(), template.kind())?;
    let done = match storage::characters(template) {
        Characters::One(text) => plain_part(vm, text, &mut arguments, &mut out)?,
        Characters::Two(_) | Characters::Four(_) => 0,
    };
    if done < template.len() {
        any_part(vm, template, done, &mut arguments, &mut out)?;
    }
    arguments.finish(vm, "string")?;
    out.finish().map(PyRef::into_value)
}

/// Formats a template as long as its conversions are `%s`, `%r` or `%d` alone, with a key or without: where it stopped.
fn plain_part(
    vm: Vm<'_>,
    text: &[u8],
    arguments: &mut Arguments<'_>,
    out: &mut Builder<'_>,
) -> PyResult<usize> {
    let mut rest = text;
    while let Some(length) = rest.iter().position(|&byte| byte == b'%') {
        let (literal, mut conversion) = rest.split_at(length);
        out.push_characters(Characters::One(literal))?;
        let stopped = text.len() - conversion.len();
        conversion = &conversion[1..];
        let mut key = None;
        if let [b'(', behind @ ..] = conversion
            && let Some(end) = behind.iter().position(|byte| matches!(byte, b'(' | b')'))
            && behind[end] == b')'
        {
            key = Some(&behind[..end]);
            conversion = &behind[end + 1..];
        }
        let [kind @ (b's' | b'r' | b'd'), behind @ ..] = conversion else { return Ok(stopped) };
        if let Some(key) = key {
            let key = storage::make(vm, Characters::One(key))?.into_value();
            arguments.use_key(vm, &key)?;
        }
        let value = arguments.next(vm)?;
        let converted = match kind {
            b's' => vm.str(&value)?,
            b'r' => vm.repr(&value)?,
            _ if value.as_small_int().is_some() => vm.str(&value)?,
            _ => PyStr::try_new(vm, &number_text(vm, &value, 'd', &Layout::default())?)?,
        };
        out.push_str(&converted)?;
        rest = behind;
    }
    out.push_characters(Characters::One(rest))?;
    Ok(text.len())
}

/// Formats what stands in a template from `start` on.
fn any_part(
    vm: Vm<'_>,
    template: &Py<PyStr>,
    start: usize,
    arguments: &mut Arguments<'_>,
    out: &mut Builder<'_>,
) -> PyResult<()> {
    let text = storage::point_vec(vm, template)?;
    for piece in Pieces::from_position(&text, start) {
        match piece.map_err(|error| vm.value_error(error.0))? {
            Piece::Literal(start, end) => {
                let literal = text.get(start..end).unwrap_or_default();
                out.push_characters(Characters::Four(literal))?;
            }
            Piece::Percent => out.push(u32::from('%'))?,
            Piece::Conversion(conversion) => {
                conversion_text(vm, &text, &conversion, arguments, out)?;
            }
        }
    }
    Ok(())
}

/// The values of a `%` operation: a tuple's items, a mapping's, or a single one.
pub(crate) struct Arguments<'a> {
    whole: &'a Value,
    items: &'a [Value],
    next: usize,
    /// Whether the right operand can be looked into by key.
    mapping: bool,
    /// Set once a key was used: then nothing need be left over.
    keyed: bool,
    /// The value that the last key found.
    found: Option<Value>,
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(whole: &'a Value, is_text: bool) -> Self {
        let tuple = whole.downcast::<PyTuple>();
        let items = tuple.map_or(std::slice::from_ref(whole), |tuple| tuple.items());
        let mapping = tuple.is_none() && !is_text && mapping::is_mapping(whole);
        Self { whole, items, next: 0, mapping, keyed: false, found: None }
    }

    /// Lets the next value be what `key` finds.
    pub(crate) fn use_key(&mut self, vm: Vm<'_>, key: &Value) -> PyResult<()> {
        if !self.mapping {
            return Err(vm.type_error("format requires a mapping"));
        }
        self.keyed = true;
        self.found = Some(vm.get_item(self.whole, key)?);
        Ok(())
    }

    pub(crate) fn next(&mut self, vm: Vm<'_>) -> PyResult<Value> {
        if let Some(found) = self.found.take() {
            return Ok(found);
        }
        let missing = self.keyed || self.next >= self.items.len();
        if missing {
            return Err(vm.type_error("not enough arguments for format string"));
        }
        self.next += 1;
        Ok(self.items[self.next - 1].clone())
    }

    /// Complains about values that were not used.
    pub(crate) fn finish(&self, vm: Vm<'_>, kind: &str) -> PyResult<()> {
        if self.next < self.items.len() && !self.mapping && !self.keyed {
            return Err(
                vm.type_error(format!("not all arguments converted during {kind} formatting"))
            );
        }
        Ok(())
    }

    /// A width or precision; negative ones only where `*` gave them.
    pub(crate) fn amount(&mut self, vm: Vm<'_>, amount: Amount) -> PyResult<Option<isize>> {
        match amount {
            Amount::None => Ok(None),
            Amount::Fixed(fixed) => Ok(Some(isize::try_from(fixed).unwrap_or(isize::MAX))),
            Amount::Star => {
                let value = self.next(vm)?;
                if !number::is_int(&value) {
                    return Err(vm.type_error("* wants int"));
                }
                number::as_ssize(vm, &value).map(Some)
            }
        }
    }
}

/// Flags, width and precision of a conversion with its stars resolved.
#[derive(Default)]
pub(crate) struct Layout {
    pub(crate) flags: base::percent::Flags,
    pub(crate) width: usize,
    pub(crate) precision: Option<usize>,
}

pub(crate) fn layout(
    vm: Vm<'_>,
    conversion: &Conversion,
    arguments: &mut Arguments<'_>,
) -> PyResult<Layout> {
    let mut flags = conversion.flags;
    let width = arguments.amount(vm, conversion.width)?.unwrap_or(0);
    if width == isize::MIN {
        return Err(vm.overflow_error("width too big"));
    }
    flags.left |= width < 0;
    let precision = arguments.amount(vm, conversion.precision)?;
    if precision.is_some_and(|precision| i32::try_from(precision).is_err()) {
        return Err(vm.overflow_error("Python int too large to convert to C int"));
    }
    Ok(Layout {
        flags,
        width: width.unsigned_abs(),
        precision: precision.map(|precision| usize::try_from(precision).unwrap_or(0)),
    })
}

fn conversion_text(
    vm: Vm<'_>,
    text: &[u32],
    conversion: &Conversion,
    arguments: &mut Arguments<'_>,
    out: &mut Builder<'_>,
) -> PyResult<()> {
    if let Some((start, end)) = conversion.key {
        let key = text.get(start..end).unwrap_or_default();
        let key = storage::make(vm, Characters::Four(key))?.into_value();
        arguments.use_key(vm, &key)?;
    }
    let layout = layout(vm, conversion, arguments)?;
    let kind = char::from_u32(conversion.kind).unwrap_or('\u{fffd}');
    let value = arguments.next(vm)?;
    if !matches!(
        kind,
        'r' | 's'
            | 'a'
            | 'c'
            | 'd'
            | 'i'
            | 'u'
            | 'o'
            | 'x'
            | 'X'
            | 'e'
            | 'E'
            | 'f'
            | 'F'
            | 'g'
            | 'G'
    ) {
        return Err(unsupported(vm, conversion, kind));
    }
    let converted = match kind {
        's' => vm.str(&value)?,
        'r' => vm.repr(&value)?,
        'a' => vm.ascii(&value)?,
        'c' => character(vm, &value)?,
        _ => {
            let laid = number_text(vm, &value, kind, &layout)?;
            return out.push_text(&laid);
        }
    };
    let mut shown = converted.len();
    if let Some(precision) = layout.precision.filter(|_| kind != 'c') {
        shown = shown.min(precision);
    }
    let fill = layout.width.saturating_sub(shown);
    if !layout.flags.left {
        out.push_repeated(0x20, fill)?;
    }
    if shown == converted.len() {
        out.push_str(&converted)?;
    } else {
        out.push_str(&*storage::slice(vm, &converted, 0, shown)?)?;
    }
    if layout.flags.left {
        out.push_repeated(0x20, fill)?;
    }
    Ok(())
}

/// `unsupported format character`, with the place of the letter.
pub(crate) fn unsupported(vm: Vm<'_>, conversion: &Conversion, kind: char) -> Raised {
    let shown = if matches!(conversion.kind, 31..=126) { kind } else { '?' };
    vm.value_error(format!(
        "unsupported format character '{shown}' (0x{:x}) at index {}",
        conversion.kind, conversion.position
    ))
}

fn character(vm: Vm<'_>, value: &Value) -> PyResult<PyRef<PyStr>> {
    if let Some(text) = value.downcast::<PyStr>() {
        if text.len() == 1 {
            return Ok(text.to_ref());
        }
        return Err(vm.type_error(format!(
            "%c requires an int or a unicode character, not a string of length {}",
            text.len()
        )));
    }
    if !number::has_index(value) {
        return Err(vm.type_error(format!(
            "%c requires an int or a unicode character, not {}",
            vm.full_class_name(value.class())?
        )));
    }
    let point = number::as_isize_clipped(vm, value)?;
    match u32::try_from(point).ok().filter(|&point| point <= 0x10_ffff) {
        Some(point) => storage::from_point(vm, point),
        None => Err(vm.overflow_error("%c arg not in range(0x110000)")),
    }
}

/// A number laid out for `%d`, `%x`, `%f` and their kin.
///
/// # Errors
/// TypeError, OverflowError, ValueError for too many digits.
pub(crate) fn number_text(
    vm: Vm<'_>,
    value: &Value,
    kind: char,
    layout: &Layout,
) -> PyResult<String> {
    if layout.precision.is_some_and(|precision| precision > i32::MAX as usize - 3) {
        return Err(vm.value_error("precision too large"));
    }
    if matches!(kind, 'e' | 'E' | 'f' | 'F' | 'g' | 'G') {
        let number = crate::types::float_::to_f64(vm, value)?;
        let laid = lay_float(number, kind, layout.flags, layout.precision);
        return laid.pad(layout.flags, layout.width).ok_or_else(|| vm.memory_error());
    }
    let integer = integer_of(vm, value, kind)?;
    let (radix, kind) = match kind {
        'o' => (8, 'o'),
        'x' => (16, 'x'),
        'X' => (16, 'X'),
        _ => (10, 'd'),
    };
    let digits = if radix == 10 {
        let text = int::convert::to_decimal(vm, &integer)?;
        text.strip_prefix('-').map_or_else(|| text.clone(), str::to_owned)
    } else {
        int::convert::to_radix_digits(&integer, radix)
    };
    lay_int(int::is_negative(&integer), &digits, kind, layout.flags, layout.precision)
        .and_then(|laid| laid.pad(layout.flags, layout.width))
        .ok_or_else(|| vm.memory_error())
}

fn integer_of(vm: Vm<'_>, value: &Value, kind: char) -> PyResult<Value> {
    if number::is_int(value) {
        return Ok(value.clone());
    }
    let wanted = if matches!(kind, 'o' | 'x' | 'X') { "an integer" } else { "a real number" };
    let refused = || {
        vm.type_error(format!("%{kind} format: {wanted} is required, not {}", value.class().name()))
    };
    let converted = if matches!(kind, 'o' | 'x' | 'X') {
        number::index(vm, value)
    } else if value.class().slots.nb_index.get().is_some()
        || value.class().slots.nb_int.get().is_some()
    {
        int::convert::to_int(vm, value)
    } else {
        return Err(refused());
    };
    match vm.catch(converted, &TYPE_ERROR)? {
        Some(integer) => Ok(integer),
        None => Err(refused()),
    }
}
