//! `_remote_debugging`: what looks into another process's interpreter.
//!
//! It finds the interpreter of a process by a section of its program that describes the interpreter's structures. A program of
//! this kind has no such section: no process can be looked into, which is what every call says.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::{self, module};
use objects::{payload, struct_sequence};

use crate::NativeModule;

/// The row.
pub static MODULE: NativeModule =
    NativeModule { name: "_remote_debugging", doc: None, functions: &[], exec: Some(exec) };

payload! {
    /// The payload of an unwinder; there is none, as it finds no interpreter.
    struct PyRemoteUnwinder: REMOTE_UNWINDER {}
}

/// `_remote_debugging.RemoteUnwinder`
static REMOTE_UNWINDER: StaticType = StaticType::new::<PyRemoteUnwinder>();

const REMOTE_UNWINDER_SPEC: TypeSpec = TypeSpec {
    name: "_remote_debugging.RemoteUnwinder",
    doc: Some("RemoteUnwinder(pid): the stacks of the interpreter in another process."),
    slots: &[Slot::New(unwinder_new)],
    ..TypeSpec::DEFAULT
};

struct_sequence! { TASK_INFO, TASK_INFO_SPEC, "_remote_debugging.TaskInfo", "A task of asyncio", hidden 0, TASK_FIELDS:
    ["task_id"] 0; ["task_name"] 1; ["coroutine_stack"] 2; ["awaited_by"] 3;
}
struct_sequence! { FRAME_INFO, FRAME_INFO_SPEC, "_remote_debugging.FrameInfo", "A frame", hidden 0, FRAME_FIELDS:
    ["filename"] 0; ["lineno"] 1; ["funcname"] 2;
}
struct_sequence! { CORO_INFO, CORO_INFO_SPEC, "_remote_debugging.CoroInfo", "A coroutine", hidden 0, CORO_FIELDS:
    ["call_stack"] 0; ["task_name"] 1;
}
struct_sequence! { THREAD_INFO, THREAD_INFO_SPEC, "_remote_debugging.ThreadInfo", "A thread", hidden 0, THREAD_FIELDS:
    ["thread_id"] 0; ["frame_info"] 1;
}
struct_sequence! { AWAITED_INFO, AWAITED_INFO_SPEC, "_remote_debugging.AwaitedInfo", "What a thread waits for", hidden 0, AWAITED_FIELDS:
    ["thread_id"] 0; ["awaited_by"] 1;
}

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    let types: [(&str, &'static StaticType, &'static TypeSpec); 6] = [
        ("RemoteUnwinder", &REMOTE_UNWINDER, &REMOTE_UNWINDER_SPEC),
        ("TaskInfo", &TASK_INFO, &TASK_INFO_SPEC),
        ("FrameInfo", &FRAME_INFO, &FRAME_INFO_SPEC),
        ("CoroInfo", &CORO_INFO, &CORO_INFO_SPEC),
        ("ThreadInfo", &THREAD_INFO, &THREAD_INFO_SPEC),
        ("AwaitedInfo", &AWAITED_INFO, &AWAITED_INFO_SPEC),
    ];
    for (name, class, spec) in types {
        types::ready(vm, class, spec)?;
        module::add(vm, target, name, class.get().to_value());
    }
    module::add(vm, target, "PROCESS_VM_READV_SUPPORTED", Value::small_int_unchecked(0));
    Ok(())
}

fn unwinder_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let Some(process) = args.positional().first().or_else(|| args.keyword("pid")) else {
        return Err(vm.type_error("RemoteUnwinder() missing required argument 'pid' (pos 1)"));
    };
    let process = number::as_i32(vm, process)?;
    Err(vm.runtime_error(format!(
        "Failed to find the PyRuntime section in process {process} on Linux platform"
    )))
}
