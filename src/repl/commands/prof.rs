//! `:prof`

use super::{Call, Command, Given, wrong};
use modules::builtins::{CompileMode, CompileSettings, compile_source};
use objects::core::errors::PyResult;
use objects::types::str::PyStr;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "prof",
    form: ":prof STATEMENT",
    about: "which functions a statement spends its time in (runs it)",
    example: ":prof sorted(words, key=score)",
    group: "measure",
    run: prof,
};

/// The program that measures: by `cProfile` where it is there, else by `profile`.
const PROGRAM: &str = "\
try:
    import cProfile as _profile
except ImportError:
    import profile as _profile
import pstats as _pstats
_run = _profile.Profile()
try:
    _run.runctx(_statement, _globals, _globals)
finally:
    _pstats.Stats(_run).sort_stats('cumulative').print_stats(20)
";

fn prof(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let statement = call.rest.trim();
    if statement.is_empty() {
        return Ok(wrong("prof", "a statement is missing"));
    }
    let vm = call.vm;
    let filename = PyStr::new_value(vm, "<command>");
    let code =
        compile_source(vm, PROGRAM, &filename, CompileMode::Exec, CompileSettings::default())?;
    // Its own names are not the session's.
    let place = objects::types::dict::PyDict::new_value(vm);
    let place = place.into_ref::<objects::types::dict::PyDict>().unwrap_or_else(|_| call.session.globals.clone());
    place.set_str(&vm.intern("_statement"), PyStr::new_value(vm, statement));
    place.set_str(&vm.intern("_globals"), call.session.globals.clone().into_value());
    if let Some(builtins) = call.session.globals.get_str(&vm.intern("__builtins__")) {
        place.set_str(&vm.intern("__builtins__"), builtins);
    }
    let run_in =
        objects::core::interpreter_state::RunIn { globals: &place, locals: None, closure: None };
    (vm.interpreter().hooks().run_code)(vm, &code, run_in)?;
    crate::console::flush(vm);
    Ok(Given::Text(String::new()))
}
