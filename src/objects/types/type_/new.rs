//! `type.__new__`: a class statement's class.

use crate::core::args::Args;
use crate::core::errors::{PyResult, Raised};
use crate::core::object::{Py, PyObject};
use crate::core::pyref::PyRef;
use crate::core::slot_defs;
use crate::core::slots::NewFn;
use crate::core::type_object::{ExtensionLayout, INLINE_VALUES_MAX, PyType};
use crate::core::type_spec::spec_flags;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::cell::PyCell;
use crate::types::descriptors;
use crate::types::dict::PyDict;
use crate::types::exceptions::hierarchy::RUNTIME_WARNING;
use crate::types::function::{FUNCTION, PyFunction};
use crate::types::object_::{DICT_DEF, OBJECT, WEAKREF_DEF};
use crate::types::property::{PyClassMethod, PyStaticMethod};
use crate::types::str::PyStr;
use crate::types::str::codec::{Errors, utf8};
use crate::types::tuple::PyTuple;

/// The base that decides the layout of instances: the nearest class that adds something to it (`solid_base`).
#[must_use]
pub fn solid_base(class: &Py<PyType>) -> PyRef<PyType> {
    let mut current = class.to_ref();
    while current.is_heap_type() {
        let Some(base) = current.base.get() else { break };
        if current.extension().slot_count > base.extension().slot_count {
            return current;
        }
        current = base;
    }
    current.solid_base().to_ref()
}

/// The metaclass that is derived from those of all bases (`_PyType_CalculateMetaclass`).
///
/// # Errors
/// TypeError when there is none.
pub fn calculate_metaclass(
    vm: Vm<'_>,
    metaclass: &Py<PyType>,
    bases: &[Value],
) -> PyResult<PyRef<PyType>> {
    let mut winner = metaclass.to_ref();
    for base in bases {
        let other = base.class();
        if winner.is_subtype(other) {
            continue;
        }
        if other.is_subtype(&winner) {
            winner = other.to_ref();
            continue;
        }
        return Err(vm.type_error(
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases",
        ));
    }
    Ok(winner)
}

fn check_bases(vm: Vm<'_>, bases: &[Value]) -> PyResult<()> {
    for base in bases {
        if base.downcast::<PyType>().is_none()
            && vm.get_attr_opt(base, &vm.names().__mro_entries__)?.is_some()
        {
            return Err(
                vm.type_error("type() doesn't support MRO entry resolution; use types.new_class()")
            );
        }
    }
    Ok(())
}

/// The base whose layout the class takes over (`best_base`).
///
/// # Errors
/// TypeError for what cannot be a base, and for layouts that do not go together.
pub fn best_base(vm: Vm<'_>, bases: &[Value]) -> PyResult<PyRef<PyType>> {
    let mut best: Option<(PyRef<PyType>, PyRef<PyType>)> = None;
    for base in bases {
        let Some(base) = base.downcast::<PyType>() else {
            return Err(vm.type_error("bases must be types"));
        };
        if !base.has_flags(spec_flags::BASETYPE) {
            return Err(
                vm.type_error(format!("type '{}' is not an acceptable base type", base.name()))
            );
        }
        let candidate = solid_base(base);
        match &best {
            None => best = Some((base.to_ref(), candidate)),
            Some((_, winner)) if winner.is_subtype(&candidate) => {}
            Some((_, winner)) if candidate.is_subtype(winner) => {
                best = Some((base.to_ref(), candidate));
            }
            Some(_) => {
                return Err(vm.type_error("multiple bases have instance lay-out conflict"));
            }
        }
    }
    match best {
        Some((base, _)) => Ok(base),
        None => Ok(OBJECT.get().to_ref()),
    }
}

#[cold]
fn bad_argument(vm: Vm<'_>, index: usize, wanted: &str, got: &Value) -> Raised {
    vm.type_error(format!(
        "type.__new__() argument {index} must be {wanted}, not {}",
        vm.type_text(got)
    ))
}

/// What is known of a class while it is being made.
struct Making<'a> {
    metaclass: PyRef<PyType>,
    name: &'a Py<PyStr>,
    bases: PyRef<PyTuple>,
    base: PyRef<PyType>,
    dict: PyRef<PyDict>,
    slots: Vec<PyRef<PyStr>>,
    add_dict: bool,
    add_weakref: bool,
}

/// `type.__new__(metaclass, name, bases, dict, **keywords)`
///
/// # Errors
/// TypeError and ValueError for what makes no class, and what the hooks raise.
pub fn type_new(vm: Vm<'_>, metaclass: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let values = args.positional();
    let [name, bases, namespace] = values else {
        return Err(vm.type_error(format!(
            "type.__new__() takes exactly 3 arguments ({} given)",
            values.len()
        )));
    };
    let Some(name) = name.downcast::<PyStr>() else {
        return Err(bad_argument(vm, 1, "str", name));
    };
    let Some(bases) = bases.downcast::<PyTuple>() else {
        return Err(bad_argument(vm, 2, "tuple", bases));
    };
    let Some(namespace) = namespace.downcast::<PyDict>() else {
        return Err(bad_argument(vm, 3, "dict", namespace));
    };
    let mut metaclass = metaclass.to_ref();
    let bases = if bases.items().is_empty() {
        PyTuple::new_ref(vm, &[OBJECT.get().to_value()])
    } else {
        check_bases(vm, bases.items())?;
        let winner = calculate_metaclass(vm, &metaclass, bases.items())?;
        if !winner.is(&metaclass) {
            if let Some(new) = winner.slots.new.get()
                && !std::ptr::fn_addr_eq(new, type_new as NewFn)
            {
                return new(vm, &winner, args);
            }
            metaclass = winner;
        }
        bases.to_ref()
    };
    let base = best_base(vm, bases.items())?;
    super::attributes::check_name(vm, name)?;
    let dict = namespace.copy(vm)?;
    let mut making = Making {
        metaclass,
        name,
        bases,
        base,
        dict,
        slots: Vec::new(),
        add_dict: false,
        add_weakref: false,
    };
    choose_places(vm, &mut making)?;
    let class = build(vm, &making)?;
    let value = class.to_value();
    let is_text = |key: &Value| key.class().has_flags(spec_flags::UNICODE_SUBCLASS);
    if making.dict.with_table(|table| table.iter().any(|entry| !is_text(&entry.key))) {
        let text = format!("non-string key in the __dict__ of class {}", class.name());
        vm.warn(&RUNTIME_WARNING, &text, 1)?;
    }
    set_names(vm, &class, &making.dict)?;
    init_subclass(vm, &class, args)?;
    Ok(value)
}

/// `__slots__`, or a `__dict__` and weak references.
fn choose_places(vm: Vm<'_>, making: &mut Making<'_>) -> PyResult<()> {
    let base = making.base.clone();
    // The characters of a string are no items to a program: what its class adds lies behind them.
    let is_text = base.is_subtype(crate::types::str::STR.get());
    let var_sized = !is_text
        && (base.payload_ops().tail_item != 0 || base.has_flags(spec_flags::LONG_SUBCLASS));
    // An instance of a metaclass has its class's namespace as `__dict__` already.
    let is_metaclass = base.is_subtype(crate::core::type_object::TYPE.get());
    let may_add_dict = !base.has_flags(spec_flags::HAS_DICT) && !is_metaclass;
    let may_add_weakref = !base.has_flags(spec_flags::HAS_WEAKREF) && !var_sized && !is_metaclass;
    let slots_name = &vm.names().__slots__;
    let Some(slots) = making.dict.get_str(slots_name) else {
        making.add_dict = may_add_dict;
        making.add_weakref = may_add_weakref;
        return Ok(());
    };
    let listed =
        if slots.downcast::<PyStr>().is_some() { vec![slots] } else { vm.collect(&slots)? };
    if !listed.is_empty() && var_sized {
        return Err(vm.type_error(format!(
            "nonempty __slots__ not supported for subtype of '{}'",
            base.name()
        )));
    }
    for slot in &listed {
        let Some(slot) = slot.downcast::<PyStr>() else {
            return Err(vm.type_error(format!(
                "__slots__ items must be strings, not '{}'",
                slot.class().name()
            )));
        };
        let text = slot.to_rust_string();
        if !::base::unicode::is_identifier(text.chars().map(u32::from)) {
            return Err(vm.type_error("__slots__ must be identifiers"));
        }
        match text.as_str() {
            "__dict__" => {
                if !may_add_dict || making.add_dict {
                    return Err(vm.type_error("__dict__ slot disallowed: we already got one"));
                }
                making.add_dict = true;
            }
            "__weakref__" => {
                if !may_add_weakref || making.add_weakref {
                    return Err(vm.type_error("__weakref__ slot disallowed: we already got one"));
                }
                making.add_weakref = true;
            }
            _ => add_slot(vm, making, slot, &text)?,
        }
    }
    making.slots.sort_by_key(|slot| slot.to_wtf8().into_owned());
    // Another base may bring what this one lacks.
    for other in making.bases.items() {
        let other = other.receiver::<PyType>();
        if other.is(&base) {
            continue;
        }
        making.add_dict |= may_add_dict && other.has_flags(spec_flags::HAS_DICT);
        making.add_weakref |= may_add_weakref && other.has_flags(spec_flags::HAS_WEAKREF);
    }
    Ok(())
}

fn add_slot(vm: Vm<'_>, making: &mut Making<'_>, slot: &Py<PyStr>, text: &str) -> PyResult<()> {
    let mangled = vm.intern(&mangle(&making.name.to_rust_string(), text));
    let special = matches!(text, "__qualname__" | "__classcell__" | "__classdictcell__");
    if !special && making.dict.get_str(&mangled).is_some() {
        let shown = vm.repr(&slot.to_value())?;
        return Err(vm.value_error(format!(
            "{} in __slots__ conflicts with class variable",
            shown.to_rust_string()
        )));
    }
    making.slots.push(mangled);
    Ok(())
}

/// A private name as the class sees it (`_Py_Mangle`).
fn mangle(class: &str, name: &str) -> String {
    let stripped = class.trim_start_matches('_');
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') || stripped.is_empty()
    {
        return name.to_owned();
    }
    format!("_{stripped}{name}")
}

/// Makes the type object and everything in it.
fn build(vm: Vm<'_>, making: &Making<'_>) -> PyResult<PyRef<PyType>> {
    let base = &making.base;
    let inherited = base.flags()
        & (0xff << 24
            | spec_flags::MATCH_SELF
            | spec_flags::HAS_DICT
            | spec_flags::HAS_WEAKREF
            | spec_flags::INLINE_VALUES
            | spec_flags::MANAGED_DICT);
    let mut flags = inherited | spec_flags::BASETYPE | spec_flags::GC;
    if making.add_dict {
        flags |= spec_flags::HAS_DICT | spec_flags::MANAGED_DICT;
    }
    if making.add_weakref {
        flags |= spec_flags::HAS_WEAKREF;
    }
    let layout = layout_of(vm, making, flags);
    if layout.value_capacity != 0 {
        flags |= spec_flags::INLINE_VALUES;
    }
    let class = PyRef::new_of(vm, &making.metaclass, PyType::derived(base, flags));
    class.set_extension(layout);
    class.name.set(Some(making.name.to_ref()));
    class.base.set(Some(base.clone()));
    class.bases.set(Some(making.bases.clone()));
    set_attributes(vm, &class, making)?;
    class.dict.set(Some(making.dict.clone()));
    // Before the members: a slot may have the name of a cell.
    fill_cells(vm, &class, making)?;
    add_members(vm, &class, making);
    let mro = super::mro::compute(vm, &class)?;
    class.mro.set(Some(mro.clone()));
    for entry in mro.items().iter().skip(1) {
        if let Some(entry) = entry.downcast::<PyType>() {
            class.slots.inherit(&entry.slots);
        }
    }
    class.slots.new.set(base.slots.new.get());
    for base in making.bases.items() {
        base.receiver::<PyType>().subclasses.with_mut(|list| list.push(PyRef::as_ptr(&class)));
    }
    inherit_patterns(&class, &mro);
    class.set_flags(class.flags() | spec_flags::READY);
    slot_defs::update_all(vm, &class);
    Ok(class)
}

/// Sequence and mapping patterns come from whichever base has them first.
fn inherit_patterns(class: &Py<PyType>, mro: &Py<PyTuple>) {
    let patterns = spec_flags::SEQUENCE | spec_flags::MAPPING;
    for entry in mro.items().iter().skip(1) {
        let Some(entry) = entry.downcast::<PyType>() else { continue };
        if class.flags() & patterns == 0 {
            class.set_flags(class.flags() | entry.flags() & patterns);
        }
    }
}

/// Where the parts of instances lie: inherited slots first, then own ones, then room for the attributes that methods set.
fn layout_of(vm: Vm<'_>, making: &Making<'_>, flags: u64) -> ExtensionLayout {
    let base = &making.base;
    let below = base.extension();
    let own_slots = u16::try_from(making.slots.len()).unwrap_or(u16::MAX);
    let slot_count = below.slot_count.saturating_add(own_slots);
    let mut capacity = 0;
    if flags & spec_flags::HAS_DICT != 0 && !base.is_subtype(crate::core::type_object::TYPE.get()) {
        let own = making
            .dict
            .get_str(&vm.names().__static_attributes__)
            .and_then(|names| names.downcast::<PyTuple>().map(|names| names.items().len()));
        let own = own.unwrap_or(0).max(annotated_count(vm, &making.dict));
        let spare = match (below.value_capacity, own) {
            (0, 0) => 4,
            (0, _) => 2,
            _ => 0,
        };
        let wanted = usize::from(below.value_capacity) + own + spare;
        capacity = u8::try_from(wanted.min(INLINE_VALUES_MAX)).unwrap_or(0);
    }
    let needed = slot_count != 0
        || capacity != 0
        || flags & (spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF) != 0;
    if !needed {
        return below;
    }
    let ops = base.payload_ops();
    let end = (size_of::<PyObject>() + ops.size).div_ceil(8) * 8;
    let offset = if ops.tail_item == 0 { u32::try_from(end).unwrap_or(0) } else { 0 };
    ExtensionLayout::with_parts(slot_count, capacity, offset)
}

/// About how many names a class body annotates: the constants of the function that computes the annotations. What a decorator
/// makes of them, as of a data class's fields, no method of the body sets.
fn annotated_count(vm: Vm<'_>, namespace: &Py<PyDict>) -> usize {
    let function = namespace.get_str(&vm.names().__annotate_func__);
    let function = function.as_ref().and_then(|function| function.downcast::<PyFunction>());
    function.map_or(0, |function| function.code.with(|code| code.spec().consts.len()))
}

/// `__module__`, `__qualname__`, and the functions that become static and class methods.
fn set_attributes(vm: Vm<'_>, class: &Py<PyType>, making: &Making<'_>) -> PyResult<()> {
    let names = vm.names();
    let dict = &making.dict;
    if dict.get_str(&names.__module__).is_none()
        && let Some(frame) = vm.current_frame()
        && let Some(module) = frame.globals().get_str(&names.__name__)
    {
        drop(dict.set_str(&names.__module__, module));
    }
    match dict.get_str(&names.__qualname__) {
        Some(qualname) => {
            let Some(text) = qualname.downcast::<PyStr>() else {
                return Err(vm.type_error(format!(
                    "type __qualname__ must be a str, not {}",
                    qualname.class().name()
                )));
            };
            class.qualname.set(Some(text.to_ref()));
            drop(dict.remove_str(&names.__qualname__));
        }
        None => class.qualname.set(Some(making.name.to_ref())),
    }
    if let Some(doc) = dict.get_str(&names.__doc__)
        && let Some(doc) = doc.downcast::<PyStr>().filter(|doc| doc.as_ascii().is_none())
    {
        // The docstring of a type is text that can be written.
        utf8::encode(vm, doc, &Errors::Strict)?;
    }
    if let Some(new) = dict.get_str(&names.__new__).filter(|new| new.is_exact(FUNCTION.get())) {
        drop(dict.set_str(&names.__new__, PyStaticMethod::new_value(vm, new)));
    }
    for name in [&names.__init_subclass__, &names.__class_getitem__] {
        if let Some(hook) = dict.get_str(name).filter(|hook| hook.is_exact(FUNCTION.get())) {
            drop(dict.set_str(name, PyClassMethod::new_value(vm, hook)));
        }
    }
    Ok(())
}

/// Descriptors of `__slots__`, `__dict__` and `__weakref__`; `__doc__` and `__hash__` where they are implied.
fn add_members(vm: Vm<'_>, class: &Py<PyType>, making: &Making<'_>) {
    let names = vm.names();
    let dict = &making.dict;
    let first = usize::from(making.base.extension().slot_count);
    for (nth, slot) in making.slots.iter().enumerate() {
        drop(dict.set_str(slot, descriptors::member(vm, class, slot, first + nth)));
    }
    class.slot_names.set(making.slots.clone());
    if making.add_dict && dict.get_str(&names.__dict__).is_none() {
        drop(dict.set_str(&names.__dict__, descriptors::get_set(vm, class, &DICT_DEF)));
    }
    if making.add_weakref && dict.get_str(&names.__weakref__).is_none() {
        drop(dict.set_str(&names.__weakref__, descriptors::get_set(vm, class, &WEAKREF_DEF)));
    }
    if dict.get_str(&names.__doc__).is_none() {
        drop(dict.set_str(&names.__doc__, Value::NONE));
    }
    if dict.get_str(&names.__eq__).is_some() && dict.get_str(&names.__hash__).is_none() {
        drop(dict.set_str(&names.__hash__, Value::NONE));
    }
}

/// `__class__` in the methods' closures becomes the class.
fn fill_cells(vm: Vm<'_>, class: &Py<PyType>, making: &Making<'_>) -> PyResult<()> {
    let names = vm.names();
    let contents = [
        (&names.__classcell__, class.to_value()),
        (&names.__classdictcell__, making.dict.to_value()),
    ];
    for (name, content) in contents {
        let Some(cell) = making.dict.get_str(name) else { continue };
        let Some(cell) = cell.downcast::<PyCell>() else {
            let shown = vm.repr(&cell.class().to_value())?.to_rust_string();
            return Err(vm.type_error(format!(
                "type.__new__: {} must be a nonlocal cell, not {shown}",
                name.to_rust_string()
            )));
        };
        cell.content.set(Some(content));
        drop(making.dict.remove_str(name));
    }
    class.modified();
    Ok(())
}

/// Tells attributes their names (`type_new_set_names`).
fn set_names(vm: Vm<'_>, class: &Py<PyType>, dict: &Py<PyDict>) -> PyResult<()> {
    let hook = &vm.names().__set_name__;
    for key in dict.string_keys() {
        let Some(value) = dict.get_str(&key) else { continue };
        if value.as_object().is_none() || value.class().lookup(hook).is_none() {
            continue;
        }
        let args = [class.to_value(), key.to_value()];
        if let Err(raised) = vm.call_special(&value, hook, &args) {
            let error = vm.take(raised);
            let shown = vm.repr(&key.to_value())?.to_rust_string();
            let note = format!(
                "Error calling __set_name__ on '{}' instance {shown} in '{}'",
                value.class().name(),
                class.name()
            );
            let add = vm.intern("add_note");
            let note = PyStr::new_value(vm, &note);
            if let Err(raised) = vm.call_method(&error, &add, std::slice::from_ref(&note)) {
                vm.clear(raised);
            }
            return Err(vm.restore(error));
        }
    }
    Ok(())
}

/// `super(cls, cls).__init_subclass__(**keywords)`
fn init_subclass(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<()> {
    let this = class.to_value();
    let name = &vm.names().__init_subclass__;
    let Some(hook) = super::super_::lookup_after(vm, class, &this, class, name)? else {
        return Ok(());
    };
    let values: Vec<Value> = args.keywords().map(|(_, value)| value.clone()).collect();
    vm.call_with(&hook, Args::new(&values, args.keyword_names())).map(drop)
}
