//! `:edit`

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use super::{Answer, Call, Command, Given, rerun, wrong};
use objects::core::errors::PyResult;
use objects::core::vm::Vm;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "edit",
    form: ":edit [@N]",
    about: "open an input in $EDITOR; what comes back stands at the prompt",
    example: ":edit @3",
    group: "input",
    run: edit,
};

fn edit(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let text = match rerun::chosen(call, call.rest.trim()) {
        Ok(text) => text,
        Err(_) if call.rest.trim().is_empty() => String::new(),
        Err(message) => return Ok(wrong("edit", &message)),
    };
    Ok(match visit(call.vm, &text) {
        Ok(text) => Given::Answer(Answer::Fill(text)),
        Err(reason) => wrong("edit", &reason),
    })
}

/// A text after a visit to the editor.
pub(super) fn visit(vm: Vm<'_>, text: &str) -> Result<String, String> {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let editor = named("VISUAL").or_else(|| named("EDITOR")).unwrap_or_else(|| "vi".to_owned());
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
    crate::console::flush(vm);
    let command = format!("{editor} \"$1\"");
    let mut process = std::process::Command::new("sh");
    process.arg("-c").arg(command).arg("sh").arg(&path);
    let ran = vm.allow_threads(move || process.status().map_err(|error| error.to_string()));
    let read = std::fs::read_to_string(&path).map_err(message);
    // A file that stays behind in the temporary folder harms nobody.
    let _ = std::fs::remove_file(&path);
    if !ran?.success() {
        return Err(format!("{editor} failed"));
    }
    Ok(read?.trim_end().to_owned())
}
