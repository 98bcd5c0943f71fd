//! Operators by precedence climbing over a flat rule, atoms, displays, comprehensions, lambda and yield.

use base::span::Span;

use super::{Builder, Built, fail_at};
use crate::ast::nodes::{
    BoolOp, CmpOp, Comprehension, Constant, Expr, ExprContext, ExprKind, Lambda, Operator, UnaryOp,
};
use crate::grammar::python::Rule;
use crate::kinds;
use crate::tree::{Kids, Node};

/// Binding strengths of the infix operators; comparisons share one.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const COMPARE: u8 = 4;
const UNARY: u8 = 11;
const POWER: u8 = 12;
const PRIMARY: u8 = 13;

fn strength(kind: u8) -> u8 {
    match kind {
        kinds::OR => OR,
        kinds::AND => AND,
        b'|' => 5,
        b'^' => 6,
        b'&' => 7,
        kinds::SHL | kinds::SHR => 8,
        b'+' | b'-' => 9,
        b'*' | b'/' | b'%' | b'@' | kinds::FLOORDIV => 10,
        kinds::POW => POWER,
        _ => COMPARE,
    }
}

fn binary(kind: u8) -> Operator {
    match kind {
        b'+' => Operator::Add,
        b'-' => Operator::Sub,
        b'*' => Operator::Mult,
        b'@' => Operator::MatMult,
        b'/' => Operator::Div,
        b'%' => Operator::Mod,
        kinds::POW => Operator::Pow,
        kinds::SHL => Operator::LShift,
        kinds::SHR => Operator::RShift,
        b'|' => Operator::BitOr,
        b'^' => Operator::BitXor,
        b'&' => Operator::BitAnd,
        _ => Operator::FloorDiv,
    }
}

/// An operand, and its span with the parentheses around it.
struct Operand {
    expr: Expr,
    span: Span,
}

impl<'t> Builder<'t> {
    /// `expression`: a lambda, a conditional, or operators.
    pub(crate) fn expression(&mut self, node: Node<'t>) -> Built<Expr> {
        self.enter()?;
        let mut kids = node.kids();
        if kids.peek() == Some(Rule::lambda) {
            let lambda = self.lambda(kids.required())?;
            self.leave();
            return Ok(lambda);
        }
        let body = self.operation(&mut kids)?;
        let result = match kids.next() {
            None => body,
            Some(test) => {
                let test = Box::new(self.disjunction(test)?);
                let orelse = Box::new(self.expression(kids.required())?);
                let kind = ExprKind::IfExp { test, body: Box::new(body), orelse };
                self.make(kind, node.start(), node.end())
            }
        };
        self.leave();
        Ok(result)
    }

    /// `disjunction`: operators, no conditional.
    pub(crate) fn disjunction(&mut self, node: Node<'t>) -> Built<Expr> {
        self.operation(&mut node.kids())
    }

    /// `primary`: an atom and its trailers.
    pub(crate) fn primary(&mut self, node: Node<'t>) -> Built<Expr> {
        Ok(self.climb(&mut node.kids(), PRIMARY)?.expr)
    }

    fn operation(&mut self, kids: &mut Kids<'t>) -> Built<Expr> {
        Ok(self.climb(kids, 0)?.expr)
    }

    /// An operand and all that binds at least as strongly as `least`.
    fn climb(&mut self, kids: &mut Kids<'t>, least: u8) -> Built<Operand> {
        self.enter()?;
        let node = kids.required();
        let mut left = if node.rule() == Rule::prefix {
            self.prefix(node, kids, least)?
        } else {
            self.atom(node, kids)?
        };
        let mut length = 0;
        while let Some(infix) = kids.peek_node().filter(|node| node.rule() == Rule::infix) {
            let kind = self.kinds[infix.start()];
            let strength = strength(kind);
            if strength < least {
                break;
            }
            kids.next();
            left = match strength {
                OR | AND => self.bool_op(left, kind, strength, kids)?,
                COMPARE => self.compare(left, infix, kids)?,
                _ => {
                    let next = if strength == POWER { UNARY } else { strength + 1 };
                    let right = self.climb(kids, next)?;
                    let span = left.span.to(right.span);
                    let (left, right) = (Box::new(left.expr), Box::new(right.expr));
                    let kind = ExprKind::BinOp { left, op: binary(kind), right };
                    Operand { expr: Expr { span, kind }, span }
                }
            };
            length += 1;
            self.spine(length)?;
        }
        self.leave();
        Ok(left)
    }

    fn prefix(&mut self, node: Node<'t>, kids: &mut Kids<'t>, least: u8) -> Built<Operand> {
        let start = node.start();
        let (op, least_inside) = match self.kinds[start] {
            kinds::NOT if least > NOT => {
                // The second pass has a better message for arithmetic.
                return self.invalid(start);
            }
            kinds::NOT => (Some(UnaryOp::Not), NOT),
            kinds::AWAIT => (None, PRIMARY),
            b'-' => (Some(UnaryOp::USub), UNARY),
            b'+' => (Some(UnaryOp::UAdd), UNARY),
            _ => (Some(UnaryOp::Invert), UNARY),
        };
        let inner = self.climb(kids, least_inside)?;
        let span = self.tokens.spans[start].to(inner.span);
        let operand = Box::new(inner.expr);
        let kind = match op {
            Some(op) => ExprKind::UnaryOp { op, operand },
            None => ExprKind::Await { value: operand },
        };
        Ok(Operand { expr: Expr { span, kind }, span })
    }

    fn bool_op(
        &mut self,
        left: Operand,
        kind: u8,
        strength: u8,
        kids: &mut Kids<'t>,
    ) -> Built<Operand> {
        let first = left.span;
        let mut values = vec![left.expr];
        let last = loop {
            let right = self.climb(kids, strength + 1)?;
            let last = right.span;
            values.push(right.expr);
            match kids.peek_node() {
                Some(next) if next.rule() == Rule::infix && self.kinds[next.start()] == kind => {
                    kids.next();
                }
                _ => break last,
            }
        };
        let span = first.to(last);
        let op = if strength == OR { BoolOp::Or } else { BoolOp::And };
        Ok(Operand { expr: Expr { span, kind: ExprKind::BoolOp { op, values } }, span })
    }

    fn compare(&mut self, left: Operand, first: Node<'t>, kids: &mut Kids<'t>) -> Built<Operand> {
        let mut infix = first;
        let (mut ops, mut comparators) = (Vec::new(), Vec::new());
        let span = loop {
            ops.push(self.comparison(infix)?);
            let right = self.climb(kids, COMPARE + 1)?;
            comparators.push(right.expr);
            match kids.peek_node() {
                Some(next)
                    if next.rule() == Rule::infix
                        && strength(self.kinds[next.start()]) == COMPARE =>
                {
                    kids.next();
                    infix = next;
                }
                _ => break left.span.to(right.span),
            }
        };
        let kind = ExprKind::Compare { left: Box::new(left.expr), ops, comparators };
        Ok(Operand { expr: Expr { span, kind }, span })
    }

    fn comparison(&self, infix: Node<'t>) -> Built<CmpOp> {
        let (start, two) = (infix.start(), infix.end() == infix.start() + 2);
        Ok(match self.kinds[start] {
            kinds::EQ => CmpOp::Eq,
            kinds::NE if self.source(self.tokens.spans[start]) == "<>" => {
                if !self.barry {
                    let message = "invalid syntax.  Maybe you meant '!=' instead of '<>'?";
                    return self.fail(message, start, start + 1);
                }
                CmpOp::NotEq
            }
            kinds::NE if self.barry => {
                let message = "with Barry as BDFL, use '<>' instead of '!='";
                return self.fail(message, start, start + 1);
            }
            kinds::NE => CmpOp::NotEq,
            b'<' => CmpOp::Lt,
            kinds::LE => CmpOp::LtE,
            b'>' => CmpOp::Gt,
            kinds::GE => CmpOp::GtE,
            kinds::IS if two => CmpOp::IsNot,
            kinds::IS => CmpOp::Is,
            kinds::IN => CmpOp::In,
            _ => CmpOp::NotIn,
        })
    }

    fn atom(&mut self, node: Node<'t>, kids: &mut Kids<'t>) -> Built<Operand> {
        let (start, end) = (node.start(), node.end());
        let kind = match node.rule() {
            Rule::NAME => ExprKind::Name { id: self.name(start), ctx: ExprContext::Load },
            Rule::NUMBER => {
                let value = self.number(self.tokens.spans[start])?;
                ExprKind::Constant { value, kind_u: false }
            }
            Rule::constant => ExprKind::Constant { value: self.constant(start), kind_u: false },
            Rule::ELLIPSIS => ExprKind::Constant { value: Constant::Ellipsis, kind_u: false },
            Rule::strings => self.strings(node)?,
            Rule::paren => {
                let expr = self.paren(node)?;
                let span = self.span(start, end);
                return self.trailers(Operand { expr, span }, kids);
            }
            Rule::list => self.list(node)?,
            _ => self.brace(node)?,
        };
        let expr = self.make(kind, start, end);
        let span = expr.span;
        self.trailers(Operand { expr, span }, kids)
    }

    /// `None`, `True` or `False` at a token.
    pub(crate) fn constant(&self, token: usize) -> Constant {
        match self.kinds[token] {
            kinds::FALSE => Constant::False,
            kinds::NONE => Constant::None,
            _ => Constant::True,
        }
    }

    fn trailers(&mut self, mut left: Operand, kids: &mut Kids<'t>) -> Built<Operand> {
        let mut length = 0;
        loop {
            let Some(node) = kids.peek_node() else { return Ok(left) };
            let value = match node.rule() {
                Rule::attribute | Rule::call | Rule::subscript => Box::new(left.expr),
                _ => return Ok(left),
            };
            kids.next();
            let end = node.end();
            let kind = match node.rule() {
                Rule::attribute => {
                    ExprKind::Attribute { value, attr: self.name(end - 1), ctx: ExprContext::Load }
                }
                Rule::call => {
                    let (args, keywords) = self.arguments(node)?;
                    ExprKind::Call { func: value, args, keywords }
                }
                _ => ExprKind::Subscript {
                    value,
                    slice: Box::new(self.subscript(node)?),
                    ctx: ExprContext::Load,
                },
            };
            let span = left.span.to(self.tokens.spans[end - 1]);
            left = Operand { expr: Expr { span, kind }, span };
            length += 1;
            self.spine(length)?;
        }
    }

    /// One item of a display: starred, or an expression with an optional walrus.
    pub(crate) fn item(&mut self, kids: &mut Kids<'t>) -> Built<Expr> {
        let node = kids.required();
        let (start, end) = (node.start(), node.end());
        match node.rule() {
            Rule::starred | Rule::starred_target => {
                let inner = node.first();
                let value = Box::new(if inner.rule() == Rule::primary {
                    self.primary(inner)?
                } else {
                    self.disjunction(inner)?
                });
                let kind = ExprKind::Starred { value, ctx: ExprContext::Load };
                Ok(self.make(kind, start, end))
            }
            Rule::primary => self.primary(node),
            _ => {
                let expr = self.expression(node)?;
                match kids.accept(Rule::walrus) {
                    Some(walrus) => self.named(expr, node, walrus),
                    None => Ok(expr),
                }
            }
        }
    }

    fn named(&mut self, mut target: Expr, node: Node<'t>, walrus: Node<'t>) -> Built<Expr> {
        let start = node.start();
        if !matches!(target.kind, ExprKind::Name { .. }) {
            // In arguments there is no better message; elsewhere the second pass finds it.
            return self.invalid(walrus.start());
        }
        if node.end() != start + 1 {
            return self.invalid(walrus.start());
        }
        super::targets::set_context(&mut target, ExprContext::Store);
        let value = Box::new(self.expression(walrus.first())?);
        let kind = ExprKind::NamedExpr { target: Box::new(target), value };
        Ok(self.make(kind, start, walrus.end()))
    }

    /// The items of a display, and its comprehension if it has one.
    fn items(&mut self, kids: &mut Kids<'t>) -> Built<(Vec<Expr>, Option<Vec<Comprehension>>)> {
        let mut items = Vec::new();
        while let Some(rule) = kids.peek() {
            if rule == Rule::comprehension {
                let node = kids.required();
                if let Some(Expr { span, kind: ExprKind::Starred { .. } }) = items.first() {
                    let message = "iterable unpacking cannot be used in comprehension";
                    return fail_at(message, *span);
                }
                return Ok((items, Some(self.comprehensions(node)?)));
            }
            items.push(self.item(kids)?);
        }
        Ok((items, None))
    }

    /// `for ... in ... if ...`, one or more.
    pub(crate) fn comprehensions(&mut self, node: Node<'t>) -> Built<Vec<Comprehension>> {
        let mut generators = Vec::new();
        for comp_for in node.kids() {
            let is_async = self.kinds[comp_for.start()] == kinds::ASYNC;
            let mut kids = comp_for.kids();
            let target = self.for_target(kids.required())?;
            let iter = self.disjunction(kids.required())?;
            let ifs = kids.map(|node| self.disjunction(node)).collect::<Built<_>>()?;
            generators.push(Comprehension { target, iter, ifs, is_async });
        }
        Ok(generators)
    }

    /// Expressions between commas: a tuple where there is a comma.
    pub(crate) fn exprs(&mut self, node: Node<'t>) -> Built<Expr> {
        let (start, end) = (node.start(), node.end());
        if node.rule() == Rule::yield_expr {
            return self.yield_expr(node);
        }
        let mut kids = node.kids();
        let first = self.item(&mut kids)?;
        if kids.peek().is_none() && self.kinds[end - 1] != b',' {
            return Ok(first);
        }
        let mut elts = vec![first];
        while kids.peek().is_some() {
            elts.push(self.item(&mut kids)?);
        }
        Ok(self.make(ExprKind::Tuple { elts, ctx: ExprContext::Load }, start, end))
    }

    fn yield_expr(&mut self, node: Node<'t>) -> Built<Expr> {
        let kind = match node.kids().next() {
            None => ExprKind::Yield { value: None },
            Some(inner) if inner.rule() == Rule::expression => {
                ExprKind::YieldFrom { value: Box::new(self.expression(inner)?) }
            }
            Some(inner) => ExprKind::Yield { value: Some(Box::new(self.exprs(inner)?)) },
        };
        Ok(self.make(kind, node.start(), node.end()))
    }

    fn paren(&mut self, node: Node<'t>) -> Built<Expr> {
        let (start, end) = (node.start(), node.end());
        let mut kids = node.kids();
        if let Some(inner) = kids.accept(Rule::yield_expr) {
            return self.yield_expr(inner);
        }
        let (mut elts, generators) = self.items(&mut kids)?;
        if let Some(generators) = generators {
            let elt = Box::new(elts.pop().expect("a comprehension has an element"));
            return Ok(self.make(ExprKind::GeneratorExp { elt, generators }, start, end));
        }
        if elts.len() == 1 && self.kinds[end - 2] != b',' {
            let only = elts.pop().expect("its length is one");
            if matches!(only.kind, ExprKind::Starred { .. }) {
                // The second pass has a better message.
                return self.invalid(end - 1);
            }
            return Ok(only);
        }
        Ok(self.make(ExprKind::Tuple { elts, ctx: ExprContext::Load }, start, end))
    }

    fn list(&mut self, node: Node<'t>) -> Built<ExprKind> {
        let (mut elts, generators) = self.items(&mut node.kids())?;
        Ok(match generators {
            Some(generators) => {
                let elt = Box::new(elts.pop().expect("a comprehension has an element"));
                ExprKind::ListComp { elt, generators }
            }
            None => ExprKind::List { elts, ctx: ExprContext::Load },
        })
    }

    fn brace(&mut self, node: Node<'t>) -> Built<ExprKind> {
        let mut kids = node.kids();
        let (mut keys, mut values, mut elts) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(item) = kids.peek_node() {
            let start = item.start();
            match item.rule() {
                Rule::comprehension => {
                    let unpacking = keys.last().is_some_and(Option::is_none);
                    let double = node.start() + 1;
                    if unpacking {
                        let message = "dict unpacking cannot be used in dict comprehension";
                        return self.fail(message, double, double + 1);
                    }
                    if let Some(Expr { span, kind: ExprKind::Starred { .. } }) = elts.first() {
                        let message = "iterable unpacking cannot be used in comprehension";
                        return fail_at(message, *span);
                    }
                    let generators = self.comprehensions(kids.required())?;
                    return Ok(brace_comprehension(keys, values, elts, generators));
                }
                Rule::double_starred => {
                    kids.next();
                    if !elts.is_empty() {
                        return self.invalid(start);
                    }
                    keys.push(None);
                    values.push(self.disjunction(item.first())?);
                }
                _ => {
                    let key = self.item(&mut kids)?;
                    if let Some(value) = kids.accept(Rule::dict_value) {
                        let named = matches!(
                            key.kind,
                            ExprKind::NamedExpr { .. } | ExprKind::Starred { .. }
                        ) && self.kinds[start] != b'(';
                        if !elts.is_empty() || named {
                            return self.invalid(value.start());
                        }
                        keys.push(Some(key));
                        values.push(self.expression(value.first())?);
                    } else if keys.is_empty() {
                        elts.push(key);
                    } else {
                        return self.missing_colon(item);
                    }
                }
            }
        }
        Ok(if elts.is_empty() { ExprKind::Dict { keys, values } } else { ExprKind::Set { elts } })
    }

    /// `{1: 2, 3}`
    fn missing_colon<T>(&self, item: Node<'t>) -> Built<T> {
        let last = item.end() - 1;
        if self.kinds[item.start()] == b'*' {
            return self.invalid(item.start());
        }
        self.fail("':' expected after dictionary key", last, last + 1)
    }

    fn lambda(&mut self, node: Node<'t>) -> Built<Expr> {
        let mut kids = node.kids();
        let mut params = Vec::new();
        while let Some(param) = kids.accept(Rule::lambda_param) {
            params.push(param);
        }
        let args = self.parameters(&params, node.start(), true)?;
        let body = self.expression(kids.required())?;
        let kind = ExprKind::Lambda(Box::new(Lambda { args, body }));
        Ok(self.make(kind, node.start(), node.end()))
    }
}

fn brace_comprehension(
    mut keys: Vec<Option<Expr>>,
    mut values: Vec<Expr>,
    mut elts: Vec<Expr>,
    generators: Vec<Comprehension>,
) -> ExprKind {
    match (elts.pop(), keys.pop().flatten(), values.pop()) {
        (Some(elt), _, _) => ExprKind::SetComp { elt: Box::new(elt), generators },
        (None, Some(key), Some(value)) => {
            ExprKind::DictComp { key: Box::new(key), value: Box::new(value), generators }
        }
        _ => ExprKind::Dict { keys, values },
    }
}
