//! `:code`

use super::{Call, Command, Given, dis, wrong};
use crate::table::Table;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "code",
    form: ":code [-i] [TARGET]",
    about: "a code object's fields; with -i its instructions as a list",
    example: ":code --json",
    group: "compile",
    run: code,
};

fn code(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let (options, rest) = call.options();
    let instructions = options.contains(&"-i");
    let code = match dis::codes_of(call, rest)? {
        Ok(codes) => codes.into_iter().next(),
        Err(message) => return Ok(wrong("code", &message)),
    };
    let Some(code) = code else { return Ok(wrong("code", "nothing was found")) };
    if instructions {
        return Ok(Given::Table(dis::table(&code)));
    }
    let mut table = Table::new(&["field", "value"]);
    let value = code.to_value();
    for name in [
        "co_name",
        "co_qualname",
        "co_filename",
        "co_firstlineno",
        "co_argcount",
        "co_posonlyargcount",
        "co_kwonlyargcount",
        "co_nlocals",
        "co_stacksize",
        "co_flags",
        "co_consts",
        "co_names",
        "co_varnames",
        "co_cellvars",
        "co_freevars",
    ] {
        let field = call.vm.get_attr_str(&value, name)?;
        let mut shown = call.vm.repr(&field)?.to_rust_string();
        if name == "co_flags" {
            shown = format!("{shown} ({})", flags(code.spec().flags));
        }
        table.row([name.to_owned(), shown]);
    }
    Ok(Given::Table(table))
}

/// The names of the bits of `co_flags`.
pub(crate) fn flags(bits: u32) -> String {
    use bytecode::code_spec::code_flags as flag;
    let names = [
        (flag::OPTIMIZED, "OPTIMIZED"),
        (flag::NEWLOCALS, "NEWLOCALS"),
        (flag::VARARGS, "VARARGS"),
        (flag::VARKEYWORDS, "VARKEYWORDS"),
        (flag::NESTED, "NESTED"),
        (flag::GENERATOR, "GENERATOR"),
        (flag::COROUTINE, "COROUTINE"),
        (flag::ITERABLE_COROUTINE, "ITERABLE_COROUTINE"),
        (flag::ASYNC_GENERATOR, "ASYNC_GENERATOR"),
        (flag::FUTURE_ANNOTATIONS, "FUTURE_ANNOTATIONS"),
        (flag::HAS_DOCSTRING, "HAS_DOCSTRING"),
        (flag::METHOD, "METHOD"),
    ];
    let set: Vec<&str> =
        names.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| *name).collect();
    if set.is_empty() { "no flags".to_owned() } else { set.join("|") }
}
