//! Limits and counts: recursion, digits, switch interval, sizes, references.

use std::sync::atomic::Ordering;
use std::time::Duration;

use objects::core::args::{Args, Bound};
use objects::core::errors::PyResult;
use objects::core::runtime_state::Phase;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::core::{alloc, intern as interned};
use objects::protocol::number;
use objects::types::exceptions::hierarchy as exc;
use objects::types::str::PyStr;
use objects::types::{float_, int};

/// The fewest digits that `set_int_max_str_digits` takes besides 0.
const DIGITS_MIN: i64 = 640;

pub(super) fn nothing(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::NONE)
}

pub(super) fn clear_type_cache(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let text = "sys._clear_type_cache() is deprecated and may be removed in a future version.  Use sys._clear_internal_caches() instead.";
    vm.warn(&exc::DEPRECATION_WARNING, text, 1)?;
    Ok(Value::NONE)
}

pub(super) fn truth(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::TRUE)
}

pub(super) fn utf8(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(vm.intern("utf-8").into_value())
}

pub(super) fn surrogateescape(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(vm.intern("surrogateescape").into_value())
}

pub(super) fn getrecursionlimit(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(i64::from(vm.interpreter().recursion_limit.get())))
}

pub(super) fn setrecursionlimit(vm: Vm<'_>, _module: &Value, limit: &Value) -> PyResult<Value> {
    let limit = number::as_i32(vm, limit)?;
    let Some(limit) = u32::try_from(limit).ok().filter(|&limit| limit >= 1) else {
        return Err(vm.value_error("recursion limit must be greater or equal than 1"));
    };
    let depth = vm.thread().recursion_depth.get();
    if depth >= limit {
        return Err(vm.recursion_error(format!(
            "cannot set the recursion limit to {limit} at the recursion depth {depth}: the limit is too low"
        )));
    }
    vm.interpreter().recursion_limit.set(limit);
    vm.thread().stacks.set_record_end(limit);
    Ok(Value::NONE)
}

pub(super) fn get_int_max_str_digits(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(vm.interpreter().int_max_str_digits.get()))
}

pub(super) fn set_int_max_str_digits(
    vm: Vm<'_>,
    _module: &Value,
    args: &Bound<'_>,
) -> PyResult<Value> {
    let digits = number::as_i64(vm, args.required(0))?;
    match usize::try_from(digits) {
        Ok(count) if digits == 0 || digits >= DIGITS_MIN => {
            vm.interpreter().int_max_str_digits.set(count);
            Ok(Value::NONE)
        }
        _ => Err(vm.value_error("maxdigits must be >= 640 or 0 for unlimited")),
    }
}

pub(super) fn getswitchinterval(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let interval = &vm.interpreter().runtime().gil.switch_interval_us;
    let interval = Duration::from_micros(interval.load(Ordering::Relaxed));
    Ok(float_::new(vm, interval.as_secs_f64()))
}

fn seconds_of(vm: Vm<'_>, value: &Value) -> PyResult<f64> {
    float_::to_f64(vm, value)
}

pub(super) fn setswitchinterval(vm: Vm<'_>, _module: &Value, interval: &Value) -> PyResult<Value> {
    let seconds = seconds_of(vm, interval)?;
    if seconds <= 0.0 {
        return Err(vm.value_error("switch interval must be strictly positive"));
    }
    let interval = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    let micros = u64::try_from(interval.as_micros()).unwrap_or(u64::MAX);
    vm.interpreter().runtime().gil.switch_interval_us.store(micros, Ordering::Relaxed);
    Ok(Value::NONE)
}

pub(super) fn get_origin_depth(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(i64::from(vm.thread().coroutine_origin_depth.get())))
}

pub(super) fn set_origin_depth(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let depth = number::as_i32(vm, args.required(0))?;
    match u32::try_from(depth) {
        Ok(depth) => {
            vm.thread().coroutine_origin_depth.set(depth);
            Ok(Value::NONE)
        }
        Err(_) => Err(vm.value_error("depth must be >= 0")),
    }
}

pub(super) fn getrefcount(_vm: Vm<'_>, _module: &Value, object: &Value) -> PyResult<Value> {
    let count = match object.as_object() {
        Some(heap) => i64::from(heap.refcount()),
        // Immediates are never counted; CPython shows its immortal objects' fixed number.
        None => 3 << 30,
    };
    Ok(Value::small_int_unchecked(count))
}

pub(super) fn getsizeof(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let Some(object) = args.positional().first().or_else(|| args.keyword("object")) else {
        return Err(vm.type_error("getsizeof() missing required argument 'object' (pos 1)"));
    };
    let default = args.positional().get(1).or_else(|| args.keyword("default"));
    let size = vm.call_special(object, &vm.names().__sizeof__, &[]).and_then(|size| match size {
        Some(size) => {
            let bytes = number::as_i64(vm, &size)?;
            if bytes < 0 {
                return Err(vm.value_error("__sizeof__() should return >= 0"));
            }
            Ok(int::from_i64(vm, bytes))
        }
        None => {
            Err(vm.type_error(format!("Type {} doesn't define __sizeof__", object.class().name())))
        }
    });
    match (size, default) {
        (Err(raised), Some(default)) if vm.raised_is(&raised, &exc::TYPE_ERROR) => {
            vm.clear(raised);
            Ok(default.clone())
        }
        (size, _) => size,
    }
}

pub(super) fn getallocatedblocks(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(alloc::heap().live_blocks()))
}

pub(super) fn getunicodeinternedsize(
    _vm: Vm<'_>,
    _module: &Value,
    _args: Args<'_>,
) -> PyResult<Value> {
    Ok(Value::from_usize(interned::count()))
}

pub(super) fn intern(vm: Vm<'_>, _module: &Value, text: &Value) -> PyResult<Value> {
    match text.downcast_exact::<PyStr>() {
        Some(text) => Ok(interned::intern_ref(text).into_value()),
        None if text.downcast::<PyStr>().is_some() => {
            Err(vm.type_error(format!("can't intern {}", text.class().name())))
        }
        None => {
            Err(vm
                .type_error(format!("intern() argument must be str, not {}", text.class().name())))
        }
    }
}

pub(super) fn is_interned(vm: Vm<'_>, _module: &Value, text: &Value) -> PyResult<Value> {
    if text.downcast::<PyStr>().is_none() {
        let got = vm.type_text(text);
        return Err(vm.type_error(format!("_is_interned() argument must be str, not {got}")));
    }
    Ok(Value::from_bool(
        text.downcast::<PyStr>().is_some_and(objects::core::object::Py::is_interned),
    ))
}

pub(super) fn is_finalizing(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(vm.interpreter().runtime().phase.get() >= Phase::Finalizing))
}
