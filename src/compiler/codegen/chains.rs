//! Chains of attributes, calls and subscripts: each link says what is done before and after the value that it stands on, so that a
//! long chain is walked without recursion.

use bytecode::Opcode;
use syntax::ast::nodes::{Expr, ExprContext, ExprKind};

use super::{Compiler, Result};
use crate::instructions::Label;

/// From which depth on chains are walked without recursion: before, it costs more than it saves.
const CHAIN_DEPTH: u32 = 200;

/// What is left to do when the value of a link is on the stack.
#[derive(Clone, Copy)]
pub(super) enum Rest<'a> {
    /// Load, store or delete an attribute.
    Attribute(&'a Expr),
    /// Load a method and call it: the call, and its function.
    Method(&'a Expr, &'a Expr),
    /// Call the value: the call, and where a loop written in its place goes on.
    Call(&'a Expr, Label),
    /// Load, store or delete an item.
    Subscript(&'a Expr),
}

/// What a link begins with.
pub(super) enum Link<'a> {
    /// It is written whole.
    Done,
    /// The value has to be written, then the rest.
    On(&'a Expr, Rest<'a>),
}

impl<'a> Compiler<'a, '_> {
    /// An attribute, a call or a subscript.
    pub(super) fn chain(&mut self, expr: &'a Expr) -> Result {
        if self.depth < CHAIN_DEPTH {
            return match self.link(expr)? {
                Link::Done => Ok(()),
                Link::On(value, rest) => {
                    self.expr(value)?;
                    self.rest(rest)
                }
            };
        }
        let mut pending = Vec::new();
        let mut innermost = expr;
        loop {
            match self.link(innermost)? {
                Link::Done => break,
                Link::On(value, rest) => {
                    pending.push(rest);
                    innermost = value;
                    if !is_link(value) {
                        self.expr(value)?;
                        break;
                    }
                }
            }
        }
        pending.into_iter().rev().try_for_each(|rest| self.rest(rest))
    }

    /// What a link does before its value is written.
    fn link(&mut self, expr: &'a Expr) -> Result<Link<'a>> {
        match &expr.kind {
            ExprKind::Attribute { value, attr, ctx } => {
                if *ctx == ExprContext::Load && self.can_optimize_super(value, *attr) {
                    self.super_attribute(expr, value, *attr)?;
                    return Ok(Link::Done);
                }
                if *ctx == ExprContext::Store {
                    self.record_static_attribute(value, *attr);
                }
                Ok(Link::On(value, Rest::Attribute(expr)))
            }
            ExprKind::Subscript { value, slice, ctx } => {
                if *ctx == ExprContext::Load {
                    self.check_subscripter(value);
                    self.check_index(value, slice);
                }
                Ok(Link::On(value, Rest::Subscript(expr)))
            }
            ExprKind::Call { func, args, keywords } => self.begin_call(expr, func, args, keywords),
            _ => Ok(Link::Done),
        }
    }

    /// What a link does when its value is on the stack.
    fn rest(&mut self, rest: Rest<'a>) -> Result {
        match rest {
            Rest::Attribute(expr) => {
                let ExprKind::Attribute { attr, ctx, .. } = &expr.kind else { return Ok(()) };
                let location = self.attribute_location(self.loc(expr.span), expr);
                let opcode = match ctx {
                    ExprContext::Load => Opcode::LOAD_ATTR,
                    ExprContext::Store => Opcode::STORE_ATTR,
                    ExprContext::Del => Opcode::DELETE_ATTR,
                };
                self.op_name(location, opcode, *attr);
                Ok(())
            }
            Rest::Subscript(expr) => {
                let ExprKind::Subscript { slice, ctx, .. } = &expr.kind else { return Ok(()) };
                self.subscript_rest(expr, slice, *ctx)
            }
            Rest::Method(expr, func) => {
                let (ExprKind::Call { args, keywords, .. }, ExprKind::Attribute { attr, .. }) =
                    (&expr.kind, &func.kind)
                else {
                    return Ok(());
                };
                let location = self.attribute_location(self.loc(func.span), func);
                self.load_method(location, *attr);
                self.method_arguments(expr, func, location, args, keywords)
            }
            Rest::Call(expr, end) => {
                let ExprKind::Call { func, args, keywords } = &expr.kind else { return Ok(()) };
                self.call_rest(expr, func, args, keywords, end)
            }
        }
    }
}

fn is_link(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::Attribute { .. } | ExprKind::Subscript { .. } | ExprKind::Call { .. }
    )
}
