//! `:timeit`

use super::time::span;
use super::{Call, Command, Given};
use modules::builtins::CompileMode;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "timeit",
    form: ":timeit STATEMENT",
    about: "how long a statement takes at best, by many runs (runs it)",
    example: ":timeit sorted(range(100))",
    group: "measure",
    run: timeit,
};

/// How many times the loop is timed; the best counts.
const ROUNDS: usize = 5;
/// A round that is shorter is made longer.
const ROUND_SECONDS: f64 = 0.1;

fn timeit(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let statement = call.rest.trim();
    let mut count: u64 = 1;
    let program = |count: u64| {
        format!("for _ in __import__('itertools').repeat(None, {count}):\n    {statement}\n")
    };
    // The first run pays for what is imported.
    call.session.time(call.vm, &program(1), CompileMode::Exec)?;
    let mut took = call.session.time(call.vm, &program(1), CompileMode::Exec)?;
    while took < ROUND_SECONDS && count < 1_000_000_000 {
        count *= if took < ROUND_SECONDS / 20.0 { 10 } else { 2 };
        took = call.session.time(call.vm, &program(count), CompileMode::Exec)?;
    }
    let mut best = took;
    for _ in 1..ROUNDS {
        best = best.min(call.session.time(call.vm, &program(count), CompileMode::Exec)?);
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of loops is far below 2**52")]
    let each = best / count as f64;
    Ok(Given::Text(format!("{} per loop (best of {ROUNDS}, {count} loops)\n", span(each))))
}
