//! `:cd`, `:pwd` and `:env`

use std::path::PathBuf;

use super::{Call, Command, Given, wrong};
use crate::table::Table;
use objects::core::errors::PyResult;
use objects::types::str::PyStr;

/// `:cd`
pub(super) const CD: Command = Command {
    name: "cd",
    form: ":cd [FOLDER | -]",
    about: "change the current folder; without one to the home folder, with - to the one before",
    example: ":cd ..",
    group: "session",
    run: cd,
};

/// `:pwd`
pub(super) const PWD: Command = Command {
    name: "pwd",
    form: ":pwd",
    about: "the current folder",
    example: ":pwd",
    group: "session",
    run: |_| Ok(here()),
};

/// `:env`
pub(super) const ENV: Command = Command {
    name: "env",
    form: ":env [NAME[=VALUE]]",
    about: "the environment, a variable of it, or a new value for one",
    example: ":env HOME",
    group: "session",
    run: env,
};

/// A path with `~` in front meaning the home folder.
pub(super) fn expanded(path: &str) -> PathBuf {
    match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            std::env::home_dir().unwrap_or_default().join(rest.trim_start_matches('/'))
        }
        _ => PathBuf::from(path),
    }
}

fn here() -> Given {
    match std::env::current_dir() {
        Ok(folder) => Given::Text(format!("{}\n", folder.display())),
        Err(error) => wrong("pwd", &error.to_string()),
    }
}

fn cd(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let name = call.rest.trim();
    let folder = match (name, &call.session.last_folder) {
        ("", _) => expanded("~"),
        ("-", Some(last)) => last.clone(),
        ("-", None) => return Ok(wrong("cd", "there was no other folder yet")),
        _ => expanded(name),
    };
    let before = std::env::current_dir().ok();
    Ok(match std::env::set_current_dir(&folder) {
        Ok(()) => {
            call.session.last_folder = before;
            here()
        }
        Err(error) => wrong("cd", &format!("{}: {error}", folder.display())),
    })
}

/// Through `os.environ`, which the program sees too.
fn env(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let vm = call.vm;
    let os = modules::importing::import_module(vm, "os")?;
    let environ = vm.get_attr_str(&os, "environ")?;
    let rest = call.rest.trim();
    if let Some((name, value)) = rest.split_once('=') {
        let (name, value) = (PyStr::new_value(vm, name), PyStr::new_value(vm, value));
        vm.call_method(&environ, &vm.intern("__setitem__"), &[name, value])?;
        return Ok(Given::Text(String::new()));
    }
    if !rest.is_empty() {
        let found = vm.call_method(&environ, &vm.intern("get"), &[PyStr::new_value(vm, rest)])?;
        return Ok(match found.downcast::<PyStr>() {
            Some(text) => Given::Text(format!("{}\n", text.to_rust_string())),
            None => wrong("env", &format!("{rest} is not set")),
        });
    }
    let mut table = Table::new(&["name", "value"]);
    let items = vm.call_method(&environ, &vm.intern("items"), &[])?;
    let mut rows = Vec::new();
    for item in vm.collect(&items)? {
        let pair = vm.collect(&item)?;
        let text = |index: usize| {
            pair.get(index)
                .and_then(|part| part.downcast::<PyStr>())
                .map(objects::core::object::Py::to_rust_string)
                .unwrap_or_default()
        };
        rows.push([text(0), text(1)]);
    }
    rows.sort();
    for row in rows {
        table.row(row);
    }
    Ok(Given::Table(table))
}

/// Writes a text to a file that is not there yet: nothing of the user's is overwritten.
pub(super) fn written_new(command: &str, name: &str, text: &str) -> Given {
    let path = expanded(name);
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
    let written = opened.and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
    match written {
        Ok(()) => Given::Text(format!("{} lines in {}\n", text.lines().count(), path.display())),
        Err(error) => wrong(command, &format!("{}: {error}", path.display())),
    }
}
