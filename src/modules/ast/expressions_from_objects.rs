//! Node objects as expressions of the typed tree.

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::types::str::{PyStr, value_is};
use syntax::ast::nodes::{
    BoolOp, CmpOp, Comprehension, Conversion, Expr, ExprContext, ExprKind, FormattedValue,
    Interpolation, Lambda, Operator, UnaryOp,
};

use super::from_objects::Reader;
use super::grammar::{NAMES, Node};

impl Reader<'_> {
    pub(super) fn expr(&mut self, node: &Value) -> PyResult<Expr> {
        self.enter("expr")?;
        let span = self.span(node, "expr", true)?;
        let kind = self.node_of(node, Node::AnyExpr)?;
        let owner = NAMES[kind as usize];
        let kind = match kind {
            Node::BoolOp => ExprKind::BoolOp {
                op: self.bool_op(node, owner)?,
                values: self.exprs(node, owner, "values")?,
            },
            Node::NamedExpr => ExprKind::NamedExpr {
                target: self.boxed(node, owner, "target")?,
                value: self.boxed(node, owner, "value")?,
            },
            Node::BinOp => ExprKind::BinOp {
                left: self.boxed(node, owner, "left")?,
                op: self.operator(node, owner)?,
                right: self.boxed(node, owner, "right")?,
            },
            Node::UnaryOp => ExprKind::UnaryOp {
                op: self.unary_op(node, owner)?,
                operand: self.boxed(node, owner, "operand")?,
            },
            Node::Lambda => ExprKind::Lambda(Box::new(Lambda {
                args: self.arguments(node, owner)?,
                body: self.expr_field(node, owner, "body")?,
            })),
            Node::IfExp => ExprKind::IfExp {
                test: self.boxed(node, owner, "test")?,
                body: self.boxed(node, owner, "body")?,
                orelse: self.boxed(node, owner, "orelse")?,
            },
            Node::Await => ExprKind::Await { value: self.boxed(node, owner, "value")? },
            Node::Yield => ExprKind::Yield { value: self.opt_boxed(node, "value")? },
            Node::YieldFrom => ExprKind::YieldFrom { value: self.boxed(node, owner, "value")? },
            Node::Compare => ExprKind::Compare {
                left: self.boxed(node, owner, "left")?,
                ops: self.list(node, owner, "ops", Self::comparison)?,
                comparators: self.exprs(node, owner, "comparators")?,
            },
            Node::Call => ExprKind::Call {
                func: self.boxed(node, owner, "func")?,
                args: self.exprs(node, owner, "args")?,
                keywords: self.list(node, owner, "keywords", Self::keyword)?,
            },
            Node::Attribute => ExprKind::Attribute {
                value: self.boxed(node, owner, "value")?,
                attr: self.name_field(node, owner, "attr")?,
                ctx: self.context(node, owner)?,
            },
            Node::Subscript => ExprKind::Subscript {
                value: self.boxed(node, owner, "value")?,
                slice: self.boxed(node, owner, "slice")?,
                ctx: self.context(node, owner)?,
            },
            Node::Starred => ExprKind::Starred {
                value: self.boxed(node, owner, "value")?,
                ctx: self.context(node, owner)?,
            },
            Node::Name => ExprKind::Name {
                id: self.name_field(node, owner, "id")?,
                ctx: self.context(node, owner)?,
            },
            Node::Slice => ExprKind::Slice {
                lower: self.opt_boxed(node, "lower")?,
                upper: self.opt_boxed(node, "upper")?,
                step: self.opt_boxed(node, "step")?,
            },
            Node::Constant => {
                let value = self.field(node, owner, "value")?;
                let kind = self.check_text(node, "kind")?;
                ExprKind::Constant {
                    value: self.constant(&value)?,
                    kind_u: kind.is_some_and(|kind| value_is(&kind, "u")),
                }
            }
            _ => self.display(node, kind, owner)?,
        };
        Ok(Expr { span, kind })
    }

    /// Displays, comprehensions and strings.
    fn display(&mut self, node: &Value, kind: Node, owner: &str) -> PyResult<ExprKind> {
        Ok(match kind {
            Node::Dict => ExprKind::Dict {
                keys: self.opt_exprs(node, owner, "keys")?,
                values: self.exprs(node, owner, "values")?,
            },
            Node::Set => ExprKind::Set { elts: self.exprs(node, owner, "elts")? },
            Node::List => ExprKind::List {
                elts: self.exprs(node, owner, "elts")?,
                ctx: self.context(node, owner)?,
            },
            Node::ListComp => ExprKind::ListComp {
                elt: self.boxed(node, owner, "elt")?,
                generators: self.generators(node, owner)?,
            },
            Node::SetComp => ExprKind::SetComp {
                elt: self.boxed(node, owner, "elt")?,
                generators: self.generators(node, owner)?,
            },
            Node::GeneratorExp => ExprKind::GeneratorExp {
                elt: self.boxed(node, owner, "elt")?,
                generators: self.generators(node, owner)?,
            },
            Node::DictComp => ExprKind::DictComp {
                key: self.boxed(node, owner, "key")?,
                value: self.boxed(node, owner, "value")?,
                generators: self.generators(node, owner)?,
            },
            Node::FormattedValue => ExprKind::FormattedValue(Box::new(FormattedValue {
                value: self.expr_field(node, owner, "value")?,
                conversion: self.conversion(node, owner)?,
                format_spec: self.opt_expr(node, "format_spec")?,
            })),
            Node::Interpolation => {
                let value = self.expr_field(node, owner, "value")?;
                let text = self.field(node, owner, "str")?;
                let Some(text) = text.downcast_exact::<PyStr>() else {
                    let class = text.class().name();
                    let message = format!("got an invalid type in Constant: {class}");
                    return Err(self.vm.type_error(message));
                };
                ExprKind::Interpolation(Box::new(Interpolation {
                    value,
                    str: text.to_wstring(),
                    conversion: self.conversion(node, owner)?,
                    format_spec: self.opt_expr(node, "format_spec")?,
                }))
            }
            Node::JoinedStr => ExprKind::JoinedStr { values: self.exprs(node, owner, "values")? },
            Node::TemplateStr => {
                ExprKind::TemplateStr { values: self.exprs(node, owner, "values")? }
            }
            _ => ExprKind::Tuple {
                elts: self.exprs(node, owner, "elts")?,
                ctx: self.context(node, owner)?,
            },
        })
    }

    fn generators(&mut self, node: &Value, owner: &str) -> PyResult<Vec<Comprehension>> {
        self.list(node, owner, "generators", Self::comprehension)
    }

    fn conversion(&mut self, node: &Value, owner: &str) -> PyResult<Conversion> {
        match self.int_field(node, owner, "conversion")? {
            -1 => Ok(Conversion::None),
            115 => Ok(Conversion::Str),
            114 => Ok(Conversion::Repr),
            97 => Ok(Conversion::Ascii),
            other => {
                Err(self.vm.system_error(format!("Unrecognized conversion character {other}")))
            }
        }
    }

    fn context(&mut self, node: &Value, owner: &str) -> PyResult<ExprContext> {
        let context = self.field(node, owner, "ctx")?;
        Ok(match self.node_of(&context, Node::AnyExprContext)? {
            Node::Store => ExprContext::Store,
            Node::Del => ExprContext::Del,
            _ => ExprContext::Load,
        })
    }

    fn bool_op(&mut self, node: &Value, owner: &str) -> PyResult<BoolOp> {
        let op = self.field(node, owner, "op")?;
        Ok(match self.node_of(&op, Node::AnyBoolop)? {
            Node::And => BoolOp::And,
            _ => BoolOp::Or,
        })
    }

    pub(super) fn operator(&mut self, node: &Value, owner: &str) -> PyResult<Operator> {
        let op = self.field(node, owner, "op")?;
        Ok(match self.node_of(&op, Node::AnyOperator)? {
            Node::Add => Operator::Add,
            Node::Sub => Operator::Sub,
            Node::Mult => Operator::Mult,
            Node::MatMult => Operator::MatMult,
            Node::Div => Operator::Div,
            Node::Mod => Operator::Mod,
            Node::Pow => Operator::Pow,
            Node::LShift => Operator::LShift,
            Node::RShift => Operator::RShift,
            Node::BitOr => Operator::BitOr,
            Node::BitXor => Operator::BitXor,
            Node::BitAnd => Operator::BitAnd,
            _ => Operator::FloorDiv,
        })
    }

    fn unary_op(&mut self, node: &Value, owner: &str) -> PyResult<UnaryOp> {
        let op = self.field(node, owner, "op")?;
        Ok(match self.node_of(&op, Node::AnyUnaryop)? {
            Node::Invert => UnaryOp::Invert,
            Node::Not => UnaryOp::Not,
            Node::UAdd => UnaryOp::UAdd,
            _ => UnaryOp::USub,
        })
    }

    fn comparison(&mut self, op: &Value) -> PyResult<CmpOp> {
        Ok(match self.node_of(op, Node::AnyCmpop)? {
            Node::Eq => CmpOp::Eq,
            Node::NotEq => CmpOp::NotEq,
            Node::Lt => CmpOp::Lt,
            Node::LtE => CmpOp::LtE,
            Node::Gt => CmpOp::Gt,
            Node::GtE => CmpOp::GtE,
            Node::Is => CmpOp::Is,
            Node::IsNot => CmpOp::IsNot,
            Node::In => CmpOp::In,
            _ => CmpOp::NotIn,
        })
    }
}
