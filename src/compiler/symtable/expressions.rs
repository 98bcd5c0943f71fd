//! The first pass over expressions and comprehensions.

use base::span::Span;
use syntax::ast::nodes::{Comprehension, Expr, ExprContext, ExprKind};
use syntax::names::Identifier;

use super::build::{Builder, Result, error};
use super::symbol_flags::{COMP_ITER, GLOBAL, LOCAL, NONLOCAL, PARAM, USE};
use super::{BlockType, ComprehensionKind, Key, Role};

/// How long a chain may be that is walked by recursion: a list of its links would cost more.
const SHORT_CHAIN: usize = 16;

impl<'a> Builder<'a> {
    pub(super) fn expressions(&mut self, items: &'a [Expr]) -> Result {
        items.iter().try_for_each(|item| self.expression(item))
    }

    pub(super) fn optional(&mut self, item: Option<&'a Expr>) -> Result {
        item.map_or(Ok(()), |item| self.expression(item))
    }

    pub(super) fn expression(&mut self, expr: &'a Expr) -> Result {
        self.enter_recursion()?;
        match &expr.kind {
            ExprKind::NamedExpr { target, value } => {
                self.raise_if_annotation_block("named expression", expr.span)?;
                self.named_expression(expr.span, target, value)?;
            }
            ExprKind::BoolOp { values, .. } => self.expressions(values)?,
            ExprKind::BinOp { .. } => self.binary(expr)?,
            ExprKind::UnaryOp { operand, .. } => self.expression(operand)?,
            ExprKind::Lambda(lambda) => {
                self.defaults(&lambda.args)?;
                let key = Key::new(&**lambda, Role::Lambda);
                self.enter(self.known.lambda, BlockType::Function, key, expr.span)?;
                self.parameters(&lambda.args)?;
                self.expression(&lambda.body)?;
                self.exit();
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.expression(test)?;
                self.expression(body)?;
                self.expression(orelse)?;
            }
            ExprKind::Dict { keys, values } => {
                keys.iter().flatten().try_for_each(|key| self.expression(key))?;
                self.expressions(values)?;
            }
            ExprKind::Set { elts } | ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => {
                self.expressions(elts)?;
            }
            ExprKind::ListComp { elt, generators } => {
                self.comprehension(expr, ComprehensionKind::List, generators, elt, None)?;
            }
            ExprKind::SetComp { elt, generators } => {
                self.comprehension(expr, ComprehensionKind::Set, generators, elt, None)?;
            }
            ExprKind::DictComp { key, value, generators } => {
                self.comprehension(expr, ComprehensionKind::Dict, generators, key, Some(value))?;
            }
            ExprKind::GeneratorExp { elt, generators } => {
                self.comprehension(expr, ComprehensionKind::Generator, generators, elt, None)?;
            }
            ExprKind::Yield { value } => self.yields(expr.span, value.as_deref())?,
            ExprKind::YieldFrom { value } => self.yields(expr.span, Some(value))?,
            ExprKind::Await { value } => self.awaits(expr.span, value)?,
            ExprKind::Compare { left, comparators, .. } => {
                self.expression(left)?;
                self.expressions(comparators)?;
            }
            ExprKind::FormattedValue(field) => {
                self.expression(&field.value)?;
                self.optional(field.format_spec.as_ref())?;
            }
            ExprKind::Interpolation(field) => {
                self.expression(&field.value)?;
                self.optional(field.format_spec.as_ref())?;
            }
            ExprKind::JoinedStr { values } | ExprKind::TemplateStr { values } => {
                self.expressions(values)?;
            }
            ExprKind::Constant { .. } => {}
            ExprKind::Attribute { .. } | ExprKind::Subscript { .. } | ExprKind::Call { .. } => {
                self.chain(expr)?;
            }
            ExprKind::Starred { value, .. } => self.expression(value)?,
            ExprKind::Slice { lower, upper, step } => {
                self.optional(lower.as_deref())?;
                self.optional(upper.as_deref())?;
                self.optional(step.as_deref())?;
            }
            ExprKind::Name { id, ctx } => self.name(*id, expr.span, *ctx)?,
        }
        self.leave_recursion();
        Ok(())
    }

    /// Attributes, calls and subscripts lean to the left, too.
    fn chain(&mut self, expr: &'a Expr) -> Result {
        let mut links = 0_usize;
        let mut innermost = expr;
        loop {
            innermost = match &innermost.kind {
                ExprKind::Attribute { value, attr, ctx } => {
                    self.check_name(*attr, innermost.span, *ctx)?;
                    value
                }
                ExprKind::Subscript { value, .. } => value,
                ExprKind::Call { func, .. } => func,
                _ => break,
            };
            links += 1;
        }
        self.expression(innermost)?;
        if links <= SHORT_CHAIN {
            return self.short_chain(expr, links);
        }
        let mut pending = Vec::with_capacity(links);
        let mut link = expr;
        while let ExprKind::Attribute { value: inner, .. }
        | ExprKind::Subscript { value: inner, .. }
        | ExprKind::Call { func: inner, .. } = &link.kind
        {
            pending.push(link);
            link = inner;
        }
        pending.into_iter().rev().try_for_each(|link| self.link(link))
    }

    /// The links of a chain of so many, the innermost first.
    fn short_chain(&mut self, expr: &'a Expr, links: usize) -> Result {
        if links > 1
            && let ExprKind::Attribute { value: inner, .. }
            | ExprKind::Subscript { value: inner, .. }
            | ExprKind::Call { func: inner, .. } = &expr.kind
        {
            self.short_chain(inner, links - 1)?;
        }
        self.link(expr)
    }

    /// What a link holds besides the value that it stands on.
    fn link(&mut self, expr: &'a Expr) -> Result {
        match &expr.kind {
            ExprKind::Subscript { slice, .. } => self.expression(slice),
            ExprKind::Call { args, keywords, .. } => {
                self.expressions(args)?;
                self.check_keywords(keywords)?;
                keywords.iter().try_for_each(|keyword| self.expression(&keyword.value))
            }
            _ => Ok(()),
        }
    }

    /// Operators lean to the left: a long chain is walked without recursion.
    fn binary(&mut self, expr: &'a Expr) -> Result {
        let mut rights = Vec::new();
        let mut leftmost = expr;
        while let ExprKind::BinOp { left, right, .. } = &leftmost.kind {
            rights.push(&**right);
            leftmost = left;
        }
        self.expression(leftmost)?;
        rights.iter().rev().try_for_each(|right| self.expression(right))
    }

    fn name(&mut self, id: Identifier, span: Span, context: ExprContext) -> Result {
        if self.scope().in_unevaluated_annotation {
            return Ok(());
        }
        let load = context == ExprContext::Load;
        self.add_in_context(id, if load { USE } else { LOCAL }, span, context)?;
        // `super` counts as a use of `__class__`.
        if load && id == self.known.super_ && self.scope().is_function_like() {
            self.add(self.known.class, USE, span)?;
        }
        Ok(())
    }

    fn yields(&mut self, span: Span, value: Option<&'a Expr>) -> Result {
        self.raise_if_annotation_block("yield expression", span)?;
        self.optional(value)?;
        self.scope().generator = true;
        let place = match self.scope().comprehension {
            None => return Ok(()),
            Some(ComprehensionKind::List) => "list comprehension",
            Some(ComprehensionKind::Set) => "set comprehension",
            Some(ComprehensionKind::Dict) => "dict comprehension",
            Some(ComprehensionKind::Generator) => "generator expression",
        };
        error(format!("'yield' inside {place}"), span)
    }

    fn awaits(&mut self, span: Span, value: &'a Expr) -> Result {
        self.raise_if_annotation_block("await expression", span)?;
        if !self.allows_top_level_await() {
            if !self.scope().is_function_like() {
                return error("'await' outside function", span);
            }
            if !self.is_async_def() && self.scope().comprehension.is_none() {
                return error("'await' outside async function", span);
            }
        }
        self.expression(value)?;
        self.scope().coroutine = true;
        Ok(())
    }

    fn raise_if_annotation_block(&self, what: &str, span: Span) -> Result {
        let scope = self.table.scope(self.current);
        let place = match scope.block {
            BlockType::Annotation => "an annotation",
            BlockType::TypeVariable => scope.scope_info,
            BlockType::TypeAlias => "a type alias",
            BlockType::TypeParameters => "the definition of a generic",
            BlockType::Function | BlockType::Class | BlockType::Module => return Ok(()),
        };
        error(format!("{what} cannot be used within {place}"), span)
    }

    fn named_expression(&mut self, span: Span, target: &'a Expr, value: &'a Expr) -> Result {
        if self.scope().comp_iter_expr > 0 {
            return error(
                "assignment expression cannot be used in a comprehension iterable expression",
                span,
            );
        }
        if self.scope().comprehension.is_some() {
            // Inside a comprehension the name belongs to the scope around it.
            self.extend_named_expression_scope(target)?;
        }
        self.expression(value)?;
        self.expression(target)
    }

    fn extend_named_expression_scope(&mut self, target: &'a Expr) -> Result {
        let ExprKind::Name { id, .. } = target.kind else { return Ok(()) };
        let span = target.span;
        for place in (0..self.stack.len()).rev() {
            let scope = self.stack[place];
            let seen = self.symbol_in(scope, id);
            if self.table.scope(scope).comprehension.is_some() {
                if seen & COMP_ITER != 0 && seen & LOCAL != 0 {
                    let text = self.table.names.text(id);
                    let message = format!(
                        "assignment expression cannot rebind comprehension iteration variable '{text}'"
                    );
                    return error(message, span);
                }
                continue;
            }
            let forbidden = match self.table.scope(scope).block {
                BlockType::Function => {
                    let flag = if seen & GLOBAL != 0 { GLOBAL } else { NONLOCAL };
                    self.add(id, flag, span)?;
                    self.record_directive(id, span);
                    return self.add_to(id, LOCAL, scope, span);
                }
                BlockType::Module => {
                    self.add(id, GLOBAL, span)?;
                    self.record_directive(id, span);
                    return self.add_to(id, GLOBAL, scope, span);
                }
                BlockType::Class => "in a class body",
                BlockType::TypeParameters => "within the definition of a generic",
                BlockType::TypeAlias => "in a type alias",
                BlockType::TypeVariable => "in a TypeVar bound",
                BlockType::Annotation => continue,
            };
            let message =
                format!("assignment expression within a comprehension cannot be used {forbidden}");
            return error(message, span);
        }
        Ok(())
    }

    fn comprehension(
        &mut self,
        expr: &'a Expr,
        kind: ComprehensionKind,
        generators: &'a [Comprehension],
        elt: &'a Expr,
        value: Option<&'a Expr>,
    ) -> Result {
        let is_generator = kind == ComprehensionKind::Generator;
        let (outermost, rest) =
            generators.split_first().expect("a comprehension has at least one `for`");
        // The outermost iterable belongs to the scope around.
        let around = self.current;
        self.scope().comp_iter_expr += 1;
        self.expression(&outermost.iter)?;
        self.table.scope_mut(around).comp_iter_expr -= 1;

        let name = match kind {
            ComprehensionKind::List => self.known.listcomp,
            ComprehensionKind::Set => self.known.setcomp,
            ComprehensionKind::Dict => self.known.dictcomp,
            ComprehensionKind::Generator => self.known.genexpr,
        };
        let key = Key::new(expr, Role::Comprehension);
        self.enter(name, BlockType::Function, key, expr.span)?;
        self.scope().comprehension = Some(kind);
        self.scope().coroutine = outermost.is_async;
        self.add(self.known.first_iterable, PARAM, expr.span)?;
        self.comprehension_target(&outermost.target)?;
        self.expressions(&outermost.ifs)?;
        for inner in rest {
            self.comprehension_target(&inner.target)?;
            let scope = self.current;
            self.scope().comp_iter_expr += 1;
            self.expression(&inner.iter)?;
            self.table.scope_mut(scope).comp_iter_expr -= 1;
            self.expressions(&inner.ifs)?;
            if inner.is_async {
                self.scope().coroutine = true;
            }
        }
        self.optional(value)?;
        self.expression(elt)?;
        self.scope().generator = is_generator;
        let is_async = self.scope().coroutine && !is_generator;
        self.exit();
        if is_async {
            if !self.is_async_def()
                && self.scope().comprehension.is_none()
                && !self.allows_top_level_await()
            {
                return error(
                    "asynchronous comprehension outside of an asynchronous function",
                    expr.span,
                );
            }
            self.scope().coroutine = true;
        }
        Ok(())
    }

    /// Names in a comprehension's target are marked, so that assignment expressions do not rebind them.
    fn comprehension_target(&mut self, target: &'a Expr) -> Result {
        let scope = self.current;
        self.scope().comp_iter_target = true;
        self.expression(target)?;
        self.table.scope_mut(scope).comp_iter_target = false;
        Ok(())
    }
}
