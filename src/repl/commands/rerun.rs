//! `:rerun`

use super::{Answer, Call, Command, Given, wrong};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "rerun",
    form: ":rerun [@N[-M]]",
    about: "run inputs again (runs them); without a number the last",
    example: ":rerun @0-2",
    group: "input",
    run: rerun,
};

fn rerun(call: &mut Call<'_, '_>) -> PyResult<Given> {
    Ok(match chosen(call, call.rest.trim()) {
        Ok(text) => Given::Answer(Answer::Enter(text)),
        Err(message) => wrong("rerun", &message),
    })
}

/// The inputs of `@N` or `@N-M`, or the last one.
pub(super) fn chosen(call: &Call<'_, '_>, range: &str) -> Result<String, String> {
    if range.is_empty() {
        return call
            .session
            .inputs
            .last()
            .map(|text| format!("{text}\n"))
            .ok_or_else(|| "there was no input yet".to_owned());
    }
    let numbers = range.trim_start_matches('@');
    let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
    let number = |text: &str| {
        text.trim_start_matches('@')
            .parse::<usize>()
            .map_err(|_| format!("{range} is no range of inputs"))
    };
    let (first, last) = (number(first)?, number(last)?);
    let found =
        call.session.inputs.get(first..=last).ok_or_else(|| format!("there is no input {last}"))?;
    Ok(found.iter().map(|text| format!("{text}\n")).collect())
}
