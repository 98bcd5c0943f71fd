//! `time`: clocks, sleep; `calendar` has the times of the calendar, `zone` the system's zone.

mod calendar;
pub(crate) mod zone;

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::str::PyStr;
use objects::types::{float_, int, module, namespace};
use rustix::time::{ClockId, Timespec};

use crate::NativeModule;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "time",
    doc: Some("This module provides various functions to manipulate time values."),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Return the current time in seconds since the Epoch.
    ["time"] "($self, /)" None(time);
    /// Return the current time in nanoseconds since the Epoch.
    ["time_ns"] "($self, /)" None(time_ns);
    /// Monotonic clock, cannot go backward.
    ["monotonic"] "($self, /)" None(monotonic);
    /// Monotonic clock, cannot go backward, as nanoseconds.
    ["monotonic_ns"] "($self, /)" None(monotonic_ns);
    /// Performance counter for benchmarking.
    ["perf_counter"] "($self, /)" None(monotonic);
    /// Performance counter for benchmarking as nanoseconds.
    ["perf_counter_ns"] "($self, /)" None(monotonic_ns);
    /// Process time for profiling: sum of the kernel and user-space CPU time.
    ["process_time"] "($self, /)" None(process_time);
    /// Process time for profiling as nanoseconds: sum of the kernel and user-space CPU time.
    ["process_time_ns"] "($self, /)" None(process_time_ns);
    /// Thread time for profiling: sum of the kernel and user-space CPU time.
    ["thread_time"] "($self, /)" None(thread_time);
    /// Thread time for profiling as nanoseconds: sum of the kernel and user-space CPU time.
    ["thread_time_ns"] "($self, /)" None(thread_time_ns);
    /// Delay execution for a given number of seconds.
    ["sleep"] "($self, object, /)" One(sleep);
    /// Return the time of the specified clock as a float.
    ["clock_gettime"] "($module, clk_id, /)" One(clock_gettime);
    /// Return the time of the specified clock as an int of nanoseconds.
    ["clock_gettime_ns"] "($module, clk_id, /)" One(clock_gettime_ns);
    /// Get information of the specified clock.
    ["get_clock_info"] "" One(get_clock_info);
}

const CLOCKS: &[(&str, i64)] = &[
    ("CLOCK_REALTIME", 0),
    ("CLOCK_MONOTONIC", 1),
    ("CLOCK_MONOTONIC_RAW", 4),
    ("CLOCK_PROCESS_CPUTIME_ID", 2),
    ("CLOCK_THREAD_CPUTIME_ID", 3),
    ("CLOCK_BOOTTIME", 7),
];

const SECOND: i64 = 1_000_000_000;

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    for &(name, number) in CLOCKS {
        module::add(vm, target, name, Value::small_int_unchecked(number));
    }
    calendar::add(vm, target)
}

fn total(stamp: &Timespec) -> i64 {
    stamp.tv_sec.saturating_mul(SECOND).saturating_add(stamp.tv_nsec)
}

fn read(clock: ClockId) -> i64 {
    total(&rustix::time::clock_gettime(clock))
}

#[expect(clippy::cast_precision_loss, reason = "a float is what the caller asked for")]
fn seconds(vm: Vm<'_>, nanoseconds: i64) -> Value {
    // Whole seconds divide exactly, as CPython's conversion has it.
    let value = if nanoseconds % SECOND == 0 {
        (nanoseconds / SECOND) as f64
    } else {
        nanoseconds as f64 / 1e9
    };
    float_::new(vm, value)
}

macro_rules! clocks {
    ($($float:ident $whole:ident $clock:ident;)*) => {
        $(fn $float(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
            Ok(seconds(vm, read(ClockId::$clock)))
        }

        fn $whole(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
            Ok(int::from_i64(vm, read(ClockId::$clock)))
        })*
    };
}

clocks! {
    time time_ns Realtime;
    monotonic monotonic_ns Monotonic;
    process_time process_time_ns ProcessCPUTime;
    thread_time thread_time_ns ThreadCPUTime;
}

fn clock(vm: Vm<'_>, value: &Value) -> PyResult<ClockId> {
    Ok(match number::as_i32(vm, value)? {
        0 => ClockId::Realtime,
        1 => ClockId::Monotonic,
        2 => ClockId::ProcessCPUTime,
        3 => ClockId::ThreadCPUTime,
        4 => ClockId::MonotonicRaw,
        7 => ClockId::Boottime,
        _ => return Err(vm.os_error(22, None)),
    })
}

fn clock_gettime(vm: Vm<'_>, _module: &Value, id: &Value) -> PyResult<Value> {
    Ok(seconds(vm, read(clock(vm, id)?)))
}

fn clock_gettime_ns(vm: Vm<'_>, _module: &Value, id: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, read(clock(vm, id)?)))
}

/// Seconds as an int or a float, in nanoseconds.
///
/// # Errors
/// TypeError, ValueError for nan, OverflowError.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the range is checked"
)]
pub(crate) fn nanoseconds(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    if value.downcast::<float_::PyFloat>().is_some()
        || float_::as_f64(value).is_some() && !number::is_int(value)
    {
        let float = float_::to_f64(vm, value)?;
        if float.is_nan() {
            return Err(vm.value_error("Invalid value NaN (not a number)"));
        }
        let total = float * 1e9;
        if total.abs() >= i64::MAX as f64 {
            return Err(vm.overflow_error("timestamp out of range for platform time_t"));
        }
        return Ok(total.ceil() as i64);
    }
    if !number::has_index(value) {
        return Err(vm.type_error(format!(
            "'{}' object cannot be interpreted as an integer",
            value.class().name()
        )));
    }
    match number::as_i64(vm, value)?.checked_mul(SECOND) {
        Some(total) => Ok(total),
        None => Err(vm.overflow_error("timestamp too large to convert to C PyTime_t")),
    }
}

fn sleep(vm: Vm<'_>, _module: &Value, length: &Value) -> PyResult<Value> {
    let length = nanoseconds(vm, length)?;
    if length < 0 {
        return Err(vm.value_error("sleep length must be non-negative"));
    }
    let end = read(ClockId::Monotonic).saturating_add(length);
    let until = Timespec { tv_sec: end / SECOND, tv_nsec: end % SECOND };
    loop {
        let result = vm
            .allow_threads(|| rustix::thread::clock_nanosleep_absolute(ClockId::Monotonic, &until));
        match result {
            Ok(()) => return Ok(Value::NONE),
            Err(rustix::io::Errno::INTR) => vm.poll()?,
            Err(errno) => return Err(vm.os_error(errno.raw_os_error(), None)),
        }
    }
}

fn get_clock_info(vm: Vm<'_>, _module: &Value, name: &Value) -> PyResult<Value> {
    let text = match name.downcast::<PyStr>() {
        Some(text) => text.to_rust_string(),
        None => {
            return Err(vm.type_error(format!(
                "get_clock_info() argument 1 must be str, not {}",
                name.class().name()
            )));
        }
    };
    let (call, monotonic, adjustable) = match text.as_str() {
        "time" => ("clock_gettime(CLOCK_REALTIME)", false, true),
        "monotonic" | "perf_counter" => ("clock_gettime(CLOCK_MONOTONIC)", true, false),
        "process_time" => ("clock_gettime(CLOCK_PROCESS_CPUTIME_ID)", true, false),
        "thread_time" => ("clock_gettime(CLOCK_THREAD_CPUTIME_ID)", true, false),
        _ => return Err(vm.value_error("unknown clock")),
    };
    let fields = PyDict::new_ref(vm);
    for (name, value) in [
        ("implementation", PyStr::new_value(vm, call)),
        ("monotonic", Value::from_bool(monotonic)),
        ("adjustable", Value::from_bool(adjustable)),
        ("resolution", float_::new(vm, 1e-9)),
    ] {
        drop(fields.set_str(&vm.intern(name), value));
    }
    Ok(namespace::new_value(vm, fields))
}
