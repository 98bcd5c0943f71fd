//! `list.sort`: the storage is taken out while it is sorted, so that code run by a comparison sees an empty list.

use std::cmp::Ordering;

use super::PyList;
use crate::core::args::Bound;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::slots::CompareOp;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::compare::immediate_order;
use crate::types::float_::{FLOAT, PyFloat};
use crate::types::str::storage::{self, Characters};
use crate::types::str::{self, PyStr};
use crate::types::tuple::PyTuple;

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
    let mut keys = Vec::new();
    if let Some(function) = key {
        if keys.try_reserve_exact(values.len()).is_err() {
            return Err(vm.memory_error());
        }
        for value in values.iter() {
            keys.push(vm.call(function, std::slice::from_ref(value))?);
        }
    }
    // A stable descending sort is a stable ascending sort of the reversed items, reversed.
    if reverse {
        values.reverse();
        keys.reverse();
    }
    let ranks = if key.is_some() { keys.as_slice() } else { values.as_slice() };
    let (order, result) = sorted_order(vm, ranks)?;
    match order {
        Order::Same => {}
        Order::Turned => values.reverse(),
        Order::Places(places) => {
            let Some(mut sorted) = room_for(values.len()) else { return Err(vm.memory_error()) };
            sorted.extend(
                places
                    .iter()
                    .map(|&place| std::mem::replace(&mut values[place as usize], Value::NULL)),
            );
            *values = sorted;
        }
    }
    if reverse {
        values.reverse();
    }
    drop(keys);
    result
}

fn room_for<T>(count: usize) -> Option<Vec<T>> {
    let mut room = Vec::new();
    room.try_reserve_exact(count).ok()?;
    Some(room)
}

/// Where the sorted values are found.
enum Order {
    /// They are in order.
    Same,
    /// From the last to the first.
    Turned,
    /// At these places.
    Places(Vec<u32>),
}

/// The order of `ranks`, and how the sort ended: after an error they are all still there.
///
/// # Errors
/// MemoryError.
fn sorted_order(vm: Vm<'_>, ranks: &[Value]) -> PyResult<(Order, PyResult<()>)> {
    let Ok(count) = u32::try_from(ranks.len()) else { return Err(vm.memory_error()) };
    if count < 2 {
        return Ok((Order::Same, Ok(())));
    }
    let order = match &ranks[0] {
        first if first.as_small_int().is_some() => by_plain_key(ranks, Value::as_small_int),
        first if first.is_exact(FLOAT.get()) => by_float(ranks),
        first if first.downcast_exact::<PyStr>().is_some() => by_text(ranks),
        first if first.downcast_exact::<PyTuple>().is_some() => by_leaves(ranks),
        _ => None,
    };
    if let Some(order) = order {
        return Ok((order, Ok(())));
    }
    let Some(mut items) = room_for(ranks.len()) else { return Err(vm.memory_error()) };
    items.extend(ranks.iter().zip(0..count));
    let mut compared = 0u32;
    let result = base::sort::sort(&mut items, |a: (&Value, u32), b: (&Value, u32)| {
        compared = compared.wrapping_add(1);
        if compared.is_multiple_of(256) {
            vm.poll()?;
        }
        less(vm, a.0, b.0)
    });
    Ok((Order::Places(items.iter().map(|&(_, place)| place).collect()), result))
}

/// The order of ranks that all have a plain key; None when one has not, or without memory.
fn by_plain_key<'r, K: Ord + Copy>(
    ranks: &'r [Value],
    key: impl Fn(&'r Value) -> Option<K>,
) -> Option<Order> {
    if run_length(ranks, &key, Ordering::is_le)? == ranks.len() {
        return Some(Order::Same);
    }
    if run_length(ranks, &key, Ordering::is_gt)? == ranks.len() {
        return Some(Order::Turned);
    }
    let mut items = room_for(ranks.len())?;
    for (rank, place) in ranks.iter().zip(0u32..) {
        items.push((key(rank)?, place));
    }
    items.sort_by_key(|&(key, _)| key);
    Some(Order::Places(items.iter().map(|&(_, place)| place).collect()))
}

/// How many ranks from the first on follow each other as `goes_on` wants.
fn run_length<'r, K: Ord>(
    ranks: &'r [Value],
    key: impl Fn(&'r Value) -> Option<K>,
    goes_on: impl Fn(Ordering) -> bool,
) -> Option<usize> {
    let mut last = key(ranks.first()?)?;
    for (nth, rank) in ranks.iter().enumerate().skip(1) {
        let next = key(rank)?;
        if !goes_on(last.cmp(&next)) {
            return Some(nth);
        }
        last = next;
    }
    Some(ranks.len())
}

/// Floats by their bits, turned to a two's complement; not a nan, which has no place in the order.
fn by_float(ranks: &[Value]) -> Option<Order> {
    by_plain_key(ranks, float_key)
}

/// A number that is ordered as the float is.
#[inline]
fn float_key(rank: &Value) -> Option<i64> {
    let number = match rank.as_immediate_float() {
        Some(number) => number,
        None => rank.downcast_exact::<PyFloat>()?.number,
    };
    if number.is_nan() {
        return None;
    }
    // Both zeros are equal.
    let bits = (number + 0.0).to_bits().cast_signed();
    Some(bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed())
}

/// Texts of one byte a character: by their first eight as a number, then by all.
fn by_text(ranks: &[Value]) -> Option<Order> {
    by_plain_key(ranks, |rank| Leaf::of_text(rank.downcast_exact()?))
}

/// A number or a text of one byte a character, as it is compared: by a number, then by the text.
#[derive(Clone, Copy)]
struct Leaf<'r> {
    head: u64,
    text: &'r [u8],
}

impl Ord for Leaf<'_> {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        self.head.cmp(&other.head).then_with(|| match (self.text.get(8..), other.text.get(8..)) {
            (Some(rest), Some(others)) => rest.cmp(others),
            // The heads are all there is, padded. A number's text is no address that may be looked at, however short.
            _ => self.text.len().cmp(&other.text.len()),
        })
    }
}

impl PartialOrd for Leaf<'_> {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Leaf<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Leaf<'_> {}

impl<'r> Leaf<'r> {
    #[inline]
    fn of_text(text: &'r Py<PyStr>) -> Option<Self> {
        let Characters::One(text) = storage::characters(text) else { return None };
        let mut head = [0; 8];
        let known = text.len().min(8);
        head[..known].copy_from_slice(&text[..known]);
        Some(Self { head: u64::from_be_bytes(head), text })
    }

    fn of_number(number: i64) -> Self {
        Self { head: number.cast_unsigned() ^ 1 << 63, text: &[] }
    }
}

/// What a rank is made of.
#[derive(PartialEq, Eq)]
enum Part {
    /// An int or a bool.
    Int,
    Float,
    Text,
    /// So many parts follow.
    Tuple(usize),
}

/// Adds the parts of a rank, tuples before their items, and the leaves among them. None for what is nothing of these.
fn take_apart<'r>(
    rank: &'r Value,
    nesting: usize,
    parts: &mut Vec<Part>,
    leaves: &mut Vec<Leaf<'r>>,
) -> Option<()> {
    if let Some(number) = rank.as_small_int().or_else(|| rank.as_bool().map(i64::from)) {
        parts.push(Part::Int);
        leaves.push(Leaf::of_number(number));
    } else if rank.is_exact(FLOAT.get()) {
        parts.push(Part::Float);
        leaves.push(Leaf::of_number(float_key(rank)?));
    } else if let Some(text) = rank.downcast_exact::<PyStr>() {
        parts.push(Part::Text);
        leaves.push(Leaf::of_text(text)?);
    } else {
        let items = rank.downcast_exact::<PyTuple>()?.items();
        let nesting = nesting.checked_sub(1)?;
        parts.push(Part::Tuple(items.len()));
        for item in items {
            take_apart(item, nesting, parts, leaves)?;
        }
    }
    Some(())
}

/// Tuples of numbers and texts that are all of one shape, by their leaves: no object is looked at while they are compared.
fn by_leaves(ranks: &[Value]) -> Option<Order> {
    if ranks.is_sorted_by(|a, b| plain_order(a, b, NESTING).is_some_and(Ordering::is_le)) {
        return Some(Order::Same);
    }
    let (mut shape, mut leaves) = (Vec::new(), Vec::new());
    take_apart(&ranks[0], NESTING, &mut shape, &mut leaves)?;
    let width = leaves.len();
    if width == 0 || width > LEAVES_MAX {
        return None;
    }
    leaves.try_reserve_exact(ranks.len().checked_mul(width)? - width).ok()?;
    let mut parts = Vec::with_capacity(shape.len());
    for rank in &ranks[1..] {
        parts.clear();
        take_apart(rank, NESTING, &mut parts, &mut leaves)?;
        if parts != shape {
            return None;
        }
    }
    let mut items = room_for(ranks.len())?;
    items.extend(leaves.chunks_exact(width).zip(0u32..));
    items.sort_by_key(|&(leaves, _)| leaves);
    Some(Order::Places(items.iter().map(|&(_, place)| place).collect()))
}

/// How many leaves a rank may have to be taken apart: one comparison looks at few of them.
const LEAVES_MAX: usize = 8;

/// `a < b`, with a short way for numbers, texts and tuples of them.
fn less(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<bool> {
    if let Some(order) = plain_order(a, b, NESTING) {
        return Ok(order.is_lt());
    }
    let result = vm.rich_compare(a, b, CompareOp::Lt)?;
    vm.is_true(&result)
}

/// How deep tuples in tuples are looked into.
const NESTING: usize = 4;

/// The order of numbers, strs and tuples of them, whose comparison runs no code; None for anything else.
fn plain_order(a: &Value, b: &Value, nesting: usize) -> Option<Ordering> {
    if let Some(order) = immediate_order(a, b) {
        return Some(order);
    }
    if let (Some(a), Some(b)) = (a.downcast_exact::<PyStr>(), b.downcast_exact::<PyStr>()) {
        return Some(if a.is(b) { Ordering::Equal } else { str::compare(a, b) });
    }
    let (a, b) = (a.downcast_exact::<PyTuple>()?, b.downcast_exact::<PyTuple>()?);
    let nesting = nesting.checked_sub(1)?;
    for (x, y) in a.items().iter().zip(b.items()) {
        match plain_order(x, y, nesting)? {
            Ordering::Equal => {}
            decided => return Some(decided),
        }
    }
    Some(a.items().len().cmp(&b.items().len()))
}
