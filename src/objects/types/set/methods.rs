//! `set` and `frozenset`: the rows of their methods, the bodies, the slots.

use super::{FROZENSET, SET, SetCore, core_of, iter, operations};
use crate::core::args::{Args, check_count};
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::PyType;
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::methods;
use crate::protocol::compare::hash_not_implemented;
use crate::types::exceptions::hierarchy::{KEY_ERROR, TYPE_ERROR};
use crate::types::list::PyList;
use crate::types::seq_shared::Text;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;

methods! { SET_METHODS:
    /// x.__contains__(y) <==> y in x.
    ["__contains__"] "($self, object, /)" One(contains_method);
    /// Add an element to a set.
    ///
    /// This has no effect if the element is already present.
    ["add"] "($self, object, /)" One(add);
    /// Remove all elements from this set.
    ["clear"] "($self, /)" None(clear);
    /// Return a shallow copy of a set.
    ["copy"] "($self, /)" None(copy);
    /// Remove an element from a set if it is a member.
    ///
    /// Unlike set.remove(), the discard() method does not raise
    /// an exception when an element is missing from the set.
    ["discard"] "($self, object, /)" One(discard);
    /// Return a new set with elements in the set that are not in the others.
    ["difference"] "($self, /, *others)" Positional(difference);
    /// Update the set, removing elements found in others.
    ["difference_update"] "($self, /, *others)" Positional(difference_update);
    /// Return a new set with elements common to the set and all others.
    ["intersection"] "($self, /, *others)" Positional(intersection);
    /// Update the set, keeping only elements found in it and all others.
    ["intersection_update"] "($self, /, *others)" Positional(intersection_update);
    /// Return True if two sets have a null intersection.
    ["isdisjoint"] "($self, other, /)" One(isdisjoint);
    /// Report whether another set contains this set.
    ["issubset"] "($self, other, /)" One(issubset);
    /// Report whether this set contains another set.
    ["issuperset"] "($self, other, /)" One(issuperset);
    /// Remove and return an arbitrary set element.
    ///
    /// Raises KeyError if the set is empty.
    ["pop"] "($self, /)" None(pop);
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(reduce);
    /// Remove an element from a set; it must be a member.
    ///
    /// If the element is not a member, raise a KeyError.
    ["remove"] "($self, object, /)" One(remove);
    /// S.__sizeof__() -> size of S in memory, in bytes.
    ["__sizeof__"] "($self, /)" None(sizeof);
    /// Return a new set with elements in either the set or other but not both.
    ["symmetric_difference"] "($self, other, /)" One(symmetric_difference);
    /// Update the set, keeping only elements found in either set, but not in both.
    ["symmetric_difference_update"] "($self, other, /)" One(symmetric_difference_update);
    /// Return a new set with elements from the set and all others.
    ["union"] "($self, /, *others)" Positional(union);
    /// Update the set, adding elements from all others.
    ["update"] "($self, /, *others)" Positional(update);
    /// sets are generic over the type of their elements
    class ["__class_getitem__"] "($type, object, /)" One(crate::types::generic_alias::class_getitem);
}

methods! { FROZENSET_METHODS:
    /// x.__contains__(y) <==> y in x.
    ["__contains__"] "($self, object, /)" One(contains_method);
    /// Return a shallow copy of a set.
    ["copy"] "($self, /)" None(frozen_copy);
    /// Return a new set with elements in the set that are not in the others.
    ["difference"] "($self, /, *others)" Positional(difference);
    /// Return a new set with elements common to the set and all others.
    ["intersection"] "($self, /, *others)" Positional(intersection);
    /// Return True if two sets have a null intersection.
    ["isdisjoint"] "($self, other, /)" One(isdisjoint);
    /// Report whether another set contains this set.
    ["issubset"] "($self, other, /)" One(issubset);
    /// Report whether this set contains another set.
    ["issuperset"] "($self, other, /)" One(issuperset);
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(reduce);
    /// S.__sizeof__() -> size of S in memory, in bytes.
    ["__sizeof__"] "($self, /)" None(sizeof);
    /// Return a new set with elements in either the set or other but not both.
    ["symmetric_difference"] "($self, other, /)" One(symmetric_difference);
    /// Return a new set with elements from the set and all others.
    ["union"] "($self, /, *others)" Positional(union);
    /// frozensets are generic over the type of their elements
    class ["__class_getitem__"] "($type, object, /)" One(crate::types::generic_alias::class_getitem);
}

/// The spec of `set`.
pub const SET_SPEC: TypeSpec = TypeSpec {
    name: "set",
    doc: Some("set(iterable=(), /)\n--\n\nBuild an unordered collection of unique elements."),
    flags: spec_flags::BASETYPE | spec_flags::MATCH_SELF | spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::Repr(repr),
        Slot::Hash(hash_not_implemented),
        Slot::Richcompare(richcompare),
        Slot::Iter(iter::iter),
        Slot::SqLength(length),
        Slot::SqContains(contains),
        Slot::NbSubtract(subtract),
        Slot::NbAnd(and),
        Slot::NbXor(xor),
        Slot::NbOr(or),
        Slot::NbInplaceSubtract(inplace_subtract),
        Slot::NbInplaceAnd(inplace_and),
        Slot::NbInplaceXor(inplace_xor),
        Slot::NbInplaceOr(inplace_or),
        Slot::New(new),
        Slot::Init(init),
    ],
    methods: SET_METHODS,
    ..TypeSpec::DEFAULT
};

/// The spec of `frozenset`.
pub const FROZENSET_SPEC: TypeSpec = TypeSpec {
    name: "frozenset",
    doc: Some(
        "frozenset(iterable=(), /)\n--\n\nBuild an immutable unordered collection of unique elements.",
    ),
    flags: spec_flags::BASETYPE | spec_flags::MATCH_SELF | spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::Repr(repr),
        Slot::Hash(hash),
        Slot::Richcompare(richcompare),
        Slot::Iter(iter::iter),
        Slot::SqLength(length),
        Slot::SqContains(contains),
        Slot::NbSubtract(subtract),
        Slot::NbAnd(and),
        Slot::NbXor(xor),
        Slot::NbOr(or),
        Slot::New(frozen_new),
    ],
    methods: FROZENSET_METHODS,
    ..TypeSpec::DEFAULT
};

fn this(value: &Value) -> &SetCore {
    core_of(value).expect("the receiver is a set")
}

fn new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(super::new_of(vm, class))
}

fn init(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<()> {
    if args.keyword_count() != 0 {
        return Err(vm.type_error("set() takes no keyword arguments"));
    }
    check_count(vm, "set", args.positional().len(), 0, 1)?;
    let core = this(value);
    core.clear_all();
    core.hash.set(-1);
    match args.positional().first() {
        Some(iterable) => operations::update_core(vm, core, iterable),
        None => Ok(()),
    }
}

fn frozen_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let exact = class.is(FROZENSET.get());
    args.no_keywords_in_new(vm, class, FROZENSET.get())?;
    check_count(vm, "frozenset", args.positional().len(), 0, 1)?;
    let iterable = args.positional().first();
    if exact
        && let Some(iterable) = iterable
        && iterable.is_exact(FROZENSET.get())
    {
        return Ok(iterable.clone());
    }
    operations::make(vm, class, iterable)
}

fn length(_vm: Vm<'_>, value: &Value) -> PyResult<usize> {
    Ok(this(value).len())
}

/// Runs `f` with a key; a set that cannot be hashed is tried again as a frozenset.
fn with_key<T>(vm: Vm<'_>, key: &Value, f: impl Fn(&Value) -> PyResult<T>) -> PyResult<T> {
    match f(key) {
        Err(raised)
            if vm.raised_is(&raised, &TYPE_ERROR) && key.class().has_layout_of(SET.get()) =>
        {
            vm.clear(raised);
            f(&operations::make(vm, FROZENSET.get(), Some(key))?)
        }
        other => other,
    }
}

fn contains(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<bool> {
    with_key(vm, key, |key| this(value).contains(vm, key))
}

fn contains_method(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Value> {
    contains(vm, value, key).map(Value::from_bool)
}

fn add(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Value> {
    this(value).add(vm, key)?;
    Ok(Value::NONE)
}

fn clear(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).clear_all();
    Ok(Value::NONE)
}

fn copy(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    operations::make(vm, operations::basic_class(value), Some(value))
}

fn frozen_copy(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    if value.is_exact(FROZENSET.get()) { Ok(value.clone()) } else { copy(vm, value) }
}

fn discard(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Value> {
    with_key(vm, key, |key| this(value).discard(vm, key))?;
    Ok(Value::NONE)
}

fn remove(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Value> {
    if with_key(vm, key, |key| this(value).discard(vm, key))? {
        Ok(Value::NONE)
    } else {
        Err(vm.key_error(key))
    }
}

fn pop(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    match this(value).table.with_mut(super::SetTable::pop) {
        Some(key) => Ok(key),
        None => Err(vm.error(&KEY_ERROR, "pop from an empty set")),
    }
}

fn difference(vm: Vm<'_>, value: &Value, others: &[Value]) -> PyResult<Value> {
    let [first, rest @ ..] = others else { return copy(vm, value) };
    let result = operations::difference(vm, value, first)?;
    for other in rest {
        operations::difference_update(vm, &result, other)?;
    }
    Ok(result)
}

fn difference_update(vm: Vm<'_>, value: &Value, others: &[Value]) -> PyResult<Value> {
    for other in others {
        operations::difference_update(vm, value, other)?;
    }
    Ok(Value::NONE)
}

fn intersection(vm: Vm<'_>, value: &Value, others: &[Value]) -> PyResult<Value> {
    if others.is_empty() {
        return copy(vm, value);
    }
    let mut result = value.clone();
    for other in others {
        result = operations::intersection(vm, &result, other)?;
    }
    Ok(result)
}

fn intersection_update(vm: Vm<'_>, value: &Value, others: &[Value]) -> PyResult<Value> {
    let common = intersection(vm, value, others)?;
    operations::take_elements_of(value, &common);
    Ok(Value::NONE)
}

fn union(vm: Vm<'_>, value: &Value, others: &[Value]) -> PyResult<Value> {
    let result = copy(vm, value)?;
    for other in others {
        if !other.is(value) {
            operations::update_core(vm, this(&result), other)?;
        }
    }
    Ok(result)
}

fn update(vm: Vm<'_>, value: &Value, others: &[Value]) -> PyResult<Value> {
    for other in others {
        operations::update_core(vm, this(value), other)?;
    }
    Ok(Value::NONE)
}

fn symmetric_difference(vm: Vm<'_>, value: &Value, other: &Value) -> PyResult<Value> {
    operations::symmetric_difference(vm, value, other)
}

fn symmetric_difference_update(vm: Vm<'_>, value: &Value, other: &Value) -> PyResult<Value> {
    let class = operations::basic_class(value);
    operations::symmetric_update_core(vm, this(value), other, class)?;
    Ok(Value::NONE)
}

fn isdisjoint(vm: Vm<'_>, value: &Value, other: &Value) -> PyResult<Value> {
    operations::is_disjoint(vm, value, other).map(Value::from_bool)
}

fn issubset(vm: Vm<'_>, value: &Value, other: &Value) -> PyResult<Value> {
    operations::is_subset(vm, value, other).map(Value::from_bool)
}

fn issuperset(vm: Vm<'_>, value: &Value, other: &Value) -> PyResult<Value> {
    operations::is_superset(vm, value, other).map(Value::from_bool)
}

fn sizeof(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(200 + this(value).table.with(super::SetTable::byte_size)))
}

fn reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let keys = PyList::try_new_value(vm, this(value).keys_vec())?;
    let state = vm.call_method(value, &vm.names().__getstate__, &[])?;
    let args = PyTuple::new_value(vm, &[keys]);
    Ok(PyTuple::new_value(vm, &[value.class().to_value(), args, state]))
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let name = value.class().name();
    let short = name.rsplit('.').next().unwrap_or(&name).to_owned();
    let Some(_guard) = vm.enter_repr(value) else {
        return Ok(PyStr::new_value(vm, &format!("{short}(...)")));
    };
    let keys = this(value).keys_vec();
    if keys.is_empty() {
        return Ok(PyStr::new_value(vm, &format!("{short}()")));
    }
    let exact = value.is_exact(SET.get());
    let mut text = if exact { Text::new("{") } else { Text::new(&format!("{short}({{")) };
    for (index, key) in keys.iter().enumerate() {
        if index != 0 {
            text.push(", ");
        }
        text.push_str(&*vm.repr(key)?);
        vm.poll()?;
    }
    text.push(if exact { "}" } else { "})" });
    text.finish(vm)
}

/// The hash of a frozenset: independent of the order of its elements.
fn hash(_vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    let core = this(value);
    let known = core.hash.get();
    if known != -1 {
        return Ok(known);
    }
    let (mixed, length) = core.table.with(|table| {
        let mixed = table
            .iter()
            .map(|(hash, _)| shuffle(hash.cast_unsigned()))
            .fold(0u64, |mixed, bits| mixed ^ bits);
        (mixed, table.len() as u64)
    });
    let mut hash = mixed ^ (length.wrapping_add(1)).wrapping_mul(1_927_868_237);
    hash ^= (hash >> 11) ^ (hash >> 25);
    hash = hash.wrapping_mul(69069).wrapping_add(907_133_923);
    if hash == u64::MAX {
        hash = 590_923_713;
    }
    let hash = hash.cast_signed();
    core.hash.set(hash);
    Ok(hash)
}

fn shuffle(bits: u64) -> u64 {
    ((bits ^ 89_869_747) ^ (bits << 16)).wrapping_mul(3_644_798_167)
}

fn richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(left), Some(right)) = (core_of(a), core_of(b)) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let answer = match op {
        CompareOp::Eq => equal(vm, a, b)?,
        CompareOp::Ne => !equal(vm, a, b)?,
        CompareOp::Le => operations::is_subset(vm, a, b)?,
        CompareOp::Ge => operations::is_superset(vm, a, b)?,
        CompareOp::Lt => left.len() < right.len() && operations::is_subset(vm, a, b)?,
        CompareOp::Gt => left.len() > right.len() && operations::is_superset(vm, a, b)?,
    };
    Ok(Value::from_bool(answer))
}

fn equal(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<bool> {
    let (left, right) = (this(a), this(b));
    if left.len() != right.len() {
        return Ok(false);
    }
    let (x, y) = (left.hash.get(), right.hash.get());
    if x != -1 && y != -1 && x != y {
        return Ok(false);
    }
    operations::is_subset(vm, a, b)
}

fn both(a: &Value, b: &Value) -> bool {
    core_of(a).is_some() && core_of(b).is_some()
}

fn subtract(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    if both(a, b) { operations::difference(vm, a, b) } else { Ok(Value::NOT_IMPLEMENTED) }
}

fn and(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    if both(a, b) { operations::intersection(vm, a, b) } else { Ok(Value::NOT_IMPLEMENTED) }
}

fn xor(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    if both(a, b) { operations::symmetric_difference(vm, a, b) } else { Ok(Value::NOT_IMPLEMENTED) }
}

fn or(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    if !both(a, b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let result = operations::make(vm, operations::basic_class(a), Some(a))?;
    if !a.is(b) {
        operations::update_core(vm, this(&result), b)?;
    }
    Ok(result)
}

fn inplace_subtract(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    if !both(a, b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    operations::difference_update(vm, a, b)?;
    Ok(a.clone())
}

fn inplace_and(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    if !both(a, b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let common = operations::intersection(vm, a, b)?;
    operations::take_elements_of(a, &common);
    Ok(a.clone())
}

fn inplace_xor(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    if !both(a, b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    symmetric_difference_update(vm, a, b)?;
    Ok(a.clone())
}

fn inplace_or(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    if !both(a, b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    operations::update_core(vm, this(a), b)?;
    Ok(a.clone())
}
