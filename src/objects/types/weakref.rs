//! Weak references and weak proxies.
//!
//! An object's extension lists the weak references to it; they are cleared before the object's payload ends (`core/weak.rs`).

use std::cell::Cell;

use crate::core::args::{Args, check_count};
use crate::core::attribute::{self, Method};
use crate::core::errors::PyResult;
use crate::core::extension;
use crate::core::gc::{Traverse, Visitor};
use crate::core::gil_cell::HotCell;
use crate::core::object::{Payload, Py, PyObject};
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::core::weak::WeakTarget;
use crate::types::str::PyStr;
use crate::types::weak_proxy;
use crate::{getset, methods, payload};

/// What weak references and proxies hold.
pub struct WeakCore {
    target: WeakTarget,
    callback: HotCell<Option<Value>>,
    /// The hash of the object, once it was asked.
    hash: Cell<Option<i64>>,
}

impl WeakCore {
    fn new(callback: Option<Value>) -> Self {
        Self {
            target: WeakTarget::default(),
            callback: HotCell::new(callback),
            hash: Cell::new(None),
        }
    }

    /// The object, if it is alive.
    #[must_use]
    pub fn get(&self) -> Option<Value> {
        self.target.get()
    }

    /// Whether there is a callback.
    #[must_use]
    pub fn has_callback(&self) -> bool {
        self.callback.with(Option::is_some)
    }

    /// The callback.
    #[must_use]
    pub fn callback(&self) -> Option<Value> {
        self.callback.get()
    }
}

impl Traverse for WeakCore {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.callback.traverse(visitor);
    }
    fn clear(&self, dead: &mut Vec<Value>) {
        Traverse::clear(&self.callback, dead);
    }
}

payload! {
    /// The payload of `weakref.ref`.
    pub struct PyWeakRef: WEAK_REF, gc {
        core: WeakCore,
    }
}

payload! {
    /// The payload of a weak proxy.
    pub struct PyWeakProxy: weak_proxy::WEAK_PROXY, gc {
        core: WeakCore,
    }
}

payload! {
    /// The payload of a weak proxy of a callable.
    pub struct PyWeakCallableProxy: weak_proxy::WEAK_CALLABLE_PROXY, gc {
        core: WeakCore,
    }
}

/// `weakref.ReferenceType`
pub static WEAK_REF: StaticType = StaticType::new::<PyWeakRef>();

methods! { METHODS:
    /// Weakrefs are generic over the type of the referenced object.
    class ["__class_getitem__"] "($type, object, /)" One(crate::types::generic_alias::class_getitem);
}

getset! { GETSET:
    member ["__callback__"] get_callback;
}

/// The spec of `weakref.ref`.
pub const WEAK_REF_SPEC: TypeSpec = TypeSpec {
    name: "weakref.ReferenceType",
    flags: spec_flags::BASETYPE,
    slots: &[
        Slot::Repr(repr),
        Slot::Hash(hash),
        Slot::Call(call),
        Slot::Richcompare(richcompare),
        Slot::New(new),
        Slot::Init(init),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

/// The core of a weak reference or proxy; None for any other value.
#[must_use]
pub fn core_of(value: &Value) -> Option<&WeakCore> {
    if let Some(reference) = value.downcast::<PyWeakRef>() {
        return Some(&reference.core);
    }
    if let Some(proxy) = value.downcast::<PyWeakProxy>() {
        return Some(&proxy.core);
    }
    value.downcast::<PyWeakCallableProxy>().map(|proxy| &proxy.core)
}

/// The weak references to an object as they are shown (`_PyObject_GET_WEAKREFS_LISTPTR`): those that all share in front, the
/// others newest first.
#[must_use]
pub fn references_in_order(object: &Value) -> Vec<Value> {
    let mut references = references_to(object);
    references.reverse();
    let rank = |value: &Value| {
        let is_shared = core_of(value).is_some_and(|core| !core.has_callback());
        match is_shared {
            true if value.is_exact(WEAK_REF.get()) => 0,
            true if value.is_exact(weak_proxy::WEAK_PROXY.get())
                || value.is_exact(weak_proxy::WEAK_CALLABLE_PROXY.get()) =>
            {
                1
            }
            _ => 2,
        }
    };
    references.sort_by_key(rank);
    references
}

/// The weak references to an object, oldest first but for those that all share.
#[must_use]
pub fn references_to(object: &Value) -> Vec<Value> {
    if let Some(class) = object.downcast::<PyType>()
        && !class.is_heap_type()
    {
        return class.weakrefs.get();
    }
    object.as_object().map(extension::weakrefs).unwrap_or_default()
}

/// A weak reference to `object`; one without callback is shared.
///
/// # Errors
/// TypeError when there can be none.
pub fn new_ref(vm: Vm<'_>, object: &Value, callback: Option<&Value>) -> PyResult<Value> {
    make::<PyWeakRef>(vm, WEAK_REF.get(), object, callback)
}

/// A weak proxy of `object`; one without callback is shared.
///
/// # Errors
/// TypeError when there can be none.
pub fn new_proxy(vm: Vm<'_>, object: &Value, callback: Option<&Value>) -> PyResult<Value> {
    if object.class().slots.call.get().is_some() {
        make::<PyWeakCallableProxy>(vm, weak_proxy::WEAK_CALLABLE_PROXY.get(), object, callback)
    } else {
        make::<PyWeakProxy>(vm, weak_proxy::WEAK_PROXY.get(), object, callback)
    }
}

/// A payload that is a weak core.
trait Weak: Payload {
    fn of_core(core: WeakCore) -> Self;
    fn core(&self) -> &WeakCore;
}

impl Weak for PyWeakRef {
    fn of_core(core: WeakCore) -> Self {
        Self { core }
    }
    fn core(&self) -> &WeakCore {
        &self.core
    }
}
impl Weak for PyWeakProxy {
    fn of_core(core: WeakCore) -> Self {
        Self { core }
    }
    fn core(&self) -> &WeakCore {
        &self.core
    }
}
impl Weak for PyWeakCallableProxy {
    fn of_core(core: WeakCore) -> Self {
        Self { core }
    }
    fn core(&self) -> &WeakCore {
        &self.core
    }
}

/// The reference without callback that all share who ask for one of exactly `T`'s class.
fn shared<T: Weak>(object: &Value) -> Option<Value> {
    let is_shared = |reference: &PyObject| {
        reference.class().is(T::class())
            && reference.downcast::<T>().is_some_and(|reference| !reference.core().has_callback())
    };
    if let Some(class) = object.downcast::<PyType>()
        && !class.is_heap_type()
    {
        let is_shared = |known: &&Value| known.as_object().is_some_and(is_shared);
        return class.weakrefs.with(|list| list.iter().find(is_shared).cloned());
    }
    extension::find_weakref(object.as_object()?, is_shared)
}

fn make<T: Weak>(
    vm: Vm<'_>,
    class: &Py<PyType>,
    object: &Value,
    callback: Option<&Value>,
) -> PyResult<Value> {
    let callback = callback.filter(|callback| !callback.is_none());
    let exact = class.is(T::class());
    if callback.is_none()
        && exact
        && let Some(known) = shared::<T>(object)
    {
        return Ok(known);
    }
    let refuse = || {
        vm.type_error(format!("cannot create weak reference to '{}' object", object.class().name()))
    };
    let Some(target) = object.as_object() else { return Err(refuse()) };
    let new = PyRef::new_of(vm, class, T::of_core(WeakCore::new(callback.cloned())));
    let value = new.into_value();
    let Some(core) = core_of(&value) else { return Ok(value) };
    if let Some(class) = object.downcast::<PyType>()
        && !class.is_heap_type()
    {
        // A static type never dies; only the shared reference is kept.
        core.target.attach_immortal(target);
        if callback.is_none() && exact {
            class.weakrefs.with_mut(|list| list.push(value.clone()));
        }
        return Ok(value);
    }
    let is_shared = callback.is_none() && exact;
    if value.as_object().is_some_and(|own| core.target.attach(target, own, is_shared)) {
        Ok(value)
    } else {
        Err(refuse())
    }
}

fn new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let exact = class.is(WEAK_REF.get());
    if exact && args.keyword_count() != 0 {
        return Err(vm.type_error("ref() takes no keyword arguments"));
    }
    check_count(vm, "__new__", args.positional().len(), 1, if exact { 2 } else { usize::MAX })?;
    make::<PyWeakRef>(vm, class, &args.positional()[0], args.positional().get(1))
}

fn init(vm: Vm<'_>, _value: &Value, args: Args<'_>) -> PyResult<()> {
    check_count(vm, "__init__", args.positional().len(), 1, 2)
}

fn this(value: &Value) -> &WeakCore {
    &value.receiver::<PyWeakRef>().core
}

fn call(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    args.exactly(vm, "weakref", 0, 0)?;
    Ok(this(value).get().unwrap_or(Value::NONE))
}

fn get_callback(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).callback().unwrap_or(Value::NONE))
}

fn hash(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    let core = this(value);
    if let Some(known) = core.hash.get() {
        return Ok(known);
    }
    let Some(object) = core.get() else {
        return Err(vm.type_error("weak object has gone away"));
    };
    let hash = vm.hash(&object)?;
    core.hash.set(Some(hash));
    Ok(hash)
}

fn richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(left), Some(right)) = (a.downcast::<PyWeakRef>(), b.downcast::<PyWeakRef>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    match (left.core.get(), right.core.get()) {
        (Some(x), Some(y)) => vm.rich_compare(&x, &y, op),
        _ => Ok(Value::from_bool(a.is(b) == (op == CompareOp::Eq))),
    }
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let address = value.id();
    let Some(object) = this(value).get() else {
        return Ok(PyStr::new_value(vm, &format!("<weakref at {address:#x}; dead>")));
    };
    // Only what its class says counts as the object's name.
    let name = match attribute::special(vm, &object, &vm.names().__name__)? {
        Some(Method::Bound(name)) => Some(name),
        _ => None,
    };
    let class = vm.full_class_name(object.class())?;
    let target = object.id();
    let text = match name.as_ref().and_then(|name| name.downcast::<PyStr>()) {
        Some(name) => format!(
            "<weakref at {address:#x}; to '{class}' at {target:#x} ({})>",
            name.to_rust_string()
        ),
        None => format!("<weakref at {address:#x}; to '{class}' at {target:#x}>"),
    };
    Ok(PyStr::new_value(vm, &text))
}

/// Tells weak references that their object is dying: they are cleared first, then their callbacks run, newest first.
pub fn notify_dead(vm: Vm<'_>, references: Vec<Value>) {
    let mut callbacks = Vec::new();
    for reference in references {
        let Some(core) = core_of(&reference) else { continue };
        core.target.clear();
        if let Some(callback) = core.callback.take() {
            callbacks.push((callback, reference.clone()));
        }
    }
    for (callback, reference) in callbacks.into_iter().rev() {
        // An exception that is being propagated stays what it is while the callback runs.
        let pending = vm.thread().raised.take();
        if let Err(raised) = vm.call(&callback, std::slice::from_ref(&reference)) {
            vm.unraisable_about(
                raised,
                "Exception ignored while calling weakref callback",
                Some(&callback),
            );
        }
        drop(vm.thread().raised.replace(pending));
    }
}

/// Clears a weak reference that is about to end itself: its object dies before it.
pub(crate) fn forget_target(reference: &PyObject) {
    if let Some(reference) = reference.downcast::<PyWeakRef>() {
        reference.core.target.clear();
    } else if let Some(proxy) = reference.downcast::<PyWeakProxy>() {
        proxy.core.target.clear();
    } else if let Some(proxy) = reference.downcast::<PyWeakCallableProxy>() {
        proxy.core.target.clear();
    }
}
