//! `range` and its iterators: one over machine integers, one for what is larger.

use std::cell::Cell;

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::gil_cell::GilCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::iterate::self_iter;
use crate::protocol::number;
use crate::types::int;
use crate::types::slice::PySlice;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{getset, methods, payload};

payload! {
    /// The payload of a range: exact ints.
    pub struct PyRange: RANGE {
        start: Value,
        stop: Value,
        step: Value,
        length: Value,
    }
}

/// `range`
pub static RANGE: StaticType = StaticType::new::<PyRange>();

/// The spec of `range`.
pub const RANGE_SPEC: TypeSpec = TypeSpec {
    name: "range",
    doc: Some(
        "range(stop) -> range object\nrange(start, stop[, step]) -> range object\n\nReturn an object that produces a sequence of integers from start (inclusive)\nto stop (exclusive) by step.  range(i, j) produces i, i+1, i+2, ..., j-1.\nstart defaults to 0, and stop is omitted!  range(4) produces 0, 1, 2, 3.\nThese are exactly the valid indices for a list of 4 elements.\nWhen step is given, it specifies the increment (or decrement).",
    ),
    flags: spec_flags::SEQUENCE,
    slots: &[
        Slot::New(range_new),
        Slot::Repr(range_repr),
        Slot::Hash(range_hash),
        Slot::Richcompare(range_richcompare),
        Slot::Iter(range_iter),
        Slot::NbBool(range_bool),
        Slot::SqLength(range_length),
        Slot::MpLength(range_length),
        Slot::SqItem(range_item),
        Slot::SqContains(range_contains),
        Slot::MpSubscript(range_subscript),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Return a reverse iterator.
    ["__reversed__"] "($self, /)" None(range_reversed);
    ["__reduce__"] "($self, /)" None(range_reduce);
    /// rangeobject.count(value) -> integer -- return number of occurrences of value
    ["count"] "($self, object, /)" One(range_count);
    /// rangeobject.index(value) -> integer -- return index of value.
    /// Raise ValueError if the value is not present.
    ["index"] "($self, object, /)" One(range_index);
}

getset! { GETSET:
    member ["start"] get_start;
    member ["stop"] get_stop;
    member ["step"] get_step;
}

fn this(value: &Value) -> &Py<PyRange> {
    value.receiver::<PyRange>()
}

fn zero() -> Value {
    Value::small_int_unchecked(0)
}

fn one() -> Value {
    Value::small_int_unchecked(1)
}

fn is_zero(value: &Value) -> bool {
    value.as_small_int() == Some(0)
}

/// How many items: `max(0, ceil((stop - start) / step))`.
fn count(vm: Vm<'_>, start: &Value, stop: &Value, step: &Value) -> PyResult<Value> {
    if let (Some(start), Some(stop), Some(step)) =
        (start.as_small_int(), stop.as_small_int(), step.as_small_int())
    {
        let (low, high) = if step > 0 { (start, stop) } else { (stop, start) };
        if low >= high {
            return Ok(zero());
        }
        return Ok(int::from_i64(vm, (high - low - 1) / step.abs() + 1));
    }
    let negative = int::is_negative(step);
    let (low, high) = if negative { (stop, start) } else { (start, stop) };
    let step = if negative { int::number::negate(vm, step)? } else { step.clone() };
    let difference = int::number::subtract(vm, high, low)?;
    if int::is_negative(&difference) || is_zero(&difference) {
        return Ok(zero());
    }
    let less = int::number::subtract(vm, &difference, &one())?;
    let quotient = int::number::floor_divide(vm, &less, &step)?;
    int::number::add(vm, &quotient, &one())
}

fn make(vm: Vm<'_>, start: Value, stop: Value, step: Value) -> PyResult<Value> {
    let length = count(vm, &start, &stop, &step)?;
    Ok(PyRef::try_new(vm, PyRange { start, stop, step, length })?.into_value())
}

fn range_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if args.keyword_count() != 0 {
        return Err(vm.type_error("range() takes no keyword arguments"));
    }
    let index = |value: &Value| number::index(vm, value);
    match args.positional() {
        [] => Err(vm.type_error("range expected at least 1 argument, got 0")),
        [stop] => make(vm, zero(), index(stop)?, one()),
        [start, stop] => make(vm, index(start)?, index(stop)?, one()),
        [start, stop, step] => {
            let (start, stop, step) = (index(start)?, index(stop)?, index(step)?);
            if is_zero(&step) {
                return Err(vm.value_error("range() arg 3 must not be zero"));
            }
            make(vm, start, stop, step)
        }
        more => {
            Err(vm.type_error(format!("range expected at most 3 arguments, got {}", more.len())))
        }
    }
}

fn range_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = this(value);
    let text = |value: &Value| Ok(vm.repr(value)?.to_rust_string());
    let (start, stop) = (text(&this.start)?, text(&this.stop)?);
    let shown = if this.step.as_small_int() == Some(1) {
        format!("range({start}, {stop})")
    } else {
        format!("range({start}, {stop}, {})", text(&this.step)?)
    };
    Ok(PyStr::try_new(vm, &shown)?.into_value())
}

/// The triple that decides equality: the length, then the start unless empty, then the step unless it is one item.
fn key(vm: Vm<'_>, value: &Value) -> Value {
    let this = this(value);
    let (start, step) = if is_zero(&this.length) {
        (Value::NONE, Value::NONE)
    } else if this.length.as_small_int() == Some(1) {
        (this.start.clone(), Value::NONE)
    } else {
        (this.start.clone(), this.step.clone())
    };
    PyTuple::new_value(vm, &[this.length.clone(), start, step])
}

fn range_hash(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    vm.hash(&key(vm, value))
}

fn range_richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    if b.downcast::<PyRange>().is_none() || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let equal = a.is(b) || vm.equal(&key(vm, a), &key(vm, b))?;
    Ok(Value::from_bool(equal == (op == CompareOp::Eq)))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
fn range_bool(_vm: Vm<'_>, value: &Value) -> PyResult<bool> {
    Ok(!is_zero(&this(value).length))
}

fn range_length(vm: Vm<'_>, value: &Value) -> PyResult<usize> {
    match int::as_i64(&this(value).length).and_then(|length| usize::try_from(length).ok()) {
        Some(length) => Ok(length),
        None => Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
    }
}

/// The item at `index`, which is within the range.
fn at(vm: Vm<'_>, this: &PyRange, index: &Value) -> PyResult<Value> {
    let offset = int::number::multiply(vm, index, &this.step)?;
    int::number::add(vm, &this.start, &offset)
}

fn item(vm: Vm<'_>, value: &Value, index: &Value) -> PyResult<Value> {
    let this = this(value);
    let index = if int::is_negative(index) {
        int::number::add(vm, index, &this.length)?
    } else {
        index.clone()
    };
    let inside = !int::is_negative(&index)
        && int::number::compare(&index, &this.length) == Some(std::cmp::Ordering::Less);
    if inside {
        at(vm, this, &index)
    } else {
        Err(vm.index_error("range object index out of range"))
    }
}

fn range_item(vm: Vm<'_>, value: &Value, index: isize) -> PyResult<Value> {
    item(vm, value, &int::new(vm, index))
}

fn range_subscript(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Value> {
    if number::has_index(key) {
        return item(vm, value, &number::index(vm, key)?);
    }
    let Some(slice) = key.downcast::<PySlice>() else {
        return Err(vm.type_error(format!(
            "range indices must be integers or slices, not {}",
            key.class().name()
        )));
    };
    let this = this(value);
    let (start, stop, step) = slice.indices_of(vm, &this.length)?;
    let scaled = |index: &Value| at(vm, this, index);
    let (new_start, new_stop) = (scaled(&start)?, scaled(&stop)?);
    let new_step = int::number::multiply(vm, &this.step, &step)?;
    make(vm, new_start, new_stop, new_step)
}

/// Where an int stands in the range, if it does.
fn place(vm: Vm<'_>, this: &PyRange, value: &Value) -> PyResult<Option<Value>> {
    let negative = int::is_negative(&this.step);
    let (low, high) = if negative { (&this.stop, &this.start) } else { (&this.start, &this.stop) };
    use std::cmp::Ordering::{Equal, Greater, Less};
    let above = int::number::compare(value, low);
    let below = int::number::compare(value, high);
    let inside = if negative {
        above == Some(Greater) && matches!(below, Some(Less | Equal))
    } else {
        matches!(above, Some(Greater | Equal)) && below == Some(Less)
    };
    if !inside {
        return Ok(None);
    }
    let offset = int::number::subtract(vm, value, &this.start)?;
    if !is_zero(&int::number::remainder(vm, &offset, &this.step)?) {
        return Ok(None);
    }
    int::number::floor_divide(vm, &offset, &this.step).map(Some)
}

fn is_plain_int(value: &Value) -> bool {
    int::number::is_exact_int(value) || value.as_bool().is_some()
}

fn range_contains(vm: Vm<'_>, value: &Value, wanted: &Value) -> PyResult<bool> {
    if is_plain_int(wanted) {
        return Ok(place(vm, this(value), wanted)?.is_some());
    }
    crate::protocol::sequence::contains_by_iteration(vm, value, wanted)
}

fn range_count(vm: Vm<'_>, value: &Value, wanted: &Value) -> PyResult<Value> {
    if is_plain_int(wanted) {
        let found = place(vm, this(value), wanted)?.is_some();
        return Ok(Value::small_int_unchecked(i64::from(found)));
    }
    let iterator = vm.iter(value)?;
    let mut count = 0;
    while let Some(item) = vm.next(&iterator)? {
        count += i64::from(vm.equal(&item, wanted)?);
    }
    Ok(Value::small_int_unchecked(count))
}

fn range_index(vm: Vm<'_>, value: &Value, wanted: &Value) -> PyResult<Value> {
    if is_plain_int(wanted) {
        return match place(vm, this(value), wanted)? {
            Some(index) => Ok(index),
            None => Err(vm.value_error("range.index(x): x not in range")),
        };
    }
    let iterator = vm.iter(value)?;
    let mut index = 0;
    while let Some(item) = vm.next(&iterator)? {
        if vm.equal(&item, wanted)? {
            return Ok(int::new(vm, index));
        }
        index += 1;
    }
    Err(vm.value_error("sequence.index(x): x not in sequence"))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a method")]
fn range_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = this(value);
    let args = PyTuple::new_value(vm, &[this.start.clone(), this.stop.clone(), this.step.clone()]);
    Ok(PyTuple::new_value(vm, &[RANGE.get().to_value(), args]))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a getter")]
fn get_start(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).start.clone())
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a getter")]
fn get_stop(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).stop.clone())
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a getter")]
fn get_step(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).step.clone())
}

payload! {
    /// The payload of an iterator over machine integers.
    pub struct PyRangeIterator: RANGE_ITERATOR {
        next: Cell<i64>,
        step: Cell<i64>,
        left: Cell<u64>,
    }
}

/// `range_iterator`
pub static RANGE_ITERATOR: StaticType = StaticType::new::<PyRangeIterator>();

/// The spec of `range_iterator`.
pub const RANGE_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "range_iterator",
    slots: &[Slot::Iter(self_iter), Slot::Iternext(iterator_next)],
    methods: ITERATOR_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { ITERATOR_METHODS:
    /// Private method returning an estimate of len(list(it)).
    ["__length_hint__"] "($self, /)" None(iterator_length_hint);
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(iterator_reduce);
    /// Set state information for unpickling.
    ["__setstate__"] "($self, object, /)" One(iterator_setstate);
}

impl PyRangeIterator {
    /// Whether no integer is left.
    #[inline]
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.left.get() == 0
    }

    /// The bits of the next integer if there is one and it is an immediate; otherwise nothing changes.
    #[inline]
    pub fn next_immediate(&self) -> Option<u64> {
        let number = self.next.get();
        let bits = (number.cast_unsigned() << 2) | 3;
        if self.left.get() == 0 || bits.cast_signed() >> 2 != number {
            return None;
        }
        self.left.set(self.left.get() - 1);
        self.next.set(number.wrapping_add(self.step.get()));
        Some(bits)
    }

    /// The next integer; None at the end.
    #[inline]
    pub fn next_small(&self) -> Option<i64> {
        let left = self.left.get();
        if left == 0 {
            return None;
        }
        let number = self.next.get();
        self.left.set(left - 1);
        self.next.set(number.wrapping_add(self.step.get()));
        Some(number)
    }
}

payload! {
    /// The payload of an iterator over integers of any size.
    pub struct PyLongRangeIterator: LONG_RANGE_ITERATOR {
        next: GilCell<Value>,
        step: Value,
        left: GilCell<Value>,
    }
}

/// `longrange_iterator`
pub static LONG_RANGE_ITERATOR: StaticType = StaticType::new::<PyLongRangeIterator>();

/// The spec of `longrange_iterator`.
pub const LONG_RANGE_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "longrange_iterator",
    slots: &[Slot::Iter(self_iter), Slot::Iternext(long_iterator_next)],
    methods: LONG_ITERATOR_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { LONG_ITERATOR_METHODS:
    /// Private method returning an estimate of len(list(it)).
    ["__length_hint__"] "($self, /)" None(long_iterator_length_hint);
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(long_iterator_reduce);
    /// Set state information for unpickling.
    ["__setstate__"] "($self, object, /)" One(long_iterator_setstate);
}

/// An iterator over `length` integers from `start` on.
fn iterator(vm: Vm<'_>, start: Value, step: Value, length: Value) -> Value {
    if let (Some(first), Some(by), Some(left)) =
        (int::as_i64(&start), int::as_i64(&step), int::as_i64(&length))
        && let Ok(count) = u64::try_from(left)
        && by.checked_mul(left).and_then(|span| span.checked_add(first)).is_some()
    {
        let payload =
            PyRangeIterator { next: Cell::new(first), step: Cell::new(by), left: Cell::new(count) };
        return PyRef::new(vm, payload).into_value();
    }
    let payload =
        PyLongRangeIterator { next: GilCell::new(start), step, left: GilCell::new(length) };
    PyRef::new(vm, payload).into_value()
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
fn range_iter(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = this(value);
    Ok(iterator(vm, this.start.clone(), this.step.clone(), this.length.clone()))
}

fn range_reversed(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = this(value);
    let last = int::number::subtract(vm, &this.length, &one())?;
    let start = at(vm, this, &last)?;
    let step = int::number::negate(vm, &this.step)?;
    Ok(iterator(vm, start, step, this.length.clone()))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
fn iterator_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    Ok(value.receiver::<PyRangeIterator>().next_small().map(|number| int::from_i64(vm, number)))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a method")]
fn iterator_length_hint(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_u64(vm, value.receiver::<PyRangeIterator>().left.get()))
}

fn iterator_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyRangeIterator>();
    let (next, step) = (int::from_i64(vm, this.next.get()), int::from_i64(vm, this.step.get()));
    reduced(vm, next, step, &int::from_u64(vm, this.left.get()))
}

/// `iter` and the range of what is left.
fn reduced(vm: Vm<'_>, next: Value, step: Value, left: &Value) -> PyResult<Value> {
    let span = int::number::multiply(vm, &step, left)?;
    let stop = int::number::add(vm, &next, &span)?;
    let range = make(vm, next, stop, step)?;
    let iter = crate::types::seq_shared::builtin(vm, "iter")?;
    let args = PyTuple::new_value(vm, &[range]);
    Ok(PyTuple::new_value(vm, &[iter, args, Value::NONE]))
}

fn long_iterator_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyLongRangeIterator>();
    reduced(vm, this.next.get(), this.step.clone(), &this.left.get())
}

fn long_iterator_setstate(vm: Vm<'_>, value: &Value, state: &Value) -> PyResult<Value> {
    if !number::is_int(state) {
        let name = state.class().name();
        return Err(vm.type_error(format!("state must be an int, not {name}")));
    }
    if int::is_negative(state) {
        return Ok(Value::NONE);
    }
    let this = value.receiver::<PyLongRangeIterator>();
    let left = this.left.get();
    let skip = if int::compare(state, &left).is_some_and(std::cmp::Ordering::is_gt) {
        left.clone()
    } else {
        int::exact(vm, state)
    };
    let moved = int::number::multiply(vm, &this.step, &skip)?;
    let next = int::number::add(vm, &this.next.get(), &moved)?;
    let fewer = int::number::subtract(vm, &left, &skip)?;
    this.next.set(next);
    this.left.set(fewer);
    Ok(Value::NONE)
}

fn iterator_setstate(vm: Vm<'_>, value: &Value, state: &Value) -> PyResult<Value> {
    let skip = number::as_i64(vm, state)?;
    let this = value.receiver::<PyRangeIterator>();
    let skip = u64::try_from(skip).unwrap_or(0).min(this.left.get());
    if skip > 0 {
        let moved = this.step.get().wrapping_mul(skip.cast_signed());
        this.next.set(this.next.get().wrapping_add(moved));
        this.left.set(this.left.get() - skip);
    }
    Ok(Value::NONE)
}

fn long_iterator_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyLongRangeIterator>();
    let left = this.left.get();
    if is_zero(&left) || int::is_negative(&left) {
        return Ok(None);
    }
    let number = this.next.get();
    let next = int::number::add(vm, &number, &this.step)?;
    let fewer = int::number::subtract(vm, &left, &one())?;
    this.next.set(next);
    this.left.set(fewer);
    Ok(Some(number))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a method")]
fn long_iterator_length_hint(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(value.receiver::<PyLongRangeIterator>().left.get())
}
