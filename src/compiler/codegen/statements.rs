//! Bodies and simple statements.

use base::span::Span;
use bytecode::code_spec::code_flags;
use bytecode::{Constant, Location, Opcode};
use syntax::ast::nodes::{Expr, ExprKind, Stmt, StmtKind};

use super::operators::{CONSTANT_ASSERTION_ERROR, INTRINSIC_PRINT};
use super::{Compiler, Result};
use crate::docstring::{clean, docstring};

/// A body without its docstring.
pub(super) struct Body<'a> {
    /// The docstring, if it is kept, and its cleaned text.
    pub(super) docstring: Option<(Span, Constant)>,
    /// The statements behind it.
    rest: &'a [Stmt],
    /// `-OO` dropped a docstring.
    dropped: Option<Span>,
}

impl<'a> Compiler<'a, '_> {
    /// Splits the docstring off; `-OO` drops it.
    pub(super) fn split_docstring(&self, body: &'a [Stmt]) -> Body<'a> {
        let Some((expr, text)) = docstring(body) else {
            return Body { docstring: None, rest: body, dropped: None };
        };
        let rest = &body[1..];
        if self.options.optimize >= 2 {
            return Body { docstring: None, rest, dropped: Some(body[0].span) };
        }
        let constant = Constant::Str(std::sync::Arc::new(clean(text)));
        Body { docstring: Some((expr.span, constant)), rest, dropped: None }
    }

    /// Statements behind a docstring.
    pub(super) fn body_rest(&mut self, body: &Body<'a>) -> Result {
        let mut rest = body.rest;
        if let Some(span) = body.dropped {
            if rest.is_empty() {
                // In place of the docstring stands a `pass`.
                let mut location = self.loc(span);
                location.end_line = location.line;
                location.end_column = location.column + 4;
                self.op(location, Opcode::NOP);
            }
            // What follows must not become a docstring: CPython wraps it into an f-string, so it is evaluated.
            if let (Some((expr, _)), Some((_, behind))) = (docstring(rest), rest.split_first()) {
                self.expr(expr)?;
                self.op(Location::NONE, Opcode::POP_TOP);
                rest = behind;
            }
        }
        self.stmts(rest)
    }

    /// The body of a module or class: docstring, statements, annotations.
    pub(super) fn body(
        &mut self,
        location: Location,
        body: &'a [Stmt],
        interactive: bool,
    ) -> Result {
        let future_annotations = self.future_annotations();
        if future_annotations && self.scope().annotations_used {
            self.op(location, Opcode::SETUP_ANNOTATIONS);
        }
        if body.is_empty() {
            return Ok(());
        }
        if interactive {
            self.stmts(body)?;
        } else {
            let mut split = self.split_docstring(body);
            if let Some((span, constant)) = split.docstring.take() {
                let place = self.loc(span);
                self.load_const(place, constant);
                let name = self.known.doc;
                self.store_name(Location::NONE, name);
            }
            self.body_rest(&split)?;
        }
        if future_annotations { Ok(()) } else { self.deferred_annotations(location) }
    }

    pub(super) fn future_annotations(&self) -> bool {
        self.table.features & code_flags::FUTURE_ANNOTATIONS != 0
    }

    pub(super) fn statement(&mut self, statement: &'a Stmt) -> Result {
        let span = statement.span;
        match &statement.kind {
            StmtKind::FunctionDef(def) => self.function(def, span, false)?,
            StmtKind::AsyncFunctionDef(def) => self.function(def, span, true)?,
            StmtKind::ClassDef(def) => self.class(def, span)?,
            StmtKind::TypeAlias { name, type_params, value } => {
                self.type_alias(statement, name, type_params, value)?;
            }
            StmtKind::Return { value } => self.return_(span, value.as_deref())?,
            StmtKind::Delete { targets } => self.exprs(targets)?,
            StmtKind::Assign { targets, value } => self.assign(span, targets, value)?,
            StmtKind::AugAssign { target, op, value } => {
                self.augmented_assign(span, target, *op, value)?;
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.annotated_assign(statement, target, annotation, value.as_deref(), *simple)?;
            }
            StmtKind::Raise { exc, cause } => self.raise(span, exc.as_deref(), cause.as_deref())?,
            StmtKind::Assert { test, msg } => self.assert_(span, test, msg.as_deref())?,
            StmtKind::Import { names } => self.import(span, names),
            StmtKind::ImportFrom { module, names, level } => {
                self.import_from(span, *module, names, *level);
            }
            StmtKind::Global { .. } | StmtKind::Nonlocal { .. } => {}
            StmtKind::Expr { value } => self.expression_statement(span, value)?,
            StmtKind::Pass => {
                let location = self.loc(span);
                self.op(location, Opcode::NOP);
            }
            StmtKind::Break => self.break_(span)?,
            StmtKind::Continue => self.continue_(span)?,
            _ => {
                self.unit().in_conditional_block += 1;
                self.compound_statement(statement)?;
                self.unit().in_conditional_block -= 1;
            }
        }
        Ok(())
    }

    /// Statements whose blocks may not be reached.
    fn compound_statement(&mut self, statement: &'a Stmt) -> Result {
        let span = statement.span;
        match &statement.kind {
            StmtKind::If { test, body, orelse } => self.if_(span, test, body, orelse),
            StmtKind::For(parts) => self.for_(span, parts),
            StmtKind::AsyncFor(parts) => self.async_for(span, parts),
            StmtKind::While { test, body, orelse } => self.while_(span, test, body, orelse),
            StmtKind::With { items, body } => self.with(items, body),
            StmtKind::AsyncWith { items, body } => self.async_with(items, body),
            StmtKind::Match { subject, cases } => self.match_(subject, cases),
            StmtKind::Try(parts) => self.try_(span, parts),
            StmtKind::TryStar(parts) => self.try_star(span, parts),
            _ => Ok(()),
        }
    }

    fn expression_statement(&mut self, span: Span, value: &'a Expr) -> Result {
        let location = self.loc(span);
        if self.interactive && self.units.len() == 1 {
            self.expr(value)?;
            self.op_i(location, Opcode::CALL_INTRINSIC_1, INTRINSIC_PRINT);
            self.op(Location::NONE, Opcode::POP_TOP);
        } else if self.is_constant(value) {
            self.op(location, Opcode::NOP);
        } else {
            self.expr(value)?;
            self.op(Location::NONE, Opcode::POP_TOP);
        }
        Ok(())
    }

    fn raise(&mut self, span: Span, exc: Option<&'a Expr>, cause: Option<&'a Expr>) -> Result {
        let mut count = 0;
        for part in [exc, cause].into_iter().flatten() {
            self.expr(part)?;
            count += 1;
        }
        let location = self.loc(span);
        self.op_i(location, Opcode::RAISE_VARARGS, count);
        Ok(())
    }

    fn assert_(&mut self, span: Span, test: &'a Expr, msg: Option<&'a Expr>) -> Result {
        if matches!(&test.kind, ExprKind::Tuple { elts, .. } if !elts.is_empty()) {
            self.warn(span, "assertion is always true, perhaps remove parentheses?".to_owned());
        }
        if self.options.optimize > 0 {
            return Ok(());
        }
        let location = self.loc(span);
        let end = self.label();
        self.jump_if(location, test, end, true)?;
        self.op_i(location, Opcode::LOAD_COMMON_CONSTANT, CONSTANT_ASSERTION_ERROR);
        if let Some(msg) = msg {
            self.expr(msg)?;
            self.op_i(location, Opcode::CALL, 0);
        }
        let place = self.loc(test.span);
        self.op_i(place, Opcode::RAISE_VARARGS, 1);
        self.place(end);
        Ok(())
    }

    fn return_(&mut self, span: Span, value: Option<&'a Expr>) -> Result {
        let mut location = self.loc(span);
        let scope = self.scope();
        if !scope.is_function_like() {
            return self.error(location, "'return' outside function");
        }
        if value.is_some() && scope.coroutine && scope.generator {
            return self.error(location, "'return' with value in async generator");
        }
        let constant = value.and_then(|value| self.constant_value(value));
        let preserve = value.is_some() && constant.is_none();
        if let Some(value) = value {
            if preserve {
                self.expr(value)?;
            } else {
                location = self.loc(value.span);
                self.op(location, Opcode::NOP);
            }
        }
        if value.is_none_or(|value| self.line_of(value.span) != self.line_of(span)) {
            location = self.loc(span);
            self.op(location, Opcode::NOP);
        }
        self.unwind_blocks(&mut location, preserve, false)?;
        if value.is_none() {
            self.load_none(location);
        } else if let Some(constant) = constant {
            self.load_const(location, constant);
        }
        self.op(location, Opcode::RETURN_VALUE);
        Ok(())
    }

    fn break_(&mut self, span: Span) -> Result {
        let origin = self.loc(span);
        let mut location = origin;
        self.op(location, Opcode::NOP);
        let Some(block) = self.unwind_blocks(&mut location, false, true)? else {
            return self.error(origin, "'break' outside loop");
        };
        self.unwind_block(&mut location, &block, false)?;
        let exit = block.exit.expect("a loop has an exit");
        self.jump(location, Opcode::JUMP, exit);
        Ok(())
    }

    fn continue_(&mut self, span: Span) -> Result {
        let origin = self.loc(span);
        let mut location = origin;
        self.op(location, Opcode::NOP);
        let Some(block) = self.unwind_blocks(&mut location, false, true)? else {
            return self.error(origin, "'continue' not properly in loop");
        };
        let start = block.start.expect("a loop has a start");
        self.jump(location, Opcode::JUMP, start);
        Ok(())
    }
}
