//! `:stages`

use std::fmt::Write;

use super::{Call, Command, Given, program, symtable, wrong};
use crate::table::Table;
use crate::theme::{Tint, tinted};
use bytecode::CodeRef;
use bytecode::dis::{self, DisOptions};
use compiler::stages::{StageRow, Stages};
use objects::core::errors::PyResult;
use objects::types::str::PyStr;
use syntax::{Mode, ParseOptions};

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "stages",
    form: ":stages [SOURCE | @N]",
    about: "a text on its way through the compiler: source, tokens, tree, optimised tree, scopes, pseudo bytecode, optimised, bytecode",
    example: ":stages x = 1 + 2",
    group: "compile",
    run: stages,
};

/// The width of the rule above a stage.
const WIDTH: usize = 72;

/// The stages as far as the text comes, each under its name; behind the last one what is wrong, if something is.
struct Shown {
    stages: Vec<(&'static str, String)>,
    error: Option<String>,
}

fn stages(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let text = match call.text() {
        Ok(text) if text.trim().is_empty() => {
            return Ok(wrong("stages", "there was no input yet"));
        }
        Ok(text) => text,
        Err(message) => return Ok(wrong("stages", &message)),
    };
    let shown = all_of(call, &text)?;
    if call.json {
        let mut table = Table::new(&["stage", "text"]);
        let error = shown.error.into_iter().map(|text| ("error", text));
        for (name, text) in shown.stages.into_iter().chain(error) {
            table.row([name.to_owned(), text]);
        }
        return Ok(Given::Table(table));
    }
    let colors = call.colors();
    let mut out = String::new();
    for (name, text) in shown.stages {
        let rule = "─".repeat(WIDTH.saturating_sub(name.chars().count() + 4));
        let head = format!("── {name} {rule}");
        let head = if colors { tinted(Tint::Heading, &head) } else { head };
        let _ = writeln!(out, "{head}\n{}", crate::console::sanitize(text.trim_end_matches('\n')));
    }
    out.push_str(&crate::console::sanitize(&shown.error.unwrap_or_default()));
    Ok(Given::Answer(super::Answer::Text(out)))
}

fn all_of(call: &Call<'_, '_>, text: &str) -> PyResult<Shown> {
    let mut stages = vec![("source", text.to_owned())];
    let (tokens, error) = syntax::tokens::render(text.as_bytes(), "<stdin>");
    stages.push(("tokens", tokens));
    if error.is_some() {
        return Ok(Shown { stages, error });
    }
    let failed = |error: &syntax::error::SyntaxError| {
        Some(lifecycle::inspect::error_text(error, text, "<stdin>"))
    };
    let parsed = match syntax::parse(text, Mode::Exec, &ParseOptions::default()) {
        Ok(parsed) => parsed,
        Err(error) => return Ok(Shown { stages, error: failed(&error) }),
    };
    let tree = syntax::ast::dump::outline(&parsed);
    let optimized = optimized_tree(call, text)?;
    stages.push(("tree", tree.clone()));
    let same = optimized == tree;
    stages.push(("optimised tree", if same { "the same".to_owned() } else { optimized }));
    stages.push(("scopes", symtable::of_text(text)));
    match compiler::compile_in_stages(&parsed, &super::compiler_options()) {
        Ok(Stages { code, units }) => {
            let rows = |rows: fn(&compiler::stages::UnitStages) -> &[StageRow]| {
                let mut out = String::new();
                // The module is finished last, and shown first.
                let (module, inner) = units
                    .split_last()
                    .map_or((None, &units[..0]), |(last, inner)| (Some(last), inner));
                for unit in module.into_iter().chain(inner) {
                    if units.len() > 1 {
                        let _ = writeln!(out, "{}:", unit.qualname);
                    }
                    push_rows(&mut out, rows(unit));
                }
                out
            };
            stages.push(("pseudo bytecode", rows(|unit| &unit.generated)));
            stages.push(("optimised pseudo bytecode", rows(|unit| &unit.optimized)));
            let listed = dis::with_nested(&CodeRef::new(code));
            stages.push(("bytecode", dis::render(&listed, &DisOptions::default())));
            Ok(Shown { stages, error: None })
        }
        Err(error) => Ok(Shown { stages, error: failed(&error) }),
    }
}

/// What `ast.dump` says of the tree that `ast.PyCF_OPTIMIZED_AST` gives.
const OPTIMIZED: &str = "\
import ast
result = ast.dump(compile(_text, '<stdin>', 'exec', ast.PyCF_OPTIMIZED_AST), indent=2)
";

fn optimized_tree(call: &Call<'_, '_>, text: &str) -> PyResult<String> {
    let vm = call.vm;
    let names = [("_text", PyStr::new_value(vm, text))];
    program::result(vm, call.session, OPTIMIZED, &names)
}

fn push_rows(out: &mut String, rows: &[StageRow]) {
    let mut line = 0;
    for row in rows {
        let shown =
            if row.line > 0 && row.line != line { row.line.to_string() } else { String::new() };
        line = row.line;
        let label = if row.label > 0 { format!("L{}:", row.label) } else { String::new() };
        let argument = match (row.oparg, row.meaning.as_str()) {
            (None, "") => String::new(),
            (None, meaning) => format!("    ({meaning})"),
            (Some(oparg), "") => format!("{oparg:>3}"),
            (Some(oparg), meaning) => format!("{oparg:>3} ({meaning})"),
        };
        let text = format!("{shown:>3} {label:>6}  {:<24} {argument}", row.opcode.name());
        let _ = writeln!(out, "{}", text.trim_end());
    }
}
