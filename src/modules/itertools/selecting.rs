//! Iterators that pick items: compress, dropwhile, filterfalse, islice, takewhile.

use std::cell::Cell;

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::payload;
use objects::protocol::iterate::self_iter;
use objects::protocol::number;
use objects::types::bool_::BOOL;

use super::{bind, positional};

// --- compress ---

payload! {
    /// The payload of compress.
    pub(crate) struct PyCompress: COMPRESS, gc {
        data: Value,
        selectors: Value,
    }
}

/// `itertools.compress`
pub(crate) static COMPRESS: StaticType = StaticType::new::<PyCompress>();

/// The spec of `itertools.compress`.
pub(crate) const COMPRESS_SPEC: TypeSpec = TypeSpec {
    name: "itertools.compress",
    doc: Some(
        "compress(data, selectors)\n--\n\nReturn data elements corresponding to true selector elements.\n\nForms a shorter iterator from selected data elements using the selectors\nto choose the data elements.",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(compress_next), Slot::New(compress_new)],
    ..TypeSpec::DEFAULT
};

fn compress_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let [data, selectors] = bind(vm, "compress", ["data", "selectors"], 2, 2, args)?;
    let (Some(data), Some(selectors)) = (data, selectors) else { return Ok(Value::NONE) };
    let payload = PyCompress { data: vm.iter(data)?, selectors: vm.iter(selectors)? };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn compress_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyCompress>();
    loop {
        let Some(item) = vm.next(&this.data)? else { return Ok(None) };
        let Some(selector) = vm.next(&this.selectors)? else { return Ok(None) };
        if vm.is_true(&selector)? {
            return Ok(Some(item));
        }
        vm.poll()?;
    }
}

/// Whether the predicate holds for an item; None and bool stand for truth.
fn holds(vm: Vm<'_>, predicate: &Value, item: &Value) -> PyResult<bool> {
    let answer = vm.call(predicate, std::slice::from_ref(item))?;
    vm.is_true(&answer)
}

// --- dropwhile, takewhile, filterfalse ---

macro_rules! predicate_iterators {
    ($($payload:ident $class:ident $spec:ident $name:literal $doc:literal $new:ident $next:ident;)*) => {$(
        payload! {
            /// The payload of this iterator.
            pub(crate) struct $payload: $class, gc {
                predicate: Value,
                iterator: Value,
                /// Whether the predicate has failed for the first time.
                decided: Cell<bool>,
            }
        }

        /// The iterator's type.
        pub(crate) static $class: StaticType = StaticType::new::<$payload>();

        /// The iterator's description.
        pub(crate) const $spec: TypeSpec = TypeSpec {
            name: $name,
            doc: Some($doc),
            flags: spec_flags::BASETYPE,
            slots: &[Slot::Iter(self_iter), Slot::Iternext($next), Slot::New($new)],
            ..TypeSpec::DEFAULT
        };

        fn $new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
            let given = positional(vm, class, &$class, (2, 2), args)?;
            let payload = $payload {
                predicate: given[0].clone(),
                iterator: vm.iter(&given[1])?,
                decided: Cell::new(false),
            };
            Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
        }
    )*};
}

predicate_iterators! {
    PyDropWhile DROPWHILE DROPWHILE_SPEC "itertools.dropwhile"
        "dropwhile(predicate, iterable, /)\n--\n\nDrop items from the iterable while predicate(item) is true.\n\nAfterwards, return every element until the iterable is exhausted."
        dropwhile_new dropwhile_next;
    PyTakeWhile TAKEWHILE TAKEWHILE_SPEC "itertools.takewhile"
        "takewhile(predicate, iterable, /)\n--\n\nReturn successive entries from an iterable as long as the predicate evaluates to true for each entry."
        takewhile_new takewhile_next;
    PyFilterFalse FILTERFALSE FILTERFALSE_SPEC "itertools.filterfalse"
        "filterfalse(function, iterable, /)\n--\n\nReturn those items of iterable for which function(item) is false.\n\nIf function is None, return the items that are false."
        filterfalse_new filterfalse_next;
}

fn dropwhile_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyDropWhile>();
    loop {
        let Some(item) = vm.next(&this.iterator)? else { return Ok(None) };
        if this.decided.get() {
            return Ok(Some(item));
        }
        if !holds(vm, &this.predicate, &item)? {
            this.decided.set(true);
            return Ok(Some(item));
        }
        vm.poll()?;
    }
}

fn takewhile_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyTakeWhile>();
    if this.decided.get() {
        return Ok(None);
    }
    let Some(item) = vm.next(&this.iterator)? else { return Ok(None) };
    if holds(vm, &this.predicate, &item)? {
        return Ok(Some(item));
    }
    this.decided.set(true);
    Ok(None)
}

fn filterfalse_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyFilterFalse>();
    let plain = this.predicate.is_none() || BOOL.get().is_value(&this.predicate);
    loop {
        let Some(item) = vm.next(&this.iterator)? else { return Ok(None) };
        let truth = if plain { vm.is_true(&item)? } else { holds(vm, &this.predicate, &item)? };
        if !truth {
            return Ok(Some(item));
        }
        vm.poll()?;
    }
}

// --- islice ---

payload! {
    /// The payload of islice.
    pub(crate) struct PyIslice: ISLICE, gc {
        iterator: HotCell<Option<Value>>,
        /// The position of the next item to give.
        next: Cell<usize>,
        stop: Cell<Option<usize>>,
        step: Cell<usize>,
        /// How many items were taken.
        taken: Cell<usize>,
    }
}

/// `itertools.islice`
pub(crate) static ISLICE: StaticType = StaticType::new::<PyIslice>();

/// The spec of `itertools.islice`.
pub(crate) const ISLICE_SPEC: TypeSpec = TypeSpec {
    name: "itertools.islice",
    doc: Some(
        "islice(iterable, stop) --> islice object\nislice(iterable, start, stop[, step]) --> islice object\n\nReturn an iterator whose next() method returns selected values from an\niterable.  If start is specified, will skip all preceding elements;\notherwise, start defaults to zero.  Step defaults to one.  If\nspecified as another value, step determines how many values are\nskipped between successive calls.  Works like a slice() on a list\nbut returns an iterator.",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(islice_next), Slot::New(islice_new)],
    ..TypeSpec::DEFAULT
};

/// A bound of islice: None for `None`, an error for what is no natural number.
fn bound(vm: Vm<'_>, value: Option<&Value>, message: &str) -> PyResult<Option<usize>> {
    let Some(value) = value.filter(|value| !value.is_none()) else { return Ok(None) };
    let number = match number::as_isize(vm, value) {
        Ok(number) => usize::try_from(number).ok(),
        Err(raised) if vm.raised_is_exception(&raised) => {
            vm.clear(raised);
            None
        }
        Err(raised) => return Err(raised),
    };
    number.map(Some).ok_or_else(|| vm.value_error(message))
}

const STOP: &str = "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
const BOTH: &str = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
const STEP: &str = "Step for islice() must be a positive integer or None.";

fn islice_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let given = positional(vm, class, &ISLICE, (2, 4), args)?;
    let (start, stop, step) = match given {
        [_, stop] => (None, Some(stop), None),
        [_, start, stop] => (Some(start), Some(stop), None),
        [_, start, stop, step, ..] => (Some(start), Some(stop), Some(step)),
        _ => (None, None, None),
    };
    let stop = bound(vm, stop, STOP)?;
    let start = bound(vm, start, BOTH)?.unwrap_or(0);
    let step = bound(vm, step, STEP)?.unwrap_or(1);
    if step == 0 {
        return Err(vm.value_error(STEP));
    }
    let payload = PyIslice {
        iterator: HotCell::new(Some(vm.iter(&given[0])?)),
        next: Cell::new(start),
        stop: Cell::new(stop),
        step: Cell::new(step),
        taken: Cell::new(0),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn islice_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyIslice>();
    let Some(iterator) = this.iterator.get() else { return Ok(None) };
    let end = || {
        this.iterator.set(None);
        Ok(None)
    };
    let stop = this.stop.get().unwrap_or(usize::MAX);
    let wanted = this.next.get().min(stop);
    while this.taken.get() < wanted {
        if vm.next(&iterator)?.is_none() {
            return end();
        }
        this.taken.set(this.taken.get() + 1);
        vm.poll()?;
    }
    if this.taken.get() >= stop {
        return end();
    }
    let Some(item) = vm.next(&iterator)? else { return end() };
    this.taken.set(this.taken.get() + 1);
    this.next.set(this.next.get().saturating_add(this.step.get()).min(stop));
    Ok(Some(item))
}
