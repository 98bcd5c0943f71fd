//! `cell`: a variable that closures share.

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::gil_cell::HotCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::TypeSpec;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::str::PyStr;
use crate::{getset, payload};

payload! {
    /// The payload of a cell.
    pub struct PyCell: CELL, gc {
        /// The content.
        pub content: HotCell<Option<Value>>,
    }
}

/// `cell`
pub static CELL: StaticType = StaticType::new::<PyCell>();

/// The spec of `cell`.
pub const CELL_SPEC: TypeSpec = TypeSpec {
    name: "cell",
    doc: Some(
        "cell([contents])\n--\n\nCreate a new cell object.\n\n  contents\n    the contents of the cell. If not specified, the cell will be empty,\n    and \n further attempts to access its cell_contents attribute will\n    raise a ValueError.",
    ),
    slots: &[Slot::New(cell_new), Slot::Repr(cell_repr), Slot::Richcompare(cell_compare)],
    getset: CELL_GETSET,
    ..TypeSpec::DEFAULT
};

getset! { CELL_GETSET:
    ["cell_contents"] cell_contents, cell_set_contents;
}

impl PyCell {
    /// A cell.
    ///
    /// # Errors
    /// MemoryError.
    pub fn new(vm: Vm<'_>, content: Option<Value>) -> PyResult<PyRef<Self>> {
        PyRef::try_new(vm, Self { content: HotCell::new(content) })
    }
}

fn cell_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let values = args.exactly(vm, "cell", 0, 1)?;
    Ok(PyCell::new(vm, values.first().cloned())?.into_value())
}

fn cell_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let address = this.id();
    let text = match this.receiver::<PyCell>().content.get() {
        None => format!("<cell at {address:#x}: empty>"),
        Some(content) => {
            let class = content.class().name();
            format!("<cell at {address:#x}: {class} object at {:#x}>", content.id())
        }
    };
    Ok(PyStr::new_value(vm, &text))
}

fn cell_compare(vm: Vm<'_>, this: &Value, other: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(left), Some(right)) = (this.downcast::<PyCell>(), other.downcast::<PyCell>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    match (left.content.get(), right.content.get()) {
        (Some(left), Some(right)) => vm.rich_compare(&left, &right, op),
        (left, right) => {
            let ordering = left.is_some().cmp(&right.is_some());
            Ok(Value::from_bool(op.holds(ordering)))
        }
    }
}

fn cell_contents(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    match this.receiver::<PyCell>().content.get() {
        Some(content) => Ok(content),
        None => Err(vm.value_error("cell is empty")),
    }
}

fn cell_set_contents(_vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    this.receiver::<PyCell>().content.set(value.cloned());
    Ok(())
}
