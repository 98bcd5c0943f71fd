//! Text in, outcome out: each input is a module's code, run in the namespace of `__main__`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use modules::builtins::{CompileMode, CompileSettings, compile_source};
use modules::tracebacks::sources;
use objects::core::errors::{PyResult, Raised};
use objects::core::interpreter_state::RunIn;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::code::PyCode;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::str::PyStr;

/// What became of an input.
pub(crate) enum Outcome {
    /// It ran, or it failed and the failure was shown: the next prompt comes.
    Next,
    /// The program leaves with this status.
    Leave(i32),
}

/// What a shell keeps between inputs.
pub(crate) struct Session {
    /// The namespace of `__main__`.
    pub(crate) globals: PyRef<PyDict>,
    /// The mapping that names are bound in, where that is not the namespace: the locals of a frame.
    pub(crate) locals: Option<Value>,
    /// How many inputs there were, where each has a file name of its own.
    pub(crate) inputs: Option<u64>,
    /// The code of the last input that compiled.
    pub(crate) last_code: Option<PyRef<PyCode>>,
    /// The text of the last input.
    pub(crate) last_text: String,
    /// The exception that the last failure showed.
    pub(crate) last_exception: Option<Value>,
}

impl Session {
    /// A session in a namespace.
    pub(crate) fn new(globals: PyRef<PyDict>, locals: Option<Value>) -> Self {
        Self {
            globals,
            locals,
            inputs: None,
            last_code: None,
            last_text: String::new(),
            last_exception: None,
        }
    }

    /// Runs an input. A panic of the machine below ends the input, not the session.
    pub(crate) fn evaluate(&mut self, vm: Vm<'_>, text: &str) -> Outcome {
        text.clone_into(&mut self.last_text);
        let ran = catch_unwind(AssertUnwindSafe(|| self.run(vm, text)));
        match ran {
            Ok(Ok(())) => Outcome::Next,
            Ok(Err(raised)) => self.failed(vm, raised),
            Err(_) => {
                modules::sys::hooks::write_stderr("SystemError: internal error\n");
                Outcome::Next
            }
        }
    }

    fn run(&mut self, vm: Vm<'_>, text: &str) -> PyResult<()> {
        let filename = match &mut self.inputs {
            None => PyStr::new_value(vm, "<stdin>"),
            Some(number) => {
                *number += 1;
                PyStr::new_value(vm, &format!("<python-input-{}>", *number - 1))
            }
        };
        let settings = CompileSettings::default();
        let code = compile_source(vm, text, &filename, CompileMode::Single, settings)?;
        sources::register_code(code.shared_spec(), &Arc::from(text));
        self.last_code = Some(code.clone());
        let place = RunIn { globals: &self.globals, locals: self.locals.as_ref(), closure: None };
        (vm.interpreter().hooks().run_code)(vm, &code, place)?;
        Ok(())
    }

    /// The value of an expression, which names a command's target.
    pub(crate) fn value_of(&self, vm: Vm<'_>, text: &str) -> PyResult<Value> {
        let filename = PyStr::new_value(vm, "<command>");
        let code =
            compile_source(vm, text, &filename, CompileMode::Eval, CompileSettings::default())?;
        let place = RunIn { globals: &self.globals, locals: self.locals.as_ref(), closure: None };
        (vm.interpreter().hooks().run_code)(vm, &code, place)
    }

    fn failed(&mut self, vm: Vm<'_>, raised: Raised) -> Outcome {
        if vm.raised_is(&raised, &exc::SYSTEM_EXIT) {
            return Outcome::Leave(lifecycle::run::report(vm, raised));
        }
        let exception = vm.take(raised);
        self.last_exception = Some(exception.clone());
        for (name, value) in [
            ("last_exc", exception.clone()),
            ("last_type", exception.class().to_value()),
            ("last_value", exception.clone()),
            ("last_traceback", traceback_of(&exception)),
        ] {
            drop(vm.interpreter().sys.set_str(&vm.intern(name), value));
        }
        let raised = vm.restore(exception);
        lifecycle::run::report(vm, raised);
        Outcome::Next
    }
}

/// An exception's traceback; None as a value where it has none.
pub(crate) fn traceback_of(exception: &Value) -> Value {
    let payload = objects::types::exceptions::base::payload_of(exception);
    payload.traceback.get().unwrap_or(Value::NONE)
}
