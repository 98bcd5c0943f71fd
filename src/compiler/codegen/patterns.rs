//! `match` (PEP 634).
//!
//! The code of a pattern takes its subject from the top of the stack and jumps to a cleanup if it does not match. Names are
//! bound only when the whole pattern has matched: until then their values wait on the stack, below everything the pattern
//! still needs.

use bytecode::{Constant, Location, Opcode};
use syntax::ast::nodes::{
    CmpOp, Expr, ExprKind, MatchCase, MatchClass, Operator, Pattern, PatternKind,
};
use syntax::names::Identifier;

use super::{Compiler, Result, number};
use crate::constants::{constant, pattern_constant};
use crate::instructions::Label;
use crate::limits::{MAX_DEPTH, too_deep};

/// CPython's `pattern_context`.
#[derive(Default)]
struct Context {
    /// Names bound so far, in the order of their values on the stack.
    stores: Vec<Identifier>,
    /// Whether a pattern that always matches is allowed here.
    allow_irrefutable: bool,
    /// Where a failure jumps to that has to pop as many values as the index says.
    fail_pop: Vec<Label>,
    /// How many values on top of the stack have to stay there.
    on_top: usize,
}

const fn is_wildcard(pattern: &Pattern) -> bool {
    matches!(pattern.kind, PatternKind::MatchAs { pattern: None, name: None })
}

const fn is_wildcard_star(pattern: &Pattern) -> bool {
    matches!(pattern.kind, PatternKind::MatchStar { name: None })
}

impl<'a> Compiler<'a, '_> {
    pub(super) fn match_(&mut self, subject: &'a Expr, cases: &'a [MatchCase]) -> Result {
        self.expr(subject)?;
        let end = self.label();
        let Some((last, others)) = cases.split_last() else { return Ok(()) };
        let has_default = is_wildcard(&last.pattern) && !others.is_empty();
        let tested = if has_default { others } else { cases };
        for (index, case) in tested.iter().enumerate() {
            // The last test may take the subject itself.
            let keeps_subject = index + 1 != tested.len();
            let location = self.loc(case.pattern.span);
            if keeps_subject {
                self.op_i(location, Opcode::COPY, 1);
            }
            let mut context = Context {
                allow_irrefutable: case.guard.is_some() || index + 1 == cases.len(),
                ..Context::default()
            };
            self.pattern(&case.pattern, &mut context)?;
            for name in std::mem::take(&mut context.stores) {
                self.store_name(location, name);
            }
            if let Some(guard) = &case.guard {
                self.ensure_fail_pop(&mut context, 0);
                self.jump_if(location, guard, context.fail_pop[0], false)?;
            }
            if keeps_subject {
                // With the body's location, so that branch events lead there.
                self.op(Location::NEXT, Opcode::POP_TOP);
            }
            self.stmts(&case.body)?;
            self.jump(Location::NONE, Opcode::JUMP, end);
            // The cleanup belongs to the pattern that failed.
            self.emit_fail_pop(location, &mut context);
        }
        if has_default {
            let location = self.loc(last.pattern.span);
            self.op(location, Opcode::NOP);
            if let Some(guard) = &last.guard {
                self.jump_if(location, guard, end, false)?;
            }
            self.stmts(&last.body)?;
        }
        self.place(end);
        Ok(())
    }

    fn ensure_fail_pop(&mut self, context: &mut Context, pops: usize) {
        while context.fail_pop.len() <= pops {
            let label = self.label();
            context.fail_pop.push(label);
        }
    }

    fn jump_to_fail_pop(&mut self, location: Location, context: &mut Context, opcode: Opcode) {
        let pops = context.on_top + context.stores.len();
        self.ensure_fail_pop(context, pops);
        self.jump(location, opcode, context.fail_pop[pops]);
    }

    fn emit_fail_pop(&mut self, location: Location, context: &mut Context) {
        let labels = std::mem::take(&mut context.fail_pop);
        for (index, label) in labels.into_iter().enumerate().rev() {
            self.place(label);
            if index > 0 {
                self.op(location, Opcode::POP_TOP);
            }
        }
    }

    /// Puts the top of the stack below `count - 1` others.
    fn rotate(&mut self, location: Location, count: usize) {
        for depth in (2..=count).rev() {
            self.op_n(location, Opcode::SWAP, depth);
        }
    }

    fn duplicate_store<T>(&self, location: Location, name: Identifier) -> Result<T> {
        let name = self.repr_of(name);
        self.error(location, format!("multiple assignments to name {name} in pattern"))
    }

    /// Keeps the top of the stack for `name`, or drops it.
    fn capture(
        &mut self,
        location: Location,
        name: Option<Identifier>,
        context: &mut Context,
    ) -> Result {
        let Some(name) = name else {
            self.op(location, Opcode::POP_TOP);
            return Ok(());
        };
        if context.stores.contains(&name) {
            return self.duplicate_store(location, name);
        }
        self.rotate(location, context.on_top + context.stores.len() + 1);
        context.stores.push(name);
        Ok(())
    }

    fn pattern(&mut self, pattern: &'a Pattern, context: &mut Context) -> Result {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep());
        }
        let location = self.loc(pattern.span);
        match &pattern.kind {
            PatternKind::MatchValue { value } => self.match_value(location, value, context)?,
            PatternKind::MatchSingleton { value } => {
                self.load_const(location, constant(value));
                self.compare_op(location, CmpOp::Is);
                self.jump_to_fail_pop(location, context, Opcode::POP_JUMP_IF_FALSE);
            }
            PatternKind::MatchSequence { patterns } => {
                self.match_sequence(location, patterns, context)?;
            }
            PatternKind::MatchMapping { keys, patterns, rest } => {
                self.match_mapping(location, keys, patterns, *rest, context)?;
            }
            PatternKind::MatchClass(parts) => self.match_class(location, parts, context)?,
            PatternKind::MatchStar { name } => self.capture(location, *name, context)?,
            PatternKind::MatchAs { pattern: Some(inner), name } => {
                context.on_top += 1;
                self.op_i(location, Opcode::COPY, 1);
                self.pattern(inner, context)?;
                context.on_top -= 1;
                self.capture(location, *name, context)?;
            }
            PatternKind::MatchAs { pattern: None, name } => {
                if !context.allow_irrefutable {
                    let message = match name {
                        Some(name) => format!(
                            "name capture {} makes remaining patterns unreachable",
                            self.repr_of(*name)
                        ),
                        None => "wildcard makes remaining patterns unreachable".to_owned(),
                    };
                    return self.error(location, message);
                }
                self.capture(location, *name, context)?;
            }
            PatternKind::MatchOr { patterns } => self.match_or(location, patterns, context)?,
        }
        self.depth -= 1;
        Ok(())
    }

    /// A pattern inside another one: it may always match.
    fn subpattern(&mut self, pattern: &'a Pattern, context: &mut Context) -> Result {
        let before = std::mem::replace(&mut context.allow_irrefutable, true);
        self.pattern(pattern, context)?;
        context.allow_irrefutable = before;
        Ok(())
    }

    /// A value or key: a number, or an attribute.
    fn pattern_expression(&mut self, value: &'a Expr) -> Result<bool> {
        let location = self.loc(value.span);
        if let Some(constant) = pattern_constant(value) {
            self.load_const(location, constant);
            return Ok(true);
        }
        if matches!(value.kind, ExprKind::Attribute { .. }) {
            self.expr(value)?;
            return Ok(true);
        }
        Ok(false)
    }

    fn match_value(
        &mut self,
        location: Location,
        value: &'a Expr,
        context: &mut Context,
    ) -> Result {
        // CPython makes an f-string of any kind of constant here, too: only these two are left by the parser.
        let joined = matches!(value.kind, ExprKind::JoinedStr { .. });
        if joined || !self.pattern_expression(value)? {
            return self.error(location, "patterns may only match literals and attribute lookups");
        }
        self.compare_op(location, CmpOp::Eq);
        self.op(location, Opcode::TO_BOOL);
        self.jump_to_fail_pop(location, context, Opcode::POP_JUMP_IF_FALSE);
        Ok(())
    }

    fn check_length(
        &mut self,
        location: Location,
        length: usize,
        op: CmpOp,
        context: &mut Context,
    ) {
        self.op(location, Opcode::GET_LEN);
        self.load_int(location, length);
        self.compare_op(location, op);
        self.jump_to_fail_pop(location, context, Opcode::POP_JUMP_IF_FALSE);
    }

    fn match_sequence(
        &mut self,
        location: Location,
        patterns: &'a [Pattern],
        context: &mut Context,
    ) -> Result {
        let is_star = |pattern: &Pattern| matches!(pattern.kind, PatternKind::MatchStar { .. });
        let star = patterns.iter().position(is_star);
        if star.is_some_and(|star| patterns[star + 1..].iter().any(is_star)) {
            return self.error(location, "multiple starred names in sequence pattern");
        }
        let only_wildcards =
            patterns.iter().all(|pattern| is_wildcard(pattern) || is_wildcard_star(pattern));
        context.on_top += 1;
        self.op(location, Opcode::MATCH_SEQUENCE);
        self.jump_to_fail_pop(location, context, Opcode::POP_JUMP_IF_FALSE);
        let size = patterns.len();
        match star {
            None => self.check_length(location, size, CmpOp::Eq, context),
            Some(_) if size > 1 => self.check_length(location, size - 1, CmpOp::GtE, context),
            Some(_) => {}
        }
        context.on_top -= 1;
        if only_wildcards {
            self.op(location, Opcode::POP_TOP);
            return Ok(());
        }
        match star {
            Some(star) if is_wildcard_star(&patterns[star]) => {
                self.match_items(location, patterns, star, context)
            }
            _ => self.match_unpacked(location, patterns, star, context),
        }
    }

    /// Unpacks the subject and matches its parts.
    fn match_unpacked(
        &mut self,
        location: Location,
        patterns: &'a [Pattern],
        star: Option<usize>,
        context: &mut Context,
    ) -> Result {
        match star {
            None => self.op_n(location, Opcode::UNPACK_SEQUENCE, patterns.len()),
            Some(star) => {
                let behind = patterns.len() - star - 1;
                if star >= 1 << 8 || behind >= (i32::MAX >> 8) as usize {
                    let message = "too many expressions in star-unpacking sequence pattern";
                    return self.error(location, message);
                }
                self.op_n(location, Opcode::UNPACK_EX, star + (behind << 8));
            }
        }
        context.on_top += patterns.len();
        for pattern in patterns {
            context.on_top -= 1;
            self.subpattern(pattern, context)?;
        }
        Ok(())
    }

    /// Takes items by their index: with `*_` nothing needs to be unpacked.
    fn match_items(
        &mut self,
        location: Location,
        patterns: &'a [Pattern],
        star: usize,
        context: &mut Context,
    ) -> Result {
        context.on_top += 1;
        for (index, pattern) in patterns.iter().enumerate() {
            if is_wildcard(pattern) || index == star {
                continue;
            }
            self.op_i(location, Opcode::COPY, 1);
            if index < star {
                self.load_int(location, index);
            } else {
                // The subject need not know negative indices.
                self.op(location, Opcode::GET_LEN);
                self.load_int(location, patterns.len() - index);
                self.binary_op(location, Operator::Sub);
            }
            self.subscript_op(location);
            self.subpattern(pattern, context)?;
        }
        context.on_top -= 1;
        self.op(location, Opcode::POP_TOP);
        Ok(())
    }

    fn match_class(
        &mut self,
        location: Location,
        parts: &'a MatchClass,
        context: &mut Context,
    ) -> Result {
        for (index, attr) in parts.kwd_attrs.iter().enumerate() {
            let twice = parts.kwd_attrs[index + 1..].iter().position(|other| other == attr);
            if let Some(place) = twice {
                let place = self.loc(parts.kwd_patterns[index + 1 + place].span);
                let name = self.text_of(*attr);
                let message = format!("attribute name repeated in class pattern: {name}");
                return self.error(place, message);
            }
        }
        self.expr(&parts.cls)?;
        let names = self.names_constant(parts.kwd_attrs.iter().copied());
        self.load_const(location, names);
        self.op_n(location, Opcode::MATCH_CLASS, parts.patterns.len());
        self.op_i(location, Opcode::COPY, 1);
        self.load_none(location);
        self.op_i(location, Opcode::IS_OP, 1);
        context.on_top += 1;
        self.jump_to_fail_pop(location, context, Opcode::POP_JUMP_IF_FALSE);
        let count = parts.patterns.len() + parts.kwd_attrs.len();
        self.op_n(location, Opcode::UNPACK_SEQUENCE, count);
        context.on_top += count;
        context.on_top -= 1;
        for pattern in parts.patterns.iter().chain(&parts.kwd_patterns) {
            context.on_top -= 1;
            if is_wildcard(pattern) {
                self.op(location, Opcode::POP_TOP);
            } else {
                self.subpattern(pattern, context)?;
            }
        }
        Ok(())
    }

    fn match_mapping(
        &mut self,
        location: Location,
        keys: &'a [Expr],
        patterns: &'a [Pattern],
        rest: Option<Identifier>,
        context: &mut Context,
    ) -> Result {
        context.on_top += 1;
        self.op(location, Opcode::MATCH_MAPPING);
        self.jump_to_fail_pop(location, context, Opcode::POP_JUMP_IF_FALSE);
        if keys.is_empty() && rest.is_none() {
            context.on_top -= 1;
            self.op(location, Opcode::POP_TOP);
            return Ok(());
        }
        if !keys.is_empty() {
            self.check_length(location, keys.len(), CmpOp::GtE, context);
        }
        self.mapping_keys(location, keys)?;
        self.op_n(location, Opcode::BUILD_TUPLE, keys.len());
        self.op(location, Opcode::MATCH_KEYS);
        context.on_top += 2;
        self.op_i(location, Opcode::COPY, 1);
        self.load_none(location);
        self.op_i(location, Opcode::IS_OP, 1);
        self.jump_to_fail_pop(location, context, Opcode::POP_JUMP_IF_FALSE);
        self.op_n(location, Opcode::UNPACK_SEQUENCE, keys.len());
        context.on_top += keys.len();
        context.on_top -= 1;
        for pattern in patterns {
            context.on_top -= 1;
            self.subpattern(pattern, context)?;
        }
        context.on_top -= 2;
        if rest.is_none() {
            // The tuple of keys, and the subject.
            self.op(location, Opcode::POP_TOP);
            self.op(location, Opcode::POP_TOP);
            return Ok(());
        }
        // The rest is a copy of the subject without the keys.
        self.op_i(location, Opcode::BUILD_MAP, 0);
        self.op_i(location, Opcode::SWAP, 3);
        self.op_i(location, Opcode::DICT_UPDATE, 2);
        self.op_n(location, Opcode::UNPACK_SEQUENCE, keys.len());
        for left in (1..=keys.len()).rev() {
            self.op_i(location, Opcode::COPY, 1 + number(left));
            self.op_i(location, Opcode::SWAP, 2);
            self.op(location, Opcode::DELETE_SUBSCR);
        }
        self.capture(location, rest, context)
    }

    fn mapping_keys(&mut self, location: Location, keys: &'a [Expr]) -> Result {
        let mut seen: Vec<Constant> = Vec::new();
        for key in keys {
            if let Some(value) = pattern_constant(key) {
                if seen.iter().any(|other| equal_keys(other, &value)) {
                    let text = crate::unparse::constant_repr(&value);
                    let message = format!("mapping pattern checks duplicate key ({text})");
                    return self.error(location, message);
                }
                seen.push(value);
            }
            if !self.pattern_expression(key)? {
                return self.error(
                    location,
                    "mapping pattern keys may only match literals and attribute lookups",
                );
            }
        }
        Ok(())
    }

    fn match_or(
        &mut self,
        location: Location,
        patterns: &'a [Pattern],
        context: &mut Context,
    ) -> Result {
        let end = self.label();
        // The names of the first alternative: all others must bind the same, and in this order.
        let mut control: Vec<Identifier> = Vec::new();
        for (index, alternative) in patterns.iter().enumerate() {
            let place = self.loc(alternative.span);
            let mut inner = Context {
                allow_irrefutable: index + 1 == patterns.len() && context.allow_irrefutable,
                ..Context::default()
            };
            self.op_i(place, Opcode::COPY, 1);
            self.pattern(alternative, &mut inner)?;
            if index == 0 {
                control.clone_from(&inner.stores);
            } else if !self.order_as(place, &control, &mut inner.stores) {
                return self.error(location, "alternative patterns bind different names");
            }
            self.jump(place, Opcode::JUMP, end);
            self.emit_fail_pop(place, &mut inner);
        }
        self.op(location, Opcode::POP_TOP);
        self.jump_to_fail_pop(location, context, Opcode::JUMP);
        self.place(end);
        // The values go below the other stores, the copy of the subject and what is on top.
        let rotations = control.len() + 1 + context.on_top + context.stores.len();
        for name in control {
            self.rotate(location, rotations);
            if context.stores.contains(&name) {
                return self.duplicate_store(location, name);
            }
            context.stores.push(name);
        }
        self.op(location, Opcode::POP_TOP);
        Ok(())
    }

    /// Brings the values of an alternative's names into the order of `control`; answers whether the names are the same.
    fn order_as(
        &mut self,
        location: Location,
        control: &[Identifier],
        stores: &mut Vec<Identifier>,
    ) -> bool {
        if stores.len() != control.len() {
            return false;
        }
        for wanted in (0..control.len()).rev() {
            let Some(found) = stores.iter().position(|name| *name == control[wanted]) else {
                return false;
            };
            if found == wanted {
                continue;
            }
            let rotations = found + 1;
            let moved: Vec<Identifier> = stores.drain(..rotations).collect();
            let place = wanted - found;
            stores.splice(place..place, moved);
            for _ in 0..rotations {
                self.rotate(location, wanted + 1);
            }
        }
        true
    }
}

/// Whether two keys are the same to a dict.
fn equal_keys(left: &Constant, right: &Constant) -> bool {
    let number = |value: &Constant| match value {
        Constant::True => Some((1.0, 0.0)),
        Constant::False => Some((0.0, 0.0)),
        Constant::Int(number) => Some((*number as f64, 0.0)),
        Constant::Float(number) => Some((*number, 0.0)),
        Constant::Complex(real, imaginary) => Some((*real, *imaginary)),
        _ => None,
    };
    match (left, right) {
        (Constant::Int(left), Constant::Int(right)) => left == right,
        _ => match (number(left), number(right)) {
            (Some(left), Some(right)) => left == right,
            _ => left == right,
        },
    }
}
