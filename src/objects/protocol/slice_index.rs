//! Slice arithmetic and index clamping: the only copy.

use crate::core::errors::PyResult;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::number;

/// A slice fitted to a length: `count` items from `start` on, `step` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceRange {
    /// The first position.
    pub start: isize,
    /// Where it ends; before the start when nothing is selected.
    pub stop: isize,
    /// The step, never 0.
    pub step: isize,
    /// How many items.
    pub count: usize,
}

impl SliceRange {
    /// The positions, in the slice's order.
    pub fn positions(self) -> impl Iterator<Item = usize> {
        (0..self.count).map(move |nth| {
            let offset = self.step.wrapping_mul(isize::try_from(nth).unwrap_or(isize::MAX));
            usize::try_from(self.start.wrapping_add(offset)).unwrap_or(0)
        })
    }

    /// The first position as a place in a buffer.
    #[must_use]
    pub fn first(self) -> usize {
        usize::try_from(self.start).unwrap_or(0)
    }
}

/// The bounds of a slice as they stand, missing ones filled in (`PySlice_Unpack`).
///
/// # Errors
/// TypeError for bounds that are no indexes, ValueError for a zero step.
pub fn unpack(
    vm: Vm<'_>,
    start: &Value,
    stop: &Value,
    step: &Value,
) -> PyResult<(isize, isize, isize)> {
    let step = match bound(vm, step)? {
        None => 1,
        Some(0) => return Err(vm.value_error("slice step cannot be zero")),
        Some(step) => step.max(-isize::MAX),
    };
    let start = bound(vm, start)?.unwrap_or(if step < 0 { isize::MAX } else { 0 });
    let stop = bound(vm, stop)?.unwrap_or(if step < 0 { isize::MIN } else { isize::MAX });
    Ok((start, stop, step))
}

/// One bound of a slice: None where it is `None`; too large ones are clamped (`_PyEval_SliceIndex`).
///
/// # Errors
/// TypeError.
pub fn bound(vm: Vm<'_>, value: &Value) -> PyResult<Option<isize>> {
    if value.is_none() {
        return Ok(None);
    }
    if let Some(small) = value.as_small_int()
        && let Ok(small) = isize::try_from(small)
    {
        return Ok(Some(small));
    }
    if !number::has_index(value) {
        return Err(
            vm.type_error("slice indices must be integers or None or have an __index__ method")
        );
    }
    number::as_isize_clipped(vm, value).map(Some)
}

/// Fits unpacked bounds to a length (`PySlice_AdjustIndices`).
#[must_use]
pub fn adjust(length: usize, start: isize, stop: isize, step: isize) -> SliceRange {
    let length = isize::try_from(length).unwrap_or(isize::MAX);
    let clip = |bound: isize| {
        if bound < 0 {
            let moved = bound.saturating_add(length);
            if moved < 0 { if step < 0 { -1 } else { 0 } } else { moved }
        } else if bound >= length {
            if step < 0 { length - 1 } else { length }
        } else {
            bound
        }
    };
    let (start, stop) = (clip(start), clip(stop));
    let count = if step < 0 {
        if stop < start { (start - stop - 1) / (-step) + 1 } else { 0 }
    } else if start < stop {
        (stop - start - 1) / step + 1
    } else {
        0
    };
    SliceRange { start, stop, step, count: usize::try_from(count).unwrap_or(0) }
}

/// [`unpack`] and [`adjust`] in one.
///
/// # Errors
/// As for [`unpack`].
pub fn resolve(
    vm: Vm<'_>,
    length: usize,
    start: &Value,
    stop: &Value,
    step: &Value,
) -> PyResult<SliceRange> {
    let (start, stop, step) = unpack(vm, start, stop, step)?;
    Ok(adjust(length, start, stop, step))
}

/// An index counted from the end if it is negative; None when it is out of range.
#[inline]
#[must_use]
pub fn position(index: isize, length: usize) -> Option<usize> {
    let place =
        if index < 0 { length.checked_sub(index.unsigned_abs())? } else { index.unsigned_abs() };
    (place < length).then_some(place)
}

/// An optional start or stop argument of `index` and its kin, clamped into `0..=length`.
///
/// # Errors
/// TypeError.
pub fn clamped_bound(
    vm: Vm<'_>,
    value: Option<&Value>,
    length: usize,
    default: usize,
) -> PyResult<usize> {
    let Some(index) = value.map(|value| bound(vm, value)).transpose()?.flatten() else {
        return Ok(default);
    };
    if index < 0 {
        return Ok(length.saturating_sub(index.unsigned_abs()));
    }
    Ok(index.unsigned_abs().min(length))
}
