//! What is looked for in the tree before anything else: `return`, `break` and `continue` that leave a `finally` block
//! (PEP 765).

use syntax::ast::nodes::{Mod, Stmt, StmtKind};
use syntax::error::{Warning, WarningKind};

/// Where a statement stands, seen from the innermost function, loop or `finally` around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Elsewhere,
    Finally,
    Function,
    Loop,
}

/// The warnings of a tree.
pub(crate) fn warnings(tree: &Mod) -> Vec<Warning> {
    let mut found = Vec::new();
    if let Mod::Module(body) | Mod::Interactive(body) = tree {
        statements(body, Context::default(), &mut found);
    }
    found
}

/// The innermost place; a loop inside a `finally` hides it from `break`, and from `return`, as in CPython.
#[derive(Clone, Copy)]
struct Context(Place);

impl Default for Context {
    fn default() -> Self {
        Self(Place::Elsewhere)
    }
}

fn statements(body: &[Stmt], context: Context, found: &mut Vec<Warning>) {
    for statement in body {
        visit(statement, context, found);
    }
}

fn visit(statement: &Stmt, context: Context, found: &mut Vec<Warning>) {
    let mut leaves = |word: &str| {
        if context.0 == Place::Finally {
            found.push(Warning {
                kind: WarningKind::Syntax,
                message: format!("'{word}' in a 'finally' block"),
                span: statement.span,
            });
        }
    };
    match &statement.kind {
        StmtKind::Return { .. } => leaves("return"),
        StmtKind::Break => leaves("break"),
        StmtKind::Continue => leaves("continue"),
        StmtKind::FunctionDef(def) | StmtKind::AsyncFunctionDef(def) => {
            statements(&def.body, Context(Place::Function), found);
        }
        StmtKind::ClassDef(def) => statements(&def.body, context, found),
        StmtKind::For(parts) | StmtKind::AsyncFor(parts) => {
            statements(&parts.body, Context(Place::Loop), found);
            statements(&parts.orelse, context, found);
        }
        StmtKind::While { body, orelse, .. } => {
            statements(body, Context(Place::Loop), found);
            statements(orelse, context, found);
        }
        StmtKind::If { body, orelse, .. } => {
            statements(body, context, found);
            statements(orelse, context, found);
        }
        StmtKind::With { body, .. } | StmtKind::AsyncWith { body, .. } => {
            statements(body, context, found);
        }
        StmtKind::Match { cases, .. } => {
            for case in cases {
                statements(&case.body, context, found);
            }
        }
        StmtKind::Try(parts) | StmtKind::TryStar(parts) => {
            statements(&parts.body, context, found);
            for handler in &parts.handlers {
                statements(&handler.body, context, found);
            }
            statements(&parts.orelse, context, found);
            statements(&parts.finalbody, Context(Place::Finally), found);
        }
        _ => {}
    }
}
