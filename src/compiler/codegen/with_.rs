//! `with` and `async with`.

use bytecode::{Location, Opcode};
use syntax::ast::nodes::{Stmt, WithItem};

use super::operators::{SPECIAL_AENTER, SPECIAL_AEXIT, SPECIAL_ENTER, SPECIAL_EXIT};
use super::unwind::{BlockKind, FrameBlock};
use super::{Compiler, Result};
use crate::instructions::Label;
use crate::limits::{MAX_DEPTH, too_deep};

impl<'a> Compiler<'a, '_> {
    pub(super) fn with(&mut self, items: &'a [WithItem], body: &'a [Stmt]) -> Result {
        self.with_items(items, body, false)
    }

    pub(super) fn async_with(&mut self, items: &'a [WithItem], body: &'a [Stmt]) -> Result {
        self.with_items(items, body, true)
    }

    /// Calls `__exit__(None, None, None)`.
    pub(super) fn call_exit_with_nones(&mut self, location: Location) {
        for _ in 0..3 {
            self.load_none(location);
        }
        self.op_i(location, Opcode::CALL, 3);
    }

    /// Each item opens a block around the others and the body.
    fn with_items(&mut self, items: &'a [WithItem], body: &'a [Stmt], is_async: bool) -> Result {
        let Some((item, rest)) = items.split_first() else { return self.stmts(body) };
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep());
        }
        let block = self.label();
        let final_ = self.label();
        let exit = self.label();
        let cleanup = self.label();
        self.expr(&item.context_expr)?;
        let location = self.loc(item.context_expr.span);
        self.enter_context(location, is_async);
        self.jump(location, Opcode::SETUP_WITH, final_);

        self.place(block);
        let kind = if is_async { BlockKind::AsyncWith } else { BlockKind::With };
        self.push_block(FrameBlock::new(kind, location))?;
        match &item.optional_vars {
            Some(target) => self.expr(target)?,
            None => self.op(location, Opcode::POP_TOP),
        }
        self.with_items(rest, body, is_async)?;
        let end = if is_async { location } else { Location::NONE };
        self.op(end, Opcode::POP_BLOCK);
        self.pop_block(kind);

        self.call_exit_with_nones(location);
        if is_async {
            self.await_value(location, 2);
        }
        self.op(location, Opcode::POP_TOP);
        self.jump(location, Opcode::JUMP, exit);

        self.place(final_);
        self.jump(location, Opcode::SETUP_CLEANUP, cleanup);
        self.op(location, Opcode::PUSH_EXC_INFO);
        self.op(location, Opcode::WITH_EXCEPT_START);
        if is_async {
            self.await_value(location, 2);
        }
        self.with_except_finish(cleanup);
        self.place(exit);
        self.depth -= 1;
        Ok(())
    }

    /// Loads `__exit__` and calls `__enter__`.
    fn enter_context(&mut self, location: Location, is_async: bool) {
        let (enter, exit) =
            if is_async { (SPECIAL_AENTER, SPECIAL_AEXIT) } else { (SPECIAL_ENTER, SPECIAL_EXIT) };
        self.op_i(location, Opcode::COPY, 1);
        self.op_i(location, Opcode::LOAD_SPECIAL, exit);
        self.op_i(location, Opcode::SWAP, 2);
        self.op_i(location, Opcode::SWAP, 3);
        self.op_i(location, Opcode::LOAD_SPECIAL, enter);
        self.op_i(location, Opcode::CALL, 0);
        if is_async {
            self.await_value(location, 1);
        }
    }

    /// `__exit__` has answered: a true value swallows the exception.
    fn with_except_finish(&mut self, cleanup: Label) {
        let nowhere = Location::NONE;
        let suppress = self.label();
        self.op(nowhere, Opcode::TO_BOOL);
        self.jump(nowhere, Opcode::POP_JUMP_IF_TRUE, suppress);
        self.op_i(nowhere, Opcode::RERAISE, 2);
        self.place(suppress);
        self.op(nowhere, Opcode::POP_TOP);
        self.op(nowhere, Opcode::POP_BLOCK);
        self.op(nowhere, Opcode::POP_EXCEPT);
        for _ in 0..3 {
            self.op(nowhere, Opcode::POP_TOP);
        }
        let exit = self.label();
        self.jump(nowhere, Opcode::JUMP_NO_INTERRUPT, exit);
        self.place(cleanup);
        self.pop_except_and_reraise(nowhere);
        self.place(exit);
    }
}
