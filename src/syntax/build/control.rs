//! `if`, `while`, `for`, `try`, `with` and their blocks.

use super::{Builder, Built, TOO_COMPLEX};
use crate::ast::nodes::{
    ExceptHandler, Expr, ExprContext, ExprKind, For, Stmt, StmtKind, Try, WithItem,
};
use crate::error::{ErrorKind, Place, SyntaxError};
use crate::grammar::python::Rule;
use crate::kinds;
use crate::tree::{Kids, Node};

/// How many `elif` one `if` may have: CPython's parser recurses for each.
const ELIFS_MAX: usize = 5965;

impl<'t> Builder<'t> {
    /// The compound statements without decorators and `async`.
    pub(crate) fn compound(&mut self, node: Node<'t>) -> Built<StmtKind> {
        self.enter()?;
        let kind = match node.rule() {
            Rule::if_stmt => self.if_statement(node)?,
            Rule::while_stmt => {
                let mut kids = node.kids();
                let test = Box::new(self.item(&mut kids)?);
                let body = self.block(kids.required())?;
                let orelse = self.optional_block(&mut kids, Rule::else_clause)?;
                StmtKind::While { test, body, orelse }
            }
            Rule::for_stmt => StmtKind::For(Box::new(self.for_loop(node)?)),
            Rule::with_stmt => {
                let (items, body) = self.with_parts(node)?;
                StmtKind::With { items, body }
            }
            Rule::try_stmt => self.try_statement(node)?,
            Rule::def_stmt => StmtKind::FunctionDef(Box::new(self.function(node, Vec::new())?)),
            Rule::class_stmt => self.class(node, Vec::new())?,
            _ => self.match_statement(node)?,
        };
        self.leave();
        Ok(kind)
    }

    /// The statements of a `block`.
    pub(crate) fn block(&mut self, node: Node<'t>) -> Built<Vec<Stmt>> {
        self.statements(node.kids())
    }

    fn optional_block(&mut self, kids: &mut Kids<'t>, rule: Rule) -> Built<Vec<Stmt>> {
        match kids.accept(rule) {
            Some(clause) => self.block(clause.first()),
            None => Ok(Vec::new()),
        }
    }

    /// `elif` chains nest from the right.
    fn if_statement(&mut self, node: Node<'t>) -> Built<StmtKind> {
        let mut kids = node.kids();
        let test = Box::new(self.item(&mut kids)?);
        let body = self.block(kids.required())?;
        let mut elifs = Vec::new();
        while let Some(elif) = kids.accept(Rule::elif_clause) {
            let mut inside = elif.kids();
            let test = Box::new(self.item(&mut inside)?);
            let body = self.block(inside.required())?;
            elifs.push((elif.start(), test, body));
            if elifs.len() > ELIFS_MAX {
                let error = SyntaxError::of(ErrorKind::Memory, TOO_COMPLEX, Place::None);
                return Err(Box::new(error));
            }
        }
        let mut orelse = self.optional_block(&mut kids, Rule::else_clause)?;
        for (start, test, body) in elifs.into_iter().rev() {
            let span = self.statement_span(start, node.end());
            orelse = vec![Stmt { span, kind: StmtKind::If { test, body, orelse } }];
        }
        Ok(StmtKind::If { test, body, orelse })
    }

    /// The parts of a `for_stmt`.
    pub(crate) fn for_loop(&mut self, node: Node<'t>) -> Built<For> {
        let mut kids = node.kids();
        let target = self.for_target(kids.required())?;
        let iter = self.exprs(kids.required())?;
        let body_node = kids.required();
        self.claim_header_comment(node, body_node);
        let body = self.block(body_node)?;
        let orelse = self.optional_block(&mut kids, Rule::else_clause)?;
        Ok(For { target, iter, body, orelse })
    }

    /// The parts of a `with_stmt`.
    pub(crate) fn with_parts(&mut self, node: Node<'t>) -> Built<(Vec<WithItem>, Vec<Stmt>)> {
        let mut kids = node.kids();
        let mut items = Vec::new();
        while let Some(item) = kids.accept(Rule::with_item) {
            let mut inside = item.kids();
            let context_expr = self.expression(inside.required())?;
            let mut optional_vars = None;
            if inside.peek().is_some() {
                let mut target = self.item(&mut inside)?;
                self.with_target(&mut target)?;
                optional_vars = Some(target);
            }
            items.push(WithItem { context_expr, optional_vars });
        }
        let body_node = kids.required();
        self.claim_header_comment(node, body_node);
        Ok((items, self.block(body_node)?))
    }

    fn try_statement(&mut self, node: Node<'t>) -> Built<StmtKind> {
        let mut kids = node.kids();
        let body = self.block(kids.required())?;
        let mut handlers = Vec::new();
        let mut star: Option<bool> = None;
        while let Some(clause) = kids.accept(Rule::except_clause) {
            let this = self.kinds[clause.start() + 1] == b'*';
            if *star.get_or_insert(this) != this {
                let message = "cannot have both 'except' and 'except*' on the same 'try'";
                let first = clause.start();
                let end = if this { first + 2 } else { first + 1 };
                return self.fail(message, first, end);
            }
            handlers.push(self.handler(clause, this)?);
        }
        let orelse = self.optional_block(&mut kids, Rule::else_clause)?;
        let finalbody = self.optional_block(&mut kids, Rule::finally_clause)?;
        let parts = Box::new(Try { body, handlers, orelse, finalbody });
        if star != Some(true) {
            return Ok(StmtKind::Try(parts));
        }
        self.needs(11, "Exception groups are", node.end());
        Ok(StmtKind::TryStar(parts))
    }

    fn handler(&mut self, clause: Node<'t>, star: bool) -> Built<ExceptHandler> {
        let mut kids = clause.kids();
        let type_node = kids.accept(Rule::plain_exprs);
        let mut type_ = None;
        if let Some(node) = type_node {
            let value = self.exprs(node)?;
            if Self::has_comma(node) && kids.peek() == Some(Rule::name) {
                let message = "multiple exception types must be parenthesized when using 'as'";
                return self.fail(message, node.start(), node.end());
            }
            type_ = Some(value);
        } else if star {
            let message = "expected one or more exception types";
            return self.fail(message, clause.start(), clause.start() + 1);
        }
        let name = kids.accept(Rule::name).map(|name| self.name(name.start()));
        let body = self.block(kids.required())?;
        if type_node.is_some_and(Self::has_comma) {
            let subject = "except expressions without parentheses are";
            self.needs(14, subject, clause.end() - 1);
        }
        let span = self.statement_span(clause.start(), clause.end());
        Ok(ExceptHandler { span, type_, name, body })
    }

    /// An attribute chain out of names and dots.
    pub(crate) fn dotted_value(&mut self, tokens: &[usize]) -> Expr {
        let first = tokens.first().copied().unwrap_or(0);
        let kind = ExprKind::Name { id: self.name(first), ctx: ExprContext::Load };
        let mut expr = self.make(kind, first, first + 1);
        for &token in tokens.iter().skip(1) {
            let attr = self.name(token);
            let kind = ExprKind::Attribute { value: Box::new(expr), attr, ctx: ExprContext::Load };
            expr = self.make(kind, first, token + 1);
        }
        expr
    }

    /// Whether a token is a lone `_`.
    pub(crate) fn is_underscore(&self, token: usize) -> bool {
        self.kinds[token] == kinds::UNDERSCORE
    }
}
