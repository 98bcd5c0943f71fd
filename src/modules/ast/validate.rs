//! What a tree that a program made has to fulfil before it is compiled (CPython's `ast.c`).

use base::span::{LineIndex, Span};
use objects::core::errors::PyResult;
use objects::core::vm::Vm;
use syntax::Parsed;
use syntax::ast::nodes::{
    Alias, Arguments, Comprehension, Constant, Expr, ExprContext, ExprKind, Keyword, Mod, Operator,
    Pattern, PatternKind, Stmt, StmtKind, Try, TypeParam, TypeParamKind, UnaryOp,
};
use syntax::names::{Identifier, Names};

/// Checks a tree.
///
/// # Errors
/// ValueError and TypeError in CPython's words.
pub(crate) fn validate(vm: Vm<'_>, parsed: &Parsed) -> PyResult<()> {
    let validator = Validator { vm, names: &parsed.names, lines: &parsed.lines };
    match &parsed.tree {
        Mod::Module(body) | Mod::Interactive(body) => validator.stmts(body),
        Mod::Expression(body) => validator.load(body),
        Mod::FunctionType { argtypes, returns } => {
            validator.exprs(argtypes, ExprContext::Load)?;
            validator.load(returns)
        }
    }
}

struct Validator<'a> {
    vm: Vm<'a>,
    names: &'a Names,
    lines: &'a LineIndex,
}

fn context_name(context: ExprContext) -> &'static str {
    match context {
        ExprContext::Load => "Load",
        ExprContext::Store => "Store",
        ExprContext::Del => "Del",
    }
}

fn is_plain_number(value: &Constant) -> bool {
    matches!(
        value,
        Constant::Int(_) | Constant::BigInt(_) | Constant::Float(_) | Constant::Complex(..)
    )
}

/// A number, or one with a minus before it.
fn is_number(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Constant { value, .. } => is_plain_number(value),
        ExprKind::UnaryOp { op: UnaryOp::USub, operand } => {
            matches!(&operand.kind, ExprKind::Constant { value, .. } if is_plain_number(value))
        }
        _ => false,
    }
}

/// A sum of a real and an imaginary number.
fn is_complex_number(left: &Expr, op: Operator, right: &Expr) -> bool {
    let imaginary = matches!(right.kind, ExprKind::Constant { value: Constant::Complex(..), .. });
    matches!(op, Operator::Add | Operator::Sub) && is_number(left) && imaginary
}

impl Validator<'_> {
    fn invalid(&self, message: impl Into<String>) -> PyResult<()> {
        Err(self.vm.value_error(message))
    }

    fn position(&self, span: Span) -> PyResult<()> {
        let (line, column) = self.lines.line_column(span.start);
        let (end_line, end_column) = self.lines.line_column(span.end);
        let [line, column, end_line, end_column] =
            [line, column, end_line, end_column].map(u32::cast_signed);
        if line > end_line {
            return self.invalid(format!("AST node line range ({line}, {end_line}) is not valid"));
        }
        if (line < 0 && end_line != line) || (column < 0 && column != end_column) {
            return self.invalid(format!(
                "AST node column range ({column}, {end_column}) for line range ({line}, {end_line}) is not valid"
            ));
        }
        if line == end_line && column > end_column {
            return self.invalid(format!(
                "line {line}, column {column}-{end_column} is not a valid range"
            ));
        }
        Ok(())
    }

    fn name(&self, name: Identifier) -> PyResult<()> {
        match self.names.text(name) {
            text @ ("None" | "True" | "False") => {
                self.invalid(format!("identifier field can't represent '{text}' constant"))
            }
            _ => Ok(()),
        }
    }

    fn nonempty<T>(&self, items: &[T], what: &str, owner: &str) -> PyResult<()> {
        if items.is_empty() { self.invalid(format!("empty {what} on {owner}")) } else { Ok(()) }
    }

    fn stmts(&self, body: &[Stmt]) -> PyResult<()> {
        body.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    fn body(&self, body: &[Stmt], owner: &str) -> PyResult<()> {
        self.nonempty(body, "body", owner)?;
        self.stmts(body)
    }

    fn exprs(&self, exprs: &[Expr], context: ExprContext) -> PyResult<()> {
        exprs.iter().try_for_each(|expr| self.expr(expr, context))
    }

    fn load(&self, expr: &Expr) -> PyResult<()> {
        self.expr(expr, ExprContext::Load)
    }

    fn loads(&self, exprs: &[Expr]) -> PyResult<()> {
        self.exprs(exprs, ExprContext::Load)
    }

    fn opt(&self, expr: Option<&Expr>) -> PyResult<()> {
        expr.map_or(Ok(()), |expr| self.load(expr))
    }

    fn keywords(&self, keywords: &[Keyword]) -> PyResult<()> {
        keywords.iter().try_for_each(|keyword| self.load(&keyword.value))
    }

    fn comprehensions(&self, generators: &[Comprehension]) -> PyResult<()> {
        if generators.is_empty() {
            return self.invalid("comprehension with no generators");
        }
        generators.iter().try_for_each(|part| {
            self.expr(&part.target, ExprContext::Store)?;
            self.load(&part.iter)?;
            self.loads(&part.ifs)
        })
    }

    fn arguments(&self, args: &Arguments) -> PyResult<()> {
        let annotations = |args: &[syntax::ast::nodes::Arg]| {
            args.iter().try_for_each(|arg| {
                self.position(arg.span)?;
                self.opt(arg.annotation.as_deref())
            })
        };
        annotations(&args.posonlyargs)?;
        annotations(&args.args)?;
        self.opt(args.vararg.as_ref().and_then(|arg| arg.annotation.as_deref()))?;
        annotations(&args.kwonlyargs)?;
        self.opt(args.kwarg.as_ref().and_then(|arg| arg.annotation.as_deref()))?;
        if args.defaults.len() > args.posonlyargs.len() + args.args.len() {
            return self.invalid("more positional defaults than args on arguments");
        }
        if args.kw_defaults.len() != args.kwonlyargs.len() {
            return self
                .invalid("length of kwonlyargs is not the same as kw_defaults on arguments");
        }
        self.loads(&args.defaults)?;
        args.kw_defaults.iter().try_for_each(|default| self.opt(default.as_ref()))
    }

    fn type_params(&self, params: &[TypeParam]) -> PyResult<()> {
        params.iter().try_for_each(|param| {
            self.position(param.span)?;
            match &param.kind {
                TypeParamKind::TypeVar { name, bound, default_value } => {
                    self.name(*name)?;
                    self.opt(bound.as_deref())?;
                    self.opt(default_value.as_deref())
                }
                TypeParamKind::ParamSpec { name, default_value }
                | TypeParamKind::TypeVarTuple { name, default_value } => {
                    self.name(*name)?;
                    self.opt(default_value.as_deref())
                }
            }
        })
    }

    /// Whether a target may stand where it does, and what is inside it.
    fn expr(&self, expr: &Expr, context: ExprContext) -> PyResult<()> {
        self.vm.check_recursion(" during compilation")?;
        self.position(expr.span)?;
        let actual = match &expr.kind {
            ExprKind::Attribute { ctx, .. }
            | ExprKind::Subscript { ctx, .. }
            | ExprKind::Starred { ctx, .. }
            | ExprKind::List { ctx, .. }
            | ExprKind::Tuple { ctx, .. } => *ctx,
            ExprKind::Name { id, ctx } => {
                self.name(*id)?;
                *ctx
            }
            _ => {
                if context != ExprContext::Load {
                    let name = context_name(context);
                    return self.invalid(format!(
                        "expression which can't be assigned to in {name} context"
                    ));
                }
                return self.value(expr);
            }
        };
        if actual != context {
            let (wanted, got) = (context_name(context), context_name(actual));
            return self
                .invalid(format!("expression must have {wanted} context but has {got} instead"));
        }
        match &expr.kind {
            ExprKind::Attribute { value, .. } => self.load(value),
            ExprKind::Subscript { value, slice, .. } => {
                self.load(slice)?;
                self.load(value)
            }
            ExprKind::Starred { value, .. } => self.expr(value, context),
            ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => self.exprs(elts, context),
            _ => Ok(()),
        }
    }

    /// An expression that is no target.
    fn value(&self, expr: &Expr) -> PyResult<()> {
        match &expr.kind {
            ExprKind::BoolOp { values, .. } => {
                if values.len() < 2 {
                    return self.invalid("BoolOp with less than 2 values");
                }
                self.loads(values)
            }
            ExprKind::BinOp { left, right, .. } => {
                self.load(left)?;
                self.load(right)
            }
            ExprKind::UnaryOp { operand: value, .. }
            | ExprKind::Await { value }
            | ExprKind::YieldFrom { value } => self.load(value),
            ExprKind::NamedExpr { target, value } => {
                if !matches!(target.kind, ExprKind::Name { .. }) {
                    return Err(self.vm.type_error("NamedExpr target must be a Name"));
                }
                self.load(value)
            }
            ExprKind::Lambda(lambda) => {
                self.arguments(&lambda.args)?;
                self.load(&lambda.body)
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.load(test)?;
                self.load(body)?;
                self.load(orelse)
            }
            ExprKind::Dict { keys, values } => {
                if keys.len() != values.len() {
                    return self.invalid("Dict doesn't have the same number of keys as values");
                }
                keys.iter().try_for_each(|key| self.opt(key.as_ref()))?;
                self.loads(values)
            }
            ExprKind::Set { elts: values }
            | ExprKind::JoinedStr { values }
            | ExprKind::TemplateStr { values } => self.loads(values),
            ExprKind::ListComp { elt, generators }
            | ExprKind::SetComp { elt, generators }
            | ExprKind::GeneratorExp { elt, generators } => {
                self.comprehensions(generators)?;
                self.load(elt)
            }
            ExprKind::DictComp { key, value, generators } => {
                self.comprehensions(generators)?;
                self.load(key)?;
                self.load(value)
            }
            ExprKind::Yield { value } => self.opt(value.as_deref()),
            ExprKind::Compare { left, ops, comparators } => {
                if comparators.is_empty() {
                    return self.invalid("Compare with no comparators");
                }
                if comparators.len() != ops.len() {
                    return self
                        .invalid("Compare has a different number of comparators and operands");
                }
                self.loads(comparators)?;
                self.load(left)
            }
            ExprKind::Call { func, args, keywords } => {
                self.load(func)?;
                self.loads(args)?;
                self.keywords(keywords)
            }
            ExprKind::FormattedValue(field) => {
                self.load(&field.value)?;
                self.opt(field.format_spec.as_ref())
            }
            ExprKind::Interpolation(field) => {
                self.load(&field.value)?;
                self.opt(field.format_spec.as_ref())
            }
            ExprKind::Slice { lower, upper, step } => {
                self.opt(lower.as_deref())?;
                self.opt(upper.as_deref())?;
                self.opt(step.as_deref())
            }
            _ => Ok(()),
        }
    }

    fn targets(&self, targets: &[Expr], context: ExprContext, owner: &str) -> PyResult<()> {
        self.nonempty(targets, "targets", owner)?;
        self.exprs(targets, context)
    }

    fn stmt(&self, stmt: &Stmt) -> PyResult<()> {
        self.vm.check_recursion(" during compilation")?;
        self.position(stmt.span)?;
        match &stmt.kind {
            StmtKind::FunctionDef(def) | StmtKind::AsyncFunctionDef(def) => {
                let owner = match stmt.kind {
                    StmtKind::FunctionDef(_) => "FunctionDef",
                    _ => "AsyncFunctionDef",
                };
                self.name(def.name)?;
                self.body(&def.body, owner)?;
                self.type_params(&def.type_params)?;
                self.arguments(&def.args)?;
                self.loads(&def.decorator_list)?;
                self.opt(def.returns.as_ref())
            }
            StmtKind::ClassDef(def) => {
                self.name(def.name)?;
                self.body(&def.body, "ClassDef")?;
                self.type_params(&def.type_params)?;
                self.loads(&def.bases)?;
                self.keywords(&def.keywords)?;
                self.loads(&def.decorator_list)
            }
            StmtKind::For(parts) | StmtKind::AsyncFor(parts) => {
                let plain = matches!(stmt.kind, StmtKind::For(_));
                self.expr(&parts.target, ExprContext::Store)?;
                self.load(&parts.iter)?;
                self.body(&parts.body, if plain { "For" } else { "AsyncFor" })?;
                self.stmts(&parts.orelse)
            }
            StmtKind::While { test, body, orelse } => {
                self.load(test)?;
                self.body(body, "While")?;
                self.stmts(orelse)
            }
            StmtKind::If { test, body, orelse } => {
                self.load(test)?;
                self.body(body, "If")?;
                self.stmts(orelse)
            }
            StmtKind::With { items, body } | StmtKind::AsyncWith { items, body } => {
                let plain = matches!(stmt.kind, StmtKind::With { .. });
                let owner = if plain { "With" } else { "AsyncWith" };
                self.nonempty(items, "items", owner)?;
                for item in items {
                    self.load(&item.context_expr)?;
                    if let Some(target) = &item.optional_vars {
                        self.expr(target, ExprContext::Store)?;
                    }
                }
                self.body(body, owner)
            }
            StmtKind::Match { subject, cases } => {
                self.load(subject)?;
                self.nonempty(cases, "cases", "Match")?;
                cases.iter().try_for_each(|case| {
                    self.pattern(&case.pattern, false)?;
                    self.opt(case.guard.as_ref())?;
                    self.body(&case.body, "match_case")
                })
            }
            StmtKind::Try(parts) => self.try_statement(parts, "Try"),
            StmtKind::TryStar(parts) => self.try_statement(parts, "TryStar"),
            _ => self.simple(stmt),
        }
    }

    fn simple(&self, stmt: &Stmt) -> PyResult<()> {
        match &stmt.kind {
            StmtKind::Return { value } => self.opt(value.as_deref()),
            StmtKind::Delete { targets } => self.targets(targets, ExprContext::Del, "Delete"),
            StmtKind::Assign { targets, value } => {
                self.targets(targets, ExprContext::Store, "Assign")?;
                self.load(value)
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expr(target, ExprContext::Store)?;
                self.load(value)
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                if *simple && !matches!(target.kind, ExprKind::Name { .. }) {
                    return Err(self.vm.type_error("AnnAssign with simple non-Name target"));
                }
                self.expr(target, ExprContext::Store)?;
                self.opt(value.as_deref())?;
                self.load(annotation)
            }
            StmtKind::TypeAlias { name, type_params, value } => {
                if !matches!(name.kind, ExprKind::Name { .. }) {
                    return Err(self.vm.type_error("TypeAlias with non-Name name"));
                }
                self.expr(name, ExprContext::Store)?;
                self.type_params(type_params)?;
                self.load(value)
            }
            StmtKind::Raise { exc, cause } => match exc {
                Some(exc) => {
                    self.load(exc)?;
                    self.opt(cause.as_deref())
                }
                None if cause.is_some() => self.invalid("Raise with cause but no exception"),
                None => Ok(()),
            },
            StmtKind::Assert { test, msg } => {
                self.load(test)?;
                self.opt(msg.as_deref())
            }
            StmtKind::Import { names } => self.aliases(names, "Import"),
            StmtKind::ImportFrom { names, .. } => self.aliases(names, "ImportFrom"),
            StmtKind::Global { names } => self.nonempty(names, "names", "Global"),
            StmtKind::Nonlocal { names } => self.nonempty(names, "names", "Nonlocal"),
            StmtKind::Expr { value } => self.load(value),
            _ => Ok(()),
        }
    }

    fn aliases(&self, names: &[Alias], owner: &str) -> PyResult<()> {
        self.nonempty(names, "names", owner)?;
        names.iter().try_for_each(|alias| {
            self.name(alias.name)?;
            alias.asname.map_or(Ok(()), |asname| self.name(asname))
        })
    }

    fn try_statement(&self, parts: &Try, owner: &str) -> PyResult<()> {
        self.body(&parts.body, owner)?;
        if parts.handlers.is_empty() && parts.finalbody.is_empty() {
            return self.invalid(format!("{owner} has neither except handlers nor finalbody"));
        }
        if parts.handlers.is_empty() && !parts.orelse.is_empty() {
            return self.invalid(format!("{owner} has orelse but no except handlers"));
        }
        for handler in &parts.handlers {
            self.position(handler.span)?;
            self.opt(handler.type_.as_ref())?;
            // CPython looks at these names in plain `except` only.
            if owner == "Try" {
                handler.name.map_or(Ok(()), |name| self.name(name))?;
            }
            self.body(&handler.body, "ExceptHandler")?;
        }
        self.stmts(&parts.finalbody)?;
        self.stmts(&parts.orelse)
    }

    fn capture(&self, name: Identifier) -> PyResult<()> {
        if self.names.text(name) == "_" {
            return self.invalid("can't capture name '_' in patterns");
        }
        self.name(name)
    }

    fn match_value(&self, value: &Expr) -> PyResult<()> {
        self.load(value)?;
        let fits = match &value.kind {
            ExprKind::Constant { value, .. } => {
                if !is_plain_number(value)
                    && !matches!(value, Constant::Str(_) | Constant::Bytes(_))
                {
                    return self.invalid("unexpected constant inside of a literal pattern");
                }
                true
            }
            ExprKind::Attribute { .. } | ExprKind::JoinedStr { .. } => true,
            ExprKind::UnaryOp { .. } => is_number(value),
            ExprKind::BinOp { left, op, right } => is_complex_number(left, *op, right),
            _ => false,
        };
        if fits {
            return Ok(());
        }
        self.invalid("patterns may only match literals and attribute lookups")
    }

    fn patterns(&self, patterns: &[Pattern], star_ok: bool) -> PyResult<()> {
        patterns.iter().try_for_each(|pattern| self.pattern(pattern, star_ok))
    }

    fn pattern(&self, pattern: &Pattern, star_ok: bool) -> PyResult<()> {
        self.vm.check_recursion(" during compilation")?;
        self.position(pattern.span)?;
        match &pattern.kind {
            PatternKind::MatchValue { value } => self.match_value(value),
            PatternKind::MatchSingleton { value } => match value {
                Constant::None | Constant::True | Constant::False => Ok(()),
                _ => self.invalid("MatchSingleton can only contain True, False and None"),
            },
            PatternKind::MatchSequence { patterns } => self.patterns(patterns, true),
            PatternKind::MatchMapping { keys, patterns, rest } => {
                if keys.len() != patterns.len() {
                    return self
                        .invalid("MatchMapping doesn't have the same number of keys as patterns");
                }
                rest.map_or(Ok(()), |rest| self.capture(rest))?;
                for key in keys {
                    let singleton = matches!(
                        key.kind,
                        ExprKind::Constant {
                            value: Constant::None | Constant::True | Constant::False,
                            ..
                        }
                    );
                    if !singleton {
                        self.match_value(key)?;
                    }
                }
                self.patterns(patterns, false)
            }
            PatternKind::MatchClass(class) => {
                if class.kwd_attrs.len() != class.kwd_patterns.len() {
                    return self.invalid(
                        "MatchClass doesn't have the same number of keyword attributes as patterns",
                    );
                }
                self.load(&class.cls)?;
                let mut cls = &class.cls;
                while let ExprKind::Attribute { value, .. } = &cls.kind {
                    cls = value;
                }
                if !matches!(cls.kind, ExprKind::Name { .. }) {
                    return self
                        .invalid("MatchClass cls field can only contain Name or Attribute nodes.");
                }
                class.kwd_attrs.iter().try_for_each(|&name| self.name(name))?;
                self.patterns(&class.patterns, false)?;
                self.patterns(&class.kwd_patterns, false)
            }
            PatternKind::MatchStar { name } => {
                if !star_ok {
                    return self.invalid("can't use MatchStar here");
                }
                name.map_or(Ok(()), |name| self.capture(name))
            }
            PatternKind::MatchAs { pattern, name } => {
                name.map_or(Ok(()), |name| self.capture(name))?;
                match pattern {
                    None => Ok(()),
                    Some(_) if name.is_none() => {
                        self.invalid("MatchAs must specify a target name if a pattern is given")
                    }
                    Some(pattern) => self.pattern(pattern, false),
                }
            }
            PatternKind::MatchOr { patterns } => {
                if patterns.len() < 2 {
                    return self.invalid("MatchOr requires at least 2 patterns");
                }
                self.patterns(patterns, false)
            }
        }
    }
}
