//! `_datetime`: dates, times, durations and zones.
//!
//! `calendar` counts days, `delta` is the duration, `zone` the zones, `date`, `time` and `moment` the types, `moments` the
//! ways to make the last, `clock` the system's clock, `format` the texts that are written, `parse` those that are read.

mod calendar;
mod clock;
mod date;
mod delta;
mod format;
mod moment;
mod moments;
mod parse;
mod time;
mod zone;

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::type_object::PyType;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::tuple::PyTuple;
use objects::types::{self, int, module};

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_datetime",
    doc: Some("Fast implementation of the datetime module."),
    functions: &[],
    exec: Some(exec),
};

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    types::init_types(
        vm,
        &[
            (&delta::DELTA, &delta::DELTA_SPEC),
            (&zone::TZINFO, &zone::TZINFO_SPEC),
            (&zone::TIMEZONE, &zone::TIMEZONE_SPEC),
            (&date::DATE, &date::DATE_SPEC),
            (&date::ISO_CALENDAR_DATE, &date::ISO_CALENDAR_DATE_SPEC),
            (&time::TIME, &time::TIME_SPEC),
            (&moment::DATETIME, &moment::DATETIME_SPEC),
        ],
    )?;
    // The types are the same when the module is executed again, and so are their constants.
    if !zone::is_ready(vm) {
        delta::add_constants(vm)?;
        zone::add_constants(vm)?;
        date::add_constants(vm)?;
        time::add_constants(vm)?;
        moment::add_constants(vm)?;
    }
    for (name, class) in [
        ("date", &date::DATE),
        ("datetime", &moment::DATETIME),
        ("time", &time::TIME),
        ("timedelta", &delta::DELTA),
        ("tzinfo", &zone::TZINFO),
        ("timezone", &zone::TIMEZONE),
    ] {
        module::add(vm, this, name, class.get().to_value());
    }
    module::add(vm, this, "MINYEAR", int::from_i64(vm, calendar::MIN_YEAR));
    module::add(vm, this, "MAXYEAR", int::from_i64(vm, calendar::MAX_YEAR));
    module::add(vm, this, "UTC", zone::utc(vm));
    Ok(())
}

/// Calls a subclass with these arguments, and with the fold if there is one.
fn call_with_fold(
    vm: Vm<'_>,
    class: &Py<PyType>,
    mut args: Vec<Value>,
    fold: i64,
) -> PyResult<Value> {
    if fold == 0 {
        return vm.call(&class.to_value(), &args);
    }
    args.push(int::from_i64(vm, fold));
    let names = PyTuple::new_ref(vm, &[vm.intern("fold").into_value()]);
    vm.call_with(&class.to_value(), Args::new(&args, Some(&names)))
}
