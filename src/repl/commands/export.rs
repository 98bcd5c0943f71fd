//! `:export`

use super::{Call, Command, Given, dis, folders, rerun, wrong};
use crate::recorder;
use crate::transcript::{self, Cell};
use bytecode::dis::{self as listing, DisOptions};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "export",
    form: ":export html|json|py|ipynb FILE [@N[-M] | trace]",
    about: "write the session to a new file: a page, data, a program or a notebook; html FILE trace: the last :trace",
    example: ":export html session.html",
    group: "input",
    run: export,
};

fn export(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let words: Vec<&str> = call.rest.split_whitespace().collect();
    let [form, file, rest @ ..] = words.as_slice() else {
        let message = "a form and a file are wanted, as in :export html session.html";
        return Ok(wrong("export", message));
    };
    let text = match (*form, rest) {
        ("html", ["trace"]) => match recorder::last_page() {
            Some(page) => page,
            None => return Ok(wrong("export", "nothing was traced yet: :trace STATEMENT")),
        },
        ("html" | "json" | "py" | "ipynb", []) => text_of(call, form, ""),
        ("html" | "json" | "py" | "ipynb", [range]) if range.starts_with('@') => {
            if let Err(message) = rerun::range(call, range) {
                return Ok(wrong("export", &message));
            }
            text_of(call, form, range)
        }
        ("html" | "json" | "py" | "ipynb", [other, ..]) => {
            return Ok(wrong("export", &format!("{other} is no range of inputs, as @0-9 is")));
        }
        (other, _) => {
            return Ok(wrong("export", &format!("{other}: html, json, py or ipynb is wanted")));
        }
    };
    Ok(folders::written_new("export", file, &text))
}

fn text_of(call: &Call<'_, '_>, form: &str, range: &str) -> String {
    let (first, last) = rerun::range(call, range).unwrap_or((0, usize::MAX));
    let mut cells: Vec<Cell> = call.session.cells();
    cells.retain(|cell| (first..=last).contains(&cell.number));
    match form {
        "py" => transcript::program(&cells),
        "json" => transcript::data(&cells),
        "ipynb" => transcript::notebook(&cells),
        _ => {
            for cell in &mut cells {
                cell.bytecode = bytecode(call, &cell.source);
            }
            transcript::html(&cells)
        }
    }
}

/// The bytecode of an input, as the `dis` module prints it; none of what does not compile.
fn bytecode(call: &Call<'_, '_>, source: &str) -> String {
    match dis::compiled(call.vm, &format!("{source}\n"), "<cell>") {
        Ok(code) => {
            listing::render(&listing::with_nested(code.shared_spec()), &DisOptions::default())
        }
        Err(raised) => {
            call.vm.clear(raised);
            String::new()
        }
    }
}
