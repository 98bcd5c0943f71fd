//! `tuple`: the items follow the header.

use std::cell::Cell;

use base::hash::TupleHash;

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::gc::{Traverse, Visitor};
use crate::core::gil_cell::HotCell;
use crate::core::object::{Payload, Py, flags};
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::compare::known_hash;
use crate::protocol::iterate::self_iter;
use crate::protocol::number;
use crate::types::seq_shared::{self, Items, Subscript, Text};
use crate::types::str::PyStr;
use crate::{methods, payload};

/// The payload of a tuple.
pub struct PyTuple {
    length: usize,
    /// The hash, 0 while it is not known.
    hash: Cell<i64>,
}

/// `tuple`
pub static TUPLE: StaticType = StaticType::new::<PyTuple>();

impl Payload for PyTuple {
    type Tail = Value;
    const GC: bool = true;
    fn class() -> &'static Py<PyType> {
        TUPLE.get()
    }
    #[inline]
    fn tail_len(&self) -> usize {
        self.length
    }
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
    fn clear(&self, _dead: &mut Vec<Value>) {}
    fn traverse_tail(tail: &[Value], visitor: &mut Visitor<'_>) {
        tail.traverse(visitor);
    }
}

impl PyTuple {
    #[inline]
    const fn of_length(length: usize) -> Self {
        Self { length, hash: Cell::new(0) }
    }

    /// The empty tuple: there is one.
    #[must_use]
    pub fn empty(vm: Vm<'_>) -> PyRef<Self> {
        let place = &vm.interpreter().runtime().empty_tuple;
        if let Some(empty) = place.get() {
            return empty;
        }
        let empty = vm
            .insist(|| PyRef::new_with_tail(vm, TUPLE.get(), Self::of_length(0), |_| Value::NONE));
        // It is in no cycle.
        empty.as_object().clear_flags(flags::TRACKED);
        place.set(Some(empty.clone()));
        empty
    }

    /// A tuple of copies of `items`.
    ///
    /// # Errors
    /// MemoryError.
    pub fn try_new(vm: Vm<'_>, items: &[Value]) -> PyResult<PyRef<Self>> {
        if items.is_empty() {
            return Ok(Self::empty(vm));
        }
        PyRef::new_with_tail(vm, TUPLE.get(), Self::of_length(items.len()), |index| {
            items[index].clone()
        })
    }

    /// A tuple of `items`.
    ///
    /// # Errors
    /// MemoryError.
    pub fn try_from_vec(vm: Vm<'_>, items: Vec<Value>) -> PyResult<PyRef<Self>> {
        Self::try_of_class(vm, TUPLE.get(), items)
    }

    /// A tuple of `items` of class `class`, `tuple` or a subclass of it.
    ///
    /// # Errors
    /// MemoryError.
    pub fn try_of_class(
        vm: Vm<'_>,
        class: &Py<PyType>,
        items: Vec<Value>,
    ) -> PyResult<PyRef<Self>> {
        let length = items.len();
        if length == 0 && std::ptr::eq(class, TUPLE.get()) {
            return Ok(Self::empty(vm));
        }
        let mut items = items.into_iter();
        PyRef::new_with_tail(vm, class, Self::of_length(length), |_| {
            items.next().unwrap_or(Value::NONE)
        })
    }

    /// A tuple of `length` items that `fill` gives in order.
    ///
    /// # Errors
    /// MemoryError; then `fill` was not called.
    #[inline]
    pub fn try_from_fn(
        vm: Vm<'_>,
        length: usize,
        fill: impl FnMut(usize) -> Value,
    ) -> PyResult<PyRef<Self>> {
        if length == 0 {
            return Ok(Self::empty(vm));
        }
        PyRef::new_with_tail(vm, TUPLE.get(), Self::of_length(length), fill)
    }

    /// A tuple of two.
    ///
    /// # Errors
    /// MemoryError.
    #[inline]
    pub fn pair(vm: Vm<'_>, first: Value, second: Value) -> PyResult<PyRef<Self>> {
        let mut items = [Some(first), Some(second)];
        PyRef::new_with_tail(vm, TUPLE.get(), Self::of_length(2), |index| {
            items[index].take().unwrap_or(Value::NONE)
        })
    }

    /// A short tuple, whose size no program controls.
    #[must_use]
    pub fn new_ref(vm: Vm<'_>, items: &[Value]) -> PyRef<Self> {
        vm.insist(|| Self::try_new(vm, items))
    }

    /// As [`new_ref`](Self::new_ref), as a value.
    #[must_use]
    pub fn new_value(vm: Vm<'_>, items: &[Value]) -> Value {
        Self::new_ref(vm, items).into_value()
    }
}

impl Py<PyTuple> {
    /// Whether it can be in no cycle, now or later: all that it holds are atoms.
    #[must_use]
    pub fn holds_only_atoms(&self) -> bool {
        self.items().iter().all(|item| {
            !item.is_null()
                && item.as_object().is_none_or(|object| {
                    let is_tuple = std::ptr::eq(object.class(), TUPLE.get());
                    !object.has_flags(flags::TRACKED)
                        && (is_tuple || !object.class().payload_ops().gc)
                })
        })
    }

    /// The hash, if it was asked for before, or follows from the known hashes of the items.
    #[inline]
    #[must_use]
    pub fn known_hash(&self) -> Option<i64> {
        match self.hash.get() {
            0 => self.hash_of_known(),
            known => Some(known),
        }
    }

    fn hash_of_known(&self) -> Option<i64> {
        let mut hash = TupleHash::default();
        for item in self.items() {
            // Tuples in tuples are not followed, however deep they are.
            hash.push(match item.downcast_exact::<PyTuple>() {
                Some(inner) => Some(inner.hash.get()).filter(|&hash| hash != 0)?,
                None => known_hash(item)?,
            });
        }
        let hash = hash.finish();
        self.hash.set(hash);
        Some(hash)
    }

    /// The items.
    #[inline]
    #[must_use]
    pub fn items(&self) -> &[Value] {
        self.tail()
    }
}

impl Items for Py<PyTuple> {
    #[inline]
    fn count(&self) -> usize {
        self.items().len()
    }
    #[inline]
    fn item(&self, index: usize) -> Option<Value> {
        self.items().get(index).cloned()
    }
    #[inline]
    fn in_place<R>(&self, see: impl FnOnce(&[Value]) -> R) -> Option<R> {
        Some(see(self.items()))
    }
}

methods! { TUPLE_METHODS:
    ["__getnewargs__"] "($self, /)" None(getnewargs);
    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    ["index"] "($self, value, start=0, stop=sys.maxsize, /)" Positional(index);
    /// Return number of occurrences of value.
    ["count"] "($self, value, /)" One(count);
    /// Tuples are generic over the types of their contents.
    ///
    /// For example, use ``tuple[int, str]`` for a pair whose first element
    /// is an int and second element is a string.
    ///
    /// Tuples also support the form ``tuple[T, ...]`` to indicate
    /// an arbitrary length tuple of elements of type T.
    class ["__class_getitem__"] "($type, object, /)" One(crate::types::generic_alias::class_getitem);
}

/// The spec of `tuple`.
pub const TUPLE_SPEC: TypeSpec = TypeSpec {
    name: "tuple",
    doc: Some(
        "tuple(iterable=(), /)\n--\n\nBuilt-in immutable sequence.\n\nIf no argument is given, the constructor returns an empty tuple.\nIf iterable is specified the tuple is initialized from iterable's items.\n\nIf the argument is a tuple, the return value is the same object.",
    ),
    flags: spec_flags::BASETYPE
        | spec_flags::SEQUENCE
        | spec_flags::TUPLE_SUBCLASS
        | spec_flags::MATCH_SELF,
    slots: &[
        Slot::Repr(repr),
        Slot::Hash(hash),
        Slot::Richcompare(richcompare),
        Slot::Iter(iter),
        Slot::SqLength(length),
        Slot::SqConcat(concat),
        Slot::SqRepeat(repeat),
        Slot::SqItem(sq_item),
        Slot::SqContains(contains),
        Slot::MpLength(length),
        Slot::MpSubscript(subscript),
        Slot::New(new),
    ],
    methods: TUPLE_METHODS,
    ..TypeSpec::DEFAULT
};

fn this(value: &Value) -> &Py<PyTuple> {
    value.receiver::<PyTuple>()
}

fn new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let exact = class.is(TUPLE.get());
    args.no_keywords_in_new(vm, class, TUPLE.get())?;
    crate::core::args::check_count(vm, "tuple", args.positional().len(), 0, 1)?;
    let Some(iterable) = args.positional().first() else {
        return PyTuple::try_of_class(vm, class, Vec::new()).map(PyRef::into_value);
    };
    if exact && iterable.is_exact(TUPLE.get()) {
        return Ok(iterable.clone());
    }
    PyTuple::try_of_class(vm, class, vm.collect(iterable)?).map(PyRef::into_value)
}

fn length(_vm: Vm<'_>, value: &Value) -> PyResult<usize> {
    Ok(this(value).items().len())
}

fn sq_item(vm: Vm<'_>, value: &Value, index: isize) -> PyResult<Value> {
    usize::try_from(index)
        .ok()
        .and_then(|index| this(value).item(index))
        .ok_or_else(|| vm.index_error("tuple index out of range"))
}

fn subscript(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Value> {
    let tuple = this(value);
    match Subscript::of(vm, key, "tuple")? {
        Subscript::Index(index) => {
            crate::protocol::slice_index::position(index, tuple.items().len())
                .and_then(|index| tuple.item(index))
                .ok_or_else(|| vm.index_error("tuple index out of range"))
        }
        Subscript::Slice(start, stop, step) => {
            let items = tuple.items();
            let range = seq_shared::fit(items.len(), (start, stop, step));
            if range.count == items.len() && step == 1 && value.is_exact(TUPLE.get()) {
                return Ok(value.clone());
            }
            let mut picked = Vec::new();
            if picked.try_reserve_exact(range.count).is_err() {
                return Err(vm.memory_error());
            }
            picked.extend(range.positions().filter_map(|index| items.get(index).cloned()));
            PyTuple::try_from_vec(vm, picked).map(PyRef::into_value)
        }
    }
}

fn concat(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let left = this(a).items();
    let Some(right) = b.downcast::<PyTuple>() else {
        return Err(vm.type_error(format!(
            "can only concatenate tuple (not \"{}\") to tuple",
            b.class().name()
        )));
    };
    if left.is_empty() && b.is_exact(TUPLE.get()) {
        return Ok(b.clone());
    }
    if right.items().is_empty() && a.is_exact(TUPLE.get()) {
        return Ok(a.clone());
    }
    let mut all = left.iter().chain(right.items());
    let length = left.len() + right.items().len();
    PyRef::new_with_tail(vm, TUPLE.get(), PyTuple::of_length(length), |_| {
        all.next().cloned().unwrap_or(Value::NONE)
    })
    .map(PyRef::into_value)
}

fn repeat(vm: Vm<'_>, value: &Value, times: isize) -> PyResult<Value> {
    let tuple = this(value);
    if (times == 1 || tuple.items().is_empty()) && value.is_exact(TUPLE.get()) {
        return Ok(value.clone());
    }
    PyTuple::try_from_vec(vm, seq_shared::repeat(vm, tuple.items(), times)?).map(PyRef::into_value)
}

fn contains(vm: Vm<'_>, value: &Value, wanted: &Value) -> PyResult<bool> {
    Ok(seq_shared::find(vm, this(value), wanted, 0, usize::MAX)?.is_some())
}

fn hash(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    let this = this(value);
    if let Some(known) = this.known_hash() {
        return Ok(known);
    }
    vm.check_recursion(" while hashing a tuple")?;
    let mut hash = TupleHash::default();
    for item in this.items() {
        hash.push(vm.hash(item)?);
    }
    vm.poll()?;
    let hash = hash.finish();
    this.hash.set(hash);
    Ok(hash)
}

fn richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    match (a.downcast::<PyTuple>(), b.downcast::<PyTuple>()) {
        (Some(a), Some(b)) => seq_shared::compare(vm, a, b, op),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let items = this(value).items();
    if items.is_empty() {
        return Ok(PyStr::new_value(vm, "()"));
    }
    let Some(_guard) = vm.enter_repr(value) else { return Ok(PyStr::new_value(vm, "(...)")) };
    let mut text = Text::new("(");
    for (index, item) in items.iter().enumerate() {
        if index != 0 {
            text.push(", ");
        }
        text.push_str(&*vm.repr(item)?);
        vm.poll()?;
    }
    text.push(if items.len() == 1 { ",)" } else { ")" });
    text.finish(vm)
}

fn getnewargs(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let copy = PyTuple::try_new(vm, this(value).items())?.into_value();
    Ok(PyTuple::new_value(vm, &[copy]))
}

fn index(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    seq_shared::index_method(vm, this(value), args, "tuple")
}

fn count(vm: Vm<'_>, value: &Value, wanted: &Value) -> PyResult<Value> {
    seq_shared::count(vm, this(value), wanted).map(Value::from_usize)
}

payload! {
    /// The payload of an iterator over a tuple.
    pub struct PyTupleIterator: TUPLE_ITERATOR, gc {
        index: Cell<usize>,
        tuple: HotCell<Option<PyRef<PyTuple>>>,
    }
}

/// `tuple_iterator`
pub static TUPLE_ITERATOR: StaticType = StaticType::new::<PyTupleIterator>();

methods! { TUPLE_ITERATOR_METHODS:
    /// Private method returning an estimate of len(list(it)).
    ["__length_hint__"] "($self, /)" None(iterator_length_hint);
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(iterator_reduce);
    /// Set state information for unpickling.
    ["__setstate__"] "($self, object, /)" One(iterator_setstate);
}

/// The spec of `tuple_iterator`.
pub const TUPLE_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "tuple_iterator",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(iterator_next)],
    methods: TUPLE_ITERATOR_METHODS,
    ..TypeSpec::DEFAULT
};

fn iter(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let payload =
        PyTupleIterator { index: Cell::new(0), tuple: HotCell::new(Some(this(value).to_ref())) };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

impl PyTupleIterator {
    /// The next item if there is one; at the end nothing changes.
    #[inline]
    pub fn advance_within(&self) -> Option<Value> {
        let index = self.index.get();
        let item = self.tuple.with(|tuple| tuple.as_ref()?.items().get(index).cloned())?;
        self.index.set(index + 1);
        Some(item)
    }

    /// Ends the iteration: the tuple is let go.
    pub fn finish(&self) {
        drop(self.tuple.take());
    }

    /// The next item.
    #[inline]
    pub fn advance(&self) -> Option<Value> {
        let index = self.index.get();
        let item = self.tuple.with(|tuple| tuple.as_ref()?.items().get(index).cloned());
        match item {
            Some(item) => {
                self.index.set(index + 1);
                Some(item)
            }
            None => {
                drop(self.tuple.take());
                None
            }
        }
    }
}

fn iterator_next(_vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    Ok(value.receiver::<PyTupleIterator>().advance())
}

fn iterator_length_hint(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyTupleIterator>();
    let length = this.tuple.with(|tuple| tuple.as_ref().map_or(0, |tuple| tuple.items().len()));
    Ok(Value::from_usize(length.saturating_sub(this.index.get())))
}

fn iterator_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyTupleIterator>();
    let function = seq_shared::builtin(vm, "iter")?;
    match this.tuple.get() {
        Some(tuple) => Ok(PyTuple::new_value(
            vm,
            &[
                function,
                PyTuple::new_value(vm, &[tuple.into_value()]),
                Value::from_usize(this.index.get()),
            ],
        )),
        None => {
            let empty = PyTuple::new_value(vm, &[]);
            Ok(PyTuple::new_value(vm, &[function, PyTuple::new_value(vm, &[empty])]))
        }
    }
}

fn iterator_setstate(vm: Vm<'_>, value: &Value, state: &Value) -> PyResult<Value> {
    let index = number::as_isize(vm, state)?;
    let this = value.receiver::<PyTupleIterator>();
    let length = this.tuple.with(|tuple| tuple.as_ref().map_or(0, |tuple| tuple.items().len()));
    this.index.set(usize::try_from(index).unwrap_or(0).min(length));
    Ok(Value::NONE)
}
