//! Iterators that make, join or transform streams: accumulate, batched, chain, count, cycle, pairwise, repeat, starmap,
//! zip_longest.

use std::cell::Cell;

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::gc::{TakeReferences, Traverse, Visitor};
use objects::core::gil_cell::{GilCell, HotCell};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::iterate::self_iter;
use objects::protocol::number;
use objects::types::complex::PyComplex;
use objects::types::seq_shared::Text;
use objects::types::str::value_is;
use objects::types::tuple::PyTuple;
use objects::{methods, payload};

use super::{bind, positional};

fn one() -> Value {
    Value::from_usize(1)
}

// --- accumulate ---

payload! {
    /// The payload of accumulate.
    pub(crate) struct PyAccumulate: ACCUMULATE, gc {
        iterator: Value,
        function: Option<Value>,
        total: HotCell<Option<Value>>,
        initial: HotCell<Option<Value>>,
    }
}

/// `itertools.accumulate`
pub(crate) static ACCUMULATE: StaticType = StaticType::new::<PyAccumulate>();

/// The spec of `itertools.accumulate`.
pub(crate) const ACCUMULATE_SPEC: TypeSpec = TypeSpec {
    name: "itertools.accumulate",
    doc: Some(
        "accumulate(iterable, func=None, *, initial=None)\n--\n\nReturn series of accumulated sums (or other binary function results).",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(accumulate_next), Slot::New(accumulate_new)],
    ..TypeSpec::DEFAULT
};

fn accumulate_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let [iterable, function, initial] =
        bind(vm, "accumulate", ["iterable", "func", "initial"], 2, 1, args)?;
    let Some(iterable) = iterable else { return Ok(Value::NONE) };
    let payload = PyAccumulate {
        iterator: vm.iter(iterable)?,
        function: function.filter(|function| !function.is_none()).cloned(),
        total: HotCell::new(None),
        initial: HotCell::new(initial.filter(|initial| !initial.is_none()).cloned()),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn accumulate_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyAccumulate>();
    if let Some(initial) = this.initial.take() {
        this.total.set(Some(initial.clone()));
        return Ok(Some(initial));
    }
    let Some(item) = vm.next(&this.iterator)? else { return Ok(None) };
    let new = match (this.total.get(), &this.function) {
        (None, _) => item,
        (Some(total), None) => number::add(vm, &total, &item)?,
        (Some(total), Some(function)) => vm.call(function, &[total, item])?,
    };
    this.total.set(Some(new.clone()));
    Ok(Some(new))
}

// --- batched ---

payload! {
    /// The payload of batched.
    pub(crate) struct PyBatched: BATCHED, gc {
        iterator: HotCell<Option<Value>>,
        size: Cell<usize>,
        strict: Cell<bool>,
    }
}

/// `itertools.batched`
pub(crate) static BATCHED: StaticType = StaticType::new::<PyBatched>();

/// The spec of `itertools.batched`.
pub(crate) const BATCHED_SPEC: TypeSpec = TypeSpec {
    name: "itertools.batched",
    doc: Some(
        "batched(iterable, n, *, strict=False)\n--\n\nBatch data into tuples of length n. The last batch may be shorter than n.\n\nLoops over the input iterable and accumulates data into tuples\nup to size n.  The input is consumed lazily, just enough to\nfill a batch.  The result is yielded as soon as a batch is full\nor when the input iterable is exhausted.\n\n    >>> for batch in batched('ABCDEFG', 3):\n    ...     print(batch)\n    ...\n    ('A', 'B', 'C')\n    ('D', 'E', 'F')\n    ('G',)\n\nIf \"strict\" is True, raises a ValueError if the final batch is shorter\nthan n.",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(batched_next), Slot::New(batched_new)],
    ..TypeSpec::DEFAULT
};

fn batched_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let [iterable, size, strict] = bind(vm, "batched", ["iterable", "n", "strict"], 2, 2, args)?;
    let (Some(iterable), Some(size)) = (iterable, size) else { return Ok(Value::NONE) };
    let size = number::as_isize(vm, size)?;
    let strict = strict.map_or(Ok(false), |strict| vm.is_true(strict))?;
    if size < 1 {
        return Err(vm.value_error("n must be at least one"));
    }
    let payload = PyBatched {
        iterator: HotCell::new(Some(vm.iter(iterable)?)),
        size: Cell::new(size.unsigned_abs()),
        strict: Cell::new(strict),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn batched_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyBatched>();
    let Some(iterator) = this.iterator.get() else { return Ok(None) };
    let size = this.size.get();
    let mut batch = Vec::new();
    while batch.len() < size {
        match vm.next(&iterator) {
            Ok(Some(item)) => {
                if batch.try_reserve(1).is_err() {
                    return Err(vm.memory_error());
                }
                batch.push(item);
            }
            Ok(None) => {
                this.iterator.set(None);
                if batch.is_empty() {
                    return Ok(None);
                }
                if this.strict.get() {
                    return Err(vm.value_error("batched(): incomplete batch"));
                }
                break;
            }
            Err(raised) => {
                this.iterator.set(None);
                return Err(raised);
            }
        }
        vm.poll()?;
    }
    PyTuple::try_from_vec(vm, batch).map(|batch| Some(batch.into_value()))
}

// --- chain ---

payload! {
    /// The payload of chain.
    pub(crate) struct PyChain: CHAIN, gc {
        source: HotCell<Option<Value>>,
        active: HotCell<Option<Value>>,
    }
}

/// `itertools.chain`
pub(crate) static CHAIN: StaticType = StaticType::new::<PyChain>();

methods! { CHAIN_METHODS:
    /// Alternative chain() constructor taking a single iterable argument that evaluates lazily.
    class ["from_iterable"] "($type, iterable, /)" One(chain_from_iterable);
    /// See PEP 585
    class ["__class_getitem__"] "($type, object, /)" One(objects::types::generic_alias::class_getitem);
}

/// The spec of `itertools.chain`.
pub(crate) const CHAIN_SPEC: TypeSpec = TypeSpec {
    name: "itertools.chain",
    doc: Some(
        "chain(*iterables)\n--\n\nReturn a chain object whose .__next__() method returns elements from the\nfirst iterable until it is exhausted, then elements from the next\niterable, until all of the iterables are exhausted.",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(chain_next), Slot::New(chain_new)],
    methods: CHAIN_METHODS,
    ..TypeSpec::DEFAULT
};

fn chain_of(vm: Vm<'_>, class: &Py<PyType>, source: Value) -> Value {
    let payload = PyChain { source: HotCell::new(Some(source)), active: HotCell::new(None) };
    PyRef::new_of(vm, class, payload).into_value()
}

fn chain_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let iterables = positional(vm, class, &CHAIN, (0, usize::MAX), args)?;
    let iterables = PyTuple::try_new(vm, iterables)?.into_value();
    Ok(chain_of(vm, class, vm.iter(&iterables)?))
}

fn chain_from_iterable(vm: Vm<'_>, class: &Value, iterable: &Value) -> PyResult<Value> {
    let source = vm.iter(iterable)?;
    Ok(chain_of(vm, class.receiver::<PyType>(), source))
}

fn chain_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyChain>();
    loop {
        let Some(source) = this.source.get() else { return Ok(None) };
        if let Some(active) = this.active.get() {
            if let Some(item) = vm.next(&active)? {
                return Ok(Some(item));
            }
            this.active.set(None);
        }
        let begun = vm.next(&source).and_then(|next| next.map(|next| vm.iter(&next)).transpose());
        match begun {
            Ok(Some(iterator)) => this.active.set(Some(iterator)),
            Ok(None) => {
                this.source.set(None);
                return Ok(None);
            }
            Err(raised) => {
                this.source.set(None);
                return Err(raised);
            }
        }
        vm.poll()?;
    }
}

// --- count ---

payload! {
    /// The payload of count.
    pub(crate) struct PyCount: COUNT, gc {
        next: HotCell<Value>,
        step: Value,
    }
}

/// `itertools.count`
pub(crate) static COUNT: StaticType = StaticType::new::<PyCount>();

/// The spec of `itertools.count`.
pub(crate) const COUNT_SPEC: TypeSpec = TypeSpec {
    name: "itertools.count",
    doc: Some(
        "count(start=0, step=1)\n--\n\nReturn a count object whose .__next__() method returns consecutive values.\n\nEquivalent to:\n    def count(firstval=0, step=1):\n        x = firstval\n        while 1:\n            yield x\n            x += step",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[
        Slot::Repr(count_repr),
        Slot::Iter(self_iter),
        Slot::Iternext(count_next),
        Slot::New(count_new),
    ],
    ..TypeSpec::DEFAULT
};

fn is_number(value: &Value) -> bool {
    if value.as_small_int().is_some() || value.as_immediate_float().is_some() {
        return true;
    }
    let slots = &value.class().slots;
    value.downcast::<PyComplex>().is_some()
        || slots.nb_int.get().is_some()
        || slots.nb_float.get().is_some()
        || slots.nb_index.get().is_some()
}

fn count_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let [start, step] = bind(vm, "count", ["start", "step"], 2, 0, args)?;
    let wrong = |value: Option<&Value>| {
        value.is_some_and(|value| !is_number(value) && value.downcast::<PyType>().is_none())
    };
    if wrong(start) || wrong(step) {
        return Err(vm.type_error("a number is required"));
    }
    let payload = PyCount {
        next: HotCell::new(start.cloned().unwrap_or_else(|| Value::from_usize(0))),
        step: step.cloned().unwrap_or_else(one),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn count_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyCount>();
    let now = this.next.get();
    let sum = match (now.as_small_int(), this.step.as_small_int()) {
        (Some(now), Some(step)) => now.checked_add(step).and_then(Value::small_int),
        _ => None,
    };
    let sum = match sum {
        Some(sum) => sum,
        None => number::add(vm, &now, &this.step)?,
    };
    this.next.set(sum);
    Ok(Some(now))
}

fn count_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyCount>();
    let name = value.class().name();
    let mut text = Text::new(name.rsplit('.').next().unwrap_or(&name));
    text.push("(");
    text.push_str(&*vm.repr(&this.next.get())?);
    if this.step.as_small_int() != Some(1) {
        text.push(", ");
        text.push_str(&*vm.repr(&this.step)?);
    }
    text.push(")");
    text.finish(vm)
}

// --- cycle ---

payload! {
    /// The payload of cycle.
    pub(crate) struct PyCycle: CYCLE, gc {
        iterator: HotCell<Option<Value>>,
        saved: GilCell<Vec<Value>>,
        index: Cell<usize>,
    }
}

/// `itertools.cycle`
pub(crate) static CYCLE: StaticType = StaticType::new::<PyCycle>();

/// The spec of `itertools.cycle`.
pub(crate) const CYCLE_SPEC: TypeSpec = TypeSpec {
    name: "itertools.cycle",
    doc: Some(
        "cycle(iterable, /)\n--\n\nReturn elements from the iterable until it is exhausted. Then repeat the sequence indefinitely.",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(cycle_next), Slot::New(cycle_new)],
    ..TypeSpec::DEFAULT
};

fn cycle_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let given = positional(vm, class, &CYCLE, (1, 1), args)?;
    let payload = PyCycle {
        iterator: HotCell::new(Some(vm.iter(&given[0])?)),
        saved: GilCell::default(),
        index: Cell::new(0),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn cycle_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyCycle>();
    if let Some(iterator) = this.iterator.get() {
        if let Some(item) = vm.next(&iterator)? {
            let kept = item.clone();
            let full = this.saved.with_mut(|saved| {
                if saved.try_reserve(1).is_err() {
                    return Some(kept);
                }
                saved.push(kept);
                None
            });
            return if full.is_none() { Ok(Some(item)) } else { Err(vm.memory_error()) };
        }
        this.iterator.set(None);
    }
    let index = this.index.get();
    let (item, length) = this.saved.with(|saved| (saved.get(index).cloned(), saved.len()));
    this.index.set(if index + 1 >= length { 0 } else { index + 1 });
    Ok(item)
}

// --- pairwise ---

payload! {
    /// The payload of pairwise.
    pub(crate) struct PyPairwise: PAIRWISE, gc {
        iterator: HotCell<Option<Value>>,
        old: HotCell<Option<Value>>,
    }
}

/// `itertools.pairwise`
pub(crate) static PAIRWISE: StaticType = StaticType::new::<PyPairwise>();

/// The spec of `itertools.pairwise`.
pub(crate) const PAIRWISE_SPEC: TypeSpec = TypeSpec {
    name: "itertools.pairwise",
    doc: Some(
        "pairwise(iterable, /)\n--\n\nReturn an iterator of overlapping pairs taken from the input iterator.\n\n    s -> (s0,s1), (s1,s2), (s2, s3), ...",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(pairwise_next), Slot::New(pairwise_new)],
    ..TypeSpec::DEFAULT
};

fn pairwise_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let given = positional(vm, class, &PAIRWISE, (1, 1), args)?;
    let payload =
        PyPairwise { iterator: HotCell::new(Some(vm.iter(&given[0])?)), old: HotCell::new(None) };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn pairwise_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyPairwise>();
    let end = || {
        this.iterator.set(None);
        this.old.set(None);
    };
    let Some(iterator) = this.iterator.get() else { return Ok(None) };
    let old = match this.old.get() {
        Some(old) => old,
        None => match vm.next(&iterator)? {
            Some(first) => {
                // The iterator may have used this object itself.
                if this.iterator.with(Option::is_none) {
                    return Ok(None);
                }
                this.old.set(Some(first.clone()));
                first
            }
            None => {
                end();
                return Ok(None);
            }
        },
    };
    let Some(new) = vm.next(&iterator)? else {
        end();
        return Ok(None);
    };
    this.old.set(Some(new.clone()));
    PyTuple::pair(vm, old, new).map(|pair| Some(pair.into_value()))
}

// --- repeat ---

payload! {
    /// The payload of repeat.
    pub(crate) struct PyRepeat: REPEAT, gc {
        item: Value,
        /// How often still; None for ever.
        left: Cell<Option<usize>>,
    }
}

/// `itertools.repeat`
pub(crate) static REPEAT: StaticType = StaticType::new::<PyRepeat>();

methods! { REPEAT_METHODS:
    /// Private method returning an estimate of len(list(it)).
    ["__length_hint__"] "($self, /)" None(repeat_length_hint);
}

/// The spec of `itertools.repeat`.
pub(crate) const REPEAT_SPEC: TypeSpec = TypeSpec {
    name: "itertools.repeat",
    doc: Some(
        "repeat(object [,times]) -> create an iterator which returns the object\nfor the specified number of times.  If not specified, returns the object\nendlessly.",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[
        Slot::Repr(repeat_repr),
        Slot::Iter(self_iter),
        Slot::Iternext(repeat_next),
        Slot::New(repeat_new),
    ],
    methods: REPEAT_METHODS,
    ..TypeSpec::DEFAULT
};

fn repeat_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let [item, times] = bind(vm, "repeat", ["object", "times"], 2, 1, args)?;
    let left = match times {
        None => None,
        Some(times) => Some(usize::try_from(number::as_isize(vm, times)?).unwrap_or(0)),
    };
    let item = item.cloned().unwrap_or(Value::NONE);
    Ok(PyRef::try_new_of(vm, class, PyRepeat { item, left: Cell::new(left) })?.into_value())
}

fn repeat_next(_vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyRepeat>();
    if let Some(left) = this.left.get() {
        let Some(left) = left.checked_sub(1) else { return Ok(None) };
        this.left.set(Some(left));
    }
    Ok(Some(this.item.clone()))
}

fn repeat_length_hint(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    match value.receiver::<PyRepeat>().left.get() {
        Some(left) => Ok(Value::from_usize(left)),
        None => Err(vm.type_error("len() of unsized object")),
    }
}

fn repeat_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyRepeat>();
    let name = value.class().name();
    let mut text = Text::new(name.rsplit('.').next().unwrap_or(&name));
    text.push("(");
    text.push_str(&*vm.repr(&this.item)?);
    if let Some(left) = this.left.get() {
        text.push(&format!(", {left}"));
    }
    text.push(")");
    text.finish(vm)
}

// --- starmap ---

payload! {
    /// The payload of starmap.
    pub(crate) struct PyStarmap: STARMAP, gc {
        function: Value,
        iterator: Value,
    }
}

/// `itertools.starmap`
pub(crate) static STARMAP: StaticType = StaticType::new::<PyStarmap>();

/// The spec of `itertools.starmap`.
pub(crate) const STARMAP_SPEC: TypeSpec = TypeSpec {
    name: "itertools.starmap",
    doc: Some(
        "starmap(function, iterable, /)\n--\n\nReturn an iterator whose values are returned from the function evaluated with an argument tuple taken from the given sequence.",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(starmap_next), Slot::New(starmap_new)],
    ..TypeSpec::DEFAULT
};

fn starmap_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let given = positional(vm, class, &STARMAP, (2, 2), args)?;
    let payload = PyStarmap { function: given[0].clone(), iterator: vm.iter(&given[1])? };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn starmap_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyStarmap>();
    let Some(item) = vm.next(&this.iterator)? else { return Ok(None) };
    let args = vm.collect(&item)?;
    vm.call(&this.function, &args).map(Some)
}

// --- zip_longest ---

payload! {
    /// The payload of zip_longest.
    pub(crate) struct PyZipLongest: ZIP_LONGEST, gc {
        /// The iterators that have not ended.
        iterators: GilCell<Slots>,
        active: Cell<usize>,
        filler: Value,
    }
}

impl Traverse for Slots {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.0.traverse(visitor);
    }
}

impl TakeReferences for Slots {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        dead.extend(self.0.iter_mut().filter_map(Option::take));
    }
}

/// Places that empty one by one.
pub(crate) struct Slots(Vec<Option<Value>>);

/// `itertools.zip_longest`
pub(crate) static ZIP_LONGEST: StaticType = StaticType::new::<PyZipLongest>();

/// The spec of `itertools.zip_longest`.
pub(crate) const ZIP_LONGEST_SPEC: TypeSpec = TypeSpec {
    name: "itertools.zip_longest",
    doc: Some(
        "zip_longest(*iterables, fillvalue=None)\n--\n\nReturn a zip_longest object whose .__next__() method returns a tuple where\nthe i-th element comes from the i-th iterable argument.  The .__next__()\nmethod continues until the longest iterable in the argument sequence\nis exhausted and then it raises StopIteration.  When the shorter iterables\nare exhausted, the fillvalue is substituted in their place.  The fillvalue\ndefaults to None or can be specified by a keyword argument.\n",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(zip_longest_next), Slot::New(zip_longest_new)],
    ..TypeSpec::DEFAULT
};

fn zip_longest_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let mut filler = Value::NONE;
    for (name, value) in args.keywords() {
        if !value_is(name, "fillvalue") {
            return Err(vm.type_error("zip_longest() got an unexpected keyword argument"));
        }
        filler = value.clone();
    }
    let mut iterators = Vec::with_capacity(args.positional().len());
    for iterable in args.positional() {
        iterators.push(Some(vm.iter(iterable)?));
    }
    let active = Cell::new(iterators.len());
    let payload = PyZipLongest { iterators: GilCell::new(Slots(iterators)), active, filler };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn zip_longest_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyZipLongest>();
    if this.active.get() == 0 {
        return Ok(None);
    }
    let count = this.iterators.with(|iterators| iterators.0.len());
    let mut row = Vec::with_capacity(count);
    for nth in 0..count {
        let iterator = this.iterators.with(|iterators| iterators.0.get(nth).cloned().flatten());
        let Some(iterator) = iterator else {
            row.push(this.filler.clone());
            continue;
        };
        let next = vm.next(&iterator);
        match next {
            Ok(Some(item)) => row.push(item),
            Ok(None) => {
                this.active.set(this.active.get().saturating_sub(1));
                let dead = this.iterators.with_mut(|iterators| iterators.0[nth].take());
                drop(dead);
                if this.active.get() == 0 {
                    return Ok(None);
                }
                row.push(this.filler.clone());
            }
            Err(raised) => {
                this.active.set(0);
                return Err(raised);
            }
        }
    }
    PyTuple::try_from_vec(vm, row).map(|row| Some(row.into_value()))
}
