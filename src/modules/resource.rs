//! `resource`: limits of the process and what it used.

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::exceptions::os_error;
use objects::types::tuple::PyTuple;
use objects::types::{float_, int, module, struct_sequence};
use objects::{methods, struct_sequence};

use crate::NativeModule;
use crate::posix::raw::{limits, process};
use crate::sys::hooks;

/// The row.
pub static MODULE: NativeModule =
    NativeModule { name: "resource", doc: None, functions: FUNCTIONS, exec: Some(exec) };

methods! { FUNCTIONS:
    ["getrusage"] "($module, who, /)" One(getrusage);
    ["getrlimit"] "($module, resource, /)" One(getrlimit);
    ["prlimit"] "($module, pid, resource, limits=None, /)" Bound(prlimit);
    ["setrlimit"] "($module, resource, limits, /)" Bound(setrlimit);
    ["getpagesize"] "($module, /)" None(getpagesize);
}

#[rustfmt::skip]
const NUMBERS: &[(&str, i64)] = &[
    ("RLIMIT_CPU", 0), ("RLIMIT_FSIZE", 1), ("RLIMIT_DATA", 2), ("RLIMIT_STACK", 3), ("RLIMIT_CORE", 4), ("RLIMIT_NOFILE", 7),
    ("RLIMIT_OFILE", 7), ("RLIMIT_AS", 9), ("RLIMIT_RSS", 5), ("RLIMIT_NPROC", 6), ("RLIMIT_MEMLOCK", 8),
    ("RLIMIT_MSGQUEUE", 12), ("RLIMIT_NICE", 13), ("RLIMIT_RTPRIO", 14), ("RLIMIT_RTTIME", 15), ("RLIMIT_SIGPENDING", 11),
    ("RUSAGE_SELF", 0), ("RUSAGE_CHILDREN", -1), ("RUSAGE_THREAD", 1), ("RLIM_INFINITY", -1),
];

/// One more than the highest resource.
const RESOURCES: i32 = 16;

struct_sequence! { STRUCT_RUSAGE, STRUCT_RUSAGE_SPEC, "resource.struct_rusage", "struct_rusage: Result from getrusage.\n\nThis object may be accessed either as a tuple of\n    (utime,stime,maxrss,ixrss,idrss,isrss,minflt,majflt,\n    nswap,inblock,oublock,msgsnd,msgrcv,nsignals,nvcsw,nivcsw)\nor via the attributes ru_utime, ru_stime, ru_maxrss, and so on.", hidden 0, RUSAGE_FIELDS:
    ["ru_utime"] 0; ["ru_stime"] 1; ["ru_maxrss"] 2; ["ru_ixrss"] 3; ["ru_idrss"] 4; ["ru_isrss"] 5; ["ru_minflt"] 6; ["ru_majflt"] 7;
    ["ru_nswap"] 8; ["ru_inblock"] 9; ["ru_oublock"] 10; ["ru_msgsnd"] 11; ["ru_msgrcv"] 12; ["ru_nsignals"] 13; ["ru_nvcsw"] 14; ["ru_nivcsw"] 15;
}

fn ready(vm: Vm<'_>) -> PyResult<()> {
    // Made once, by whoever comes first: this module, or `os.wait3`.
    if vm.interpreter().state_of("resource").is_none() {
        objects::types::ready(vm, &STRUCT_RUSAGE, &STRUCT_RUSAGE_SPEC)?;
        vm.interpreter().set_state_of("resource", STRUCT_RUSAGE.get().to_value());
    }
    Ok(())
}

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    ready(vm)?;
    module::add(vm, target, "struct_rusage", STRUCT_RUSAGE.get().to_value());
    module::add(vm, target, "error", os_error::OS_ERROR.get().to_value());
    for &(name, number) in NUMBERS {
        module::add(vm, target, name, Value::small_int_unchecked(number));
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "CPython computes the float in the same way")]
fn seconds(vm: Vm<'_>, time: libc::timeval) -> Value {
    float_::new(vm, time.tv_sec as f64 + time.tv_usec as f64 * 1e-6)
}

/// `resource.struct_rusage` of what the system says.
///
/// # Errors
/// MemoryError.
pub(crate) fn usage_record(vm: Vm<'_>, usage: &libc::rusage) -> PyResult<Value> {
    ready(vm)?;
    let mut items = vec![seconds(vm, usage.ru_utime), seconds(vm, usage.ru_stime)];
    for number in [
        usage.ru_maxrss,
        usage.ru_ixrss,
        usage.ru_idrss,
        usage.ru_isrss,
        usage.ru_minflt,
        usage.ru_majflt,
        usage.ru_nswap,
        usage.ru_inblock,
        usage.ru_oublock,
        usage.ru_msgsnd,
        usage.ru_msgrcv,
        usage.ru_nsignals,
        usage.ru_nvcsw,
        usage.ru_nivcsw,
    ] {
        items.push(int::from_i64(vm, number));
    }
    struct_sequence::new(vm, &STRUCT_RUSAGE, items, &[])
}

fn getrusage(vm: Vm<'_>, _module: &Value, who: &Value) -> PyResult<Value> {
    match process::usage(number::as_i32(vm, who)?) {
        Ok(usage) => usage_record(vm, &usage),
        Err(rustix::io::Errno::INVAL) => Err(vm.value_error("invalid who parameter")),
        Err(errno) => Err(vm.os_error(errno.raw_os_error(), None)),
    }
}

fn resource_number(vm: Vm<'_>, value: &Value) -> PyResult<i32> {
    let resource = number::as_i32(vm, value)?;
    if (0..RESOURCES).contains(&resource) {
        Ok(resource)
    } else {
        Err(vm.value_error("invalid resource specified"))
    }
}

/// A limit: -1 stands for none.
fn limit(vm: Vm<'_>, value: &Value) -> PyResult<u64> {
    let index = number::index(vm, value)?;
    if int::as_i64(&index) == Some(-1) {
        return Ok(u64::MAX);
    }
    if int::is_negative(&index) {
        return Err(vm.value_error("Cannot convert negative int"));
    }
    int::as_u64(&index)
        .ok_or_else(|| vm.overflow_error("Python int too large to convert to C rlim_t"))
}

fn pair(vm: Vm<'_>, value: &Value) -> PyResult<(u64, u64)> {
    let items = vm.collect(value)?;
    let [current, maximum] = items.as_slice() else {
        return Err(vm.value_error("expected a tuple of 2 integers"));
    };
    Ok((limit(vm, current)?, limit(vm, maximum)?))
}

fn limit_value(vm: Vm<'_>, limit: u64) -> Value {
    if limit == u64::MAX { Value::small_int_unchecked(-1) } else { int::from_u64(vm, limit) }
}

fn limits_value(vm: Vm<'_>, (current, maximum): (u64, u64)) -> Value {
    PyTuple::new_value(vm, &[limit_value(vm, current), limit_value(vm, maximum)])
}

fn getrlimit(vm: Vm<'_>, _module: &Value, resource: &Value) -> PyResult<Value> {
    match limits::exchange(0, resource_number(vm, resource)?, None) {
        Ok(limits) => Ok(limits_value(vm, limits)),
        Err(errno) => Err(vm.os_error(errno.raw_os_error(), None)),
    }
}

/// Sets limits; the old ones.
fn exchange(vm: Vm<'_>, pid: i32, resource: i32, new: Option<(u64, u64)>) -> PyResult<(u64, u64)> {
    match limits::exchange(pid, resource, new) {
        Ok(old) => Ok(old),
        Err(rustix::io::Errno::INVAL) => Err(vm.value_error("current limit exceeds maximum limit")),
        Err(rustix::io::Errno::PERM) if pid == 0 => {
            Err(vm.value_error("not allowed to raise maximum limit"))
        }
        Err(errno) => Err(vm.os_error(errno.raw_os_error(), None)),
    }
}

fn setrlimit(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let resource = number::as_i32(vm, args.required(0))?;
    hooks::raise_event(
        vm,
        "resource.setrlimit",
        &[args.required(0).clone(), args.required(1).clone()],
    )?;
    let resource = resource_number(vm, &Value::small_int_unchecked(i64::from(resource)))?;
    let new = pair(vm, args.required(1))?;
    exchange(vm, 0, resource, Some(new))?;
    Ok(Value::NONE)
}

fn prlimit(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let pid = number::as_i32(vm, args.required(0))?;
    let resource = resource_number(vm, args.required(1))?;
    let given = args.get(2).cloned().unwrap_or(Value::NONE);
    hooks::raise_event(
        vm,
        "resource.prlimit",
        &[args.required(0).clone(), args.required(1).clone(), given.clone()],
    )?;
    let new = if given.is_none() { None } else { Some(pair(vm, &given)?) };
    Ok(limits_value(vm, exchange(vm, pid, resource, new)?))
}

fn getpagesize(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(rustix::param::page_size()))
}
