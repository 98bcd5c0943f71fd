//! `builtin_function_or_method`: a native function with its receiver.

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::gc::{Traverse, Visitor};
use crate::core::gil_cell::HotCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::signature;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{MethodDef, MethodKind, NativeFn, TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::str::PyStr;
use crate::{getset, methods, payload};

/// A row of a method table, inside a payload.
#[derive(Clone, Copy)]
pub struct Def(pub &'static MethodDef);

impl Traverse for Def {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

impl std::ops::Deref for Def {
    type Target = MethodDef;
    fn deref(&self) -> &MethodDef {
        self.0
    }
}

payload! {
    /// The payload of a native function bound to its receiver.
    pub struct PyBuiltinFunction: BUILTIN_FUNCTION, gc {
        /// The row.
        pub def: Def,
        /// The instance, class or module; the empty slot for a static method.
        pub receiver: Value,
        /// `__module__`: a str, for a module's function.
        pub module: HotCell<Option<Value>>,
    }
}

/// `builtin_function_or_method`
pub static BUILTIN_FUNCTION: StaticType = StaticType::new::<PyBuiltinFunction>();

impl PyBuiltinFunction {
    /// The function of a row, bound to `receiver`.
    #[must_use]
    pub fn new_ref(
        vm: Vm<'_>,
        def: &'static MethodDef,
        receiver: Value,
        module: Option<Value>,
    ) -> PyRef<Self> {
        PyRef::new(vm, Self { def: Def(def), receiver, module: HotCell::new(module) })
    }

    /// As [`new_ref`](Self::new_ref), as a value.
    #[must_use]
    pub fn new_value(
        vm: Vm<'_>,
        def: &'static MethodDef,
        receiver: Value,
        module: Option<Value>,
    ) -> Value {
        Self::new_ref(vm, def, receiver, module).into_value()
    }

    /// `__qualname__`
    fn qualname(&self) -> String {
        let receiver = &self.receiver;
        if receiver.is_null() || is_module(receiver) {
            return self.def.name.to_owned();
        }
        let class = receiver.downcast::<PyType>().unwrap_or_else(|| receiver.class());
        format!("{}.{}", super::type_::qualname_text(class), self.def.name)
    }

    /// How messages call it (`_PyObject_FunctionStr`).
    fn full_name(&self) -> String {
        let qualname = self.qualname();
        match self.module.get() {
            Some(module) if !crate::types::str::value_is(&module, "builtins") => {
                match module.downcast::<PyStr>() {
                    Some(module) => format!("{}.{qualname}()", module.to_rust_string()),
                    None => format!("{qualname}()"),
                }
            }
            _ => format!("{qualname}()"),
        }
    }
}

fn is_module(value: &Value) -> bool {
    value.class().spec().is_some_and(|spec| spec.name == "module")
}

/// Calls the native function of a row.
///
/// # Errors
/// TypeError for wrong arguments, or what the function raises.
#[inline]
pub fn call_native(
    vm: Vm<'_>,
    def: &'static MethodDef,
    receiver: &Value,
    full_name: &dyn Fn() -> String,
    args: Args<'_>,
) -> PyResult<Value> {
    match def.function {
        NativeFn::Any(function) => return function(vm, receiver, args),
        NativeFn::Bound(function) => {
            let bound = signature::of(vm, def).bind(vm, def.name, full_name, args)?;
            return function(vm, receiver, &bound);
        }
        NativeFn::None(_) | NativeFn::One(_) | NativeFn::Positional(_) => {}
    }
    if args.keyword_count() != 0 {
        return Err(vm.type_error(format!("{} takes no keyword arguments", full_name())));
    }
    let values = args.all();
    match def.function {
        NativeFn::None(function) => {
            if values.is_empty() {
                return function(vm, receiver);
            }
            Err(vm.type_error(format!(
                "{} takes no arguments ({} given)",
                full_name(),
                values.len()
            )))
        }
        NativeFn::One(function) => match values {
            [only] => function(vm, receiver, only),
            _ => Err(vm.type_error(format!(
                "{} takes exactly one argument ({} given)",
                full_name(),
                values.len()
            ))),
        },
        NativeFn::Positional(function) => function(vm, receiver, values),
        NativeFn::Any(function) => function(vm, receiver, args),
        NativeFn::Bound(_) => Err(vm.system_error("a bound native function was not bound")),
    }
}

fn builtin_call(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let this = this.receiver::<PyBuiltinFunction>();
    call_native(vm, this.def.0, &this.receiver, &|| this.full_name(), args)
}

fn builtin_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let function = this.receiver::<PyBuiltinFunction>();
    let receiver = &function.receiver;
    let text = if receiver.is_null() || is_module(receiver) {
        format!("<built-in function {}>", function.def.name)
    } else {
        format!(
            "<built-in method {} of {} object at {:#x}>",
            function.def.name,
            receiver.class().name(),
            receiver.id()
        )
    };
    PyStr::try_new(vm, &text).map(PyRef::into_value)
}

fn builtin_hash(_vm: Vm<'_>, this: &Value) -> PyResult<i64> {
    let this = this.receiver::<PyBuiltinFunction>();
    let address = std::ptr::from_ref(this.def.0).addr() as u64;
    Ok(pointer_hash(this.receiver.id()) ^ pointer_hash(address))
}

/// The hash of an address: its low bits, which say nothing, go to the top (`_Py_HashPointer`).
#[must_use]
pub fn pointer_hash(address: u64) -> i64 {
    let hash = address.rotate_right(4).cast_signed();
    if hash == -1 { -2 } else { hash }
}

fn builtin_compare(_vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.downcast::<PyBuiltinFunction>(), b.downcast::<PyBuiltinFunction>())
    else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let same = x.receiver.is(&y.receiver) && std::ptr::eq(x.def.0, y.def.0);
    Ok(match op {
        CompareOp::Eq => Value::from_bool(same),
        CompareOp::Ne => Value::from_bool(!same),
        _ => Value::NOT_IMPLEMENTED,
    })
}

fn function(this: &Value) -> &Py<PyBuiltinFunction> {
    this.receiver::<PyBuiltinFunction>()
}

fn get_name(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(vm.intern(function(this).def.name).into_value())
}

fn get_qualname(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    PyStr::try_new(vm, &function(this).qualname()).map(PyRef::into_value)
}

fn get_doc(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(doc_value(vm, function(this).def.doc))
}

/// A docstring as rows hold it, cleaned; None where there is none.
#[must_use]
pub fn doc_value(vm: Vm<'_>, doc: &'static str) -> Value {
    let doc = clean_doc(doc);
    if doc.is_empty() { Value::NONE } else { PyStr::new_value(vm, &doc) }
}

/// The text of `///` lines: without the blank in front of each and the line end after the last.
#[must_use]
pub fn clean_doc(doc: &str) -> String {
    let lines: Vec<&str> = doc.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n")
}

fn get_text_signature(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(signature::text_value(vm, function(this).def.signature))
}

fn get_self(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let _ = vm;
    let receiver = &function(this).receiver;
    let is_static = function(this).def.kind == MethodKind::Static;
    Ok(if is_static || receiver.is_null() { Value::NONE } else { receiver.clone() })
}

fn get_module(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(function(this).module.get().unwrap_or(Value::NONE))
}

fn set_module(_vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    function(this).module.set(Some(value.cloned().unwrap_or(Value::NONE)));
    Ok(())
}

fn builtin_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let builtin = function(this);
    if builtin.receiver.is_null() || is_module(&builtin.receiver) {
        return get_name(vm, this);
    }
    let getattr = vm.interpreter().builtins.get_str(&vm.intern("getattr"));
    let getattr = getattr.ok_or_else(|| vm.name_error(&vm.intern("getattr"), "getattr"))?;
    let name = get_name(vm, this)?;
    let args = super::tuple::PyTuple::new_value(vm, &[builtin.receiver.clone(), name]);
    Ok(super::tuple::PyTuple::new_value(vm, &[getattr, args]))
}

methods! { METHODS:
    ["__reduce__"] "($self, /)" None(builtin_reduce);
}

getset! { GETSET:
    ["__doc__"] get_doc;
    ["__name__"] get_name;
    ["__qualname__"] get_qualname;
    ["__self__"] get_self;
    ["__text_signature__"] get_text_signature;
    ["__module__"] get_module, set_module;
}

/// The spec of `builtin_function_or_method`.
pub const BUILTIN_FUNCTION_SPEC: TypeSpec = TypeSpec {
    name: "builtin_function_or_method",
    flags: spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::Repr(builtin_repr),
        Slot::Hash(builtin_hash),
        Slot::Richcompare(builtin_compare),
        Slot::Call(builtin_call),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};
