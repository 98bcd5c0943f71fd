//! Warnings about expressions that cannot be meant: `"text"(...)`, `[1, 2][3, 4]`, `x is 1`.

use base::span::Span;
use syntax::ast::nodes::{CmpOp, Constant, Expr, ExprKind};

use super::Compiler;
use crate::constants::type_name;

impl Compiler<'_, '_> {
    /// The type that an expression surely has.
    fn infer_type(&self, expr: &Expr) -> Option<&'static str> {
        Some(match &expr.kind {
            ExprKind::Tuple { .. } => "tuple",
            ExprKind::List { .. } | ExprKind::ListComp { .. } => "list",
            ExprKind::Dict { .. } | ExprKind::DictComp { .. } => "dict",
            ExprKind::Set { .. } | ExprKind::SetComp { .. } => "set",
            ExprKind::GeneratorExp { .. } => "generator",
            ExprKind::Lambda(_) => "function",
            ExprKind::TemplateStr { .. } | ExprKind::Interpolation(_) => {
                "string.templatelib.Template"
            }
            ExprKind::JoinedStr { .. } | ExprKind::FormattedValue(_) => "str",
            ExprKind::Constant { value, .. } => type_name(value),
            _ if self.is_debug(expr) => "bool",
            _ if self.is_percent_format(expr) => "str",
            _ => return None,
        })
    }

    pub(super) fn check_caller(&mut self, func: &Expr) {
        if matches!(func.kind, ExprKind::Lambda(_)) {
            return;
        }
        if let Some(name) = self.infer_type(func) {
            self.warn(
                func.span,
                format!("'{name}' object is not callable; perhaps you missed a comma?"),
            );
        }
    }

    pub(super) fn check_subscripter(&mut self, value: &Expr) {
        let suspicious = match &value.kind {
            ExprKind::Constant { value, .. } => matches!(
                value,
                Constant::None
                    | Constant::Ellipsis
                    | Constant::True
                    | Constant::False
                    | Constant::Int(_)
                    | Constant::BigInt(_)
                    | Constant::Float(_)
                    | Constant::Complex(..)
                    | Constant::FrozenSet(_)
            ),
            ExprKind::Set { .. }
            | ExprKind::SetComp { .. }
            | ExprKind::GeneratorExp { .. }
            | ExprKind::TemplateStr { .. }
            | ExprKind::Interpolation(_)
            | ExprKind::Lambda(_) => true,
            _ => self.is_debug(value),
        };
        if let (true, Some(name)) = (suspicious, self.infer_type(value)) {
            self.warn(
                value.span,
                format!("'{name}' object is not subscriptable; perhaps you missed a comma?"),
            );
        }
    }

    pub(super) fn check_index(&mut self, value: &Expr, index: &Expr) {
        let Some(index_type) = self.infer_type(index) else { return };
        if matches!(index_type, "int" | "bool") {
            return;
        }
        let suspicious = match &value.kind {
            ExprKind::Constant { value, .. } => {
                matches!(value, Constant::Str(_) | Constant::Bytes(_))
            }
            ExprKind::Tuple { .. }
            | ExprKind::List { .. }
            | ExprKind::ListComp { .. }
            | ExprKind::JoinedStr { .. }
            | ExprKind::FormattedValue(_) => true,
            _ => self.is_percent_format(value),
        };
        if let (true, Some(name)) = (suspicious, self.infer_type(value)) {
            self.warn(
                value.span,
                format!(
                    "{name} indices must be integers or slices, not {index_type}; \
                     perhaps you missed a comma?"
                ),
            );
        }
    }

    /// Whether an operand of `is` is not a literal; `None` and the like are fine.
    fn is_no_literal(expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Tuple { elts, .. } => {
                !elts.iter().all(|elt| matches!(elt.kind, ExprKind::Constant { .. }))
            }
            ExprKind::Constant { value, .. } => matches!(
                value,
                Constant::None | Constant::True | Constant::False | Constant::Ellipsis
            ),
            _ => true,
        }
    }

    pub(super) fn check_compare(
        &mut self,
        span: Span,
        left: &Expr,
        ops: &[CmpOp],
        comparators: &[Expr],
    ) {
        let mut left = left;
        for (&op, right) in ops.iter().zip(comparators) {
            if matches!(op, CmpOp::Is | CmpOp::IsNot) {
                let literal = [left, right].into_iter().find(|expr| !Self::is_no_literal(expr));
                if let Some(literal) = literal {
                    let name = self.infer_type(literal).unwrap_or("object");
                    let message = if op == CmpOp::Is {
                        format!("\"is\" with '{name}' literal. Did you mean \"==\"?")
                    } else {
                        format!("\"is not\" with '{name}' literal. Did you mean \"!=\"?")
                    };
                    return self.warn(span, message);
                }
            }
            left = right;
        }
    }
}
