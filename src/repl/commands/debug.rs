//! `:debug`

use super::{Call, Command, Given, wrong};
use crate::debugger;
use crate::session::{Outcome, traceback_of};
use crate::stepper::{self, Mode};
use crate::table::Table;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::types::exceptions::base::payload_of;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "debug",
    form: ":debug [STATEMENT]",
    about: "step through a statement by lines; without one, a prompt among the frames of the last error",
    example: ":debug fact(3)",
    group: "debug",
    run: debug,
};

fn debug(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let (options, rest) = call.options();
    let rest = rest.to_owned();
    let exceptions = options.contains(&"--exceptions");
    if !rest.is_empty() {
        return through(call, &rest, Mode::EnterLine);
    }
    let last = call.vm.interpreter().sys.get_str(&call.vm.intern("last_exc"));
    let Some(exception) = call.session.last_exception.clone().or(last) else {
        return Ok(wrong("debug", "nothing failed yet"));
    };
    if exceptions {
        return Ok(Given::Table(chain(exception)));
    }
    if traceback_of(&exception).is_none() {
        return Ok(wrong("debug", "the last error came before anything ran: it has no frames"));
    }
    debugger::post_mortem(call.vm, &exception)?;
    Ok(Given::Text(String::new()))
}

/// The exception and those that it came from.
fn chain(exception: Value) -> Table {
    let mut table = Table::new(&["#", "exception", "frames"]);
    let mut next = Some(exception);
    let mut number = 0_usize;
    while let Some(exception) = next {
        let traceback = traceback_of(&exception);
        let shown = if traceback.is_none() { "none" } else { "yes" };
        table.row([number.to_string(), exception.class().name(), shown.to_owned()]);
        number += 1;
        let payload = payload_of(&exception);
        next = payload.cause.get().or_else(|| payload.context.get()).filter(|_| number < 100);
    }
    table
}

/// Runs a statement, which stops at its first line or instruction.
pub(super) fn through(call: &mut Call<'_, '_>, statement: &str, mode: Mode) -> PyResult<Given> {
    let vm = call.vm;
    vm.check_recursion(" in a debugger")?;
    stepper::go(vm, mode);
    let outcome = call.session.evaluate(vm, &format!("{statement}\n"));
    stepper::rest(vm);
    debugger::rest_of_interrupts(vm);
    Ok(match outcome {
        Outcome::Leave(status) => Given::Answer(super::Answer::Leave(status)),
        Outcome::Next => Given::Text(String::new()),
    })
}
