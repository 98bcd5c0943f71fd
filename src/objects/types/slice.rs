//! `slice`.

use base::hash::TupleHash;

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::TypeSpec;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::number;
use crate::types::int;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{getset, methods, payload};

payload! {
    /// The payload of a slice.
    pub struct PySlice: SLICE, gc {
        /// Where it begins.
        pub start: Value,
        /// Where it ends.
        pub stop: Value,
        /// The step.
        pub step: Value,
    }
}

/// `slice`
pub static SLICE: StaticType = StaticType::new::<PySlice>();

/// The spec of `slice`.
pub const SLICE_SPEC: TypeSpec = TypeSpec {
    name: "slice",
    doc: Some(
        "slice(stop)\nslice(start, stop[, step])\n\nCreate a slice object.  This is used for extended slicing (e.g. a[0:10:2]).",
    ),
    slots: &[
        Slot::New(slice_new),
        Slot::Repr(slice_repr),
        Slot::Hash(slice_hash),
        Slot::Richcompare(slice_richcompare),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// S.indices(len) -> (start, stop, stride)
    ["indices"] "($self, object, /)" One(slice_indices);
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(slice_reduce);
}

getset! { GETSET:
    member ["start"] get_start;
    member ["stop"] get_stop;
    member ["step"] get_step;
}

/// A slice.
#[must_use]
pub fn new(vm: Vm<'_>, start: Value, stop: Value, step: Value) -> Value {
    PyRef::new(vm, PySlice { start, stop, step }).into_value()
}

fn this(value: &Value) -> &Py<PySlice> {
    value.receiver::<PySlice>()
}

fn slice_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if args.keyword_count() != 0 {
        return Err(vm.type_error("slice() takes no keyword arguments"));
    }
    crate::core::args::check_count(vm, "slice", args.positional().len(), 1, 3)?;
    Ok(match args.positional() {
        [stop] => new(vm, Value::NONE, stop.clone(), Value::NONE),
        [start, stop] => new(vm, start.clone(), stop.clone(), Value::NONE),
        [start, stop, step, ..] => new(vm, start.clone(), stop.clone(), step.clone()),
        [] => Value::NONE,
    })
}

fn parts(vm: Vm<'_>, value: &Value) -> Value {
    let this = this(value);
    PyTuple::new_value(vm, &[this.start.clone(), this.stop.clone(), this.step.clone()])
}

fn slice_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let shown = vm.repr(&parts(vm, value))?.to_rust_string();
    Ok(PyStr::try_new(vm, &format!("slice{shown}"))?.into_value())
}

fn slice_hash(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    // The rounds of a tuple's hash without its end.
    let slice = this(value);
    let mut hash = TupleHash::default();
    for part in [&slice.start, &slice.stop, &slice.step] {
        hash.push(vm.hash(part)?);
    }
    Ok(hash.finish_without_length())
}

fn slice_richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    if b.downcast::<PySlice>().is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    if a.is(b) {
        return Ok(Value::from_bool(matches!(op, CompareOp::Eq | CompareOp::Le | CompareOp::Ge)));
    }
    vm.rich_compare(&parts(vm, a), &parts(vm, b), op)
}

impl Py<PySlice> {
    /// Start, stop and step for a sequence of `length` items, ints of any size (`_PySlice_GetLongIndices`).
    ///
    /// # Errors
    /// TypeError for bounds that are no indexes, ValueError for a zero step.
    pub fn indices_of(&self, vm: Vm<'_>, length: &Value) -> PyResult<(Value, Value, Value)> {
        let zero = Value::small_int_unchecked(0);
        let one = Value::small_int_unchecked(1);
        let minus_one = Value::small_int_unchecked(-1);
        let step = if self.step.is_none() { one } else { evaluate(vm, &self.step)? };
        if step.as_small_int() == Some(0) {
            return Err(vm.value_error("slice step cannot be zero"));
        }
        let backwards = int::is_negative(&step);
        let (lower, upper) = if backwards {
            (minus_one.clone(), int::number::add(vm, length, &minus_one)?)
        } else {
            (zero, length.clone())
        };
        let bound = |value: &Value, default: &Value| -> PyResult<Value> {
            if value.is_none() {
                return Ok(default.clone());
            }
            let mut index = evaluate(vm, value)?;
            if int::is_negative(&index) {
                index = int::number::add(vm, &index, length)?;
                let below = int::number::compare(&index, &lower);
                return Ok(if below == Some(std::cmp::Ordering::Less) {
                    lower.clone()
                } else {
                    index
                });
            }
            let above = int::number::compare(&index, &upper);
            Ok(if above == Some(std::cmp::Ordering::Greater) { upper.clone() } else { index })
        };
        let start = bound(&self.start, if backwards { &upper } else { &lower })?;
        let stop = bound(&self.stop, if backwards { &lower } else { &upper })?;
        Ok((start, stop, step))
    }
}

fn evaluate(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    if !number::has_index(value) {
        return Err(
            vm.type_error("slice indices must be integers or None or have an __index__ method")
        );
    }
    number::index(vm, value)
}

fn slice_indices(vm: Vm<'_>, value: &Value, length: &Value) -> PyResult<Value> {
    let length = number::index(vm, length)?;
    if int::is_negative(&length) {
        return Err(vm.value_error("length should not be negative"));
    }
    let (start, stop, step) = this(value).indices_of(vm, &length)?;
    Ok(PyTuple::new_value(vm, &[start, stop, step]))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a method")]
fn slice_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(PyTuple::new_value(vm, &[SLICE.get().to_value(), parts(vm, value)]))
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
