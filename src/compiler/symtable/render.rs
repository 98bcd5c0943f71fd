//! A symbol table as rows, and the text that `python -m symtable FILE` prints.

use std::fmt::Write;

use super::{BlockType, NameScope, SymbolTable, symbol_flags};

const FLAG_NAMES: [(&str, u32); 11] = [
    ("use", symbol_flags::USE),
    ("def_global", symbol_flags::GLOBAL),
    ("def_nonlocal", symbol_flags::NONLOCAL),
    ("def_local", symbol_flags::LOCAL),
    ("def_param", symbol_flags::PARAM),
    ("def_type_param", symbol_flags::TYPE_PARAM),
    ("def_free_class", symbol_flags::FREE_CLASS),
    ("def_import", symbol_flags::IMPORT),
    ("def_annot", symbol_flags::ANNOT),
    ("def_comp_iter", symbol_flags::COMP_ITER),
    ("def_comp_cell", symbol_flags::COMP_CELL),
];

/// A scope of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeRow {
    /// The function's, class's, ... name.
    pub name: String,
    /// `module`, `function`, `class`, ...
    pub kind: &'static str,
    /// How many scopes are around it.
    pub level: usize,
    /// Whether a function is around it.
    pub nested: bool,
    /// Its names.
    pub symbols: Vec<SymbolRow>,
}

/// A name in a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolRow {
    /// The name.
    pub name: String,
    /// Where it is bound: `local`, `global_implicit`, `free`, ...
    pub scope: &'static str,
    /// What the scope does with it: `use`, `def_local`, ...
    pub flags: Vec<&'static str>,
}

/// The scopes, each before those inside it.
#[must_use]
pub fn rows(table: &SymbolTable<'_>) -> Vec<ScopeRow> {
    let mut all = Vec::new();
    let mut waiting = vec![(table.top(), 0)];
    while let Some((id, level)) = waiting.pop() {
        let scope = table.scope(id);
        let kind = match scope.block {
            BlockType::Function => "function",
            BlockType::Class => "class",
            BlockType::Module => "module",
            BlockType::Annotation => "annotation",
            BlockType::TypeVariable => "type variable",
            BlockType::TypeAlias => "type alias",
            BlockType::TypeParameters => "type parameters",
        };
        let symbols = scope.symbols.entries().iter().map(|&(name, symbol)| {
            let flags = FLAG_NAMES.iter().filter(|(_, bit)| symbol & bit == *bit);
            let scope = match NameScope::of(symbol) {
                NameScope::Unknown => "0",
                NameScope::Local => "local",
                NameScope::GlobalExplicit => "global_explicit",
                NameScope::GlobalImplicit => "global_implicit",
                NameScope::Free => "free",
                NameScope::Cell => "cell",
            };
            let name = table.names.text(name).to_owned();
            SymbolRow { name, scope, flags: flags.map(|(name, _)| *name).collect() }
        });
        all.push(ScopeRow {
            name: table.names.text(scope.name).to_owned(),
            kind,
            level,
            nested: scope.nested,
            symbols: symbols.collect(),
        });
        waiting.extend(scope.children.iter().rev().map(|&child| (child, level + 1)));
    }
    all
}

/// The table as text; `file` is the name of the source as it is to be shown.
#[must_use]
pub fn render(table: &SymbolTable<'_>, file: &str) -> String {
    let mut out = String::new();
    for scope in rows(table) {
        let indent = "    ".repeat(scope.level);
        let nested = if scope.nested { "nested " } else { "" };
        let what = match scope.kind {
            "module" => format!("from file {}", repr(file)),
            _ => repr(&scope.name),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{indent}symbol table for {nested}{} {what}:", scope.kind);
        for SymbolRow { name, scope, flags } in scope.symbols {
            let (name, flags) = (repr(&name), flags.join(", "));
            let _ = writeln!(out, "    {indent}{scope} symbol {name}: {flags}");
        }
        out.push('\n');
    }
    out
}

fn repr(text: &str) -> String {
    base::escape::repr_points(text.chars().map(u32::from), text.len())
}
