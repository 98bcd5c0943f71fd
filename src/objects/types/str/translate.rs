//! `str.translate` and `str.maketrans`.

use super::PyStr;
use super::builder::Builder;
use super::storage;
use crate::core::args::check_count;
use crate::core::errors::PyResult;
use crate::core::pyref::PyRef;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::number;
use crate::types::dict::{DICT, PyDict};
use crate::types::exceptions::hierarchy::LOOKUP_ERROR;

/// What a table makes of a character.
enum Mapped {
    Same,
    Gone,
    Point(u32),
    Text(PyRef<PyStr>),
}

pub(super) fn str_translate(vm: Vm<'_>, this: &Value, table: &Value) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let mut out = Builder::with_capacity(vm, text.len(), text.kind())?;
    // ASCII characters are looked up once each.
    let mut known: [Option<Mapped>; 128] = [const { None }; 128];
    for point in storage::points(text) {
        let fresh;
        let mapped = match known.get_mut(point as usize) {
            Some(Some(mapped)) => &*mapped,
            Some(place) => &*place.insert(look_up(vm, table, point)?),
            None => {
                fresh = look_up(vm, table, point)?;
                &fresh
            }
        };
        match mapped {
            Mapped::Same => out.push(point)?,
            Mapped::Gone => {}
            Mapped::Point(point) => out.push(*point)?,
            Mapped::Text(text) => out.push_str(text)?,
        }
    }
    out.finish().map(PyRef::into_value)
}

fn look_up(vm: Vm<'_>, table: &Value, point: u32) -> PyResult<Mapped> {
    let key = Value::small_int_unchecked(i64::from(point));
    let Some(found) = vm.catch(vm.get_item(table, &key), &LOOKUP_ERROR)? else {
        return Ok(Mapped::Same);
    };
    if found.is_none() {
        return Ok(Mapped::Gone);
    }
    if number::is_int(&found) {
        let point = number::as_isize_clipped(vm, &found)?;
        return u32::try_from(point)
            .ok()
            .filter(|&point| point <= 0x10_ffff)
            .map(Mapped::Point)
            .ok_or_else(|| vm.value_error("character mapping must be in range(0x110000)"));
    }
    found
        .into_ref::<PyStr>()
        .map(Mapped::Text)
        .map_err(|_| vm.type_error("character mapping must return integer, None or str"))
}

fn one_char(vm: Vm<'_>, key: &PyStr, text: Option<u32>) -> PyResult<Value> {
    match text.filter(|_| key.len() == 1) {
        Some(point) => Ok(Value::small_int_unchecked(i64::from(point))),
        None => Err(vm.value_error("string keys in translatetable must be of length 1")),
    }
}

pub(super) fn str_maketrans(vm: Vm<'_>, _this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "maketrans", args.len(), 1, 3)?;
    let table = PyDict::new_ref(vm).into_value();
    if args.len() == 1 {
        if !args[0].is_exact(DICT.get()) && args[0].downcast::<PyDict>().is_none() {
            return Err(
                vm.type_error("if you give only one argument to maketrans it must be a dict")
            );
        }
        for key in vm.collect(&args[0])? {
            let value = vm.get_item(&args[0], &key)?;
            let key = match key.downcast::<PyStr>() {
                Some(text) => one_char(vm, text, storage::char_at(text, 0))?,
                None if number::is_int(&key) => key,
                None => {
                    return Err(vm.type_error("keys in translate table mustbe strings or integers"));
                }
            };
            vm.set_item(&table, &key, &value)?;
        }
        return Ok(table);
    }
    let argument = |nth: usize| {
        args[nth].downcast::<PyStr>().ok_or_else(|| {
            if nth == 0 {
                return vm.type_error(
                    "first maketrans argument must be a string if there is a second argument",
                );
            }
            vm.type_error(format!(
                "maketrans() argument {} must be str, not {}",
                nth + 1,
                vm.type_text(&args[nth])
            ))
        })
    };
    let to = argument(1)?;
    let gone = if args.len() > 2 { Some(argument(2)?) } else { None };
    let from = argument(0)?;
    if from.len() != to.len() {
        return Err(vm.value_error("the first two maketrans arguments must have equal length"));
    }
    let int = |point: u32| Value::small_int_unchecked(i64::from(point));
    for (from, to) in storage::points(from).zip(storage::points(to)) {
        vm.set_item(&table, &int(from), &int(to))?;
    }
    if let Some(gone) = gone {
        for point in storage::points(gone) {
            vm.set_item(&table, &int(point), &Value::NONE)?;
        }
    }
    Ok(table)
}
