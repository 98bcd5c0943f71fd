//! `_lsprof`: the profiler behind `cProfile`. `record.rs` keeps the times, `profiler.rs` is the type and its callbacks.

mod profiler;
mod record;

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::module;

use crate::NativeModule;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_lsprof",
    doc: Some("Fast profiler"),
    exec: Some(exec),
    ..NativeModule::DEFAULT
};

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    objects::types::init_types(
        vm,
        &[
            (&profiler::PROFILER, &profiler::PROFILER_SPEC),
            (&profiler::ENTRY, &profiler::ENTRY_SPEC),
            (&profiler::SUBENTRY, &profiler::SUBENTRY_SPEC),
        ],
    )?;
    module::add(vm, this, "Profiler", profiler::PROFILER.get().to_value());
    module::add(vm, this, "profiler_entry", profiler::ENTRY.get().to_value());
    module::add(vm, this, "profiler_subentry", profiler::SUBENTRY.get().to_value());
    Ok(())
}
