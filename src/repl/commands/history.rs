//! `:history`

use super::{Call, Command, Given, wrong};
use crate::history;
use crate::table::Table;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::str::PyStr;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "history",
    form: ":history [-a] [-t] [-n N] [-g TEXT] [--import FILE] [@N[-M]]",
    about: "the inputs of this session; -a of all sessions, -t with times, -n the last N, -g with a text",
    example: ":history -g import",
    group: "input",
    run: list,
};

/// The end of the year 9999, about: a history's numbers may be anything.
const SECONDS_MAX: i64 = 253_000_000_000;
/// How many entries are shown where nobody says.
const SHOWN: usize = 50;

fn list(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let mut words = call.rest.split_whitespace();
    let (mut all, mut times, mut count, mut wanted, mut range) = (false, false, None, None, None);
    while let Some(word) = words.next() {
        match word {
            "-a" => all = true,
            "-t" => times = true,
            "-n" => match words.next().map(str::parse::<usize>) {
                Some(Ok(number)) => count = Some(number),
                _ => return Ok(wrong("history", "-n wants a number")),
            },
            "-g" => wanted = words.next(),
            "--import" => return Ok(import(call, words.next())),
            _ if word.starts_with('@') => range = Some(word),
            _ => return Ok(wrong("history", &format!("unknown option {word}"))),
        }
    }
    let fits = |text: &str| wanted.is_none_or(|wanted| text.contains(wanted));
    if all || times {
        let own = call.session.history.as_ref().map(|history| history.session().to_owned());
        let entries = history::path().map(|path| history::load(&path)).unwrap_or_default();
        let entries: Vec<history::Entry> = entries
            .into_iter()
            .filter(|entry| fits(&entry.source))
            .filter(|entry| all || own.as_ref() == Some(&entry.session))
            .collect();
        return Ok(Given::Table(with_times(call.vm, &entries, count.unwrap_or(SHOWN))?));
    }
    let inputs = &call.session.inputs;
    let (mut first, mut last) = (0, inputs.len());
    if let Some(range) = range {
        let (a, b) = range.split_once('-').unwrap_or((range, range));
        let number = |text: &str| text.trim_start_matches('@').parse::<usize>();
        match (number(a), number(b)) {
            (Ok(a), Ok(b)) => (first, last) = (a, b.saturating_add(1)),
            _ => return Ok(wrong("history", &format!("{range} is no range of inputs"))),
        }
    }
    let found: Vec<(usize, &String)> = inputs
        .iter()
        .enumerate()
        .filter(|(number, text)| (first..last).contains(number) && fits(text))
        .collect();
    let shown = count.unwrap_or(if range.is_some() { usize::MAX } else { SHOWN });
    let mut table = Table::new(&["n", "input"]);
    for (number, text) in found.iter().skip(found.len().saturating_sub(shown)) {
        table.row([number.to_string(), text.replace('\n', "\\n")]);
    }
    Ok(Given::Table(table))
}

fn with_times(vm: Vm<'_>, entries: &[history::Entry], count: usize) -> PyResult<Table> {
    let mut table = Table::new(&["when", "input", "", "took"]);
    let entries = entries.get(entries.len().saturating_sub(count)..).unwrap_or_default();
    let moments: Vec<Option<u64>> = entries.iter().map(|entry| entry.time).collect();
    for (entry, date) in entries.iter().zip(dates(vm, &moments)?) {
        let ok = entry.ok.map_or("", |ok| if ok { "ok" } else { "failed" });
        let took = entry.milliseconds.map_or_else(String::new, |ms| format!("{ms} ms"));
        let source = entry.source.replace('\n', "\\n");
        table.row([date, source, ok.to_owned(), took]);
    }
    Ok(table)
}

/// Takes over the entries of another shell's history.
fn import(call: &mut Call<'_, '_>, path: Option<&str>) -> Given {
    let paths = match path {
        Some(path) => vec![super::folders::expanded(path)],
        None => history::foreign::known(),
    };
    if paths.is_empty() {
        return wrong("history", "no history of CPython or IPython was found");
    }
    let Some(own) = &mut call.session.history else {
        return wrong("history", "this session keeps no history");
    };
    let mut text = String::new();
    for path in paths {
        let shown = path.display();
        text.push_str(&match history::foreign::read(&path) {
            Ok(sources) => match own.import(&sources) {
                Ok(()) => format!("{} entries of {shown}\n", sources.len()),
                Err(message) => message,
            },
            Err(message) => format!(":history: {shown}: {message}\n"),
        });
    }
    call.session.imported = true;
    Given::Text(text)
}

/// Moments as year, month, day and time where the user is.
fn dates(vm: Vm<'_>, moments: &[Option<u64>]) -> PyResult<Vec<String>> {
    let time = modules::importing::import_module(vm, "time")?;
    let (local, format) = (vm.intern("localtime"), vm.intern("strftime"));
    let form = PyStr::new_value(vm, "%Y-%m-%d %H:%M");
    let date = |moment: &Option<u64>| -> PyResult<String> {
        // What was never a time is shown as none.
        let Some(seconds) = moment.and_then(|seconds| i64::try_from(seconds).ok()) else {
            return Ok(String::new());
        };
        let seconds = seconds.min(SECONDS_MAX);
        let parts = vm.call_method(&time, &local, &[Value::small_int_unchecked(seconds)])?;
        let text = vm.call_method(&time, &format, &[form.clone(), parts])?;
        Ok(vm.str(&text)?.to_rust_string())
    };
    moments.iter().map(date).collect()
}
