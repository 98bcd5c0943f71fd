//! Annotations: functions that make them when they are asked for (PEP 649), or their text.

use std::sync::Arc;

use base::wstr::WString;
use bytecode::{CodeSpec, Constant, Location, Opcode};
use syntax::ast::nodes::{Arg, Expr, ExprKind, FunctionDef};
use syntax::names::Identifier;

use super::operators::{
    CONSTANT_NOT_IMPLEMENTED_ERROR, FORMAT_VALUE_WITH_FAKE_GLOBALS, FUNCTION_ANNOTATE,
};
use super::unit::{Arity, ScopeType};
use super::{Compiler, Result};
use crate::instructions::InstructionSequence;
use crate::symtable::{BlockType, Key, Role, ScopeId};

impl<'a> Compiler<'a, '_> {
    /// Enters an annotation scope: its one parameter is the format that is wanted, and it knows only the values.
    pub(super) fn enter_annotations(&mut self, location: Location, name: Identifier, id: ScopeId) {
        let arity = Arity { posonly: 1, ..Arity::default() };
        self.enter_scope_of(name, ScopeType::Annotations, id, location.line, None, arity);
        self.op_i(location, Opcode::LOAD_FAST, 0);
        self.load_int(location, FORMAT_VALUE_WITH_FAKE_GLOBALS);
        self.compare_op(location, syntax::ast::nodes::CmpOp::Gt);
        let body = self.label();
        self.jump(location, Opcode::POP_JUMP_IF_FALSE, body);
        self.op_i(location, Opcode::LOAD_COMMON_CONSTANT, CONSTANT_NOT_IMPLEMENTED_ERROR);
        self.op_i(location, Opcode::RAISE_VARARGS, 1);
        self.place(body);
    }

    /// Leaves an `__annotate__` and makes its function.
    fn leave_annotations(&mut self, location: Location) -> Result {
        self.op(location, Opcode::RETURN_VALUE);
        let mut code = self.finish_unit(true)?;
        rename_parameter(&mut code);
        self.make_closure(location, code, 0);
        Ok(())
    }

    /// The annotations of a module or class.
    pub(super) fn deferred_annotations(&mut self, location: Location) -> Result {
        let annotations = std::mem::take(&mut self.unit().deferred_annotations);
        if annotations.is_empty() {
            return Ok(());
        }
        let scope_type = self.unit_ref().scope_type;
        let module = scope_type == ScopeType::Module;
        let block = self.scope().block;
        let id = self.scope().annotation_block.expect("the first pass saw an annotation");
        // A module's go in front of its statements.
        let stashed =
            module.then(|| std::mem::replace(self.sequence(), InstructionSequence::new()));
        let name = self.known.annotate;
        self.enter_annotations(location, name, id);
        self.op_i(location, Opcode::BUILD_MAP, 0);
        for deferred in annotations {
            let place = self.loc(deferred.statement.span);
            let private = self.unit_ref().private;
            let mangled = self.table.names.mangle(private, deferred.name);
            let not_set = self.label();
            if let Some(index) = deferred.conditional {
                self.load_int(place, index as usize);
                let set = self.known.conditional_annotations;
                if scope_type == ScopeType::Class {
                    let cell = self.unit().freevars.add(set);
                    self.op_i(place, Opcode::LOAD_DEREF, cell);
                } else {
                    // The first name of the unit: CPython does not make room for LOAD_GLOBAL's low bit.
                    self.op_name(place, Opcode::LOAD_GLOBAL, set);
                }
                self.op_i(place, Opcode::CONTAINS_OP, 0);
                self.jump(place, Opcode::POP_JUMP_IF_FALSE, not_set);
            }
            self.expr(deferred.annotation)?;
            self.op_i(place, Opcode::COPY, 2);
            self.load_text(place, mangled);
            self.op(location, Opcode::STORE_SUBSCR);
            self.place(not_set);
        }
        self.leave_annotations(location)?;
        let class = block == BlockType::Class;
        let target = if class { self.known.annotate_func } else { self.known.annotate };
        self.store_name(location, target);
        if let Some(stashed) = stashed {
            let annotations = std::mem::replace(self.sequence(), stashed);
            self.sequence().set_annotations(annotations);
        }
        Ok(())
    }

    /// The annotations of a function; answers what is on the stack now.
    pub(super) fn function_annotations(
        &mut self,
        location: Location,
        def: &'a FunctionDef,
    ) -> Result<u32> {
        let id = self.table.lookup(Key::new(&def.args, Role::Annotations));
        if !self.table.scope(id).annotations_used {
            return Ok(0);
        }
        let name = self.known.annotate;
        self.enter_annotations(location, name, id);
        let args = &def.args;
        let mut count = 0;
        // The order is CPython's: positional-only parameters come second.
        let all = args
            .args
            .iter()
            .chain(&args.posonlyargs)
            .chain(args.vararg.as_deref())
            .chain(&args.kwonlyargs)
            .chain(args.kwarg.as_deref());
        for Arg { arg, annotation, .. } in all {
            if let Some(annotation) = annotation {
                self.argument_annotation(location, *arg, annotation)?;
                count += 1;
            }
        }
        if let Some(returns) = &def.returns {
            let name = self.known.return_;
            self.argument_annotation(location, name, returns)?;
            count += 1;
        }
        self.op_i(location, Opcode::BUILD_MAP, count);
        self.leave_annotations(location)?;
        Ok(FUNCTION_ANNOTATE)
    }

    fn argument_annotation(
        &mut self,
        location: Location,
        name: Identifier,
        annotation: &'a Expr,
    ) -> Result {
        let mangled = self.mangled(name);
        self.load_text(location, mangled);
        if self.future_annotations() {
            return self.load_annotation_text(annotation);
        }
        // `*args: *Ts` unpacks the one value of `*Ts`.
        if let ExprKind::Starred { value, .. } = &annotation.kind {
            self.expr(value)?;
            self.op_i(location, Opcode::UNPACK_SEQUENCE, 1);
            return Ok(());
        }
        self.expr(annotation)
    }

    /// The text of an annotation (`from __future__ import annotations`).
    pub(super) fn load_annotation_text(&mut self, annotation: &Expr) -> Result {
        let location = self.loc(annotation.span);
        let text = crate::unparse::expression(annotation, &self.parsed.names)?;
        self.load_const(location, Constant::Str(Arc::new(text)));
        Ok(())
    }
}

/// The parameter is called `format`; inside it has another name, so that it hides no `format` of an annotation.
fn rename_parameter(code: &mut CodeSpec) {
    if let Some(first) = code.localsplusnames.first_mut() {
        *first = Arc::from("format");
    }
}

/// Text as a constant of the tree has it.
pub(super) fn text_constant(text: &str) -> Constant {
    Constant::Str(Arc::new(WString::from(text)))
}
