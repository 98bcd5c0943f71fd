//! `_bisect`: where an item belongs in a sorted sequence.

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::slots::CompareOp;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::int;
use objects::types::list::PyList;

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_bisect",
    doc: Some(
        "Bisection algorithms.\n\nThis module provides support for maintaining a list in sorted order without\nhaving to sort the list after each insertion. For long lists of items with\nexpensive comparison operations, this can be an improvement over the more\ncommon approach.\n",
    ),
    functions: FUNCTIONS,
    exec: None,
};

methods! { FUNCTIONS:
    /// Return the index where to insert item x in list a, assuming a is sorted.
    ///
    /// The return value i is such that all e in a[:i] have e <= x, and all e in
    /// a[i:] have e > x.  So if x already appears in the list, a.insert(i, x)
    /// will insert just after the rightmost x already there.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    ["bisect_right"] "($module, /, a, x, lo=0, hi=None, *, key=None)" Bound(bisect_right);
    /// Insert item x in list a, and keep it sorted assuming a is sorted.
    ///
    /// If x is already in a, insert it to the right of the rightmost x.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    ["insort_right"] "($module, /, a, x, lo=0, hi=None, *, key=None)" Bound(insort_right);
    /// Return the index where to insert item x in list a, assuming a is sorted.
    ///
    /// The return value i is such that all e in a[:i] have e < x, and all e in
    /// a[i:] have e >= x.  So if x already appears in the list, a.insert(i, x)
    /// will insert just before the leftmost x already there.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    ["bisect_left"] "($module, /, a, x, lo=0, hi=None, *, key=None)" Bound(bisect_left);
    /// Insert item x in list a, and keep it sorted assuming a is sorted.
    ///
    /// If x is already in a, insert it to the left of the leftmost x.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    ["insort_left"] "($module, /, a, x, lo=0, hi=None, *, key=None)" Bound(insort_left);
}

/// On which side of equal items the place is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

impl Side {
    /// Whether the place is behind `item`.
    fn is_behind(self, vm: Vm<'_>, item: &Value, wanted: &Value) -> PyResult<bool> {
        match self {
            Self::Left => vm.compare_bool(item, wanted, CompareOp::Lt),
            Self::Right => Ok(!vm.compare_bool(wanted, item, CompareOp::Lt)?),
        }
    }
}

/// What is searched: the arguments of all four functions.
struct Search<'a> {
    sequence: &'a Value,
    low: isize,
    high: Option<isize>,
    key: Option<&'a Value>,
}

impl<'a> Search<'a> {
    fn of(vm: Vm<'_>, args: &Bound<'a>) -> PyResult<Self> {
        Ok(Self {
            sequence: args.required(0),
            low: args.get(2).map_or(Ok(0), |low| number::as_isize(vm, low))?,
            high: args.get_non_none(3).map(|high| number::as_isize(vm, high)).transpose()?,
            key: args.get_non_none(4),
        })
    }

    fn item(&self, vm: Vm<'_>, position: isize) -> PyResult<Value> {
        let item = match self.sequence.downcast_exact::<PyList>() {
            Some(list) => usize::try_from(position)
                .ok()
                .and_then(|position| list.get(position))
                .ok_or_else(|| vm.index_error("list index out of range"))?,
            None => vm.sequence_item(self.sequence, position)?,
        };
        match self.key {
            Some(key) => vm.call(key, &[item]),
            None => Ok(item),
        }
    }

    fn place(&self, vm: Vm<'_>, wanted: &Value, side: Side) -> PyResult<isize> {
        if self.low < 0 {
            return Err(vm.value_error("lo must be non-negative"));
        }
        let mut low = self.low;
        let mut high = match self.high {
            // Any negative number but the default was a position in itself, and stays one.
            Some(high) if high != -1 => high,
            _ => isize::try_from(vm.length(self.sequence)?).unwrap_or(isize::MAX),
        };
        while low < high {
            let middle = low + (high - low) / 2;
            let item = self.item(vm, middle)?;
            if side.is_behind(vm, &item, wanted)? {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

fn bisect(vm: Vm<'_>, args: &Bound<'_>, side: Side) -> PyResult<Value> {
    let place = Search::of(vm, args)?.place(vm, args.required(1), side)?;
    Ok(int::from_i64(vm, i64::try_from(place).unwrap_or(i64::MAX)))
}

fn insort(vm: Vm<'_>, args: &Bound<'_>, side: Side) -> PyResult<Value> {
    let search = Search::of(vm, args)?;
    let item = args.required(1);
    let wanted = match search.key {
        Some(key) => vm.call(key, std::slice::from_ref(item))?,
        None => item.clone(),
    };
    let place = search.place(vm, &wanted, side)?;
    let place = int::from_i64(vm, i64::try_from(place).unwrap_or(i64::MAX));
    vm.call_method(search.sequence, &vm.intern("insert"), &[place, item.clone()])?;
    Ok(Value::NONE)
}

fn bisect_right(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    bisect(vm, args, Side::Right)
}

fn bisect_left(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    bisect(vm, args, Side::Left)
}

fn insort_right(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    insort(vm, args, Side::Right)
}

fn insort_left(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    insort(vm, args, Side::Left)
}
