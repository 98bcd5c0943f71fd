//! What Python gives to a database: functions, aggregates, orders of texts, and those who watch.

use std::ffi::CStr;
use std::rc::Rc;

use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
use objects::core::signature::LazySignature;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::exceptions::hierarchy as exc;

use super::callbacks::{Callable, Watcher};
use super::connection::{name_text, usable};
use super::errors::{self, OPERATIONAL_ERROR, PROGRAMMING_ERROR};
use super::raw::{Authorizer, Db, Progress, Trace};

/// The number of parameters of a function, which the library limits.
fn parameter_count(vm: Vm<'_>, db: &Db, name: &str, value: &Value) -> PyResult<i32> {
    let count = number::as_i32(vm, value)?;
    let limit = db.limit(6, -1);
    if (-1..=limit).contains(&count) {
        return Ok(count);
    }
    Err(vm
        .error(&PROGRAMMING_ERROR, format!("'{name}' must be between -1 and {limit}, not {count}")))
}

fn warn_keywords(vm: Vm<'_>, args: Args<'_>, count: usize, message: &str) -> PyResult<()> {
    if args.positional().len() < count && args.keyword_count() != 0 {
        vm.warn(&exc::DEPRECATION_WARNING, message, 1)?;
    }
    Ok(())
}

pub(super) fn create_function(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature =
        LazySignature::new("(name, narg, func, *, deterministic=False)");
    let bound = SIGNATURE.bind(vm, "create_function", args)?;
    warn_keywords(
        vm,
        args,
        3,
        "Passing keyword arguments 'name', 'narg' and 'func' to _sqlite3.Connection.create_function() is deprecated. Parameters 'name', 'narg' and 'func' will become positional-only in Python 3.15.",
    )?;
    let name = name_text(vm, "create_function", "1", bound.required(0))?;
    let db = usable(vm, this)?;
    let count = parameter_count(vm, &db, "narg", bound.required(1))?;
    let callable = bound.required(2);
    let is_deterministic = bound.get(3).map_or(Ok(false), |flag| vm.is_true(flag))?;
    let code = if callable.is_none() {
        db.create_function(&name, count, is_deterministic, None)
    } else {
        let function = Box::new(Callable(callable.clone()));
        db.create_function(&name, count, is_deterministic, Some(function))
    };
    if code == 0 { Ok(Value::NONE) } else { Err(errors::of_database(vm, &db)) }
}

fn aggregate(
    vm: Vm<'_>,
    db: &Db,
    name: &CStr,
    count: i32,
    class: &Value,
    window: bool,
) -> PyResult<Value> {
    let code = if class.is_none() {
        db.create_aggregate(name, count, window, None)
    } else {
        db.create_aggregate(name, count, window, Some(Box::new(Callable(class.clone()))))
    };
    if code == 0 { Ok(Value::NONE) } else { Err(errors::of_database(vm, db)) }
}

pub(super) fn create_aggregate(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(name, n_arg, aggregate_class)");
    let bound = SIGNATURE.bind(vm, "create_aggregate", args)?;
    warn_keywords(
        vm,
        args,
        3,
        "Passing keyword arguments 'name', 'n_arg' and 'aggregate_class' to _sqlite3.Connection.create_aggregate() is deprecated. Parameters 'name', 'n_arg' and 'aggregate_class' will become positional-only in Python 3.15.",
    )?;
    let name = name_text(vm, "create_aggregate", "1", bound.required(0))?;
    let db = usable(vm, this)?;
    let count = parameter_count(vm, &db, "n_arg", bound.required(1))?;
    aggregate(vm, &db, &name, count, bound.required(2), false)
}

pub(super) fn create_window_function(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "create_window_function", args.len(), 3, 3)?;
    let name = name_text(vm, "create_window_function", "1", &args[0])?;
    let db = usable(vm, this)?;
    let count = parameter_count(vm, &db, "num_params", &args[1])?;
    aggregate(vm, &db, &name, count, &args[2], true)
}

pub(super) fn create_collation(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "create_collation", args.len(), 2, 2)?;
    let name = name_text(vm, "create_collation", "1", &args[0])?;
    let db = usable(vm, this)?;
    let code = if args[1].is_none() {
        db.create_collation(&name, None)
    } else if args[1].class().slots.call.get().is_none() {
        return Err(vm.type_error("parameter must be callable"));
    } else {
        db.create_collation(&name, Some(Box::new(Callable(args[1].clone()))))
    };
    if code == 0 { Ok(Value::NONE) } else { Err(errors::of_database(vm, &db)) }
}

pub(super) fn set_authorizer(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(authorizer_callback)");
    let bound = SIGNATURE.bind(vm, "set_authorizer", args)?;
    warn_keywords(
        vm,
        args,
        1,
        "Passing keyword argument 'authorizer_callback' to _sqlite3.Connection.set_authorizer() is deprecated. Parameter 'authorizer_callback' will become positional-only in Python 3.15.",
    )?;
    let db = usable(vm, this)?;
    let callable = bound.required(0);
    let new: Option<Rc<dyn Authorizer>> =
        if callable.is_none() { None } else { Some(Rc::new(Callable(callable.clone()))) };
    if db.set_authorizer(new) == 0 {
        Ok(Value::NONE)
    } else {
        Err(vm.error(&OPERATIONAL_ERROR, "Error setting authorizer callback"))
    }
}

pub(super) fn set_progress_handler(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(progress_handler, n)");
    let bound = SIGNATURE.bind(vm, "set_progress_handler", args)?;
    warn_keywords(
        vm,
        args,
        1,
        "Passing keyword argument 'progress_handler' to _sqlite3.Connection.set_progress_handler() is deprecated. Parameter 'progress_handler' will become positional-only in Python 3.15.",
    )?;
    let db = usable(vm, this)?;
    let (callable, steps) = (bound.required(0), number::as_i32(vm, bound.required(1))?);
    let new: Option<Rc<dyn Progress>> =
        if callable.is_none() { None } else { Some(Rc::new(Callable(callable.clone()))) };
    db.set_progress(steps, new);
    Ok(Value::NONE)
}

pub(super) fn set_trace_callback(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(trace_callback)");
    let bound = SIGNATURE.bind(vm, "set_trace_callback", args)?;
    warn_keywords(
        vm,
        args,
        1,
        "Passing keyword argument 'trace_callback' to _sqlite3.Connection.set_trace_callback() is deprecated. Parameter 'trace_callback' will become positional-only in Python 3.15.",
    )?;
    let db = usable(vm, this)?;
    let callable = bound.required(0);
    let new: Option<Rc<dyn Trace>> = if callable.is_none() {
        None
    } else {
        Some(Rc::new(Watcher { callable: callable.clone() }))
    };
    db.set_trace(new);
    Ok(Value::NONE)
}
