//! `FrameLocalsProxy`: what `f_locals` of a function's frame gives (PEP 667): a live view of its variables.

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::compare::hash_not_implemented;
use crate::types::dict::{self, Merge, PyDict};
use crate::types::frame_object::PyFrame;
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{methods, payload};

payload! {
    /// The payload of a view.
    pub struct PyFrameLocals: FRAME_LOCALS, gc {
        frame: PyRef<PyFrame>,
    }
}

/// `FrameLocalsProxy`
pub static FRAME_LOCALS: StaticType = StaticType::new::<PyFrameLocals>();

/// The spec of `FrameLocalsProxy`.
pub const FRAME_LOCALS_SPEC: TypeSpec = TypeSpec {
    name: "FrameLocalsProxy",
    flags: spec_flags::MAPPING,
    slots: &[
        Slot::New(new),
        Slot::Repr(repr),
        Slot::Hash(hash_not_implemented),
        Slot::NbOr(union),
        Slot::NbInplaceOr(union_in_place),
        Slot::Iter(iter),
        Slot::Richcompare(compare),
        Slot::SqContains(contains),
        Slot::MpLength(length),
        Slot::MpSubscript(subscript),
        Slot::MpAssSubscript(assign),
    ],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Return the value for key if key is in the dictionary, else default.
    ["get"] "" Positional(get);
    /// Return a set-like object providing a view on the keys.
    ["keys"] "($self, /)" None(keys);
    /// Return the values.
    ["values"] "($self, /)" None(values);
    /// Return the items.
    ["items"] "($self, /)" None(items);
    /// Return a copy.
    ["copy"] "($self, /)" None(copy);
    /// Update from a mapping.
    ["update"] "($self, object, /)" One(update);
    /// If key is not in the dictionary, insert key with a value of default.
    ["setdefault"] "" Positional(setdefault);
    ["pop"] "" Positional(pop);
    ["__reversed__"] "($self, /)" None(reversed);
}

impl PyFrameLocals {
    /// The view of a frame.
    #[must_use]
    pub fn new(vm: Vm<'_>, frame: PyRef<PyFrame>) -> PyRef<Self> {
        PyRef::new(vm, Self { frame })
    }
}

fn new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let [frame] = args.positional() else {
        let got = args.positional().len();
        return Err(vm.type_error(format!("FrameLocalsProxy expected 1 argument, got {got}")));
    };
    let Some(frame) = frame.downcast::<PyFrame>() else {
        return Err(vm.type_error(format!("expect frame, not {}", frame.class().name())));
    };
    if args.keyword_count() != 0 {
        return Err(vm.type_error("FrameLocalsProxy takes no keyword arguments"));
    }
    Ok(PyRef::try_new_of(vm, class, PyFrameLocals { frame: frame.to_ref() })?.into_value())
}

fn frame(value: &Value) -> &Py<PyFrame> {
    &value.receiver::<PyFrameLocals>().frame
}

/// The variable that the key names, which may be another object that equals the name.
fn index_of(vm: Vm<'_>, frame: &Py<PyFrame>, key: &Value) -> PyResult<Option<usize>> {
    let code = frame.code();
    if let Some(key) = key.downcast_exact::<PyStr>() {
        return Ok(code.locals().iter().position(|name| name.same_text(key)));
    }
    let hash = vm.hash(key)?;
    for (index, name) in code.locals().iter().enumerate() {
        let name = name.to_value();
        if vm.hash(&name)? == hash && vm.equal(&name, key)? {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

fn snapshot(vm: Vm<'_>, value: &Value) -> PyResult<PyRef<PyDict>> {
    let frame = frame(value);
    let dict = PyDict::new_ref(vm);
    for (index, name) in frame.code().locals().iter().enumerate() {
        if let Some(value) = frame.variable(index) {
            drop(dict.set_str(name, value));
        }
    }
    if let Some(extra) = frame.extra_locals.get() {
        vm.call_method(&dict.to_value(), &vm.intern("update"), &[extra])?;
    }
    Ok(dict)
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let Some(_guard) = vm.enter_repr(value) else {
        return Ok(PyStr::new_value(vm, "{...}"));
    };
    Ok(vm.repr(&snapshot(vm, value)?.into_value())?.into_value())
}

/// Either operand as a dict, if it is one or a view.
fn as_dict(vm: Vm<'_>, value: &Value) -> PyResult<Option<PyRef<PyDict>>> {
    if value.downcast::<PyFrameLocals>().is_some() {
        return snapshot(vm, value).map(Some);
    }
    Ok(value.downcast::<PyDict>().map(Py::to_ref))
}

fn union(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (Some(left), Some(right)) = (as_dict(vm, a)?, as_dict(vm, b)?) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let joined = left.copy(vm)?;
    dict::merge(vm, &joined, &right.into_value(), Merge::Override)?;
    Ok(joined.into_value())
}

fn union_in_place(vm: Vm<'_>, this: &Value, other: &Value) -> PyResult<Value> {
    match as_dict(vm, other)? {
        Some(other) => {
            assign_all(vm, this, &other)?;
            Ok(this.clone())
        }
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn assign_all(vm: Vm<'_>, this: &Value, entries: &Py<PyDict>) -> PyResult<()> {
    let items = vm.call_method(&entries.to_value(), &vm.intern("items"), &[])?;
    for item in vm.collect(&items)? {
        if let Some([key, new]) = item.downcast::<PyTuple>().map(Py::items) {
            assign(vm, this, key, Some(new))?;
        }
    }
    Ok(())
}

fn iter(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let keys = keys(vm, value)?;
    vm.iter(&keys)
}

fn compare(vm: Vm<'_>, this: &Value, other: &Value, op: CompareOp) -> PyResult<Value> {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    if let Some(other) = other.downcast::<PyFrameLocals>() {
        let same = other.frame.is(frame(this));
        return Ok(Value::from_bool(same == (op == CompareOp::Eq)));
    }
    if other.downcast::<PyDict>().is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    vm.rich_compare(&snapshot(vm, this)?.into_value(), other, op)
}

fn lookup(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Option<Value>> {
    let frame = frame(value);
    if let Some(index) = index_of(vm, frame, key)?
        && let Some(found) = frame.variable(index)
    {
        return Ok(Some(found));
    }
    match frame.extra_locals.get() {
        Some(extra) => {
            if !vm.contains(&extra, key)? {
                return Ok(None);
            }
            vm.get_item(&extra, key).map(Some)
        }
        None => Ok(None),
    }
}

fn contains(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<bool> {
    Ok(lookup(vm, value, key)?.is_some())
}

fn length(vm: Vm<'_>, value: &Value) -> PyResult<usize> {
    vm.length(&snapshot(vm, value)?.into_value())
}

fn subscript(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Value> {
    match lookup(vm, value, key)? {
        Some(found) => Ok(found),
        None => Err(vm.key_error(key)),
    }
}

fn assign(vm: Vm<'_>, value: &Value, key: &Value, new: Option<&Value>) -> PyResult<()> {
    let frame = frame(value);
    if let Some(index) = index_of(vm, frame, key)? {
        let Some(new) = new else {
            return Err(vm.value_error("cannot remove local variables from FrameLocalsProxy"));
        };
        frame.set_variable(index, Some(new.clone()));
        return Ok(());
    }
    let extra = match frame.extra_locals.get() {
        Some(extra) => extra,
        None => {
            if new.is_none() {
                return Err(vm.key_error(key));
            }
            let extra = PyDict::new_ref(vm).into_value();
            frame.extra_locals.set(Some(extra.clone()));
            extra
        }
    };
    match new {
        Some(new) => vm.set_item(&extra, key, new),
        None => vm.del_item(&extra, key),
    }
}

fn get(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    crate::core::args::check_count(vm, "get", args.len(), 1, 2)?;
    let found = lookup(vm, value, &args[0])?;
    Ok(found.or_else(|| args.get(1).cloned()).unwrap_or(Value::NONE))
}

fn listed(vm: Vm<'_>, value: &Value, method: &str) -> PyResult<Value> {
    let dict = snapshot(vm, value)?.into_value();
    let view = vm.call_method(&dict, &vm.intern(method), &[])?;
    let items = vm.collect(&view)?;
    Ok(PyList::new_value(vm, items))
}

fn keys(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    listed(vm, value, "keys")
}

fn values(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    listed(vm, value, "values")
}

fn items(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    listed(vm, value, "items")
}

fn copy(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    snapshot(vm, value).map(PyRef::into_value)
}

fn update(vm: Vm<'_>, value: &Value, other: &Value) -> PyResult<Value> {
    match as_dict(vm, other)? {
        Some(entries) => assign_all(vm, value, &entries).map(|()| Value::NONE),
        None => Err(vm.type_error("update() argument must be dict or another FrameLocalsProxy")),
    }
}

fn setdefault(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    crate::core::args::check_count(vm, "setdefault", args.len(), 1, 2)?;
    if let Some(found) = lookup(vm, value, &args[0])? {
        return Ok(found);
    }
    let default = args.get(1).cloned().unwrap_or(Value::NONE);
    assign(vm, value, &args[0], Some(&default))?;
    Ok(default)
}

fn pop(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    crate::core::args::check_count(vm, "pop", args.len(), 1, 2)?;
    let key = &args[0];
    if index_of(vm, frame(value), key)?.is_some() {
        return Err(vm.value_error("cannot remove local variables from FrameLocalsProxy"));
    }
    match lookup(vm, value, key)? {
        Some(found) => {
            assign(vm, value, key, None)?;
            Ok(found)
        }
        None => args.get(1).cloned().ok_or_else(|| vm.key_error(key)),
    }
}

fn reversed(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let dict = snapshot(vm, value)?.into_value();
    let view = vm.call_method(&dict, &vm.intern("keys"), &[])?;
    let mut items = vm.collect(&view)?;
    items.reverse();
    Ok(PyList::new_value(vm, items))
}
