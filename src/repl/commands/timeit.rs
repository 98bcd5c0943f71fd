//! `:timeit`

use super::time::span;
use super::{Call, Command, Given, wrong};
use modules::builtins::CompileMode;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "timeit",
    form: ":timeit [-n LOOPS] [-r ROUNDS] STATEMENT",
    about: "how long a statement takes at best, by many runs (runs it)",
    example: ":timeit sorted(range(100))",
    group: "measure",
    run: timeit,
};

/// The name that the loop binds.
const COUNTER: &str = "__pyglass_loop__";
/// How many times the loop is timed; the best counts.
const ROUNDS: usize = 5;
/// A round that is shorter is made longer.
const ROUND_SECONDS: f64 = 0.1;

fn timeit(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let (loops, rounds, statement) = match arguments(call.rest.trim()) {
        Ok(arguments) => arguments,
        Err(message) => return Ok(wrong("timeit", &message)),
    };
    let body = statement.replace('\n', "\n    ");
    let program = |count: u64| {
        format!("for {COUNTER} in __import__('itertools').repeat(None, {count}):\n    {body}\n")
    };
    let timed = measured(call, loops, rounds, &program);
    // The loop's own name is nobody's business.
    drop(call.session.globals.remove_str(&call.vm.intern(COUNTER)));
    let (best, count) = timed?;
    #[expect(clippy::cast_precision_loss, reason = "a count of loops is far below 2**52")]
    let each = best / count as f64;
    Ok(Given::Text(format!("{} per loop (best of {rounds}, {count} loops)\n", span(each))))
}

/// The best time of a round, and how many loops it has.
fn measured(
    call: &Call<'_, '_>,
    loops: Option<u64>,
    rounds: usize,
    program: &dyn Fn(u64) -> String,
) -> PyResult<(f64, u64)> {
    let mut count: u64 = loops.unwrap_or(1);
    // The first run pays for what is imported.
    call.session.time(call.vm, &program(1), CompileMode::Exec)?;
    let mut took = call.session.time(call.vm, &program(count), CompileMode::Exec)?;
    while loops.is_none() && took < ROUND_SECONDS && count < 1_000_000_000 {
        count *= if took < ROUND_SECONDS / 20.0 { 10 } else { 2 };
        took = call.session.time(call.vm, &program(count), CompileMode::Exec)?;
    }
    let mut best = took;
    for _ in 1..rounds {
        best = best.min(call.session.time(call.vm, &program(count), CompileMode::Exec)?);
    }
    Ok((best, count))
}

/// How many loops and rounds are wanted, and the statement.
fn arguments(mut rest: &str) -> Result<(Option<u64>, usize, &str), String> {
    let (mut loops, mut rounds) = (None, ROUNDS);
    while let Some(behind) = rest.strip_prefix("-n").or_else(|| rest.strip_prefix("-r")) {
        let of_loops = rest.starts_with("-n");
        let behind = behind.trim_start();
        let (number, statement) = behind.split_once(char::is_whitespace).unwrap_or((behind, ""));
        let Some(number) = number.parse::<u64>().ok().filter(|number| *number > 0) else {
            // It is a statement that begins so: the value of `n`, negated.
            break;
        };
        if of_loops {
            loops = Some(number);
        } else {
            rounds = usize::try_from(number).unwrap_or(usize::MAX);
        }
        rest = statement.trim_start();
    }
    if rest.is_empty() {
        return Err("a statement is missing, as in :timeit sorted(range(100))".to_owned());
    }
    Ok((loops, rounds, rest))
}
