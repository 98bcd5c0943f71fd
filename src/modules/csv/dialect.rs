//! Dialects: which characters mean what.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::gc::{Traverse, Visitor};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::int;
use objects::types::str::{PyStr, storage};
use objects::{getset, methods, payload};

/// Which fields are quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    Minimal = 0,
    All = 1,
    NonNumeric = 2,
    None = 3,
    Strings = 4,
    NotNull = 5,
}

/// All of them, with the names of their constants.
pub(super) const QUOTINGS: [(Quoting, &str); 6] = [
    (Quoting::Minimal, "QUOTE_MINIMAL"),
    (Quoting::All, "QUOTE_ALL"),
    (Quoting::NonNumeric, "QUOTE_NONNUMERIC"),
    (Quoting::None, "QUOTE_NONE"),
    (Quoting::Strings, "QUOTE_STRINGS"),
    (Quoting::NotNull, "QUOTE_NOTNULL"),
];

/// What a dialect says.
#[derive(Clone)]
pub(super) struct Rules {
    pub(super) delimiter: u32,
    pub(super) doublequote: bool,
    pub(super) escapechar: Option<u32>,
    pub(super) quotechar: Option<u32>,
    pub(super) quoting: Quoting,
    pub(super) skipinitialspace: bool,
    pub(super) strict: bool,
    pub(super) lineterminator: Vec<u32>,
}

impl Traverse for Rules {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a dialect.
    pub(super) struct PyDialect: DIALECT {
        pub(super) rules: Rules,
    }
}

/// `_csv.Dialect`
pub(super) static DIALECT: StaticType = StaticType::new::<PyDialect>();

/// The spec of `_csv.Dialect`.
pub(super) const DIALECT_SPEC: TypeSpec = TypeSpec {
    name: "_csv.Dialect",
    doc: Some("CSV dialect\n\nThe Dialect type records CSV parsing and generation options.\n"),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::New(dialect_new)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// raises an exception to avoid pickling
    ["__reduce__"] "" Positional(refuse_pickling);
    /// raises an exception to avoid pickling
    ["__reduce_ex__"] "" Positional(refuse_pickling);
}

getset! { GETSET:
    member ["skipinitialspace"] get_skipinitialspace;
    member ["doublequote"] get_doublequote;
    member ["strict"] get_strict;
    ["delimiter"] get_delimiter;
    ["escapechar"] get_escapechar;
    ["lineterminator"] get_lineterminator;
    ["quotechar"] get_quotechar;
    ["quoting"] get_quoting;
}

fn refuse_pickling(vm: Vm<'_>, value: &Value, _args: &[Value]) -> PyResult<Value> {
    let name = value.class().name();
    let name = name.rsplit('.').next().unwrap_or_default();
    Err(vm.type_error(format!("cannot pickle '{name}' instances")))
}

fn rules(value: &Value) -> &Rules {
    &value.receiver::<PyDialect>().rules
}

fn character(vm: Vm<'_>, point: Option<u32>) -> PyResult<Value> {
    Ok(match point {
        Some(point) => storage::from_point(vm, point)?.into_value(),
        None => Value::NONE,
    })
}

fn get_skipinitialspace(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(rules(value).skipinitialspace))
}

fn get_doublequote(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(rules(value).doublequote))
}

fn get_strict(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(rules(value).strict))
}

fn get_delimiter(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    character(vm, Some(rules(value).delimiter))
}

fn get_escapechar(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    character(vm, rules(value).escapechar)
}

fn get_quotechar(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    character(vm, rules(value).quotechar)
}

fn get_lineterminator(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let class = objects::types::str::STR.get();
    Ok(storage::from_code_points(vm, class, &rules(value).lineterminator)?.into_value())
}

fn get_quoting(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(rules(value).quoting as i64))
}

/// The names of the parameters, in the order of the constructor.
const NAMES: [&str; 9] = [
    "dialect",
    "delimiter",
    "doublequote",
    "escapechar",
    "lineterminator",
    "quotechar",
    "quoting",
    "skipinitialspace",
    "strict",
];

type Given = [Option<Value>; 9];

fn put_keywords(vm: Vm<'_>, given: &mut Given, args: Args<'_>) -> PyResult<()> {
    for (name, value) in args.keywords() {
        let text = vm.str(name)?.to_rust_string();
        let place = NAMES.iter().position(|known| *known == text);
        match place.and_then(|place| given.get_mut(place)) {
            Some(slot) if slot.is_none() => *slot = Some(value.clone()),
            Some(_) => {
                let place = place.unwrap_or(0) + 1;
                return Err(vm.type_error(format!(
                    "argument for function given by name ('{text}') and position ({place})"
                )));
            }
            None => {
                return Err(vm.unexpected_keyword("this function", &text, NAMES));
            }
        }
    }
    Ok(())
}

fn dialect_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let mut given = Given::default();
    let positional = args.positional();
    if positional.len() > given.len() {
        return Err(vm.type_error(format!(
            "function takes at most 9 arguments ({} given)",
            args.all().len()
        )));
    }
    for (slot, value) in given.iter_mut().zip(positional) {
        *slot = Some(value.clone());
    }
    put_keywords(vm, &mut given, args)?;
    of_given(vm, class, given)
}

/// The dialect of a reader or writer: `dialect`, changed by the keywords of the call.
pub(super) fn make(vm: Vm<'_>, dialect: Option<&Value>, args: Args<'_>) -> PyResult<Value> {
    let mut given = Given::default();
    given[0] = dialect.cloned();
    put_keywords(vm, &mut given, args)?;
    of_given(vm, DIALECT.get(), given)
}

fn of_given(vm: Vm<'_>, class: &Py<PyType>, mut given: Given) -> PyResult<Value> {
    if let Some(base) = given[0].take().filter(|base| !base.is_none()) {
        let base =
            if base.downcast::<PyStr>().is_some() { super::registered(vm, &base)? } else { base };
        if base.downcast::<PyDialect>().is_some() && given.iter().all(Option::is_none) {
            return Ok(base);
        }
        for (slot, name) in given.iter_mut().zip(NAMES).skip(1) {
            if slot.is_none() {
                *slot = vm.get_attr_opt(&base, &vm.intern(name))?;
            }
        }
    }
    let rules = read(vm, &given)?;
    check(vm, &rules)?;
    Ok(PyRef::try_new_of(vm, class, PyDialect { rules })?.into_value())
}

fn read(vm: Vm<'_>, given: &Given) -> PyResult<Rules> {
    let [
        _,
        delimiter,
        doublequote,
        escapechar,
        lineterminator,
        quotechar,
        quoting,
        skipinitialspace,
        strict,
    ] = given;
    let flag = |value: &Option<Value>, default: bool| match value {
        Some(value) => vm.is_true(value),
        None => Ok(default),
    };
    let delimiter = match delimiter {
        Some(value) => one_character(vm, "delimiter", "", value)?,
        None => u32::from(','),
    };
    let doublequote = flag(doublequote, true)?;
    let optional = |name: &str, value: &Option<Value>, default: Option<u32>| match value {
        Some(value) if value.is_none() => Ok(None),
        Some(value) => one_character(vm, name, " or None", value).map(Some),
        None => Ok(default),
    };
    let escapechar = optional("escapechar", escapechar, None)?;
    let lineterminator = match lineterminator {
        None => vec![u32::from('\r'), u32::from('\n')],
        Some(value) => match value.downcast::<PyStr>() {
            Some(text) => storage::point_vec(vm, text)?,
            None => {
                return Err(vm.type_error(format!(
                    "\"lineterminator\" must be a string, not {}",
                    value.class().name()
                )));
            }
        },
    };
    let quote = optional("quotechar", quotechar, Some(u32::from('"')))?;
    let quoting = match quoting {
        Some(value) => quoting_of(vm, value)?,
        // Without a character to quote with, nothing is quoted.
        None if quotechar.as_ref().is_some_and(Value::is_none) => Quoting::None,
        None => Quoting::Minimal,
    };
    Ok(Rules {
        delimiter,
        doublequote,
        escapechar,
        quotechar: quote,
        quoting,
        skipinitialspace: flag(skipinitialspace, false)?,
        strict: flag(strict, false)?,
        lineterminator,
    })
}

fn one_character(vm: Vm<'_>, name: &str, or: &str, value: &Value) -> PyResult<u32> {
    let what = match value.downcast::<PyStr>() {
        Some(text) => match storage::char_at(text, 0).filter(|_| text.len() == 1) {
            Some(point) => return Ok(point),
            None => format!("a string of length {}", text.len()),
        },
        None => value.class().name(),
    };
    Err(vm.type_error(format!("\"{name}\" must be a unicode character{or}, not {what}")))
}

fn quoting_of(vm: Vm<'_>, value: &Value) -> PyResult<Quoting> {
    if !int::number::is_exact_int(value) {
        return Err(
            vm.type_error(format!("\"quoting\" must be an integer, not {}", value.class().name()))
        );
    }
    let number = number::as_i32(vm, value)?;
    let known = QUOTINGS.iter().find(|(quoting, _)| *quoting as i32 == number);
    known.map(|(quoting, _)| *quoting).ok_or_else(|| vm.type_error("bad \"quoting\" value"))
}

/// Characters with two meanings, or of a meaning that they cannot have.
fn check(vm: Vm<'_>, rules: &Rules) -> PyResult<()> {
    if rules.quoting != Quoting::None && rules.quotechar.is_none() {
        return Err(vm.type_error("quotechar must be set if quoting enabled"));
    }
    let space_too = !rules.skipinitialspace;
    let named = [
        ("delimiter", Some(rules.delimiter), true),
        ("escapechar", rules.escapechar, space_too),
        ("quotechar", rules.quotechar, space_too),
    ];
    for (name, point, space_allowed) in named {
        let Some(point) = point else { continue };
        let is_space = point == u32::from(' ') && !space_allowed;
        if point == u32::from('\r') || point == u32::from('\n') || is_space {
            return Err(vm.value_error(format!("bad {name} value")));
        }
        if rules.lineterminator.contains(&point) {
            return Err(vm.value_error(format!("bad {name} or lineterminator value")));
        }
    }
    for (nth, (name, point, _)) in named.iter().enumerate() {
        for (other_name, other, _) in named.iter().skip(nth + 1) {
            if point.is_some() && point == other {
                return Err(vm.value_error(format!("bad {name} or {other_name} value")));
            }
        }
    }
    Ok(())
}
