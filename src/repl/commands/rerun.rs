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
    let (first, last) = self::range(call, range)?;
    let found = call.session.inputs.get(first..=last).unwrap_or_default();
    Ok(found.iter().map(|text| format!("{text}\n")).collect())
}

/// The first and the last of the inputs that `@N` or `@N-M` means; all of them for no text.
pub(super) fn range(call: &Call<'_, '_>, range: &str) -> Result<(usize, usize), String> {
    let count = call.session.inputs.len();
    if range.is_empty() {
        return Ok((0, count.saturating_sub(1)));
    }
    let numbers = range.trim_start_matches('@');
    let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
    let number = |text: &str| {
        let number = text.trim_start_matches('@').parse::<usize>();
        number.map_err(|_| format!("{range} is no range of inputs"))
    };
    let (first, last) = (number(first)?, number(last)?);
    if last >= count {
        return Err(format!("there is no input {last}"));
    }
    if first > last {
        return Err(format!("{range} is no range of inputs: it ends before it begins"));
    }
    Ok((first, last))
}
