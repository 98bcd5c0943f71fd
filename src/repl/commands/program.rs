//! Commands that are Python programs: they run in names of their own.

use modules::builtins::{CompileMode, CompileSettings, compile_source};
use objects::core::errors::PyResult;
use objects::core::interpreter_state::RunIn;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::str::PyStr;

use crate::session::Session;

/// Runs a program with these names bound, and gives its names back.
pub(super) fn run(
    vm: Vm<'_>,
    session: &Session,
    program: &str,
    names: &[(&str, Value)],
) -> PyResult<PyRef<PyDict>> {
    let filename = PyStr::new_value(vm, "<command>");
    let code =
        compile_source(vm, program, &filename, CompileMode::Exec, CompileSettings::default())?;
    let place = PyDict::new_value(vm);
    let place = place.into_ref::<PyDict>().unwrap_or_else(|_| session.globals.clone());
    for (name, value) in names {
        place.set_str(&vm.intern(name), value.clone());
    }
    if let Some(builtins) = session.globals.get_str(&vm.intern("__builtins__")) {
        place.set_str(&vm.intern("__builtins__"), builtins);
    }
    let run_in = RunIn { globals: &place, locals: None, closure: None };
    (vm.interpreter().hooks().run_code)(vm, &code, run_in)?;
    Ok(place)
}

/// The text that a program leaves in `result`.
pub(super) fn result(
    vm: Vm<'_>,
    session: &Session,
    program: &str,
    names: &[(&str, Value)],
) -> PyResult<String> {
    let names = run(vm, session, program, names)?;
    let result = names.get_str(&vm.intern("result"));
    let text = result.as_ref().and_then(|result| result.downcast::<PyStr>());
    Ok(text.map_or_else(String::new, Py::to_rust_string))
}
