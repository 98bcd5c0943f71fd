//! `:history`

use super::{Call, Command, Given};
use crate::history;
use crate::table::Table;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "history",
    form: ":history [-a] [-n N] [-g TEXT]",
    about: "the inputs of this session; -a of all, -n the last N, -g those with a text",
    example: ":history -g import",
    group: "input",
    run: list,
};

fn list(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let words: Vec<&str> = call.rest.split_whitespace().collect();
    let behind = |option: &str| {
        let at = words.iter().position(|word| *word == option)?;
        words.get(at + 1).copied()
    };
    let count = behind("-n").and_then(|count| count.parse().ok()).unwrap_or(50_usize);
    let wanted = behind("-g");
    let fits = |text: &str| wanted.is_none_or(|wanted| text.contains(wanted));
    let mut rows: Vec<[String; 4]> = Vec::new();
    if words.contains(&"-a") {
        for entry in history::path().map(|path| history::load(&path)).unwrap_or_default() {
            if fits(&entry.source) {
                let ok = entry.ok.map_or("", |ok| if ok { "ok" } else { "failed" });
                let took = entry.milliseconds.map_or_else(String::new, |ms| format!("{ms} ms"));
                rows.push([
                    date(entry.time),
                    entry.source.replace('\n', "\\n"),
                    ok.to_owned(),
                    took,
                ]);
            }
        }
        let mut table = Table::new(&["when", "input", "", "took"]);
        let skip = rows.len().saturating_sub(count);
        for row in rows.into_iter().skip(skip) {
            table.row(row);
        }
        return Ok(Given::Table(table));
    }
    let mut table = Table::new(&["n", "input"]);
    let inputs: Vec<(usize, &String)> =
        call.session.inputs.iter().enumerate().filter(|(_, text)| fits(text)).collect();
    for (number, text) in inputs.iter().skip(inputs.len().saturating_sub(count)) {
        table.row([number.to_string(), text.replace('\n', "\\n")]);
    }
    Ok(Given::Table(table))
}

/// A moment as year, month, day and time (UTC).
fn date(seconds: Option<u64>) -> String {
    let Some(seconds) = seconds else { return String::new() };
    let (mut days, rest) = (seconds / 86_400, seconds % 86_400);
    let mut year = 1970;
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    while year < 9999 && days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02} {:02}:{:02}", days + 1, rest / 3600, rest / 60 % 60)
}
