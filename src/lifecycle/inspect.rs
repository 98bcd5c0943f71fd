//! `--dis`, `--ast`, `--tokens`, `--symtable`: what a file is made of, printed without any interpreter.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use base::wstr::WString;
use bytecode::CodeRef;
use bytecode::dis::{self, DisOptions};
use syntax::error::{ErrorKind, Place, SyntaxError};
use syntax::{Mode, ParseOptions};

use crate::config::{Config, DisFlags, Inspection, Source};

/// What an inspection gives: text for stdout, or for stderr with status 1.
pub struct Inspected {
    /// For stdout.
    pub output: String,
    /// For stderr.
    pub error: String,
    /// The exit status.
    pub status: i32,
}

impl Inspected {
    fn output(output: String) -> Self {
        Self { output, error: String::new(), status: 0 }
    }

    fn failed(error: String) -> Self {
        Self { output: String::new(), error, status: 1 }
    }
}

/// What is to be inspected, and what it is called.
///
/// # Errors
/// The line for stderr where the file cannot be read.
pub fn read(source: &Source) -> Result<(Vec<u8>, String), String> {
    match source {
        Source::Text(text) => {
            let mut bytes = text.as_bytes().to_vec();
            bytes.push(b'\n');
            Ok((bytes, "<string>".to_owned()))
        }
        Source::File(file) => {
            let name = file.to_string_lossy().into_owned();
            match std::fs::read(Path::new(file)) {
                Ok(bytes) => Ok((bytes, name)),
                Err(error) => {
                    let text = error.to_string();
                    let reason = text.split(" (os error ").next().unwrap_or(&text);
                    Err(format!("pyglass: can't open file '{name}': {reason}\n"))
                }
            }
        }
    }
}

/// Inspects a file or a text. The stages want an interpreter: the shell shows them.
#[must_use]
pub fn inspect(config: &Config, inspection: Inspection, source: &Source) -> Inspected {
    let (bytes, name) = match read(source) {
        Ok(found) => found,
        Err(line) => return Inspected::failed(line),
    };
    let shown = match inspection {
        Inspection::Tokens => {
            let (output, error) = syntax::tokens::render(&bytes, &name);
            let status = i32::from(error.is_some());
            return Inspected { output, error: error.unwrap_or_default(), status };
        }
        Inspection::Ast => with_text(&bytes, |text| {
            let options = ParseOptions { type_comments: true, ..ParseOptions::default() };
            let parsed = syntax::parse(text, Mode::Exec, &options)?;
            Ok(syntax::ast::dump::dump(&parsed) + "\n")
        }),
        Inspection::Symtable => with_text(&bytes, |text| {
            let parsed = syntax::parse(text, Mode::Exec, &ParseOptions::default())?;
            let table = compiler::symtable::build(&parsed, &options(config, &name))?;
            Ok(compiler::symtable::render(&table, &name))
        }),
        Inspection::Stages => Ok(String::new()),
        Inspection::Dis(flags) => with_text(&bytes, |text| dis_text(config, text, &name, flags)),
    };
    match shown {
        Ok(output) => Inspected::output(output),
        Err((text, error)) => Inspected::failed(error_text(&error, &text, &name)),
    }
}

/// Decodes and goes on; an error keeps the text that its place is in.
fn with_text(
    bytes: &[u8],
    f: impl FnOnce(&str) -> Result<String, SyntaxError>,
) -> Result<String, (String, SyntaxError)> {
    let text = syntax::source::decode(bytes).map_err(|error| (String::new(), error))?;
    f(&text).map_err(|error| (text.clone(), error))
}

/// How the inspected file is compiled.
fn options(config: &Config, name: &str) -> compiler::options::Options {
    compiler::options::Options {
        filename: Arc::new(WString::from(name)),
        optimize: u8::try_from(config.flags.optimize.min(2)).unwrap_or(2),
        future_flags: 0,
        top_level_await: false,
    }
}

fn dis_text(
    config: &Config,
    text: &str,
    name: &str,
    flags: DisFlags,
) -> Result<String, SyntaxError> {
    let parsed = syntax::parse(text, Mode::Exec, &ParseOptions::default())?;
    let compiled = compiler::compile(&parsed, &options(config, name))?;
    let options = DisOptions {
        caches: flags.show_caches,
        offsets: flags.show_offsets,
        positions: flags.show_positions,
        specialized: flags.specialized,
    };
    Ok(dis::render(&dis::with_nested(&CodeRef::new(compiled.code)), &options))
}

/// An error's text as a traceback of CPython ends: file and line, the source line, carets, class and message.
#[must_use]
pub fn error_text(error: &SyntaxError, text: &str, name: &str) -> String {
    let class = match error.kind {
        ErrorKind::Syntax => "SyntaxError",
        ErrorKind::Indentation => "IndentationError",
        ErrorKind::Tab => "TabError",
        ErrorKind::Incomplete => "_IncompleteInputError",
        ErrorKind::Memory => "MemoryError",
        ErrorKind::Recursion => "RecursionError",
        ErrorKind::Value => "ValueError",
        ErrorKind::Overflow => "OverflowError",
        ErrorKind::System => "SystemError",
    };
    let mut shown = String::new();
    if let Some((line, start, end)) = place_of(error.place, text) {
        shown.push_str(&format!("  File \"{name}\", line {line}\n"));
        let index = usize::try_from(line).unwrap_or(1).saturating_sub(1);
        if let Some(source) = text.lines().nth(index) {
            let trimmed = source.trim_start_matches([' ', '\t', '\x0c']);
            let indent = source.chars().count() - trimmed.chars().count();
            let start = usize::try_from(start).unwrap_or(1).saturating_sub(1 + indent);
            let end = usize::try_from(end).unwrap_or(0).saturating_sub(1 + indent);
            let width = end.saturating_sub(start).max(1);
            shown.push_str(&format!("    {}\n", trimmed.trim_end()));
            shown.push_str(&format!("    {}{}\n", " ".repeat(start), "^".repeat(width)));
        }
    }
    if error.message.is_empty() {
        shown.push_str(&format!("{class}\n"));
    } else {
        shown.push_str(&format!("{class}: {}\n", error.message));
    }
    shown
}

/// Line, first column and end column, from 1.
fn place_of(place: Place, text: &str) -> Option<(i32, i32, i32)> {
    match place {
        Place::None => None,
        Place::Exact { line, offset, end_line, end_offset } => {
            let end = if end_line == line { end_offset } else { offset + 1 };
            Some((line, offset, end))
        }
        Place::Span(span) => {
            let lines = base::span::LineIndex::new(text);
            let column = |offset: u32| {
                let (line, column) = lines.line_column(offset);
                let start = lines.line_start(line).unwrap_or(0) as usize;
                let before = text.get(start..start + column as usize).unwrap_or("");
                (
                    i32::try_from(line).unwrap_or(1),
                    i32::try_from(before.chars().count()).unwrap_or(0) + 1,
                )
            };
            let ((line, start), (end_line, end)) = (column(span.start), column(span.end));
            Some((line, start, if end_line == line { end } else { start + 1 }))
        }
    }
}
