//! What list and tuple share: comparison, searching, repetition, slices; and small helpers of the containers.

use base::wstr::{WStr, WString};

use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::slots::CompareOp;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::compare::known_equal;
use crate::protocol::number;
use crate::protocol::slice_index::{self, SliceRange};
use crate::types::list::PyList;
use crate::types::slice::PySlice;
use crate::types::str::PyStr;

/// The text of a repr in the making.
pub struct Text(WString);

impl Text {
    /// A text that begins so.
    #[must_use]
    pub fn new(start: &str) -> Self {
        Self(WString::from(start))
    }

    /// Appends.
    pub fn push(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// Appends a str's characters.
    pub fn push_str(&mut self, text: &Py<PyStr>) {
        let bytes = text.to_wtf8();
        if let Some(text) = WStr::from_wtf8(&bytes) {
            self.0.push_wstr(text);
        }
    }

    /// The str.
    ///
    /// # Errors
    /// MemoryError.
    pub fn finish(self, vm: Vm<'_>) -> PyResult<Value> {
        Ok(PyStr::try_from_wtf8(vm, &self.0)?.into_value())
    }
}

/// A sequence whose items are reached by position and may change under the reader.
pub trait Items {
    /// How many there are now.
    fn count(&self) -> usize;
    /// The item at a position, if it is still there.
    fn item(&self, index: usize) -> Option<Value>;
    /// What `see`, which neither runs code nor drops a value, finds in the items where they lie; None when they lie nowhere
    /// in one piece.
    fn in_place<R>(&self, _see: impl FnOnce(&[Value]) -> R) -> Option<R> {
        None
    }
}

/// How many items are looked at between two looks at the breaker.
const BETWEEN_POLLS: usize = 1 << 14;

/// Looks from `start` on, and before `stop`, for an item that is equal to `wanted`, or of which that is not known: where it
/// is, and whether it is equal. Without one, where the search stopped.
fn scan(
    items: &impl Items,
    wanted: &Value,
    start: usize,
    stop: usize,
) -> (usize, Option<Option<bool>>) {
    let stop = stop.min(start.saturating_add(BETWEEN_POLLS));
    let found = items.in_place(|items| {
        let part = items.get(start..stop.min(items.len())).unwrap_or_default();
        let at = if wanted.as_small_int().is_some() {
            part.iter().position(|item| item.is(wanted) || item.as_small_int().is_none())
        } else {
            part.iter().position(|item| known_equal(item, wanted) != Some(false))
        };
        let at = at.unwrap_or(part.len());
        (start + at, part.get(at).map(|item| known_equal(item, wanted)))
    });
    found.unwrap_or((start, None))
}

/// How many items from `start` on are known to be equal.
fn equal_in_front(a: &impl Items, b: &impl Items, start: usize) -> usize {
    let known = a.in_place(|a| {
        b.in_place(|b| {
            let pairs = a.iter().zip(b).skip(start).take(BETWEEN_POLLS);
            pairs.take_while(|(x, y)| known_equal(x, y) == Some(true)).count()
        })
    });
    known.flatten().unwrap_or(0)
}

/// The names' function of the builtins module, for reductions.
///
/// # Errors
/// AttributeError when the program removed it.
pub fn builtin(vm: Vm<'_>, name: &str) -> PyResult<Value> {
    let name = vm.intern(name);
    // A key that is no str may be equal to the name.
    match vm.interpreter().builtins.get(vm, &name.to_value())? {
        Some(found) => Ok(found),
        None => Err(vm.attribute_error(
            &Value::NONE,
            &name,
            format!("module 'builtins' has no attribute '{}'", name.to_rust_string()),
        )),
    }
}

/// `list(iterable)`
///
/// # Errors
/// What iterating raises.
pub fn list_of(vm: Vm<'_>, iterable: &Value) -> PyResult<Value> {
    PyList::try_new_value(vm, vm.collect(iterable)?)
}

/// `a op b` of two sequences, item by item, as list and tuple do it.
///
/// # Errors
/// What comparing items raises.
pub fn compare(vm: Vm<'_>, a: &impl Items, b: &impl Items, op: CompareOp) -> PyResult<Value> {
    if a.count() != b.count() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::from_bool(op == CompareOp::Ne));
    }
    let mut index = equal_in_front(a, b, 0);
    while let (Some(x), Some(y)) = (a.item(index), b.item(index)) {
        if !vm.equal(&x, &y)? {
            // The comparison may have shortened a list: then its length decides.
            if index >= a.count() || index >= b.count() {
                break;
            }
            return match op {
                CompareOp::Eq => Ok(Value::FALSE),
                CompareOp::Ne => Ok(Value::TRUE),
                _ => vm.rich_compare(&x, &y, op),
            };
        }
        index += 1;
        if index.is_multiple_of(1024) {
            vm.poll()?;
        }
    }
    Ok(Value::from_bool(op.holds(a.count().cmp(&b.count()))))
}

/// The first position of an equal item within bounds.
///
/// # Errors
/// What comparing raises.
pub fn find(
    vm: Vm<'_>,
    items: &impl Items,
    wanted: &Value,
    start: usize,
    stop: usize,
) -> PyResult<Option<usize>> {
    let mut index = start;
    while index < stop {
        let (at, known) = scan(items, wanted, index, stop);
        if known == Some(Some(true)) {
            return Ok(Some(at));
        }
        let polls = at - index >= BETWEEN_POLLS / 2;
        index = at;
        if index >= stop {
            break;
        }
        let Some(item) = items.item(index) else { break };
        if vm.equal(&item, wanted)? {
            return Ok(Some(index));
        }
        index += 1;
        if polls || index.is_multiple_of(1024) {
            vm.poll()?;
        }
    }
    Ok(None)
}

/// How many items are equal to `wanted`.
///
/// # Errors
/// What comparing raises.
pub fn count(vm: Vm<'_>, items: &impl Items, wanted: &Value) -> PyResult<usize> {
    let mut index = 0;
    let mut found = 0;
    while let Some(item) = items.item(index) {
        if vm.equal(&item, wanted)? {
            found += 1;
        }
        index += 1;
        if index.is_multiple_of(1024) {
            vm.poll()?;
        }
    }
    Ok(found)
}

/// The position of `index(value, start, stop)`.
///
/// # Errors
/// ValueError when there is none; what comparing raises.
pub fn index_method(
    vm: Vm<'_>,
    items: &impl Items,
    args: &[Value],
    class: &str,
) -> PyResult<Value> {
    crate::core::args::check_count(vm, "index", args.len(), 1, 3)?;
    let start = method_bound(vm, args.get(1), 0)?;
    let stop = method_bound(vm, args.get(2), isize::MAX)?;
    let length = items.count();
    let clamp = |bound: isize| {
        if bound < 0 { length.saturating_sub(bound.unsigned_abs()) } else { bound.unsigned_abs() }
    };
    match find(vm, items, &args[0], clamp(start), clamp(stop))? {
        Some(index) => Ok(Value::from_usize(index)),
        None => Err(vm.value_error(format!("{class}.index(x): x not in {class}"))),
    }
}

fn method_bound(vm: Vm<'_>, value: Option<&Value>, default: isize) -> PyResult<isize> {
    let Some(value) = value else { return Ok(default) };
    if !number::has_index(value) {
        return Err(vm.type_error("slice indices must be integers or have an __index__ method"));
    }
    number::as_isize_clipped(vm, value)
}

/// Copies of `items`, `times` over.
///
/// # Errors
/// MemoryError.
pub fn repeat(vm: Vm<'_>, items: &[Value], times: isize) -> PyResult<Vec<Value>> {
    let times = usize::try_from(times).unwrap_or(0);
    let total = items.len().checked_mul(times).filter(|&n| n <= (isize::MAX / 8).unsigned_abs());
    let Some(total) = total else { return Err(vm.memory_error()) };
    let mut all = Vec::new();
    if all.try_reserve_exact(total).is_err() {
        return Err(vm.memory_error());
    }
    if let [only] = items
        && only.as_object().is_none()
    {
        all.resize_with(total, || only.clone());
        return Ok(all);
    }
    for nth in 0..times {
        if items.is_empty() {
            break;
        }
        all.extend_from_slice(items);
        if nth.is_multiple_of(4096) {
            vm.poll()?;
        }
    }
    Ok(all)
}

/// A subscript of a sequence: a position, or a slice.
pub enum Subscript {
    /// A position counted from the end if negative.
    Index(isize),
    /// The bounds of a slice, not yet fitted to a length.
    Slice(isize, isize, isize),
}

impl Subscript {
    /// Reads a subscript.
    ///
    /// # Errors
    /// TypeError, with the class's name in it; IndexError for an enormous index.
    #[inline]
    pub fn of(vm: Vm<'_>, key: &Value, class: &str) -> PyResult<Self> {
        if let Some(small) = key.as_small_int()
            && let Ok(index) = isize::try_from(small)
        {
            return Ok(Self::Index(index));
        }
        Self::of_slow(vm, key, class)
    }

    fn of_slow(vm: Vm<'_>, key: &Value, class: &str) -> PyResult<Self> {
        if let Some(slice) = key.downcast::<PySlice>() {
            let (start, stop, step) =
                slice_index::unpack(vm, &slice.start, &slice.stop, &slice.step)?;
            return Ok(Self::Slice(start, stop, step));
        }
        if number::has_index(key) {
            return number::as_index(vm, key).map(Self::Index);
        }
        Err(vm.type_error(format!(
            "{class} indices must be integers or slices, not {}",
            key.class().name()
        )))
    }
}

/// A slice's bounds fitted to a length.
#[must_use]
pub fn fit(length: usize, bounds: (isize, isize, isize)) -> SliceRange {
    slice_index::adjust(length, bounds.0, bounds.1, bounds.2)
}
