//! Expressions of the typed tree as node objects.

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::types::str::PyStr;
use syntax::ast::nodes::{
    BoolOp, CmpOp, Comprehension, Conversion, Expr, ExprContext, ExprKind, Operator, UnaryOp,
};

use super::grammar::Node;
use super::to_objects::Converter;

impl Converter<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) -> PyResult<Value> {
        self.vm.check_recursion(" during ast construction")?;
        if let Some(level) = self.optimize
            && let Some(optimized) = self.optimized(expr, level)?
        {
            return Ok(optimized);
        }
        let span = expr.span;
        Ok(match &expr.kind {
            ExprKind::BoolOp { op, values } => {
                let op = match op {
                    BoolOp::And => Node::And,
                    BoolOp::Or => Node::Or,
                };
                let values = [self.singleton(op), self.exprs(values)?];
                self.node(Node::BoolOp, span, values)
            }
            ExprKind::NamedExpr { target, value } => {
                let values = [self.expr(target)?, self.expr(value)?];
                self.node(Node::NamedExpr, span, values)
            }
            ExprKind::BinOp { left, op, right } => {
                let values = [self.expr(left)?, self.operator(*op), self.expr(right)?];
                self.node(Node::BinOp, span, values)
            }
            ExprKind::UnaryOp { op, operand } => {
                let values = [self.unary_op(*op), self.expr(operand)?];
                self.node(Node::UnaryOp, span, values)
            }
            ExprKind::Lambda(lambda) => {
                let values = [self.arguments(&lambda.args)?, self.expr(&lambda.body)?];
                self.node(Node::Lambda, span, values)
            }
            ExprKind::IfExp { test, body, orelse } => {
                let values = [self.expr(test)?, self.expr(body)?, self.expr(orelse)?];
                self.node(Node::IfExp, span, values)
            }
            ExprKind::Await { value } => {
                let value = self.expr(value)?;
                self.node(Node::Await, span, [value])
            }
            ExprKind::Yield { value } => {
                let value = self.opt_expr(value.as_deref())?;
                self.node(Node::Yield, span, [value])
            }
            ExprKind::YieldFrom { value } => {
                let value = self.expr(value)?;
                self.node(Node::YieldFrom, span, [value])
            }
            ExprKind::Compare { left, ops, comparators } => {
                let values = [
                    self.expr(left)?,
                    self.list(ops, |this, op| Ok(this.comparison(*op)))?,
                    self.exprs(comparators)?,
                ];
                self.node(Node::Compare, span, values)
            }
            ExprKind::Call { func, args, keywords } => {
                let values =
                    [self.expr(func)?, self.exprs(args)?, self.list(keywords, Self::keyword)?];
                self.node(Node::Call, span, values)
            }
            ExprKind::Attribute { value, attr, ctx } => {
                let values = [self.expr(value)?, self.name(*attr), self.context(*ctx)];
                self.node(Node::Attribute, span, values)
            }
            ExprKind::Subscript { value, slice, ctx } => {
                let values = [self.expr(value)?, self.expr(slice)?, self.context(*ctx)];
                self.node(Node::Subscript, span, values)
            }
            ExprKind::Starred { value, ctx } => {
                let values = [self.expr(value)?, self.context(*ctx)];
                self.node(Node::Starred, span, values)
            }
            ExprKind::Name { id, ctx } => {
                let values = [self.name(*id), self.context(*ctx)];
                self.node(Node::Name, span, values)
            }
            ExprKind::Slice { lower, upper, step } => {
                let values = [
                    self.opt_expr(lower.as_deref())?,
                    self.opt_expr(upper.as_deref())?,
                    self.opt_expr(step.as_deref())?,
                ];
                self.node(Node::Slice, span, values)
            }
            ExprKind::Constant { value, kind_u } => {
                let kind = if *kind_u { self.vm.intern("u").into_value() } else { Value::NONE };
                let values = [self.constant(value)?, kind];
                self.node(Node::Constant, span, values)
            }
            _ => return self.display(expr),
        })
    }

    /// Displays, comprehensions and strings.
    fn display(&mut self, expr: &Expr) -> PyResult<Value> {
        let span = expr.span;
        Ok(match &expr.kind {
            ExprKind::Dict { keys, values } => {
                let values = [
                    self.list(keys, |this, key| this.opt_expr(key.as_ref()))?,
                    self.exprs(values)?,
                ];
                self.node(Node::Dict, span, values)
            }
            ExprKind::Set { elts } => {
                let elts = self.exprs(elts)?;
                self.node(Node::Set, span, [elts])
            }
            ExprKind::List { elts, ctx } => {
                let values = [self.exprs(elts)?, self.context(*ctx)];
                self.node(Node::List, span, values)
            }
            ExprKind::Tuple { elts, ctx } => {
                let values = [self.exprs(elts)?, self.context(*ctx)];
                self.node(Node::Tuple, span, values)
            }
            ExprKind::ListComp { elt, generators } => {
                let values = [self.expr(elt)?, self.generators(generators)?];
                self.node(Node::ListComp, span, values)
            }
            ExprKind::SetComp { elt, generators } => {
                let values = [self.expr(elt)?, self.generators(generators)?];
                self.node(Node::SetComp, span, values)
            }
            ExprKind::GeneratorExp { elt, generators } => {
                let values = [self.expr(elt)?, self.generators(generators)?];
                self.node(Node::GeneratorExp, span, values)
            }
            ExprKind::DictComp { key, value, generators } => {
                let values = [self.expr(key)?, self.expr(value)?, self.generators(generators)?];
                self.node(Node::DictComp, span, values)
            }
            ExprKind::FormattedValue(field) => {
                let values = [
                    self.expr(&field.value)?,
                    conversion(field.conversion),
                    self.opt_expr(field.format_spec.as_ref())?,
                ];
                self.node(Node::FormattedValue, span, values)
            }
            ExprKind::Interpolation(field) => {
                let values = [
                    self.expr(&field.value)?,
                    PyStr::try_from_wtf8(self.vm, &field.str)?.into_value(),
                    conversion(field.conversion),
                    self.opt_expr(field.format_spec.as_ref())?,
                ];
                self.node(Node::Interpolation, span, values)
            }
            ExprKind::JoinedStr { values } => {
                let values = self.exprs(values)?;
                self.node(Node::JoinedStr, span, [values])
            }
            ExprKind::TemplateStr { values } => {
                let values = self.exprs(values)?;
                self.node(Node::TemplateStr, span, [values])
            }
            // `expr` has the others.
            _ => Value::NONE,
        })
    }

    fn generators(&mut self, generators: &[Comprehension]) -> PyResult<Value> {
        self.list(generators, Self::comprehension)
    }

    fn context(&self, context: ExprContext) -> Value {
        self.singleton(match context {
            ExprContext::Load => Node::Load,
            ExprContext::Store => Node::Store,
            ExprContext::Del => Node::Del,
        })
    }

    pub(super) fn operator(&self, op: Operator) -> Value {
        self.singleton(match op {
            Operator::Add => Node::Add,
            Operator::Sub => Node::Sub,
            Operator::Mult => Node::Mult,
            Operator::MatMult => Node::MatMult,
            Operator::Div => Node::Div,
            Operator::Mod => Node::Mod,
            Operator::Pow => Node::Pow,
            Operator::LShift => Node::LShift,
            Operator::RShift => Node::RShift,
            Operator::BitOr => Node::BitOr,
            Operator::BitXor => Node::BitXor,
            Operator::BitAnd => Node::BitAnd,
            Operator::FloorDiv => Node::FloorDiv,
        })
    }

    fn unary_op(&self, op: UnaryOp) -> Value {
        self.singleton(match op {
            UnaryOp::Invert => Node::Invert,
            UnaryOp::Not => Node::Not,
            UnaryOp::UAdd => Node::UAdd,
            UnaryOp::USub => Node::USub,
        })
    }

    fn comparison(&self, op: CmpOp) -> Value {
        self.singleton(match op {
            CmpOp::Eq => Node::Eq,
            CmpOp::NotEq => Node::NotEq,
            CmpOp::Lt => Node::Lt,
            CmpOp::LtE => Node::LtE,
            CmpOp::Gt => Node::Gt,
            CmpOp::GtE => Node::GtE,
            CmpOp::Is => Node::Is,
            CmpOp::IsNot => Node::IsNot,
            CmpOp::In => Node::In,
            CmpOp::NotIn => Node::NotIn,
        })
    }
}

pub(super) fn conversion(conversion: Conversion) -> Value {
    Value::small_int_unchecked(i64::from(conversion as i8))
}
