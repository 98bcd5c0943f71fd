//! Expressions of the typed tree as node objects.

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::types::str::PyStr;
use syntax::ast::nodes::{
    BoolOp, CmpOp, Comprehension, Conversion, Expr, ExprContext, ExprKind, Operator, UnaryOp,
};

use super::grammar::Class;
use super::to_objects::Converter;

impl Converter<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) -> PyResult<Value> {
        self.vm.check_recursion(" during ast construction")?;
        let span = expr.span;
        Ok(match &expr.kind {
            ExprKind::BoolOp { op, values } => {
                let op = match op {
                    BoolOp::And => Class::And,
                    BoolOp::Or => Class::Or,
                };
                let values = [self.singleton(op), self.exprs(values)?];
                self.node(Class::BoolOp, span, values)
            }
            ExprKind::NamedExpr { target, value } => {
                let values = [self.expr(target)?, self.expr(value)?];
                self.node(Class::NamedExpr, span, values)
            }
            ExprKind::BinOp { left, op, right } => {
                let values = [self.expr(left)?, self.operator(*op), self.expr(right)?];
                self.node(Class::BinOp, span, values)
            }
            ExprKind::UnaryOp { op, operand } => {
                let values = [self.unary_op(*op), self.expr(operand)?];
                self.node(Class::UnaryOp, span, values)
            }
            ExprKind::Lambda(lambda) => {
                let values = [self.arguments(&lambda.args)?, self.expr(&lambda.body)?];
                self.node(Class::Lambda, span, values)
            }
            ExprKind::IfExp { test, body, orelse } => {
                let values = [self.expr(test)?, self.expr(body)?, self.expr(orelse)?];
                self.node(Class::IfExp, span, values)
            }
            ExprKind::Await { value } => {
                let value = self.expr(value)?;
                self.node(Class::Await, span, [value])
            }
            ExprKind::Yield { value } => {
                let value = self.opt_expr(value.as_deref())?;
                self.node(Class::Yield, span, [value])
            }
            ExprKind::YieldFrom { value } => {
                let value = self.expr(value)?;
                self.node(Class::YieldFrom, span, [value])
            }
            ExprKind::Compare { left, ops, comparators } => {
                let values = [
                    self.expr(left)?,
                    self.list(ops, |this, op| Ok(this.comparison(*op)))?,
                    self.exprs(comparators)?,
                ];
                self.node(Class::Compare, span, values)
            }
            ExprKind::Call { func, args, keywords } => {
                let values =
                    [self.expr(func)?, self.exprs(args)?, self.list(keywords, Self::keyword)?];
                self.node(Class::Call, span, values)
            }
            ExprKind::Attribute { value, attr, ctx } => {
                let values = [self.expr(value)?, self.name(*attr), self.context(*ctx)];
                self.node(Class::Attribute, span, values)
            }
            ExprKind::Subscript { value, slice, ctx } => {
                let values = [self.expr(value)?, self.expr(slice)?, self.context(*ctx)];
                self.node(Class::Subscript, span, values)
            }
            ExprKind::Starred { value, ctx } => {
                let values = [self.expr(value)?, self.context(*ctx)];
                self.node(Class::Starred, span, values)
            }
            ExprKind::Name { id, ctx } => {
                let values = [self.name(*id), self.context(*ctx)];
                self.node(Class::Name, span, values)
            }
            ExprKind::Slice { lower, upper, step } => {
                let values = [
                    self.opt_expr(lower.as_deref())?,
                    self.opt_expr(upper.as_deref())?,
                    self.opt_expr(step.as_deref())?,
                ];
                self.node(Class::Slice, span, values)
            }
            ExprKind::Constant { value, kind_u } => {
                let kind = if *kind_u { self.vm.intern("u").into_value() } else { Value::NONE };
                let values = [self.constant(value)?, kind];
                self.node(Class::Constant, span, values)
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
                self.node(Class::Dict, span, values)
            }
            ExprKind::Set { elts } => {
                let elts = self.exprs(elts)?;
                self.node(Class::Set, span, [elts])
            }
            ExprKind::List { elts, ctx } => {
                let values = [self.exprs(elts)?, self.context(*ctx)];
                self.node(Class::List, span, values)
            }
            ExprKind::Tuple { elts, ctx } => {
                let values = [self.exprs(elts)?, self.context(*ctx)];
                self.node(Class::Tuple, span, values)
            }
            ExprKind::ListComp { elt, generators } => {
                let values = [self.expr(elt)?, self.generators(generators)?];
                self.node(Class::ListComp, span, values)
            }
            ExprKind::SetComp { elt, generators } => {
                let values = [self.expr(elt)?, self.generators(generators)?];
                self.node(Class::SetComp, span, values)
            }
            ExprKind::GeneratorExp { elt, generators } => {
                let values = [self.expr(elt)?, self.generators(generators)?];
                self.node(Class::GeneratorExp, span, values)
            }
            ExprKind::DictComp { key, value, generators } => {
                let values = [self.expr(key)?, self.expr(value)?, self.generators(generators)?];
                self.node(Class::DictComp, span, values)
            }
            ExprKind::FormattedValue(field) => {
                let values = [
                    self.expr(&field.value)?,
                    conversion(field.conversion),
                    self.opt_expr(field.format_spec.as_ref())?,
                ];
                self.node(Class::FormattedValue, span, values)
            }
            ExprKind::Interpolation(field) => {
                let values = [
                    self.expr(&field.value)?,
                    PyStr::try_from_wtf8(self.vm, &field.str)?.into_value(),
                    conversion(field.conversion),
                    self.opt_expr(field.format_spec.as_ref())?,
                ];
                self.node(Class::Interpolation, span, values)
            }
            ExprKind::JoinedStr { values } => {
                let values = self.exprs(values)?;
                self.node(Class::JoinedStr, span, [values])
            }
            ExprKind::TemplateStr { values } => {
                let values = self.exprs(values)?;
                self.node(Class::TemplateStr, span, [values])
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
            ExprContext::Load => Class::Load,
            ExprContext::Store => Class::Store,
            ExprContext::Del => Class::Del,
        })
    }

    pub(super) fn operator(&self, op: Operator) -> Value {
        self.singleton(match op {
            Operator::Add => Class::Add,
            Operator::Sub => Class::Sub,
            Operator::Mult => Class::Mult,
            Operator::MatMult => Class::MatMult,
            Operator::Div => Class::Div,
            Operator::Mod => Class::Mod,
            Operator::Pow => Class::Pow,
            Operator::LShift => Class::LShift,
            Operator::RShift => Class::RShift,
            Operator::BitOr => Class::BitOr,
            Operator::BitXor => Class::BitXor,
            Operator::BitAnd => Class::BitAnd,
            Operator::FloorDiv => Class::FloorDiv,
        })
    }

    fn unary_op(&self, op: UnaryOp) -> Value {
        self.singleton(match op {
            UnaryOp::Invert => Class::Invert,
            UnaryOp::Not => Class::Not,
            UnaryOp::UAdd => Class::UAdd,
            UnaryOp::USub => Class::USub,
        })
    }

    fn comparison(&self, op: CmpOp) -> Value {
        self.singleton(match op {
            CmpOp::Eq => Class::Eq,
            CmpOp::NotEq => Class::NotEq,
            CmpOp::Lt => Class::Lt,
            CmpOp::LtE => Class::LtE,
            CmpOp::Gt => Class::Gt,
            CmpOp::GtE => Class::GtE,
            CmpOp::Is => Class::Is,
            CmpOp::IsNot => Class::IsNot,
            CmpOp::In => Class::In,
            CmpOp::NotIn => Class::NotIn,
        })
    }
}

fn conversion(conversion: Conversion) -> Value {
    Value::small_int_unchecked(i64::from(conversion as i8))
}
