//! Makes builtin types ready: bases, MRO, dict with wrappers and descriptors, inherited slots (`PyType_Ready`).

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::slot_defs;
use crate::core::slots::{Slot, SlotId};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{MethodDef, MethodKind, NativeFn, TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::compare::hash_not_implemented;
use crate::types::builtin_function::PyBuiltinFunction;
use crate::types::descriptors;
use crate::types::dict::PyDict;
use crate::types::object_::OBJECT;
use crate::types::property::PyStaticMethod;
use crate::types::str::PyStr;
use crate::types::struct_sequence;
use crate::types::tuple::PyTuple;

static NEW_DEF: MethodDef = MethodDef {
    name: "__new__",
    signature: "($type, *args, **kwargs)",
    doc: "Create and return a new object.  See help(type) for accurate signature.",
    function: NativeFn::Any(call_new),
    kind: MethodKind::Method,
};

/// The row of every builtin type's `__new__`.
#[must_use]
pub fn new_def() -> &'static MethodDef {
    &NEW_DEF
}

/// `T.__new__(cls, ...)` of a builtin type (`tp_new_wrapper`).
fn call_new(vm: Vm<'_>, receiver: &Value, args: Args<'_>) -> PyResult<Value> {
    let owner = receiver.receiver::<PyType>();
    let name = owner.name();
    let Some((class, rest)) = args.split_first() else {
        return Err(vm.type_error(format!("{name}.__new__(): not enough arguments")));
    };
    let Some(class) = class.downcast::<PyType>() else {
        return Err(vm.type_error(format!(
            "{name}.__new__(X): X is not a type object ({})",
            class.class().name()
        )));
    };
    let class_name = class.name();
    if !class.is_subtype(owner) {
        return Err(vm.type_error(format!(
            "{name}.__new__({class_name}): {class_name} is not a subtype of {name}"
        )));
    }
    // The most derived native constructor decides: another one could make a value without the class's layout.
    let native = native_base(class);
    let (Some(wanted), Some(new)) = (native.slots.get(SlotId::New), owner.slots.new.get()) else {
        return Err(vm.type_error(format!("cannot create '{class_name}' instances")));
    };
    if !wanted.same(Slot::New(new)) {
        return Err(vm.type_error(format!(
            "{name}.__new__({class_name}) is not safe, use {}.__new__()",
            native.name()
        )));
    }
    new(vm, class, rest)
}

/// The nearest builtin class that `class` derives from.
fn native_base(class: &Py<PyType>) -> crate::core::pyref::PyRef<PyType> {
    let mut native = class.to_ref();
    while native.is_heap_type() {
        match native.base.get() {
            Some(base) => native = base,
            None => break,
        }
    }
    native
}

/// The docstring and the text signature in a type's internal doc.
#[must_use]
pub fn split_doc(doc: &'static str) -> (&'static str, &'static str) {
    if let Some((head, text)) = doc.split_once("\n--\n\n")
        && let Some((name, _)) = head.split_once('(')
        && head.ends_with(')')
        && !name.contains(char::is_whitespace)
    {
        return (text, head.get(name.len()..).unwrap_or(""));
    }
    (doc, "")
}

/// Makes one builtin type ready. Its base is ready, and all types know their layouts.
///
/// # Errors
/// What the type's own finishing step raises.
pub fn make_ready(
    vm: Vm<'_>,
    static_type: &'static StaticType,
    spec: &'static TypeSpec,
) -> PyResult<()> {
    let class = static_type.get();
    let base = base_of(static_type, spec);
    if let Some(metaclass) = spec.metaclass {
        class.as_object().set_class(metaclass.get());
    }
    set_bases(vm, class, base, spec)?;
    let dict = PyDict::new_ref(vm);
    fill(vm, class, spec, &dict);
    let names = vm.names();
    if spec.flags & spec_flags::HAS_DICT != 0 && dict.get_str(&names.__dict__).is_none() {
        let def = &crate::types::object_::NATIVE_DICT_DEF;
        drop(dict.set_str(&names.__dict__, descriptors::get_set(vm, class, def)));
    }
    class.dict.set(Some(dict));
    if let Some(base) = base {
        inherit(class, base);
    }
    class.set_flags(class.flags() | spec_flags::READY);
    match spec.finish {
        Some(finish) => finish(vm, static_type),
        None => Ok(()),
    }
}

/// `__base__`, `__bases__`, `__mro__`.
fn set_bases(
    vm: Vm<'_>,
    class: &'static Py<PyType>,
    base: Option<&'static Py<PyType>>,
    spec: &TypeSpec,
) -> PyResult<()> {
    class.base.set(base.map(Py::to_ref));
    let bases: Vec<&'static Py<PyType>> = if spec.bases.is_empty() {
        base.into_iter().collect()
    } else {
        spec.bases.iter().map(|base| base.get()).collect()
    };
    for base in &bases {
        base.subclasses.with_mut(|list| list.push(class));
    }
    let values: Vec<Value> = bases.iter().map(|base| base.to_value()).collect();
    class.bases.set(Some(PyTuple::new_ref(vm, &values)));
    let order = super::mro::linearise(vm, class)?;
    class.mro.set(Some(PyTuple::try_from_vec(vm, order)?));
    Ok(())
}

fn base_of(static_type: &'static StaticType, spec: &TypeSpec) -> Option<&'static Py<PyType>> {
    match spec.base {
        Some(base) => Some(base.get()),
        None if std::ptr::eq(static_type, &raw const OBJECT) => None,
        None => Some(OBJECT.get()),
    }
}

/// The slots and the dictionary out of the spec's tables.
fn fill(vm: Vm<'_>, class: &Py<PyType>, spec: &'static TypeSpec, dict: &Py<PyDict>) {
    let mut own = 0u128;
    for &slot in spec.slots {
        class.slots.set(slot);
        own |= 1 << slot.id() as u32;
    }
    let put = |name: &str, value: Value| drop(dict.set_str(&vm.intern(name), value));
    // A type that takes `object`'s way of making instances inherits its `__new__` too.
    let news = [class.slots.new.get(), OBJECT.get().slots.new.get()];
    let inherits_new = !std::ptr::eq(class, OBJECT.get())
        && matches!(news, [Some(own), Some(general)] if std::ptr::fn_addr_eq(own, general));
    let makes_none = spec.flags & spec_flags::DISALLOW_INSTANTIATION != 0;
    if own & (1 << SlotId::New as u32) != 0 && !inherits_new && !makes_none {
        put("__new__", PyBuiltinFunction::new_value(vm, &NEW_DEF, class.to_value(), None));
    }
    for def in slot_defs::all() {
        if own & (1 << def.id as u32) == 0
            || matches!(def.id, SlotId::New)
            || def.name == "__getattr__"
        {
            continue;
        }
        let name = vm.intern(def.name);
        if dict.get_str(&name).is_none() {
            drop(dict.set_str(&name, descriptors::wrapper(vm, class, def)));
        }
    }
    let hashable = own & (1 << SlotId::Hash as u32) != 0;
    if !hashable && own & (1 << SlotId::Richcompare as u32) != 0 {
        class.slots.hash.set(Some(hash_not_implemented));
        put("__hash__", Value::NONE);
    } else if class.slots.hash.get().is_some_and(is_no_hash) {
        put("__hash__", Value::NONE);
    }
    for def in spec.methods {
        put(def.name, method_value(vm, class, def));
    }
    for def in spec.getset {
        let descriptor = if def.is_member {
            descriptors::computed_member(vm, class, def)
        } else {
            descriptors::get_set(vm, class, def)
        };
        put(def.name, descriptor);
    }
    if let Some(fields) = spec.fields {
        struct_sequence::add_members(vm, class, fields, dict);
    }
    let doc = vm.intern("__doc__");
    if dict.get_str(&doc).is_none() {
        let text = spec.doc.map_or(Value::NONE, |doc| PyStr::new_value(vm, split_doc(doc).0));
        drop(dict.set_str(&doc, text));
    }
}

fn is_no_hash(hash: crate::core::slots::HashFn) -> bool {
    std::ptr::fn_addr_eq(hash, hash_not_implemented as crate::core::slots::HashFn)
}

fn method_value(vm: Vm<'_>, class: &Py<PyType>, def: &'static MethodDef) -> Value {
    match def.kind {
        MethodKind::Method => descriptors::method(vm, class, def),
        MethodKind::Class => descriptors::class_method(vm, class, def),
        MethodKind::Static => {
            let function = PyBuiltinFunction::new_value(vm, def, class.to_value(), None);
            PyStaticMethod::new_value(vm, function)
        }
    }
}

fn inherit(class: &Py<PyType>, base: &Py<PyType>) {
    let own_new = class.slots.new.get().is_some();
    class.slots.inherit(&base.slots);
    let mut flags = class.flags();
    if !own_new && std::ptr::eq(base, OBJECT.get()) {
        // A type that says nothing of its construction has none (`type_ready_set_new`).
        class.slots.new.set(None);
        flags |= spec_flags::DISALLOW_INSTANTIATION;
    }
    if flags & spec_flags::DISALLOW_INSTANTIATION != 0 {
        class.slots.new.set(None);
    }
    let patterns = spec_flags::SEQUENCE | spec_flags::MAPPING;
    if flags & patterns == 0 {
        flags |= base.flags() & patterns;
    }
    class.set_flags(flags);
}
