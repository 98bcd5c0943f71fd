//! Exceptions with a few fields of their own, and the rows by which a class names its fields.

use super::base::{exception_str, no_keywords, payload_of, reduce_with, set_arguments};
use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::slots::Slot;
use crate::core::type_object::StaticType;
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::dict::PyDict;
use crate::types::tuple::PyTuple;
use crate::{getset, methods};

/// The most fields that a class has: `SyntaxError`'s nine.
pub(super) const FIELDS_MAX: usize = 9;

const EXCEPTION_FLAGS: u64 = spec_flags::BASETYPE | spec_flags::BASE_EXC_SUBCLASS;

/// `AttributeError`
pub static ATTRIBUTE_ERROR: StaticType = StaticType::inheriting();
/// `NameError`
pub static NAME_ERROR: StaticType = StaticType::inheriting();
/// `ImportError`
pub static IMPORT_ERROR: StaticType = StaticType::inheriting();
/// `StopIteration`
pub static STOP_ITERATION: StaticType = StaticType::inheriting();
/// `SystemExit`
pub static SYSTEM_EXIT: StaticType = StaticType::inheriting();
/// `KeyError`
pub static KEY_ERROR: StaticType = StaticType::inheriting();

/// Reads field `N`; `None` when it is unset.
pub(super) fn get<const N: usize>(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(payload_of(this).field(N).unwrap_or(Value::NONE))
}

/// Writes or unsets field `N`.
pub(super) fn set<const N: usize>(
    _vm: Vm<'_>,
    this: &Value,
    value: Option<&Value>,
) -> PyResult<()> {
    payload_of(this).set_field(N, value.cloned());
    Ok(())
}

/// The fields of the classes in this file, by number.
pub mod number {
    /// `StopIteration.value`, `SystemExit.code`
    pub const VALUE: usize = 0;
    /// `AttributeError.name`, `NameError.name`, `ImportError.name`
    pub const NAME: usize = 1;
    /// `AttributeError.obj`
    pub const OBJ: usize = 2;
    /// `ImportError.msg`
    pub const MSG: usize = 0;
    /// `ImportError.path`
    pub const PATH: usize = 2;
    /// `ImportError.name_from`
    pub const NAME_FROM: usize = 3;
}

use number::{MSG, NAME, NAME_FROM, OBJ, PATH, VALUE};

/// Keyword arguments that a class takes into fields; any other is refused in CPython's words.
fn take_keywords(
    vm: Vm<'_>,
    class: &str,
    this: &Value,
    args: Args<'_>,
    fields: &[(&str, usize)],
) -> PyResult<()> {
    for (name, value) in args.keywords() {
        let found =
            fields.iter().find(|(known, _)| crate::types::str::value_is(name, known)).copied();
        let Some((_, index)) = found else {
            let name = vm.str(name)?.to_rust_string();
            let known = fields.iter().map(|(known, _)| known);
            return Err(vm.unexpected_keyword(&format!("{class}()"), &name, known));
        };
        payload_of(this).set_field(index, Some(value.clone()));
    }
    Ok(())
}

/// The spec of `StopIteration`.
pub const STOP_ITERATION_SPEC: TypeSpec = TypeSpec {
    name: "StopIteration",
    doc: Some("Signal the end from iterator.__next__()."),
    base: Some(&super::hierarchy::EXCEPTION),
    flags: EXCEPTION_FLAGS,
    slots: &[Slot::Init(value_init)],
    getset: STOP_ITERATION_GETSET,
    ..TypeSpec::DEFAULT
};

getset! { STOP_ITERATION_GETSET:
    /// generator return value
    member ["value"] get::<VALUE>, set::<VALUE>;
}

fn value_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    no_keywords(vm, this, args)?;
    set_arguments(vm, this, args)?;
    payload_of(this).set_field(VALUE, args.positional().first().cloned());
    Ok(())
}

/// The spec of `SystemExit`.
pub const SYSTEM_EXIT_SPEC: TypeSpec = TypeSpec {
    name: "SystemExit",
    doc: Some("Request to exit from the interpreter."),
    base: Some(&super::base::BASE_EXCEPTION),
    flags: EXCEPTION_FLAGS,
    slots: &[Slot::Init(exit_init)],
    getset: SYSTEM_EXIT_GETSET,
    ..TypeSpec::DEFAULT
};

getset! { SYSTEM_EXIT_GETSET:
    /// exception code
    member ["code"] get::<VALUE>, set::<VALUE>;
}

fn exit_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    no_keywords(vm, this, args)?;
    set_arguments(vm, this, args)?;
    let code = match args.positional() {
        [] => None,
        [only] => Some(only.clone()),
        several => Some(PyTuple::new_value(vm, several)),
    };
    payload_of(this).set_field(VALUE, code);
    Ok(())
}

/// The spec of `KeyError`.
pub const KEY_ERROR_SPEC: TypeSpec = TypeSpec {
    name: "KeyError",
    doc: Some("Mapping key not found."),
    base: Some(&super::hierarchy::LOOKUP_ERROR),
    flags: EXCEPTION_FLAGS,
    slots: &[Slot::Str(key_error_str)],
    ..TypeSpec::DEFAULT
};

/// A key alone is shown by its repr: `KeyError('')` would say nothing otherwise.
fn key_error_str(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let args = payload_of(this).args_tuple(vm);
    match args.items() {
        [only] => Ok(vm.repr(only)?.into_value()),
        _ => exception_str(vm, this),
    }
}

/// The spec of `AttributeError`.
pub const ATTRIBUTE_ERROR_SPEC: TypeSpec = TypeSpec {
    name: "AttributeError",
    doc: Some("Attribute not found."),
    base: Some(&super::hierarchy::EXCEPTION),
    flags: EXCEPTION_FLAGS,
    slots: &[Slot::Init(attribute_error_init)],
    methods: ATTRIBUTE_ERROR_METHODS,
    getset: ATTRIBUTE_ERROR_GETSET,
    ..TypeSpec::DEFAULT
};

getset! { ATTRIBUTE_ERROR_GETSET:
    /// attribute name
    member ["name"] get::<NAME>, set::<NAME>;
    /// object
    member ["obj"] get::<OBJ>, set::<OBJ>;
}

methods! { ATTRIBUTE_ERROR_METHODS:
    ["__getstate__"] "($self, /)" None(attribute_error_getstate);
    ["__reduce__"] "($self, /)" None(attribute_error_reduce);
}

fn attribute_error_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    set_arguments(vm, this, args)?;
    payload_of(this).set_field(NAME, None);
    payload_of(this).set_field(OBJ, None);
    take_keywords(vm, "AttributeError", this, args, &[("name", NAME), ("obj", OBJ)])
}

/// The state for pickling: the name goes along, the object does not.
fn attribute_error_getstate(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let state = PyDict::new_ref(vm);
    for name in crate::core::attribute::own_names(this) {
        if let Some(value) = vm.get_attr_opt(this, &name)? {
            drop(state.set_str(&name, value));
        }
    }
    for (field, index) in [("name", NAME)] {
        if let Some(value) = payload_of(this).field(index) {
            drop(state.set_str(&vm.intern(field), value));
        }
    }
    drop(state.set_str(&vm.intern("args"), payload_of(this).args_tuple(vm).into_value()));
    Ok(state.into_value())
}

fn attribute_error_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let state = attribute_error_getstate(vm, this)?;
    let args = payload_of(this).args_tuple(vm).into_value();
    Ok(PyTuple::new_value(vm, &[this.class().to_value(), args, state]))
}

/// The spec of `NameError`.
pub const NAME_ERROR_SPEC: TypeSpec = TypeSpec {
    name: "NameError",
    doc: Some("Name not found globally."),
    base: Some(&super::hierarchy::EXCEPTION),
    flags: EXCEPTION_FLAGS,
    slots: &[Slot::Init(name_error_init)],
    getset: NAME_ERROR_GETSET,
    ..TypeSpec::DEFAULT
};

getset! { NAME_ERROR_GETSET:
    /// name
    member ["name"] get::<NAME>, set::<NAME>;
}

fn name_error_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    set_arguments(vm, this, args)?;
    payload_of(this).set_field(NAME, None);
    take_keywords(vm, "NameError", this, args, &[("name", NAME)])
}

/// The spec of `ImportError`.
pub const IMPORT_ERROR_SPEC: TypeSpec = TypeSpec {
    name: "ImportError",
    doc: Some("Import can't find module, or can't find name in module."),
    base: Some(&super::hierarchy::EXCEPTION),
    flags: EXCEPTION_FLAGS,
    slots: &[Slot::Init(import_error_init), Slot::Str(import_error_str)],
    methods: IMPORT_ERROR_METHODS,
    getset: IMPORT_ERROR_GETSET,
    ..TypeSpec::DEFAULT
};

getset! { IMPORT_ERROR_GETSET:
    /// exception message
    member ["msg"] get::<MSG>, set::<MSG>;
    /// module name
    member ["name"] get::<NAME>, set::<NAME>;
    /// name imported from module
    member ["name_from"] get::<NAME_FROM>, set::<NAME_FROM>;
    /// module path
    member ["path"] get::<PATH>, set::<PATH>;
}

methods! { IMPORT_ERROR_METHODS:
    ["__reduce__"] "($self, /)" None(import_error_reduce);
}

fn import_error_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    set_arguments(vm, this, args)?;
    for field in [MSG, NAME, PATH, NAME_FROM] {
        payload_of(this).set_field(field, None);
    }
    let fields = [("name", NAME), ("path", PATH), ("name_from", NAME_FROM)];
    take_keywords(vm, "ImportError", this, args, &fields)?;
    if let [only] = args.positional() {
        payload_of(this).set_field(MSG, Some(only.clone()));
    }
    Ok(())
}

fn import_error_str(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    match payload_of(this).field(MSG) {
        Some(message) if message.is_exact(crate::types::str::STR.get()) => Ok(message),
        _ => exception_str(vm, this),
    }
}

fn import_error_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let args = payload_of(this).args_tuple(vm).into_value();
    let state = PyDict::new_ref(vm);
    for name in crate::core::attribute::own_names(this) {
        if let Some(value) = vm.get_attr_opt(this, &name)? {
            drop(state.set_str(&name, value));
        }
    }
    for (field, index) in [("name", NAME), ("path", PATH), ("name_from", NAME_FROM)] {
        if let Some(value) = payload_of(this).field(index) {
            drop(state.set_str(&vm.intern(field), value));
        }
    }
    if state.is_empty() {
        return reduce_with(vm, this, args);
    }
    Ok(PyTuple::new_value(vm, &[this.class().to_value(), args, state.into_value()]))
}

/// The text of a str field for a message; `?` where it is none.
pub(super) fn text(vm: Vm<'_>, value: Option<&Value>) -> PyResult<String> {
    match value {
        None => Ok("None".to_owned()),
        Some(value) => Ok(vm.str(value)?.to_rust_string()),
    }
}
