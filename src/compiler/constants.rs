//! Constants of the tree as constants of a code object, and the few that are made before code is generated.

use std::sync::Arc;

use bytecode::Constant;
use syntax::ast::nodes::{self, Expr, ExprKind, Operator, UnaryOp};

/// A literal's value as a constant.
pub(crate) fn constant(value: &nodes::Constant) -> Constant {
    match value {
        nodes::Constant::None => Constant::None,
        nodes::Constant::True => Constant::True,
        nodes::Constant::False => Constant::False,
        nodes::Constant::Ellipsis => Constant::Ellipsis,
        nodes::Constant::Str(text) => Constant::Str(Arc::new(text.clone())),
        nodes::Constant::Bytes(bytes) => Constant::Bytes(Arc::from(&**bytes)),
        nodes::Constant::Int(number) => Constant::Int(*number),
        nodes::Constant::BigInt(number) => Constant::BigInt(Arc::new((**number).clone())),
        nodes::Constant::Float(number) => Constant::Float(*number),
        nodes::Constant::Complex(real, imaginary) => Constant::Complex(*real, *imaginary),
        nodes::Constant::Tuple(items) => Constant::Tuple(items.iter().map(constant).collect()),
        nodes::Constant::FrozenSet(items) => {
            Constant::FrozenSet(items.iter().map(constant).collect())
        }
    }
}

/// The name of a literal's type.
pub(crate) const fn type_name(value: &nodes::Constant) -> &'static str {
    match value {
        nodes::Constant::None => "NoneType",
        nodes::Constant::True | nodes::Constant::False => "bool",
        nodes::Constant::Ellipsis => "ellipsis",
        nodes::Constant::Str(_) => "str",
        nodes::Constant::Bytes(_) => "bytes",
        nodes::Constant::Int(_) | nodes::Constant::BigInt(_) => "int",
        nodes::Constant::Float(_) => "float",
        nodes::Constant::Complex(..) => "complex",
        nodes::Constant::Tuple(_) => "tuple",
        nodes::Constant::FrozenSet(_) => "frozenset",
    }
}

/// The number that a pattern's value stands for: a literal, a negative one, or a sum of a real and an imaginary one.
#[must_use]
pub fn pattern_constant(expr: &Expr) -> Option<Constant> {
    match &expr.kind {
        ExprKind::Constant { value, .. } => Some(constant(value)),
        ExprKind::UnaryOp { op: UnaryOp::USub, operand } => match &operand.kind {
            ExprKind::Constant { value, .. } => negative(&constant(value)),
            _ => None,
        },
        ExprKind::BinOp { left, op: op @ (Operator::Add | Operator::Sub), right } => {
            let ExprKind::Constant { value: right, .. } = &right.kind else { return None };
            complex_sum(&pattern_constant(left)?, *op, &constant(right))
        }
        _ => None,
    }
}

fn negative(value: &Constant) -> Option<Constant> {
    match value {
        Constant::Int(number) => Some(match number.checked_neg() {
            Some(number) => Constant::Int(number),
            None => Constant::BigInt(Arc::new(-&base::int::BigInt::from(*number))),
        }),
        Constant::BigInt(number) => {
            let negative = -&**number;
            Some(
                negative
                    .to_i64()
                    .map_or_else(|| Constant::BigInt(Arc::new(negative.clone())), Constant::Int),
            )
        }
        Constant::Float(number) => Some(Constant::Float(-number)),
        Constant::Complex(real, imaginary) => Some(Constant::Complex(-real, -imaginary)),
        _ => None,
    }
}

fn complex_sum(left: &Constant, op: Operator, right: &Constant) -> Option<Constant> {
    let real = match left {
        Constant::Int(number) => *number as f64,
        Constant::Float(number) => *number,
        _ => return None,
    };
    let Constant::Complex(other, imaginary) = right else { return None };
    // A real operand takes part with its real part only.
    Some(match op {
        Operator::Add => Constant::Complex(real + other, *imaginary),
        _ => Constant::Complex(real - other, -imaginary),
    })
}
