//! The scheduler: policies, priorities, processors.

use objects::core::args::{Args, Bound};
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{
    MethodDef, MethodKind, NativeFn, SequenceField, SequenceFields, TypeSpec,
};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::set::PySet;
use objects::types::tuple::{PyTuple, TUPLE};
use objects::types::{float_, module, struct_sequence};

use super::arguments::{failed, nothing, small};
use super::raw::scheduling as raw;

methods! { SCHEDULING:
    /// Get the maximum scheduling priority for policy.
    ["sched_get_priority_max"] "($module, /, policy)" Bound(sched_get_priority_max);
    /// Get the minimum scheduling priority for policy.
    ["sched_get_priority_min"] "($module, /, policy)" Bound(sched_get_priority_min);
    /// Returns scheduling parameters for the process identified by pid.
    ///
    /// If pid is 0, returns parameters for the calling process.
    /// Return value is an instance of sched_param.
    ["sched_getparam"] "($module, pid, /)" One(sched_getparam);
    /// Get the scheduling policy for the process identified by pid.
    ///
    /// Passing 0 for pid returns the scheduling policy for the calling process.
    ["sched_getscheduler"] "($module, pid, /)" One(sched_getscheduler);
    /// Return the round-robin quantum for the process identified by pid, in seconds.
    ///
    /// Value returned is a float.
    ["sched_rr_get_interval"] "($module, pid, /)" One(sched_rr_get_interval);
    /// Set scheduling parameters for the process identified by pid.
    ///
    /// If pid is 0, sets parameters for the calling process.
    /// param should be an instance of sched_param.
    ["sched_setparam"] "($module, pid, param, /)" Bound(sched_setparam);
    /// Set the scheduling policy for the process identified by pid.
    ///
    /// If pid is 0, the calling process is changed.
    /// param is an instance of sched_param.
    ["sched_setscheduler"] "($module, pid, policy, param, /)" Bound(sched_setscheduler);
    /// Set the CPU affinity of the process identified by pid to mask.
    ///
    /// mask should be an iterable of integers identifying CPUs.
    ["sched_setaffinity"] "($module, pid, mask, /)" Bound(sched_setaffinity);
    /// Return the affinity of the process identified by pid (or the current process if zero).
    ///
    /// The affinity is returned as a set of CPU identifiers.
    ["sched_getaffinity"] "($module, pid, /)" One(sched_getaffinity);
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[MethodDef] = SCHEDULING;

/// `posix.sched_param`
static SCHED_PARAM: StaticType = StaticType::inheriting();

const SCHED_PARAM_SPEC: TypeSpec = TypeSpec {
    name: "posix.sched_param",
    doc: Some(
        "sched_param(sched_priority)\n--\n\nCurrently has only one field: sched_priority\n\n  sched_priority\n    A scheduling parameter.",
    ),
    base: Some(&TUPLE),
    slots: &[Slot::New(param_new), Slot::Repr(struct_sequence::repr)],
    methods: &[
        MethodDef {
            name: "__reduce__",
            signature: "",
            doc: "",
            function: NativeFn::None(param_reduce),
            kind: MethodKind::Method,
        },
        struct_sequence::REPLACE,
    ],
    fields: Some(&PARAM_FIELDS),
    finish: Some(struct_sequence::finish),
    ..TypeSpec::DEFAULT
};

static PARAM_FIELDS: SequenceFields = SequenceFields {
    fields: &[SequenceField { name: "sched_priority", doc: "the scheduling priority" }],
    hidden: 0,
};

pub(super) fn add_types(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    objects::types::ready(vm, &SCHED_PARAM, &SCHED_PARAM_SPEC)?;
    module::add(vm, target, "sched_param", SCHED_PARAM.get().to_value());
    Ok(())
}

fn param_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let priority = args.positional().first().or_else(|| args.keyword("sched_priority"));
    match (priority, args.all().len()) {
        (Some(priority), 1) => {
            Ok(PyTuple::try_of_class(vm, class, vec![priority.clone()])?.into_value())
        }
        (None, 0) => {
            Err(vm.type_error("sched_param() missing required argument 'sched_priority' (pos 1)"))
        }
        (_, count) => {
            Err(vm.type_error(format!("sched_param() takes exactly 1 argument ({count} given)")))
        }
    }
}

fn param_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let args = PyTuple::try_new(vm, this.receiver::<PyTuple>().items())?.into_value();
    Ok(PyTuple::new_value(vm, &[this.class().to_value(), args]))
}

/// The priority of a `sched_param`.
pub(super) fn priority_of(vm: Vm<'_>, parameters: &Value) -> PyResult<i32> {
    if !parameters.class().is_subtype(SCHED_PARAM.get()) {
        return Err(vm.type_error("must have a sched_param object"));
    }
    match parameters.receiver::<PyTuple>().items().first() {
        Some(priority) => match i32::try_from(number::as_i64(vm, priority)?) {
            Ok(priority) => Ok(priority),
            Err(_) => Err(vm.overflow_error("sched_priority out of range")),
        },
        None => Ok(0),
    }
}

fn sched_get_priority_max(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    small(vm, raw::priority_max(number::as_i32(vm, args.required(0))?))
}

fn sched_get_priority_min(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    small(vm, raw::priority_min(number::as_i32(vm, args.required(0))?))
}

fn sched_getscheduler(vm: Vm<'_>, _module: &Value, pid: &Value) -> PyResult<Value> {
    small(vm, raw::scheduler(number::as_i32(vm, pid)?))
}

fn sched_setscheduler(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let pid = number::as_i32(vm, args.required(0))?;
    let policy = number::as_i32(vm, args.required(1))?;
    let priority = priority_of(vm, args.required(2))?;
    nothing(vm, raw::set_scheduler(pid, policy, priority))
}

fn sched_getparam(vm: Vm<'_>, _module: &Value, pid: &Value) -> PyResult<Value> {
    match raw::priority(number::as_i32(vm, pid)?) {
        Ok(priority) => {
            let items = vec![Value::small_int_unchecked(i64::from(priority))];
            struct_sequence::new(vm, &SCHED_PARAM, items, &[])
        }
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn sched_setparam(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let pid = number::as_i32(vm, args.required(0))?;
    nothing(vm, raw::set_priority(pid, priority_of(vm, args.required(1))?))
}

fn sched_rr_get_interval(vm: Vm<'_>, _module: &Value, pid: &Value) -> PyResult<Value> {
    match raw::interval(number::as_i32(vm, pid)?) {
        Ok(seconds) => Ok(float_::new(vm, seconds)),
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn sched_getaffinity(vm: Vm<'_>, _module: &Value, pid: &Value) -> PyResult<Value> {
    match raw::affinity(number::as_i32(vm, pid)?) {
        Ok(processors) => {
            let set = PySet::new_ref(vm);
            for processor in processors {
                set.add(vm, &Value::from_usize(processor))?;
            }
            Ok(set.into_value())
        }
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn sched_setaffinity(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let pid = number::as_i32(vm, args.required(0))?;
    let mut processors = Vec::new();
    for item in vm.collect(args.required(1))? {
        if !number::is_int(&item) {
            return Err(vm.type_error(format!(
                "expected an iterator of ints, but iterator yielded {}",
                vm.repr(&item.class().to_value())?.to_rust_string()
            )));
        }
        let processor = number::as_i64(vm, &item)?;
        match usize::try_from(processor) {
            Ok(processor) if processor < (1 << 20) => processors.push(processor),
            Ok(_) => return Err(vm.overflow_error("CPU number too large")),
            Err(_) => return Err(vm.value_error("negative CPU number")),
        }
    }
    nothing(vm, raw::set_affinity(pid, &processors))
}
