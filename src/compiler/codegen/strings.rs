//! f-strings, t-strings, and `%` formats that are written as f-strings.

use std::sync::Arc;

use base::wstr::WString;
use bytecode::{Constant, Location, Opcode};
use syntax::ast::nodes::{Conversion, Expr, ExprKind, FormattedValue, Interpolation, Operator};

use super::annotations::text_constant;
use super::{Compiler, Result, number};
use crate::limits::STACK_USE_GUIDELINE;
use crate::percent::{self, Part};

const fn conversion_number(conversion: Conversion) -> Option<u32> {
    match conversion {
        Conversion::None => None,
        Conversion::Str => Some(1),
        Conversion::Repr => Some(2),
        Conversion::Ascii => Some(3),
    }
}

impl<'a> Compiler<'a, '_> {
    pub(super) fn joined_str(&mut self, location: Location, values: &'a [Expr]) -> Result {
        self.join(location, values.len(), |this, index| this.expr(&values[index]))
    }

    /// Joins `count` texts.
    fn join(
        &mut self,
        location: Location,
        count: usize,
        mut visit: impl FnMut(&mut Self, usize) -> Result,
    ) -> Result {
        if count > STACK_USE_GUIDELINE {
            self.load_const(location, text_constant(""));
            let join = self.known.join;
            self.load_method(location, join);
            self.op_i(location, Opcode::BUILD_LIST, 0);
            for index in 0..count {
                visit(self, index)?;
                self.op_i(location, Opcode::LIST_APPEND, 1);
            }
            self.op_i(location, Opcode::CALL, 1);
            return Ok(());
        }
        (0..count).try_for_each(|index| visit(self, index))?;
        match count {
            0 => self.load_const(location, text_constant("")),
            1 => {}
            _ => self.op_i(location, Opcode::BUILD_STRING, number(count)),
        }
        Ok(())
    }

    pub(super) fn formatted_value(
        &mut self,
        location: Location,
        field: &'a FormattedValue,
    ) -> Result {
        self.expr(&field.value)?;
        if let Some(number) = conversion_number(field.conversion) {
            self.op_i(location, Opcode::CONVERT_VALUE, number);
        }
        match &field.format_spec {
            Some(format_spec) => {
                self.expr(format_spec)?;
                self.op(location, Opcode::FORMAT_WITH_SPEC);
            }
            None => self.op(location, Opcode::FORMAT_SIMPLE),
        }
        Ok(())
    }

    /// A t-string: a tuple of texts (one more than there are interpolations) and a tuple of interpolations.
    pub(super) fn template_str(&mut self, location: Location, values: &'a [Expr]) -> Result {
        let mut last_was_interpolation = true;
        let mut texts = 0;
        for value in values {
            if matches!(value.kind, ExprKind::Interpolation(_)) {
                if last_was_interpolation {
                    self.load_const(location, text_constant(""));
                    texts += 1;
                }
                last_was_interpolation = true;
            } else {
                self.expr(value)?;
                texts += 1;
                last_was_interpolation = false;
            }
        }
        if last_was_interpolation {
            self.load_const(location, text_constant(""));
            texts += 1;
        }
        self.op_i(location, Opcode::BUILD_TUPLE, texts);
        let mut interpolations = 0;
        for value in values {
            if matches!(value.kind, ExprKind::Interpolation(_)) {
                self.expr(value)?;
                interpolations += 1;
            }
        }
        self.op_i(location, Opcode::BUILD_TUPLE, interpolations);
        self.op(location, Opcode::BUILD_TEMPLATE);
        Ok(())
    }

    pub(super) fn interpolation(&mut self, location: Location, field: &'a Interpolation) -> Result {
        self.expr(&field.value)?;
        self.load_const(location, Constant::Str(Arc::new(field.str.clone())));
        let mut oparg = 2;
        if let Some(format_spec) = &field.format_spec {
            oparg |= 1;
            self.expr(format_spec)?;
        }
        oparg |= conversion_number(field.conversion).unwrap_or(0) << 2;
        self.op_i(location, Opcode::BUILD_INTERPOLATION, oparg);
        Ok(())
    }

    /// Whether the expression is a `%` format that is written as an f-string.
    pub(super) fn is_percent_format(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::BinOp { left, op: Operator::Mod, right } => {
                percent::parts(left, right).is_some()
            }
            _ => false,
        }
    }

    /// Writes `'...' % (...)` as an f-string, if its format is simple enough; answers whether it was.
    pub(super) fn percent_format(
        &mut self,
        expr: &'a Expr,
        left: &'a Expr,
        right: &'a Expr,
    ) -> Result<bool> {
        let Some((parts, items)) = percent::parts(left, right) else { return Ok(false) };
        let location = self.loc(expr.span);
        self.join(location, parts.len(), |this, index| this.percent_part(&parts[index], items))?;
        Ok(true)
    }

    fn percent_part(&mut self, part: &Part, items: &'a [Expr]) -> Result {
        match part {
            Part::Text(text) => self.load_wtext(Location::NONE, text.clone()),
            Part::Field { item, conversion, spec } => {
                let item = &items[*item];
                let location = self.loc(item.span);
                self.expr(item)?;
                if let Some(number) = conversion_number(*conversion) {
                    self.op_i(location, Opcode::CONVERT_VALUE, number);
                }
                if spec.is_empty() {
                    self.op(location, Opcode::FORMAT_SIMPLE);
                } else {
                    self.load_const(Location::NONE, text_constant(spec));
                    self.op(location, Opcode::FORMAT_WITH_SPEC);
                }
            }
        }
        Ok(())
    }

    fn load_wtext(&mut self, location: Location, text: WString) {
        self.load_const(location, Constant::Str(Arc::new(text)));
    }
}
