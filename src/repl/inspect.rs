//! `--stages`, and `--json` of the other inspections: a command of the shell on a file or a text, without a session.

use std::sync::Arc;

use lifecycle::Config;
use lifecycle::config::{Inspection, Source};
use modules::builtins::{CompileMode, CompileSettings, compile_source};
use modules::tracebacks::sources;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::module;
use objects::types::str::PyStr;

use crate::commands::{self, Answer};
use crate::console;
use crate::session::Session;

/// Prints what the command line asks for: the exit status.
pub(crate) fn run(vm: Vm<'_>, inspection: Inspection, source: &Source, config: &Config) -> i32 {
    let text = lifecycle::inspect::read(source).and_then(|(bytes, name)| {
        let text = syntax::source::decode(&bytes).map_err(|error| error.message.clone() + "\n")?;
        Ok((text, name))
    });
    let (text, name) = match text {
        Ok(found) => found,
        Err(line) => {
            modules::sys::hooks::write_stderr(&console::sanitize(&line));
            return 1;
        }
    };
    let main = match modules::importing::import_module(vm, "__main__") {
        Ok(main) => main,
        Err(raised) => return lifecycle::run::report(vm, raised),
    };
    let globals: objects::core::pyref::PyRef<PyDict> = module::dict_of(vm, &main);
    let mut session = Session::new(globals, None);
    if let Inspection::Dis(_) = inspection {
        let filename = PyStr::new_value(vm, &name);
        let settings = CompileSettings::default();
        match compile_source(vm, &text, &filename, CompileMode::Exec, settings) {
            Ok(code) => {
                sources::register_code(code.shared_spec(), &Arc::from(text.as_str()));
                session.last_code = Some(code);
            }
            Err(raised) => return lifecycle::run::report(vm, raised),
        }
    }
    session.last_text = text;
    let word = match inspection {
        Inspection::Dis(flags) if flags.specialized => "dis -S",
        Inspection::Dis(_) => "dis",
        Inspection::Ast => "ast",
        Inspection::Tokens => "tokens",
        Inspection::Symtable => "symtable",
        Inspection::Stages => "stages",
    };
    let json = if config.shell.json { " --json" } else { "" };
    let answer = commands::run(vm, &mut session, &[], 0, &format!("{word}{json}"));
    if let Answer::Text(text) = answer {
        console::show(vm, &text);
    }
    console::flush(vm);
    i32::from(!session.succeeded)
}
