//! `collections.deque`.

use std::cell::Cell;
use std::collections::VecDeque;

use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
use objects::core::gc::{TakeReferences, Traverse, Visitor};
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::{CompareOp, Slot};
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::compare::hash_not_implemented;
use objects::protocol::iterate::self_iter;
use objects::protocol::slice_index::position;
use objects::protocol::{number, slice_index};
use objects::types::int;
use objects::types::list::PyList;
use objects::types::seq_shared::{self, Items, Text};
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{getset, methods, payload};

/// The items.
#[derive(Default)]
pub(crate) struct Ring(VecDeque<Value>);

impl Traverse for Ring {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        for item in &self.0 {
            visitor.visit(item);
        }
    }
}

impl TakeReferences for Ring {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        dead.extend(std::mem::take(&mut self.0));
    }
}

payload! {
    /// The payload of a deque.
    pub(crate) struct PyDeque: DEQUE, gc {
        items: HotCell<Ring>,
        maxlen: Cell<Option<usize>>,
        /// Counts the changes of length and order.
        state: Cell<usize>,
    }
}

/// `collections.deque`
pub(crate) static DEQUE: StaticType = StaticType::new::<PyDeque>();

methods! { METHODS:
    /// Add an element to the right side of the deque.
    ["append"] "($self, item, /)" One(append);
    /// Add an element to the left side of the deque.
    ["appendleft"] "($self, item, /)" One(appendleft);
    /// Remove all elements from the deque.
    ["clear"] "($self, /)" None(clear);
    /// Return a shallow copy of a deque.
    ["__copy__"] "($self, /)" None(copy);
    /// Return a shallow copy of a deque.
    ["copy"] "($self, /)" None(copy);
    /// Return number of occurrences of value.
    ["count"] "($self, value, /)" One(count);
    /// Extend the right side of the deque with elements from the iterable.
    ["extend"] "($self, iterable, /)" One(extend);
    /// Extend the left side of the deque with elements from the iterable.
    ["extendleft"] "($self, iterable, /)" One(extendleft);
    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    ["index"] "($self, value, [start, [stop]])" Positional(index);
    /// Insert value before index.
    ["insert"] "($self, index, value, /)" Positional(insert);
    /// Remove and return the rightmost element.
    ["pop"] "($self, /)" None(pop);
    /// Remove and return the leftmost element.
    ["popleft"] "($self, /)" None(popleft);
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(reduce);
    /// Remove first occurrence of value.
    ["remove"] "($self, value, /)" One(remove);
    /// Return a reverse iterator over the deque.
    ["__reversed__"] "($self, /)" None(reversed);
    /// Reverse *IN PLACE*.
    ["reverse"] "($self, /)" None(reverse);
    /// Rotate the deque n steps to the right.  If n is negative, rotates left.
    ["rotate"] "($self, n=1, /)" Positional(rotate);
    /// Return the size of the deque in memory, in bytes.
    ["__sizeof__"] "($self, /)" None(sizeof);
    /// deques are generic over the type of their contents
    class ["__class_getitem__"] "($type, object, /)" One(objects::types::generic_alias::class_getitem);
}

getset! { GETSET:
    /// maximum size of a deque or None if unbounded
    ["maxlen"] get_maxlen;
}

/// The spec of `collections.deque`.
pub(crate) const DEQUE_SPEC: TypeSpec = TypeSpec {
    name: "collections.deque",
    doc: Some(
        "deque([iterable[, maxlen]])\n--\n\nA list-like sequence optimized for data accesses near its endpoints.",
    ),
    flags: spec_flags::BASETYPE | spec_flags::SEQUENCE | spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::Repr(repr),
        Slot::Hash(hash_not_implemented),
        Slot::Richcompare(richcompare),
        Slot::Iter(iter),
        Slot::SqLength(length),
        Slot::SqItem(sq_item),
        Slot::MpAssSubscript(assign),
        Slot::SqConcat(concat),
        Slot::SqRepeat(repeat),
        Slot::SqInplaceConcat(inplace_concat),
        Slot::SqInplaceRepeat(inplace_repeat),
        Slot::SqContains(contains),
        Slot::New(new),
        Slot::Init(init),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

fn this(value: &Value) -> &Py<PyDeque> {
    value.receiver::<PyDeque>()
}

const OUT_OF_RANGE: &str = "deque index out of range";
const MUTATED: &str = "deque mutated during iteration";

impl PyDeque {
    fn with_maxlen(maxlen: Option<usize>) -> Self {
        Self { items: HotCell::default(), maxlen: Cell::new(maxlen), state: Cell::new(0) }
    }

    fn len(&self) -> usize {
        self.items.with(|ring| ring.0.len())
    }

    fn get(&self, index: usize) -> Option<Value> {
        self.items.with(|ring| ring.0.get(index).cloned())
    }

    fn changed(&self) {
        self.state.set(self.state.get().wrapping_add(1));
    }

    fn snapshot(&self) -> Vec<Value> {
        self.items.with(|ring| ring.0.iter().cloned().collect())
    }

    /// Adds at one end; what falls off at the other is dropped after.
    fn push(&self, vm: Vm<'_>, item: Value, left: bool) -> PyResult<()> {
        let maxlen = self.maxlen.get();
        let dead = self.items.with_mut(|ring| {
            if ring.0.try_reserve(1).is_err() {
                return Err(item);
            }
            if left {
                ring.0.push_front(item);
            } else {
                ring.0.push_back(item);
            }
            if maxlen.is_none_or(|maxlen| ring.0.len() <= maxlen) {
                return Ok(None);
            }
            Ok(if left { ring.0.pop_back() } else { ring.0.pop_front() })
        });
        self.changed();
        match dead {
            Ok(dead) => {
                drop(dead);
                Ok(())
            }
            Err(item) => {
                drop(item);
                Err(vm.memory_error())
            }
        }
    }

    fn pop(&self, vm: Vm<'_>, left: bool) -> PyResult<Value> {
        let item = self.items.with_mut(|ring| {
            if !left {
                return ring.0.pop_back();
            }
            let item = ring.0.pop_front();
            // A queue's items have often waited for so long that the processor knows nothing of them any more.
            if let Some(next) = ring.0.front() {
                next.prefetch();
            }
            item
        });
        let Some(item) = item else { return Err(vm.index_error("pop from an empty deque")) };
        self.changed();
        Ok(item)
    }

    fn extend(&self, vm: Vm<'_>, own: &Value, iterable: &Value, left: bool) -> PyResult<()> {
        if own.is(iterable) {
            for item in self.snapshot() {
                self.push(vm, item, left)?;
            }
            return Ok(());
        }
        vm.for_each(iterable, |item| self.push(vm, item, left))
    }

    fn clear_items(&self) {
        let dead = self.items.take();
        self.changed();
        drop(dead);
    }
}

impl Items for PyDeque {
    fn count(&self) -> usize {
        self.len()
    }
    fn item(&self, index: usize) -> Option<Value> {
        self.get(index)
    }
}

fn new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, PyDeque::with_maxlen(None))?.into_value())
}

fn init(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<()> {
    let given = args.positional().len() + args.keyword_count();
    if given > 2 {
        return Err(vm.type_error(format!("deque() takes at most 2 arguments ({given} given)")));
    }
    let mut iterable = args.positional().first();
    let mut maxlen = args.positional().get(1);
    for (name, item) in args.keywords() {
        if objects::types::str::value_is(name, "iterable") && iterable.is_none() {
            iterable = Some(item);
        } else if objects::types::str::value_is(name, "maxlen") && maxlen.is_none() {
            maxlen = Some(item);
        } else {
            let name = vm.str(name)?.to_rust_string();
            return Err(vm.unexpected_keyword("deque()", &name, ["iterable", "maxlen"]));
        }
    }
    let limit = match maxlen.filter(|maxlen| !maxlen.is_none()) {
        None => None,
        Some(maxlen) if !number::is_int(maxlen) => {
            return Err(vm.type_error("an integer is required"));
        }
        Some(maxlen) => {
            let limit = number::as_isize(vm, maxlen)?;
            let limit = usize::try_from(limit);
            Some(limit.map_err(|_| vm.value_error("maxlen must be non-negative"))?)
        }
    };
    let deque = this(value);
    deque.maxlen.set(limit);
    if deque.items.with(|ring| !ring.0.is_empty()) {
        deque.clear_items();
    }
    match iterable {
        Some(iterable) => deque.extend(vm, value, iterable, false),
        None => Ok(()),
    }
}

fn length(_vm: Vm<'_>, value: &Value) -> PyResult<usize> {
    Ok(this(value).len())
}

fn sq_item(vm: Vm<'_>, value: &Value, index: isize) -> PyResult<Value> {
    usize::try_from(index)
        .ok()
        .and_then(|index| this(value).get(index))
        .ok_or_else(|| vm.index_error(OUT_OF_RANGE))
}

fn assign(vm: Vm<'_>, value: &Value, key: &Value, new: Option<&Value>) -> PyResult<()> {
    if !number::has_index(key) {
        return Err(
            vm.type_error(format!("sequence index must be integer, not '{}'", key.class().name()))
        );
    }
    let index = number::as_index(vm, key)?;
    let deque = this(value);
    let old = deque.items.with_mut(|ring| {
        let place = position(index, ring.0.len())?;
        match new {
            Some(new) => ring.0.get_mut(place).map(|old| std::mem::replace(old, new.clone())),
            None => ring.0.remove(place),
        }
    });
    match old {
        Some(old) => {
            if new.is_none() {
                deque.changed();
            }
            drop(old);
            Ok(())
        }
        None => Err(vm.index_error(OUT_OF_RANGE)),
    }
}

fn append(vm: Vm<'_>, value: &Value, item: &Value) -> PyResult<Value> {
    this(value).push(vm, item.clone(), false)?;
    Ok(Value::NONE)
}

fn appendleft(vm: Vm<'_>, value: &Value, item: &Value) -> PyResult<Value> {
    this(value).push(vm, item.clone(), true)?;
    Ok(Value::NONE)
}

fn pop(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).pop(vm, false)
}

fn popleft(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).pop(vm, true)
}

fn extend(vm: Vm<'_>, value: &Value, iterable: &Value) -> PyResult<Value> {
    this(value).extend(vm, value, iterable, false)?;
    Ok(Value::NONE)
}

fn extendleft(vm: Vm<'_>, value: &Value, iterable: &Value) -> PyResult<Value> {
    this(value).extend(vm, value, iterable, true)?;
    Ok(Value::NONE)
}

fn inplace_concat(vm: Vm<'_>, value: &Value, iterable: &Value) -> PyResult<Value> {
    this(value).extend(vm, value, iterable, false)?;
    Ok(value.clone())
}

fn clear(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).clear_items();
    Ok(Value::NONE)
}

/// The bound as a value: any size that a program names, so not always a small int.
fn maxlen_value(vm: Vm<'_>, deque: &PyDeque) -> Option<Value> {
    let maxlen = deque.maxlen.get()?;
    Some(int::from_u64(vm, u64::try_from(maxlen).unwrap_or(u64::MAX)))
}

fn get_maxlen(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(maxlen_value(vm, this(value)).unwrap_or(Value::NONE))
}

fn copy(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let deque = this(value);
    if value.is_exact(DEQUE.get()) {
        let new = PyRef::new(vm, PyDeque::with_maxlen(deque.maxlen.get()));
        for item in deque.snapshot() {
            new.push(vm, item, false)?;
        }
        return Ok(new.into_value());
    }
    let class = value.class().to_value();
    let new = match maxlen_value(vm, deque) {
        None => vm.call(&class, std::slice::from_ref(value))?,
        Some(maxlen) => vm.call(&class, &[value.clone(), maxlen])?,
    };
    if new.downcast::<PyDeque>().is_none() {
        return Err(vm.type_error(format!(
            "{}() must return a deque, not {}",
            value.class().name(),
            new.class().name()
        )));
    }
    Ok(new)
}

fn concat(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    if b.downcast::<PyDeque>().is_none() {
        return Err(vm.type_error(format!(
            "can only concatenate deque (not \"{}\") to deque",
            b.class().name()
        )));
    }
    let new = copy(vm, a)?;
    this(&new).extend(vm, &new, b, false)?;
    Ok(new)
}

fn repeat(vm: Vm<'_>, value: &Value, times: isize) -> PyResult<Value> {
    let new = copy(vm, value)?;
    inplace_repeat(vm, &new, times)
}

fn inplace_repeat(vm: Vm<'_>, value: &Value, times: isize) -> PyResult<Value> {
    let deque = this(value);
    let items = deque.snapshot();
    if times <= 0 {
        deque.clear_items();
        return Ok(value.clone());
    }
    let times = times.unsigned_abs();
    // Of a bounded deque only the last rounds can be seen.
    let rounds = match deque.maxlen.get() {
        Some(maxlen) if !items.is_empty() => times.min(maxlen / items.len() + 2),
        _ => times,
    };
    if items.len().checked_mul(rounds).is_none_or(|total| total > isize::MAX.unsigned_abs() / 16) {
        return Err(vm.memory_error());
    }
    if items.is_empty() {
        return Ok(value.clone());
    }
    for round in 1..rounds {
        for item in &items {
            deque.push(vm, item.clone(), false)?;
        }
        if round.is_multiple_of(256) {
            vm.poll()?;
        }
    }
    Ok(value.clone())
}

/// Goes through the items as long as nobody changes the deque.
fn search(
    vm: Vm<'_>,
    deque: &PyDeque,
    wanted: &Value,
    (start, stop): (usize, usize),
    mut found: impl FnMut(usize) -> bool,
) -> PyResult<bool> {
    let state = deque.state.get();
    let mut at = start;
    while at < stop
        && let Some(item) = deque.get(at)
    {
        let equal = vm.equal(&item, wanted)?;
        if deque.state.get() != state {
            return Ok(false);
        }
        if equal && found(at) {
            return Ok(true);
        }
        at += 1;
        vm.poll()?;
    }
    Ok(true)
}

fn contains(vm: Vm<'_>, value: &Value, wanted: &Value) -> PyResult<bool> {
    let mut seen = false;
    let whole = search(vm, this(value), wanted, (0, usize::MAX), |_| {
        seen = true;
        true
    })?;
    if whole { Ok(seen) } else { Err(vm.runtime_error(MUTATED)) }
}

fn count(vm: Vm<'_>, value: &Value, wanted: &Value) -> PyResult<Value> {
    let mut total = 0;
    let whole = search(vm, this(value), wanted, (0, usize::MAX), |_| {
        total += 1;
        false
    })?;
    if whole { Ok(Value::from_usize(total)) } else { Err(vm.runtime_error(MUTATED)) }
}

fn index(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "index", args.len(), 1, 3)?;
    let deque = this(value);
    let length = deque.len();
    let start = slice_index::clamped_bound(vm, args.get(1), length, 0)?;
    let stop = slice_index::clamped_bound(vm, args.get(2), length, length)?;
    let mut place = None;
    let whole = search(vm, deque, &args[0], (start, stop), |at| {
        place = Some(at);
        true
    })?;
    match place {
        _ if !whole => Err(vm.runtime_error(MUTATED)),
        Some(place) => Ok(Value::from_usize(place)),
        None => Err(vm.value_error("deque.index(x): x not in deque")),
    }
}

fn remove(vm: Vm<'_>, value: &Value, wanted: &Value) -> PyResult<Value> {
    let deque = this(value);
    let mut place = None;
    let whole = search(vm, deque, wanted, (0, usize::MAX), |at| {
        place = Some(at);
        true
    })?;
    match place {
        _ if !whole => Err(vm.index_error("deque mutated during remove().")),
        Some(place) => {
            let dead = deque.items.with_mut(|ring| ring.0.remove(place));
            deque.changed();
            drop(dead);
            Ok(Value::NONE)
        }
        None => Err(vm.value_error("deque.remove(x): x not in deque")),
    }
}

fn insert(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "insert", args.len(), 2, 2)?;
    let index = number::as_isize(vm, &args[0])?;
    let deque = this(value);
    if deque.maxlen.get().is_some_and(|maxlen| deque.len() >= maxlen) {
        return Err(vm.index_error("deque already at its maximum size"));
    }
    let inserted = deque.items.with_mut(|ring| {
        if ring.0.try_reserve(1).is_err() {
            return false;
        }
        let length = ring.0.len();
        let place = if index < 0 {
            length.saturating_sub(index.unsigned_abs())
        } else {
            index.unsigned_abs().min(length)
        };
        ring.0.insert(place, args[1].clone());
        true
    });
    deque.changed();
    if inserted { Ok(Value::NONE) } else { Err(vm.memory_error()) }
}

fn reverse(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).items.with_mut(|ring| ring.0.make_contiguous().reverse());
    Ok(Value::NONE)
}

fn rotate(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "rotate", args.len(), 0, 1)?;
    let steps = match args.first() {
        Some(steps) => number::as_isize(vm, steps)?,
        None => 1,
    };
    let deque = this(value);
    deque.items.with_mut(|ring| {
        let length = ring.0.len();
        if length > 1 {
            let steps_back = steps.unsigned_abs() % length;
            if steps >= 0 {
                ring.0.rotate_right(steps_back);
            } else {
                ring.0.rotate_left(steps_back);
            }
        }
    });
    deque.changed();
    Ok(Value::NONE)
}

fn sizeof(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    // As CPython counts: blocks of 64 items with two links each.
    let blocks = this(value).len().div_ceil(64).max(1);
    Ok(Value::from_usize(216 + blocks * 66 * 8))
}

fn reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let state = vm.call_method(value, &vm.names().__getstate__, &[])?;
    let iterator = vm.iter(value)?;
    let deque = this(value);
    let empty = PyTuple::new_value(vm, &[]);
    let args = match maxlen_value(vm, deque) {
        None => empty,
        Some(maxlen) => PyTuple::new_value(vm, &[empty, maxlen]),
    };
    Ok(PyTuple::new_value(vm, &[value.class().to_value(), args, state, iterator]))
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let Some(_guard) = vm.enter_repr(value) else { return Ok(PyStr::new_value(vm, "[...]")) };
    let deque = this(value);
    let list = PyList::try_new_value(vm, deque.snapshot())?;
    let name = value.class().name();
    let mut text = Text::new(name.rsplit('.').next().unwrap_or(&name));
    text.push("(");
    text.push_str(&*vm.repr(&list)?);
    if let Some(maxlen) = deque.maxlen.get() {
        text.push(&format!(", maxlen={maxlen}"));
    }
    text.push(")");
    text.finish(vm)
}

fn richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(left), Some(right)) = (a.downcast::<PyDeque>(), b.downcast::<PyDeque>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if a.is(b) {
        return Ok(Value::from_bool(matches!(op, CompareOp::Eq | CompareOp::Le | CompareOp::Ge)));
    }
    seq_shared::compare(vm, &**left, &**right, op)
}

macro_rules! deque_iterators {
    ($($payload:ident $class:ident $spec:ident $table:ident $name:literal $make:ident $new:ident $next:ident
        $hint:ident $reduce:ident $backward:literal;)*) => {$(
        payload! {
            /// The payload of this iterator.
            pub(crate) struct $payload: $class, gc {
                deque: PyRef<PyDeque>,
                /// How many items were given.
                given: Cell<usize>,
                left: Cell<usize>,
                state: Cell<usize>,
            }
        }

        /// The iterator's type.
        pub(crate) static $class: StaticType = StaticType::new::<$payload>();

        methods! { $table:
            /// Private method returning an estimate of len(list(it)).
            ["__length_hint__"] "($self, /)" None($hint);
            /// Return state information for pickling.
            ["__reduce__"] "($self, /)" None($reduce);
        }

        /// The iterator's description.
        pub(crate) const $spec: TypeSpec = TypeSpec {
            name: $name,
            slots: &[Slot::Iter(self_iter), Slot::Iternext($next), Slot::New($new)],
            methods: $table,
            ..TypeSpec::DEFAULT
        };

        fn $make(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
            let deque = this(value).to_ref();
            let payload = $payload {
                given: Cell::new(0),
                left: Cell::new(deque.len()),
                state: Cell::new(deque.state.get()),
                deque,
            };
            Ok(PyRef::try_new(vm, payload)?.into_value())
        }

        fn $new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
            let name = class.name();
            let short = name.rsplit('.').next().unwrap_or(&name);
            let given = args.exactly(vm, short, 1, 2)?;
            if given[0].downcast::<PyDeque>().is_none() {
                return Err(vm.type_error(format!(
                    "{short}() argument 1 must be collections.deque, not {}",
                    vm.type_text(&given[0])
                )));
            }
            let skipped = match given.get(1) {
                Some(skipped) => number::as_isize(vm, skipped)?,
                None => 0,
            };
            let new = $make(vm, &given[0])?;
            for _ in 0..skipped {
                if vm.next(&new)?.is_none() {
                    break;
                }
            }
            Ok(new)
        }

        fn $next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
            let this = value.receiver::<$payload>();
            if this.deque.state.get() != this.state.get() {
                this.left.set(0);
                return Err(vm.runtime_error(MUTATED));
            }
            if this.left.get() == 0 {
                return Ok(None);
            }
            let given = this.given.get();
            let place = if $backward {
                this.deque.len().checked_sub(given + 1)
            } else {
                Some(given)
            };
            this.given.set(given + 1);
            this.left.set(this.left.get() - 1);
            Ok(place.and_then(|place| this.deque.get(place)))
        }

        fn $hint(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
            Ok(Value::from_usize(value.receiver::<$payload>().left.get()))
        }

        fn $reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
            let this = value.receiver::<$payload>();
            let given = this.deque.len().saturating_sub(this.left.get());
            let args =
                PyTuple::new_value(vm, &[this.deque.to_value(), Value::from_usize(given)]);
            Ok(PyTuple::new_value(vm, &[value.class().to_value(), args]))
        }
    )*};
}

deque_iterators! {
    PyDequeIterator DEQUE_ITERATOR DEQUE_ITERATOR_SPEC ITERATOR_METHODS "collections._deque_iterator"
        iter iterator_new iterator_next iterator_hint iterator_reduce false;
    PyDequeReverseIterator DEQUE_REVERSE_ITERATOR DEQUE_REVERSE_ITERATOR_SPEC REVERSE_METHODS
        "collections._deque_reverse_iterator" reversed reverse_new reverse_next reverse_hint reverse_reduce true;
}
