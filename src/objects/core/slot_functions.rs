//! The slots of classes made in Python: each calls a dunder method (`slot_tp_repr`, `slot_nb_add` ... in `typeobject.c`).

use super::args::Args;
use super::attribute::{self, Method, generic_get};
use super::errors::{PyResult, Raised};
use super::object::Py;
use super::pyref::PyRef;
use super::slots::{BinaryFn, CompareOp, GetAttrFn, Slots, TernaryFn};
use super::type_object::PyType;
use super::value::Value;
use super::vm::Vm;
use crate::protocol::{iterate, number, sequence};
use crate::types::dict::PyDict;
use crate::types::exceptions::hierarchy::ATTRIBUTE_ERROR;
use crate::types::int;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;

/// Calls a special method that was found, with `this` in front where it is not bound.
pub(crate) fn call_found(
    vm: Vm<'_>,
    method: &Method,
    this: &Value,
    args: &[&Value],
) -> PyResult<Value> {
    let mut all: [Value; 4] = [const { Value::NONE }; 4];
    let mut count = 0;
    let callable = match method {
        Method::Unbound(function) => {
            all[0] = this.clone();
            count = 1;
            function
        }
        Method::Bound(callable) => callable,
    };
    for &arg in args {
        all[count] = arg.clone();
        count += 1;
    }
    vm.call(callable, &all[..count])
}

/// The special method, or AttributeError with its name (`lookup_method`).
fn required(vm: Vm<'_>, this: &Value, name: &Py<PyStr>) -> PyResult<Method> {
    match attribute::special(vm, this, name)? {
        Some(method) => Ok(method),
        None => Err(vm.attribute_error(this, name, name.to_rust_string())),
    }
}

fn call_required(vm: Vm<'_>, this: &Value, name: &Py<PyStr>, args: &[&Value]) -> PyResult<Value> {
    let method = required(vm, this, name)?;
    call_found(vm, &method, this, args)
}

/// Calls the special method; `NotImplemented` when there is none (`vectorcall_maybe`).
fn call_maybe(vm: Vm<'_>, this: &Value, name: &Py<PyStr>, args: &[&Value]) -> PyResult<Value> {
    match attribute::special(vm, this, name)? {
        Some(method) => call_found(vm, &method, this, args),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

/// Whether the right operand's class has another reflected method than the left one's (`method_is_overloaded`).
fn is_overloaded(a: &Value, b: &Value, name: &Py<PyStr>) -> bool {
    match (b.class().lookup(name), a.class().lookup(name)) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(right), Some(left)) => !right.is(&left),
    }
}

/// A binary operator of classes made in Python (`SLOT1BINFULL`).
fn binary(
    vm: Vm<'_>,
    a: &Value,
    b: &Value,
    own: BinaryFn,
    slot: fn(&Slots) -> Option<BinaryFn>,
    name: &Py<PyStr>,
    reflected: &Py<PyStr>,
) -> PyResult<Value> {
    let (left, right) = (a.class(), b.class());
    let is_ours = |class: &Py<PyType>| {
        slot(&class.slots).is_some_and(|function| std::ptr::fn_addr_eq(function, own))
    };
    let same_class = std::ptr::eq(left, right);
    let mut try_right = !same_class && is_ours(right);
    if is_ours(left) {
        if try_right && right.is_subtype(left) && is_overloaded(a, b, reflected) {
            let result = call_maybe(vm, b, reflected, &[a])?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
            try_right = false;
        }
        let result = call_maybe(vm, a, name, &[b])?;
        if !result.is_not_implemented() || same_class {
            return Ok(result);
        }
    }
    if try_right {
        return call_maybe(vm, b, reflected, &[a]);
    }
    Ok(Value::NOT_IMPLEMENTED)
}

macro_rules! binaries {
    ($($function:ident $field:ident $name:ident $reflected:ident;)*) => {$(
        pub(super) fn $function(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
            let names = vm.names();
            binary(vm, a, b, $function, |slots| slots.$field.get(), &names.$name, &names.$reflected)
        }
    )*};
}

binaries! {
    slot_nb_add nb_add __add__ __radd__;
    slot_nb_subtract nb_subtract __sub__ __rsub__;
    slot_nb_multiply nb_multiply __mul__ __rmul__;
    slot_nb_remainder nb_remainder __mod__ __rmod__;
    slot_nb_divmod nb_divmod __divmod__ __rdivmod__;
    slot_nb_lshift nb_lshift __lshift__ __rlshift__;
    slot_nb_rshift nb_rshift __rshift__ __rrshift__;
    slot_nb_and nb_and __and__ __rand__;
    slot_nb_xor nb_xor __xor__ __rxor__;
    slot_nb_or nb_or __or__ __ror__;
    slot_nb_floor_divide nb_floor_divide __floordiv__ __rfloordiv__;
    slot_nb_true_divide nb_true_divide __truediv__ __rtruediv__;
    slot_nb_matrix_multiply nb_matrix_multiply __matmul__ __rmatmul__;
}

fn nb_power_binary(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (left, right) = (a.class(), b.class());
    let names = vm.names();
    let is_ours = |class: &Py<PyType>| {
        class
            .slots
            .nb_power
            .get()
            .is_some_and(|function| std::ptr::fn_addr_eq(function, slot_nb_power as TernaryFn))
    };
    let same_class = std::ptr::eq(left, right);
    let mut try_right = !same_class && is_ours(right);
    if is_ours(left) {
        if try_right && right.is_subtype(left) && is_overloaded(a, b, &names.__rpow__) {
            let result = call_maybe(vm, b, &names.__rpow__, &[a])?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
            try_right = false;
        }
        let result = call_maybe(vm, a, &names.__pow__, &[b])?;
        if !result.is_not_implemented() || same_class {
            return Ok(result);
        }
    }
    if try_right { call_maybe(vm, b, &names.__rpow__, &[a]) } else { Ok(Value::NOT_IMPLEMENTED) }
}

pub(super) fn slot_nb_power(vm: Vm<'_>, a: &Value, b: &Value, c: &Value) -> PyResult<Value> {
    if c.is_none() {
        return nb_power_binary(vm, a, b);
    }
    let names = vm.names();
    for (this, name, other) in [(a, &names.__pow__, b), (b, &names.__rpow__, a)] {
        let is_ours = this
            .class()
            .slots
            .nb_power
            .get()
            .is_some_and(|function| std::ptr::fn_addr_eq(function, slot_nb_power as TernaryFn));
        if is_ours {
            let result = call_maybe(vm, this, name, &[other, c])?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
    }
    Ok(Value::NOT_IMPLEMENTED)
}

macro_rules! unaries {
    ($($function:ident $name:ident;)*) => {$(
        pub(super) fn $function(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
            call_required(vm, this, &vm.names().$name, &[])
        }
    )*};
}

unaries! {
    slot_nb_negative __neg__;
    slot_nb_positive __pos__;
    slot_nb_absolute __abs__;
    slot_nb_invert __invert__;
    slot_nb_int __int__;
    slot_nb_float __float__;
    slot_nb_index __index__;
    slot_repr __repr__;
    slot_str __str__;
}

macro_rules! inplace {
    ($($function:ident $name:ident;)*) => {$(
        pub(super) fn $function(vm: Vm<'_>, this: &Value, other: &Value) -> PyResult<Value> {
            call_maybe(vm, this, &vm.names().$name, &[other])
        }
    )*};
}

inplace! {
    slot_nb_inplace_add __iadd__;
    slot_nb_inplace_subtract __isub__;
    slot_nb_inplace_multiply __imul__;
    slot_nb_inplace_remainder __imod__;
    slot_nb_inplace_lshift __ilshift__;
    slot_nb_inplace_rshift __irshift__;
    slot_nb_inplace_and __iand__;
    slot_nb_inplace_xor __ixor__;
    slot_nb_inplace_or __ior__;
    slot_nb_inplace_floor_divide __ifloordiv__;
    slot_nb_inplace_true_divide __itruediv__;
    slot_nb_inplace_matrix_multiply __imatmul__;
}

pub(super) fn slot_nb_inplace_power(
    vm: Vm<'_>,
    this: &Value,
    other: &Value,
    _modulus: &Value,
) -> PyResult<Value> {
    call_maybe(vm, this, &vm.names().__ipow__, &[other])
}

pub(super) fn slot_nb_bool(vm: Vm<'_>, this: &Value) -> PyResult<bool> {
    let result = call_required(vm, this, &vm.names().__bool__, &[])?;
    result.as_bool().ok_or_else(|| {
        vm.type_error(format!("__bool__ should return bool, returned {}", result.class().name()))
    })
}

pub(super) fn slot_length(vm: Vm<'_>, this: &Value) -> PyResult<usize> {
    let result = call_required(vm, this, &vm.names().__len__, &[])?;
    let length = number::index(vm, &result)?;
    if int::is_negative(&length) {
        return Err(vm.value_error("__len__() should return >= 0"));
    }
    let length = number::as_isize(vm, &length)?;
    Ok(length.unsigned_abs())
}

pub(super) fn slot_mp_subscript(vm: Vm<'_>, this: &Value, key: &Value) -> PyResult<Value> {
    call_required(vm, this, &vm.names().__getitem__, &[key])
}

pub(super) fn slot_sq_item(vm: Vm<'_>, this: &Value, index: isize) -> PyResult<Value> {
    let index = int::new(vm, i64::try_from(index).unwrap_or(i64::MAX));
    call_required(vm, this, &vm.names().__getitem__, &[&index])
}

pub(super) fn slot_mp_ass_subscript(
    vm: Vm<'_>,
    this: &Value,
    key: &Value,
    value: Option<&Value>,
) -> PyResult<()> {
    let names = vm.names();
    match value {
        Some(value) => call_required(vm, this, &names.__setitem__, &[key, value])?,
        None => call_required(vm, this, &names.__delitem__, &[key])?,
    };
    Ok(())
}

pub(super) fn slot_sq_contains(vm: Vm<'_>, this: &Value, key: &Value) -> PyResult<bool> {
    let name = &vm.names().__contains__;
    if this.class().lookup(name).is_some_and(|found| found.is_none()) {
        return Err(vm.type_error(format!("'{}' object is not a container", this.class().name())));
    }
    match attribute::special(vm, this, name)? {
        Some(method) => {
            let result = call_found(vm, &method, this, &[key])?;
            vm.is_true(&result)
        }
        None => sequence::contains_by_iteration(vm, this, key),
    }
}

pub(super) fn slot_hash(vm: Vm<'_>, this: &Value) -> PyResult<i64> {
    let found = attribute::special(vm, this, &vm.names().__hash__)?;
    let Some(method) = found.filter(|method| match method {
        Method::Unbound(function) | Method::Bound(function) => !function.is_none(),
    }) else {
        return crate::protocol::compare::hash_not_implemented(vm, this);
    };
    let result = call_found(vm, &method, this, &[])?;
    if !number::is_int(&result) {
        return Err(vm.type_error("__hash__ method should return an integer"));
    }
    // A number beyond 64 bits is hashed once more, as int does.
    let hash = match int::as_i64(&result) {
        Some(hash) => hash,
        None => vm.hash(&result)?,
    };
    Ok(if hash == -1 { -2 } else { hash })
}

pub(super) fn slot_call(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let method = required(vm, this, &vm.names().__call__)?;
    match method {
        Method::Bound(callable) => vm.call_with(&callable, args),
        Method::Unbound(function) => call_prefixed(vm, &function, this, args),
    }
}

/// Calls `function` with `first` in front of `args`.
pub(super) fn call_prefixed(
    vm: Vm<'_>,
    function: &Value,
    first: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    let mut all = Vec::with_capacity(args.all().len() + 1);
    all.push(first.clone());
    all.extend_from_slice(args.all());
    vm.call_with(function, Args::new(&all, args.keyword_names()))
}

/// `__getattribute__`, then `__getattr__` where the class has one (`slot_tp_getattr_hook`).
pub(super) fn slot_getattribute(vm: Vm<'_>, this: &Value, name: &Py<PyStr>) -> PyResult<Value> {
    let names = vm.names();
    let class = this.class().to_ref();
    let hook = class.lookup(&names.__getattr__);
    let first = match class.lookup(&names.__getattribute__) {
        Some(found) if !is_object_getattribute(&found) => {
            let method = required(vm, this, &names.__getattribute__)?;
            call_found(vm, &method, this, &[&name.to_value()])
        }
        _ if hook.is_some() => match attribute::lookup(vm, this, name) {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => return call_getattr(vm, this, name),
            Err(raised) => Err(raised),
        },
        _ => generic_get(vm, this, name),
    };
    match first {
        Err(raised) if hook.is_some() && vm.raised_is(&raised, &ATTRIBUTE_ERROR) => {
            vm.clear(raised);
            call_getattr(vm, this, name)
        }
        result => result,
    }
}

fn call_getattr(vm: Vm<'_>, this: &Value, name: &Py<PyStr>) -> PyResult<Value> {
    let method = required(vm, this, &vm.names().__getattr__)?;
    call_found(vm, &method, this, &[&name.to_value()])
}

fn is_object_getattribute(found: &Value) -> bool {
    use crate::types::descriptors::PyWrapperDescriptor;
    found.downcast::<PyWrapperDescriptor>().is_some_and(|wrapper| {
        wrapper
            .class
            .slots
            .getattro
            .get()
            .is_some_and(|get| std::ptr::fn_addr_eq(get, generic_get as GetAttrFn))
    })
}

pub(super) fn slot_setattr(
    vm: Vm<'_>,
    this: &Value,
    name: &Py<PyStr>,
    value: Option<&Value>,
) -> PyResult<()> {
    let names = vm.names();
    let name = name.to_value();
    match value {
        Some(value) => call_required(vm, this, &names.__setattr__, &[&name, value])?,
        None => call_required(vm, this, &names.__delattr__, &[&name])?,
    };
    Ok(())
}

/// The name of the method that a comparison calls.
#[must_use]
pub fn comparison_name(vm: Vm<'_>, operator: CompareOp) -> &Py<PyStr> {
    let names = vm.names();
    match operator {
        CompareOp::Lt => &names.__lt__,
        CompareOp::Le => &names.__le__,
        CompareOp::Eq => &names.__eq__,
        CompareOp::Ne => &names.__ne__,
        CompareOp::Gt => &names.__gt__,
        CompareOp::Ge => &names.__ge__,
    }
}

pub(super) fn slot_richcompare(
    vm: Vm<'_>,
    this: &Value,
    other: &Value,
    op: CompareOp,
) -> PyResult<Value> {
    let name = comparison_name(vm, op);
    // An AttributeError of a descriptor means that there is no such method.
    let found = attribute::special(vm, this, name);
    match vm.catch(found, &ATTRIBUTE_ERROR)?.flatten() {
        Some(method) => call_found(vm, &method, this, &[other]),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

pub(super) fn slot_iter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let names = vm.names();
    let not_iterable =
        |vm: Vm<'_>| vm.type_error(format!("'{}' object is not iterable", this.class().name()));
    match this.class().lookup(&names.__iter__) {
        Some(found) if found.is_none() => Err(not_iterable(vm)),
        Some(_) => call_required(vm, this, &names.__iter__, &[]),
        None if this.class().lookup(&names.__getitem__).is_some() => {
            crate::types::iterators::sequence_iterator(vm, this)
        }
        None => Err(not_iterable(vm)),
    }
}

/// A StopIteration goes on as it is: it may carry a value.
pub(super) fn slot_iternext(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let name = &vm.names().__next__;
    if this.class().lookup(name).is_some_and(|found| found.is_none()) {
        return iterate::next_not_implemented(vm, this);
    }
    call_required(vm, this, name, &[]).map(Some)
}

pub(super) fn slot_descr_get(
    vm: Vm<'_>,
    this: &Value,
    object: Option<&Value>,
    owner: Option<&Value>,
) -> PyResult<Value> {
    let Some(get) = this.class().lookup(&vm.names().__get__) else { return Ok(this.clone()) };
    let none = Value::NONE;
    vm.call(&get, &[this.clone(), object.unwrap_or(&none).clone(), owner.unwrap_or(&none).clone()])
}

pub(super) fn slot_descr_set(
    vm: Vm<'_>,
    this: &Value,
    object: &Value,
    value: Option<&Value>,
) -> PyResult<()> {
    let names = vm.names();
    match value {
        Some(value) => call_required(vm, this, &names.__set__, &[object, value])?,
        None => call_required(vm, this, &names.__delete__, &[object])?,
    };
    Ok(())
}

pub(super) fn slot_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    let method = required(vm, this, &vm.names().__init__)?;
    let result = match method {
        Method::Bound(callable) => vm.call_with(&callable, args)?,
        Method::Unbound(function) => call_prefixed(vm, &function, this, args)?,
    };
    if result.is_none() {
        return Ok(());
    }
    Err(vm.type_error(format!("__init__() should return None, not '{}'", result.class().name())))
}

pub(super) fn slot_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let this = class.to_value();
    let new = vm.get_attr(&this, &vm.names().__new__)?;
    call_prefixed(vm, &new, &this, args)
}

/// `__del__`: what it raises goes to the unraisable hook; the exception being propagated stays.
pub(super) fn slot_finalize(vm: Vm<'_>, this: &Value) {
    let result = match attribute::special(vm, this, &vm.names().__del__) {
        Ok(Some(method)) => call_found(vm, &method, this, &[]).map(drop),
        Ok(None) => Ok(()),
        Err(raised) => Err(raised),
    };
    if let Err(raised) = result {
        report_finalizer(vm, raised, this);
    }
}

#[cold]
fn report_finalizer(vm: Vm<'_>, raised: Raised, this: &Value) {
    let function = this.class().lookup(&vm.names().__del__);
    vm.unraisable_about(raised, "Exception ignored while calling deallocator", function.as_ref());
}

fn async_method(vm: Vm<'_>, this: &Value, name: &Py<PyStr>, message: &str) -> PyResult<Value> {
    match attribute::special(vm, this, name)? {
        Some(method) => call_found(vm, &method, this, &[]),
        None => Err(vm.attribute_error(
            this,
            name,
            format!("object {} does not have {message} method", this.class().name()),
        )),
    }
}

pub(super) fn slot_am_await(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    async_method(vm, this, &vm.names().__await__, "__await__")
}

pub(super) fn slot_am_aiter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    async_method(vm, this, &vm.names().__aiter__, "__aiter__")
}

pub(super) fn slot_am_anext(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    async_method(vm, this, &vm.names().__anext__, "__anext__")
}

/// Arguments out of a tuple and a dict, as `f(*args, **kwargs)` gives them.
///
/// # Errors
/// TypeError for keywords that are no strings.
pub fn call_unpacked(
    vm: Vm<'_>,
    function: &Value,
    args: &Py<PyTuple>,
    keywords: Option<&PyRef<PyDict>>,
) -> PyResult<Value> {
    let Some(keywords) = keywords else { return vm.call(function, args.items()) };
    let names = keywords.string_keys();
    let mut all = args.items().to_vec();
    let mut keys = Vec::with_capacity(names.len());
    for name in names {
        if let Some(value) = keywords.get_str(&name) {
            keys.push(name.into_value());
            all.push(value);
        }
    }
    let keys = PyTuple::try_from_vec(vm, keys)?;
    vm.call_with(function, Args::new(&all, Some(&keys)))
}
