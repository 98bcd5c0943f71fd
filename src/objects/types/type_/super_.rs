//! `super`.

use crate::core::args::Args;
use crate::core::attribute::generic_get;
use crate::core::errors::PyResult;
use crate::core::gil_cell::GilCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::Slot;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::cell::PyCell;
use crate::types::str::PyStr;
use crate::{getset, payload};

payload! {
    /// The payload of a super object.
    pub struct PySuper: SUPER, gc {
        this_class: GilCell<Option<PyRef<PyType>>>,
        object: GilCell<Option<Value>>,
        object_class: GilCell<Option<PyRef<PyType>>>,
    }
}

/// `super`
pub static SUPER: StaticType = StaticType::new::<PySuper>();

/// The attribute `name` of the first class after `this_class` in the MRO of `start`, bound to `object`.
///
/// # Errors
/// What a descriptor raises.
pub fn lookup_after(
    vm: Vm<'_>,
    this_class: &Py<PyType>,
    object: &Value,
    start: &Py<PyType>,
    name: &Py<PyStr>,
) -> PyResult<Option<Value>> {
    let mro = start.mro_tuple();
    let mut after = mro.items().iter().skip_while(|class| !this_class.is_value(class));
    after.next();
    for class in after {
        let Some(class) = class.downcast::<PyType>() else { continue };
        let Some(found) = class.namespace().get_str(name) else { continue };
        let Some(get) = found.class().slots.descr_get.get() else { return Ok(Some(found)) };
        let instance = if start.is_value(object) { None } else { Some(object) };
        return get(vm, &found, instance, Some(&start.to_value())).map(Some);
    }
    Ok(None)
}

/// The class whose MRO a super object goes through (`supercheck`).
///
/// # Errors
/// TypeError when the object has nothing to do with the class.
pub fn check(vm: Vm<'_>, class: &Py<PyType>, object: &Value) -> PyResult<PyRef<PyType>> {
    if let Some(object) = object.downcast::<PyType>()
        && object.is_subtype(class)
    {
        return Ok(object.to_ref());
    }
    if object.class().is_subtype(class) {
        return Ok(object.class().to_ref());
    }
    if let Some(claimed) = vm.get_attr_opt(object, &vm.names().__class__)?
        && let Some(claimed) = claimed.downcast::<PyType>()
        && !std::ptr::eq(claimed, object.class())
        && claimed.is_subtype(class)
    {
        return Ok(claimed.to_ref());
    }
    let (kind, name) = match object.downcast::<PyType>() {
        Some(object) => ("type", object.name()),
        None => ("instance of", object.class().name()),
    };
    Err(vm.type_error(format!(
        "super(type, obj): obj ({kind} {name}) is not an instance or subtype of type ({}).",
        class.name()
    )))
}

/// The class and the first argument of the method that calls `super()`.
fn from_frame(vm: Vm<'_>) -> PyResult<(PyRef<PyType>, Value)> {
    let Some(frame) = vm.current_frame() else {
        return Err(vm.runtime_error("super(): no current frame"));
    };
    let code = frame.code();
    if code.spec().argcount == 0 {
        return Err(vm.runtime_error("super(): no arguments"));
    }
    let mut first = frame.register(0);
    let is_cell = code.spec().localspluskinds.first().is_some_and(|kind| kind & FAST_CELL != 0);
    if is_cell && let Some(cell) = first.as_ref().and_then(|value| value.downcast::<PyCell>()) {
        let content = cell.content.get();
        first = content;
    }
    let Some(first) = first else { return Err(vm.runtime_error("super(): arg[0] deleted")) };
    let kinds = &code.spec().localspluskinds;
    let place = code
        .locals()
        .iter()
        .zip(kinds.iter())
        .position(|(name, kind)| kind & FAST_FREE != 0 && name.is(&vm.names().__class__));
    let Some(cell) = place.and_then(|place| frame.register(place)) else {
        return Err(vm.runtime_error("super(): __class__ cell not found"));
    };
    let content = cell.downcast::<PyCell>().and_then(|cell| cell.content.get());
    let Some(class) = content else {
        return Err(vm.runtime_error("super(): empty __class__ cell"));
    };
    match class.into_ref::<PyType>() {
        Ok(class) => Ok((class, first)),
        Err(other) => Err(vm
            .runtime_error(format!("super(): __class__ is not a type ({})", other.class().name()))),
    }
}

/// Bits of a local's kind (`CO_FAST_CELL`, `CO_FAST_FREE`).
const FAST_CELL: u8 = 0x40;
const FAST_FREE: u8 = 0x80;

fn super_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let payload = PySuper {
        this_class: GilCell::default(),
        object: GilCell::default(),
        object_class: GilCell::default(),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn super_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    let values = args.exactly(vm, "super", 0, 2)?;
    let (class, object) = match values {
        [] => {
            let (class, object) = from_frame(vm)?;
            (class, Some(object))
        }
        [class, rest @ ..] => {
            let Some(class) = class.downcast::<PyType>() else {
                return Err(vm.type_error(format!(
                    "super() argument 1 must be a type, not {}",
                    vm.type_text(class)
                )));
            };
            (class.to_ref(), rest.first().filter(|object| !object.is_none()).cloned())
        }
    };
    let object_class = object.as_ref().map(|object| check(vm, &class, object)).transpose()?;
    let payload = this.receiver::<PySuper>();
    payload.this_class.set(Some(class));
    payload.object.set(object);
    payload.object_class.set(object_class);
    Ok(())
}

fn super_getattro(vm: Vm<'_>, this: &Value, name: &Py<PyStr>) -> PyResult<Value> {
    let payload = this.receiver::<PySuper>();
    if let (Some(class), Some(object), Some(start)) =
        (payload.this_class.get(), payload.object.get(), payload.object_class.get())
        && !name.same_text(&vm.names().__class__)
        && let Some(found) = lookup_after(vm, &class, &object, &start, name)?
    {
        return Ok(found);
    }
    generic_get(vm, this, name)
}

fn super_get(
    vm: Vm<'_>,
    this: &Value,
    object: Option<&Value>,
    _owner: Option<&Value>,
) -> PyResult<Value> {
    let payload = this.receiver::<PySuper>();
    let Some(object) = object else { return Ok(this.clone()) };
    let Some(class) = payload.this_class.get().filter(|_| payload.object.with(Option::is_none))
    else {
        return Ok(this.clone());
    };
    if !this.is_exact(SUPER.get()) {
        return vm.call(&this.class().to_value(), &[class.into_value(), object.clone()]);
    }
    let start = check(vm, &class, object)?;
    let bound = PySuper {
        this_class: GilCell::new(Some(class)),
        object: GilCell::new(Some(object.clone())),
        object_class: GilCell::new(Some(start)),
    };
    Ok(PyRef::try_new(vm, bound)?.into_value())
}

fn super_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = this.receiver::<PySuper>();
    let class = payload.this_class.get().map_or_else(|| "NULL".to_owned(), |class| class.name());
    let text = match payload.object_class.get() {
        Some(start) => format!("<super: <class '{class}'>, <{} object>>", start.name()),
        None => format!("<super: <class '{class}'>, NULL>"),
    };
    PyStr::try_new(vm, &text).map(PyRef::into_value)
}

fn get_this_class(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PySuper>().this_class.get().map_or(Value::NONE, PyRef::into_value))
}

fn get_object(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PySuper>().object.get().unwrap_or(Value::NONE))
}

fn get_object_class(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PySuper>().object_class.get().map_or(Value::NONE, PyRef::into_value))
}

getset! { SUPER_GETSET:
    /// the class invoking super()
    member ["__thisclass__"] get_this_class;
    /// the instance invoking super(); may be None
    member ["__self__"] get_object;
    /// the type of the instance invoking super(); may be None
    member ["__self_class__"] get_object_class;
}

/// The spec of `super`.
pub const SUPER_SPEC: TypeSpec = TypeSpec {
    name: "super",
    doc: Some(
        "super() -> same as super(__class__, <first argument>)\nsuper(type) -> unbound super object\nsuper(type, obj) -> bound super object; requires isinstance(obj, type)\nsuper(type, type2) -> bound super object; requires\n    issubclass(type2, type)\nTypical use to call a cooperative superclass method:\nclass C(B):\n    def meth(self, arg):\n        super().meth(arg)\nThis works for class methods too:\nclass C(B):\n    @classmethod\n    def cmeth(cls, arg):\n        super().cmeth(arg)\n",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[
        Slot::New(super_new),
        Slot::Init(super_init),
        Slot::Repr(super_repr),
        Slot::Getattro(super_getattro),
        Slot::DescrGet(super_get),
    ],
    getset: SUPER_GETSET,
    ..TypeSpec::DEFAULT
};
