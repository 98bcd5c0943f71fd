//! `str.format`: the template language of replacement fields, and `str.__format__`.

use base::format_spec::{Defaults, parse};

use super::builder::Builder;
use super::split::exact;
use super::{PyStr, storage};
use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::value::Value;
use crate::core::vm::Vm;

/// How deep replacement fields can be nested in format specifications.
const DEPTH_MAX: u32 = 2;

pub(super) fn str_dunder_format(vm: Vm<'_>, this: &Value, spec: &Value) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let Some(spec_text) = spec.downcast::<PyStr>() else {
        return Err(
            vm.type_error(format!("__format__() argument must be str, not {}", vm.type_text(spec)))
        );
    };
    if spec_text.is_empty() {
        return if text.is_exact_str() { exact(vm, text) } else { vm.str(this) }
            .map(PyRef::into_value);
    }
    let type_name = this.class().name();
    let defaults = Defaults { kind: 's', align: '<', type_name: &type_name };
    let points = storage::point_vec(vm, text)?;
    let spec = parse(&storage::point_vec(vm, spec_text)?, defaults)
        .map_err(|error| vm.value_error(error.0))?;
    if spec.is_for_str() && !spec.has_room() {
        return Err(vm.memory_error());
    }
    match spec.render_str(&points, &type_name) {
        Ok(text) => PyStr::try_from_wtf8(vm, &text).map(PyRef::into_value),
        Err(error) => Err(vm.value_error(error.0)),
    }
}

/// A piece of a template, as positions in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The literal text before the field.
    pub literal: (usize, usize),
    /// The field, unless the template ends with the literal text.
    pub replacement: Option<Replacement>,
}

/// A replacement field, as positions in the template's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The field's name.
    pub name: (usize, usize),
    /// The conversion's letter.
    pub conversion: Option<u32>,
    /// The format specification.
    pub spec: (usize, usize),
    /// Whether the specification has fields of its own.
    pub nested: bool,
}

/// Reads a template piece by piece.
pub struct Template<'a> {
    text: &'a [u32],
    at: usize,
}

const OPEN: u32 = b'{' as u32;
const CLOSE: u32 = b'}' as u32;

impl<'a> Template<'a> {
    /// From the start.
    #[must_use]
    pub const fn new(text: &'a [u32]) -> Self {
        Self { text, at: 0 }
    }

    /// The next piece; None at the end.
    ///
    /// # Errors
    /// ValueError's message.
    #[expect(clippy::should_implement_trait, reason = "a piece can be an error of its own")]
    pub fn next(&mut self) -> Result<Option<Field>, String> {
        if self.at >= self.text.len() {
            return Ok(None);
        }
        let start = self.at;
        while let Some(&point) = self.text.get(self.at) {
            self.at += 1;
            if point != OPEN && point != CLOSE {
                continue;
            }
            let next = self.text.get(self.at).copied();
            if next == Some(point) {
                // A doubled brace: the literal text goes up to the first of them.
                let literal = (start, self.at);
                self.at += 1;
                return Ok(Some(Field { literal, replacement: None }));
            }
            if point == CLOSE {
                return Err("Single '}' encountered in format string".to_owned());
            }
            if next.is_none() {
                return Err("Single '{' encountered in format string".to_owned());
            }
            let literal = (start, self.at - 1);
            let replacement = self.replacement()?;
            return Ok(Some(Field { literal, replacement: Some(replacement) }));
        }
        Ok(Some(Field { literal: (start, self.at), replacement: None }))
    }

    fn replacement(&mut self) -> Result<Replacement, String> {
        let start = self.at;
        let mut in_brackets = false;
        let mut end = None;
        while let Some(&point) = self.text.get(self.at) {
            match char::from_u32(point) {
                Some('{') if !in_brackets => return Err("unexpected '{' in field name".to_owned()),
                Some('[') => in_brackets = true,
                Some(']') => in_brackets = false,
                Some('}' | ':' | '!') if !in_brackets => {
                    end = Some(point);
                    break;
                }
                _ => {}
            }
            self.at += 1;
        }
        let name = (start, self.at);
        let Some(mut stop) = end else {
            return Err("expected '}' before end of string".to_owned());
        };
        self.at += 1;
        let mut conversion = None;
        if stop == u32::from('!') {
            let Some(&letter) = self.text.get(self.at) else {
                return Err("end of string while looking for conversion specifier".to_owned());
            };
            conversion = Some(letter);
            self.at += 1;
            match self.text.get(self.at) {
                None => return Err("unmatched '{' in format spec".to_owned()),
                Some(&next) => {
                    self.at += 1;
                    stop = next;
                }
            }
            if stop != CLOSE && stop != u32::from(':') {
                return Err("expected ':' after conversion specifier".to_owned());
            }
        }
        if stop == CLOSE {
            let here = self.at - 1;
            return Ok(Replacement { name, conversion, spec: (here, here), nested: false });
        }
        let (spec_start, mut depth, mut nested) = (self.at, 1, false);
        while let Some(&point) = self.text.get(self.at) {
            if point == OPEN {
                nested = true;
                depth += 1;
            } else if point == CLOSE {
                depth -= 1;
                if depth == 0 {
                    let spec = (spec_start, self.at);
                    self.at += 1;
                    return Ok(Replacement { name, conversion, spec, nested });
                }
            }
            self.at += 1;
        }
        Err("unmatched '{' in format spec".to_owned())
    }
}

/// The first part of a field's name: a number, or a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum First {
    /// A position.
    Number(usize),
    /// A name; empty for automatic numbering.
    Name(Vec<u32>),
}

/// A later part of a field's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `.name`
    Attribute(Vec<u32>),
    /// `[text]`
    Key(Vec<u32>),
    /// `[number]`
    Index(usize),
}

/// A text of decimal digits as a number; None where it is none.
fn as_index(text: &[u32]) -> Result<Option<usize>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let mut number = 0_usize;
    for &point in text {
        let Some(digit) = base::unicode::decimal_value(point) else { return Ok(None) };
        number = number
            .checked_mul(10)
            .and_then(|number| number.checked_add(usize::from(digit)))
            .filter(|&number| isize::try_from(number).is_ok())
            .ok_or("Too many decimal digits in format string")?;
    }
    Ok(Some(number))
}

/// The steps behind the first part of a field's name, each taken apart when it is asked for: CPython looks up the ones
/// before a wrong one.
pub struct Steps<'a> {
    rest: &'a [u32],
}

impl Steps<'_> {
    fn step(&mut self, mark: u32, after: &[u32]) -> Result<(Step, usize), String> {
        let is = |point: u32, c: char| point == u32::from(c);
        let empty = || Err("Empty attribute in format string".to_owned());
        if is(mark, '.') {
            let end = after.iter().position(|&p| is(p, '.') || is(p, '[')).unwrap_or(after.len());
            return match after.get(..end) {
                None | Some([]) => empty(),
                Some(attribute) => Ok((Step::Attribute(attribute.to_vec()), end)),
            };
        }
        if !is(mark, '[') {
            return Err("Only '.' or '[' may follow ']' in format field specifier".to_owned());
        }
        let Some(end) = after.iter().position(|&p| is(p, ']')) else {
            return Err("Missing ']' in format string".to_owned());
        };
        let key = after.get(..end).unwrap_or_default();
        if key.is_empty() {
            return empty();
        }
        let step = match as_index(key)? {
            Some(number) => Step::Index(number),
            None => Step::Key(key.to_vec()),
        };
        Ok((step, end + 1))
    }
}

impl Iterator for Steps<'_> {
    type Item = Result<Step, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let (&mark, after) = self.rest.split_first()?;
        match self.step(mark, after) {
            Ok((step, used)) => {
                self.rest = after.get(used..).unwrap_or_default();
                Some(Ok(step))
            }
            Err(message) => {
                self.rest = &[];
                Some(Err(message))
            }
        }
    }
}

/// Takes a field's name apart.
///
/// # Errors
/// ValueError's message.
pub fn split_name(name: &[u32]) -> Result<(First, Steps<'_>), String> {
    let is = |point: u32, c: char| point == u32::from(c);
    let end = name.iter().position(|&p| is(p, '.') || is(p, '[')).unwrap_or(name.len());
    let (first, rest) = name.split_at(end);
    let first = match as_index(first)? {
        Some(number) => First::Number(number),
        None => First::Name(first.to_vec()),
    };
    Ok((first, Steps { rest }))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbering {
    Unknown,
    Automatic,
    Manual,
}

struct Formatter<'a, 'gil> {
    vm: Vm<'gil>,
    positional: &'a [Value],
    args: Args<'a>,
    mapping: Option<&'a Value>,
    numbering: Numbering,
    next: usize,
}

pub(super) fn str_format(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    format_with(vm, this, args, None)
}

pub(super) fn str_format_map(vm: Vm<'_>, this: &Value, mapping: &Value) -> PyResult<Value> {
    format_with(vm, this, Args::NONE, Some(mapping))
}

fn format_with(
    vm: Vm<'_>,
    this: &Value,
    args: Args<'_>,
    mapping: Option<&Value>,
) -> PyResult<Value> {
    let text = storage::point_vec(vm, this.receiver::<PyStr>())?;
    let mut formatter = Formatter {
        vm,
        positional: args.positional(),
        args,
        mapping,
        numbering: Numbering::Unknown,
        next: 0,
    };
    let mut out = Builder::new(vm);
    formatter.render(&text, DEPTH_MAX, &mut out)?;
    out.finish().map(PyRef::into_value)
}

impl Formatter<'_, '_> {
    fn render(&mut self, text: &[u32], depth: u32, out: &mut Builder<'_>) -> PyResult<()> {
        if depth == 0 {
            return Err(self.vm.value_error("Max string recursion exceeded"));
        }
        let mut template = Template::new(text);
        while let Some(field) = template.next().map_err(|m| self.vm.value_error(m))? {
            let literal = text.get(field.literal.0..field.literal.1).unwrap_or_default();
            out.push_characters(storage::Characters::Four(literal))?;
            if let Some(replacement) = &field.replacement {
                self.field(text, replacement, depth, out)?;
            }
        }
        Ok(())
    }

    fn field(
        &mut self,
        text: &[u32],
        field: &Replacement,
        depth: u32,
        out: &mut Builder<'_>,
    ) -> PyResult<()> {
        let vm = self.vm;
        let name = text.get(field.name.0..field.name.1).unwrap_or_default();
        let mut value = self.look_up(name)?;
        if let Some(letter) = field.conversion {
            value = convert(vm, &value, letter)?.into_value();
        }
        let spec = text.get(field.spec.0..field.spec.1).unwrap_or_default();
        let spec = if field.nested {
            let mut inner = Builder::new(vm);
            self.render(spec, depth - 1, &mut inner)?;
            inner.finish()?
        } else {
            storage::make(vm, storage::Characters::Four(spec))?
        };
        let formatted = vm.format(&value, &spec.into_value())?;
        out.push_str(&formatted)
    }

    fn number(&mut self, automatic: bool) -> PyResult<()> {
        let wanted = if automatic { Numbering::Automatic } else { Numbering::Manual };
        if self.numbering == Numbering::Unknown {
            self.numbering = wanted;
        }
        if self.numbering == wanted {
            return Ok(());
        }
        Err(self.vm.value_error(if automatic {
            "cannot switch from manual field specification to automatic field numbering"
        } else {
            "cannot switch from automatic field numbering to manual field specification"
        }))
    }

    fn look_up(&mut self, name: &[u32]) -> PyResult<Value> {
        let vm = self.vm;
        let (first, steps) = split_name(name).map_err(|message| vm.value_error(message))?;
        let first = match first {
            First::Name(name) if name.is_empty() => {
                self.number(true)?;
                self.next += 1;
                First::Number(self.next - 1)
            }
            First::Number(number) => {
                self.number(false)?;
                First::Number(number)
            }
            name @ First::Name(_) => name,
        };
        let mut value = match first {
            First::Number(number) => {
                if self.mapping.is_some() {
                    return Err(vm.value_error("Format string contains positional fields"));
                }
                match self.positional.get(number) {
                    Some(value) => value.clone(),
                    None => {
                        return Err(vm.index_error(format!(
                            "Replacement index {number} out of range for positional args tuple"
                        )));
                    }
                }
            }
            First::Name(name) => {
                let key = text_of(vm, &name)?;
                match self.mapping {
                    Some(mapping) => vm.get_item(mapping, &key.into_value())?,
                    None => {
                        let found = self
                            .args
                            .keywords()
                            .find(|(known, _)| {
                                known.downcast::<PyStr>().is_some_and(|known| known.same_text(&key))
                            })
                            .map(|(_, value)| value.clone());
                        match found {
                            Some(value) => value,
                            None => return Err(vm.key_error(&key.into_value())),
                        }
                    }
                }
            }
        };
        for step in steps {
            value = match step.map_err(|message| vm.value_error(message))? {
                Step::Attribute(name) => {
                    let name = text_of(vm, &name)?;
                    vm.get_attr(&value, &name)?
                }
                Step::Key(key) => vm.get_item(&value, &text_of(vm, &key)?.into_value())?,
                Step::Index(index) => vm.get_item(&value, &Value::from_usize(index))?,
            };
        }
        Ok(value)
    }
}

fn text_of(vm: Vm<'_>, points: &[u32]) -> PyResult<PyRef<PyStr>> {
    storage::make(vm, storage::Characters::Four(points))
}

/// `!r`, `!s` and `!a`.
fn convert(vm: Vm<'_>, value: &Value, letter: u32) -> PyResult<PyRef<PyStr>> {
    match char::from_u32(letter) {
        Some('r') => vm.repr(value),
        Some('s') => vm.str(value),
        Some('a') => vm.ascii(value),
        Some(c @ '!'..='~') => Err(vm.value_error(format!("Unknown conversion specifier {c}"))),
        _ => Err(vm.value_error(format!("Unknown conversion specifier \\x{letter:x}"))),
    }
}

/// The pieces of a template as Python sees them: `(literal, name, spec, conversion)` (`_string.formatter_parser`).
///
/// # Errors
/// ValueError.
pub fn parse_template(vm: Vm<'_>, text: &Py<PyStr>) -> PyResult<Vec<[Value; 4]>> {
    let points = storage::point_vec(vm, text)?;
    let mut template = Template::new(&points);
    let mut pieces = Vec::new();
    while let Some(field) = template.next().map_err(|message| vm.value_error(message))? {
        let part = |(start, end): (usize, usize)| {
            text_of(vm, points.get(start..end).unwrap_or_default()).map(PyRef::into_value)
        };
        let literal = part(field.literal)?;
        pieces.push(match field.replacement {
            None => [literal, Value::NONE, Value::NONE, Value::NONE],
            Some(field) => {
                let conversion = match field.conversion {
                    Some(letter) => storage::from_point(vm, letter)?.into_value(),
                    None => Value::NONE,
                };
                [literal, part(field.name)?, part(field.spec)?, conversion]
            }
        });
    }
    Ok(pieces)
}

/// The parts of a field's name as Python sees them: the first, then `(is_attribute, key)`
/// (`_string.formatter_field_name_split`).
///
/// # Errors
/// ValueError.
pub fn parse_name(vm: Vm<'_>, name: &Py<PyStr>) -> PyResult<(Value, Vec<(bool, Value)>)> {
    let points = storage::point_vec(vm, name)?;
    let (first, steps) = split_name(&points).map_err(|message| vm.value_error(message))?;
    let first = match first {
        First::Number(number) => Value::from_usize(number),
        First::Name(name) => text_of(vm, &name)?.into_value(),
    };
    let mut parts = Vec::new();
    for step in steps {
        parts.push(match step.map_err(|message| vm.value_error(message))? {
            Step::Attribute(name) => (true, text_of(vm, &name)?.into_value()),
            Step::Key(key) => (false, text_of(vm, &key)?.into_value()),
            Step::Index(index) => (false, Value::from_usize(index)),
        });
    }
    Ok((first, parts))
}
