//! Frame blocks: what `return`, `break` and `continue` have to undo on their way out.

use bytecode::{Location, Opcode};
use syntax::ast::nodes::{ExprContext, Stmt};
use syntax::names::Identifier;

use super::{Compiler, Result};
use crate::instructions::Label;
use crate::limits::MAX_BLOCKS;

/// What kind of block it is (CPython's `COMPILE_FBLOCK_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockKind {
    WhileLoop,
    ForLoop,
    AsyncForLoop,
    TryExcept,
    FinallyTry,
    FinallyEnd,
    With,
    AsyncWith,
    HandlerCleanup,
    PopValue,
    ExceptionHandler,
    ExceptionGroupHandler,
    AsyncComprehension,
    /// The variables of a comprehension that runs in place are put back at its end.
    InlinedComprehension,
    StopIteration,
}

/// A block that is open.
#[derive(Clone, Copy)]
pub(super) struct FrameBlock<'a> {
    pub(super) kind: BlockKind,
    /// Where the block starts: `continue` goes there.
    pub(super) start: Option<Label>,
    /// Behind the block: `break` goes there.
    pub(super) exit: Option<Label>,
    location: Location,
    /// The statements of `finally`.
    finalbody: &'a [Stmt],
    /// The name of `except ... as name`.
    name: Option<Identifier>,
}

impl<'a> FrameBlock<'a> {
    pub(super) const fn new(kind: BlockKind, location: Location) -> Self {
        Self { kind, start: None, exit: None, location, finalbody: &[], name: None }
    }

    pub(super) const fn of_loop(
        kind: BlockKind,
        location: Location,
        start: Label,
        exit: Label,
    ) -> Self {
        let block = Self::new(kind, location);
        Self { start: Some(start), exit: Some(exit), ..block }
    }

    pub(super) const fn finally(location: Location, finalbody: &'a [Stmt]) -> Self {
        let block = Self::new(BlockKind::FinallyTry, location);
        Self { finalbody, ..block }
    }

    pub(super) const fn handler(location: Location, name: Option<Identifier>) -> Self {
        let block = Self::new(BlockKind::HandlerCleanup, location);
        Self { name, ..block }
    }

    const fn is_loop(&self) -> bool {
        matches!(self.kind, BlockKind::WhileLoop | BlockKind::ForLoop | BlockKind::AsyncForLoop)
    }
}

impl<'a> Compiler<'a, '_> {
    pub(super) fn push_block(&mut self, block: FrameBlock<'a>) -> Result {
        if self.unit_ref().blocks.len() >= MAX_BLOCKS {
            return self.error(block.location, "too many statically nested blocks");
        }
        if block.kind == BlockKind::FinallyEnd {
            self.disable_warnings += 1;
        }
        self.unit().blocks.push(block);
        Ok(())
    }

    pub(super) fn pop_block(&mut self, kind: BlockKind) {
        let block = self.unit().blocks.pop().expect("blocks are popped as they were pushed");
        debug_assert_eq!(block.kind, kind);
        if kind == BlockKind::FinallyEnd {
            self.disable_warnings -= 1;
        }
    }

    /// Undoes one block. With `preserve`, the value on top of the stack stays. The location becomes artificial where what
    /// follows is not to be seen as part of the statement.
    pub(super) fn unwind_block(
        &mut self,
        location: &mut Location,
        block: &FrameBlock<'a>,
        preserve: bool,
    ) -> Result {
        match block.kind {
            BlockKind::WhileLoop
            | BlockKind::ExceptionHandler
            | BlockKind::ExceptionGroupHandler
            | BlockKind::AsyncComprehension
            | BlockKind::InlinedComprehension
            | BlockKind::StopIteration => {}
            BlockKind::ForLoop | BlockKind::AsyncForLoop | BlockKind::PopValue => {
                self.keep_top(*location, preserve);
                self.op(*location, Opcode::POP_TOP);
            }
            BlockKind::TryExcept => self.op(*location, Opcode::POP_BLOCK),
            BlockKind::FinallyTry => self.unwind_finally(location, block, preserve)?,
            BlockKind::FinallyEnd => {
                self.keep_top(*location, preserve);
                self.op(*location, Opcode::POP_TOP);
                self.keep_top(*location, preserve);
                self.op(*location, Opcode::POP_BLOCK);
                self.op(*location, Opcode::POP_EXCEPT);
            }
            BlockKind::With | BlockKind::AsyncWith => self.unwind_with(location, block, preserve),
            BlockKind::HandlerCleanup => {
                if block.name.is_some() {
                    self.op(*location, Opcode::POP_BLOCK);
                }
                self.keep_top(*location, preserve);
                self.op(*location, Opcode::POP_BLOCK);
                self.op(*location, Opcode::POP_EXCEPT);
                if let Some(name) = block.name {
                    self.unbind_handled(*location, name);
                }
            }
        }
        Ok(())
    }

    fn keep_top(&mut self, location: Location, preserve: bool) {
        if preserve {
            self.op_i(location, Opcode::SWAP, 2);
        }
    }

    /// `name = None; del name` at the end of `except ... as name`.
    pub(super) fn unbind_handled(&mut self, location: Location, name: Identifier) {
        self.load_none(location);
        self.store_name(location, name);
        self.name_op(location, name, ExprContext::Del);
    }

    fn unwind_finally(
        &mut self,
        location: &mut Location,
        block: &FrameBlock<'a>,
        preserve: bool,
    ) -> Result {
        // This one has the line of the statement that leaves.
        self.op(*location, Opcode::POP_BLOCK);
        if preserve {
            self.push_block(FrameBlock::new(BlockKind::PopValue, *location))?;
        }
        self.stmts(block.finalbody)?;
        if preserve {
            self.pop_block(BlockKind::PopValue);
        }
        *location = Location::NONE;
        Ok(())
    }

    fn unwind_with(&mut self, location: &mut Location, block: &FrameBlock<'a>, preserve: bool) {
        let place = block.location;
        self.op(place, Opcode::POP_BLOCK);
        if preserve {
            self.op_i(place, Opcode::SWAP, 3);
            self.op_i(place, Opcode::SWAP, 2);
        }
        self.call_exit_with_nones(place);
        if block.kind == BlockKind::AsyncWith {
            self.await_value(place, 2);
        }
        self.op(place, Opcode::POP_TOP);
        *location = Location::NONE;
    }

    /// Undoes all blocks, or those up to the innermost loop, which is returned.
    pub(super) fn unwind_blocks(
        &mut self,
        location: &mut Location,
        preserve: bool,
        to_loop: bool,
    ) -> Result<Option<FrameBlock<'a>>> {
        let Some(&top) = self.unit_ref().blocks.last() else { return Ok(None) };
        if top.kind == BlockKind::ExceptionGroupHandler {
            return self.error(
                *location,
                "'break', 'continue' and 'return' cannot appear in an except* block",
            );
        }
        if to_loop && top.is_loop() {
            return Ok(Some(top));
        }
        // While its own cleanup is written, the block is not open.
        self.pop_block(top.kind);
        self.unwind_block(location, &top, preserve)?;
        let found = self.unwind_blocks(location, preserve, to_loop)?;
        self.push_block(top)?;
        Ok(found)
    }
}
