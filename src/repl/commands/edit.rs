//! `:edit`

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::{Answer, Call, Command, Given, rerun, wrong};
use objects::core::errors::PyResult;
use objects::core::vm::Vm;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "edit",
    form: ":edit [@N|NAME|FILE]",
    about: "open an input, the source of a name or a file in $EDITOR; an input comes back to the prompt",
    example: ":edit @3",
    group: "input",
    run: edit,
};

fn edit(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let rest = call.rest.trim();
    if !rest.is_empty() && !rest.starts_with('@') {
        return other(call, rest);
    }
    let text = match rerun::chosen(call, rest) {
        Ok(text) => text,
        Err(_) if call.rest.trim().is_empty() => String::new(),
        Err(message) => return Ok(wrong("edit", &message)),
    };
    Ok(match visit(call.vm, &text) {
        Ok(text) => Given::Answer(Answer::Fill(text)),
        Err(reason) => wrong("edit", &reason),
    })
}

/// The source of an object comes back to the prompt; a file is only opened.
fn other(call: &Call<'_, '_>, name: &str) -> PyResult<Given> {
    let path = super::folders::expanded(name);
    if name.contains(['/', '.']) && !name.ends_with(')') && (path.is_file() || name.contains('/')) {
        return Ok(match open(call.vm, &path) {
            Ok(()) => Given::Text(String::new()),
            Err(reason) => wrong("edit", &reason),
        });
    }
    let value = call.session.value_of(call.vm, name)?;
    let Some(text) = super::source::text_of_object(&value) else {
        return Ok(wrong("edit", &format!("the source of {name} is not known")));
    };
    Ok(match visit(call.vm, &text) {
        Ok(text) => Given::Answer(Answer::Fill(text)),
        Err(reason) => wrong("edit", &reason),
    })
}

/// A text after a visit to the editor.
pub(super) fn visit(vm: Vm<'_>, text: &str) -> Result<String, String> {
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let name = format!("pyglass-{}-{}.py", std::process::id(), now.as_nanos());
    let path = std::env::temp_dir().join(name);
    let message = |error: std::io::Error| error.to_string();
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .map_err(message)?;
    file.write_all(text.as_bytes()).map_err(message)?;
    drop(file);
    let visited = open(vm, &path);
    let read = std::fs::read_to_string(&path).map_err(message);
    // A file that stays behind in the temporary folder harms nobody.
    let _ = std::fs::remove_file(&path);
    visited?;
    Ok(read?.trim_end().to_owned())
}

/// Opens a file in the user's editor, and waits until it is closed.
pub(super) fn open(vm: Vm<'_>, path: &Path) -> Result<(), String> {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let editor = named("VISUAL").or_else(|| named("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    crate::console::flush(vm);
    let command = format!("{editor} \"$1\"");
    let mut process = std::process::Command::new("sh");
    process.arg("-c").arg(command).arg("sh").arg(path);
    let ran = vm.allow_threads(move || process.status().map_err(|error| error.to_string()));
    if ran?.success() { Ok(()) } else { Err(format!("{editor} failed")) }
}
