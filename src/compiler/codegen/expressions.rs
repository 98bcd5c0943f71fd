//! Expressions: operators, comparisons, displays, attributes, yields.

use base::span::Span;
use bytecode::{Location, Opcode};
use syntax::ast::nodes::{BoolOp, CmpOp, Expr, ExprContext, ExprKind, Operator, UnaryOp};
use syntax::names::Identifier;

use super::operators::{
    INTRINSIC_ASYNC_GEN_WRAP, INTRINSIC_LIST_TO_TUPLE, INTRINSIC_UNARY_POSITIVE,
    RESUME_AFTER_AWAIT, RESUME_AFTER_YIELD, RESUME_AFTER_YIELD_FROM,
};
use super::unit::ScopeType;
use super::{Compiler, Result};
use crate::limits::STACK_USE_GUIDELINE;

/// How a display is built: all at once, or item by item.
#[derive(Clone, Copy)]
pub(super) struct Display {
    build: Opcode,
    add: Opcode,
    extend: Opcode,
    tuple: bool,
}

pub(super) const TUPLE: Display = Display { tuple: true, ..LIST };
const LIST: Display = Display {
    build: Opcode::BUILD_LIST,
    add: Opcode::LIST_APPEND,
    extend: Opcode::LIST_EXTEND,
    tuple: false,
};
const SET: Display = Display {
    build: Opcode::BUILD_SET,
    add: Opcode::SET_ADD,
    extend: Opcode::SET_UPDATE,
    tuple: false,
};

impl<'a> Compiler<'a, '_> {
    pub(super) fn expression(&mut self, expr: &'a Expr) -> Result {
        let location = self.loc(expr.span);
        match &expr.kind {
            ExprKind::NamedExpr { target, value } => {
                self.expr(value)?;
                self.op_i(location, Opcode::COPY, 1);
                self.expr(target)
            }
            ExprKind::BoolOp { op, values } => self.bool_op(location, *op, values),
            ExprKind::BinOp { .. } => self.binary(expr),
            ExprKind::UnaryOp { op, operand } => self.unary(location, *op, operand),
            ExprKind::Lambda(lambda) => self.lambda(expr.span, lambda),
            ExprKind::IfExp { test, body, orelse } => {
                self.if_expression(location, test, body, orelse)
            }
            ExprKind::Dict { keys, values } => self.dict(location, keys, values),
            ExprKind::Set { elts } => self.display(location, elts, None, 0, SET),
            ExprKind::ListComp { .. }
            | ExprKind::SetComp { .. }
            | ExprKind::DictComp { .. }
            | ExprKind::GeneratorExp { .. } => self.comprehension(expr),
            ExprKind::Yield { value } => self.yield_(location, value.as_deref()),
            ExprKind::YieldFrom { value } => self.yield_from_expression(location, value),
            ExprKind::Await { value } => {
                self.expr(value)?;
                self.await_value(location, 0);
                Ok(())
            }
            ExprKind::Compare { left, ops, comparators } => {
                self.compare(expr.span, left, ops, comparators)
            }
            ExprKind::Constant { value, .. } => {
                self.load_const(location, crate::constants::constant(value));
                Ok(())
            }
            ExprKind::JoinedStr { values } => self.joined_str(location, values),
            ExprKind::TemplateStr { values } => self.template_str(location, values),
            ExprKind::FormattedValue(field) => self.formatted_value(location, field),
            ExprKind::Interpolation(field) => self.interpolation(location, field),
            ExprKind::Attribute { .. } | ExprKind::Subscript { .. } | ExprKind::Call { .. } => {
                self.chain(expr)
            }
            ExprKind::Starred { ctx: ExprContext::Store, .. } => {
                self.error(location, "starred assignment target must be in a list or tuple")
            }
            ExprKind::Starred { .. } => self.error(location, "can't use starred expression here"),
            ExprKind::Slice { step, .. } => self.slice(expr, step.as_deref()),
            ExprKind::Name { id, ctx } => {
                self.name(expr, location, *id, *ctx);
                Ok(())
            }
            ExprKind::List { elts, ctx } => self.sequence_display(location, elts, *ctx, LIST),
            ExprKind::Tuple { elts, ctx } => self.sequence_display(location, elts, *ctx, TUPLE),
        }
    }

    fn name(&mut self, expr: &Expr, location: Location, id: Identifier, ctx: ExprContext) {
        match self.constant_value(expr) {
            Some(value) => self.load_const(location, value),
            None => self.name_op(location, id, ctx),
        }
    }

    /// Operators lean to the left: a long chain is walked without recursion.
    fn binary(&mut self, expr: &'a Expr) -> Result {
        let mut pending: Vec<(Span, Operator, &'a Expr)> = Vec::new();
        let mut leftmost = expr;
        while let ExprKind::BinOp { left, op, right } = &leftmost.kind {
            // `'...' % (...)` is written as an f-string.
            if *op == Operator::Mod && self.percent_format(leftmost, left, right)? {
                return self.binary_rest(&pending);
            }
            pending.push((leftmost.span, *op, right));
            leftmost = left;
        }
        self.expr(leftmost)?;
        self.binary_rest(&pending)
    }

    fn binary_rest(&mut self, pending: &[(Span, Operator, &'a Expr)]) -> Result {
        for &(span, op, right) in pending.iter().rev() {
            self.expr(right)?;
            let location = self.loc(span);
            self.binary_op(location, op);
        }
        Ok(())
    }

    fn unary(&mut self, location: Location, op: UnaryOp, operand: &'a Expr) -> Result {
        self.expr(operand)?;
        match op {
            UnaryOp::UAdd => {
                self.op_i(location, Opcode::CALL_INTRINSIC_1, INTRINSIC_UNARY_POSITIVE);
            }
            UnaryOp::Not => {
                self.op(location, Opcode::TO_BOOL);
                self.op(location, Opcode::UNARY_NOT);
            }
            UnaryOp::Invert => self.op(location, Opcode::UNARY_INVERT),
            UnaryOp::USub => self.op(location, Opcode::UNARY_NEGATIVE),
        }
        Ok(())
    }

    fn bool_op(&mut self, location: Location, op: BoolOp, values: &'a [Expr]) -> Result {
        let opcode = match op {
            BoolOp::And => Opcode::JUMP_IF_FALSE,
            BoolOp::Or => Opcode::JUMP_IF_TRUE,
        };
        let end = self.label();
        if let Some((last, firsts)) = values.split_last() {
            for value in firsts {
                self.expr(value)?;
                self.jump(location, opcode, end);
                self.op(location, Opcode::POP_TOP);
            }
            self.expr(last)?;
        }
        self.place(end);
        Ok(())
    }

    fn compare(
        &mut self,
        span: Span,
        left: &'a Expr,
        ops: &'a [CmpOp],
        comparators: &'a [Expr],
    ) -> Result {
        let location = self.loc(span);
        self.check_compare(span, left, ops, comparators);
        self.expr(left)?;
        let last = ops.len() - 1;
        if last == 0 {
            self.expr(&comparators[0])?;
            self.compare_op(location, ops[0]);
            return Ok(());
        }
        let cleanup = self.label();
        for (&op, comparator) in ops.iter().zip(comparators).take(last) {
            self.expr(comparator)?;
            self.op_i(location, Opcode::SWAP, 2);
            self.op_i(location, Opcode::COPY, 2);
            self.compare_op(location, op);
            self.op_i(location, Opcode::COPY, 1);
            self.op(location, Opcode::TO_BOOL);
            self.jump(location, Opcode::POP_JUMP_IF_FALSE, cleanup);
            self.op(location, Opcode::POP_TOP);
        }
        self.expr(&comparators[last])?;
        self.compare_op(location, ops[last]);
        let end = self.label();
        self.jump(Location::NONE, Opcode::JUMP_NO_INTERRUPT, end);
        self.place(cleanup);
        self.op_i(location, Opcode::SWAP, 2);
        self.op(location, Opcode::POP_TOP);
        self.place(end);
        Ok(())
    }

    fn sequence_display(
        &mut self,
        location: Location,
        elts: &'a [Expr],
        ctx: ExprContext,
        display: Display,
    ) -> Result {
        match ctx {
            ExprContext::Load => self.display(location, elts, None, 0, display),
            ExprContext::Store => self.unpack_targets(location, elts),
            ExprContext::Del => self.exprs(elts),
        }
    }

    /// A display, or the arguments of a call: `pushed` values are on the stack already, `injected` names one more.
    pub(super) fn display(
        &mut self,
        location: Location,
        elts: &'a [Expr],
        injected: Option<Identifier>,
        pushed: u32,
        display: Display,
    ) -> Result {
        let total = elts.len() + pushed as usize + usize::from(injected.is_some());
        let big = total > STACK_USE_GUIDELINE;
        let starred = elts.iter().any(|elt| matches!(elt.kind, ExprKind::Starred { .. }));
        if !starred && !big {
            self.exprs(elts)?;
            if let Some(name) = injected {
                self.load_name(location, name);
            }
            let opcode = if display.tuple { Opcode::BUILD_TUPLE } else { display.build };
            self.op_n(location, opcode, total);
            return Ok(());
        }
        let mut built = big;
        if big {
            self.op_i(location, display.build, pushed);
        }
        for (index, elt) in elts.iter().enumerate() {
            if let ExprKind::Starred { value, .. } = &elt.kind {
                if !built {
                    self.op_n(location, display.build, index + pushed as usize);
                    built = true;
                }
                self.expr(value)?;
                self.op_i(location, display.extend, 1);
            } else {
                self.expr(elt)?;
                if built {
                    self.op_i(location, display.add, 1);
                }
            }
        }
        if let Some(name) = injected {
            self.load_name(location, name);
            self.op_i(location, display.add, 1);
        }
        if display.tuple {
            self.op_i(location, Opcode::CALL_INTRINSIC_1, INTRINSIC_LIST_TO_TUPLE);
        }
        Ok(())
    }

    fn dict(&mut self, location: Location, keys: &'a [Option<Expr>], values: &'a [Expr]) -> Result {
        let mut have_dict = false;
        let mut elements = 0;
        for (index, (key, value)) in keys.iter().zip(values).enumerate() {
            if key.is_none() {
                if elements > 0 {
                    let from = index - elements;
                    self.sub_dict(location, &keys[from..index], &values[from..index])?;
                    if have_dict {
                        self.op_i(location, Opcode::DICT_UPDATE, 1);
                    }
                    have_dict = true;
                    elements = 0;
                }
                if !have_dict {
                    self.op_i(location, Opcode::BUILD_MAP, 0);
                    have_dict = true;
                }
                self.expr(value)?;
                self.op_i(location, Opcode::DICT_UPDATE, 1);
            } else if elements * 2 > STACK_USE_GUIDELINE {
                let from = index - elements;
                self.sub_dict(location, &keys[from..=index], &values[from..=index])?;
                if have_dict {
                    self.op_i(location, Opcode::DICT_UPDATE, 1);
                }
                have_dict = true;
                elements = 0;
            } else {
                elements += 1;
            }
        }
        if elements > 0 {
            let from = values.len() - elements;
            self.sub_dict(location, &keys[from..], &values[from..])?;
            if have_dict {
                self.op_i(location, Opcode::DICT_UPDATE, 1);
            }
            have_dict = true;
        }
        if !have_dict {
            self.op_i(location, Opcode::BUILD_MAP, 0);
        }
        Ok(())
    }

    fn sub_dict(
        &mut self,
        location: Location,
        keys: &'a [Option<Expr>],
        values: &'a [Expr],
    ) -> Result {
        let big = values.len() * 2 > STACK_USE_GUIDELINE;
        if big {
            self.op_i(location, Opcode::BUILD_MAP, 0);
        }
        for (key, value) in keys.iter().zip(values) {
            if let Some(key) = key {
                self.expr(key)?;
            }
            self.expr(value)?;
            if big {
                self.op_i(location, Opcode::MAP_ADD, 1);
            }
        }
        if !big {
            self.op_n(location, Opcode::BUILD_MAP, values.len());
        }
        Ok(())
    }

    /// `super().attr` without a super object.
    pub(super) fn super_attribute(
        &mut self,
        expr: &'a Expr,
        call: &'a Expr,
        attr: Identifier,
    ) -> Result {
        let location = self.loc(expr.span);
        let two_arguments = self.load_super_arguments(call)?;
        let bits = u32::from(two_arguments) << 1;
        self.op_name_with(location, Opcode::LOAD_SUPER_ATTR, attr, 2, bits);
        let location = self.attribute_location(location, expr);
        self.op(location, Opcode::NOP);
        Ok(())
    }

    /// `self.attr = ...` in a method: the class lists the attribute in `__static_attributes__`.
    pub(super) fn record_static_attribute(&mut self, owner: &Expr, attr: Identifier) {
        if !matches!(owner.kind, ExprKind::Name { id, .. } if id == self.known.self_) {
            return;
        }
        let text: Box<str> = self.text_of(attr).into();
        let outer = self.units.len() - 1;
        let class =
            self.units[..outer].iter_mut().rev().find(|unit| unit.scope_type == ScopeType::Class);
        if let Some(class) = class {
            class.static_attributes.insert(text);
        }
    }

    /// An attribute on another line than its owner has the place of its name.
    pub(super) fn attribute_location(&self, location: Location, expr: &Expr) -> Location {
        let ExprKind::Attribute { attr, .. } = expr.kind else { return location };
        let place = self.loc(expr.span);
        let mut location = location;
        if location.line == place.end_line {
            return location;
        }
        location.line = place.end_line;
        let length = i32::try_from(self.text_of(attr).chars().count()).unwrap_or(i32::MAX);
        if length <= place.end_column {
            location.column = place.end_column - length;
        } else {
            location.column = -1;
            location.end_column = -1;
        }
        location.end_line = location.end_line.max(location.line);
        if location.line == location.end_line {
            location.end_column = location.end_column.max(location.column);
        }
        location
    }

    fn yield_(&mut self, location: Location, value: Option<&'a Expr>) -> Result {
        if !self.scope().is_function_like() {
            return self.error(location, "'yield' outside function");
        }
        match value {
            Some(value) => self.expr(value)?,
            None => self.load_none(location),
        }
        self.yield_value(location);
        Ok(())
    }

    pub(super) fn yield_value(&mut self, location: Location) {
        let scope = self.scope();
        if scope.generator && scope.coroutine {
            self.op_i(location, Opcode::CALL_INTRINSIC_1, INTRINSIC_ASYNC_GEN_WRAP);
        }
        self.op_i(location, Opcode::YIELD_VALUE, 0);
        self.op_i(location, Opcode::RESUME, RESUME_AFTER_YIELD);
    }

    fn yield_from_expression(&mut self, location: Location, value: &'a Expr) -> Result {
        if !self.scope().is_function_like() {
            return self.error(location, "'yield from' outside function");
        }
        if self.unit_ref().scope_type == ScopeType::AsyncFunction {
            return self.error(location, "'yield from' inside async function");
        }
        self.expr(value)?;
        self.op(location, Opcode::GET_YIELD_FROM_ITER);
        self.load_none(location);
        self.yield_from(location, false);
        Ok(())
    }

    /// Awaits the value on the stack; `purpose` is for the message if it cannot be awaited.
    pub(super) fn await_value(&mut self, location: Location, purpose: u32) {
        self.op_i(location, Opcode::GET_AWAITABLE, purpose);
        self.load_none(location);
        self.yield_from(location, true);
    }

    /// Delegates to the iterator on the stack until it is finished.
    pub(super) fn yield_from(&mut self, location: Location, is_await: bool) {
        let send = self.label();
        let fail = self.label();
        let exit = self.label();
        self.place(send);
        self.jump(location, Opcode::SEND, exit);
        // throw() and close() can make YIELD_VALUE raise: StopIteration is then the result.
        self.jump(location, Opcode::SETUP_FINALLY, fail);
        self.op_i(location, Opcode::YIELD_VALUE, 1);
        self.op(Location::NONE, Opcode::POP_BLOCK);
        let after = if is_await { RESUME_AFTER_AWAIT } else { RESUME_AFTER_YIELD_FROM };
        self.op_i(location, Opcode::RESUME, after);
        self.jump(location, Opcode::JUMP_NO_INTERRUPT, send);
        self.place(fail);
        self.op(location, Opcode::CLEANUP_THROW);
        self.place(exit);
        self.op(location, Opcode::END_SEND);
    }
}
