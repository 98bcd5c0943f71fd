//! `BaseException`: its payload, what every exception can do, and the numbered fields of the classes that have some.

use std::cell::Cell;

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::gil_cell::HotCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::Slot;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::dict::PyDict;
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::types::traceback::PyTraceback;
use crate::types::tuple::PyTuple;
use crate::{getset, methods, payload};

/// Values of the fields that a class's own rows name by number; None reads as `None`.
pub type Fields = Option<Box<[Option<Value>]>>;

impl crate::core::gc::TakeReferences for Fields {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        for field in self.iter_mut().flatten() {
            dead.extend(field.take());
        }
    }
}

payload! {
    /// The payload of an exception, of every class.
    pub struct PyBaseException: BASE_EXCEPTION, gc {
        /// `args`
        pub args: HotCell<Option<PyRef<PyTuple>>>,
        /// `__traceback__`
        pub traceback: HotCell<Option<Value>>,
        /// `__context__`
        pub context: HotCell<Option<Value>>,
        /// `__cause__`
        pub cause: HotCell<Option<Value>>,
        /// `__suppress_context__`
        pub suppress_context: Cell<bool>,
        /// The fields of the class's own.
        pub fields: HotCell<Fields>,
    }
}

/// `BaseException`
pub static BASE_EXCEPTION: StaticType = StaticType::new::<PyBaseException>();

/// The spec of `BaseException`.
pub const BASE_EXCEPTION_SPEC: TypeSpec = TypeSpec {
    name: "BaseException",
    doc: Some("Common base class for all exceptions."),
    flags: spec_flags::BASETYPE | spec_flags::BASE_EXC_SUBCLASS | spec_flags::HAS_DICT,
    slots: &[
        Slot::New(exception_new),
        Slot::Init(exception_init),
        Slot::Repr(exception_repr),
        Slot::Str(exception_str),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Helper for pickle.
    ["__reduce__"] "($self, /)" None(exception_reduce);
    ["__setstate__"] "($self, state, /)" One(exception_setstate);
    /// Set self.__traceback__ to tb and return self.
    ["with_traceback"] "($self, tb, /)" One(exception_with_traceback);
    /// Add a note to the exception
    ["add_note"] "($self, note, /)" One(exception_add_note);
}

getset! { GETSET:
    ["args"] get_args, set_args;
    ["__traceback__"] get_traceback, set_traceback;
    /// exception context
    ["__context__"] get_context, set_context_attribute;
    /// exception cause
    ["__cause__"] get_cause, set_cause;
    member ["__suppress_context__"] get_suppress_context, set_suppress_context;
}

impl PyBaseException {
    fn with_args(args: PyRef<PyTuple>) -> Self {
        Self {
            args: HotCell::new(Some(args)),
            traceback: HotCell::default(),
            context: HotCell::default(),
            cause: HotCell::default(),
            suppress_context: Cell::new(false),
            fields: HotCell::default(),
        }
    }

    /// Field `index`, if it is set.
    #[must_use]
    pub fn field(&self, index: usize) -> Option<Value> {
        self.fields.with(|fields| fields.as_ref()?.get(index)?.clone())
    }

    /// Sets or unsets field `index`.
    pub fn set_field(&self, index: usize, value: Option<Value>) {
        let old = self.fields.with_mut(|fields| {
            let places = fields
                .get_or_insert_with(|| (0..super::fields::FIELDS_MAX).map(|_| None).collect());
            places.get_mut(index).and_then(|place| std::mem::replace(place, value))
        });
        drop(old);
    }

    /// `args` as a tuple.
    #[must_use]
    pub fn args_tuple(&self, vm: Vm<'_>) -> PyRef<PyTuple> {
        self.args.get().unwrap_or_else(|| PyTuple::new_ref(vm, &[]))
    }
}

/// An instance of `class` with these arguments: `BaseException.__new__`.
pub(super) fn instance(vm: Vm<'_>, class: &Py<PyType>, args: &[Value]) -> Value {
    PyRef::new_of(vm, class, PyBaseException::with_args(PyTuple::new_ref(vm, args))).into_value()
}

/// The payload of an exception instance.
///
/// # Panics
/// When the value is no exception: the callers have checked.
#[must_use]
pub fn payload_of(value: &Value) -> &Py<PyBaseException> {
    value.receiver::<PyBaseException>()
}

/// `BaseException.__new__`
pub(super) fn exception_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let tuple = PyTuple::try_new(vm, args.positional())?;
    Ok(PyRef::try_new_of(vm, class, PyBaseException::with_args(tuple))?.into_value())
}

/// `BaseException.__init__`: the arguments become `args`.
pub(super) fn exception_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    no_keywords(vm, this, args)?;
    set_arguments(vm, this, args)
}

/// Stores the positional arguments as `args`.
pub(super) fn set_arguments(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    let tuple = PyTuple::try_new(vm, args.positional())?;
    payload_of(this).args.set(Some(tuple));
    Ok(())
}

/// Refuses keywords in CPython's words (`_PyArg_NoKeywords`).
pub(super) fn no_keywords(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    if args.keyword_count() == 0 {
        return Ok(());
    }
    Err(vm.type_error(format!("{}() takes no keyword arguments", this.class().name())))
}

fn exception_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let args = payload_of(this).args_tuple(vm);
    let name = super::short_name(this.class());
    let inner = match args.items() {
        [only] => format!("({})", vm.repr(only)?.to_rust_string()),
        _ => vm.repr(&args.to_value())?.to_rust_string(),
    };
    Ok(PyStr::try_new(vm, &format!("{name}{inner}"))?.into_value())
}

/// `BaseException.__str__`
pub(super) fn exception_str(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let args = payload_of(this).args_tuple(vm);
    match args.items() {
        [] => Ok(PyStr::new_value(vm, "")),
        [only] => Ok(vm.str(only)?.into_value()),
        _ => Ok(vm.str(&args.to_value())?.into_value()),
    }
}

/// `__reduce__`: the class, its arguments, and the instance's dictionary where there is one.
pub(super) fn exception_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let args = payload_of(this).args_tuple(vm).into_value();
    reduce_with(vm, this, args)
}

/// `__reduce__` with other arguments.
pub(super) fn reduce_with(vm: Vm<'_>, this: &Value, args: Value) -> PyResult<Value> {
    let class = this.class().to_value();
    let dict = this.as_object().and_then(crate::core::extension::dict);
    Ok(match dict {
        Some(dict) => PyTuple::new_value(vm, &[class, args, dict.into_value()]),
        None => {
            let names = crate::core::attribute::own_names(this);
            if names.is_empty() {
                PyTuple::new_value(vm, &[class, args])
            } else {
                let dict = vm.get_attr(this, &vm.names().__dict__)?;
                PyTuple::new_value(vm, &[class, args, dict])
            }
        }
    })
}

fn exception_setstate(vm: Vm<'_>, this: &Value, state: &Value) -> PyResult<Value> {
    if state.is_none() {
        return Ok(Value::NONE);
    }
    let Some(dict) = state.downcast::<PyDict>() else {
        return Err(vm.type_error("state is not a dictionary"));
    };
    for (key, value) in dict.items_vec() {
        if let Some(name) = key.downcast::<PyStr>() {
            vm.set_attr(this, name, Some(&value))?;
        }
    }
    Ok(Value::NONE)
}

fn exception_with_traceback(vm: Vm<'_>, this: &Value, traceback: &Value) -> PyResult<Value> {
    set_traceback(vm, this, Some(traceback))?;
    Ok(this.clone())
}

fn exception_add_note(vm: Vm<'_>, this: &Value, note: &Value) -> PyResult<Value> {
    if note.downcast::<PyStr>().is_none() {
        return Err(
            vm.type_error(format!("add_note() argument must be str, not {}", note.class().name()))
        );
    }
    let name = &vm.names().__notes__;
    let notes = match vm.get_attr_opt(this, name)? {
        Some(notes) => notes,
        None => {
            let list = PyList::new_value(vm, Vec::new());
            vm.set_attr(this, name, Some(&list))?;
            list
        }
    };
    let Some(list) = notes.downcast::<PyList>() else {
        return Err(vm.type_error("Cannot add note: __notes__ is not a list"));
    };
    list.push(vm, note.clone())?;
    Ok(Value::NONE)
}

fn or_none(value: Option<Value>) -> Value {
    value.unwrap_or(Value::NONE)
}

fn get_args(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(payload_of(this).args_tuple(vm).into_value())
}

fn set_args(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let Some(value) = value else {
        return Err(vm.type_error("args may not be deleted"));
    };
    let items = vm.collect(value)?;
    let tuple = PyTuple::try_from_vec(vm, items)?;
    payload_of(this).args.set(Some(tuple));
    Ok(())
}

fn get_traceback(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(or_none(payload_of(this).traceback.get()))
}

fn set_traceback(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let Some(value) = value else {
        return Err(vm.type_error("__traceback__ may not be deleted"));
    };
    if !value.is_none() && value.downcast::<PyTraceback>().is_none() {
        return Err(vm.type_error("__traceback__ must be a traceback or None"));
    }
    payload_of(this).traceback.set(Some(value.clone()).filter(|value| !value.is_none()));
    Ok(())
}

fn get_context(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(or_none(payload_of(this).context.get()))
}

fn set_context_attribute(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let linked = linked_exception(vm, value, "__context__", "exception context")?;
    payload_of(this).context.set(linked);
    Ok(())
}

fn get_cause(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(or_none(payload_of(this).cause.get()))
}

fn set_cause(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let linked = linked_exception(vm, value, "__cause__", "exception cause")?;
    let payload = payload_of(this);
    payload.cause.set(linked);
    payload.suppress_context.set(true);
    Ok(())
}

fn linked_exception(
    vm: Vm<'_>,
    value: Option<&Value>,
    attribute: &str,
    what: &str,
) -> PyResult<Option<Value>> {
    match value {
        None => Err(vm.type_error(format!("{attribute} may not be deleted"))),
        Some(value) if value.is_none() => Ok(None),
        Some(value) if super::is_exception(value) => Ok(Some(value.clone())),
        Some(_) => Err(vm.type_error(format!("{what} must be None or derive from BaseException"))),
    }
}

fn get_suppress_context(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(payload_of(this).suppress_context.get()))
}

fn set_suppress_context(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    match value {
        None => Err(vm.type_error("can't delete numeric/char attribute")),
        Some(value) => match value.as_bool() {
            Some(flag) => {
                payload_of(this).suppress_context.set(flag);
                Ok(())
            }
            None => Err(vm.type_error("attribute value type must be bool")),
        },
    }
}
