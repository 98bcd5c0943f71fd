//! `try`: `except`, `except*`, `finally`.

use base::span::Span;
use bytecode::{Location, Opcode};
use syntax::ast::nodes::{ExceptHandler, Try};

use super::operators::INTRINSIC_PREP_RERAISE_STAR;
use super::unwind::{BlockKind, FrameBlock};
use super::{Compiler, Result};
use crate::instructions::Label;

const NOWHERE: Location = Location::NONE;

impl<'a> Compiler<'a, '_> {
    pub(super) fn try_(&mut self, span: Span, parts: &'a Try) -> Result {
        if parts.finalbody.is_empty() {
            self.try_except(span, parts)
        } else {
            self.try_finally(span, parts, false)
        }
    }

    pub(super) fn try_star(&mut self, span: Span, parts: &'a Try) -> Result {
        if parts.finalbody.is_empty() {
            self.try_star_except(span, parts)
        } else {
            self.try_finally(span, parts, true)
        }
    }

    /// The end of a handler whose own code failed: the exception that was handled before comes back, the new one goes on.
    pub(super) fn pop_except_and_reraise(&mut self, location: Location) {
        self.op_i(location, Opcode::COPY, 3);
        self.op(location, Opcode::POP_EXCEPT);
        self.op_i(location, Opcode::RERAISE, 1);
    }

    /// `finally` stands twice: for the way out without an exception, and for the one with it.
    fn try_finally(&mut self, span: Span, parts: &'a Try, star: bool) -> Result {
        let location = self.loc(span);
        let body = self.label();
        let end = self.label();
        let exit = self.label();
        let cleanup = self.label();
        self.jump(location, Opcode::SETUP_FINALLY, end);
        self.place(body);
        self.push_block(FrameBlock::finally(location, &parts.finalbody))?;
        if parts.handlers.is_empty() {
            self.stmts(&parts.body)?;
        } else if star {
            self.try_star_except(span, parts)?;
        } else {
            self.try_except(span, parts)?;
        }
        self.op(NOWHERE, Opcode::POP_BLOCK);
        self.pop_block(BlockKind::FinallyTry);
        self.stmts(&parts.finalbody)?;
        self.jump(NOWHERE, Opcode::JUMP_NO_INTERRUPT, exit);

        self.place(end);
        self.jump(NOWHERE, Opcode::SETUP_CLEANUP, cleanup);
        self.op(NOWHERE, Opcode::PUSH_EXC_INFO);
        self.push_block(FrameBlock::new(BlockKind::FinallyEnd, NOWHERE))?;
        self.stmts(&parts.finalbody)?;
        self.pop_block(BlockKind::FinallyEnd);
        self.op_i(NOWHERE, Opcode::RERAISE, 0);

        self.place(cleanup);
        self.pop_except_and_reraise(NOWHERE);
        self.place(exit);
        Ok(())
    }

    fn try_except(&mut self, span: Span, parts: &'a Try) -> Result {
        let location = self.loc(span);
        let body = self.label();
        let except = self.label();
        let end = self.label();
        let cleanup = self.label();
        self.jump(location, Opcode::SETUP_FINALLY, except);
        self.place(body);
        self.push_block(FrameBlock::new(BlockKind::TryExcept, location))?;
        self.stmts(&parts.body)?;
        self.pop_block(BlockKind::TryExcept);
        self.op(NOWHERE, Opcode::POP_BLOCK);
        self.stmts(&parts.orelse)?;
        self.jump(NOWHERE, Opcode::JUMP_NO_INTERRUPT, end);

        self.place(except);
        self.jump(NOWHERE, Opcode::SETUP_CLEANUP, cleanup);
        self.op(NOWHERE, Opcode::PUSH_EXC_INFO);
        self.push_block(FrameBlock::new(BlockKind::ExceptionHandler, location))?;
        for (index, handler) in parts.handlers.iter().enumerate() {
            if handler.type_.is_none() && index + 1 < parts.handlers.len() {
                let location = self.loc(handler.span);
                return self.error(location, "default 'except:' must be last");
            }
            self.except_handler(handler, end)?;
        }
        self.pop_block(BlockKind::ExceptionHandler);
        self.op_i(NOWHERE, Opcode::RERAISE, 0);

        self.place(cleanup);
        self.pop_except_and_reraise(NOWHERE);
        self.place(end);
        Ok(())
    }

    fn except_handler(&mut self, handler: &'a ExceptHandler, end: Label) -> Result {
        let location = self.loc(handler.span);
        let next = self.label();
        if let Some(type_) = &handler.type_ {
            self.expr(type_)?;
            self.op(location, Opcode::CHECK_EXC_MATCH);
            self.jump(location, Opcode::POP_JUMP_IF_FALSE, next);
        }
        if let Some(name) = handler.name {
            let cleanup_end = self.label();
            let cleanup_body = self.label();
            self.store_name(location, name);
            // The body is a `try` of its own, whose `finally` unbinds the name.
            self.jump(location, Opcode::SETUP_CLEANUP, cleanup_end);
            self.place(cleanup_body);
            self.push_block(FrameBlock::handler(location, Some(name)))?;
            self.stmts(&handler.body)?;
            self.pop_block(BlockKind::HandlerCleanup);
            self.op(NOWHERE, Opcode::POP_BLOCK);
            self.op(NOWHERE, Opcode::POP_BLOCK);
            self.op(NOWHERE, Opcode::POP_EXCEPT);
            self.unbind_handled(NOWHERE, name);
            self.jump(NOWHERE, Opcode::JUMP_NO_INTERRUPT, end);
            self.place(cleanup_end);
            self.unbind_handled(NOWHERE, name);
            self.op_i(NOWHERE, Opcode::RERAISE, 1);
        } else {
            let cleanup_body = self.label();
            self.op(location, Opcode::POP_TOP);
            self.place(cleanup_body);
            self.push_block(FrameBlock::handler(location, None))?;
            self.stmts(&handler.body)?;
            self.pop_block(BlockKind::HandlerCleanup);
            self.op(NOWHERE, Opcode::POP_BLOCK);
            self.op(NOWHERE, Opcode::POP_EXCEPT);
            self.jump(NOWHERE, Opcode::JUMP_NO_INTERRUPT, end);
        }
        self.place(next);
        Ok(())
    }

    /// `except*`: on the stack are the group, a list of what the handlers raised, and what is left of the group.
    fn try_star_except(&mut self, span: Span, parts: &'a Try) -> Result {
        let location = self.loc(span);
        let body = self.label();
        let except = self.label();
        let orelse = self.label();
        let end = self.label();
        let cleanup = self.label();
        let reraise_star = self.label();
        self.jump(location, Opcode::SETUP_FINALLY, except);
        self.place(body);
        self.push_block(FrameBlock::new(BlockKind::TryExcept, location))?;
        self.stmts(&parts.body)?;
        self.pop_block(BlockKind::TryExcept);
        self.op(NOWHERE, Opcode::POP_BLOCK);
        self.jump(NOWHERE, Opcode::JUMP_NO_INTERRUPT, orelse);

        self.place(except);
        self.jump(NOWHERE, Opcode::SETUP_CLEANUP, cleanup);
        self.op(NOWHERE, Opcode::PUSH_EXC_INFO);
        self.push_block(FrameBlock::new(BlockKind::ExceptionGroupHandler, location))?;
        let last = parts.handlers.len() - 1;
        for (index, handler) in parts.handlers.iter().enumerate() {
            self.except_star_handler(handler, index == 0)?;
            if index == last {
                // What no handler took.
                self.op_i(NOWHERE, Opcode::LIST_APPEND, 1);
                self.jump(NOWHERE, Opcode::JUMP_NO_INTERRUPT, reraise_star);
            }
        }
        self.pop_block(BlockKind::ExceptionGroupHandler);
        let reraise = self.label();
        self.place(reraise_star);
        self.op_i(NOWHERE, Opcode::CALL_INTRINSIC_2, INTRINSIC_PREP_RERAISE_STAR);
        self.op_i(NOWHERE, Opcode::COPY, 1);
        self.jump(NOWHERE, Opcode::POP_JUMP_IF_NOT_NONE, reraise);
        self.op(NOWHERE, Opcode::POP_TOP);
        self.op(NOWHERE, Opcode::POP_BLOCK);
        self.op(NOWHERE, Opcode::POP_EXCEPT);
        self.jump(NOWHERE, Opcode::JUMP_NO_INTERRUPT, end);

        self.place(reraise);
        self.op(NOWHERE, Opcode::POP_BLOCK);
        self.op_i(NOWHERE, Opcode::SWAP, 2);
        self.op(NOWHERE, Opcode::POP_EXCEPT);
        self.op_i(NOWHERE, Opcode::RERAISE, 0);

        self.place(cleanup);
        self.pop_except_and_reraise(NOWHERE);
        self.place(orelse);
        self.stmts(&parts.orelse)?;
        self.place(end);
        Ok(())
    }

    fn except_star_handler(&mut self, handler: &'a ExceptHandler, first: bool) -> Result {
        let location = self.loc(handler.span);
        let next = self.label();
        let with_error = self.label();
        let no_match = self.label();
        if first {
            self.op_i(location, Opcode::BUILD_LIST, 0);
            self.op_i(location, Opcode::COPY, 2);
        }
        if let Some(type_) = &handler.type_ {
            self.expr(type_)?;
            self.op(location, Opcode::CHECK_EG_MATCH);
            self.op_i(location, Opcode::COPY, 1);
            self.jump(location, Opcode::POP_JUMP_IF_NONE, no_match);
        }
        let cleanup_end = self.label();
        let cleanup_body = self.label();
        match handler.name {
            Some(name) => self.store_name(location, name),
            None => self.op(location, Opcode::POP_TOP),
        }
        self.jump(location, Opcode::SETUP_CLEANUP, cleanup_end);
        self.place(cleanup_body);
        self.push_block(FrameBlock::handler(location, handler.name))?;
        self.stmts(&handler.body)?;
        self.pop_block(BlockKind::HandlerCleanup);
        self.op(NOWHERE, Opcode::POP_BLOCK);
        if let Some(name) = handler.name {
            self.unbind_handled(NOWHERE, name);
        }
        self.jump(NOWHERE, Opcode::JUMP_NO_INTERRUPT, next);

        self.place(cleanup_end);
        if let Some(name) = handler.name {
            self.unbind_handled(NOWHERE, name);
        }
        // What the handler raised joins the list.
        self.op_i(NOWHERE, Opcode::LIST_APPEND, 3);
        self.op(NOWHERE, Opcode::POP_TOP);
        self.jump(NOWHERE, Opcode::JUMP_NO_INTERRUPT, with_error);

        self.place(next);
        // Holds the line that comes from the body.
        self.op(NOWHERE, Opcode::NOP);
        self.jump(NOWHERE, Opcode::JUMP_NO_INTERRUPT, with_error);
        self.place(no_match);
        self.op(location, Opcode::POP_TOP);
        self.place(with_error);
        Ok(())
    }
}
