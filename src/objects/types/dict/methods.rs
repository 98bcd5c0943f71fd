//! `dict`: the rows of its methods, their bodies, its slots.

use super::{DICT, PyDict, from_keywords, iter, views};
use crate::core::args::{Args, check_count};
use crate::core::errors::{PyResult, Raised};
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::PyType;
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::methods;
use crate::protocol::compare::hash_not_implemented;
use crate::types::exceptions::hierarchy::{KEY_ERROR, TYPE_ERROR};
use crate::types::seq_shared::Text;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;

methods! { DICT_METHODS:
    /// Return self[key].
    ["__getitem__"] "($self, key, /)" One(subscript);
    /// True if the dictionary has the specified key, else False.
    ["__contains__"] "($self, key, /)" One(contains_method);
    /// Return the size of the dict in memory, in bytes.
    ["__sizeof__"] "($self, /)" None(sizeof);
    /// Return the value for key if key is in the dictionary, else default.
    ["get"] "($self, key, default=None, /)" Positional(get);
    /// Insert key with a value of default if key is not in the dictionary.
    ///
    /// Return the value for key if key is in the dictionary, else default.
    ["setdefault"] "($self, key, default=None, /)" Positional(setdefault);
    /// D.pop(k[,d]) -> v, remove specified key and return the corresponding value.
    ///
    /// If the key is not found, return the default if given; otherwise,
    /// raise a KeyError.
    ["pop"] "($self, key, default=<unrepresentable>, /)" Positional(pop);
    /// Remove and return a (key, value) pair as a 2-tuple.
    ///
    /// Pairs are returned in LIFO (last-in, first-out) order.
    /// Raises KeyError if the dict is empty.
    ["popitem"] "($self, /)" None(popitem);
    /// Return a set-like object providing a view on the dict's keys.
    ["keys"] "($self, /)" None(views::keys);
    /// Return a set-like object providing a view on the dict's items.
    ["items"] "($self, /)" None(views::items);
    /// Return an object providing a view on the dict's values.
    ["values"] "($self, /)" None(views::values);
    /// D.update([E, ]**F) -> None.  Update D from mapping/iterable E and F.
    /// If E is present and has a .keys() method, then does:  for k in E.keys(): D[k] = E[k]
    /// If E is present and lacks a .keys() method, then does:  for k, v in E: D[k] = v
    /// In either case, this is followed by: for k in F:  D[k] = F[k]
    ["update"] "" Any(update_method);
    /// Create a new dictionary with keys from iterable and values set to value.
    class ["fromkeys"] "($type, iterable, value=None, /)" Positional(fromkeys);
    /// Remove all items from the dict.
    ["clear"] "($self, /)" None(clear);
    /// Return a shallow copy of the dict.
    ["copy"] "($self, /)" None(copy);
    /// Return a reverse iterator over the dict keys.
    ["__reversed__"] "($self, /)" None(reversed);
    /// dicts are generic over two types, signifying (respectively) the types of their keys and values
    class ["__class_getitem__"] "($type, object, /)" One(crate::types::generic_alias::class_getitem);
}

/// The spec of `dict`.
pub const DICT_SPEC: TypeSpec = TypeSpec {
    name: "dict",
    doc: Some(
        "dict() -> new empty dictionary\ndict(mapping) -> new dictionary initialized from a mapping object's\n    (key, value) pairs\ndict(iterable) -> new dictionary initialized as if via:\n    d = {}\n    for k, v in iterable:\n        d[k] = v\ndict(**kwargs) -> new dictionary initialized with the name=value pairs\n    in the keyword argument list.  For example:  dict(one=1, two=2)",
    ),
    flags: spec_flags::BASETYPE
        | spec_flags::MAPPING
        | spec_flags::DICT_SUBCLASS
        | spec_flags::MATCH_SELF,
    slots: &[
        Slot::Repr(repr),
        Slot::Hash(hash_not_implemented),
        Slot::Richcompare(richcompare),
        Slot::Iter(iter_keys),
        Slot::MpLength(length),
        Slot::MpSubscript(subscript),
        Slot::MpAssSubscript(assign),
        Slot::SqContains(contains),
        Slot::NbOr(or),
        Slot::NbInplaceOr(inplace_or),
        Slot::New(new),
        Slot::Init(init),
    ],
    methods: DICT_METHODS,
    ..TypeSpec::DEFAULT
};

/// What happens to a key that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Its value stays.
    Keep,
    /// Its value is replaced.
    Override,
    /// KeyError with the key: keywords given twice.
    Refuse,
}

fn this(value: &Value) -> &Py<PyDict> {
    value.receiver::<PyDict>()
}

fn new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyDict::new_of(vm, class).into_value())
}

fn init(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<()> {
    update_common(vm, this(value), args, "dict")
}

fn update_method(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    update_common(vm, this(value), args, "update")?;
    Ok(Value::NONE)
}

fn update_common(vm: Vm<'_>, dict: &Py<PyDict>, args: Args<'_>, name: &str) -> PyResult<()> {
    check_count(vm, name, args.positional().len(), 0, 1)?;
    if let [other] = args.positional() {
        update(vm, dict, other)?;
    }
    if args.keyword_count() != 0 {
        let keywords = from_keywords(vm, args)?.into_value();
        merge(vm, dict, &keywords, Merge::Override)?;
    }
    Ok(())
}

/// `dict.update(other)`: a mapping (it has `keys`), or an iterable of pairs.
///
/// # Errors
/// What reading `other` raises.
pub fn update(vm: Vm<'_>, dict: &Py<PyDict>, other: &Value) -> PyResult<()> {
    if other.is_exact(DICT.get()) || vm.get_attr_opt(other, &vm.names().keys)?.is_some() {
        return merge(vm, dict, other, Merge::Override);
    }
    merge_pairs(vm, dict, other)
}

/// Merges a mapping (`PyDict_Update`, `_PyDict_MergeEx`).
///
/// # Errors
/// What reading `other` raises; KeyError for a key that must not be there.
pub fn merge(vm: Vm<'_>, dict: &Py<PyDict>, other: &Value, mode: Merge) -> PyResult<()> {
    if let Some(source) = other.downcast::<PyDict>()
        && std::ptr::fn_addr_eq(
            other.class().slots.iter.get().unwrap_or(iter_keys),
            iter_keys as crate::core::slots::UnaryFn,
        )
    {
        return merge_dict(vm, dict, source, mode);
    }
    for key in vm.mapping_keys(other)? {
        if mode != Merge::Override && dict.contains(vm, &key)? {
            if mode == Merge::Keep {
                continue;
            }
            return Err(vm.key_error(&key));
        }
        let value = vm.get_item(other, &key)?;
        dict.set(vm, &key, value)?;
    }
    Ok(())
}

fn merge_dict(vm: Vm<'_>, dict: &Py<PyDict>, source: &Py<PyDict>, mode: Merge) -> PyResult<()> {
    if dict.is(source) || source.is_empty() {
        return Ok(());
    }
    if dict.is_empty() && mode != Merge::Keep {
        let Some(copy) = source.with_table(super::Table::try_copy) else {
            return Err(vm.memory_error());
        };
        let old = dict.with_table_mut(|table| table.replace_with(copy));
        drop(old);
        return Ok(());
    }
    let length = source.len();
    if dict.with_table_mut(|table| table.try_reserve(length)).is_none() {
        return Err(vm.memory_error());
    }
    let mut position = 0;
    while let Some((at, key, value, hash)) = source.with_table(|table| {
        (position..table.entry_count()).find_map(|at| {
            let entry = table.entry(at)?;
            Some((at, entry.key.clone(), entry.value.clone(), entry.hash))
        })
    }) {
        position = at + 1;
        if mode == Merge::Override || dict.find(vm, &key, hash)?.is_none() {
            dict.set_hashed(vm, &key, hash, value)?;
        } else if mode == Merge::Refuse {
            return Err(vm.key_error(&key));
        }
        if source.len() != length {
            return Err(vm.runtime_error("dict mutated during update"));
        }
    }
    Ok(())
}

fn merge_pairs(vm: Vm<'_>, dict: &Py<PyDict>, pairs: &Value) -> PyResult<()> {
    let iterator = vm.iter(pairs)?;
    let mut number = 0usize;
    while let Some(item) = vm.next(&iterator)? {
        let pair = vm
            .collect_or(&item, "object is not iterable")
            .map_err(|raised| note_element(vm, raised, number))?;
        let [key, value] = pair.as_slice() else {
            return Err(vm.value_error(format!(
                "dictionary update sequence element #{number} has length {}; 2 is required",
                pair.len()
            )));
        };
        dict.set(vm, key, value.clone())?;
        number += 1;
        if number.is_multiple_of(256) {
            vm.poll()?;
        }
    }
    Ok(())
}

/// Adds a note that says which element was no sequence.
#[cold]
fn note_element(vm: Vm<'_>, raised: Raised, number: usize) -> Raised {
    if !vm.raised_is(&raised, &TYPE_ERROR) {
        return raised;
    }
    let error = vm.take(raised);
    let note = PyStr::new_value(
        vm,
        &format!("Cannot convert dictionary update sequence element #{number} to a sequence"),
    );
    match vm.call_method(&error, &vm.intern("add_note"), &[note]) {
        Ok(_) => vm.restore(error),
        Err(other) => other,
    }
}

fn length(_vm: Vm<'_>, value: &Value) -> PyResult<usize> {
    Ok(this(value).len())
}

fn subscript(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Value> {
    let dict = this(value);
    if let Some(found) = dict.get(vm, key)? {
        return Ok(found);
    }
    if !value.is_exact(DICT.get())
        && let Some(made) =
            vm.call_special(value, &vm.names().__missing__, std::slice::from_ref(key))?
    {
        return Ok(made);
    }
    Err(vm.key_error(key))
}

fn assign(vm: Vm<'_>, value: &Value, key: &Value, new: Option<&Value>) -> PyResult<()> {
    let dict = this(value);
    match new {
        Some(new) => dict.set(vm, key, new.clone()),
        None => match dict.remove(vm, key)? {
            Some(old) => {
                drop(old);
                Ok(())
            }
            None => Err(vm.key_error(key)),
        },
    }
}

fn contains(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<bool> {
    this(value).contains(vm, key)
}

fn contains_method(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Value> {
    contains(vm, value, key).map(Value::from_bool)
}

fn sizeof(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(48 + this(value).with_table(super::Table::byte_size)))
}

fn get(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "get", args.len(), 1, 2)?;
    match this(value).get(vm, &args[0])? {
        Some(found) => Ok(found),
        None => Ok(args.get(1).cloned().unwrap_or(Value::NONE)),
    }
}

fn setdefault(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "setdefault", args.len(), 1, 2)?;
    let default = args.get(1).cloned().unwrap_or(Value::NONE);
    this(value).set_default(vm, &args[0], &default).map(|(value, _)| value)
}

fn pop(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "pop", args.len(), 1, 2)?;
    let dict = this(value);
    if dict.is_empty() {
        return args.get(1).cloned().ok_or_else(|| vm.key_error(&args[0]));
    }
    match dict.remove(vm, &args[0])? {
        Some(found) => Ok(found),
        None => args.get(1).cloned().ok_or_else(|| vm.key_error(&args[0])),
    }
}

fn popitem(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let taken = this(value).with_table_mut(|table| {
        let position = table.last_position()?;
        let taken = table.remove_at(position);
        table.trim_end();
        Some(taken)
    });
    match taken {
        Some((key, value)) => Ok(PyTuple::pair(vm, key, value)?.into_value()),
        None => Err(vm.error(&KEY_ERROR, "popitem(): dictionary is empty")),
    }
}

fn fromkeys(vm: Vm<'_>, class: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "fromkeys", args.len(), 1, 2)?;
    let filler = args.get(1).cloned().unwrap_or(Value::NONE);
    let new = vm.call(class, &[])?;
    if let Some(dict) = new.downcast_exact::<PyDict>() {
        // A set and a dict know the hashes of what they hold.
        let put = |key: &Value, hash: i64| dict.set_hashed(vm, key, hash, filler.clone());
        if !crate::types::set::each_hashed(&args[0], put)? {
            vm.for_each(&args[0], |key| dict.set(vm, &key, filler.clone()))?;
        }
    } else {
        vm.for_each(&args[0], |key| vm.set_item(&new, &key, &filler))?;
    }
    Ok(new)
}

fn clear(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).clear();
    Ok(Value::NONE)
}

fn copy(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).copy(vm).map(PyRef::into_value)
}

fn reversed(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(iter::reverse_keys(vm, &this(value).to_ref()))
}

pub(crate) fn iter_keys(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(iter::keys(vm, &this(value).to_ref()))
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let Some(_guard) = vm.enter_repr(value) else { return Ok(PyStr::new_value(vm, "{...}")) };
    let dict = this(value);
    let mut text = Text::new("{");
    let mut position = 0;
    let mut first = true;
    while let Some((at, key, item)) = dict.next_entry(position) {
        position = at + 1;
        if !first {
            text.push(", ");
        }
        first = false;
        text.push_str(&*vm.repr(&key)?);
        text.push(": ");
        text.push_str(&*vm.repr(&item)?);
        vm.poll()?;
    }
    text.push("}");
    text.finish(vm)
}

fn richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(left), Some(right)) = (a.downcast::<PyDict>(), b.downcast::<PyDict>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    match op {
        CompareOp::Eq => equal(vm, left, right).map(Value::from_bool),
        CompareOp::Ne => equal(vm, left, right).map(|equal| Value::from_bool(!equal)),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

pub(super) fn equal(vm: Vm<'_>, left: &Py<PyDict>, right: &Py<PyDict>) -> PyResult<bool> {
    if left.len() != right.len() {
        return Ok(false);
    }
    let mut position = 0;
    while let Some((at, key, value, hash)) = left.with_table(|table| {
        (position..table.entry_count()).find_map(|at| {
            let entry = table.entry(at)?;
            Some((at, entry.key.clone(), entry.value.clone(), entry.hash))
        })
    }) {
        position = at + 1;
        let Some(other) = right.get_hashed(vm, &key, hash)? else { return Ok(false) };
        if !vm.equal(&value, &other)? {
            return Ok(false);
        }
        vm.poll()?;
    }
    Ok(true)
}

fn or(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (Some(left), Some(_)) = (a.downcast::<PyDict>(), b.downcast::<PyDict>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let new = left.copy(vm)?;
    merge(vm, &new, b, Merge::Override)?;
    Ok(new.into_value())
}

fn inplace_or(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    update(vm, this(a), b)?;
    Ok(a.clone())
}
