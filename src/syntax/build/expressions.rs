//! Operators by precedence climbing over a flat rule, atoms, displays, comprehensions, lambda and yield.

use base::span::Span;

use super::{Builder, Built, fail_at};
use crate::ast::nodes::{
    BoolOp, CmpOp, Comprehension, Constant, Expr, ExprContext, ExprKind, Lambda, Operator, UnaryOp,
};
use crate::grammar::python::Rule;
use crate::kinds;
use crate::tree::{Kids, Node, Walk};

/// Binding strengths of the infix operators; comparisons share one.
const NO_INFIX: u8 = 0;
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
        b'<' | b'>' | kinds::EQ | kinds::NE | kinds::LE | kinds::GE => COMPARE,
        kinds::IN | kinds::IS | kinds::NOT => COMPARE,
        _ => NO_INFIX,
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
        let (start, end) = (node.start(), node.end());
        if end == start + 1 {
            return self.simple(start);
        }
        self.enter()?;
        let mut walk = node.walk(0);
        if let Some(lambda) = walk.accept(Rule::lambda) {
            let lambda = self.lambda(lambda)?;
            self.leave();
            return Ok(lambda);
        }
        let body = self.climb(&mut walk, OR)?.expr;
        let result = if walk.is_done() {
            body
        } else {
            // `if`, and then `else`.
            walk.at += 1;
            let test = Box::new(self.disjunction(walk.required())?);
            walk.at += 1;
            let orelse = Box::new(self.expression(walk.required())?);
            self.make(ExprKind::IfExp { test, body: Box::new(body), orelse }, start, end)
        };
        self.leave();
        Ok(result)
    }

    /// `disjunction`: operators, no conditional.
    pub(crate) fn disjunction(&mut self, node: Node<'t>) -> Built<Expr> {
        Ok(self.climb(&mut node.walk(0), OR)?.expr)
    }

    /// `primary`: an atom and its trailers.
    pub(crate) fn primary(&mut self, node: Node<'t>) -> Built<Expr> {
        Ok(self.climb(&mut node.walk(0), PRIMARY)?.expr)
    }

    /// The expression to come: a child, or a token of its own.
    pub(crate) fn part(&mut self, walk: &mut Walk<'t>) -> Built<Expr> {
        match walk.child() {
            Some(node) => self.expression(node),
            None => {
                walk.at += 1;
                self.simple(walk.at - 1)
            }
        }
    }

    /// An operand and all that binds at least as strongly as `least`.
    fn climb(&mut self, walk: &mut Walk<'t>, least: u8) -> Built<Operand> {
        self.enter()?;
        let mut left = match self.kinds[walk.at] {
            b'-' | b'+' | b'~' | kinds::NOT | kinds::AWAIT => self.prefix(walk, least)?,
            _ => self.atom(walk)?,
        };
        let mut length = 0;
        while !walk.is_done() {
            let kind = self.kinds[walk.at];
            let strength = strength(kind);
            if strength < least {
                break;
            }
            walk.at += 1;
            left = match strength {
                OR | AND => self.bool_op(left, kind, strength, walk)?,
                COMPARE => self.compare(left, walk)?,
                _ => {
                    let next = if strength == POWER { UNARY } else { strength + 1 };
                    let right = self.climb(walk, next)?;
                    if kind == b'@' {
                        self.needs(5, "The '@' operator is", walk.at);
                    }
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

    fn prefix(&mut self, walk: &mut Walk<'t>, least: u8) -> Built<Operand> {
        let start = walk.at;
        walk.at += 1;
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
        let inner = self.climb(walk, least_inside)?;
        let span = self.tokens.spans[start].to(inner.span);
        let operand = Box::new(inner.expr);
        let kind = match op {
            Some(op) => ExprKind::UnaryOp { op, operand },
            None => {
                self.needs(5, "Await expressions are", walk.at);
                ExprKind::Await { value: operand }
            }
        };
        Ok(Operand { expr: Expr { span, kind }, span })
    }

    fn bool_op(
        &mut self,
        left: Operand,
        kind: u8,
        strength: u8,
        walk: &mut Walk<'t>,
    ) -> Built<Operand> {
        let first = left.span;
        let mut values = vec![left.expr];
        let last = loop {
            let right = self.climb(walk, strength + 1)?;
            let last = right.span;
            values.push(right.expr);
            if walk.is_done() || self.kinds[walk.at] != kind {
                break last;
            }
            walk.at += 1;
        };
        let span = first.to(last);
        let op = if strength == OR { BoolOp::Or } else { BoolOp::And };
        Ok(Operand { expr: Expr { span, kind: ExprKind::BoolOp { op, values } }, span })
    }

    /// Comparisons; the first operator is behind the walk.
    fn compare(&mut self, left: Operand, walk: &mut Walk<'t>) -> Built<Operand> {
        let (mut ops, mut comparators) = (Vec::new(), Vec::new());
        let span = loop {
            ops.push(self.comparison(walk)?);
            let right = self.climb(walk, COMPARE + 1)?;
            comparators.push(right.expr);
            if walk.is_done() || strength(self.kinds[walk.at]) != COMPARE {
                break left.span.to(right.span);
            }
            walk.at += 1;
        };
        let kind = ExprKind::Compare { left: Box::new(left.expr), ops, comparators };
        Ok(Operand { expr: Expr { span, kind }, span })
    }

    /// The operator whose first token is behind the walk.
    fn comparison(&self, walk: &mut Walk<'t>) -> Built<CmpOp> {
        let start = walk.at - 1;
        let kind = self.kinds[start];
        // `is not` and `not in`.
        let two = kind == kinds::NOT || (kind == kinds::IS && self.kinds[walk.at] == kinds::NOT);
        walk.at += usize::from(two);
        Ok(match kind {
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

    /// A name or literal of one token.
    fn simple(&mut self, token: usize) -> Built<Expr> {
        let span = self.tokens.spans[token];
        let kind = match self.kinds[token] {
            kinds::NUMBER => ExprKind::Constant { value: self.number(span)?, kind_u: false },
            kinds::STRING => self.string(token)?,
            kinds::ELLIPSIS => ExprKind::Constant { value: Constant::Ellipsis, kind_u: false },
            kinds::FALSE | kinds::NONE | kinds::TRUE => {
                ExprKind::Constant { value: self.constant(token), kind_u: false }
            }
            _ => ExprKind::Name { id: self.name(token), ctx: ExprContext::Load },
        };
        Ok(Expr { span, kind })
    }

    fn atom(&mut self, walk: &mut Walk<'t>) -> Built<Operand> {
        let Some(node) = walk.child() else {
            let expr = self.simple(walk.at)?;
            walk.at += 1;
            let span = expr.span;
            return self.trailers(Operand { expr, span }, walk);
        };
        let (start, end) = (node.start(), node.end());
        let kind = match node.rule() {
            Rule::strings => self.strings(node)?,
            Rule::paren => {
                let expr = self.paren(node)?;
                let span = self.span(start, end);
                return self.trailers(Operand { expr, span }, walk);
            }
            Rule::list => self.list(node)?,
            _ => self.brace(node)?,
        };
        let expr = self.make(kind, start, end);
        let span = expr.span;
        self.trailers(Operand { expr, span }, walk)
    }

    /// `None`, `True` or `False` at a token.
    pub(crate) fn constant(&self, token: usize) -> Constant {
        match self.kinds[token] {
            kinds::FALSE => Constant::False,
            kinds::NONE => Constant::None,
            _ => Constant::True,
        }
    }

    fn trailers(&mut self, mut left: Operand, walk: &mut Walk<'t>) -> Built<Operand> {
        let mut length = 0;
        loop {
            if walk.is_done() {
                return Ok(left);
            }
            let kind = match self.kinds[walk.at] {
                b'.' => {
                    walk.at += 2;
                    let (value, attr) = (Box::new(left.expr), self.name(walk.at - 1));
                    ExprKind::Attribute { value, attr, ctx: ExprContext::Load }
                }
                b'(' => {
                    let (args, keywords) = self.arguments(walk.required())?;
                    ExprKind::Call { func: Box::new(left.expr), args, keywords }
                }
                b'[' => {
                    let slice = Box::new(self.subscript(walk.required())?);
                    let value = Box::new(left.expr);
                    ExprKind::Subscript { value, slice, ctx: ExprContext::Load }
                }
                _ => return Ok(left),
            };
            let span = left.span.to(self.tokens.spans[walk.at - 1]);
            left = Operand { expr: Expr { span, kind }, span };
            length += 1;
            self.spine(length)?;
        }
    }

    /// One item of what stands between commas: a token of its own, or what [`Builder::item`] takes.
    pub(crate) fn listed(&mut self, walk: &mut Walk<'t>) -> Built<Expr> {
        let Some(node) = walk.child() else {
            walk.at += 1;
            return self.simple(walk.at - 1);
        };
        if node.rule() == Rule::expression {
            let expr = self.expression(node)?;
            return match walk.accept(Rule::walrus) {
                Some(walrus) => self.named(expr, node, walrus),
                None => Ok(expr),
            };
        }
        self.starred_or_primary(node)
    }

    /// Starred, or an expression with an optional walrus.
    pub(crate) fn item(&mut self, kids: &mut Kids<'t>) -> Built<Expr> {
        let node = kids.required();
        if node.rule() != Rule::expression {
            return self.starred_or_primary(node);
        }
        let expr = self.expression(node)?;
        match kids.accept(Rule::walrus) {
            Some(walrus) => self.named(expr, node, walrus),
            None => Ok(expr),
        }
    }

    fn starred_or_primary(&mut self, node: Node<'t>) -> Built<Expr> {
        if node.rule() == Rule::primary {
            return self.primary(node);
        }
        let inner = node.first();
        let value = Box::new(if inner.rule() == Rule::primary {
            self.primary(inner)?
        } else {
            self.disjunction(inner)?
        });
        let kind = ExprKind::Starred { value, ctx: ExprContext::Load };
        Ok(self.make(kind, node.start(), node.end()))
    }

    /// Whether there is a comma between the expressions of a node, or behind the only one.
    pub(crate) fn has_comma(node: Node<'t>) -> bool {
        let mut walk = node.walk(0);
        if walk.child().is_none() {
            walk.at += 1;
        }
        !walk.is_done()
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
        self.needs(8, "Assignment expressions are", walrus.end());
        let kind = ExprKind::NamedExpr { target: Box::new(target), value };
        Ok(self.make(kind, start, walrus.end()))
    }

    /// The items of a display in brackets, and its comprehension if it has one.
    fn items(&mut self, node: Node<'t>) -> Built<(Vec<Expr>, Option<Vec<Comprehension>>)> {
        let mut items = Vec::new();
        let mut walk = node.walk(1);
        while walk.at + 1 < walk.end {
            if let Some(node) = walk.accept(Rule::comprehension) {
                if let Some(Expr { span, kind: ExprKind::Starred { .. } }) = items.first() {
                    let message = "iterable unpacking cannot be used in comprehension";
                    return fail_at(message, *span);
                }
                return Ok((items, Some(self.comprehensions(node)?)));
            }
            items.push(self.listed(&mut walk)?);
            if self.kinds[walk.at] == b',' {
                walk.at += 1;
            }
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
            if is_async {
                self.needs(6, "Async comprehensions are", comp_for.end());
            }
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
        let mut walk = node.walk(0);
        let first = self.listed(&mut walk)?;
        if walk.is_done() {
            return Ok(first);
        }
        let mut elts = vec![first];
        walk.at += 1;
        while !walk.is_done() {
            elts.push(self.listed(&mut walk)?);
            walk.at += 1;
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
        let (mut elts, generators) = self.items(node)?;
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
        let (mut elts, generators) = self.items(node)?;
        Ok(match generators {
            Some(generators) => {
                let elt = Box::new(elts.pop().expect("a comprehension has an element"));
                ExprKind::ListComp { elt, generators }
            }
            None => ExprKind::List { elts, ctx: ExprContext::Load },
        })
    }

    fn brace(&mut self, node: Node<'t>) -> Built<ExprKind> {
        let mut walk = node.walk(1);
        let (mut keys, mut values, mut elts) = (Vec::new(), Vec::new(), Vec::new());
        while walk.at + 1 < walk.end {
            let start = walk.at;
            match walk.rule() {
                Some(Rule::comprehension) => {
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
                    let generators = self.comprehensions(walk.required())?;
                    return Ok(brace_comprehension(keys, values, elts, generators));
                }
                Some(Rule::double_starred) => {
                    let item = walk.required();
                    if !elts.is_empty() {
                        return self.invalid(start);
                    }
                    keys.push(None);
                    values.push(self.disjunction(item.first())?);
                }
                _ => {
                    let key = self.listed(&mut walk)?;
                    let end = walk.at;
                    if let Some(value) = walk.accept(Rule::dict_value) {
                        let named = matches!(
                            key.kind,
                            ExprKind::NamedExpr { .. } | ExprKind::Starred { .. }
                        ) && self.kinds[start] != b'(';
                        if !elts.is_empty() || named {
                            return self.invalid(value.start());
                        }
                        keys.push(Some(key));
                        values.push(self.part(&mut value.walk(1))?);
                    } else if keys.is_empty() {
                        elts.push(key);
                    } else {
                        return self.missing_colon(start, end);
                    }
                }
            }
            if self.kinds[walk.at] == b',' {
                walk.at += 1;
            }
        }
        Ok(if elts.is_empty() { ExprKind::Dict { keys, values } } else { ExprKind::Set { elts } })
    }

    /// `{1: 2, 3}`
    fn missing_colon<T>(&self, start: usize, end: usize) -> Built<T> {
        let last = end - 1;
        if self.kinds[start] == b'*' {
            return self.invalid(start);
        }
        self.fail("':' expected after dictionary key", last, last + 1)
    }

    fn lambda(&mut self, node: Node<'t>) -> Built<Expr> {
        let mut kids = node.kids();
        let mut params = Vec::new();
        while let Some(param) = kids.accept(Rule::lambda_param) {
            params.push(param);
        }
        let body_node = kids.required();
        let args = self.parameters(&params, body_node.start() - 1, true)?;
        let body = self.expression(body_node)?;
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
