//! The text that `python -m symtable FILE` prints.

use std::fmt::Write;

use super::{BlockType, NameScope, ScopeId, SymbolTable, symbol_flags};

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

/// The table as text; `file` is the name of the source as it is to be shown.
#[must_use]
pub fn render(table: &SymbolTable<'_>, file: &str) -> String {
    let mut out = String::new();
    render_scope(table, table.top(), file, 0, &mut out);
    out
}

fn render_scope(table: &SymbolTable<'_>, id: ScopeId, file: &str, level: usize, out: &mut String) {
    let scope = table.scope(id);
    let indent = "    ".repeat(level);
    let nested = if scope.nested { "nested " } else { "" };
    let kind = match scope.block {
        BlockType::Function => "function",
        BlockType::Class => "class",
        BlockType::Module => "module",
        BlockType::Annotation => "annotation",
        BlockType::TypeVariable => "type variable",
        BlockType::TypeAlias => "type alias",
        BlockType::TypeParameters => "type parameters",
    };
    let name = table.names.text(scope.name);
    let what = if scope.block == BlockType::Module {
        format!("from file {}", repr(file))
    } else {
        repr(name)
    };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{indent}symbol table for {nested}{kind} {what}:");
    for &(name, symbol) in scope.symbols.entries() {
        let flags: Vec<&str> = FLAG_NAMES
            .iter()
            .filter(|(_, bit)| symbol & bit == *bit)
            .map(|(name, _)| *name)
            .collect();
        let scope_name = match NameScope::of(symbol) {
            NameScope::Unknown => "0",
            NameScope::Local => "local",
            NameScope::GlobalExplicit => "global_explicit",
            NameScope::GlobalImplicit => "global_implicit",
            NameScope::Free => "free",
            NameScope::Cell => "cell",
        };
        let name = repr(table.names.text(name));
        let _ = writeln!(out, "    {indent}{scope_name} symbol {name}: {}", flags.join(", "));
    }
    out.push('\n');
    for &child in &scope.children {
        render_scope(table, child, file, level + 1, out);
    }
}

fn repr(text: &str) -> String {
    base::escape::repr_points(text.chars().map(u32::from), text.len())
}
