//! Iterators that no container owns: enumerate, reversed, map, filter, zip; over a callable, over a sequence by position.

use std::cell::Cell;

use crate::core::args::{Args, check_count};
use crate::core::errors::{PyResult, Raised};
use crate::core::gil_cell::HotCell;
use crate::core::object::{Payload, Py};
use crate::core::pyref::PyRef;
use crate::core::slots::Slot;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::iterate::{is_sequence, self_iter};
use crate::protocol::number;
use crate::types::exceptions::hierarchy::{INDEX_ERROR, STOP_ITERATION};
use crate::types::seq_shared::builtin;
use crate::types::tuple::PyTuple;
use crate::{methods, payload};

fn tuple(vm: Vm<'_>, items: &[Value]) -> Value {
    PyTuple::new_value(vm, items)
}

fn make<T: Payload>(vm: Vm<'_>, class: &Py<PyType>, payload: T) -> Value {
    PyRef::new_of(vm, class, payload).into_value()
}

/// A builtin class's constructor called with keywords it does not take; a subclass may take them in its `__init__`.
fn no_keywords(
    vm: Vm<'_>,
    class: &Py<PyType>,
    own: &'static StaticType,
    args: Args<'_>,
) -> PyResult<()> {
    args.no_keywords_in_new(vm, class, own.get())
}

/// The `strict` keyword of map and zip, the only one.
fn strict_flag(vm: Vm<'_>, name: &str, args: Args<'_>) -> PyResult<bool> {
    let mut strict = false;
    for (key, value) in args.keywords() {
        if !crate::types::str::value_is(key, "strict") {
            let key = vm.str(key)?.to_rust_string();
            return Err(vm.unexpected_keyword(&format!("{name}()"), &key, ["strict"]));
        }
        strict = vm.is_true(value)?;
    }
    Ok(strict)
}

// --- over a sequence by position ---

payload! {
    /// The payload of an iterator over anything with `__getitem__`.
    pub struct PySequenceIterator: SEQUENCE_ITERATOR, gc {
        index: Cell<isize>,
        sequence: HotCell<Option<Value>>,
    }
}

/// `iterator`
pub static SEQUENCE_ITERATOR: StaticType = StaticType::new::<PySequenceIterator>();

methods! { SEQUENCE_METHODS:
    /// Private method returning an estimate of len(list(it)).
    ["__length_hint__"] "($self, /)" None(sequence_length_hint);
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(sequence_reduce);
    /// Set state information for unpickling.
    ["__setstate__"] "($self, object, /)" One(sequence_setstate);
}

/// The spec of the sequence iterator.
pub const SEQUENCE_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "iterator",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(sequence_next)],
    methods: SEQUENCE_METHODS,
    ..TypeSpec::DEFAULT
};

/// An iterator over `sequence` by position (`PySeqIter_New`).
///
/// # Errors
/// Never.
pub fn sequence_iterator(vm: Vm<'_>, sequence: &Value) -> PyResult<Value> {
    let payload =
        PySequenceIterator { index: Cell::new(0), sequence: HotCell::new(Some(sequence.clone())) };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

fn is_end(vm: Vm<'_>, raised: &Raised) -> bool {
    vm.raised_is(raised, &INDEX_ERROR) || vm.raised_is(raised, &STOP_ITERATION)
}

fn sequence_next(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let this = this.receiver::<PySequenceIterator>();
    let Some(sequence) = this.sequence.get() else { return Ok(None) };
    let index = this.index.get();
    if index == isize::MAX {
        return Err(vm.overflow_error("iter index too large"));
    }
    match vm.sequence_item(&sequence, index) {
        Ok(item) => {
            this.index.set(index + 1);
            Ok(Some(item))
        }
        Err(raised) if is_end(vm, &raised) => {
            vm.clear(raised);
            this.sequence.set(None);
            Ok(None)
        }
        Err(raised) => Err(raised),
    }
}

fn sequence_length_hint(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let this = this.receiver::<PySequenceIterator>();
    let Some(sequence) = this.sequence.get() else { return Ok(Value::from_usize(0)) };
    let slots = &sequence.class().slots;
    if slots.sq_length.get().or(slots.mp_length.get()).is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let length = vm.length(&sequence)?;
    Ok(Value::from_usize(length.saturating_sub(this.index.get().unsigned_abs())))
}

fn sequence_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let function = builtin(vm, "iter")?;
    let this = this.receiver::<PySequenceIterator>();
    match this.sequence.get() {
        Some(sequence) => {
            let index = Value::from_usize(this.index.get().unsigned_abs());
            Ok(tuple(vm, &[function, tuple(vm, &[sequence]), index]))
        }
        None => Ok(tuple(vm, &[function, tuple(vm, &[tuple(vm, &[])])])),
    }
}

fn sequence_setstate(vm: Vm<'_>, this: &Value, state: &Value) -> PyResult<Value> {
    let index = number::as_isize(vm, state)?;
    let this = this.receiver::<PySequenceIterator>();
    if this.sequence.with(Option::is_some) {
        this.index.set(index.max(0));
    }
    Ok(Value::NONE)
}

// --- over a callable, up to a sentinel ---

payload! {
    /// The payload of `iter(callable, sentinel)`.
    pub struct PyCallableIterator: CALLABLE_ITERATOR, gc {
        callable: HotCell<Option<(Value, Value)>>,
    }
}

impl crate::core::gc::TakeReferences for Option<(Value, Value)> {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        if let Some((callable, sentinel)) = self.take() {
            dead.push(callable);
            dead.push(sentinel);
        }
    }
}

/// `callable_iterator`
pub static CALLABLE_ITERATOR: StaticType = StaticType::new::<PyCallableIterator>();

methods! { CALLABLE_METHODS:
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(callable_reduce);
}

/// The spec of `callable_iterator`.
pub const CALLABLE_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "callable_iterator",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(callable_next)],
    methods: CALLABLE_METHODS,
    ..TypeSpec::DEFAULT
};

/// An iterator that calls `callable` until it returns `sentinel`.
#[must_use]
pub fn callable_iterator(vm: Vm<'_>, callable: Value, sentinel: Value) -> Value {
    let payload = PyCallableIterator { callable: HotCell::new(Some((callable, sentinel))) };
    PyRef::new(vm, payload).into_value()
}

fn callable_next(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let this = this.receiver::<PyCallableIterator>();
    let Some((callable, sentinel)) = this.callable.get() else { return Ok(None) };
    match vm.call(&callable, &[]) {
        Ok(result) => {
            // The call itself may have exhausted this iterator.
            if this.callable.with(Option::is_none) {
                return Ok(None);
            }
            if vm.equal(&sentinel, &result)? {
                this.callable.set(None);
                return Ok(None);
            }
            Ok(Some(result))
        }
        Err(raised) if vm.raised_is(&raised, &STOP_ITERATION) => {
            vm.clear(raised);
            this.callable.set(None);
            Ok(None)
        }
        Err(raised) => Err(raised),
    }
}

fn callable_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let function = builtin(vm, "iter")?;
    match this.receiver::<PyCallableIterator>().callable.get() {
        Some((callable, sentinel)) => Ok(tuple(vm, &[function, tuple(vm, &[callable, sentinel])])),
        None => Ok(tuple(vm, &[function, tuple(vm, &[tuple(vm, &[])])])),
    }
}

// --- enumerate ---

payload! {
    /// The payload of enumerate.
    pub struct PyEnumerate: ENUMERATE, gc {
        iterator: Value,
        /// The next number, an int.
        count: HotCell<Value>,
    }
}

/// `enumerate`
pub static ENUMERATE: StaticType = StaticType::new::<PyEnumerate>();

methods! { ENUMERATE_METHODS:
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(enumerate_reduce);
    /// 'enumerate' objects are generic over the type of their values
    class ["__class_getitem__"] "($type, object, /)" One(crate::types::generic_alias::class_getitem);
}

/// The spec of `enumerate`.
pub const ENUMERATE_SPEC: TypeSpec = TypeSpec {
    name: "enumerate",
    doc: Some(
        "enumerate(iterable, start=0)\n--\n\nReturn an enumerate object.\n\n  iterable\n    an object supporting iteration\n\nThe enumerate object yields pairs containing a count (from start, which\ndefaults to zero) and a value yielded by the iterable argument.\n\nenumerate is useful for obtaining an indexed list:\n    (0, seq[0]), (1, seq[1]), (2, seq[2]), ...",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(enumerate_next), Slot::New(enumerate_new)],
    methods: ENUMERATE_METHODS,
    ..TypeSpec::DEFAULT
};

fn enumerate_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let given = args.positional().len() + args.keyword_count();
    let wrong = |key: &Value| {
        let key = vm.str(key)?.to_rust_string();
        Err(vm.type_error(format!("'{key}' is an invalid keyword argument for enumerate()")))
    };
    if given > 2 {
        return Err(vm.type_error(format!("enumerate() takes at most 2 arguments ({given} given)")));
    }
    let mut iterable = args.positional().first();
    let mut start = args.positional().get(1);
    for (key, value) in args.keywords() {
        if crate::types::str::value_is(key, "iterable") && iterable.is_none() {
            iterable = Some(value);
        } else if crate::types::str::value_is(key, "start")
            && start.is_none()
            && (iterable.is_some() || given == 2)
        {
            start = Some(value);
        } else {
            return wrong(key);
        }
    }
    let Some(iterable) = iterable else {
        return Err(vm.type_error("enumerate() missing required argument 'iterable'"));
    };
    let count = match start {
        Some(start) => number::index(vm, start)?,
        None => Value::from_usize(0),
    };
    let iterator = vm.iter(iterable)?;
    Ok(make(vm, class, PyEnumerate { iterator, count: HotCell::new(count) }))
}

impl PyEnumerate {
    /// The next number and item.
    ///
    /// # Errors
    /// What the iterator raises.
    pub fn next_pair(&self, vm: Vm<'_>) -> PyResult<Option<(Value, Value)>> {
        let Some(item) = vm.next(&self.iterator)? else { return Ok(None) };
        let count = self.count.get();
        let next = match count.as_small_int().and_then(|small| Value::small_int(small + 1)) {
            Some(next) => next,
            None => number::add(vm, &count, &Value::from_usize(1))?,
        };
        self.count.set(next);
        Ok(Some((count, item)))
    }
}

fn enumerate_next(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    match this.receiver::<PyEnumerate>().next_pair(vm)? {
        Some((count, item)) => PyTuple::pair(vm, count, item).map(|pair| Some(pair.into_value())),
        None => Ok(None),
    }
}

fn enumerate_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyEnumerate>();
    let args = tuple(vm, &[this.iterator.clone(), this.count.get()]);
    Ok(tuple(vm, &[value.class().to_value(), args]))
}

// --- reversed ---

payload! {
    /// The payload of reversed over a sequence.
    pub struct PyReversed: REVERSED, gc {
        /// The next index; below 0 at the end.
        index: Cell<isize>,
        sequence: HotCell<Option<Value>>,
    }
}

/// `reversed`
pub static REVERSED: StaticType = StaticType::new::<PyReversed>();

methods! { REVERSED_METHODS:
    /// Private method returning an estimate of len(list(it)).
    ["__length_hint__"] "($self, /)" None(reversed_length_hint);
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(reversed_reduce);
    /// Set state information for unpickling.
    ["__setstate__"] "($self, object, /)" One(reversed_setstate);
}

/// The spec of `reversed`.
pub const REVERSED_SPEC: TypeSpec = TypeSpec {
    name: "reversed",
    doc: Some(
        "reversed(sequence, /)\n--\n\nReturn a reverse iterator over the values of the given sequence.",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(reversed_next), Slot::New(reversed_new)],
    methods: REVERSED_METHODS,
    ..TypeSpec::DEFAULT
};

fn reversed_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    no_keywords(vm, class, &REVERSED, args)?;
    check_count(vm, "reversed", args.positional().len(), 1, 1)?;
    let sequence = &args.positional()[0];
    let not_reversible =
        || vm.type_error(format!("'{}' object is not reversible", sequence.class().name()));
    let name = &vm.names().__reversed__;
    if sequence.class().lookup(name).is_some_and(|method| method.is_none()) {
        return Err(not_reversible());
    }
    if let Some(made) = vm.call_special(sequence, name, &[])? {
        return Ok(made);
    }
    if !is_sequence(sequence) {
        return Err(not_reversible());
    }
    let length = vm.length(sequence)?;
    let payload = PyReversed {
        index: Cell::new(length.cast_signed() - 1),
        sequence: HotCell::new(Some(sequence.clone())),
    };
    Ok(make(vm, class, payload))
}

fn reversed_next(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let this = this.receiver::<PyReversed>();
    let index = this.index.get();
    if index >= 0
        && let Some(sequence) = this.sequence.get()
    {
        match vm.sequence_item(&sequence, index) {
            Ok(item) => {
                this.index.set(index - 1);
                return Ok(Some(item));
            }
            Err(raised) if is_end(vm, &raised) => vm.clear(raised),
            Err(raised) => return Err(raised),
        }
    }
    this.index.set(-1);
    this.sequence.set(None);
    Ok(None)
}

fn reversed_length_hint(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let this = this.receiver::<PyReversed>();
    let Some(sequence) = this.sequence.get() else { return Ok(Value::from_usize(0)) };
    let left = usize::try_from(this.index.get() + 1).unwrap_or(0);
    let length = vm.length(&sequence)?;
    Ok(Value::from_usize(if length < left { 0 } else { left }))
}

fn reversed_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyReversed>();
    let class = value.class().to_value();
    match this.sequence.get() {
        Some(sequence) => {
            let index = i64::try_from(this.index.get()).unwrap_or(-1);
            let index = Value::small_int_unchecked(index);
            Ok(tuple(vm, &[class, tuple(vm, &[sequence]), index]))
        }
        None => Ok(tuple(vm, &[class, tuple(vm, &[tuple(vm, &[])])])),
    }
}

fn reversed_setstate(vm: Vm<'_>, this: &Value, state: &Value) -> PyResult<Value> {
    let index = number::as_isize(vm, state)?;
    let this = this.receiver::<PyReversed>();
    if let Some(sequence) = this.sequence.get() {
        let length = vm.length(&sequence)?.cast_signed();
        this.index.set(index.clamp(-1, length - 1));
    }
    Ok(Value::NONE)
}

// --- map ---

payload! {
    /// The payload of map.
    pub struct PyMap: MAP, gc {
        function: Value,
        iterators: Vec<Value>,
        strict: Cell<bool>,
    }
}

/// `map`
pub static MAP: StaticType = StaticType::new::<PyMap>();

methods! { MAP_METHODS:
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(map_reduce);
    /// Set state information for unpickling.
    ["__setstate__"] "($self, object, /)" One(map_setstate);
}

/// The spec of `map`.
pub const MAP_SPEC: TypeSpec = TypeSpec {
    name: "map",
    doc: Some(
        "map(function, iterable, /, *iterables, strict=False)\n--\n\nMake an iterator that computes the function using arguments from\neach of the iterables.  Stops when the shortest iterable is exhausted.\n\nIf strict is true and one of the arguments is exhausted before the\nothers, raise a ValueError.",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(map_next), Slot::New(map_new)],
    methods: MAP_METHODS,
    ..TypeSpec::DEFAULT
};

fn map_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let strict = strict_flag(vm, "map", args)?;
    let [function, iterables @ ..] = args.positional() else {
        return Err(vm.type_error("map() must have at least two arguments."));
    };
    if iterables.is_empty() {
        return Err(vm.type_error("map() must have at least two arguments."));
    }
    let mut iterators = Vec::with_capacity(iterables.len());
    for iterable in iterables {
        iterators.push(vm.iter(iterable)?);
    }
    let payload = PyMap { function: function.clone(), iterators, strict: Cell::new(strict) };
    Ok(make(vm, class, payload))
}

fn map_next(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let this = this.receiver::<PyMap>();
    if let [iterator] = this.iterators.as_slice() {
        let Some(item) = vm.next(iterator)? else { return Ok(None) };
        return vm.call(&this.function, &[item]).map(Some);
    }
    match next_of_all(vm, &this.iterators, this.strict.get(), "map")? {
        Some(items) => vm.call(&this.function, &items).map(Some),
        None => Ok(None),
    }
}

/// The next item of each iterator; None when the first of them ends.
fn next_of_all(
    vm: Vm<'_>,
    iterators: &[Value],
    strict: bool,
    name: &str,
) -> PyResult<Option<Vec<Value>>> {
    let mut items = Vec::with_capacity(iterators.len());
    for (nth, iterator) in iterators.iter().enumerate() {
        match vm.next(iterator)? {
            Some(item) => items.push(item),
            None if strict => return check_strict(vm, iterators, nth, name).map(|()| None),
            None => return Ok(None),
        }
    }
    Ok(Some(items))
}

/// With `strict`, all iterators end together: the one at `ended` was the first to end.
fn check_strict(vm: Vm<'_>, iterators: &[Value], ended: usize, name: &str) -> PyResult<()> {
    let words = |nth: usize, relation: &str| {
        let plural = if nth == 1 { " " } else { "s 1-" };
        vm.value_error(format!(
            "{name}() argument {} is {relation} than argument{plural}{nth}",
            nth + 1
        ))
    };
    if ended != 0 {
        return Err(words(ended, "shorter"));
    }
    for (nth, iterator) in iterators.iter().enumerate().skip(1) {
        if vm.next(iterator)?.is_some() {
            return Err(words(nth, "longer"));
        }
    }
    Ok(())
}

fn map_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyMap>();
    let mut parts = vec![this.function.clone()];
    parts.extend_from_slice(&this.iterators);
    reduce_strict(vm, value, &parts, this.strict.get())
}

fn reduce_strict(vm: Vm<'_>, value: &Value, parts: &[Value], strict: bool) -> PyResult<Value> {
    let class = value.class().to_value();
    let args = PyTuple::try_new(vm, parts)?.into_value();
    if strict { Ok(tuple(vm, &[class, args, Value::TRUE])) } else { Ok(tuple(vm, &[class, args])) }
}

fn map_setstate(vm: Vm<'_>, value: &Value, state: &Value) -> PyResult<Value> {
    value.receiver::<PyMap>().strict.set(vm.is_true(state)?);
    Ok(Value::NONE)
}

// --- filter ---

payload! {
    /// The payload of filter.
    pub struct PyFilter: FILTER, gc {
        function: Value,
        iterator: Value,
    }
}

/// `filter`
pub static FILTER: StaticType = StaticType::new::<PyFilter>();

methods! { FILTER_METHODS:
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(filter_reduce);
}

/// The spec of `filter`.
pub const FILTER_SPEC: TypeSpec = TypeSpec {
    name: "filter",
    doc: Some(
        "filter(function, iterable, /)\n--\n\nReturn an iterator yielding those items of iterable for which\nfunction(item) is true.  If function is None, return the items that\nare true.",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(filter_next), Slot::New(filter_new)],
    methods: FILTER_METHODS,
    ..TypeSpec::DEFAULT
};

fn filter_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    no_keywords(vm, class, &FILTER, args)?;
    check_count(vm, "filter", args.positional().len(), 2, 2)?;
    let function = args.positional()[0].clone();
    let iterator = vm.iter(&args.positional()[1])?;
    Ok(make(vm, class, PyFilter { function, iterator }))
}

fn filter_next(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let this = this.receiver::<PyFilter>();
    let plain = this.function.is_none() || crate::types::bool_::BOOL.get().is_value(&this.function);
    loop {
        let Some(item) = vm.next(&this.iterator)? else { return Ok(None) };
        let keep = if plain {
            vm.is_true(&item)?
        } else {
            let answer = vm.call(&this.function, std::slice::from_ref(&item))?;
            vm.is_true(&answer)?
        };
        if keep {
            return Ok(Some(item));
        }
        vm.poll()?;
    }
}

fn filter_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyFilter>();
    reduce_strict(vm, value, &[this.function.clone(), this.iterator.clone()], false)
}

// --- zip ---

payload! {
    /// The payload of zip.
    pub struct PyZip: ZIP, gc {
        iterators: Vec<Value>,
        strict: Cell<bool>,
    }
}

/// `zip`
pub static ZIP: StaticType = StaticType::new::<PyZip>();

methods! { ZIP_METHODS:
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(zip_reduce);
    /// Set state information for unpickling.
    ["__setstate__"] "($self, object, /)" One(zip_setstate);
}

/// The spec of `zip`.
pub const ZIP_SPEC: TypeSpec = TypeSpec {
    name: "zip",
    doc: Some(
        "zip(*iterables, strict=False)\n--\n\nThe zip object yields n-length tuples, where n is the number of\niterables passed as positional arguments to zip().  The i-th element\nin every tuple comes from the i-th iterable argument to zip().  This\ncontinues until the shortest argument is exhausted.\n\nIf strict is true and one of the arguments is exhausted before the\nothers, raise a ValueError.\n\n   >>> list(zip('abcdefg', range(3), range(4)))\n   [('a', 0, 0), ('b', 1, 1), ('c', 2, 2)]",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(zip_next), Slot::New(zip_new)],
    methods: ZIP_METHODS,
    ..TypeSpec::DEFAULT
};

fn zip_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let strict = strict_flag(vm, "zip", args)?;
    let mut iterators = Vec::with_capacity(args.positional().len());
    for iterable in args.positional() {
        iterators.push(vm.iter(iterable)?);
    }
    Ok(make(vm, class, PyZip { iterators, strict: Cell::new(strict) }))
}

impl PyZip {
    /// Whether it zips two iterators, and not strictly.
    #[must_use]
    pub fn makes_pairs(&self) -> bool {
        self.iterators.len() == 2 && !self.strict.get()
    }

    /// The next item of each of two iterators.
    ///
    /// # Errors
    /// What the iterators raise.
    pub fn next_pair(&self, vm: Vm<'_>) -> PyResult<Option<(Value, Value)>> {
        let [first, second] = self.iterators.as_slice() else { return Ok(None) };
        let Some(a) = vm.next(first)? else { return Ok(None) };
        let Some(b) = vm.next(second)? else { return Ok(None) };
        Ok(Some((a, b)))
    }
}

fn zip_next(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let this = this.receiver::<PyZip>();
    if this.iterators.is_empty() {
        return Ok(None);
    }
    if this.makes_pairs() {
        return match this.next_pair(vm)? {
            Some((a, b)) => PyTuple::pair(vm, a, b).map(|pair| Some(pair.into_value())),
            None => Ok(None),
        };
    }
    match next_of_all(vm, &this.iterators, this.strict.get(), "zip")? {
        Some(items) => PyTuple::try_from_vec(vm, items).map(|items| Some(items.into_value())),
        None => Ok(None),
    }
}

fn zip_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyZip>();
    reduce_strict(vm, value, &this.iterators, this.strict.get())
}

fn zip_setstate(vm: Vm<'_>, value: &Value, state: &Value) -> PyResult<Value> {
    value.receiver::<PyZip>().strict.set(vm.is_true(state)?);
    Ok(Value::NONE)
}
