//! `_json.Scanner`: from text to objects.

use base::search::Unit;
use objects::core::args::Args;
use objects::core::errors::{PyResult, Raised};
use objects::core::gc::{Traverse, Visitor};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy::STOP_ITERATION;
use objects::types::float_::{self, FLOAT};
use objects::types::int::{self, INT};
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::str::storage::{self, characters};
use objects::types::tuple::PyTuple;
use objects::{getset, payload, with_characters};

use super::{decode_error, strings};

payload! {
    /// The payload of a scanner.
    pub(super) struct PyScanner: SCANNER, gc {
        strict: Flag,
        object_hook: Value,
        object_pairs_hook: Value,
        parse_float: Value,
        parse_int: Value,
        parse_constant: Value,
    }
}

struct Flag(bool);

impl Traverse for Flag {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

/// `_json.Scanner`
pub(super) static SCANNER: StaticType = StaticType::new::<PyScanner>();

/// The spec of `_json.Scanner`.
pub(super) const SCANNER_SPEC: TypeSpec = TypeSpec {
    name: "_json.Scanner",
    doc: Some("JSON scanner object"),
    slots: &[Slot::New(scanner_new), Slot::Call(scanner_call)],
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

getset! { GETSET:
    /// strict
    member ["strict"] get_strict;
    /// object_hook
    member ["object_hook"] get_object_hook;
    member ["object_pairs_hook"] get_object_pairs_hook;
    /// parse_float
    member ["parse_float"] get_parse_float;
    /// parse_int
    member ["parse_int"] get_parse_int;
    /// parse_constant
    member ["parse_constant"] get_parse_constant;
}

fn this(value: &Value) -> &Py<PyScanner> {
    value.receiver::<PyScanner>()
}

fn get_strict(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this(value).strict.0))
}

macro_rules! readers {
    ($($function:ident $field:ident;)*) => {$(
        fn $function(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
            Ok(this(value).$field.clone())
        }
    )*};
}

readers! {
    get_object_hook object_hook;
    get_object_pairs_hook object_pairs_hook;
    get_parse_float parse_float;
    get_parse_int parse_int;
    get_parse_constant parse_constant;
}

fn scanner_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(context)");
    let bound = SIGNATURE.bind(vm, "make_scanner", args)?;
    let context = bound.required(0);
    let strict = vm.get_attr_str(context, "strict")?;
    let payload = PyScanner {
        strict: Flag(vm.is_true(&strict)?),
        object_hook: vm.get_attr_str(context, "object_hook")?,
        object_pairs_hook: vm.get_attr_str(context, "object_pairs_hook")?,
        parse_float: vm.get_attr_str(context, "parse_float")?,
        parse_int: vm.get_attr_str(context, "parse_int")?,
        parse_constant: vm.get_attr_str(context, "parse_constant")?,
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn scanner_call(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(string, idx)");
    let bound = SIGNATURE.bind(vm, "scan_once", args)?;
    let index = number::as_isize(vm, bound.required(1))?;
    let text = super::string_argument(vm, bound.required(0))?;
    let Ok(start) = usize::try_from(index) else {
        return Err(vm.value_error("idx cannot be negative"));
    };
    let (object, next) = with_characters!(characters(text), units => {
        let mut scan = Scan { vm, scanner: this(value), text, units, memo: None, keys: Vec::new() };
        scan.once(start)?
    });
    Ok(PyTuple::pair(vm, object, int::from_u64(vm, next as u64))?.into_value())
}

/// How many recent keys are kept for sharing, a power of two.
const KEYS: usize = 64;

/// One call of a scanner.
struct Scan<'a, T: Unit> {
    vm: Vm<'a>,
    scanner: &'a Py<PyScanner>,
    text: &'a Py<PyStr>,
    units: &'a [T],
    /// Keys of objects, each kept once.
    memo: Option<PyRef<PyDict>>,
    /// Recent keys by the sum of their characters, so that most need no lookup.
    keys: Vec<Option<PyRef<PyStr>>>,
}

impl<T: Unit> Scan<'_, T> {
    fn at(&self, at: usize) -> Option<u8> {
        self.units.get(at).map(|unit| u8::try_from(unit.point()).unwrap_or(0))
    }

    fn is_word(&self, at: usize, word: &[u8]) -> bool {
        let found = self.units.get(at..at.saturating_add(word.len())).unwrap_or_default();
        found.len() == word.len()
            && found.iter().zip(word).all(|(unit, &letter)| unit.point() == u32::from(letter))
    }

    fn skip_space(&self, mut at: usize) -> usize {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.at(at) {
            at += 1;
        }
        at
    }

    #[cold]
    fn error(&self, message: &str, at: usize) -> Raised {
        decode_error(self.vm, message, self.text, at)
    }

    #[cold]
    fn stop(&self, at: usize) -> Raised {
        self.vm.error_with(&STOP_ITERATION, &[int::from_u64(self.vm, at as u64)])
    }

    /// The value that begins at `at`, and where the text goes on.
    fn once(&mut self, at: usize) -> PyResult<(Value, usize)> {
        let Some(first) = self.at(at) else { return Err(self.stop(at)) };
        match first {
            b'"' => {
                let strict = self.scanner.strict.0;
                let (string, next) =
                    strings::scan_units(self.vm, self.text, self.units, at + 1, strict)?;
                Ok((string.into_value(), next))
            }
            b'{' => {
                self.vm.check_recursion(" while decoding a JSON object from a unicode string")?;
                self.object(at + 1)
            }
            b'[' => {
                self.vm.check_recursion(" while decoding a JSON array from a unicode string")?;
                self.array(at + 1)
            }
            b'n' if self.is_word(at, b"null") => Ok((Value::NONE, at + 4)),
            b't' if self.is_word(at, b"true") => Ok((Value::TRUE, at + 4)),
            b'f' if self.is_word(at, b"false") => Ok((Value::FALSE, at + 5)),
            b'N' if self.is_word(at, b"NaN") => self.constant("NaN", at),
            b'I' if self.is_word(at, b"Infinity") => self.constant("Infinity", at),
            b'-' if self.is_word(at, b"-Infinity") => self.constant("-Infinity", at),
            _ => self.number(at),
        }
    }

    fn constant(&self, word: &str, at: usize) -> PyResult<(Value, usize)> {
        let name = PyStr::new_value(self.vm, word);
        Ok((self.vm.call(&self.scanner.parse_constant, &[name])?, at + word.len()))
    }

    fn digits(&self, mut at: usize) -> usize {
        while self.at(at).is_some_and(|c| c.is_ascii_digit()) {
            at += 1;
        }
        at
    }

    fn number(&self, start: usize) -> PyResult<(Value, usize)> {
        let vm = self.vm;
        let first = start + usize::from(self.at(start) == Some(b'-'));
        let mut at = match self.at(first) {
            Some(b'0') => first + 1,
            Some(b'1'..=b'9') => self.digits(first + 1),
            _ => return Err(self.stop(start)),
        };
        let mut is_float = false;
        if self.at(at) == Some(b'.') && self.at(at + 1).is_some_and(|c| c.is_ascii_digit()) {
            is_float = true;
            at = self.digits(at + 2);
        }
        if let Some(b'e' | b'E') = self.at(at) {
            let sign = usize::from(matches!(self.at(at + 1), Some(b'+' | b'-')));
            let digits = at + 1 + sign;
            let end = self.digits(digits);
            if end > digits {
                is_float = true;
                at = end;
            }
        }
        let written = self.units.get(start..at).unwrap_or_default();
        let hook = if is_float { &self.scanner.parse_float } else { &self.scanner.parse_int };
        let own = if is_float { FLOAT.get() } else { INT.get() };
        if !own.is_value(hook) {
            let text = storage::slice(vm, self.text, start, at)?.into_value();
            return Ok((vm.call(hook, &[text])?, at));
        }
        if !is_float && written.len() <= 18 {
            return Ok((int::from_i64(vm, small_number(written)), at));
        }
        let ascii: String =
            written.iter().filter_map(|unit| char::from_u32(unit.point())).collect();
        if is_float {
            let number = base::float::parse::parse(&ascii).unwrap_or(f64::NAN);
            return Ok((float_::new(vm, number), at));
        }
        Ok((int::convert::to_int(vm, &PyStr::try_new(vm, &ascii)?.into_value())?, at))
    }

    /// A key, the same object as an equal key before.
    fn key(&mut self, at: usize) -> PyResult<(Value, usize)> {
        let end = strings::run_end(self.units, at);
        let units = self.units.get(at..end).unwrap_or_default();
        let place = units
            .iter()
            .fold(units.len(), |sum, unit| sum.wrapping_mul(31) ^ unit.point() as usize)
            & (KEYS - 1);
        let is_plain = self.at(end) == Some(b'"');
        if is_plain && let Some(Some(known)) = self.keys.get(place) {
            let same = with_characters!(characters(known), text => {
                text.len() == units.len()
                    && text.iter().zip(units).all(|(a, b)| a.point() == b.point())
            });
            if same {
                return Ok((known.to_value(), end + 1));
            }
        }
        let strict = self.scanner.strict.0;
        let (string, next) = strings::scan_units(self.vm, self.text, self.units, at, strict)?;
        let memo = self.memo.get_or_insert_with(|| PyDict::new_ref(self.vm));
        let key = string.into_value();
        let (key, _) = memo.set_default(self.vm, &key, &key)?;
        if is_plain && let Some(kept) = key.downcast::<PyStr>() {
            if self.keys.is_empty() {
                self.keys.resize(KEYS, None);
            }
            if let Some(slot) = self.keys.get_mut(place) {
                *slot = Some(kept.to_ref());
            }
        }
        Ok((key, next))
    }

    fn object(&mut self, start: usize) -> PyResult<(Value, usize)> {
        let vm = self.vm;
        let scanner = self.scanner;
        let pairs = (!scanner.object_pairs_hook.is_none()).then(|| PyList::new_ref(vm, Vec::new()));
        let object = PyDict::new_ref(vm);
        let mut at = self.skip_space(start);
        if self.at(at) != Some(b'}') {
            loop {
                vm.poll()?;
                if self.at(at) != Some(b'"') {
                    let message = "Expecting property name enclosed in double quotes";
                    return Err(self.error(message, at));
                }
                let (key, next) = self.key(at + 1)?;
                at = self.skip_space(next);
                if self.at(at) != Some(b':') {
                    return Err(self.error("Expecting ':' delimiter", at));
                }
                let (value, next) = self.once(self.skip_space(at + 1))?;
                match &pairs {
                    Some(pairs) => pairs.push(vm, PyTuple::pair(vm, key, value)?.into_value())?,
                    None => object.set(vm, &key, value)?,
                }
                at = self.skip_space(next);
                match self.at(at) {
                    Some(b'}') => break,
                    Some(b',') => {}
                    _ => return Err(self.error("Expecting ',' delimiter", at)),
                }
                let comma = at;
                at = self.skip_space(at + 1);
                if self.at(at) == Some(b'}') {
                    let message = "Illegal trailing comma before end of object";
                    return Err(self.error(message, comma));
                }
            }
        }
        let value = match pairs {
            Some(pairs) => vm.call(&scanner.object_pairs_hook, &[pairs.into_value()])?,
            None if scanner.object_hook.is_none() => object.into_value(),
            None => vm.call(&scanner.object_hook, &[object.into_value()])?,
        };
        Ok((value, at + 1))
    }

    fn array(&mut self, start: usize) -> PyResult<(Value, usize)> {
        let vm = self.vm;
        let mut items = Vec::new();
        let mut at = self.skip_space(start);
        if self.at(at) != Some(b']') {
            loop {
                vm.poll()?;
                let (value, next) = self.once(at)?;
                if items.try_reserve(1).is_err() {
                    return Err(vm.memory_error());
                }
                items.push(value);
                at = self.skip_space(next);
                match self.at(at) {
                    Some(b']') => break,
                    Some(b',') => {}
                    _ => return Err(self.error("Expecting ',' delimiter", at)),
                }
                let comma = at;
                at = self.skip_space(at + 1);
                if self.at(at) == Some(b']') {
                    let message = "Illegal trailing comma before end of array";
                    return Err(self.error(message, comma));
                }
            }
        }
        Ok((PyList::try_new_value(vm, items)?, at + 1))
    }
}

/// A number of few digits.
fn small_number<T: Unit>(written: &[T]) -> i64 {
    let digits = written.iter().map(|unit| unit.point()).filter(|&point| point != 0x2d);
    let magnitude = digits.fold(0, |value: i64, point| value * 10 + (i64::from(point) - 0x30));
    if written.first().is_some_and(|unit| unit.point() == 0x2d) { -magnitude } else { magnitude }
}
