//! Rows whose items have names.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::{CompareOp, Slot};
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::exceptions::hierarchy as exc;
use objects::types::list::PyList;
use objects::types::slice::PySlice;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{methods, payload};

use super::cursor::{CURSOR, PyCursor};

payload! {
    /// The payload of a row.
    pub(super) struct PyRow: ROW, gc {
        items: Value,
        description: Value,
    }
}

/// `sqlite3.Row`
pub(super) static ROW: StaticType = StaticType::new::<PyRow>();

/// The spec of `sqlite3.Row`.
pub(super) const ROW_SPEC: TypeSpec = TypeSpec {
    name: "sqlite3.Row",
    flags: spec_flags::BASETYPE | spec_flags::IMMUTABLE,
    slots: &[
        Slot::New(row_new),
        Slot::Hash(hash),
        Slot::Richcompare(compare),
        Slot::Iter(iter),
        Slot::MpLength(length),
        Slot::SqLength(length),
        Slot::MpSubscript(subscript),
        Slot::SqItem(item),
    ],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Returns the keys of the row.
    ["keys"] "($self, /)" None(keys);
}

fn row_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if args.keyword_count() != 0 {
        return Err(vm.type_error("Row() takes no keyword arguments"));
    }
    let [cursor, items] = args.positional() else {
        let got = args.positional().len();
        return Err(vm.type_error(format!("Row expected 2 arguments, got {got}")));
    };
    let Some(cursor) = cursor.downcast::<PyCursor>() else {
        let name = cursor.class().name();
        return Err(
            vm.type_error(format!("Row() argument 1 must be {}, not {name}", CURSOR.get().name()))
        );
    };
    if items.downcast::<PyTuple>().is_none() {
        let name = items.class().name();
        return Err(vm.type_error(format!("Row() argument 2 must be tuple, not {name}")));
    }
    let description = cursor.description.get();
    Ok(PyRef::try_new_of(vm, class, PyRow { items: items.clone(), description })?.into_value())
}

fn row(value: &Value) -> &PyRow {
    value.receiver::<PyRow>()
}

fn items(value: &Value) -> &[Value] {
    row(value).items.downcast::<PyTuple>().map_or(&[], |items| items.items())
}

/// The names of the columns.
fn names(value: &Value) -> Vec<Value> {
    let Some(description) = row(value).description.downcast::<PyTuple>() else {
        return Vec::new();
    };
    let columns = description.items().iter();
    columns.filter_map(|column| column.downcast::<PyTuple>()?.items().first().cloned()).collect()
}

fn keys(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    PyList::try_new_value(vm, names(this))
}

fn length(_vm: Vm<'_>, this: &Value) -> PyResult<usize> {
    Ok(items(this).len())
}

fn iter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    vm.iter(&row(this).items)
}

fn hash(vm: Vm<'_>, this: &Value) -> PyResult<i64> {
    Ok(vm.hash(&row(this).description)? ^ vm.hash(&row(this).items)?)
}

fn compare(vm: Vm<'_>, this: &Value, other: &Value, op: CompareOp) -> PyResult<Value> {
    let is_row = other.downcast::<PyRow>().is_some();
    if !is_row || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let columns =
        vm.rich_compare(&row(this).description, &row(other).description, CompareOp::Eq)?;
    if !vm.is_true(&columns)? {
        return Ok(Value::from_bool(op == CompareOp::Ne));
    }
    vm.rich_compare(&row(this).items, &row(other).items, op)
}

fn item(vm: Vm<'_>, this: &Value, index: isize) -> PyResult<Value> {
    match usize::try_from(index).ok().and_then(|index| items(this).get(index)) {
        Some(item) => Ok(item.clone()),
        None => Err(vm.error(&exc::INDEX_ERROR, "tuple index out of range")),
    }
}

fn subscript(vm: Vm<'_>, this: &Value, key: &Value) -> PyResult<Value> {
    if objects::protocol::number::is_int(key) || key.downcast::<PySlice>().is_some() {
        return vm.get_item(&row(this).items, key);
    }
    let Some(text) = key.downcast::<PyStr>() else {
        return Err(vm.error(&exc::INDEX_ERROR, "Index must be int or string"));
    };
    let wanted = text.to_wtf8();
    let place = names(this).iter().position(|name| {
        name.downcast::<PyStr>().is_some_and(|name| name.to_wtf8().eq_ignore_ascii_case(&wanted))
    });
    match place.and_then(|place| items(this).get(place)) {
        Some(item) => Ok(item.clone()),
        None => {
            let shown = vm.repr(key)?.to_rust_string();
            Err(vm.error(&exc::INDEX_ERROR, format!("No item with key {shown}")))
        }
    }
}
