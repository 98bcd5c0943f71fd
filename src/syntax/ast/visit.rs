//! Read-only walks over the tree, and the list of each node's parts.

use super::nodes::{Expr, ExprKind, Mod, Stmt, StmtKind};

/// Calls `see` with each expression that stands directly in a statement of the tree, for changes in place.
pub(crate) fn each_root_mut(tree: &mut Mod, see: &mut impl FnMut(&mut Expr)) {
    match tree {
        Mod::Module(body) | Mod::Interactive(body) => statements_mut(body, see),
        Mod::Expression(body) => expr_mut(body, see),
        Mod::FunctionType { argtypes, returns } => {
            argtypes.iter_mut().for_each(|expr| expr_mut(expr, see));
            expr_mut(returns, see);
        }
    }
}

fn statements_mut(body: &mut [Stmt], see: &mut impl FnMut(&mut Expr)) {
    for stmt in body {
        match &mut stmt.kind {
            StmtKind::Expr { value } | StmtKind::Return { value: Some(value) } => {
                expr_mut(value, see);
            }
            StmtKind::Assign { value, .. } | StmtKind::AugAssign { value, .. } => {
                expr_mut(value, see);
            }
            StmtKind::FunctionDef(def) | StmtKind::AsyncFunctionDef(def) => {
                statements_mut(&mut def.body, see);
            }
            StmtKind::ClassDef(class) => statements_mut(&mut class.body, see),
            StmtKind::If { test, body, orelse } | StmtKind::While { test, body, orelse } => {
                expr_mut(test, see);
                statements_mut(body, see);
                statements_mut(orelse, see);
            }
            _ => {}
        }
    }
}

fn expr_mut(expr: &mut Expr, see: &mut impl FnMut(&mut Expr)) {
    match &mut expr.kind {
        ExprKind::BinOp { .. }
        | ExprKind::Call { .. }
        | ExprKind::Attribute { .. }
        | ExprKind::Subscript { .. } => see(expr),
        _ => {}
    }
}
