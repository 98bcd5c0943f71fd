//! `list.sort`: the storage is taken out while it is sorted, so that code run by a comparison sees an empty list.

use super::PyList;
use crate::core::args::Bound;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::slots::CompareOp;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::str::PyStr;

/// A value and what it is sorted by.
struct Item {
    key: Value,
    /// The value, where the key is another object.
    value: Option<Value>,
}

pub(super) fn sort_method(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let reverse = match args.get(1) {
        Some(flag) => vm.is_true(flag)?,
        None => false,
    };
    sort(vm, value.receiver::<PyList>(), args.get_non_none(0), reverse)?;
    Ok(Value::NONE)
}

/// Sorts a list in place, stably.
///
/// # Errors
/// What keys and comparisons raise; ValueError when the list was changed meanwhile.
pub fn sort(vm: Vm<'_>, list: &Py<PyList>, key: Option<&Value>, reverse: bool) -> PyResult<()> {
    let mut values = list.take_items();
    let result = sort_values(vm, &mut values, key, reverse);
    let (left, capacity) = list.with_mut(|items| (items.len(), items.capacity()));
    let touched = left != 0 || capacity != 0;
    let dead = list.replace_items(values);
    drop(dead);
    result?;
    if touched {
        return Err(vm.value_error("list modified during sort"));
    }
    Ok(())
}

fn sort_values(
    vm: Vm<'_>,
    values: &mut Vec<Value>,
    key: Option<&Value>,
    reverse: bool,
) -> PyResult<()> {
    let mut items = Vec::new();
    if items.try_reserve_exact(values.len()).is_err() {
        return Err(vm.memory_error());
    }
    match key {
        None => items.extend(values.drain(..).map(|key| Item { key, value: None })),
        Some(function) => {
            let mut keys = Vec::new();
            if keys.try_reserve_exact(values.len()).is_err() {
                return Err(vm.memory_error());
            }
            for value in values.iter() {
                keys.push(vm.call(function, std::slice::from_ref(value))?);
            }
            let pairs = keys.into_iter().zip(values.drain(..));
            items.extend(pairs.map(|(key, value)| Item { key, value: Some(value) }));
        }
    }
    // A stable descending sort is a stable ascending sort of the reversed items, reversed.
    if reverse {
        items.reverse();
    }
    let result = sort_items(vm, &mut items);
    if reverse {
        items.reverse();
    }
    let mut keys = Vec::new();
    for item in items {
        match item.value {
            Some(value) => {
                values.push(value);
                keys.push(item.key);
            }
            None => values.push(item.key),
        }
    }
    drop(keys);
    result
}

fn sort_items(vm: Vm<'_>, items: &mut Vec<Item>) -> PyResult<()> {
    if items.len() < 2 {
        return Ok(());
    }
    if items.iter().all(|item| item.key.as_small_int().is_some()) {
        items.sort_by_key(|item| item.key.as_small_int());
        return Ok(());
    }
    if items.iter().all(|item| item.key.as_immediate_float().is_some()) {
        items.sort_by(|a, b| {
            let (a, b) = (a.key.as_immediate_float(), b.key.as_immediate_float());
            a.partial_cmp(&b).unwrap_or(std::cmp::Ordering::Equal)
        });
        return Ok(());
    }
    if items.iter().all(|item| {
        item.key.downcast_exact::<PyStr>().is_some_and(|text| text.as_ascii().is_some())
    }) {
        items.sort_by(|a, b| ascii(&a.key).cmp(ascii(&b.key)));
        return Ok(());
    }
    let mut compared = 0u32;
    merge_sort(items, |a, b| {
        compared = compared.wrapping_add(1);
        if compared.is_multiple_of(256) {
            vm.poll()?;
        }
        let result = vm.rich_compare(&a.key, &b.key, CompareOp::Lt)?;
        vm.is_true(&result)
    })
}

fn ascii(value: &Value) -> &[u8] {
    value.downcast_exact::<PyStr>().and_then(|text| text.as_ascii()).unwrap_or_default().as_bytes()
}

/// Items of a run that is sorted by insertion.
const RUN: usize = 32;

/// A stable merge sort over a fallible `less`; at an error every item is still there.
fn merge_sort<T, E>(
    items: &mut Vec<T>,
    mut less: impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    let result = sort_order(items, &mut order, &mut less);
    let mut taken: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(order.iter().filter_map(|&place| taken[place].take()));
    result
}

fn sort_order<T, E>(
    items: &[T],
    order: &mut [usize],
    less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    let length = order.len();
    let ascending = count_run(items, less)?;
    if ascending == length {
        return Ok(());
    }
    for start in (0..length).step_by(RUN) {
        let end = (start + RUN).min(length);
        for place in start + 1..end {
            let item = order[place];
            let (mut low, mut high) = (start, place);
            while low < high {
                let middle = low + (high - low) / 2;
                if less(&items[item], &items[order[middle]])? {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            order.copy_within(low..place, low + 1);
            order[low] = item;
        }
    }
    let mut width = RUN;
    while width < length {
        for start in (0..length).step_by(width * 2) {
            let middle = (start + width).min(length);
            let end = (start + width * 2).min(length);
            merge(items, order, (start, middle, end), less)?;
        }
        width *= 2;
    }
    Ok(())
}

/// How long the ascending run at the start is.
fn count_run<T, E>(
    items: &[T],
    less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<usize, E> {
    for place in 1..items.len() {
        if less(&items[place], &items[place - 1])? {
            return Ok(place);
        }
    }
    Ok(items.len())
}

fn merge<T, E>(
    items: &[T],
    order: &mut [usize],
    (start, middle, end): (usize, usize, usize),
    less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    if middle >= end || !less(&items[order[middle]], &items[order[middle - 1]])? {
        return Ok(());
    }
    let left: Vec<usize> = order[start..middle].to_vec();
    let (mut from_left, mut from_right, mut out) = (0, middle, start);
    let mut result = Ok(());
    while from_left < left.len() && from_right < end {
        let take_right = match less(&items[order[from_right]], &items[left[from_left]]) {
            Ok(smaller) => smaller,
            Err(error) => {
                result = Err(error);
                break;
            }
        };
        if take_right {
            order[out] = order[from_right];
            from_right += 1;
        } else {
            order[out] = left[from_left];
            from_left += 1;
        }
        out += 1;
    }
    order[out..out + left.len() - from_left].copy_from_slice(&left[from_left..]);
    result
}
