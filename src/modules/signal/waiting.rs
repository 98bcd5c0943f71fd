//! Signals waited for, masked, and sent to threads.

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::struct_sequence;
use objects::types::set::PySet;
use objects::types::{int, module, struct_sequence};
use std::time::{Duration, Instant};

use super::{NSIG, failed};
use crate::posix::{raw, signals};
use crate::sys::hooks;

struct_sequence! { STRUCT_SIGINFO, STRUCT_SIGINFO_SPEC, "signal.struct_siginfo", "struct_siginfo: Result from sigwaitinfo or sigtimedwait.\n\nThis object may be accessed either as a tuple of\n(si_signo, si_code, si_errno, si_pid, si_uid, si_status, si_band),\nor via the attributes si_signo, si_code, and so on.", hidden 0, SIGINFO_FIELDS:
    ["si_signo"] 0; ["si_code"] 1; ["si_errno"] 2; ["si_pid"] 3; ["si_uid"] 4; ["si_status"] 5; ["si_band"] 6;
}

/// `EINTR`
const INTERRUPTED: i32 = 4;
/// `EAGAIN`
const TIMED_OUT: i32 = 11;

pub(super) fn add_types(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    objects::types::ready(vm, &STRUCT_SIGINFO, &STRUCT_SIGINFO_SPEC)?;
    module::add(vm, target, "struct_siginfo", STRUCT_SIGINFO.get().to_value());
    Ok(())
}

/// The numbers of an iterable of signals.
fn numbers(vm: Vm<'_>, signals: &Value) -> PyResult<Vec<i32>> {
    let mut numbers = Vec::new();
    for item in vm.collect(signals)? {
        let number = number::as_i64(vm, &item)?;
        match i32::try_from(number) {
            Ok(small) if (1..65).contains(&small) => numbers.push(small),
            _ => {
                let last = NSIG - 1;
                let message = format!("signal number {number} out of range [1; {last}]");
                return Err(vm.value_error(message));
            }
        }
    }
    Ok(numbers)
}

fn set_of(vm: Vm<'_>, numbers: &[i32]) -> PyResult<Value> {
    let all = PySet::new_ref(vm);
    for &number in numbers {
        all.add(vm, &Value::small_int_unchecked(i64::from(number)))?;
    }
    Ok(all.into_value())
}

pub(super) fn pause(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    vm.allow_threads(signals::pause);
    vm.poll()?;
    Ok(Value::NONE)
}

pub(super) fn pthread_kill(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let Some(thread) = int::as_u64(args.required(0)) else {
        let got = args.required(0).class().name();
        return Err(vm.type_error(format!("pthread_kill() argument 1 must be int, not {got}")));
    };
    let number = number::as_i32(vm, args.required(1))?;
    hooks::raise_event(
        vm,
        "signal.pthread_kill",
        &[args.required(0).clone(), args.required(1).clone()],
    )?;
    let runs =
        vm.interpreter().threads.with(|threads| threads.iter().any(|state| state.id() == thread));
    let result = if runs { signals::kill_thread(thread, number) } else { Err(libc::ESRCH) };
    failed(vm, result)?;
    vm.poll()?;
    Ok(Value::NONE)
}

pub(super) fn pidfd_send_signal(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let fd = number::as_i32(vm, args.required(0))?;
    let number = number::as_i32(vm, args.required(1))?;
    let flags = args.get(3).map_or(Ok(0), |flags| number::as_i32(vm, flags))?;
    if args.get_non_none(2).is_some() {
        return Err(vm.type_error("siginfo must be None"));
    }
    match raw::process::pidfd_send_signal(fd, number, flags) {
        Ok(()) => {
            vm.poll()?;
            Ok(Value::NONE)
        }
        Err(errno) => Err(vm.os_error(errno.raw_os_error(), None)),
    }
}

pub(super) fn pthread_sigmask(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let how = number::as_i32(vm, args.required(0))?;
    let numbers = numbers(vm, args.required(1))?;
    let old = failed(vm, signals::mask(how, &numbers))?;
    // What was held back may come in now.
    vm.poll()?;
    set_of(vm, &old)
}

pub(super) fn sigpending(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let pending = failed(vm, signals::pending())?;
    set_of(vm, &pending)
}

pub(super) fn sigwait(vm: Vm<'_>, _module: &Value, sigset: &Value) -> PyResult<Value> {
    let numbers = numbers(vm, sigset)?;
    let got = vm.allow_threads(|| signals::wait(&numbers));
    failed(vm, got).map(|number| Value::small_int_unchecked(i64::from(number)))
}

fn siginfo(vm: Vm<'_>, info: signals::Info) -> PyResult<Value> {
    let (number, code, errno, pid, uid, status, band) = info;
    let items = [number, code, errno, pid].map(|n| Value::small_int_unchecked(i64::from(n)));
    let mut items = items.to_vec();
    items.push(Value::small_int_unchecked(i64::from(uid)));
    items.push(Value::small_int_unchecked(i64::from(status)));
    items.push(int::from_i64(vm, band));
    struct_sequence::new(vm, &STRUCT_SIGINFO, items, &[])
}

pub(super) fn sigwaitinfo(vm: Vm<'_>, _module: &Value, sigset: &Value) -> PyResult<Value> {
    let numbers = numbers(vm, sigset)?;
    loop {
        match vm.allow_threads(|| signals::wait_info(&numbers, None)) {
            Ok(info) => return siginfo(vm, info),
            Err(INTERRUPTED) => vm.poll()?,
            Err(errno) => return Err(vm.os_error(errno, None)),
        }
    }
}

pub(super) fn sigtimedwait(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let numbers = numbers(vm, args.required(0))?;
    let length = crate::time::nanoseconds(vm, args.required(1))?;
    let Ok(length) = u64::try_from(length) else {
        return Err(vm.value_error("timeout must be non-negative"));
    };
    let end = Instant::now().checked_add(Duration::from_nanos(length));
    loop {
        let left = end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
        let left = i64::try_from(left.as_nanos()).unwrap_or(i64::MAX);
        match vm.allow_threads(|| signals::wait_info(&numbers, Some(left))) {
            Ok(info) => return siginfo(vm, info),
            Err(TIMED_OUT) => return Ok(Value::NONE),
            Err(INTERRUPTED) => vm.poll()?,
            Err(errno) => return Err(vm.os_error(errno, None)),
        }
    }
}
