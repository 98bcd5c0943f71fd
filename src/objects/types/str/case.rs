//! Case mappings of a str.

use base::unicode::{self, Case, map_case};

use super::PyStr;
use super::builder::Builder;
use super::storage::{self, Characters, Kind};
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::value::Value;
use crate::core::vm::Vm;

/// An ASCII string mapped byte by byte.
fn map_ascii(vm: Vm<'_>, text: &Py<PyStr>, map: impl Fn(usize, u8) -> u8) -> PyResult<Value> {
    let mut bytes = Vec::new();
    if bytes.try_reserve_exact(text.len()).is_err() {
        return Err(vm.memory_error());
    }
    bytes.extend(text.tail().iter().enumerate().map(|(at, &byte)| map(at, byte)));
    storage::make(vm, Characters::One(&bytes)).map(PyRef::into_value)
}

fn collect(
    vm: Vm<'_>,
    text: &Py<PyStr>,
    produce: impl FnOnce(&[u32], &mut dyn FnMut(u32)),
) -> PyResult<Value> {
    let points = storage::point_vec(vm, text)?;
    let mut out = Builder::with_capacity(vm, points.len(), text.kind())?;
    let mut failed = None;
    produce(&points, &mut |point| {
        if failed.is_none() {
            failed = out.push(point).err();
        }
    });
    match failed {
        Some(raised) => Err(raised),
        None => out.finish().map(PyRef::into_value),
    }
}

pub(super) fn str_lower(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    if text.kind() == Kind::Ascii {
        return map_ascii(vm, text, |_, c| c.to_ascii_lowercase());
    }
    collect(vm, text, |points, see| unicode::lower_text(points, see))
}

pub(super) fn str_upper(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    if text.kind() == Kind::Ascii {
        return map_ascii(vm, text, |_, c| c.to_ascii_uppercase());
    }
    collect(vm, text, |points, see| {
        points.iter().for_each(|&point| map_case(point, Case::Upper, &mut *see));
    })
}

pub(super) fn str_casefold(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    if text.kind() == Kind::Ascii {
        return map_ascii(vm, text, |_, c| c.to_ascii_lowercase());
    }
    collect(vm, text, |points, see| {
        points.iter().for_each(|&point| map_case(point, Case::Fold, &mut *see));
    })
}

pub(super) fn str_capitalize(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    if text.kind() == Kind::Ascii {
        return map_ascii(vm, text, |at, c| {
            if at == 0 { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
        });
    }
    collect(vm, text, |points, see| {
        let mut at = 0;
        if let Some(&first) = points.first() {
            map_case(first, Case::Title, &mut *see);
            at = 1;
        }
        unicode::lower_tail(points, at, see);
    })
}

pub(super) fn str_swapcase(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    if text.kind() == Kind::Ascii {
        return map_ascii(vm, text, |_, c| {
            if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() }
        });
    }
    collect(vm, text, |points, see| {
        for (at, &point) in points.iter().enumerate() {
            if unicode::is_upper(point) {
                unicode::lower_at(points, at, &mut *see);
            } else if unicode::is_lower(point) {
                map_case(point, Case::Upper, &mut *see);
            } else {
                see(point);
            }
        }
    })
}

pub(super) fn str_title(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    collect(vm, text, |points, see| {
        let mut in_word = false;
        for (at, &point) in points.iter().enumerate() {
            if in_word {
                unicode::lower_at(points, at, &mut *see);
            } else {
                map_case(point, Case::Title, &mut *see);
            }
            in_word = unicode::is_cased(point);
        }
    })
}
