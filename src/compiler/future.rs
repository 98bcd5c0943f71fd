//! `from __future__ import`: the features that a source turns on (CPython's `future.c`).

use bytecode::code_spec::code_flags;
use syntax::Parsed;
use syntax::ast::nodes::{Alias, Mod, Stmt, StmtKind};
use syntax::error::SyntaxError;

use crate::docstring::docstring;
use crate::options::Options;

/// The future features in force.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features {
    /// The `FUTURE_*` bits.
    pub(crate) flags: u32,
    /// Where the last such import at the beginning of the source ends.
    pub(crate) end: Option<u32>,
}

impl Features {
    /// Whether annotations are text.
    pub(crate) const fn annotations(&self) -> bool {
        self.flags & code_flags::FUTURE_ANNOTATIONS != 0
    }
}

/// The features of a source, with those from outside.
pub(crate) fn features(parsed: &Parsed, options: &Options) -> Result<Features, SyntaxError> {
    let mut features = Features { flags: options.future_flags, end: None };
    let (Mod::Module(body) | Mod::Interactive(body)) = &parsed.tree else { return Ok(features) };
    let skipped = usize::from(docstring(body).is_some());
    for statement in &body[skipped..] {
        let Some(aliases) = future_import(parsed, statement) else { break };
        for alias in aliases {
            features.flags |= feature(parsed, alias)?;
        }
        features.end = Some(statement.span.end);
    }
    Ok(features)
}

fn future_import<'a>(parsed: &Parsed, statement: &'a Stmt) -> Option<&'a [Alias]> {
    match &statement.kind {
        StmtKind::ImportFrom { module: Some(module), names, level: 0 }
            if parsed.names.text(*module) == "__future__" =>
        {
            Some(names)
        }
        _ => None,
    }
}

fn feature(parsed: &Parsed, alias: &Alias) -> Result<u32, SyntaxError> {
    match parsed.names.text(alias.name) {
        "nested_scopes" | "generators" | "division" | "absolute_import" | "with_statement"
        | "print_function" | "unicode_literals" | "generator_stop" => Ok(0),
        "barry_as_FLUFL" => Ok(code_flags::FUTURE_BARRY_AS_BDFL),
        "annotations" => Ok(code_flags::FUTURE_ANNOTATIONS),
        "braces" => Err(SyntaxError::new("not a chance", alias.span)),
        name => {
            let name: String = name.chars().take(100).collect();
            Err(SyntaxError::new(format!("future feature {name} is not defined"), alias.span))
        }
    }
}
