//! What a whole database is asked for: its limits and switches, copies, blobs, extensions.

use std::ffi::CString;

use objects::core::args::{Bound, check_count};
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::bytes_like;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::{float_, int};

use super::connection::{PyConnection, database, name_text, usable};
use super::errors::{self, OPERATIONAL_ERROR, PROGRAMMING_ERROR};
use super::raw::Backup;
use super::{blob, constants};
use crate::sys::hooks;

pub(super) fn enable_load_extension(vm: Vm<'_>, this: &Value, enable: &Value) -> PyResult<Value> {
    let is_on = vm.is_true(enable)?;
    let audited = [this.clone(), Value::from_bool(is_on)];
    hooks::raise_event(vm, "sqlite3.enable_load_extension", &audited)?;
    let db = usable(vm, this)?;
    if db.enable_extensions(is_on) == 0 {
        Ok(Value::NONE)
    } else {
        Err(vm.error(&OPERATIONAL_ERROR, "Error enabling load extension"))
    }
}

pub(super) fn load_extension(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = name_text(vm, "load_extension", "1", args.required(0))?;
    let entry = match args.get_non_none(1) {
        Some(entry) => Some(name_text(vm, "load_extension", "'entrypoint'", entry)?),
        None => None,
    };
    let audited = [this.clone(), args.required(0).clone()];
    hooks::raise_event(vm, "sqlite3.load_extension", &audited)?;
    let db = usable(vm, this)?;
    db.load_extension(vm, &path, entry.as_deref()).map_err(|message| {
        vm.error(&OPERATIONAL_ERROR, String::from_utf8_lossy(&message).into_owned())
    })?;
    Ok(Value::NONE)
}

fn limit(vm: Vm<'_>, this: &Value, category: &Value, limit: i32) -> PyResult<Value> {
    let category = number::as_i32(vm, category)?;
    let db = usable(vm, this)?;
    match db.limit(category, limit) {
        -1 => Err(vm.error(&PROGRAMMING_ERROR, "'category' is out of bounds")),
        former => Ok(int::from_i64(vm, i64::from(former))),
    }
}

pub(super) fn set_limit(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "setlimit", args.len(), 2, 2)?;
    limit(vm, this, &args[0], number::as_i32(vm, &args[1])?)
}

pub(super) fn get_limit(vm: Vm<'_>, this: &Value, category: &Value) -> PyResult<Value> {
    limit(vm, this, category, -1)
}

/// Sets a switch, or asks how it stands.
fn configure(vm: Vm<'_>, this: &Value, option: &Value, wanted: Option<bool>) -> PyResult<bool> {
    let option = number::as_i32(vm, option)?;
    let db = usable(vm, this)?;
    let is_known = constants::OTHERS
        .iter()
        .any(|(name, number)| *number == option && name.starts_with("SQLITE_DBCONFIG_"));
    if !is_known {
        return Err(vm.value_error(format!("unknown config 'op': {option}")));
    }
    let (code, current) = db.configure(option, wanted);
    if code != 0 {
        return Err(errors::of_database(vm, &db));
    }
    if wanted.is_some_and(|wanted| wanted != current) {
        return Err(vm.error(&OPERATIONAL_ERROR, "Unable to set config"));
    }
    Ok(current)
}

pub(super) fn set_config(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "setconfig", args.len(), 1, 2)?;
    let is_on = args.get(1).map_or(Ok(true), |flag| vm.is_true(flag))?;
    configure(vm, this, &args[0], Some(is_on))?;
    Ok(Value::NONE)
}

pub(super) fn get_config(vm: Vm<'_>, this: &Value, option: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(configure(vm, this, option, None)?))
}

/// The name of a database, `main` where none is given.
fn database_name(vm: Vm<'_>, function: &str, value: Option<&Value>) -> PyResult<CString> {
    match value {
        Some(name) => name_text(vm, function, "'name'", name),
        None => Ok(c"main".to_owned()),
    }
}

pub(super) fn serialize(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let name = database_name(vm, "serialize", args.get(0))?;
    let db = usable(vm, this)?;
    match db.serialize(vm, &name) {
        Some(bytes) => PyBytes::try_new_value(vm, &bytes),
        None => {
            let name = name.to_string_lossy().into_owned();
            Err(vm.error(&OPERATIONAL_ERROR, format!("unable to serialize '{name}'")))
        }
    }
}

pub(super) fn deserialize(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let given = bytes_like(vm, args.required(0))?.to_vec();
    let name = database_name(vm, "deserialize", args.get(1))?;
    let db = usable(vm, this)?;
    if given.is_empty() {
        return Err(vm.memory_error());
    }
    match db.deserialize(vm, &name, &given) {
        None => Err(vm.memory_error()),
        Some(0) => Ok(Value::NONE),
        Some(_) => Err(errors::of_database(vm, &db)),
    }
}

pub(super) fn open_blob(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let table = name_text(vm, "blobopen", "1", args.required(0))?;
    let column = name_text(vm, "blobopen", "2", args.required(1))?;
    let row = number::index(vm, args.required(2))?;
    let Some(row) = int::as_i64(&row) else {
        return Err(vm.overflow_error("Python int too large to convert to SQLite INTEGER"));
    };
    let is_readonly = args.get(3).map_or(Ok(false), |flag| vm.is_true(flag))?;
    let name = database_name(vm, "blobopen", args.get(4))?;
    let db = usable(vm, this)?;
    match db.open_blob(vm, [&name, &table, &column], row, !is_readonly) {
        Ok(opened) => Ok(blob::object_of(vm, this, opened)),
        Err(_) => Err(errors::of_database(vm, &db)),
    }
}

pub(super) fn backup(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    let target = args.required(0);
    if target.downcast::<PyConnection>().is_none() {
        let name = target.class().name();
        return Err(vm.type_error(format!(
            "backup() argument 'target' must be sqlite3.Connection, not {name}"
        )));
    }
    let pages = args.get(1).map_or(Ok(-1), |pages| number::as_i32(vm, pages))?;
    let name = database_name(vm, "backup", args.get(3))?;
    let pause = args.get(4).map_or(Ok(0.25), |pause| float_::to_f64(vm, pause))?;
    let db = usable(vm, this)?;
    let target_db = database(vm, target)?;
    if this.is(target) {
        return Err(vm.value_error("target cannot be the same connection instance"));
    }
    let progress = args.get_non_none(2);
    if progress.is_some_and(|progress| progress.class().slots.call.get().is_none()) {
        return Err(vm.type_error("progress argument must be a callable"));
    }
    let pages = if pages == 0 { -1 } else { pages };
    let Some(copy) = Backup::new(vm, &target_db, &db, &name) else {
        return Err(errors::of_database(vm, &target_db));
    };
    loop {
        let code = copy.step(vm, pages);
        if let Some(progress) = progress {
            let (left, all) = copy.progress();
            let numbers = [code, left, all].map(|n| Value::small_int_unchecked(i64::from(n)));
            vm.call(progress, &numbers)?;
        }
        match code {
            0 => vm.poll()?,
            BUSY | LOCKED => {
                let sleep = vm.get_attr(&vm.import_module("time")?, &vm.intern("sleep"))?;
                vm.call(&sleep, &[float_::new(vm, pause.max(0.0))])?;
            }
            _ => break,
        }
    }
    match copy.finish(vm) {
        0 => Ok(Value::NONE),
        _ => Err(errors::of_database(vm, &target_db)),
    }
}
