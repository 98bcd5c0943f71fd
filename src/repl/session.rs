//! The session: text in, outcome out. Each input is compiled on its own and runs in `__main__`, whose names stay.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use lifecycle::run;
use modules::builtins::{CompileMode, CompileSettings, compile_source};
use modules::importing;
use modules::tracebacks::sources;
use objects::core::errors::PyResult;
use objects::core::interpreter_state::RunIn;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::code::PyCode;
use objects::types::exceptions::base::payload_of;
use objects::types::exceptions::hierarchy as exc;
use objects::types::module;
use objects::types::str::PyStr;

/// What an input came to.
pub enum Outcome {
    /// It ran; a value, if there was one, has been shown by `sys.displayhook`.
    Done,
    /// It raised this exception, which nobody has shown yet.
    Raised(Value),
    /// It asked to leave with this status.
    Exit(i32),
}

/// One session.
pub struct Session<'gil> {
    vm: Vm<'gil>,
    /// The code object of the last input that compiled.
    last: Option<PyRef<PyCode>>,
}

impl<'gil> Session<'gil> {
    /// A session in `__main__`.
    #[must_use]
    pub fn new(vm: Vm<'gil>) -> Self {
        Self { vm, last: None }
    }

    /// The code object of the last input that compiled.
    #[must_use]
    pub fn last_code(&self) -> Option<&PyRef<PyCode>> {
        self.last.as_ref()
    }

    /// Compiles and runs one input. A panic of ours is an exception of the input; the session lives on.
    pub fn run(&mut self, text: &str, filename: &str) -> Outcome {
        let result = catch_unwind(AssertUnwindSafe(|| self.run_guarded(text, filename)));
        let result = match result {
            Ok(result) => result,
            Err(panic) => {
                let what = panic
                    .downcast_ref::<String>()
                    .map(String::as_str)
                    .or_else(|| panic.downcast_ref::<&str>().copied())
                    .unwrap_or("unknown");
                Err(self.vm.system_error(format!("internal error, please report it: {what}")))
            }
        };
        match result {
            Ok(()) => Outcome::Done,
            Err(raised) if self.vm.raised_is(&raised, &exc::SYSTEM_EXIT) => {
                Outcome::Exit(run::report(self.vm, raised))
            }
            Err(raised) => {
                let exception = self.vm.take(raised);
                self.remember(&exception);
                Outcome::Raised(exception)
            }
        }
    }

    fn run_guarded(&mut self, text: &str, filename: &str) -> PyResult<()> {
        let vm = self.vm;
        let name = PyStr::new_value(vm, filename);
        let code =
            compile_source(vm, text, &name, CompileMode::Single, CompileSettings::default())?;
        sources::register_code(code.shared_spec(), &Arc::from(text));
        self.last = Some(code.clone());
        let main = importing::import_module(vm, "__main__")?;
        let globals = module::dict_of(vm, &main);
        let run = vm.interpreter().hooks().run_code;
        run(vm, &code, RunIn { globals: &globals, locals: None, closure: None })?;
        Ok(())
    }

    /// `sys.last_exc` and its older kin.
    fn remember(&self, exception: &Value) {
        let vm = self.vm;
        let traceback = payload_of(exception).traceback.get().unwrap_or(Value::NONE);
        let names = vm.names();
        for (name, value) in [
            (&names.last_exc, exception.clone()),
            (&names.last_type, exception.class().to_value()),
            (&names.last_value, exception.clone()),
            (&names.last_traceback, traceback),
        ] {
            drop(vm.interpreter().sys.set_str(name, value));
        }
    }
}
