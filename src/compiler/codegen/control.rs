//! Conditions and loops.

use base::span::Span;
use bytecode::{Location, Opcode};
use syntax::ast::nodes::{BoolOp, Expr, ExprKind, For, Stmt, StmtKind, UnaryOp};

use super::unwind::{BlockKind, FrameBlock};
use super::{Compiler, Result};
use crate::instructions::Label;
use crate::limits::{MAX_DEPTH, too_deep};

const fn pop_jump(condition: bool) -> Opcode {
    if condition { Opcode::POP_JUMP_IF_TRUE } else { Opcode::POP_JUMP_IF_FALSE }
}

impl<'a> Compiler<'a, '_> {
    /// Jumps to `next` if the truth of the expression is `condition`.
    pub(super) fn jump_if(
        &mut self,
        location: Location,
        expr: &'a Expr,
        next: Label,
        condition: bool,
    ) -> Result {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep());
        }
        match &expr.kind {
            ExprKind::UnaryOp { op: UnaryOp::Not, operand } => {
                self.jump_if(location, operand, next, !condition)?;
            }
            ExprKind::BoolOp { op, values } => {
                self.jump_if_bool_op(location, *op, values, next, condition)?;
            }
            ExprKind::IfExp { test, body, orelse } => {
                let end = self.label();
                let next2 = self.label();
                self.jump_if(location, test, next2, false)?;
                self.jump_if(location, body, next, condition)?;
                self.jump(Location::NONE, Opcode::JUMP_NO_INTERRUPT, end);
                self.place(next2);
                self.jump_if(location, orelse, next, condition)?;
                self.place(end);
            }
            ExprKind::Compare { ops, .. } if ops.len() > 1 => {
                self.jump_if_chain(expr, next, condition)?;
            }
            _ => {
                self.expr(expr)?;
                let place = self.loc(expr.span);
                self.op(place, Opcode::TO_BOOL);
                self.jump(place, pop_jump(condition), next);
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn jump_if_bool_op(
        &mut self,
        location: Location,
        op: BoolOp,
        values: &'a [Expr],
        next: Label,
        condition: bool,
    ) -> Result {
        let condition2 = op == BoolOp::Or;
        let next2 = if condition2 == condition { next } else { self.label() };
        if let Some((last, firsts)) = values.split_last() {
            for value in firsts {
                self.jump_if(location, value, next2, condition2)?;
            }
            self.jump_if(location, last, next, condition)?;
        }
        if next2 != next {
            self.place(next2);
        }
        Ok(())
    }

    /// `a < b < c` as a condition.
    fn jump_if_chain(&mut self, expr: &'a Expr, next: Label, condition: bool) -> Result {
        let ExprKind::Compare { left, ops, comparators } = &expr.kind else { return Ok(()) };
        let location = self.loc(expr.span);
        self.check_compare(expr.span, left, ops, comparators);
        let cleanup = self.label();
        self.expr(left)?;
        let last = ops.len() - 1;
        for (&op, comparator) in ops.iter().zip(comparators).take(last) {
            self.expr(comparator)?;
            self.op_i(location, Opcode::SWAP, 2);
            self.op_i(location, Opcode::COPY, 2);
            self.compare_op(location, op);
            self.op(location, Opcode::TO_BOOL);
            self.jump(location, Opcode::POP_JUMP_IF_FALSE, cleanup);
        }
        self.expr(&comparators[last])?;
        self.compare_op(location, ops[last]);
        self.op(location, Opcode::TO_BOOL);
        self.jump(location, pop_jump(condition), next);
        let end = self.label();
        self.jump(Location::NONE, Opcode::JUMP_NO_INTERRUPT, end);
        self.place(cleanup);
        self.op(location, Opcode::POP_TOP);
        if !condition {
            self.jump(Location::NONE, Opcode::JUMP_NO_INTERRUPT, next);
        }
        self.place(end);
        Ok(())
    }

    pub(super) fn if_expression(
        &mut self,
        location: Location,
        test: &'a Expr,
        body: &'a Expr,
        orelse: &'a Expr,
    ) -> Result {
        let end = self.label();
        let next = self.label();
        self.jump_if(location, test, next, false)?;
        self.expr(body)?;
        self.jump(Location::NONE, Opcode::JUMP_NO_INTERRUPT, end);
        self.place(next);
        self.expr(orelse)?;
        self.place(end);
        Ok(())
    }

    /// An `if` with its `elif`, which are no deeper than itself.
    pub(super) fn if_(
        &mut self,
        mut span: Span,
        mut test: &'a Expr,
        mut body: &'a [Stmt],
        mut orelse: &'a [Stmt],
    ) -> Result {
        let mut ends = Vec::new();
        loop {
            let location = self.loc(span);
            let end = self.label();
            ends.push(end);
            let next = if orelse.is_empty() { end } else { self.label() };
            self.jump_if(location, test, next, false)?;
            self.stmts(body)?;
            if orelse.is_empty() {
                break;
            }
            self.jump(Location::NONE, Opcode::JUMP_NO_INTERRUPT, end);
            self.place(next);
            let [
                Stmt { span: elif, kind: StmtKind::If { test: other, body: inner, orelse: rest } },
            ] = orelse
            else {
                self.stmts(orelse)?;
                break;
            };
            (span, test, body, orelse) = (*elif, other, inner, rest);
        }
        ends.into_iter().rev().for_each(|end| self.place(end));
        Ok(())
    }

    pub(super) fn for_(&mut self, span: Span, parts: &'a For) -> Result {
        let location = self.loc(span);
        let start = self.label();
        let body = self.label();
        let cleanup = self.label();
        let end = self.label();
        self.push_block(FrameBlock::of_loop(BlockKind::ForLoop, location, start, end))?;
        self.expr(&parts.iter)?;
        let location = self.loc(parts.iter.span);
        self.op(location, Opcode::GET_ITER);
        self.place(start);
        self.jump(location, Opcode::FOR_ITER, cleanup);
        // Keeps the target's line for tracing; removed if it is redundant.
        let target = self.loc(parts.target.span);
        self.op(target, Opcode::NOP);
        self.place(body);
        self.expr(&parts.target)?;
        self.stmts(&parts.body)?;
        self.jump(Location::NONE, Opcode::JUMP, start);
        self.place(cleanup);
        // A generator that ends jumps to the first of these, everything else behind it.
        self.op(Location::NONE, Opcode::END_FOR);
        self.op(Location::NONE, Opcode::POP_ITER);
        self.pop_block(BlockKind::ForLoop);
        self.stmts(&parts.orelse)?;
        self.place(end);
        Ok(())
    }

    pub(super) fn async_for(&mut self, span: Span, parts: &'a For) -> Result {
        let location = self.loc(span);
        let start = self.label();
        let send = self.label();
        let except = self.label();
        let end = self.label();
        self.expr(&parts.iter)?;
        let iter = self.loc(parts.iter.span);
        self.op(iter, Opcode::GET_AITER);
        self.place(start);
        self.push_block(FrameBlock::of_loop(BlockKind::AsyncForLoop, location, start, end))?;
        self.jump(location, Opcode::SETUP_FINALLY, except);
        self.op(location, Opcode::GET_ANEXT);
        self.load_none(location);
        self.place(send);
        self.yield_from(location, true);
        self.op(location, Opcode::POP_BLOCK);
        self.op(location, Opcode::NOT_TAKEN);
        self.expr(&parts.target)?;
        self.stmts(&parts.body)?;
        self.jump(Location::NONE, Opcode::JUMP, start);
        self.pop_block(BlockKind::AsyncForLoop);
        self.place(except);
        // The end belongs to the `for`, not to the body.
        self.jump(iter, Opcode::END_ASYNC_FOR, send);
        self.stmts(&parts.orelse)?;
        self.place(end);
        Ok(())
    }

    pub(super) fn while_(
        &mut self,
        span: Span,
        test: &'a Expr,
        body: &'a [Stmt],
        orelse: &'a [Stmt],
    ) -> Result {
        let location = self.loc(span);
        let start = self.label();
        let end = self.label();
        let anchor = self.label();
        self.place(start);
        self.push_block(FrameBlock::of_loop(BlockKind::WhileLoop, location, start, end))?;
        self.jump_if(location, test, anchor, false)?;
        self.stmts(body)?;
        self.jump(Location::NONE, Opcode::JUMP, start);
        self.pop_block(BlockKind::WhileLoop);
        self.place(anchor);
        self.stmts(orelse)?;
        self.place(end);
        Ok(())
    }
}
