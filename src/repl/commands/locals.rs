//! `:locals` and `:globals`

use super::{Call, Command, Given};
use crate::table::Table;
use crate::views;
use bytecode::CodeSpec;
use bytecode::code_spec::code_flags;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::types::dict::PyDict;

/// `:locals`
pub(super) const LOCALS: Command = Command {
    name: "locals",
    form: ":locals [N]",
    about: "the local variables of a live frame; at the prompt those of the module",
    example: ":locals",
    group: "state",
    run: locals,
};

/// `:globals`
pub(super) const GLOBALS: Command = Command {
    name: "globals",
    form: ":globals",
    about: "the global variables",
    example: ":globals --json",
    group: "state",
    run: |call| {
        let globals = call.session.globals.clone();
        Ok(Given::Table(rows(call, &globals)))
    },
};

fn locals(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let (options, rest) = call.options();
    let arguments = options.contains(&"--args");
    let index = if rest.is_empty() { call.current } else { rest.parse().unwrap_or(usize::MAX) };
    if call.frames.is_empty() {
        let globals = call.session.globals.clone();
        return Ok(Given::Table(rows(call, &globals)));
    }
    let Some(frame) = call.frames.get(index) else {
        return Ok(Given::Text(format!(":locals: no frame {rest}\n")));
    };
    match frame.frame.locals_snapshot(call.vm).into_ref::<PyDict>() {
        Ok(dict) if arguments => {
            let mut table = Table::new(&["argument", "type", "value"]).or("no arguments");
            for name in arguments_of(frame.code.spec()) {
                if let Some(value) = dict.get_str(&call.vm.intern(name)) {
                    let shown = views::brief(call.vm, &value);
                    table.row([name.to_owned(), value.class().name(), shown]);
                }
            }
            Ok(Given::Table(table))
        }
        Ok(dict) => Ok(Given::Table(rows(call, &dict))),
        Err(_) => Ok(Given::Text(":locals: the frame's namespace is no dict\n".to_owned())),
    }
}

/// The names of a code object's parameters.
fn arguments_of(code: &CodeSpec) -> impl Iterator<Item = &str> {
    let stars = [code_flags::VARARGS, code_flags::VARKEYWORDS];
    let starred = stars.iter().filter(|flag| code.flags & **flag != 0).count();
    let count = (code.argcount + code.kwonlyargcount) as usize + starred;
    code.localsplusnames.iter().take(count).map(|name| &**name)
}

fn rows(call: &Call<'_, '_>, dict: &Py<PyDict>) -> Table {
    let mut table = Table::new(&["name", "type", "value"]).or("no names");
    for key in dict.string_keys() {
        let name = key.to_rust_string();
        let Some(value) = dict.get_str(&key) else { continue };
        if !name.starts_with("__") {
            table.row([name, value.class().name(), views::brief(call.vm, &value)]);
        }
    }
    table
}
