//! The computed attributes of `type`.

use crate::core::errors::{PyResult, Raised};
use crate::core::object::{Py, PyObject};
use crate::core::pyref::PyRef;
use crate::core::slot_defs;
use crate::core::type_object::PyType;
use crate::core::type_spec::{GetSetDef, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::getset;
use crate::types::dict::PyDict;
use crate::types::exceptions::hierarchy::ATTRIBUTE_ERROR;
use crate::types::int;
use crate::types::mappingproxy;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::types::type_::{mro, new, ready, short_name};

fn class_of(this: &Value) -> &Py<PyType> {
    this.receiver::<PyType>()
}

/// `type.__module__`: from the dict, or from a builtin type's name.
#[must_use]
pub fn module_of(vm: Vm<'_>, class: &Py<PyType>) -> Option<Value> {
    if class.is_heap_type() {
        return class.namespace().get_str(&vm.names().__module__);
    }
    if let Some(module) = class.namespace().get_str(&vm.names().__module__)
        && module.downcast::<PyStr>().is_some()
    {
        return Some(module);
    }
    let name = class.name();
    let module = name.rsplit_once('.').map_or("builtins", |(module, _)| module);
    Some(vm.intern(module).into_value())
}

#[cold]
fn immutable(vm: Vm<'_>, class: &Py<PyType>, name: &str) -> Raised {
    vm.type_error(format!("cannot set '{name}' attribute of immutable type '{}'", class.name()))
}

/// A setter's first check (`check_set_special_type_attr`).
fn check_set(vm: Vm<'_>, class: &Py<PyType>, name: &str, value: Option<&Value>) -> PyResult<Value> {
    if class.has_flags(spec_flags::IMMUTABLE) {
        return Err(immutable(vm, class, name));
    }
    match value {
        Some(value) => Ok(value.clone()),
        None => Err(vm.type_error(format!(
            "cannot delete '{name}' attribute of immutable type '{}'",
            class.name()
        ))),
    }
}

fn get_name(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let class = class_of(this);
    match class.name.get() {
        Some(name) => Ok(name.into_value()),
        None => Ok(vm.intern(&short_name(class)).into_value()),
    }
}

fn set_name(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let class = class_of(this);
    let value = check_set(vm, class, "__name__", value)?;
    let Some(name) = value.downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "can only assign string to {}.__name__, not '{}'",
            class.name(),
            value.class().name()
        )));
    };
    check_name(vm, name)?;
    class.name.set(Some(name.to_ref()));
    Ok(())
}

/// Refuses what cannot be a class's name.
pub(super) fn check_name(vm: Vm<'_>, name: &Py<PyStr>) -> PyResult<()> {
    crate::types::str::codec::encode_str(vm, name, None, None)?;
    if name.to_wtf8().contains(&0) {
        return Err(vm.value_error("type name must not contain null characters"));
    }
    Ok(())
}

fn get_qualname(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let class = class_of(this);
    match class.qualname.get() {
        Some(qualname) => Ok(qualname.into_value()),
        None => Ok(vm.intern(&short_name(class)).into_value()),
    }
}

fn set_qualname(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let class = class_of(this);
    let value = check_set(vm, class, "__qualname__", value)?;
    let Some(name) = value.downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "can only assign string to {}.__qualname__, not '{}'",
            class.name(),
            value.class().name()
        )));
    };
    class.qualname.set(Some(name.to_ref()));
    Ok(())
}

fn get_module(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let name = &vm.names().__module__;
    module_of(vm, class_of(this))
        .ok_or_else(|| vm.attribute_error(this, name, name.to_rust_string()))
}

/// Sets an entry of the class's dict, with caches invalidated first.
fn set_entry(class: &Py<PyType>, name: &Py<PyStr>, value: Option<Value>) -> Option<Value> {
    class.modified();
    match value {
        Some(value) => class.namespace().set_str(name, value),
        None => class.namespace().remove_str(name),
    }
}

fn set_module(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let class = class_of(this);
    let value = check_set(vm, class, "__module__", value)?;
    drop(set_entry(class, &vm.names().__module__, Some(value)));
    drop(set_entry(class, &vm.intern("__firstlineno__"), None));
    Ok(())
}

fn get_base(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(class_of(this).base.get().map_or(Value::NONE, PyRef::into_value))
}

fn get_bases(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(class_of(this).bases.get().unwrap_or_else(|| PyTuple::new_ref(vm, &[])).into_value())
}

fn get_mro(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(class_of(this).mro.get().map_or(Value::NONE, PyRef::into_value))
}

/// `__bases__ = ...` (`type_set_bases`).
fn set_bases(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let class = class_of(this);
    let value = check_set(vm, class, "__bases__", value)?;
    let name = class.name();
    let Some(bases) = value.downcast::<PyTuple>() else {
        return Err(vm.type_error(format!(
            "can only assign tuple to {name}.__bases__, not {}",
            value.class().name()
        )));
    };
    if bases.items().is_empty() {
        return Err(
            vm.type_error(format!("can only assign non-empty tuple to {name}.__bases__, not ()"))
        );
    }
    for base in bases.items() {
        let Some(base) = base.downcast::<PyType>() else {
            return Err(vm.type_error(format!(
                "{name}.__bases__ must be tuple of classes, not '{}'",
                base.class().name()
            )));
        };
        // While an `mro()` of Python runs, the order of a base may be older than its own base.
        if base.is_subtype(class) || has_ancestor(base, class) {
            return Err(vm.type_error("a __bases__ item causes an inheritance cycle"));
        }
    }
    let new_base = new::best_base(vm, bases.items())?;
    let old_base = class.base.get();
    if let Some(old) = &old_base
        && !compatible_layouts(&new_base, old)
    {
        return Err(vm.type_error(format!("__bases__ assignment: {}", difference(&new_base, old))));
    }
    let old_bases = class.bases.get();
    class.modified();
    class.bases.set(Some(bases.to_ref()));
    class.base.set(Some(new_base));
    let mut changed = Vec::new();
    let outcome = recompute_mros(vm, class, &mut changed);
    // An `mro()` of Python may have given the class other bases: those stay.
    let is_current = class.bases.with(|now| now.as_ref().is_some_and(|now| now.is(bases)));
    if let Err(raised) = outcome {
        for ChangedMro { class, new, old } in changed {
            if class.mro.with(|now| now.as_ref().is_some_and(|now| now.is(&new))) {
                class.mro.set(old);
            }
        }
        if is_current {
            class.bases.set(old_bases);
            class.base.set(old_base);
        }
        class.modified();
        return Err(raised);
    }
    if !is_current {
        return Ok(());
    }
    let address: *const Py<PyType> = class;
    for base in old_bases.iter().flat_map(|bases| bases.items()) {
        if let Some(base) = base.downcast::<PyType>() {
            base.subclasses.with_mut(|list| list.retain(|&entry| !std::ptr::eq(entry, address)));
        }
    }
    for base in bases.items() {
        if let Some(base) = base.downcast::<PyType>() {
            base.subclasses.with_mut(|list| list.push(address));
        }
    }
    refresh_slots(vm, class);
    Ok(())
}

/// Whether `ancestor` is the class or one of the bases that its layout comes from.
fn has_ancestor(class: &Py<PyType>, ancestor: &Py<PyType>) -> bool {
    let mut current = Some(class.to_ref());
    while let Some(class) = current {
        if class.is(ancestor) {
            return true;
        }
        current = class.base.get();
    }
    false
}

/// A class that got a new order.
struct ChangedMro {
    class: PyRef<PyType>,
    new: PyRef<PyTuple>,
    old: Option<PyRef<PyTuple>>,
}

fn recompute_mros(vm: Vm<'_>, class: &Py<PyType>, changed: &mut Vec<ChangedMro>) -> PyResult<()> {
    vm.check_recursion(" while computing a method resolution order")?;
    recompute_mro_and_below(vm, class, changed)
}

fn recompute_mro_and_below(
    vm: Vm<'_>,
    class: &Py<PyType>,
    changed: &mut Vec<ChangedMro>,
) -> PyResult<()> {
    class.modified();
    let before = class.mro.get();
    let order = mro::compute(vm, class)?;
    let is_same = |a: &Option<PyRef<PyTuple>>, b: &Option<PyRef<PyTuple>>| match (a, b) {
        (Some(a), Some(b)) => a.is(b),
        (None, None) => true,
        _ => false,
    };
    if !is_same(&class.mro.get(), &before) {
        // The class got its order, and those below it theirs, while `mro()` ran.
        return Ok(());
    }
    let old = class.mro.replace(Some(order.clone()));
    changed.push(ChangedMro { class: class.to_ref(), new: order, old });
    for subclass in class.live_subclasses() {
        recompute_mros(vm, &subclass, changed)?;
    }
    Ok(())
}

fn refresh_slots(vm: Vm<'_>, class: &Py<PyType>) {
    class.modified();
    slot_defs::update_every(vm, class);
    for subclass in class.live_subclasses() {
        refresh_slots(vm, &subclass);
    }
}

/// Whether instances of both lie in memory alike (`compatible_for_assignment`).
#[must_use]
pub fn compatible_layouts(new: &Py<PyType>, old: &Py<PyType>) -> bool {
    if new.is(old) {
        return true;
    }
    let (new, old) = (last_that_adds(new), last_that_adds(old));
    if new.is(&old) {
        return true;
    }
    let same_base = match (new.base.get(), old.base.get()) {
        (Some(a), Some(b)) => a.is(&b),
        _ => false,
    };
    same_base
        && new.is_heap_type()
        && old.is_heap_type()
        && new.flags() & PARTS == old.flags() & PARTS
        && slot_names(&new) == slot_names(&old)
}

/// The parts of an instance besides its slots.
const PARTS: u64 = spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF;

/// The class, or the nearest of its bases that adds something to the layout of instances.
fn last_that_adds(class: &Py<PyType>) -> PyRef<PyType> {
    let mut current = class.to_ref();
    while current.is_heap_type()
        && let Some(base) = current.base.get()
        && base.extension().slot_count == current.extension().slot_count
        && base.flags() & PARTS == current.flags() & PARTS
        && base.solid_base().is(current.solid_base())
    {
        current = base;
    }
    current
}

/// How the layouts of two classes differ, in CPython's words.
#[must_use]
pub fn difference(new: &Py<PyType>, old: &Py<PyType>) -> String {
    // CPython compares the deallocators first; those of int and object are the same in effect.
    let own_dealloc = !new.solid_base().is(old.solid_base())
        && !new.has_flags(spec_flags::LONG_SUBCLASS)
        && !old.has_flags(spec_flags::LONG_SUBCLASS);
    let what = if own_dealloc { "deallocator" } else { "object layout" };
    format!("'{}' {what} differs from '{}'", new.name(), old.name())
}

/// The names of the slots that the class itself adds, sorted.
fn slot_names(class: &Py<PyType>) -> Vec<String> {
    let mut names: Vec<String> =
        class.slot_names.get().iter().map(|name| name.to_rust_string()).collect();
    names.sort();
    names
}

fn get_abstract_methods(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let class = class_of(this);
    let name = vm.intern("__abstractmethods__");
    let found = if this.is(&crate::core::type_object::TYPE.get().to_value()) {
        None
    } else {
        class.namespace().get_str(&name)
    };
    found.ok_or_else(|| vm.error(&ATTRIBUTE_ERROR, "__abstractmethods__"))
}

fn set_abstract_methods(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let class = class_of(this);
    let name = vm.intern("__abstractmethods__");
    let is_abstract = match value {
        Some(value) => vm.is_true(value)?,
        None => false,
    };
    let old = set_entry(class, &name, value.cloned());
    if value.is_none() && old.is_none() {
        return Err(vm.error(&ATTRIBUTE_ERROR, "__abstractmethods__"));
    }
    let flags = class.flags() & !spec_flags::ABSTRACT;
    class.set_flags(if is_abstract { flags | spec_flags::ABSTRACT } else { flags });
    Ok(())
}

fn get_dict(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(mappingproxy::new(vm, &class_of(this).namespace().into_value()))
}

fn get_doc(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let class = class_of(this);
    if !class.is_heap_type()
        && let Some(doc) = class.spec().and_then(|spec| spec.doc)
    {
        return Ok(PyStr::new_value(vm, ready::split_doc(doc).0));
    }
    let Some(found) = class.namespace().get_str(&vm.names().__doc__) else {
        return Ok(Value::NONE);
    };
    match found.class().slots.descr_get.get() {
        Some(get) => get(vm, &found, None, Some(this)),
        None => Ok(found),
    }
}

fn set_doc(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let class = class_of(this);
    let value = check_set(vm, class, "__doc__", value)?;
    drop(set_entry(class, &vm.names().__doc__, Some(value)));
    Ok(())
}

fn get_text_signature(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let doc = class_of(this).spec().and_then(|spec| spec.doc);
    Ok(doc
        .map_or(Value::NONE, |doc| crate::core::signature::text_value(vm, ready::split_doc(doc).1)))
}

fn no_such(vm: Vm<'_>, this: &Value, name: &Py<PyStr>) -> Raised {
    let class = class_of(this).name();
    vm.attribute_error(
        this,
        name,
        format!("type object '{class}' has no attribute '{}'", name.to_rust_string()),
    )
}

fn bind(vm: Vm<'_>, found: Value, this: &Value) -> PyResult<Value> {
    match found.class().slots.descr_get.get() {
        Some(get) => get(vm, &found, None, Some(this)),
        None => Ok(found),
    }
}

fn get_annotate(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let class = class_of(this);
    let names = vm.names();
    if !class.is_heap_type() {
        return Err(no_such(vm, this, &names.__annotate__));
    }
    let dict = class.namespace();
    // A class that defines the function itself shows that.
    let found =
        dict.get_str(&names.__annotate__).or_else(|| dict.get_str(&names.__annotate_func__));
    match found {
        Some(found) => bind(vm, found, this),
        None => {
            drop(set_entry(class, &names.__annotate_func__, Some(Value::NONE)));
            Ok(Value::NONE)
        }
    }
}

fn set_annotate(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let class = class_of(this);
    let names = vm.names();
    let Some(value) = value else {
        return Err(vm.type_error("cannot delete __annotate__ attribute"));
    };
    if class.has_flags(spec_flags::IMMUTABLE) {
        return Err(immutable(vm, class, "__annotate__"));
    }
    if !value.is_none() && value.class().slots.call.get().is_none() {
        return Err(vm.type_error("__annotate__ must be callable or None"));
    }
    drop(set_entry(class, &names.__annotate_func__, Some(value.clone())));
    if !value.is_none() {
        drop(set_entry(class, &names.__annotations_cache__, None));
    }
    Ok(())
}

fn get_annotations(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let class = class_of(this);
    let names = vm.names();
    if !class.is_heap_type() {
        return Err(no_such(vm, this, &names.__annotations__));
    }
    let dict = class.namespace();
    let known =
        dict.get_str(&names.__annotations__).or_else(|| dict.get_str(&names.__annotations_cache__));
    if let Some(found) = known {
        return bind(vm, found, this);
    }
    let annotate = vm.get_attr(this, &names.__annotate__)?;
    let annotations = if annotate.class().slots.call.get().is_some() {
        let result = vm.call(&annotate, &[Value::small_int_unchecked(1)])?;
        if result.downcast::<PyDict>().is_none() {
            return Err(vm.type_error(format!(
                "__annotate__ returned non-dict of type '{}'",
                result.class().name()
            )));
        }
        result
    } else {
        PyDict::new_ref(vm).into_value()
    };
    drop(set_entry(class, &names.__annotations_cache__, Some(annotations.clone())));
    Ok(annotations)
}

fn set_annotations(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let class = class_of(this);
    let names = vm.names();
    if class.has_flags(spec_flags::IMMUTABLE) {
        return Err(immutable(vm, class, "__annotations__"));
    }
    let dict = class.namespace();
    let name = if dict.get_str(&names.__annotations__).is_some() {
        &names.__annotations__
    } else {
        &names.__annotations_cache__
    };
    let old = set_entry(class, name, value.cloned());
    if value.is_none() && old.is_none() {
        return Err(vm.attribute_error(this, &names.__annotations__, "__annotations__"));
    }
    drop(set_entry(class, &names.__annotate_func__, None));
    drop(set_entry(class, &names.__annotate__, None));
    Ok(())
}

fn get_type_params(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let class = class_of(this);
    let found = if class.is_heap_type() {
        class.namespace().get_str(&vm.names().__type_params__)
    } else {
        None
    };
    Ok(found.unwrap_or_else(|| PyTuple::new_value(vm, &[])))
}

fn set_type_params(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let class = class_of(this);
    let value = check_set(vm, class, "__type_params__", value)?;
    drop(set_entry(class, &vm.names().__type_params__, Some(value)));
    Ok(())
}

fn get_basicsize(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let class = class_of(this);
    Ok(Value::from_usize(
        size_of::<PyObject>() + class.payload_ops().size + class.extension_bytes(),
    ))
}

fn get_itemsize(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let class = class_of(this);
    if class.has_layout_of(int::INT.get()) {
        // CPython's digits, which `sys.int_info` tells of; a number here has no tail.
        return Ok(Value::from_usize(4));
    }
    Ok(Value::from_usize(class.payload_ops().tail_item))
}

/// The bits that CPython has too.
fn get_flags(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    /// `Py_TPFLAGS_VALID_VERSION_TAG` and bit 18, which stands for the stackless extension's place.
    const VALID_VERSION: u64 = 1 << 19;
    let class = class_of(this);
    let shown = if class.has_flags(spec_flags::SHOWN_AS_HEAP) { spec_flags::HEAP } else { 0 };
    let flags = class.flags() & 0xffff_ffff | shown | VALID_VERSION;
    Ok(int::new(vm, i64::try_from(flags).unwrap_or(0)))
}

fn get_weakref_offset(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(offset_of(class_of(this), spec_flags::HAS_WEAKREF))
}

fn get_dict_offset(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(offset_of(class_of(this), spec_flags::HAS_DICT))
}

fn offset_of(class: &Py<PyType>, flag: u64) -> Value {
    if !class.has_flags(flag) {
        return Value::small_int_unchecked(0);
    }
    let offset = class.extension().offset;
    Value::small_int_unchecked(if offset == 0 { -1 } else { i64::from(offset) })
}

getset! { GETSET:
    member ["__basicsize__"] get_basicsize;
    member ["__itemsize__"] get_itemsize;
    member ["__flags__"] get_flags;
    member ["__weakrefoffset__"] get_weakref_offset;
    member ["__base__"] get_base;
    member ["__dictoffset__"] get_dict_offset;
    ["__name__"] get_name, set_name;
    ["__qualname__"] get_qualname, set_qualname;
    ["__bases__"] get_bases, set_bases;
    ["__mro__"] get_mro;
    ["__module__"] get_module, set_module;
    ["__abstractmethods__"] get_abstract_methods, set_abstract_methods;
    ["__dict__"] get_dict;
    ["__doc__"] get_doc, set_doc;
    ["__text_signature__"] get_text_signature;
    ["__annotations__"] get_annotations, set_annotations;
    ["__annotate__"] get_annotate, set_annotate;
    ["__type_params__"] get_type_params, set_type_params;
}

/// The computed attributes of `type`.
pub const TYPE_GETSET: &[GetSetDef] = GETSET;
