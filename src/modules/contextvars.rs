//! `_contextvars`: contexts, their variables, and tokens.
//!
//! A context is a dict from variables to values. Copies of a context share it, and what views and iterators show stays as it
//! was: a dict that anyone else knows is copied before it is changed.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use objects::core::args::{Args, Bound};
use objects::core::errors::{PyResult, Raised};
use objects::core::gil_cell::{GilCell, HotCell};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::{CompareOp, Slot};
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::compare::hash_not_implemented;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::str::PyStr;
use objects::types::{generic_alias, module};
use objects::{getset, methods, payload};

use crate::NativeModule;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_contextvars",
    doc: Some("Context Variables"),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    ["copy_context"] "($module, /)" None(copy_context);
}

payload! {
    /// The payload of a context.
    pub struct PyContext: CONTEXT, gc {
        /// None where nothing was ever set.
        values: HotCell<Option<PyRef<PyDict>>>,
        previous: GilCell<Option<Value>>,
        entered: Cell<bool>,
    }
}

payload! {
    /// The payload of a variable.
    pub struct PyContextVar: CONTEXT_VAR, gc {
        name: Value,
        default: Option<Value>,
    }
}

payload! {
    /// The payload of a token.
    pub struct PyToken: TOKEN, gc {
        context: Value,
        variable: Value,
        old: Option<Value>,
        used: Cell<bool>,
    }
}

/// `_contextvars.Context`
pub static CONTEXT: StaticType = StaticType::new::<PyContext>();
/// `_contextvars.ContextVar`
pub static CONTEXT_VAR: StaticType = StaticType::new::<PyContextVar>();
/// `_contextvars.Token`
pub static TOKEN: StaticType = StaticType::new::<PyToken>();

const CONTEXT_SPEC: TypeSpec = TypeSpec {
    name: "_contextvars.Context",
    slots: &[
        Slot::New(context_new),
        Slot::MpSubscript(context_item),
        Slot::MpLength(context_length),
        Slot::SqContains(context_contains),
        Slot::Iter(context_iter),
        Slot::Hash(hash_not_implemented),
        Slot::Richcompare(context_compare),
    ],
    methods: CONTEXT_METHODS,
    ..TypeSpec::DEFAULT
};

const CONTEXT_VAR_SPEC: TypeSpec = TypeSpec {
    name: "_contextvars.ContextVar",
    slots: &[Slot::New(variable_new), Slot::Repr(variable_repr)],
    methods: VARIABLE_METHODS,
    getset: VARIABLE_FIELDS,
    ..TypeSpec::DEFAULT
};

const TOKEN_SPEC: TypeSpec = TypeSpec {
    name: "_contextvars.Token",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Repr(token_repr)],
    methods: TOKEN_METHODS,
    getset: TOKEN_FIELDS,
    ..TypeSpec::DEFAULT
};

methods! { CONTEXT_METHODS:
    ["run"] "" Any(context_run);
    /// Return a shallow copy of the context object.
    ["copy"] "($self, /)" None(context_copy);
    /// Return the value for `key` if `key` has the value in the context object.
    ["get"] "($self, key, default=None, /)" Bound(context_get);
    /// Return all variables in the context object.
    ["keys"] "($self, /)" None(context_keys);
    /// Return a list of all variables' values in the context object.
    ["values"] "($self, /)" None(context_values);
    /// Return all variables and their values in the context object.
    ["items"] "($self, /)" None(context_items);
}

methods! { VARIABLE_METHODS:
    /// Return a value for the context variable for the current context.
    ["get"] "($self, default=<unrepresentable>, /)" Bound(variable_get);
    /// Call to set a new value for the context variable in the current context.
    ["set"] "($self, value, /)" One(variable_set);
    /// Reset the context variable.
    ["reset"] "($self, token, /)" One(variable_reset);
    /// See PEP 585
    class ["__class_getitem__"] "($type, object, /)" One(generic_alias::class_getitem);
}

methods! { TOKEN_METHODS:
    /// Enter into Token context manager.
    ["__enter__"] "($self, /)" None(token_enter);
    /// Exit from Token context manager, restore the linked ContextVar.
    ["__exit__"] "($self, type, val, tb, /)" Bound(token_exit);
    /// See PEP 585
    class ["__class_getitem__"] "($type, object, /)" One(generic_alias::class_getitem);
}

getset! { VARIABLE_FIELDS:
    member ["name"] variable_name;
}

getset! { TOKEN_FIELDS:
    ["var"] token_variable;
    ["old_value"] token_old_value;
}

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    for (name, class, spec) in [
        ("Context", &CONTEXT, &CONTEXT_SPEC),
        ("ContextVar", &CONTEXT_VAR, &CONTEXT_VAR_SPEC),
        ("Token", &TOKEN, &TOKEN_SPEC),
    ] {
        objects::types::ready(vm, class, spec)?;
        module::add(vm, target, name, class.get().to_value());
    }
    // `Token.MISSING` is one object of its own.
    let missing = objects::types::namespace::new_value(vm, PyDict::new_ref(vm));
    drop(TOKEN.get().namespace().set_str(&vm.intern("MISSING"), missing));
    Ok(())
}

/// How often a context was made or changed.
static CHANGES: AtomicU64 = AtomicU64::new(0);

/// The thread's context in its present state: while the stamp is the same, so is the value of each variable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamp {
    context: u64,
    changes: u64,
}

/// The stamp of the present.
#[inline]
pub(crate) fn stamp(vm: Vm<'_>) -> Stamp {
    let context = vm.thread().context.with(|context| context.as_ref().map_or(0, Value::bits));
    Stamp { context, changes: CHANGES.load(Ordering::Relaxed) }
}

fn note_change() {
    CHANGES.fetch_add(1, Ordering::Relaxed);
}

fn new_context(vm: Vm<'_>, values: Option<PyRef<PyDict>>) -> Value {
    note_change();
    let values = HotCell::new(values);
    let payload = PyContext { values, previous: GilCell::default(), entered: Cell::new(false) };
    PyRef::new(vm, payload).into_value()
}

/// The thread's context, made when it is first asked for.
fn current(vm: Vm<'_>) -> Value {
    let known = vm.thread().context.with(Clone::clone);
    known.unwrap_or_else(|| {
        let new = new_context(vm, None);
        drop(vm.thread().context.replace(Some(new.clone())));
        new
    })
}

fn copy_context(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    copy_current(vm)
}

/// A copy of the thread's context (`PyContext_CopyCurrent`).
pub(crate) fn copy_current(vm: Vm<'_>) -> PyResult<Value> {
    context_copy(vm, &current(vm))
}

/// Runs `f` in a context (`PyContext_Enter`, `PyContext_Exit`).
pub(crate) fn run_in<R>(
    vm: Vm<'_>,
    context: &Value,
    f: impl FnOnce() -> PyResult<R>,
) -> PyResult<R> {
    let Some(state) = context.downcast::<PyContext>() else {
        return Err(vm.type_error("an instance of Context was expected"));
    };
    if state.entered.get() {
        let text = vm.repr(context)?.to_rust_string();
        return Err(vm.runtime_error(format!("cannot enter context: {text} is already entered")));
    }
    state.entered.set(true);
    let previous = vm.thread().context.replace(Some(context.clone()));
    drop(state.previous.replace(previous));
    let result = f();
    let previous = state.previous.take();
    drop(vm.thread().context.replace(previous));
    state.entered.set(false);
    result
}

fn context_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if !args.all().is_empty() {
        return Err(vm.type_error("Context() does not accept any arguments"));
    }
    Ok(new_context(vm, None))
}

fn context_copy(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(new_context(vm, this.receiver::<PyContext>().values.get()))
}

fn context_run(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let Some((function, rest)) = args.split_first() else {
        return Err(vm.type_error("run() missing 1 required positional argument"));
    };
    run_in(vm, this, || vm.call_with(function, rest))
}

fn not_a_variable(vm: Vm<'_>, key: &Value) -> PyResult<Raised> {
    let text = vm.repr(key)?.to_rust_string();
    Ok(vm.type_error(format!("a ContextVar key was expected, got {text}")))
}

fn lookup(vm: Vm<'_>, this: &Value, key: &Value) -> PyResult<Option<Value>> {
    if key.downcast::<PyContextVar>().is_none() {
        return Err(not_a_variable(vm, key)?);
    }
    match this.receiver::<PyContext>().values.get() {
        Some(values) => values.get(vm, key),
        None => Ok(None),
    }
}

fn context_item(vm: Vm<'_>, this: &Value, key: &Value) -> PyResult<Value> {
    lookup(vm, this, key)?.ok_or_else(|| vm.key_error(key))
}

fn context_contains(vm: Vm<'_>, this: &Value, key: &Value) -> PyResult<bool> {
    Ok(lookup(vm, this, key)?.is_some())
}

fn context_get(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let found = lookup(vm, this, args.required(0))?;
    Ok(found.or_else(|| args.get(1).cloned()).unwrap_or(Value::NONE))
}

fn context_length(_vm: Vm<'_>, this: &Value) -> PyResult<usize> {
    Ok(this.receiver::<PyContext>().values.get().map_or(0, |values| values.len()))
}

/// What a context holds, to be looked at.
fn values_of(vm: Vm<'_>, this: &Value) -> Value {
    let values = this.receiver::<PyContext>().values.get();
    values.unwrap_or_else(|| PyDict::new_ref(vm)).into_value()
}

/// What a context holds, to be changed.
fn own_values(vm: Vm<'_>, this: &Value) -> PyResult<PyRef<PyDict>> {
    let place = &this.receiver::<PyContext>().values;
    let own = match place.get() {
        // One reference is the context's, the other is the one at hand.
        Some(values) if values.as_object().refcount() <= 2 => return Ok(values),
        Some(shared) => shared.copy(vm)?,
        None => PyDict::new_ref(vm),
    };
    place.set(Some(own.clone()));
    Ok(own)
}

fn context_iter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    vm.iter(&values_of(vm, this))
}

fn context_keys(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    vm.call_method(&values_of(vm, this), &vm.intern("keys"), &[])
}

fn context_values(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    vm.call_method(&values_of(vm, this), &vm.intern("values"), &[])
}

fn context_items(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    vm.call_method(&values_of(vm, this), &vm.intern("items"), &[])
}

/// Contexts are equal when they have the same variables with equal values.
fn context_compare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) || b.downcast::<PyContext>().is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let equal = vm.equal(&values_of(vm, a), &values_of(vm, b))?;
    Ok(Value::from_bool(equal == (op == CompareOp::Eq)))
}

fn variable_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let given = args.positional().len();
    if given > 1 || (given == 0 && args.keyword("name").is_none()) {
        let text = format!("ContextVar() takes exactly 1 positional argument ({given} given)");
        return Err(vm.type_error(text));
    }
    let Some(name) = args.positional().first().or_else(|| args.keyword("name")) else {
        return Err(vm.type_error("ContextVar() missing required argument 'name' (pos 1)"));
    };
    if name.downcast::<PyStr>().is_none() {
        return Err(vm.type_error("context variable name must be a str"));
    }
    // The name's hash is part of the variable's.
    vm.hash(name)?;
    let payload = PyContextVar { name: name.clone(), default: args.keyword("default").cloned() };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

fn variable_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let variable = this.receiver::<PyContextVar>();
    let name = vm.repr(&variable.name)?.to_rust_string();
    let default = match &variable.default {
        Some(default) => format!(" default={}", vm.repr(default)?.to_rust_string()),
        None => String::new(),
    };
    let text = format!("<ContextVar name={name}{default} at {:#x}>", this.id());
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

fn variable_name(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyContextVar>().name.clone())
}

fn variable_get(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    if let Some(value) = lookup(vm, &current(vm), this)? {
        return Ok(value);
    }
    match args.get(0).or(this.receiver::<PyContextVar>().default.as_ref()) {
        Some(default) => Ok(default.clone()),
        None => Err(vm.error_with(&exc::LOOKUP_ERROR, std::slice::from_ref(this))),
    }
}

/// The value of a variable in the thread's context, without its default (`PyContextVar_Get`).
pub(crate) fn get(vm: Vm<'_>, variable: &Value) -> PyResult<Option<Value>> {
    lookup(vm, &current(vm), variable)
}

/// Sets a variable in the thread's context (`PyContextVar_Set`).
pub(crate) fn set(vm: Vm<'_>, variable: &Value, value: &Value) -> PyResult<()> {
    note_change();
    own_values(vm, &current(vm))?.set(vm, variable, value.clone())
}

fn variable_set(vm: Vm<'_>, this: &Value, value: &Value) -> PyResult<Value> {
    let context = current(vm);
    let old = lookup(vm, &context, this)?;
    note_change();
    own_values(vm, &context)?.set(vm, this, value.clone())?;
    let token = PyToken { context, variable: this.clone(), old, used: Cell::new(false) };
    Ok(PyRef::try_new(vm, token)?.into_value())
}

fn variable_reset(vm: Vm<'_>, this: &Value, token: &Value) -> PyResult<Value> {
    let Some(state) = token.downcast::<PyToken>() else {
        return Err(vm.type_error(format!(
            "expected an instance of Token, got {}",
            vm.repr(token)?.to_rust_string()
        )));
    };
    let shown = vm.repr(token)?.to_rust_string();
    if state.used.get() {
        return Err(vm.runtime_error(format!("{shown} has already been used once")));
    }
    if !state.variable.is(this) {
        return Err(vm.value_error(format!("{shown} was created by a different ContextVar")));
    }
    let context = current(vm);
    if !state.context.is(&context) {
        return Err(vm.value_error(format!("{shown} was created in a different Context")));
    }
    state.used.set(true);
    note_change();
    let values = own_values(vm, &context)?;
    match &state.old {
        Some(old) => values.set(vm, this, old.clone())?,
        None => drop(values.remove(vm, this)?),
    }
    Ok(Value::NONE)
}

fn token_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let token = this.receiver::<PyToken>();
    let used = if token.used.get() { " used" } else { "" };
    let variable = vm.repr(&token.variable)?.to_rust_string();
    let text = format!("<Token{used} var={variable} at {:#x}>", this.id());
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

fn token_variable(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyToken>().variable.clone())
}

fn token_old_value(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    match &this.receiver::<PyToken>().old {
        Some(old) => Ok(old.clone()),
        None => Ok(TOKEN.get().namespace().get_str(&vm.intern("MISSING")).unwrap_or(Value::NONE)),
    }
}

fn token_enter(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.clone())
}

fn token_exit(vm: Vm<'_>, this: &Value, _args: &Bound<'_>) -> PyResult<Value> {
    let variable = this.receiver::<PyToken>().variable.clone();
    variable_reset(vm, &variable, this)
}
