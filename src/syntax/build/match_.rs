//! The match statement and its patterns.

use super::{Builder, Built, fail_at};
use crate::ast::nodes::{
    Constant, Expr, ExprKind, MatchCase, MatchClass, Operator, Pattern, PatternKind, StmtKind,
    UnaryOp,
};
use crate::grammar::python::Rule;
use crate::kinds;
use crate::tree::Node;

impl<'t> Builder<'t> {
    /// A `match_stmt`.
    pub(crate) fn match_statement(&mut self, node: Node<'t>) -> Built<StmtKind> {
        let mut kids = node.kids();
        let subject_node = kids.required();
        let subject = Box::new(self.exprs(subject_node)?);
        if matches!(subject.kind, ExprKind::Starred { .. }) {
            return self.invalid(subject_node.end());
        }
        let mut cases = Vec::new();
        for clause in kids {
            let mut inside = clause.kids();
            let pattern = self.patterns(inside.required())?;
            let guard = match inside.accept(Rule::guard) {
                Some(guard) => Some(self.item(&mut guard.kids())?),
                None => None,
            };
            let body = self.block(inside.required())?;
            cases.push(MatchCase { pattern, guard, body });
        }
        self.needs(10, "Pattern matching is", node.end() - 1);
        Ok(StmtKind::Match { subject, cases })
    }

    /// `case a, *b`: a sequence where there is a comma.
    fn patterns(&mut self, node: Node<'t>) -> Built<Pattern> {
        let mut patterns = self.pattern_list(node)?;
        let end = node.end();
        if patterns.len() == 1 && self.kinds[end - 1] != b',' {
            let only = patterns.pop().expect("its length is one");
            if matches!(only.kind, PatternKind::MatchStar { .. }) {
                return self.invalid(end);
            }
            return Ok(only);
        }
        Ok(self.make_pattern(PatternKind::MatchSequence { patterns }, node))
    }

    fn pattern_list(&mut self, node: Node<'t>) -> Built<Vec<Pattern>> {
        self.enter()?;
        let patterns = node.kids().map(|part| self.pattern(part)).collect();
        self.leave();
        patterns
    }

    fn make_pattern(&self, kind: PatternKind, node: Node<'t>) -> Pattern {
        Pattern { span: self.node_span(node), kind }
    }

    fn pattern(&mut self, node: Node<'t>) -> Built<Pattern> {
        match node.rule() {
            Rule::star_pattern => {
                let token = node.end() - 1;
                let name = if self.is_underscore(token) { None } else { Some(self.name(token)) };
                Ok(self.make_pattern(PatternKind::MatchStar { name }, node))
            }
            Rule::pattern => self.or_pattern(node),
            Rule::name_pattern => self.name_pattern(node),
            Rule::group_pattern => self.group_pattern(node),
            Rule::list_pattern => {
                let patterns = self.pattern_list(node)?;
                Ok(self.make_pattern(PatternKind::MatchSequence { patterns }, node))
            }
            Rule::map_pattern => self.map_pattern(node),
            Rule::constant => {
                let value = self.constant(node.start());
                Ok(self.make_pattern(PatternKind::MatchSingleton { value }, node))
            }
            _ => {
                let value = Box::new(self.literal(node)?);
                Ok(self.make_pattern(PatternKind::MatchValue { value }, node))
            }
        }
    }

    /// `a | b as c`
    fn or_pattern(&mut self, node: Node<'t>) -> Built<Pattern> {
        let mut patterns = Vec::new();
        let mut end = node.start();
        for part in node.kids() {
            if part.rule() == Rule::as_target {
                let inner = self.join_alternatives(patterns, node.start(), end);
                return self.as_pattern(node, part, inner);
            }
            end = part.end();
            patterns.push(self.pattern(part)?);
        }
        Ok(self.join_alternatives(patterns, node.start(), end))
    }

    fn join_alternatives(&self, mut patterns: Vec<Pattern>, start: usize, end: usize) -> Pattern {
        if patterns.len() == 1 {
            return patterns.pop().expect("its length is one");
        }
        Pattern { span: self.span(start, end), kind: PatternKind::MatchOr { patterns } }
    }

    fn as_pattern(&mut self, node: Node<'t>, target: Node<'t>, inner: Pattern) -> Built<Pattern> {
        let token = target.start();
        if target.end() != token + 1 || !kinds::is_name(self.kinds[token]) {
            let expr = self.expression(target.first())?;
            let what = super::targets::describe(&expr);
            return fail_at(format!("cannot use {what} as pattern target"), expr.span);
        }
        if self.is_underscore(token) {
            return self.fail("cannot use '_' as a target", token, token + 1);
        }
        let name = Some(self.name(token));
        let kind = PatternKind::MatchAs { pattern: Some(Box::new(inner)), name };
        Ok(self.make_pattern(kind, node))
    }

    /// A capture, a dotted value or a class pattern.
    fn name_pattern(&mut self, node: Node<'t>) -> Built<Pattern> {
        let mut tokens = Vec::new();
        for part in node.kids() {
            if part.rule() == Rule::class_args {
                let cls = self.dotted_value(&tokens);
                let kind = self.class_pattern(cls, part)?;
                return Ok(self.make_pattern(kind, node));
            }
            tokens.push(part.start());
        }
        let kind = if tokens.len() > 1 {
            PatternKind::MatchValue { value: Box::new(self.dotted_value(&tokens)) }
        } else {
            let token = node.start();
            let name = if self.is_underscore(token) { None } else { Some(self.name(token)) };
            PatternKind::MatchAs { pattern: None, name }
        };
        Ok(self.make_pattern(kind, node))
    }

    fn class_pattern(&mut self, cls: Expr, args: Node<'t>) -> Built<PatternKind> {
        let (mut patterns, mut kwd_attrs, mut kwd_patterns) = (Vec::new(), Vec::new(), Vec::new());
        self.enter()?;
        let mut first_after: Option<usize> = None;
        let mut last_after = 0;
        for arg in args.kids() {
            let mut inside = arg.kids();
            let first = inside.required();
            if first.rule() == Rule::name {
                kwd_attrs.push(self.name(first.start()));
                kwd_patterns.push(self.pattern(inside.required())?);
            } else {
                if !kwd_attrs.is_empty() {
                    first_after.get_or_insert(arg.start());
                    last_after = arg.end();
                }
                patterns.push(self.pattern(first)?);
            }
        }
        if let Some(start) = first_after {
            let message = "positional patterns follow keyword patterns";
            return self.fail(message, start, last_after);
        }
        self.leave();
        let class = MatchClass { cls, patterns, kwd_attrs, kwd_patterns };
        Ok(PatternKind::MatchClass(Box::new(class)))
    }

    fn group_pattern(&mut self, node: Node<'t>) -> Built<Pattern> {
        let mut patterns = self.pattern_list(node)?;
        if patterns.len() == 1 && self.kinds[node.end() - 2] != b',' {
            let only = patterns.pop().expect("its length is one");
            if matches!(only.kind, PatternKind::MatchStar { .. }) {
                return self.invalid(node.end() - 1);
            }
            return Ok(only);
        }
        Ok(self.make_pattern(PatternKind::MatchSequence { patterns }, node))
    }

    fn map_pattern(&mut self, node: Node<'t>) -> Built<Pattern> {
        let (mut keys, mut patterns, mut rest) = (Vec::new(), Vec::new(), None);
        self.enter()?;
        for item in node.kids() {
            let mut inside = item.kids();
            let first = inside.required();
            if rest.is_some() {
                return self.invalid(item.start());
            }
            if first.rule() == Rule::name {
                let token = first.start();
                if self.is_underscore(token) {
                    return self.invalid(token);
                }
                rest = Some(self.name(token));
                continue;
            }
            keys.push(self.map_key(first)?);
            patterns.push(self.pattern(inside.required())?);
        }
        self.leave();
        Ok(self.make_pattern(PatternKind::MatchMapping { keys, patterns, rest }, node))
    }

    fn map_key(&mut self, node: Node<'t>) -> Built<Expr> {
        match node.rule() {
            Rule::value_name => {
                let tokens: Vec<_> = node.kids().map(Node::start).collect();
                Ok(self.dotted_value(&tokens))
            }
            Rule::constant => {
                let value = self.constant(node.start());
                let kind = ExprKind::Constant { value, kind_u: false };
                Ok(self.make(kind, node.start(), node.end()))
            }
            _ => self.literal(node),
        }
    }

    /// A number, signed or complex, or strings.
    fn literal(&mut self, node: Node<'t>) -> Built<Expr> {
        let (start, end) = (node.start(), node.end());
        if node.rule() == Rule::strings {
            let kind = self.strings(node)?;
            return Ok(self.make(kind, start, end));
        }
        let mut numbers = node.kids();
        let real_token = numbers.required().start();
        let negative = real_token > start;
        let real_value = self.number(self.tokens.spans[real_token])?;
        let complex = matches!(real_value, Constant::Complex(..));
        let kind = ExprKind::Constant { value: real_value, kind_u: false };
        let mut real = self.make(kind, real_token, real_token + 1);
        if negative {
            let kind = ExprKind::UnaryOp { op: UnaryOp::USub, operand: Box::new(real) };
            real = self.make(kind, start, real_token + 1);
        }
        let Some(imaginary) = numbers.next() else { return Ok(real) };
        let token = imaginary.start();
        if complex {
            return self.fail("real number required in complex literal", start, real_token + 1);
        }
        let value = self.number(self.tokens.spans[token])?;
        if !matches!(value, Constant::Complex(..)) {
            return self.fail("imaginary number required in complex literal", token, token + 1);
        }
        let op = if self.kinds[token - 1] == b'+' { Operator::Add } else { Operator::Sub };
        let kind = ExprKind::Constant { value, kind_u: false };
        let right = Box::new(self.make(kind, token, token + 1));
        let kind = ExprKind::BinOp { left: Box::new(real), op, right };
        Ok(self.make(kind, start, end))
    }
}
