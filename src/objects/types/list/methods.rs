//! `list`: the rows of its methods, their bodies, its description.

use super::{LIST, PyList, grow, iter, slots, sort};
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
use crate::protocol::number;
use crate::protocol::slice_index::position;
use crate::types::seq_shared::{self, Text};
use crate::types::str::PyStr;
use crate::types::tuple::{PyTuple, TUPLE};

methods! { LIST_METHODS:
    /// Return self[index].
    ["__getitem__"] "($self, index, /)" One(slots::subscript);
    /// Return a reverse iterator over the list.
    ["__reversed__"] "($self, /)" None(iter::reversed);
    /// Return the size of the list in memory, in bytes.
    ["__sizeof__"] "($self, /)" None(sizeof);
    /// Remove all items from list.
    ["clear"] "($self, /)" None(clear);
    /// Return a shallow copy of the list.
    ["copy"] "($self, /)" None(copy);
    /// Append object to the end of the list.
    ["append"] "($self, object, /)" One(append);
    /// Insert object before index.
    ["insert"] "($self, index, object, /)" Positional(insert);
    /// Extend list by appending elements from the iterable.
    ["extend"] "($self, iterable, /)" One(extend_method);
    /// Remove and return item at index (default last).
    ///
    /// Raises IndexError if list is empty or index is out of range.
    ["pop"] "($self, index=-1, /)" Positional(pop);
    /// Remove first occurrence of value.
    ///
    /// Raises ValueError if the value is not present.
    ["remove"] "($self, value, /)" One(remove);
    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    ["index"] "($self, value, start=0, stop=sys.maxsize, /)" Positional(index);
    /// Return number of occurrences of value.
    ["count"] "($self, value, /)" One(count);
    /// Reverse *IN PLACE*.
    ["reverse"] "($self, /)" None(reverse);
    /// Sort the list in ascending order and return None.
    ///
    /// The sort is in-place (i.e. the list itself is modified) and stable
    /// (i.e. the order of two equal elements is maintained).
    ///
    /// If a key function is given, apply it once to each list item and sort
    /// them, ascending or descending, according to their function values.
    ///
    /// The reverse flag can be set to sort in descending order.
    ["sort"] "($self, /, *, key=None, reverse=False)" Bound(sort::sort_method);
    /// lists are generic over the type of their contents
    class ["__class_getitem__"] "($type, object, /)" One(crate::types::generic_alias::class_getitem);
}

/// The spec of `list`.
pub const LIST_SPEC: TypeSpec = TypeSpec {
    name: "list",
    doc: Some(
        "list(iterable=(), /)\n--\n\nBuilt-in mutable sequence.\n\nIf no argument is given, the constructor creates a new empty list.\nThe argument must be an iterable if specified.",
    ),
    flags: spec_flags::BASETYPE
        | spec_flags::SEQUENCE
        | spec_flags::LIST_SUBCLASS
        | spec_flags::MATCH_SELF,
    slots: &[
        Slot::Repr(repr),
        Slot::Hash(hash_not_implemented),
        Slot::Richcompare(richcompare),
        Slot::Iter(iter::iter),
        Slot::SqLength(length),
        Slot::SqConcat(slots::concat),
        Slot::SqRepeat(slots::repeat),
        Slot::SqItem(slots::sq_item),
        Slot::SqContains(contains),
        Slot::SqInplaceConcat(inplace_concat),
        Slot::SqInplaceRepeat(slots::inplace_repeat),
        Slot::MpLength(length),
        Slot::MpSubscript(slots::subscript),
        Slot::MpAssSubscript(slots::assign),
        Slot::New(new),
        Slot::Init(init),
    ],
    methods: LIST_METHODS,
    ..TypeSpec::DEFAULT
};

fn this(value: &Value) -> &Py<PyList> {
    value.receiver::<PyList>()
}

fn new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyList::new_of(vm, class, Vec::new()).into_value())
}

fn init(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<()> {
    args.no_keywords_in_init(vm, value, LIST.get())?;
    check_count(vm, "list", args.positional().len(), 0, 1)?;
    let list = this(value);
    let old = list.take_items();
    drop(old);
    match args.positional().first() {
        Some(iterable) => extend(vm, list, iterable),
        None => Ok(()),
    }
}

fn length(_vm: Vm<'_>, value: &Value) -> PyResult<usize> {
    Ok(this(value).len())
}

fn contains(vm: Vm<'_>, value: &Value, wanted: &Value) -> PyResult<bool> {
    Ok(seq_shared::find(vm, this(value), wanted, 0, usize::MAX)?.is_some())
}

fn richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    match (a.downcast::<PyList>(), b.downcast::<PyList>()) {
        (Some(a), Some(b)) => seq_shared::compare(vm, a, b, op),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let list = this(value);
    if list.is_empty() {
        return Ok(PyStr::new_value(vm, "[]"));
    }
    let Some(_guard) = vm.enter_repr(value) else { return Ok(PyStr::new_value(vm, "[...]")) };
    let mut text = Text::new("[");
    let mut index = 0;
    while let Some(item) = list.get(index) {
        if index != 0 {
            text.push(", ");
        }
        text.push_str(&*vm.repr(&item)?);
        index += 1;
        vm.poll()?;
    }
    text.push("]");
    text.finish(vm)
}

/// `list.extend(iterable)`
///
/// # Errors
/// What iterating raises; MemoryError.
pub fn extend(vm: Vm<'_>, list: &Py<PyList>, iterable: &Value) -> PyResult<()> {
    if let Some(source) = iterable.downcast_exact::<PyList>() {
        if source.is(list) {
            let copy = source.try_copy(vm)?;
            return append_all(vm, list, copy);
        }
        let copied = source.with(|source| extend_from(list, source));
        return if copied { Ok(()) } else { Err(vm.memory_error()) };
    }
    if iterable.is_exact(TUPLE.get())
        && let Some(source) = iterable.downcast::<PyTuple>()
    {
        let copied = extend_from(list, source.items());
        return if copied { Ok(()) } else { Err(vm.memory_error()) };
    }
    let iterator = vm.iter(iterable)?;
    let hint = vm.length_hint(iterable, 8)?;
    // Only a hint: room that cannot be had is not missed yet.
    list.with_mut(|items| {
        if hint > 8 && hint < 1 << 24 {
            grow(items, hint);
        }
    });
    let mut count = 0usize;
    while let Some(item) = vm.next(&iterator)? {
        list.push(vm, item)?;
        count += 1;
        if count.is_multiple_of(1024) {
            vm.poll()?;
        }
    }
    Ok(())
}

/// Appends items; whether there was room for them.
fn extend_from(list: &Py<PyList>, new: &[Value]) -> bool {
    list.with_mut(|items| {
        let fits = room_for(items, new.len());
        if fits {
            items.extend_from_slice(new);
        }
        fits
    })
}

/// Room for `more` items: no more than that in a list that has none yet, which may never grow.
fn room_for(items: &mut Vec<Value>, more: usize) -> bool {
    if items.capacity() == 0 { items.try_reserve_exact(more).is_ok() } else { grow(items, more) }
}

fn append_all(vm: Vm<'_>, list: &Py<PyList>, new: Vec<Value>) -> PyResult<()> {
    let mut new = new;
    let fits = list.with_mut(|items| {
        if !room_for(items, new.len()) {
            return false;
        }
        items.append(&mut new);
        true
    });
    if fits { Ok(()) } else { Err(vm.memory_error()) }
}

fn inplace_concat(vm: Vm<'_>, value: &Value, other: &Value) -> PyResult<Value> {
    extend(vm, this(value), other)?;
    Ok(value.clone())
}

fn sizeof(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(40 + 8 * this(value).with_mut(|items| items.capacity())))
}

fn clear(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let dead = this(value).take_items();
    drop(dead);
    Ok(Value::NONE)
}

fn copy(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    PyList::try_new_value(vm, this(value).try_copy(vm)?)
}

fn append(vm: Vm<'_>, value: &Value, item: &Value) -> PyResult<Value> {
    this(value).push(vm, item.clone())?;
    Ok(Value::NONE)
}

fn insert(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "insert", args.len(), 2, 2)?;
    let index = number::as_ssize(vm, &args[0])?;
    let inserted = this(value).with_mut(|items| {
        if !grow(items, 1) {
            return false;
        }
        let length = items.len();
        let place = if index < 0 {
            length.saturating_sub(index.unsigned_abs())
        } else {
            index.unsigned_abs().min(length)
        };
        items.insert(place, args[1].clone());
        true
    });
    if inserted { Ok(Value::NONE) } else { Err(vm.memory_error()) }
}

fn extend_method(vm: Vm<'_>, value: &Value, iterable: &Value) -> PyResult<Value> {
    extend(vm, this(value), iterable)?;
    Ok(Value::NONE)
}

fn pop(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "pop", args.len(), 0, 1)?;
    let list = this(value);
    let Some(wanted) = args.first() else {
        return list.pop().ok_or_else(|| vm.index_error("pop from empty list"));
    };
    let index = number::as_index(vm, wanted)?;
    if list.is_empty() {
        return Err(vm.index_error("pop from empty list"));
    }
    list.with_mut(|items| position(index, items.len()).map(|place| items.remove(place)))
        .ok_or_else(|| vm.index_error("pop index out of range"))
}

fn remove(vm: Vm<'_>, value: &Value, wanted: &Value) -> PyResult<Value> {
    let list = this(value);
    match seq_shared::find(vm, list, wanted, 0, usize::MAX)? {
        Some(index) => {
            let dead = list.with_mut(|items| (index < items.len()).then(|| items.remove(index)));
            drop(dead);
            Ok(Value::NONE)
        }
        None => Err(vm.value_error("list.remove(x): x not in list")),
    }
}

fn index(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    seq_shared::index_method(vm, this(value), args, "list")
}

fn count(vm: Vm<'_>, value: &Value, wanted: &Value) -> PyResult<Value> {
    seq_shared::count(vm, this(value), wanted).map(Value::from_usize)
}

fn reverse(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).with_mut(|items| items.reverse());
    Ok(Value::NONE)
}
