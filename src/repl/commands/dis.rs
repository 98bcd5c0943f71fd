//! `:dis`

use super::{Call, Command, Given, wrong};
use crate::session::Session;
use crate::table::Table;
use crate::{look, theme, views};
use bytecode::dis::{self, DisOptions, Listed};
use modules::builtins::{CompileMode, CompileSettings, compile_source};
use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::type_object::PyType;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::code::PyCode;
use objects::types::str::PyStr;
use objects::types::traceback::PyTraceback;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "dis",
    form: ":dis [--plain] [-C] [-O] [-P] [-S] [TARGET]",
    about: "the bytecode of the last input, of @N, or of what an expression gives",
    example: ":dis len_of",
    group: "compile",
    run: disassembly,
};

fn disassembly(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let vm = call.vm;
    let (options, rest) = call.options();
    let mut plain = false;
    let mut shown = DisOptions::default();
    let (mut stack, mut source) = (call.session.settings.stack, call.session.settings.source);
    for option in options {
        match option {
            "--plain" => plain = true,
            "--stack" => stack = true,
            "--no-stack" => stack = false,
            "--source" => source = true,
            "--no-source" => source = false,
            "-C" => shown.caches = true,
            "-O" => shown.offsets = true,
            "-P" => shown.positions = true,
            "-S" => shown.specialized = true,
            other => return Ok(wrong("dis", &format!("unknown option {other}"))),
        }
    }
    let codes = match codes_of(call, rest)? {
        Ok(codes) => codes,
        Err(message) => return Ok(wrong("dis", &message)),
    };
    if call.json && !plain {
        let mut all = Table::new(&HEADS);
        for code in codes.iter().flat_map(|code| listed(vm, code, shown.specialized)) {
            add_rows(&mut all, &code);
        }
        return Ok(Given::Table(all));
    }
    let mut out = String::new();
    for code in &codes {
        let all = listed(vm, code, shown.specialized);
        if plain {
            out.push_str(&dis::render(&all, &shown));
        } else {
            let text = if source { source_of(code) } else { None };
            let (colors, columns) = (call.colors(), call.columns());
            let (caches, positions) = (shown.caches, shown.positions);
            let looks = views::Looks { stack, caches, positions, colors, columns };
            out.push_str(&views::code(&all, text.as_deref(), looks));
        }
    }
    if !plain && call.colors() {
        return Ok(Given::Answer(super::Answer::Text(out)));
    }
    Ok(Given::Text(out))
}

/// A code object and those inside it: with the specialised opcodes that stand in them now, or as they were compiled.
fn listed(vm: Vm<'_>, code: &PyRef<PyCode>, specialized: bool) -> Vec<Listed> {
    let mut all = Vec::new();
    let mut waiting = vec![code.clone()];
    while let Some(code) = waiting.pop() {
        let adaptive = specialized.then(|| code.adaptive_code());
        all.push(Listed { code: code.shared_spec().clone(), adaptive });
        let inner = (0..code.constant_count()).rev();
        let inner = inner.filter(|index| code.is_code_constant(*index) == Some(true));
        waiting.extend(inner.filter_map(|index| look::code(code.constant(vm, index))));
    }
    all
}

/// The source that a code object was made of.
pub(crate) fn source_of(code: &PyRef<PyCode>) -> Option<String> {
    modules::tracebacks::sources::text_of_code(code.shared_spec())
        .map(|text| text.to_string())
        .or_else(|| text_of_file(&code.filename.to_rust_string()))
}

/// The text of a file, or of a module of the embedded library.
pub(super) fn text_of_file(name: &str) -> Option<String> {
    let root = Some(modules::library::root()).filter(|root| !root.is_empty());
    modules::tracebacks::sources::text_of(name, root)
}

/// The code objects that a target means; a class means its methods.
pub(super) fn codes_of(
    call: &Call<'_, '_>,
    target: &str,
) -> PyResult<Result<Vec<PyRef<PyCode>>, String>> {
    let vm = call.vm;
    if target.is_empty() {
        let last = call.session.last_code.clone();
        return Ok(last.map(|code| vec![code]).ok_or_else(|| "there was no input yet".to_owned()));
    }
    if let Some(number) = target.strip_prefix('@') {
        return match call.input(number) {
            Ok(text) => Ok(Ok(vec![compiled(vm, &text, &format!("<python-input-{number}>"))?])),
            Err(message) => Ok(Err(message)),
        };
    }
    if let Some(found) = of_file(vm, target)? {
        return Ok(found.map(|code| vec![code]));
    }
    let value = call.session.value_of(vm, target)?;
    if let Some(code) = code_of(vm, &value)? {
        return Ok(Ok(vec![code]));
    }
    if let Some(class) = value.downcast::<PyType>() {
        let namespace = class.namespace();
        let found: Vec<PyRef<PyCode>> =
            namespace.values_vec().iter().filter_map(look::code).collect();
        if !found.is_empty() {
            return Ok(Ok(found));
        }
    }
    Ok(Err(format!("{} has no bytecode", value.class().name())))
}

/// The code of `FILE.py`, or of something in it with `FILE.py:NAME`; None where the target is no file.
fn of_file(vm: Vm<'_>, target: &str) -> PyResult<Option<Result<PyRef<PyCode>, String>>> {
    let (file, name) = match target.rsplit_once(".py:") {
        Some((file, name)) => (format!("{file}.py"), Some(name)),
        None => (target.to_owned(), None),
    };
    let path = super::folders::expanded(&file);
    if !file.ends_with(".py") || !path.is_file() {
        return Ok(None);
    }
    let text = match std::fs::read(&path) {
        Ok(bytes) => match syntax::source::decode(&bytes) {
            Ok(text) => text,
            Err(error) => return Ok(Some(Err(error.message.clone()))),
        },
        Err(error) => return Ok(Some(Err(error.to_string()))),
    };
    let code = compiled(vm, &text, &file)?;
    let Some(name) = name else { return Ok(Some(Ok(code))) };
    let mut waiting = vec![code.shared_spec().clone()];
    while let Some(code) = waiting.pop() {
        if *code.qualname == *name {
            let found = PyCode::new(vm, &code);
            let text = std::sync::Arc::from(text.as_str());
            modules::tracebacks::sources::register_code(found.shared_spec(), &text);
            return Ok(Some(Ok(found)));
        }
        waiting.extend(code.nested().cloned());
    }
    Ok(Some(Err(format!("{file} has no {name}"))))
}

/// A text as a module's code, which is not run.
pub(super) fn compiled(vm: Vm<'_>, text: &str, name: &str) -> PyResult<PyRef<PyCode>> {
    let name = PyStr::new_value(vm, name);
    let code = compile_source(vm, text, &name, CompileMode::Exec, CompileSettings::default())?;
    modules::tracebacks::sources::register_code(code.shared_spec(), &std::sync::Arc::from(text));
    Ok(code)
}

/// The code that a value runs, or is: text is compiled.
pub(super) fn code_of(vm: Vm<'_>, value: &Value) -> PyResult<Option<PyRef<PyCode>>> {
    if let Some(code) = look::code(value) {
        return Ok(Some(code));
    }
    if let Some(traceback) = value.downcast::<PyTraceback>() {
        return Ok(Some(traceback.frame.code().to_ref()));
    }
    if let Some(text) = value.downcast::<PyStr>() {
        return compiled(vm, &text.to_rust_string(), "<dis>").map(Some);
    }
    for name in ["gi_code", "cr_code", "ag_code", "f_code"] {
        // Generators, coroutines and frames are native: asking them runs nothing.
        if !value.class().is_heap_type()
            && let Some(found) = vm.get_attr_opt(value, &vm.intern(name))?
        {
            return Ok(look::code(&found));
        }
    }
    Ok(None)
}

/// The bytecode of a text that is not run.
pub(super) fn of_text(vm: Vm<'_>, session: &Session, text: &str) -> String {
    match compiled(vm, &format!("{}\n", text.trim_end()), "<buffer>") {
        Ok(code) => {
            let looks = views::Looks {
                stack: session.settings.stack,
                caches: false,
                positions: false,
                colors: theme::enabled(),
                columns: crate::console::list_columns(),
            };
            views::code(&dis::with_nested(code.shared_spec()), Some(text), looks)
        }
        Err(raised) => {
            let exception = vm.take(raised);
            crate::console::sanitize(&modules::sys::hooks::plain_text(vm, &exception))
        }
    }
}

/// The instructions of one code object as rows.
pub(super) fn table(code: &PyRef<PyCode>) -> Table {
    let mut table = Table::new(&HEADS);
    add_rows(&mut table, &Listed { code: code.shared_spec().clone(), adaptive: None });
    table
}

/// What a row of the instructions says.
const HEADS: [&str; 6] = ["code", "offset", "opcode", "argument", "meaning", "line"];

fn add_rows(table: &mut Table, listed: &Listed) {
    let Listed { code, adaptive } = listed;
    for row in dis::disassemble(code, adaptive.as_deref()).rows {
        table.row([
            code.qualname.to_string(),
            row.offset.to_string(),
            row.opcode.name().to_owned(),
            row.oparg.map_or_else(String::new, |oparg| oparg.to_string()),
            row.argrepr,
            row.line.map_or_else(String::new, |line| line.to_string()),
        ]);
    }
}
