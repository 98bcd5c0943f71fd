//! Assignment targets: what may be assigned or deleted, their contexts, and CPython's words for what may not.

use super::{Builder, Built, fail_at};
use crate::ast::nodes::{Constant, Expr, ExprContext, ExprKind};
use crate::grammar::python::Rule;
use crate::tree::Node;

/// CPython's name for an expression in an error message (`_PyPegen_get_expr_name`).
pub(crate) fn describe(expr: &Expr) -> &'static str {
    match &expr.kind {
        ExprKind::Attribute { .. } => "attribute",
        ExprKind::Subscript { .. } => "subscript",
        ExprKind::Starred { .. } => "starred",
        ExprKind::Name { .. } => "name",
        ExprKind::List { .. } => "list",
        ExprKind::Tuple { .. } => "tuple",
        ExprKind::Lambda(_) => "lambda",
        ExprKind::Call { .. } => "function call",
        ExprKind::BoolOp { .. } | ExprKind::BinOp { .. } | ExprKind::UnaryOp { .. } => "expression",
        ExprKind::GeneratorExp { .. } => "generator expression",
        ExprKind::Yield { .. } | ExprKind::YieldFrom { .. } => "yield expression",
        ExprKind::Await { .. } => "await expression",
        ExprKind::ListComp { .. } => "list comprehension",
        ExprKind::SetComp { .. } => "set comprehension",
        ExprKind::DictComp { .. } => "dict comprehension",
        ExprKind::Dict { .. } => "dict literal",
        ExprKind::Set { .. } => "set display",
        ExprKind::JoinedStr { .. } | ExprKind::FormattedValue(_) => "f-string expression",
        ExprKind::TemplateStr { .. } | ExprKind::Interpolation(_) => "t-string expression",
        ExprKind::Constant { value, .. } => match value {
            Constant::None => "None",
            Constant::True => "True",
            Constant::False => "False",
            Constant::Ellipsis => "ellipsis",
            _ => "literal",
        },
        ExprKind::Compare { .. } => "comparison",
        ExprKind::IfExp { .. } => "conditional expression",
        ExprKind::NamedExpr { .. } => "named expression",
        ExprKind::Slice { .. } => "slice",
    }
}

/// Gives a target and what it is made of their context.
pub(crate) fn set_context(expr: &mut Expr, context: ExprContext) {
    match &mut expr.kind {
        ExprKind::Name { ctx, .. }
        | ExprKind::Attribute { ctx, .. }
        | ExprKind::Subscript { ctx, .. } => *ctx = context,
        ExprKind::Starred { value, ctx } => {
            *ctx = context;
            set_context(value, context);
        }
        ExprKind::List { elts, ctx } | ExprKind::Tuple { elts, ctx } => {
            *ctx = context;
            elts.iter_mut().for_each(|elt| set_context(elt, context));
        }
        _ => {}
    }
}

/// What kind of target is looked for (`TARGETS_TYPE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Targets {
    /// `a, *b = ...`
    Star,
    /// `del a, b`
    Del,
    /// `for a, b in ...`
    For,
}

/// The first part of `expr` that cannot be a target (`_PyPegen_get_invalid_target`).
pub(crate) fn invalid_target(expr: &Expr, kind: Targets) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => {
            elts.iter().find_map(|elt| invalid_target(elt, kind))
        }
        ExprKind::Starred { value, .. } => {
            if kind == Targets::Del {
                Some(expr)
            } else {
                invalid_target(value, kind)
            }
        }
        ExprKind::Compare { left, ops, .. } => {
            // `for x in y` in a place that reads it as a comparison.
            if kind == Targets::For && ops.first() == Some(&crate::ast::nodes::CmpOp::In) {
                return invalid_target(left, kind);
            }
            Some(expr)
        }
        ExprKind::Name { .. } | ExprKind::Subscript { .. } | ExprKind::Attribute { .. } => None,
        _ => Some(expr),
    }
}

impl<'t> Builder<'t> {
    /// The target of `for` and of comprehensions.
    pub(crate) fn for_target(&mut self, node: Node<'t>) -> Built<Expr> {
        let mut target = self.exprs(node)?;
        if let Some(bad) = invalid_target(&target, Targets::For) {
            return fail_at(format!("cannot assign to {}", describe(bad)), bad.span);
        }
        if nested_star(&target) {
            return self.invalid(node.start() + 1);
        }
        set_context(&mut target, ExprContext::Store);
        Ok(target)
    }

    /// A target of `=` that is not the last: `a, b` of `a, b = c`.
    pub(crate) fn assignment_target(&mut self, node: Node<'t>, target: &mut Expr) -> Built<()> {
        if node.rule() == Rule::yield_expr {
            return fail_at("assignment to yield expression not possible", target.span);
        }
        if let Some(bad) = invalid_target(target, Targets::Star) {
            return fail_at(assign_message(bad), bad.span);
        }
        if nested_star(target) {
            return self.invalid(node.start() + 1);
        }
        set_context(target, ExprContext::Store);
        Ok(())
    }

    /// The target of an augmented assignment.
    pub(crate) fn augmented_target(&self, target: &mut Expr) -> Built<()> {
        match target.kind {
            ExprKind::Name { .. } | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => {
                set_context(target, ExprContext::Store);
                Ok(())
            }
            _ => {
                let what = describe(target);
                fail_at(
                    format!("'{what}' is an illegal expression for augmented assignment"),
                    target.span,
                )
            }
        }
    }

    /// The target of an annotated assignment.
    pub(crate) fn annotated_target(&self, target: &mut Expr, colon: usize) -> Built<()> {
        match target.kind {
            ExprKind::Name { .. } | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => {
                set_context(target, ExprContext::Store);
                Ok(())
            }
            ExprKind::List { .. } => {
                fail_at("only single target (not list) can be annotated", target.span)
            }
            ExprKind::Tuple { .. } => {
                fail_at("only single target (not tuple) can be annotated", target.span)
            }
            ExprKind::Starred { .. } | ExprKind::Yield { .. } | ExprKind::YieldFrom { .. } => {
                self.invalid(colon)
            }
            _ => fail_at("illegal target for annotation", target.span),
        }
    }

    /// The target of a `with` item.
    pub(crate) fn with_target(&mut self, target: &mut Expr) -> Built<()> {
        if let Some(bad) = invalid_target(target, Targets::Star) {
            return fail_at(format!("cannot assign to {}", describe(bad)), bad.span);
        }
        set_context(target, ExprContext::Store);
        Ok(())
    }

    /// The targets of `del`: the elements of a bare tuple, or one.
    pub(crate) fn del_targets(&mut self, node: Node<'t>) -> Built<Vec<Expr>> {
        let target = self.exprs(node)?;
        if let Some(bad) = invalid_target(&target, Targets::Del) {
            return fail_at(format!("cannot delete {}", describe(bad)), bad.span);
        }
        let bare =
            self.span(node.start(), node.end()) == target.span && self.kinds[node.start()] != b'(';
        let bare = bare || Self::has_comma(node);
        let mut targets = match target {
            Expr { kind: ExprKind::Tuple { elts, .. }, .. } if bare => elts,
            other => vec![other],
        };
        targets.iter_mut().for_each(|target| set_context(target, ExprContext::Del));
        Ok(targets)
    }
}

/// `* *a`, which no rule of CPython's grammar takes.
fn nested_star(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Starred { value, .. } => matches!(value.kind, ExprKind::Starred { .. }),
        ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => elts.iter().any(nested_star),
        _ => false,
    }
}

/// `1 = x`: the message also asks whether a comparison was meant, where one could stand.
pub(crate) fn assign_message(bad: &Expr) -> String {
    let what = describe(bad);
    let hint = match &bad.kind {
        ExprKind::Constant {
            value: Constant::None | Constant::True | Constant::False | Constant::Ellipsis,
            ..
        } => matches!(bad.kind, ExprKind::Constant { value: Constant::Ellipsis, .. }),
        ExprKind::ListComp { .. }
        | ExprKind::Tuple { .. }
        | ExprKind::List { .. }
        | ExprKind::GeneratorExp { .. } => false,
        _ => {
            !matches!(
                bad.kind,
                ExprKind::Lambda(_)
                    | ExprKind::BoolOp { .. }
                    | ExprKind::IfExp { .. }
                    | ExprKind::Starred { .. }
                    | ExprKind::Yield { .. }
                    | ExprKind::YieldFrom { .. }
            ) && !is_not(bad)
        }
    };
    let tail = if hint { " here. Maybe you meant '==' instead of '='?" } else { "" };
    format!("cannot assign to {what}{tail}")
}

fn is_not(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::UnaryOp { op: crate::ast::nodes::UnaryOp::Not, .. } | ExprKind::Compare { .. }
    )
}
