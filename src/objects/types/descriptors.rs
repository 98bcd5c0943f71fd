//! The descriptors of builtin types: methods, class methods, computed attributes, `__slots__` members, slot wrappers.

use std::cell::Cell;

use crate::core::args::Args;
use crate::core::errors::{PyResult, Raised};
use crate::core::extension;
use crate::core::gc::{Traverse, Visitor};
use crate::core::object::{Payload, Py};
use crate::core::pyref::PyRef;
use crate::core::signature;
use crate::core::slot_defs::SlotDef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{GetSetDef, MethodDef, TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::builtin_function::{
    Def, PyBuiltinFunction, call_native, clean_doc, doc_value, pointer_hash,
};
use crate::types::exceptions::hierarchy::ATTRIBUTE_ERROR;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::types::type_::qualname_text;
use crate::{getset, methods, payload};

/// A constant of a table, inside a payload.
pub struct Row<T: 'static>(pub &'static T);

impl<T> Traverse for Row<T> {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a builtin type's method, or of its class method.
    pub struct PyMethodDescriptor: METHOD_DESCRIPTOR, gc {
        /// The type that it belongs to.
        pub class: PyRef<PyType>,
        /// The row.
        pub def: Def,
    }
}

/// `method_descriptor`
pub static METHOD_DESCRIPTOR: StaticType = StaticType::new::<PyMethodDescriptor>();

payload! {
    /// The payload of a builtin type's class method.
    pub struct PyClassMethodDescriptor: CLASS_METHOD_DESCRIPTOR, gc {
        class: PyRef<PyType>,
        def: Def,
    }
}

/// `classmethod_descriptor`
pub static CLASS_METHOD_DESCRIPTOR: StaticType = StaticType::new::<PyClassMethodDescriptor>();

payload! {
    /// The payload of a computed attribute.
    pub struct PyGetSetDescriptor: GETSET_DESCRIPTOR, gc {
        class: PyRef<PyType>,
        def: Row<GetSetDef>,
    }
}

/// `getset_descriptor`
pub static GETSET_DESCRIPTOR: StaticType = StaticType::new::<PyGetSetDescriptor>();

payload! {
    /// The payload of a member: a place of `__slots__`, or a field of a builtin type that reads as a plain one.
    pub struct PyMemberDescriptor: MEMBER_DESCRIPTOR, gc {
        class: PyRef<PyType>,
        name: PyRef<PyStr>,
        index: Cell<usize>,
        kind: Cell<MemberKind>,
        doc: &'static str,
    }
}

/// Where a member's value is.
#[derive(Clone, Copy)]
pub enum MemberKind {
    /// A place of `__slots__`.
    Slot,
    /// Such a place that only the type's own code fills.
    ReadOnly,
    /// An item of a tuple.
    Item,
    /// What a builtin type's own code reads, and writes if it can be written.
    Computed(&'static GetSetDef),
}

/// `member_descriptor`
pub static MEMBER_DESCRIPTOR: StaticType = StaticType::new::<PyMemberDescriptor>();

payload! {
    /// The payload of a slot wrapper: `int.__add__`.
    pub struct PyWrapperDescriptor: WRAPPER_DESCRIPTOR, gc {
        /// The type whose slot it calls.
        pub class: PyRef<PyType>,
        /// The row of the slot table.
        pub def: Row<SlotDef>,
    }
}

/// `wrapper_descriptor`
pub static WRAPPER_DESCRIPTOR: StaticType = StaticType::new::<PyWrapperDescriptor>();

payload! {
    /// The payload of a slot wrapper bound to an instance: `(1).__add__`.
    pub struct PyMethodWrapper: METHOD_WRAPPER, gc {
        descriptor: PyRef<PyWrapperDescriptor>,
        receiver: Value,
    }
}

/// `method-wrapper`
pub static METHOD_WRAPPER: StaticType = StaticType::new::<PyMethodWrapper>();

/// The descriptor of a row of `class`'s method table.
#[must_use]
pub fn method(vm: Vm<'_>, class: &Py<PyType>, def: &'static MethodDef) -> Value {
    PyRef::new(vm, PyMethodDescriptor { class: class.to_ref(), def: Def(def) }).into_value()
}

/// The descriptor of a class method's row.
#[must_use]
pub fn class_method(vm: Vm<'_>, class: &Py<PyType>, def: &'static MethodDef) -> Value {
    PyRef::new(vm, PyClassMethodDescriptor { class: class.to_ref(), def: Def(def) }).into_value()
}

/// The descriptor of a computed attribute's row.
#[must_use]
pub fn get_set(vm: Vm<'_>, class: &Py<PyType>, def: &'static GetSetDef) -> Value {
    PyRef::new(vm, PyGetSetDescriptor { class: class.to_ref(), def: Row(def) }).into_value()
}

/// The descriptor of place `index` of `class`'s `__slots__`.
#[must_use]
pub fn member(vm: Vm<'_>, class: &Py<PyType>, name: &Py<PyStr>, index: usize) -> Value {
    field_member(vm, class, name, "", MemberKind::Slot, index)
}

/// The descriptor of a row that shows as a member.
#[must_use]
pub fn computed_member(vm: Vm<'_>, class: &Py<PyType>, def: &'static GetSetDef) -> Value {
    field_member(vm, class, &vm.intern(def.name), def.doc, MemberKind::Computed(def), 0)
}

/// The descriptor of a field of `class`.
#[must_use]
pub fn field_member(
    vm: Vm<'_>,
    class: &Py<PyType>,
    name: &Py<PyStr>,
    doc: &'static str,
    kind: MemberKind,
    index: usize,
) -> Value {
    let payload = PyMemberDescriptor {
        class: class.to_ref(),
        name: name.to_ref(),
        index: Cell::new(index),
        kind: Cell::new(kind),
        doc,
    };
    PyRef::new(vm, payload).into_value()
}

/// The wrapper of one of `class`'s slots.
#[must_use]
pub fn wrapper(vm: Vm<'_>, class: &Py<PyType>, def: &'static SlotDef) -> Value {
    PyRef::new(vm, PyWrapperDescriptor { class: class.to_ref(), def: Row(def) }).into_value()
}

impl PyMemberDescriptor {
    /// The place of `__slots__`, and the class that has it.
    #[must_use]
    pub fn place(&self) -> Option<(usize, &Py<PyType>)> {
        matches!(self.kind.get(), MemberKind::Slot).then(|| (self.index.get(), &*self.class))
    }

    /// Whether reading it runs code of the type.
    #[must_use]
    pub fn is_computed(&self) -> bool {
        matches!(self.kind.get(), MemberKind::Computed(_))
    }

    /// What the member of `object`, an instance of its class, holds without running code; None for nothing.
    #[must_use]
    pub fn read(&self, object: &Value) -> Option<Value> {
        let index = self.index.get();
        match self.kind.get() {
            MemberKind::Slot => extension::slot(object.as_object()?, index),
            MemberKind::ReadOnly => {
                Some(extension::slot(object.as_object()?, index).unwrap_or(Value::NONE))
            }
            MemberKind::Item => object.downcast::<PyTuple>()?.items().get(index).cloned(),
            MemberKind::Computed(_) => None,
        }
    }
}

/// What every descriptor of this file knows: its class and its name.
fn owner_and_name(descriptor: &Value) -> (PyRef<PyType>, String) {
    if let Some(this) = descriptor.downcast::<PyMethodDescriptor>() {
        return (this.class.clone(), this.def.name.to_owned());
    }
    if let Some(this) = descriptor.downcast::<PyClassMethodDescriptor>() {
        return (this.class.clone(), this.def.name.to_owned());
    }
    if let Some(this) = descriptor.downcast::<PyGetSetDescriptor>() {
        return (this.class.clone(), this.def.0.name.to_owned());
    }
    if let Some(this) = descriptor.downcast::<PyMemberDescriptor>() {
        return (this.class.clone(), this.name.to_rust_string());
    }
    let this = descriptor.receiver::<PyWrapperDescriptor>();
    (this.class.clone(), this.def.0.name.to_owned())
}

#[cold]
fn wrong_receiver(vm: Vm<'_>, name: &str, class: &Py<PyType>, object: &Value) -> Raised {
    vm.type_error(format!(
        "descriptor '{name}' for '{}' objects doesn't apply to a '{}' object",
        class.name(),
        object.class().name()
    ))
}

fn check_receiver(vm: Vm<'_>, name: &str, class: &Py<PyType>, object: &Value) -> PyResult<()> {
    if object.class().is_subtype(class) {
        Ok(())
    } else {
        Err(wrong_receiver(vm, name, class, object))
    }
}

fn full_name(class: &Py<PyType>, name: &str) -> String {
    format!("{}.{name}()", qualname_text(class))
}

// Methods.

fn method_get(
    vm: Vm<'_>,
    this: &Value,
    object: Option<&Value>,
    _owner: Option<&Value>,
) -> PyResult<Value> {
    let Some(object) = object else { return Ok(this.clone()) };
    let descriptor = this.receiver::<PyMethodDescriptor>();
    check_receiver(vm, descriptor.def.name, &descriptor.class, object)?;
    Ok(PyBuiltinFunction::new_value(vm, descriptor.def.0, object.clone(), None))
}

fn method_call(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let this = this.receiver::<PyMethodDescriptor>();
    let name = || full_name(&this.class, this.def.name);
    let Some((receiver, rest)) = args.split_first() else {
        return Err(vm.type_error(format!("unbound method {} needs an argument", name())));
    };
    check_receiver(vm, this.def.name, &this.class, receiver)?;
    call_native(vm, this.def.0, receiver, &name, rest)
}

fn method_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    descriptor_repr(vm, this, "method")
}

fn descriptor_repr(vm: Vm<'_>, this: &Value, kind: &str) -> PyResult<Value> {
    let (class, name) = owner_and_name(this);
    PyStr::try_new(vm, &format!("<{kind} '{name}' of '{}' objects>", class.name()))
        .map(PyRef::into_value)
}

// Class methods.

fn class_method_get(
    vm: Vm<'_>,
    this: &Value,
    object: Option<&Value>,
    owner: Option<&Value>,
) -> PyResult<Value> {
    let descriptor = this.receiver::<PyClassMethodDescriptor>();
    let (class, name) = (&descriptor.class, descriptor.def.name);
    let of_object;
    let owner = match (owner, object) {
        (Some(owner), _) => owner,
        (None, Some(object)) => {
            of_object = object.class().to_value();
            &of_object
        }
        (None, None) => {
            return Err(vm.type_error(format!(
                "descriptor '{name}' for type '{}' needs either an object or a type",
                class.name()
            )));
        }
    };
    check_class_receiver(vm, name, class, owner)?;
    Ok(PyBuiltinFunction::new_value(vm, descriptor.def.0, owner.clone(), None))
}

fn check_class_receiver(vm: Vm<'_>, name: &str, class: &Py<PyType>, owner: &Value) -> PyResult<()> {
    let Some(owner_class) = owner.downcast::<PyType>() else {
        return Err(vm.type_error(format!(
            "descriptor '{name}' for type '{}' needs a type, not a '{}' as arg 2",
            class.name(),
            owner.class().name()
        )));
    };
    if !owner_class.is_subtype(class) {
        return Err(vm.type_error(format!(
            "descriptor '{name}' requires a subtype of '{}' but received '{}'",
            class.name(),
            owner_class.name()
        )));
    }
    Ok(())
}

fn class_method_call(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let descriptor = this.receiver::<PyClassMethodDescriptor>();
    let (class, name) = (&descriptor.class, descriptor.def.name);
    let Some((owner, rest)) = args.split_first() else {
        return Err(vm.type_error(format!(
            "descriptor '{name}' of '{}' object needs an argument",
            class.name()
        )));
    };
    check_class_receiver(vm, name, class, owner)?;
    call_native(vm, descriptor.def.0, owner, &|| full_name(class, name), rest)
}

// Computed attributes.

fn getset_get(
    vm: Vm<'_>,
    this: &Value,
    object: Option<&Value>,
    _owner: Option<&Value>,
) -> PyResult<Value> {
    let Some(object) = object else { return Ok(this.clone()) };
    let descriptor = this.receiver::<PyGetSetDescriptor>();
    check_receiver(vm, descriptor.def.0.name, &descriptor.class, object)?;
    (descriptor.def.0.get)(vm, object)
}

fn getset_set(vm: Vm<'_>, this: &Value, object: &Value, value: Option<&Value>) -> PyResult<()> {
    let descriptor = this.receiver::<PyGetSetDescriptor>();
    let (class, def) = (&descriptor.class, descriptor.def.0);
    if !object.class().is_subtype(class) {
        return Err(wrong_receiver(vm, def.name, class, object));
    }
    match def.set {
        Some(set) => set(vm, object, value),
        None => Err(vm.attribute_error(
            object,
            &vm.intern(def.name),
            format!("attribute '{}' of '{}' objects is not writable", def.name, class.name()),
        )),
    }
}

fn getset_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    descriptor_repr(vm, this, "attribute")
}

// Members.

fn member_get(
    vm: Vm<'_>,
    this: &Value,
    object: Option<&Value>,
    _owner: Option<&Value>,
) -> PyResult<Value> {
    let Some(object) = object else { return Ok(this.clone()) };
    let descriptor = this.receiver::<PyMemberDescriptor>();
    if !object.class().is_subtype(&descriptor.class) {
        return Err(wrong_receiver(
            vm,
            &descriptor.name.to_rust_string(),
            &descriptor.class,
            object,
        ));
    }
    if let MemberKind::Computed(def) = descriptor.kind.get() {
        return (def.get)(vm, object);
    }
    if let Some(value) = descriptor.read(object) {
        return Ok(value);
    }
    let class = vm.full_class_name(object.class())?;
    let message =
        format!("'{class}' object has no attribute '{}'", descriptor.name.to_rust_string());
    Err(vm.attribute_error(object, &descriptor.name, message))
}

fn member_set(vm: Vm<'_>, this: &Value, object: &Value, value: Option<&Value>) -> PyResult<()> {
    let descriptor = this.receiver::<PyMemberDescriptor>();
    if !object.class().is_subtype(&descriptor.class) {
        return Err(wrong_receiver(
            vm,
            &descriptor.name.to_rust_string(),
            &descriptor.class,
            object,
        ));
    }
    match descriptor.kind.get() {
        MemberKind::Slot => {}
        MemberKind::Computed(GetSetDef { set: Some(set), .. }) => return set(vm, object, value),
        MemberKind::Computed(_) | MemberKind::ReadOnly | MemberKind::Item => {
            return Err(vm.error(&ATTRIBUTE_ERROR, "readonly attribute"));
        }
    }
    let Some(heap) = object.as_object() else { return Ok(()) };
    let old = extension::set_slot(heap, descriptor.index.get(), value.cloned());
    if value.is_none() && old.is_none() {
        let name = &descriptor.name;
        return Err(vm.attribute_error(object, name, name.to_rust_string()));
    }
    drop(old);
    Ok(())
}

fn member_doc(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(doc_value(vm, this.receiver::<PyMemberDescriptor>().doc))
}

fn member_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    descriptor_repr(vm, this, "member")
}

fn descriptor_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let getattr = vm.interpreter().builtins.get_str(&vm.intern("getattr"));
    let getattr = getattr.ok_or_else(|| vm.name_error(&vm.intern("getattr"), "getattr"))?;
    let (class, name) = owner_and_name(this);
    let name = vm.intern(&name).into_value();
    let args = PyTuple::new_value(vm, &[class.into_value(), name]);
    Ok(PyTuple::new_value(vm, &[getattr, args]))
}

// Slot wrappers.

fn wrapper_get(
    vm: Vm<'_>,
    this: &Value,
    object: Option<&Value>,
    _owner: Option<&Value>,
) -> PyResult<Value> {
    let Some(object) = object else { return Ok(this.clone()) };
    let descriptor = this.receiver::<PyWrapperDescriptor>();
    check_receiver(vm, descriptor.def.0.name, &descriptor.class, object)?;
    let payload = PyMethodWrapper { descriptor: descriptor.to_ref(), receiver: object.clone() };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

fn wrapper_call(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let this = this.receiver::<PyWrapperDescriptor>();
    let (class, def) = (&this.class, this.def.0);
    let Some((receiver, rest)) = args.split_first() else {
        return Err(vm.type_error(format!(
            "descriptor '{}' of '{}' object needs an argument",
            def.name,
            class.name()
        )));
    };
    if !receiver.class().is_subtype(class) {
        return Err(vm.type_error(format!(
            "descriptor '{}' requires a '{}' object but received a '{}'",
            def.name,
            class.name(),
            receiver.class().name()
        )));
    }
    call_wrapper(vm, class, def, receiver, rest)
}

fn call_wrapper(
    vm: Vm<'_>,
    class: &Py<PyType>,
    def: &'static SlotDef,
    receiver: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    if !def.keywords && args.keyword_count() != 0 {
        return Err(vm.type_error(format!("wrapper {}() takes no keyword arguments", def.name)));
    }
    (def.wrap)(vm, class, receiver, args)
}

fn wrapper_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    descriptor_repr(vm, this, "slot wrapper")
}

fn bound_wrapper_call(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let this = this.receiver::<PyMethodWrapper>();
    call_wrapper(vm, &this.descriptor.class, this.descriptor.def.0, &this.receiver, args)
}

fn bound_wrapper_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let this = this.receiver::<PyMethodWrapper>();
    let text = format!(
        "<method-wrapper '{}' of {} object at {:#x}>",
        this.descriptor.def.0.name,
        this.receiver.class().name(),
        this.receiver.id()
    );
    PyStr::try_new(vm, &text).map(PyRef::into_value)
}

fn bound_wrapper_hash(_vm: Vm<'_>, this: &Value) -> PyResult<i64> {
    let this = this.receiver::<PyMethodWrapper>();
    let descriptor = this.descriptor.as_object().address() as u64;
    Ok(pointer_hash(this.receiver.id()) ^ pointer_hash(descriptor))
}

fn bound_wrapper_compare(_vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.downcast::<PyMethodWrapper>(), b.downcast::<PyMethodWrapper>())
    else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let same = x.receiver.is(&y.receiver) && x.descriptor.is(&y.descriptor);
    Ok(match op {
        CompareOp::Eq => Value::from_bool(same),
        CompareOp::Ne => Value::from_bool(!same),
        _ => Value::NOT_IMPLEMENTED,
    })
}

fn bound_wrapper_def(this: &Value) -> &'static SlotDef {
    this.receiver::<PyMethodWrapper>().descriptor.def.0
}

fn bound_wrapper_name(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(vm.intern(bound_wrapper_def(this).name).into_value())
}

fn bound_wrapper_doc(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, bound_wrapper_def(this).doc))
}

fn bound_wrapper_signature(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(signature::text_value(vm, bound_wrapper_def(this).signature))
}

fn bound_wrapper_self(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyMethodWrapper>().receiver.clone())
}

fn bound_wrapper_class(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyMethodWrapper>().descriptor.class.to_value())
}

fn bound_wrapper_qualname(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let descriptor = this.receiver::<PyMethodWrapper>().descriptor.to_value();
    get_qualname(vm, &descriptor)
}

fn bound_wrapper_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let getattr = vm.interpreter().builtins.get_str(&vm.intern("getattr"));
    let getattr = getattr.ok_or_else(|| vm.name_error(&vm.intern("getattr"), "getattr"))?;
    let name = bound_wrapper_name(vm, this)?;
    let receiver = bound_wrapper_self(vm, this)?;
    let args = PyTuple::new_value(vm, &[receiver, name]);
    Ok(PyTuple::new_value(vm, &[getattr, args]))
}

// What all have.

fn get_name(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(vm.intern(&owner_and_name(this).1).into_value())
}

fn get_class(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(owner_and_name(this).0.into_value())
}

fn get_qualname(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let (class, name) = owner_and_name(this);
    PyStr::try_new(vm, &format!("{}.{name}", qualname_text(&class))).map(PyRef::into_value)
}

fn row_of(this: &Value) -> &'static MethodDef {
    match this.downcast::<PyMethodDescriptor>() {
        Some(method) => method.def.0,
        None => this.receiver::<PyClassMethodDescriptor>().def.0,
    }
}

fn row_doc(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(doc_value(vm, row_of(this).doc))
}

fn row_signature(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(signature::text_value(vm, row_of(this).signature))
}

fn getset_doc(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let doc = clean_doc(this.receiver::<PyGetSetDescriptor>().def.0.doc);
    Ok(if doc.is_empty() { Value::NONE } else { PyStr::new_value(vm, &doc) })
}

fn wrapper_doc(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, this.receiver::<PyWrapperDescriptor>().def.0.doc))
}

fn wrapper_signature(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(signature::text_value(vm, this.receiver::<PyWrapperDescriptor>().def.0.signature))
}

methods! { REDUCE:
    ["__reduce__"] "($self, /)" None(descriptor_reduce);
}

methods! { WRAPPER_REDUCE:
    ["__reduce__"] "($self, /)" None(bound_wrapper_reduce);
}

getset! { ROW_GETSET:
    member ["__name__"] get_name;
    member ["__objclass__"] get_class;
    ["__qualname__"] get_qualname;
    ["__doc__"] row_doc;
    ["__text_signature__"] row_signature;
}

getset! { GETSET_GETSET:
    member ["__name__"] get_name;
    member ["__objclass__"] get_class;
    ["__qualname__"] get_qualname;
    ["__doc__"] getset_doc;
}

getset! { MEMBER_GETSET:
    member ["__name__"] get_name;
    member ["__objclass__"] get_class;
    ["__qualname__"] get_qualname;
    ["__doc__"] member_doc;
}

getset! { WRAPPER_GETSET:
    member ["__name__"] get_name;
    member ["__objclass__"] get_class;
    ["__qualname__"] get_qualname;
    ["__doc__"] wrapper_doc;
    ["__text_signature__"] wrapper_signature;
}

getset! { BOUND_WRAPPER_GETSET:
    ["__name__"] bound_wrapper_name;
    ["__objclass__"] bound_wrapper_class;
    ["__qualname__"] bound_wrapper_qualname;
    ["__doc__"] bound_wrapper_doc;
    ["__text_signature__"] bound_wrapper_signature;
    member ["__self__"] bound_wrapper_self;
}

/// The spec of `method_descriptor`.
pub const METHOD_DESCRIPTOR_SPEC: TypeSpec = TypeSpec {
    name: "method_descriptor",
    flags: spec_flags::METHOD_DESCRIPTOR,
    slots: &[Slot::Repr(method_repr), Slot::Call(method_call), Slot::DescrGet(method_get)],
    methods: REDUCE,
    getset: ROW_GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `classmethod_descriptor`.
pub const CLASS_METHOD_DESCRIPTOR_SPEC: TypeSpec = TypeSpec {
    name: "classmethod_descriptor",
    slots: &[
        Slot::Repr(method_repr),
        Slot::Call(class_method_call),
        Slot::DescrGet(class_method_get),
    ],
    getset: ROW_GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `getset_descriptor`.
pub const GETSET_DESCRIPTOR_SPEC: TypeSpec = TypeSpec {
    name: "getset_descriptor",
    slots: &[Slot::Repr(getset_repr), Slot::DescrGet(getset_get), Slot::DescrSet(getset_set)],
    getset: GETSET_GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `member_descriptor`.
pub const MEMBER_DESCRIPTOR_SPEC: TypeSpec = TypeSpec {
    name: "member_descriptor",
    slots: &[Slot::Repr(member_repr), Slot::DescrGet(member_get), Slot::DescrSet(member_set)],
    methods: REDUCE,
    getset: MEMBER_GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `wrapper_descriptor`.
pub const WRAPPER_DESCRIPTOR_SPEC: TypeSpec = TypeSpec {
    name: "wrapper_descriptor",
    flags: spec_flags::METHOD_DESCRIPTOR,
    slots: &[Slot::Repr(wrapper_repr), Slot::Call(wrapper_call), Slot::DescrGet(wrapper_get)],
    methods: REDUCE,
    getset: WRAPPER_GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `method-wrapper`.
pub const METHOD_WRAPPER_SPEC: TypeSpec = TypeSpec {
    name: "method-wrapper",
    slots: &[
        Slot::Repr(bound_wrapper_repr),
        Slot::Hash(bound_wrapper_hash),
        Slot::Richcompare(bound_wrapper_compare),
        Slot::Call(bound_wrapper_call),
    ],
    methods: WRAPPER_REDUCE,
    getset: BOUND_WRAPPER_GETSET,
    ..TypeSpec::DEFAULT
};

/// Whether `value` is a `T` whose class is exactly T's.
#[must_use]
pub fn is_exact_payload<T: Payload>(value: &Value) -> bool {
    value.is_exact(T::class())
}
