//! Stripping and padding: strip, removeprefix, center, zfill, expandtabs.

use base::search::Unit;
use base::unicode;

use super::PyStr;
use super::builder::Builder;
use super::find::has_at;
use super::split::exact;
use super::storage::{self, Kind};
use crate::core::args::{Bound, check_count};
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::number;
use crate::with_characters;

/// Which end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Both,
}

pub(super) fn str_strip(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    strip(vm, this, args, "strip", Side::Both)
}

pub(super) fn str_lstrip(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    strip(vm, this, args, "lstrip", Side::Left)
}

pub(super) fn str_rstrip(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    strip(vm, this, args, "rstrip", Side::Right)
}

fn strip(vm: Vm<'_>, this: &Value, args: &[Value], name: &str, side: Side) -> PyResult<Value> {
    check_count(vm, name, args.len(), 0, 1)?;
    let text = this.receiver::<PyStr>();
    let (start, end) = match args.first().filter(|value| !value.is_none()) {
        None => range(text, side, unicode::is_space),
        Some(characters) => {
            let Some(characters) = characters.downcast::<PyStr>() else {
                return Err(vm.type_error(format!("{name} arg must be None or str")));
            };
            let mut set = storage::point_vec(vm, characters)?;
            set.sort_unstable();
            range(text, side, |point| set.binary_search(&point).is_ok())
        }
    };
    storage::slice(vm, text, start, end).map(PyRef::into_value)
}

fn range(text: &Py<PyStr>, side: Side, strips: impl Fn(u32) -> bool) -> (usize, usize) {
    with_characters!(storage::characters(text), units => {
        let mut start = 0;
        if side != Side::Right {
            start = units.iter().take_while(|unit| strips(unit.point())).count();
        }
        let mut end = units.len();
        if side != Side::Left {
            end -= units[start..].iter().rev().take_while(|unit| strips(unit.point())).count();
        }
        (start, end)
    })
}

pub(super) fn str_removeprefix(vm: Vm<'_>, this: &Value, prefix: &Value) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let prefix = vm.expect_str(prefix, "removeprefix", "argument")?;
    let start = if has_at(text, prefix, 0) { prefix.len() } else { 0 };
    storage::slice(vm, text, start, text.len()).map(PyRef::into_value)
}

pub(super) fn str_removesuffix(vm: Vm<'_>, this: &Value, suffix: &Value) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let suffix = vm.expect_str(suffix, "removesuffix", "argument")?;
    let end = text.len().checked_sub(suffix.len()).filter(|&at| has_at(text, suffix, at));
    storage::slice(vm, text, 0, end.unwrap_or(text.len())).map(PyRef::into_value)
}

/// The arguments `width, fillchar=' '`.
fn width_and_fill(vm: Vm<'_>, args: &[Value], name: &str) -> PyResult<(usize, u32)> {
    check_count(vm, name, args.len(), 1, 2)?;
    let width = usize::try_from(number::as_ssize(vm, &args[0])?).unwrap_or(0);
    let Some(fill) = args.get(1) else { return Ok((width, 0x20)) };
    let Some(fill) = fill.downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "The fill character must be a unicode character, not {}",
            fill.class().name()
        )));
    };
    match (fill.len(), storage::char_at(fill, 0)) {
        (1, Some(point)) => Ok((width, point)),
        _ => Err(vm.type_error("The fill character must be exactly one character long")),
    }
}

/// The string with `left` and `right` fill characters around it.
pub(super) fn pad(
    vm: Vm<'_>,
    text: &Py<PyStr>,
    left: usize,
    right: usize,
    fill: u32,
) -> PyResult<Value> {
    if left == 0 && right == 0 {
        return exact(vm, text).map(PyRef::into_value);
    }
    let length = left
        .checked_add(right)
        .and_then(|added| added.checked_add(text.len()))
        .ok_or_else(|| vm.overflow_error("padded string is too long"))?;
    let mut out = Builder::with_capacity(vm, length, text.kind().max(Kind::for_char(fill)))?;
    out.push_repeated(fill, left)?;
    out.push_str(text)?;
    out.push_repeated(fill, right)?;
    out.finish().map(PyRef::into_value)
}

pub(super) fn str_center(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let (width, fill) = width_and_fill(vm, args, "center")?;
    let added = width.saturating_sub(text.len());
    // The odd one goes to the left when the width is odd too.
    let left = added / 2 + (added & width & 1);
    pad(vm, text, left, added - left, fill)
}

pub(super) fn str_ljust(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let (width, fill) = width_and_fill(vm, args, "ljust")?;
    pad(vm, text, 0, width.saturating_sub(text.len()), fill)
}

pub(super) fn str_rjust(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let (width, fill) = width_and_fill(vm, args, "rjust")?;
    pad(vm, text, width.saturating_sub(text.len()), 0, fill)
}

pub(super) fn str_zfill(vm: Vm<'_>, this: &Value, width: &Value) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let width = usize::try_from(number::as_ssize(vm, width)?).unwrap_or(0);
    let added = width.saturating_sub(text.len());
    let sign = storage::char_at(text, 0).filter(|&c| c == 0x2b || c == 0x2d);
    let Some(sign) = sign.filter(|_| added > 0) else {
        return pad(vm, text, added, 0, 0x30);
    };
    let mut out = Builder::with_capacity(vm, width, text.kind())?;
    out.push(sign)?;
    out.push_repeated(0x30, added)?;
    storage::points(text).skip(1).try_for_each(|point| out.push(point))?;
    out.finish().map(PyRef::into_value)
}

pub(super) fn str_expandtabs(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let tab = args.get(0).map_or(Ok(8), |value| number::as_i32(vm, value))?;
    let tab = usize::try_from(tab).unwrap_or(0);
    let mut out = Builder::with_capacity(vm, text.len(), text.kind())?;
    let mut column = 0_usize;
    for point in storage::points(text) {
        match point {
            0x09 if tab > 0 => {
                let spaces = tab - column % tab;
                if out.len().checked_add(spaces).is_none_or(|n| n > isize::MAX as usize) {
                    return Err(vm.overflow_error("new string is too long"));
                }
                out.push_repeated(0x20, spaces)?;
                column += spaces;
            }
            0x09 => {}
            _ => {
                out.push(point)?;
                column = if matches!(point, 0x0a | 0x0d) { 0 } else { column + 1 };
            }
        }
    }
    out.finish().map(PyRef::into_value)
}
