//! The text of an expression, for annotations that are kept as text (CPython's `ast_unparse.c`).

use std::fmt::Write;

use base::wstr::WString;
use bytecode::Constant;
use syntax::ast::nodes::{
    self, Arg, Arguments, BoolOp, CmpOp, Comprehension, Conversion, Expr, ExprKind, Keyword,
    Operator, UnaryOp,
};
use syntax::error::SyntaxError;
use syntax::names::Names;

use crate::limits::{MAX_DEPTH, too_deep};

/// How tightly an expression binds; an expression in a place that binds tighter gets parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Tuple,
    Test,
    Or,
    And,
    Not,
    Compare,
    BitOr,
    BitXor,
    BitAnd,
    Shift,
    Arithmetic,
    Term,
    Factor,
    Power,
    Await,
    Atom,
}

const EXPRESSION: Level = Level::BitOr;

impl Level {
    const fn next(self) -> Self {
        match self {
            Self::Tuple => Self::Test,
            Self::Test => Self::Or,
            Self::Or => Self::And,
            Self::And => Self::Not,
            Self::Not => Self::Compare,
            Self::Compare => Self::BitOr,
            Self::BitOr => Self::BitXor,
            Self::BitXor => Self::BitAnd,
            Self::BitAnd => Self::Shift,
            Self::Shift => Self::Arithmetic,
            Self::Arithmetic => Self::Term,
            Self::Term => Self::Factor,
            Self::Factor => Self::Power,
            Self::Power => Self::Await,
            Self::Await | Self::Atom => Self::Atom,
        }
    }
}

/// The text of an expression.
///
/// # Errors
/// It nests too deeply.
pub(crate) fn expression(expr: &Expr, names: &Names) -> Result<WString, SyntaxError> {
    let mut unparser = Unparser { names, out: String::new(), depth: 0, too_deep: false };
    unparser.expr(expr, Level::Test);
    if unparser.too_deep {
        return Err(too_deep());
    }
    Ok(WString::from(unparser.out.as_str()))
}

/// `repr` of a constant.
pub(crate) fn constant_repr(value: &Constant) -> String {
    bytecode::constant_repr::repr(value)
}

struct Unparser<'a> {
    names: &'a Names,
    out: String,
    depth: u32,
    /// Something was left out.
    too_deep: bool,
}

impl Unparser<'_> {
    /// One that writes a part apart.
    fn inner(&self) -> Self {
        Self { names: self.names, out: String::new(), depth: self.depth, too_deep: self.too_deep }
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn name(&mut self, name: syntax::names::Identifier) {
        self.out.push_str(self.names.text(name));
    }

    fn parenthesized(&mut self, condition: bool, write: impl FnOnce(&mut Self)) {
        if condition {
            self.push("(");
        }
        write(self);
        if condition {
            self.push(")");
        }
    }

    fn list(&mut self, items: &[Expr], level: Level) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.expr(item, level);
        }
    }

    fn expr(&mut self, expr: &Expr, level: Level) {
        self.too_deep |= self.depth >= MAX_DEPTH;
        if self.too_deep {
            return;
        }
        self.depth += 1;
        self.expr_within(expr, level);
        self.depth -= 1;
    }

    fn expr_within(&mut self, expr: &Expr, level: Level) {
        match &expr.kind {
            ExprKind::BoolOp { op, values } => self.bool_op(*op, values, level),
            ExprKind::NamedExpr { target, value } => {
                self.parenthesized(level > Level::Tuple, |this| {
                    this.expr(target, Level::Atom);
                    this.push(" := ");
                    this.expr(value, Level::Atom);
                });
            }
            ExprKind::BinOp { left, op, right } => self.binary(left, *op, right, level),
            ExprKind::UnaryOp { op, operand } => self.unary(*op, operand, level),
            ExprKind::Lambda(lambda) => self.parenthesized(level > Level::Test, |this| {
                let args = &lambda.args;
                let empty = args.posonlyargs.is_empty()
                    && args.args.is_empty()
                    && args.vararg.is_none()
                    && args.kwonlyargs.is_empty()
                    && args.kwarg.is_none();
                this.push(if empty { "lambda" } else { "lambda " });
                this.arguments(&lambda.args);
                this.push(": ");
                this.expr(&lambda.body, Level::Test);
            }),
            ExprKind::IfExp { test, body, orelse } => {
                self.parenthesized(level > Level::Test, |this| {
                    this.expr(body, Level::Test.next());
                    this.push(" if ");
                    this.expr(test, Level::Test.next());
                    this.push(" else ");
                    this.expr(orelse, Level::Test);
                });
            }
            ExprKind::Dict { keys, values } => self.dict(keys, values),
            ExprKind::Set { elts } => {
                self.push("{");
                self.list(elts, Level::Test);
                self.push("}");
            }
            ExprKind::GeneratorExp { elt, generators } => {
                self.comprehension("(", elt, None, generators, ")");
            }
            ExprKind::ListComp { elt, generators } => {
                self.comprehension("[", elt, None, generators, "]");
            }
            ExprKind::SetComp { elt, generators } => {
                self.comprehension("{", elt, None, generators, "}");
            }
            ExprKind::DictComp { key, value, generators } => {
                self.comprehension("{", key, Some(value), generators, "}");
            }
            ExprKind::Yield { value } => {
                self.push("(yield");
                if let Some(value) = value {
                    self.push(" ");
                    self.expr(value, Level::Test);
                }
                self.push(")");
            }
            ExprKind::YieldFrom { value } => {
                self.push("(yield from ");
                self.expr(value, Level::Test);
                self.push(")");
            }
            ExprKind::Await { value } => self.parenthesized(level > Level::Await, |this| {
                this.push("await ");
                this.expr(value, Level::Atom);
            }),
            ExprKind::Compare { left, ops, comparators } => {
                self.compare(left, ops, comparators, level);
            }
            ExprKind::Call { func, args, keywords } => self.call(func, args, keywords),
            ExprKind::Constant { value, kind_u } => {
                if *kind_u {
                    self.push("u");
                }
                self.constant(value);
            }
            ExprKind::JoinedStr { values } => self.joined(values, false, 'f'),
            ExprKind::TemplateStr { values } => self.joined(values, false, 't'),
            ExprKind::FormattedValue(_) | ExprKind::Interpolation(_) => {
                let text = self.fragment(expr, false);
                self.push(&text);
            }
            ExprKind::Attribute { value, attr, .. } => {
                self.expr(value, Level::Atom);
                // `1 .real`: the dot would belong to the number.
                let integer = matches!(
                    value.kind,
                    ExprKind::Constant {
                        value: nodes::Constant::Int(_) | nodes::Constant::BigInt(_),
                        ..
                    }
                );
                self.push(if integer { " ." } else { "." });
                self.name(*attr);
            }
            ExprKind::Starred { value, .. } => {
                self.push("*");
                self.expr(value, EXPRESSION);
            }
            ExprKind::Name { id, .. } => self.name(*id),
            ExprKind::List { elts, .. } => {
                self.push("[");
                self.list(elts, Level::Test);
                self.push("]");
            }
            ExprKind::Tuple { elts, .. } => self.tuple(elts, level),
            ExprKind::Subscript { value, slice, .. } => {
                self.expr(value, Level::Atom);
                self.push("[");
                self.expr(slice, Level::Tuple);
                self.push("]");
            }
            ExprKind::Slice { lower, upper, step } => {
                self.optional(lower.as_deref());
                self.push(":");
                self.optional(upper.as_deref());
                if let Some(step) = step {
                    self.push(":");
                    self.expr(step, Level::Test);
                }
            }
        }
    }

    fn optional(&mut self, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.expr(expr, Level::Test);
        }
    }

    fn bool_op(&mut self, op: BoolOp, values: &[Expr], level: Level) {
        let (text, own) = match op {
            BoolOp::And => (" and ", Level::And),
            BoolOp::Or => (" or ", Level::Or),
        };
        self.parenthesized(level > own, |this| {
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    this.push(text);
                }
                this.expr(value, own.next());
            }
        });
    }

    fn binary(&mut self, left: &Expr, op: Operator, right: &Expr, level: Level) {
        let (text, own) = match op {
            Operator::Add => (" + ", Level::Arithmetic),
            Operator::Sub => (" - ", Level::Arithmetic),
            Operator::Mult => (" * ", Level::Term),
            Operator::MatMult => (" @ ", Level::Term),
            Operator::Div => (" / ", Level::Term),
            Operator::Mod => (" % ", Level::Term),
            Operator::FloorDiv => (" // ", Level::Term),
            Operator::LShift => (" << ", Level::Shift),
            Operator::RShift => (" >> ", Level::Shift),
            Operator::BitOr => (" | ", Level::BitOr),
            Operator::BitXor => (" ^ ", Level::BitXor),
            Operator::BitAnd => (" & ", Level::BitAnd),
            Operator::Pow => (" ** ", Level::Power),
        };
        let right_associative = op == Operator::Pow;
        self.parenthesized(level > own, |this| {
            this.expr(left, if right_associative { own.next() } else { own });
            this.push(text);
            this.expr(right, if right_associative { own } else { own.next() });
        });
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr, level: Level) {
        let (text, own) = match op {
            UnaryOp::Invert => ("~", Level::Factor),
            UnaryOp::Not => ("not ", Level::Not),
            UnaryOp::UAdd => ("+", Level::Factor),
            UnaryOp::USub => ("-", Level::Factor),
        };
        self.parenthesized(level > own, |this| {
            this.push(text);
            this.expr(operand, own);
        });
    }

    fn dict(&mut self, keys: &[Option<Expr>], values: &[Expr]) {
        self.push("{");
        for (index, (key, value)) in keys.iter().zip(values).enumerate() {
            if index > 0 {
                self.push(", ");
            }
            if let Some(key) = key {
                self.expr(key, Level::Test);
                self.push(": ");
                self.expr(value, Level::Test);
            } else {
                self.push("**");
                self.expr(value, EXPRESSION);
            }
        }
        self.push("}");
    }

    fn comprehension(
        &mut self,
        open: &str,
        elt: &Expr,
        value: Option<&Expr>,
        generators: &[Comprehension],
        close: &str,
    ) {
        self.push(open);
        self.expr(elt, Level::Test);
        if let Some(value) = value {
            self.push(": ");
            self.expr(value, Level::Test);
        }
        for part in generators {
            self.push(if part.is_async { " async for " } else { " for " });
            self.expr(&part.target, Level::Tuple);
            self.push(" in ");
            self.expr(&part.iter, Level::Test.next());
            for condition in &part.ifs {
                self.push(" if ");
                self.expr(condition, Level::Test.next());
            }
        }
        self.push(close);
    }

    fn compare(&mut self, left: &Expr, ops: &[CmpOp], comparators: &[Expr], level: Level) {
        let own = Level::Compare;
        self.parenthesized(level > own, |this| {
            this.expr(left, own.next());
            for (op, comparator) in ops.iter().zip(comparators) {
                this.push(match op {
                    CmpOp::Eq => " == ",
                    CmpOp::NotEq => " != ",
                    CmpOp::Lt => " < ",
                    CmpOp::LtE => " <= ",
                    CmpOp::Gt => " > ",
                    CmpOp::GtE => " >= ",
                    CmpOp::Is => " is ",
                    CmpOp::IsNot => " is not ",
                    CmpOp::In => " in ",
                    CmpOp::NotIn => " not in ",
                });
                this.expr(comparator, own.next());
            }
        });
    }

    fn call(&mut self, func: &Expr, args: &[Expr], keywords: &[Keyword]) {
        self.expr(func, Level::Atom);
        // A generator expression alone needs no second pair of parentheses.
        if let ([only], []) = (args, keywords)
            && matches!(only.kind, ExprKind::GeneratorExp { .. })
        {
            return self.expr(only, Level::Test);
        }
        self.push("(");
        self.list(args, Level::Test);
        for (index, keyword) in keywords.iter().enumerate() {
            if index > 0 || !args.is_empty() {
                self.push(", ");
            }
            match keyword.arg {
                Some(name) => {
                    self.name(name);
                    self.push("=");
                }
                None => self.push("**"),
            }
            self.expr(&keyword.value, Level::Test);
        }
        self.push(")");
    }

    fn tuple(&mut self, elts: &[Expr], level: Level) {
        if elts.is_empty() {
            return self.push("()");
        }
        self.parenthesized(level > Level::Tuple, |this| {
            this.list(elts, Level::Test);
            if elts.len() == 1 {
                this.push(",");
            }
        });
    }

    fn arguments(&mut self, args: &Arguments) {
        let mut first = true;
        let mut comma = |this: &mut Self| {
            if !std::mem::take(&mut first) {
                this.push(", ");
            }
        };
        let positional = args.posonlyargs.len() + args.args.len();
        let without_default = positional - args.defaults.len().min(positional);
        for (index, arg) in args.posonlyargs.iter().chain(&args.args).enumerate() {
            comma(self);
            self.argument(arg);
            if index >= without_default {
                self.push("=");
                self.expr(&args.defaults[index - without_default], Level::Test);
            }
            if index + 1 == args.posonlyargs.len() {
                self.push(", /");
            }
        }
        if args.vararg.is_some() || !args.kwonlyargs.is_empty() {
            comma(self);
            self.push("*");
            if let Some(vararg) = &args.vararg {
                self.argument(vararg);
            }
        }
        for (index, arg) in args.kwonlyargs.iter().enumerate() {
            comma(self);
            self.argument(arg);
            if let Some(Some(default)) = args.kw_defaults.get(index) {
                self.push("=");
                self.expr(default, Level::Test);
            }
        }
        if let Some(kwarg) = &args.kwarg {
            comma(self);
            self.push("**");
            self.argument(kwarg);
        }
    }

    fn argument(&mut self, arg: &Arg) {
        self.name(arg.arg);
        if let Some(annotation) = &arg.annotation {
            self.push(": ");
            self.expr(annotation, Level::Test);
        }
    }

    fn constant(&mut self, value: &nodes::Constant) {
        match value {
            nodes::Constant::Ellipsis => self.push("..."),
            nodes::Constant::Float(_) | nodes::Constant::Complex(..) => {
                // An infinity is written as a number that is one.
                let text = constant_repr(&crate::constants::constant(value));
                self.push(&text.replace("inf", "1e309"));
            }
            _ => {
                let text = constant_repr(&crate::constants::constant(value));
                self.push(&text);
            }
        }
    }

    /// An f-string or t-string: its text is built first and then written as a literal.
    fn joined(&mut self, values: &[Expr], is_format_spec: bool, prefix: char) {
        let mut body = String::new();
        for value in values {
            body.push_str(&self.fragment(value, is_format_spec));
        }
        if is_format_spec {
            return self.push(&body);
        }
        self.out.push(prefix);
        let literal = base::escape::repr_points(body.chars().map(u32::from), body.len());
        self.push(&literal);
    }

    /// A part of an f-string.
    fn fragment(&mut self, expr: &Expr, is_format_spec: bool) -> String {
        match &expr.kind {
            ExprKind::Constant { value: nodes::Constant::Str(text), .. } => {
                text.to_string_lossy().replace('{', "{{").replace('}', "}}")
            }
            ExprKind::JoinedStr { values } | ExprKind::TemplateStr { values } => {
                let mut inner = self.inner();
                inner.joined(values, is_format_spec, 'f');
                self.too_deep |= inner.too_deep;
                inner.out
            }
            ExprKind::FormattedValue(field) => {
                let mut inner = self.inner();
                inner.expr(&field.value, Level::Test.next());
                self.too_deep |= inner.too_deep;
                self.field(&inner.out, field.conversion, field.format_spec.as_ref())
            }
            ExprKind::Interpolation(field) => {
                let text = field.str.to_string_lossy();
                self.field(&text, field.conversion, field.format_spec.as_ref())
            }
            _ => String::new(),
        }
    }

    fn field(&mut self, value: &str, conversion: Conversion, spec: Option<&Expr>) -> String {
        // `{{` would be a brace.
        let mut out = String::from(if value.starts_with('{') { "{ " } else { "{" });
        out.push_str(value);
        let letter = match conversion {
            Conversion::None => None,
            Conversion::Str => Some('s'),
            Conversion::Repr => Some('r'),
            Conversion::Ascii => Some('a'),
        };
        if let Some(letter) = letter {
            // Writing to a String cannot fail.
            let _ = write!(out, "!{letter}");
        }
        if let Some(spec) = spec {
            out.push(':');
            out.push_str(&self.fragment(spec, true));
        }
        out.push('}');
        out
    }
}
