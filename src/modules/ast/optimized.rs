//! The tree as it is compiled: what `ast.PyCF_OPTIMIZED_AST` changes while it is written (CPython's `ast_preprocess.c`).

use bytecode::Constant;
use compiler::constants::pattern_constant;
use compiler::docstring::docstring;
use compiler::percent::{self, Part};
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::types::code::constant_value;
use objects::types::list::PyList;
use objects::types::str::PyStr;
use syntax::ast::nodes::{Conversion, Expr, ExprContext, ExprKind, Operator, Stmt};

use super::expressions_to_objects::conversion;
use super::grammar::Node;
use super::to_objects::Converter;

/// The level from which docstrings are left out.
const NO_DOCSTRINGS: u8 = 2;

impl Converter<'_> {
    /// A body that may begin with a docstring.
    pub(super) fn documented(&mut self, body: &[Stmt]) -> PyResult<Value> {
        let optimized = self.optimize.is_some_and(|level| level >= NO_DOCSTRINGS);
        let (Some((first, rest)), true) =
            (body.split_first(), optimized && docstring(body).is_some())
        else {
            return self.stmts(body);
        };
        if rest.is_empty() {
            let (line, column) = self.parsed.lines.line_column(first.span.start);
            let numbers = [line, column, line, column.saturating_add(4)];
            let pass = self.placed(Node::Pass, numbers.map(u32::cast_signed), []);
            return Ok(PyList::new_value(self.vm, vec![pass]));
        }
        // A string that comes first now must not become the docstring.
        if let Some((value, _)) = docstring(rest) {
            let inner = self.expr(value)?;
            let values = PyList::new_value(self.vm, vec![inner]);
            let joined = self.node(Node::JoinedStr, value.span, [values]);
            let mut statements = vec![self.node(Node::Expr, rest[0].span, [joined])];
            for stmt in &rest[1..] {
                statements.push(self.stmt(stmt)?);
            }
            return Ok(PyList::new_value(self.vm, statements));
        }
        self.stmts(rest)
    }

    /// What a pattern compares with: a negative or complex number is one constant.
    pub(super) fn literal(&mut self, expr: &Expr) -> PyResult<Value> {
        let folds = self.optimize.is_some() && !matches!(expr.kind, ExprKind::Constant { .. });
        match pattern_constant(expr).filter(|_| folds) {
            Some(constant) => Ok(self.constant_node(expr, &constant)),
            None => self.expr(expr),
        }
    }

    fn constant_node(&self, expr: &Expr, constant: &Constant) -> Value {
        let value = constant_value(self.vm, constant);
        self.node(Node::Constant, expr.span, [value, Value::NONE])
    }

    /// What stands for an expression in the optimised tree, if it is another one.
    pub(super) fn optimized(&mut self, expr: &Expr, level: u8) -> PyResult<Option<Value>> {
        match &expr.kind {
            ExprKind::Name { id, ctx: ExprContext::Load }
                if self.parsed.names.text(*id) == "__debug__" =>
            {
                Ok(Some(self.constant_node(expr, &Constant::bool(level == 0))))
            }
            ExprKind::BinOp { left, op: Operator::Mod, right } => {
                let Some((parts, items)) = percent::parts(left, right) else { return Ok(None) };
                let mut values = Vec::with_capacity(parts.len());
                for part in &parts {
                    values.push(self.percent_part(part, items)?);
                }
                let values = PyList::new_value(self.vm, values);
                Ok(Some(self.node(Node::JoinedStr, expr.span, [values])))
            }
            _ => Ok(None),
        }
    }

    fn percent_part(&mut self, part: &Part, items: &[Expr]) -> PyResult<Value> {
        match part {
            Part::Text(text) => {
                let text = PyStr::try_from_wtf8(self.vm, text)?.into_value();
                Ok(self.placed(Node::Constant, [-1; 4], [text, Value::NONE]))
            }
            Part::Field { item, conversion: how, spec } => {
                let item = &items[*item];
                let value = self.expr(item)?;
                let spec = if spec.is_empty() {
                    Value::NONE
                } else {
                    let text = PyStr::try_new(self.vm, spec)?.into_value();
                    self.placed(Node::Constant, [-1; 4], [text, Value::NONE])
                };
                let how: Conversion = *how;
                let values = [value, conversion(how), spec];
                Ok(self.node(Node::FormattedValue, item.span, values))
            }
        }
    }
}
