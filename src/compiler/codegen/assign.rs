//! Assignment: plain, augmented, annotated; unpacking; slices.

use base::span::Span;
use bytecode::{Location, Opcode};
use syntax::ast::nodes::{Expr, ExprContext, ExprKind, Operator, Stmt};

use super::unit::ScopeType;
use super::{Compiler, Result};
use crate::codegen::unit::DeferredAnnotation;

impl<'a> Compiler<'a, '_> {
    pub(super) fn assign(&mut self, span: Span, targets: &'a [Expr], value: &'a Expr) -> Result {
        self.expr(value)?;
        let location = self.loc(span);
        for (index, target) in targets.iter().enumerate() {
            if index + 1 < targets.len() {
                self.op_i(location, Opcode::COPY, 1);
            }
            self.expr(target)?;
        }
        Ok(())
    }

    /// Unpacks the value on the stack and assigns its parts.
    pub(super) fn unpack_targets(&mut self, location: Location, targets: &'a [Expr]) -> Result {
        let starred = |target: &Expr| matches!(target.kind, ExprKind::Starred { .. });
        match targets.iter().position(starred) {
            None => self.op_n(location, Opcode::UNPACK_SEQUENCE, targets.len()),
            Some(star) => {
                let behind = targets.len() - star - 1;
                if star >= 1 << 8 || behind >= (i32::MAX >> 8) as usize {
                    return self
                        .error(location, "too many expressions in star-unpacking assignment");
                }
                self.op_n(location, Opcode::UNPACK_EX, star + (behind << 8));
                if targets[star + 1..].iter().any(starred) {
                    return self.error(location, "multiple starred expressions in assignment");
                }
            }
        }
        for target in targets {
            match &target.kind {
                ExprKind::Starred { value, .. } => self.expr(value)?,
                _ => self.expr(target)?,
            }
        }
        Ok(())
    }

    pub(super) fn augmented_assign(
        &mut self,
        span: Span,
        target: &'a Expr,
        op: Operator,
        value: &'a Expr,
    ) -> Result {
        let mut location = self.loc(target.span);
        match &target.kind {
            ExprKind::Attribute { value: owner, attr, .. } => {
                self.expr(owner)?;
                self.op_i(location, Opcode::COPY, 1);
                location = self.attribute_location(location, target);
                self.op_name(location, Opcode::LOAD_ATTR, *attr);
                self.augmented_value(span, op, value)?;
                self.op_i(location, Opcode::SWAP, 2);
                self.op_name(location, Opcode::STORE_ATTR, *attr);
            }
            ExprKind::Subscript { value: container, slice, .. } => {
                self.expr(container)?;
                if self.is_two_part_slice(slice) {
                    self.slice_two_parts(slice)?;
                    for _ in 0..3 {
                        self.op_i(location, Opcode::COPY, 3);
                    }
                    self.op(location, Opcode::BINARY_SLICE);
                    self.augmented_value(span, op, value)?;
                    for depth in [4, 3, 2] {
                        self.op_i(location, Opcode::SWAP, depth);
                    }
                    self.op(location, Opcode::STORE_SLICE);
                } else {
                    self.expr(slice)?;
                    self.op_i(location, Opcode::COPY, 2);
                    self.op_i(location, Opcode::COPY, 2);
                    self.subscript_op(location);
                    self.augmented_value(span, op, value)?;
                    self.op_i(location, Opcode::SWAP, 3);
                    self.op_i(location, Opcode::SWAP, 2);
                    self.op(location, Opcode::STORE_SUBSCR);
                }
            }
            ExprKind::Name { id, .. } => {
                self.load_name(location, *id);
                self.augmented_value(span, op, value)?;
                self.store_name(location, *id);
            }
            _ => return self.error(location, "invalid target of an augmented assignment"),
        }
        Ok(())
    }

    fn augmented_value(&mut self, span: Span, op: Operator, value: &'a Expr) -> Result {
        self.expr(value)?;
        let location = self.loc(span);
        self.inplace_op(location, op);
        Ok(())
    }

    pub(super) fn annotated_assign(
        &mut self,
        statement: &'a Stmt,
        target: &'a Expr,
        annotation: &'a Expr,
        value: Option<&'a Expr>,
        simple: bool,
    ) -> Result {
        if let Some(value) = value {
            self.expr(value)?;
            self.expr(target)?;
        }
        match &target.kind {
            ExprKind::Name { id, .. } => {
                let scope_type = self.unit_ref().scope_type;
                if simple && matches!(scope_type, ScopeType::Module | ScopeType::Class) {
                    if self.future_annotations() {
                        self.store_text_annotation(statement.span, *id, annotation)?;
                    } else {
                        self.defer_annotation(statement, *id, annotation);
                    }
                }
            }
            // The parts of other targets are evaluated even without a value.
            ExprKind::Attribute { value: owner, .. } if value.is_none() => {
                self.evaluate_and_drop(owner)?;
            }
            ExprKind::Subscript { value: container, slice, .. } if value.is_none() => {
                self.evaluate_and_drop(container)?;
                self.evaluate_subscript(slice)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn store_text_annotation(
        &mut self,
        span: Span,
        name: syntax::names::Identifier,
        annotation: &'a Expr,
    ) -> Result {
        let location = self.loc(span);
        self.load_annotation_text(annotation)?;
        let annotations = self.known.annotations;
        self.op_name(location, Opcode::LOAD_NAME, annotations);
        let mangled = self.mangled(name);
        self.load_text(location, mangled);
        self.op(location, Opcode::STORE_SUBSCR);
        Ok(())
    }

    fn defer_annotation(
        &mut self,
        statement: &'a Stmt,
        name: syntax::names::Identifier,
        annotation: &'a Expr,
    ) {
        let unit = self.unit();
        let module = unit.scope_type == ScopeType::Module;
        let conditional = (module || unit.in_conditional_block > 0).then(|| {
            let index = unit.next_conditional_annotation;
            unit.next_conditional_annotation += 1;
            index
        });
        unit.deferred_annotations.push(DeferredAnnotation {
            statement,
            name,
            annotation,
            conditional,
        });
        if let Some(index) = conditional {
            let location = self.loc(statement.span);
            let set = self.known.conditional_annotations;
            if module {
                self.op_name(location, Opcode::LOAD_NAME, set);
            } else {
                let cell = self.unit().cellvars.add(set);
                self.op_i(location, Opcode::LOAD_DEREF, cell);
            }
            self.load_int(location, index as usize);
            self.op_i(location, Opcode::SET_ADD, 1);
            self.op(location, Opcode::POP_TOP);
        }
    }

    fn evaluate_and_drop(&mut self, expr: &'a Expr) -> Result {
        self.expr(expr)?;
        let location = self.loc(expr.span);
        self.op(location, Opcode::POP_TOP);
        Ok(())
    }

    fn evaluate_subscript(&mut self, slice: &'a Expr) -> Result {
        match &slice.kind {
            ExprKind::Slice { lower, upper, step } => [lower, upper, step]
                .into_iter()
                .flatten()
                .try_for_each(|part| self.evaluate_and_drop(part)),
            ExprKind::Tuple { elts, .. } => {
                elts.iter().try_for_each(|part| self.evaluate_subscript(part))
            }
            _ => self.evaluate_and_drop(slice),
        }
    }

    /// A subscript whose container is on the stack.
    pub(super) fn subscript_rest(
        &mut self,
        expr: &'a Expr,
        slice: &'a Expr,
        ctx: ExprContext,
    ) -> Result {
        let location = self.loc(expr.span);
        if ctx != ExprContext::Del && self.is_two_part_slice(slice) {
            self.slice_two_parts(slice)?;
            let load = ctx == ExprContext::Load;
            let opcode = if load { Opcode::BINARY_SLICE } else { Opcode::STORE_SLICE };
            self.op(location, opcode);
            return Ok(());
        }
        self.expr(slice)?;
        match ctx {
            ExprContext::Load => self.subscript_op(location),
            ExprContext::Store => self.op(location, Opcode::STORE_SUBSCR),
            ExprContext::Del => self.op(location, Opcode::DELETE_SUBSCR),
        }
        Ok(())
    }

    fn constant_slice(&self, slice: &Expr) -> Option<[bytecode::Constant; 3]> {
        let ExprKind::Slice { lower, upper, step } = &slice.kind else { return None };
        let part = |part: &Option<Box<Expr>>| match part {
            None => Some(bytecode::Constant::None),
            Some(part) => self.constant_value(part),
        };
        Some([part(lower)?, part(upper)?, part(step)?])
    }

    /// Whether the slice goes into an instruction of its own, without a slice object.
    fn is_two_part_slice(&self, slice: &Expr) -> bool {
        matches!(slice.kind, ExprKind::Slice { step: None, .. })
            && self.constant_slice(slice).is_none()
    }

    fn slice_two_parts(&mut self, slice: &'a Expr) -> Result {
        let ExprKind::Slice { lower, upper, .. } = &slice.kind else { return Ok(()) };
        let location = self.loc(slice.span);
        for part in [lower, upper] {
            match part {
                Some(part) => self.expr(part)?,
                None => self.load_none(location),
            }
        }
        Ok(())
    }

    pub(super) fn slice(&mut self, slice: &'a Expr, step: Option<&'a Expr>) -> Result {
        let location = self.loc(slice.span);
        if let Some(parts) = self.constant_slice(slice) {
            self.load_const(location, bytecode::Constant::Slice(std::sync::Arc::new(parts)));
            return Ok(());
        }
        self.slice_two_parts(slice)?;
        let mut count = 2;
        if let Some(step) = step {
            self.expr(step)?;
            count = 3;
        }
        self.op_i(location, Opcode::BUILD_SLICE, count);
        Ok(())
    }
}
