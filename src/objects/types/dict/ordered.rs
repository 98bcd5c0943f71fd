//! `collections.OrderedDict`: a dict whose order can be changed and which compares in order.

use std::cell::Cell;

use super::methods as plain;
use super::views::{PyDictItems, PyDictKeys, PyDictValues};
use super::{DICT, DICT_ITEMS, DICT_KEYS, DICT_VALUES, PyDict, from_keywords, key_hash};
use crate::core::args::{Args, Bound};
use crate::core::errors::PyResult;
use crate::core::gil_cell::HotCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::compare::hash_not_implemented;
use crate::protocol::iterate::self_iter;
use crate::types::TypeRow;
use crate::types::exceptions::hierarchy::KEY_ERROR;
use crate::types::list::PyList;
use crate::types::seq_shared::{self, Text};
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{methods, payload};

payload! {
    /// The payload of an ordered dict: that of a dict.
    #[repr(C)]
    pub struct PyOrderedDict: ORDERED_DICT, gc {
        dict: PyDict,
    }
}

/// `collections.OrderedDict`
pub static ORDERED_DICT: StaticType = StaticType::new::<PyOrderedDict>();

/// The types of this file, each after its base.
pub static TYPES: &[TypeRow] = &[
    (&ORDERED_DICT, &ORDERED_DICT_SPEC),
    (&ORDERED_KEYS, &ORDERED_KEYS_SPEC),
    (&ORDERED_VALUES, &ORDERED_VALUES_SPEC),
    (&ORDERED_ITEMS, &ORDERED_ITEMS_SPEC),
    (&ORDERED_ITERATOR, &ORDERED_ITERATOR_SPEC),
];

methods! { METHODS:
    /// Create a new ordered dictionary with keys from iterable and values set to value.
    class ["fromkeys"] "($type, /, iterable, value=None)" Bound(fromkeys);
    ["__sizeof__"] "($self, /)" None(sizeof);
    /// Return state information for pickling
    ["__reduce__"] "($self, /)" None(reduce);
    /// Insert key with a value of default if key is not in the dictionary.
    ///
    /// Return the value for key if key is in the dictionary, else default.
    ["setdefault"] "($self, /, key, default=None)" Bound(setdefault);
    /// od.pop(key[,default]) -> v, remove specified key and return the corresponding value.
    ///
    /// If the key is not found, return the default if given; otherwise,
    /// raise a KeyError.
    ["pop"] "($self, /, key, default=<unrepresentable>)" Bound(pop);
    /// Remove and return a (key, value) pair from the dictionary.
    ///
    /// Pairs are returned in LIFO order if last is true or FIFO order if
    /// false.
    ["popitem"] "($self, /, last=True)" Bound(popitem);
    ["keys"] "($self, /)" None(keys);
    ["values"] "($self, /)" None(values);
    ["items"] "($self, /)" None(items);
    ["update"] "" Any(update_method);
    /// Remove all items from ordered dict.
    ["clear"] "($self, /)" None(clear);
    /// A shallow copy of ordered dict.
    ["copy"] "($self, /)" None(copy);
    /// od.__reversed__() <==> reversed(od)
    ["__reversed__"] "($self, /)" None(reversed);
    /// Move an existing element to the end (or beginning if last is false).
    ///
    /// Raise KeyError if the element does not exist.
    ["move_to_end"] "($self, /, key, last=True)" Bound(move_to_end);
}

/// The spec of `collections.OrderedDict`.
pub const ORDERED_DICT_SPEC: TypeSpec = TypeSpec {
    name: "collections.OrderedDict",
    doc: Some("Dictionary that remembers insertion order"),
    base: Some(&DICT),
    flags: spec_flags::BASETYPE
        | spec_flags::MAPPING
        | spec_flags::DICT_SUBCLASS
        | spec_flags::MATCH_SELF
        | spec_flags::HAS_DICT
        | spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::Repr(repr),
        Slot::Hash(hash_not_implemented),
        Slot::Richcompare(richcompare),
        Slot::Iter(iter),
        Slot::NbOr(or),
        Slot::NbInplaceOr(inplace_or),
        Slot::New(new),
        Slot::Init(init),
    ],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

fn this(value: &Value) -> &Py<PyDict> {
    value.receiver::<PyDict>()
}

fn new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, PyOrderedDict { dict: PyDict::empty() })?.into_value())
}

fn init(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<()> {
    update_common(vm, value, args)
}

fn update_method(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    update_common(vm, value, args)?;
    Ok(Value::NONE)
}

/// Updates through `__setitem__`, which a subclass may have replaced.
fn update_common(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<()> {
    let given = args.positional().len();
    if given > 1 {
        return Err(vm.type_error(format!("expected at most 1 argument, got {given}")));
    }
    let keywords = from_keywords(vm, args)?;
    for source in args.positional().iter().cloned().chain([keywords.into_value()]) {
        if value.is_exact(ORDERED_DICT.get()) {
            super::update(vm, this(value), &source)?;
            continue;
        }
        let merged = PyDict::new_ref(vm);
        super::update(vm, &merged, &source)?;
        for (key, item) in merged.items_vec() {
            vm.set_item(value, &key, &item)?;
        }
    }
    Ok(())
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let name = value.class().name();
    let short = name.rsplit('.').next().unwrap_or(&name);
    if this(value).is_empty() {
        return Ok(PyStr::new_value(vm, &format!("{short}()")));
    }
    let Some(_guard) = vm.enter_repr(value) else { return Ok(PyStr::new_value(vm, "...")) };
    let items = if value.is_exact(ORDERED_DICT.get()) {
        let dict = this(value);
        let mut pairs = Vec::new();
        for (key, item) in dict.items_vec() {
            let item = value_of(vm, dict, &key, item)?;
            pairs.push((key, item));
        }
        pairs
    } else {
        let items = vm.call_method(value, &vm.names().items, &[])?;
        let mut pairs = Vec::new();
        for item in vm.collect(&items)? {
            if let Some(pair) = item.downcast::<PyTuple>()
                && let [key, value] = pair.items()
            {
                pairs.push((key.clone(), value.clone()));
            }
        }
        pairs
    };
    let mut text = Text::new(short);
    text.push("({");
    for (nth, (key, item)) in items.iter().enumerate() {
        if nth != 0 {
            text.push(", ");
        }
        text.push_str(&*vm.repr(key)?);
        text.push(": ");
        text.push_str(&*vm.repr(item)?);
    }
    text.push("})");
    text.finish(vm)
}

/// Whether the keys of both are equal in order.
fn same_order(vm: Vm<'_>, left: &Py<PyDict>, right: &Py<PyDict>) -> PyResult<bool> {
    if left.len() != right.len() {
        return Ok(false);
    }
    let before = [Stamp::of(left), Stamp::of(right)];
    for (x, y) in left.keys_vec().iter().zip(&right.keys_vec()) {
        let equal = vm.equal(x, y)?;
        if before != [Stamp::of(left), Stamp::of(right)] {
            return Err(vm.runtime_error(MUTATED));
        }
        if !equal {
            return Ok(false);
        }
    }
    Ok(true)
}

const MUTATED: &str = "OrderedDict mutated during iteration";

/// What tells whether the keys of a dict have changed.
#[derive(PartialEq, Eq)]
struct Stamp(u32, usize, Option<usize>);

impl Stamp {
    fn of(dict: &Py<PyDict>) -> Self {
        let (changes, last) = dict.with_table(|table| (table.changes(), table.last_position()));
        Self(changes, dict.len(), last)
    }
}

/// The value of a key that an iteration has come to: looked up anew, since its hash may have become another.
fn value_of(vm: Vm<'_>, dict: &Py<PyDict>, key: &Value, item: Value) -> PyResult<Value> {
    if key.downcast_exact::<PyStr>().is_some() || key.as_small_int().is_some() {
        return Ok(item);
    }
    dict.get(vm, key)?.ok_or_else(|| vm.key_error(key))
}

fn richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(left), Some(right)) = (a.downcast::<PyDict>(), b.downcast::<PyDict>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let mut equal = plain::equal(vm, left, right)?;
    if equal && a.downcast::<PyOrderedDict>().is_some() && b.downcast::<PyOrderedDict>().is_some() {
        equal = same_order(vm, left, right)?;
    }
    Ok(Value::from_bool(equal == (op == CompareOp::Eq)))
}

fn or(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    if a.downcast::<PyDict>().is_none() || b.downcast::<PyDict>().is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let class = if a.downcast::<PyOrderedDict>().is_some() { a.class() } else { b.class() };
    let new = vm.call(&class.to_value(), std::slice::from_ref(a))?;
    update_common(vm, &new, Args::positional_only(std::slice::from_ref(b)))?;
    Ok(new)
}

fn inplace_or(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    update_common(vm, a, Args::positional_only(std::slice::from_ref(b)))?;
    Ok(a.clone())
}

fn fromkeys(vm: Vm<'_>, class: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let filler = args.get(1).cloned().unwrap_or(Value::NONE);
    let new = vm.call(class, &[])?;
    vm.for_each(args.required(0), |key| vm.set_item(&new, &key, &filler))?;
    Ok(new)
}

fn sizeof(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let dict = this(value);
    // The linked list that CPython keeps: a place for each index, a node for each key.
    let places = dict.with_table(super::Table::place_count);
    let bytes = 48 + dict.with_table(super::Table::byte_size) + 64 + places * 8 + dict.len() * 32;
    Ok(Value::from_usize(bytes))
}

fn reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let state = vm.call_method(value, &vm.names().__getstate__, &[])?;
    let items = vm.call_method(value, &vm.names().items, &[])?;
    let iterator = vm.iter(&items)?;
    let empty = PyTuple::new_value(vm, &[]);
    let class = value.class().to_value();
    Ok(PyTuple::new_value(vm, &[class, empty, state, Value::NONE, iterator]))
}

fn setdefault(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let key = args.required(0);
    let default = args.get(1).cloned().unwrap_or(Value::NONE);
    if value.is_exact(ORDERED_DICT.get()) {
        return this(value).set_default(vm, key, &default).map(|(value, _)| value);
    }
    if vm.contains(value, key)? {
        return vm.get_item(value, key);
    }
    vm.set_item(value, key, &default)?;
    Ok(default)
}

fn pop(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let key = args.required(0);
    if let Some(found) = this(value).remove(vm, key)? {
        return Ok(found);
    }
    args.get(1).cloned().ok_or_else(|| vm.key_error(key))
}

fn popitem(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let last = match args.get(0) {
        Some(flag) => vm.is_true(flag)?,
        None => true,
    };
    let dict = this(value);
    let taken = dict.with_table_mut(|table| {
        let position = if last {
            table.last_position()?
        } else {
            (table.head()..table.entry_count()).find(|&at| table.entry(at).is_some())?
        };
        let taken = table.remove_at(position);
        if last {
            table.trim_end();
        }
        Some(taken)
    });
    match taken {
        Some((key, item)) => PyTuple::pair(vm, key, item).map(PyRef::into_value),
        None => Err(vm.error(&KEY_ERROR, "dictionary is empty")),
    }
}

fn move_to_end(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let key = args.required(0);
    let last = match args.get(1) {
        Some(flag) => vm.is_true(flag)?,
        None => true,
    };
    let dict = this(value);
    let hash = key_hash(vm, key)?;
    let Some(position) = dict.find(vm, key, hash)? else { return Err(vm.key_error(key)) };
    let moved = dict.with_table_mut(|table| {
        if !last {
            return table.move_to_front(position);
        }
        if table.last_position() == Some(position) {
            return Some(());
        }
        table.try_reserve(1)?;
        Some(())
    });
    if moved.is_none() {
        return Err(vm.memory_error());
    }
    if last && dict.with_table(super::Table::last_position) != Some(position) {
        // Making room may have moved the entries.
        if let Some(position) = dict.find(vm, key, hash)? {
            dict.with_table_mut(|table| table.move_to_back(position));
        }
    }
    Ok(Value::NONE)
}

fn clear(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).clear();
    Ok(Value::NONE)
}

fn copy(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let dict = this(value);
    let exact = value.is_exact(ORDERED_DICT.get());
    let new = vm.call(&value.class().to_value(), &[])?;
    let before = Stamp::of(dict);
    for (key, item) in dict.items_vec() {
        let item = if exact { value_of(vm, dict, &key, item)? } else { vm.get_item(value, &key)? };
        vm.set_item(&new, &key, &item)?;
        if Stamp::of(dict) != before {
            return Err(vm.runtime_error(MUTATED));
        }
    }
    Ok(new)
}

macro_rules! ordered_views {
    ($($payload:ident $class:ident $spec:ident $table:ident $inner:ident $base:ident $name:literal $make:ident
        $iter:ident $reversed:ident $part:ident;)*) => {$(
        payload! {
            /// The payload of this view.
            #[repr(C)]
            pub struct $payload: $class, gc {
                view: $inner,
            }
        }

        /// The type of this view.
        pub static $class: StaticType = StaticType::new::<$payload>();

        methods! { $table:
            /// od.__reversed__() <==> reversed(od)
            ["__reversed__"] "($self, /)" None($reversed);
        }

        /// The view's description.
        pub const $spec: TypeSpec = TypeSpec {
            name: $name,
            base: Some(&$base),
            flags: spec_flags::DISALLOW_INSTANTIATION,
            slots: &[Slot::Iter($iter)],
            methods: $table,
            ..TypeSpec::DEFAULT
        };

        fn $make(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
            let view = $inner { dict: this(value).to_ref() };
            Ok(PyRef::try_new(vm, $payload { view })?.into_value())
        }

        fn $iter(vm: Vm<'_>, view: &Value) -> PyResult<Value> {
            let dict = &view.receiver::<$payload>().view.dict;
            Ok(iterator(vm, dict, Part::$part, false))
        }

        fn $reversed(vm: Vm<'_>, view: &Value) -> PyResult<Value> {
            let dict = &view.receiver::<$payload>().view.dict;
            Ok(iterator(vm, dict, Part::$part, true))
        }
    )*};
}

ordered_views! {
    PyOrderedKeys ORDERED_KEYS ORDERED_KEYS_SPEC KEYS_METHODS PyDictKeys DICT_KEYS "odict_keys"
        keys keys_iter keys_reversed Key;
    PyOrderedValues ORDERED_VALUES ORDERED_VALUES_SPEC VALUES_METHODS PyDictValues DICT_VALUES "odict_values"
        values values_iter values_reversed Value;
    PyOrderedItems ORDERED_ITEMS ORDERED_ITEMS_SPEC ITEMS_METHODS PyDictItems DICT_ITEMS "odict_items"
        items items_iter items_reversed Item;
}

/// What an iterator gives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Key,
    Value,
    Item,
}

payload! {
    /// The payload of an iterator over an ordered dict.
    pub struct PyOrderedIterator: ORDERED_ITERATOR, gc {
        dict: HotCell<Option<PyRef<PyDict>>>,
        part: Cell<Part>,
        backward: Cell<bool>,
        position: Cell<usize>,
        changes: Cell<u32>,
        size: Cell<usize>,
    }
}

/// `odict_iterator`
pub static ORDERED_ITERATOR: StaticType = StaticType::new::<PyOrderedIterator>();

methods! { ITERATOR_METHODS:
    /// Return state information for pickling
    ["__reduce__"] "($self, /)" None(iterator_reduce);
}

/// The spec of `odict_iterator`.
pub const ORDERED_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "odict_iterator",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(iterator_next)],
    methods: ITERATOR_METHODS,
    ..TypeSpec::DEFAULT
};

fn iterator(vm: Vm<'_>, dict: &PyRef<PyDict>, part: Part, backward: bool) -> Value {
    let (end, changes) = dict.with_table(|table| (table.entry_count(), table.changes()));
    let payload = PyOrderedIterator {
        dict: HotCell::new(Some(dict.clone())),
        part: Cell::new(part),
        backward: Cell::new(backward),
        position: Cell::new(if backward { end } else { 0 }),
        changes: Cell::new(changes),
        size: Cell::new(dict.len()),
    };
    PyRef::new(vm, payload).into_value()
}

fn iter(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(iterator(vm, &this(value).to_ref(), Part::Key, false))
}

fn reversed(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(iterator(vm, &this(value).to_ref(), Part::Key, true))
}

fn iterator_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyOrderedIterator>();
    let Some(dict) = this.dict.get() else { return Ok(None) };
    let end = |message: &str| {
        drop(this.dict.take());
        Err(vm.runtime_error(message))
    };
    if dict.with_table(super::Table::changes) != this.changes.get() {
        return end(MUTATED);
    }
    if dict.len() != this.size.get() {
        return end("OrderedDict changed size during iteration");
    }
    let at = this.position.get();
    let found = if this.backward.get() { dict.previous_entry(at) } else { dict.next_entry(at) };
    let Some((position, key, item)) = found else {
        drop(this.dict.take());
        return Ok(None);
    };
    this.position.set(if this.backward.get() { position } else { position + 1 });
    match this.part.get() {
        Part::Key => Ok(Some(key)),
        Part::Value => value_of(vm, &dict, &key, item).map(Some),
        Part::Item => {
            let item = value_of(vm, &dict, &key, item)?;
            PyTuple::pair(vm, key, item).map(|pair| Some(pair.into_value()))
        }
    }
}

fn iterator_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyOrderedIterator>();
    let mut rest = Vec::new();
    if let Some(dict) = this.dict.get() {
        let copy = PyOrderedIterator {
            dict: HotCell::new(Some(dict)),
            part: this.part.clone(),
            backward: this.backward.clone(),
            position: this.position.clone(),
            changes: this.changes.clone(),
            size: this.size.clone(),
        };
        rest = vm.collect(&PyRef::new(vm, copy).into_value())?;
    }
    let list = PyList::try_new_value(vm, rest)?;
    let function = seq_shared::builtin(vm, "iter")?;
    Ok(PyTuple::new_value(vm, &[function, PyTuple::new_value(vm, &[list])]))
}
