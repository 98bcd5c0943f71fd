//! `_abc`: the machine of abstract base classes.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::set::{self, PySet};
use objects::types::tuple::PyTuple;
use objects::types::weakref;
use objects::{methods, payload};

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_abc",
    doc: Some("Module contains faster C implementation of abc.ABCMeta"),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Returns the current ABC cache token.
    ///
    /// The token is an opaque object (supporting equality testing) identifying the
    /// current version of the ABC cache for virtual subclasses. The token changes
    /// with every call to register() on any ABC.
    ["get_cache_token"] "($module, /)" None(get_cache_token);
    /// Internal ABC helper for class set-up. Should be never used outside abc module.
    ["_abc_init"] "($module, self, /)" One(abc_init);
    /// Internal ABC helper to reset registry of a given class.
    ///
    /// Should be only used by refleak.py
    ["_reset_registry"] "($module, self, /)" One(reset_registry);
    /// Internal ABC helper to reset both caches of a given class.
    ///
    /// Should be only used by refleak.py
    ["_reset_caches"] "($module, self, /)" One(reset_caches);
    /// Internal ABC helper for cache and registry debugging.
    ///
    /// Return shallow copies of registry, of both caches, and
    /// negative cache version. Don't call this function directly,
    /// instead use ABC._dump_registry() for a nice repr.
    ["_get_dump"] "($module, self, /)" One(get_dump);
    /// Internal ABC helper for subclass registration. Should be never used outside abc module.
    ["_abc_register"] "($module, self, subclass, /)" Positional(abc_register);
    /// Internal ABC helper for instance checks. Should be never used outside abc module.
    ["_abc_instancecheck"] "($module, self, instance, /)" Positional(abc_instancecheck);
    /// Internal ABC helper for subclasss checks. Should be never used outside abc module.
    ["_abc_subclasscheck"] "($module, self, subclass, /)" Positional(abc_subclasscheck);
}

payload! {
    /// What the machine keeps of an abstract base class.
    pub struct PyAbcData: ABC_DATA, gc {
        registry: PyRef<PySet>,
        cache: PyRef<PySet>,
        negative_cache: PyRef<PySet>,
        negative_version: Cell<u64>,
    }
}

/// `_abc._abc_data`
pub static ABC_DATA: StaticType = StaticType::new::<PyAbcData>();

const ABC_DATA_SPEC: TypeSpec = TypeSpec {
    name: "_abc._abc_data",
    doc: Some("Internal state held by ABC machinery."),
    flags: spec_flags::DISALLOW_INSTANTIATION,
    ..TypeSpec::DEFAULT
};

/// Goes up with every registration: an older negative cache is void.
static INVALIDATIONS: AtomicU64 = AtomicU64::new(0);

fn exec(vm: Vm<'_>, _module: &Value) -> PyResult<()> {
    objects::types::init_types(vm, &[(&ABC_DATA, &ABC_DATA_SPEC)])
}

fn data_of(vm: Vm<'_>, class: &Value) -> PyResult<PyRef<PyAbcData>> {
    let data = vm.get_attr(class, &vm.names()._abc_impl)?;
    data.into_ref::<PyAbcData>().map_err(|_| vm.type_error("_abc_impl is set to a wrong type"))
}

fn contains(vm: Vm<'_>, set: &Py<PySet>, class: &Value) -> PyResult<bool> {
    if set.is_empty() {
        return Ok(false);
    }
    let reference = weakref::new_ref(vm, class, None)?;
    set.contains(vm, &reference)
}

fn add(vm: Vm<'_>, set: &Py<PySet>, class: &Value) -> PyResult<()> {
    let reference = weakref::new_ref(vm, class, None)?;
    set.add(vm, &reference).map(|_| ())
}

fn get_cache_token(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let token = INVALIDATIONS.load(Ordering::Relaxed);
    Ok(Value::small_int_unchecked(i64::try_from(token).unwrap_or(0)))
}

fn is_abstract(vm: Vm<'_>, value: &Value) -> PyResult<bool> {
    match vm.get_attr_opt(value, &vm.names().__isabstractmethod__)? {
        Some(flag) => vm.is_true(&flag),
        None => Ok(false),
    }
}

fn compute_abstract_methods(vm: Vm<'_>, class: &Value) -> PyResult<()> {
    let abstracts = PySet::new_ref(vm);
    let namespace = vm.get_attr(class, &vm.names().__dict__)?;
    let items = vm.call_method(&namespace, &vm.names().items, &[])?;
    for item in vm.collect(&items)? {
        let Some(pair) = item.downcast::<PyTuple>() else { continue };
        let [name, value] = pair.items() else { continue };
        if is_abstract(vm, value)? {
            abstracts.add(vm, name)?;
        }
    }
    let bases = vm.get_attr(class, &vm.names().__bases__)?;
    let abstract_methods = vm.intern("__abstractmethods__");
    for base in vm.collect(&bases)? {
        let Some(inherited) = vm.get_attr_opt(&base, &abstract_methods)? else { continue };
        for name in vm.collect(&inherited)? {
            let Some(text) = name.downcast() else { continue };
            if let Some(value) = vm.get_attr_opt(class, text)?
                && is_abstract(vm, &value)?
            {
                abstracts.add(vm, &name)?;
            }
        }
    }
    let frozen = set::frozen(vm, &abstracts.into_value())?;
    vm.set_attr(class, &abstract_methods, Some(&frozen))
}

const COLLECTION_FLAGS: u64 = spec_flags::SEQUENCE | spec_flags::MAPPING;

fn abc_init(vm: Vm<'_>, _module: &Value, class: &Value) -> PyResult<Value> {
    compute_abstract_methods(vm, class)?;
    let data = PyAbcData {
        registry: PySet::new_ref(vm),
        cache: PySet::new_ref(vm),
        negative_cache: PySet::new_ref(vm),
        negative_version: Cell::new(INVALIDATIONS.load(Ordering::Relaxed)),
    };
    let data = PyRef::new(vm, data).into_value();
    vm.set_attr(class, &vm.names()._abc_impl, Some(&data))?;
    if let Some(class) = class.downcast::<PyType>() {
        let name = vm.intern("__abc_tpflags__");
        let namespace: PyRef<PyDict> = class.namespace();
        if let Some(flags) = namespace.get_str(&name) {
            let wanted = number::as_i64(vm, &flags)?.cast_unsigned();
            if wanted & COLLECTION_FLAGS == COLLECTION_FLAGS {
                return Err(vm.type_error(
                    "__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING",
                ));
            }
            class.set_flags(class.flags() | (wanted & COLLECTION_FLAGS));
            drop(namespace.remove_str(&name));
            class.modified();
        }
    }
    Ok(Value::NONE)
}

fn clear(set: &Py<PySet>) {
    set.core().clear_all();
}

fn reset_registry(vm: Vm<'_>, _module: &Value, class: &Value) -> PyResult<Value> {
    clear(&data_of(vm, class)?.registry);
    Ok(Value::NONE)
}

fn reset_caches(vm: Vm<'_>, _module: &Value, class: &Value) -> PyResult<Value> {
    let data = data_of(vm, class)?;
    clear(&data.cache);
    clear(&data.negative_cache);
    Ok(Value::NONE)
}

fn get_dump(vm: Vm<'_>, _module: &Value, class: &Value) -> PyResult<Value> {
    let data = data_of(vm, class)?;
    let copy =
        |set: &PyRef<PySet>| PySet::from_iterable(vm, &set.to_value()).map(PyRef::into_value);
    let version = i64::try_from(data.negative_version.get()).unwrap_or(0);
    Ok(PyTuple::new_value(
        vm,
        &[
            copy(&data.registry)?,
            copy(&data.cache)?,
            copy(&data.negative_cache)?,
            Value::small_int_unchecked(version),
        ],
    ))
}

/// Passes the pattern flags of an abstract class on to a class registered with it, and to that class's subclasses.
fn set_collection_flags(class: &Py<PyType>, flags: u64) {
    if class.flags() & COLLECTION_FLAGS == flags || class.has_flags(spec_flags::IMMUTABLE) {
        return;
    }
    class.set_flags(class.flags() & !COLLECTION_FLAGS | flags);
    for subclass in class.live_subclasses() {
        set_collection_flags(&subclass, flags);
    }
}

fn abc_register(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "_abc_register", args.len(), 2, 2)?;
    let (class, subclass) = (&args[0], &args[1]);
    let Some(registered) = subclass.downcast::<PyType>() else {
        return Err(vm.type_error("Can only register classes"));
    };
    if vm.issubclass(subclass, class)? {
        return Ok(subclass.clone());
    }
    if vm.issubclass(class, subclass)? {
        return Err(vm.runtime_error("Refusing to create an inheritance cycle"));
    }
    let data = data_of(vm, class)?;
    add(vm, &data.registry, subclass)?;
    INVALIDATIONS.fetch_add(1, Ordering::Relaxed);
    if let Some(class) = class.downcast::<PyType>() {
        let flags = class.flags() & COLLECTION_FLAGS;
        if flags != 0 {
            set_collection_flags(registered, flags);
        }
    }
    Ok(subclass.clone())
}

fn abc_instancecheck(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "_abc_instancecheck", args.len(), 2, 2)?;
    let (class, instance) = (&args[0], &args[1]);
    let data = data_of(vm, class)?;
    let subclass = vm.get_attr(instance, &vm.names().__class__)?;
    if contains(vm, &data.cache, &subclass)? {
        return Ok(Value::TRUE);
    }
    let real = instance.class().to_value();
    let check = |subclass: &Value| {
        vm.call_method(class, &vm.names().__subclasscheck__, std::slice::from_ref(subclass))
    };
    if real.is(&subclass) {
        if data.negative_version.get() == INVALIDATIONS.load(Ordering::Relaxed)
            && contains(vm, &data.negative_cache, &subclass)?
        {
            return Ok(Value::FALSE);
        }
        return check(&subclass);
    }
    let answer = check(&subclass)?;
    if vm.is_true(&answer)? {
        return Ok(answer);
    }
    check(&real)
}

fn abc_subclasscheck(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "_abc_subclasscheck", args.len(), 2, 2)?;
    subclasscheck(vm, &args[0], &args[1]).map(Value::from_bool)
}

fn subclasscheck(vm: Vm<'_>, class: &Value, subclass: &Value) -> PyResult<bool> {
    let Some(candidate) = subclass.downcast::<PyType>() else {
        return Err(vm.type_error("issubclass() arg 1 must be a class"));
    };
    let data = data_of(vm, class)?;
    if contains(vm, &data.cache, subclass)? {
        return Ok(true);
    }
    let now = INVALIDATIONS.load(Ordering::Relaxed);
    if data.negative_version.get() < now {
        clear(&data.negative_cache);
        data.negative_version.set(now);
    } else if contains(vm, &data.negative_cache, subclass)? {
        return Ok(false);
    }
    let hook = &vm.names().__subclasshook__;
    let answer = vm.call_method(class, hook, std::slice::from_ref(subclass))?;
    if answer.is_true() {
        add(vm, &data.cache, subclass)?;
        return Ok(true);
    }
    if answer.is_false() {
        add(vm, &data.negative_cache, subclass)?;
        return Ok(false);
    }
    if !answer.is_not_implemented() {
        return Err(vm.assertion_error(
            "__subclasshook__ must return either False, True, or NotImplemented",
        ));
    }
    if let Some(class) = class.downcast::<PyType>()
        && candidate.is_subtype(class)
    {
        add(vm, &data.cache, subclass)?;
        return Ok(true);
    }
    for registered in data.registry.core().keys_vec() {
        let registered = weakref::core_of(&registered).and_then(weakref::WeakCore::get);
        if let Some(registered) = registered
            && vm.issubclass(subclass, &registered)?
        {
            add(vm, &data.cache, subclass)?;
            return Ok(true);
        }
    }
    let subclasses = vm.call_method(class, &vm.intern("__subclasses__"), &[])?;
    for known in vm.collect(&subclasses)? {
        if vm.issubclass(subclass, &known)? {
            add(vm, &data.cache, subclass)?;
            return Ok(true);
        }
    }
    add(vm, &data.negative_cache, subclass)?;
    Ok(false)
}
