//! The first pass over statements and definitions.

use base::span::Span;
use syntax::ast::nodes::{
    Alias, Arguments, ClassDef, ExceptHandler, Expr, ExprKind, FunctionDef, MatchCase, Pattern,
    PatternKind, Stmt, StmtKind, Try, TypeParam, TypeParamKind, WithItem,
};
use syntax::names::Identifier;

use super::build::{Builder, Result, error};
use super::{BlockType, Key, Role, symbol_flags};
use crate::docstring::docstring;

use super::symbol_flags::{ANNOT, GLOBAL, LOCAL, NONLOCAL, PARAM, TYPE_PARAM, USE};

/// Whose type parameters are entered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Generic {
    Function { kwdefaults: bool },
    Class,
    Alias,
}

impl<'a> Builder<'a> {
    pub(super) fn statements(&mut self, body: &'a [Stmt]) -> Result {
        body.iter().try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &'a Stmt) -> Result {
        self.enter_recursion()?;
        let span = statement.span;
        match &statement.kind {
            StmtKind::FunctionDef(def) => self.function(def, span, false)?,
            StmtKind::AsyncFunctionDef(def) => self.function(def, span, true)?,
            StmtKind::ClassDef(def) => self.class(def, span)?,
            StmtKind::TypeAlias { name, type_params, value } => {
                self.type_alias(statement, name, type_params, value)?;
            }
            StmtKind::Return { value } => self.optional(value.as_deref())?,
            StmtKind::Delete { targets } => self.expressions(targets)?,
            StmtKind::Assign { targets, value } => {
                self.expressions(targets)?;
                self.expression(value)?;
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expression(target)?;
                self.expression(value)?;
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.annotated_assignment(span, target, annotation, value.as_deref(), *simple)?;
            }
            StmtKind::For(parts) => {
                self.expression(&parts.target)?;
                self.expression(&parts.iter)?;
                self.conditional(|this| {
                    this.statements(&parts.body)?;
                    this.statements(&parts.orelse)
                })?;
            }
            StmtKind::AsyncFor(parts) => {
                self.asynchronous("'async for' outside async function", span)?;
                self.expression(&parts.target)?;
                self.expression(&parts.iter)?;
                self.conditional(|this| {
                    this.statements(&parts.body)?;
                    this.statements(&parts.orelse)
                })?;
            }
            StmtKind::While { test, body, orelse } => {
                self.expression(test)?;
                self.conditional(|this| {
                    this.statements(body)?;
                    this.statements(orelse)
                })?;
            }
            StmtKind::If { test, body, orelse } => {
                self.expression(test)?;
                self.conditional(|this| this.branches(body, orelse))?;
            }
            StmtKind::With { items, body } => self.with(items, body)?,
            StmtKind::AsyncWith { items, body } => {
                self.asynchronous("'async with' outside async function", span)?;
                self.with(items, body)?;
            }
            StmtKind::Match { subject, cases } => {
                self.expression(subject)?;
                self.conditional(|this| cases.iter().try_for_each(|case| this.match_case(case)))?;
            }
            StmtKind::Raise { exc, cause } => {
                self.optional(exc.as_deref())?;
                self.optional(cause.as_deref())?;
            }
            StmtKind::Try(parts) | StmtKind::TryStar(parts) => self.try_(parts)?,
            StmtKind::Assert { test, msg } => {
                self.expression(test)?;
                self.optional(msg.as_deref())?;
            }
            StmtKind::Import { names } => self.aliases(names)?,
            StmtKind::ImportFrom { module, names, level } => {
                self.aliases(names)?;
                let future = *module == Some(self.known.future) && *level == 0;
                if future && self.future_end.is_none_or(|end| span.start > end) {
                    return error(
                        "from __future__ imports must occur at the beginning of the file",
                        span,
                    );
                }
            }
            StmtKind::Global { names } => {
                names.iter().try_for_each(|&name| self.declaration(name, span, GLOBAL))?;
            }
            StmtKind::Nonlocal { names } => {
                names.iter().try_for_each(|&name| self.declaration(name, span, NONLOCAL))?;
            }
            StmtKind::Expr { value } => self.expression(value)?,
            StmtKind::Pass | StmtKind::Break | StmtKind::Continue => {}
        }
        self.leave_recursion();
        Ok(())
    }

    /// Annotations in what `visit` sees may never be reached.
    /// The bodies of an `if`; its `elif` are no deeper than itself.
    fn branches(&mut self, mut body: &'a [Stmt], mut orelse: &'a [Stmt]) -> Result {
        loop {
            self.statements(body)?;
            let [Stmt { kind: StmtKind::If { test, body: inner, orelse: rest }, .. }] = orelse
            else {
                return self.statements(orelse);
            };
            self.expression(test)?;
            (body, orelse) = (inner, rest);
        }
    }

    fn conditional(&mut self, visit: impl FnOnce(&mut Self) -> Result) -> Result {
        let scope = self.current;
        let before = std::mem::replace(&mut self.scope().in_conditional_block, true);
        visit(self)?;
        self.table.scope_mut(scope).in_conditional_block = before;
        Ok(())
    }

    fn asynchronous(&mut self, message: &str, span: Span) -> Result {
        if self.allows_top_level_await() {
            self.scope().coroutine = true;
        }
        if self.scope().coroutine { Ok(()) } else { error(message, span) }
    }

    fn with(&mut self, items: &'a [WithItem], body: &'a [Stmt]) -> Result {
        self.conditional(|this| {
            for item in items {
                this.expression(&item.context_expr)?;
                this.optional(item.optional_vars.as_ref())?;
            }
            this.statements(body)
        })
    }

    fn try_(&mut self, parts: &'a Try) -> Result {
        self.conditional(|this| {
            this.statements(&parts.body)?;
            parts.handlers.iter().try_for_each(|handler| this.except_handler(handler))?;
            this.statements(&parts.orelse)?;
            this.statements(&parts.finalbody)
        })
    }

    fn except_handler(&mut self, handler: &'a ExceptHandler) -> Result {
        self.optional(handler.type_.as_ref())?;
        if let Some(name) = handler.name {
            self.add(name, LOCAL, handler.span)?;
        }
        self.statements(&handler.body)
    }

    fn match_case(&mut self, case: &'a MatchCase) -> Result {
        self.pattern(&case.pattern)?;
        self.optional(case.guard.as_ref())?;
        self.statements(&case.body)
    }

    fn aliases(&mut self, aliases: &[Alias]) -> Result {
        aliases.iter().try_for_each(|alias| self.alias(alias))
    }

    fn alias(&mut self, alias: &Alias) -> Result {
        let name = alias.asname.unwrap_or(alias.name);
        if name == self.known.star {
            return if self.block() == BlockType::Module {
                Ok(())
            } else {
                error("import * only allowed at module level", alias.span)
            };
        }
        let stored = self.first_part(name);
        self.add(stored, symbol_flags::IMPORT, alias.span)
    }

    fn first_part(&mut self, name: Identifier) -> Identifier {
        match self.table.names.text(name).split_once('.') {
            Some((first, _)) => {
                let first = first.to_owned();
                self.table.names.intern(&first)
            }
            None => name,
        }
    }

    fn declaration(&mut self, name: Identifier, span: Span, flag: u32) -> Result {
        let seen = self.symbol_in(self.current, name);
        let word = if flag == GLOBAL { "global" } else { "nonlocal" };
        if seen & (PARAM | LOCAL | USE | ANNOT) != 0 {
            let text = self.table.names.text(name);
            let message = if seen & PARAM != 0 {
                format!("name '{text}' is parameter and {word}")
            } else if seen & USE != 0 {
                format!("name '{text}' is used prior to {word} declaration")
            } else if seen & ANNOT != 0 {
                format!("annotated name '{text}' can't be {word}")
            } else {
                format!("name '{text}' is assigned to before {word} declaration")
            };
            return error(message, span);
        }
        self.add(name, flag, span)?;
        self.record_directive(name, span);
        Ok(())
    }

    fn annotated_assignment(
        &mut self,
        span: Span,
        target: &'a Expr,
        annotation: &'a Expr,
        value: Option<&'a Expr>,
        simple: bool,
    ) -> Result {
        self.scope().annotations_used = true;
        if let ExprKind::Name { id, .. } = target.kind {
            let seen = self.symbol_in(self.current, id);
            let declared = seen & (GLOBAL | NONLOCAL);
            if declared != 0 && self.current != self.table.top() && simple {
                let word = if seen & GLOBAL != 0 { "global" } else { "nonlocal" };
                let text = self.table.names.text(id);
                return error(format!("annotated name '{text}' can't be {word}"), span);
            }
            if simple {
                self.add(id, ANNOT | LOCAL, target.span)?;
            } else if value.is_some() {
                self.add(id, LOCAL, target.span)?;
            }
        } else {
            self.expression(target)?;
        }
        self.annotation(annotation)?;
        self.optional(value)
    }

    /// An annotation of a variable: those of a scope share one scope of their own.
    fn annotation(&mut self, annotation: &'a Expr) -> Result {
        let parent_id = self.current;
        let parent = self.table.scope(parent_id);
        let unevaluated = parent.block == BlockType::Function;
        let block = parent.block;
        let conditional = block == BlockType::Module
            || (block == BlockType::Class && parent.in_conditional_block);
        if conditional && !parent.has_conditional_annotations {
            self.scope().has_conditional_annotations = true;
            self.add(self.known.conditional_annotations, USE, annotation.span)?;
        }
        match self.table.scope(parent_id).annotation_block {
            Some(existing) => self.enter_existing(existing, false),
            None => {
                let key = Key::new(annotation, Role::Annotations);
                self.enter(self.known.annotate, BlockType::Annotation, key, annotation.span)?;
                let id = self.current;
                self.table.scope_mut(parent_id).annotation_block = Some(id);
                if block == BlockType::Class && !self.future_annotations {
                    self.see_class_scope(annotation.span)?;
                }
            }
        }
        let scope = self.current;
        self.table.scope_mut(scope).in_unevaluated_annotation = unevaluated;
        self.expression(annotation)?;
        self.table.scope_mut(scope).in_unevaluated_annotation = false;
        self.exit();
        Ok(())
    }

    /// The current scope looks names up in the class around it.
    fn see_class_scope(&mut self, span: Span) -> Result {
        self.scope().can_see_class_scope = true;
        self.add(self.known.classdict, USE, span)
    }

    fn function(&mut self, def: &'a FunctionDef, span: Span, is_async: bool) -> Result {
        self.add(def.name, LOCAL, span)?;
        self.defaults(&def.args)?;
        self.expressions(&def.decorator_list)?;
        let generic = !def.type_params.is_empty();
        if generic {
            let kind =
                Generic::Function { kwdefaults: def.args.kw_defaults.iter().any(Option::is_some) };
            self.type_params(def.name, &def.type_params, kind, span)?;
        }
        let key = Key::new(def, Role::Function);
        let id = self.new_scope(def.name, BlockType::Function, key, span);
        self.table.scope_mut(id).has_docstring = docstring(&def.body).is_some();
        self.function_annotations(def, span)?;
        self.enter_existing(id, true);
        self.scope().coroutine = is_async;
        self.parameters(&def.args)?;
        self.statements(&def.body)?;
        self.exit();
        if generic {
            self.exit();
        }
        Ok(())
    }

    pub(super) fn defaults(&mut self, args: &'a Arguments) -> Result {
        self.expressions(&args.defaults)?;
        args.kw_defaults.iter().flatten().try_for_each(|value| self.expression(value))
    }

    fn function_annotations(&mut self, def: &'a FunctionDef, span: Span) -> Result {
        let outer = self.table.scope(self.current);
        let in_class = outer.can_see_class_scope || outer.block == BlockType::Class;
        let key = Key::new(&def.args, Role::Annotations);
        self.enter(self.known.annotate, BlockType::Annotation, key, span)?;
        if in_class {
            self.see_class_scope(span)?;
        }
        let args = &def.args;
        let positional = args.posonlyargs.iter().chain(&args.args);
        let variable = args.vararg.as_deref().into_iter().chain(args.kwarg.as_deref());
        for arg in positional.chain(variable).chain(&args.kwonlyargs) {
            if let Some(annotation) = &arg.annotation {
                self.scope().annotations_used = true;
                self.expression(annotation)?;
            }
        }
        if let Some(returns) = &def.returns {
            self.scope().annotations_used = true;
            self.expression(returns)?;
        }
        self.exit();
        Ok(())
    }

    pub(super) fn parameters(&mut self, args: &Arguments) -> Result {
        for arg in args.posonlyargs.iter().chain(&args.args).chain(&args.kwonlyargs) {
            self.add(arg.arg, PARAM, arg.span)?;
        }
        if let Some(arg) = &args.vararg {
            self.add(arg.arg, PARAM, arg.span)?;
            self.scope().varargs = true;
        }
        if let Some(arg) = &args.kwarg {
            self.add(arg.arg, PARAM, arg.span)?;
            self.scope().varkeywords = true;
        }
        Ok(())
    }

    fn class(&mut self, def: &'a ClassDef, span: Span) -> Result {
        self.add(def.name, LOCAL, span)?;
        self.expressions(&def.decorator_list)?;
        let outer_private = self.private;
        let generic = !def.type_params.is_empty();
        if generic {
            self.enter_type_params(def.name, &def.type_params, Generic::Class, span)?;
            self.private = Some(def.name);
            self.mangle_type_params_only();
            self.each_type_param(&def.type_params)?;
        }
        self.expressions(&def.bases)?;
        self.check_keywords(&def.keywords)?;
        def.keywords.iter().try_for_each(|keyword| self.expression(&keyword.value))?;
        self.enter(def.name, BlockType::Class, Key::new(def, Role::Class), span)?;
        self.private = Some(def.name);
        if generic {
            self.add(self.known.dunder_type_params, LOCAL, span)?;
            self.add(self.known.type_params, USE, span)?;
        }
        self.scope().has_docstring = docstring(&def.body).is_some();
        self.statements(&def.body)?;
        self.exit();
        if generic {
            self.exit();
        }
        self.private = outer_private;
        Ok(())
    }

    fn type_alias(
        &mut self,
        statement: &'a Stmt,
        name: &'a Expr,
        type_params: &'a Vec<TypeParam>,
        value: &'a Expr,
    ) -> Result {
        self.expression(name)?;
        let ExprKind::Name { id, .. } = name.kind else {
            return error("the name of a type alias must be a name", name.span);
        };
        let in_class = self.block() == BlockType::Class;
        let generic = !type_params.is_empty();
        if generic {
            self.type_params(id, type_params, Generic::Alias, statement.span)?;
        }
        let key = Key::new(statement, Role::Alias);
        self.enter(id, BlockType::TypeAlias, key, statement.span)?;
        if in_class {
            self.see_class_scope(value.span)?;
        }
        self.expression(value)?;
        self.exit();
        if generic {
            self.exit();
        }
        Ok(())
    }

    fn type_params(
        &mut self,
        name: Identifier,
        params: &'a Vec<TypeParam>,
        kind: Generic,
        span: Span,
    ) -> Result {
        self.enter_type_params(name, params, kind, span)?;
        self.each_type_param(params)
    }

    fn enter_type_params(
        &mut self,
        name: Identifier,
        params: &'a Vec<TypeParam>,
        kind: Generic,
        span: Span,
    ) -> Result {
        let in_class = self.block() == BlockType::Class;
        let key = Key::new(params, Role::TypeParams);
        self.enter(name, BlockType::TypeParameters, key, span)?;
        if in_class {
            self.see_class_scope(span)?;
        }
        match kind {
            Generic::Class => {
                self.add(self.known.type_params, LOCAL, span)?;
                self.add(self.known.type_params, USE, span)?;
                self.add(self.known.generic_base, LOCAL, span)?;
                self.add(self.known.generic_base, USE, span)?;
            }
            Generic::Function { kwdefaults } => {
                // CPython reserves this one even for a function without defaults.
                self.add(self.known.defaults, PARAM, span)?;
                if kwdefaults {
                    self.add(self.known.kwdefaults, PARAM, span)?;
                }
            }
            Generic::Alias => {}
        }
        Ok(())
    }

    fn each_type_param(&mut self, params: &'a [TypeParam]) -> Result {
        params.iter().try_for_each(|param| self.type_param(param))
    }

    fn type_param(&mut self, param: &'a TypeParam) -> Result {
        match &param.kind {
            TypeParamKind::TypeVar { name, bound, default_value } => {
                self.add(*name, TYPE_PARAM | LOCAL, param.span)?;
                let tuple =
                    bound.as_ref().is_some_and(|e| matches!(e.kind, ExprKind::Tuple { .. }));
                let info = if tuple { "a TypeVar constraint" } else { "a TypeVar bound" };
                self.bound_or_default(*name, param, bound.as_deref(), Role::Bound, info)?;
                let info = "a TypeVar default";
                self.bound_or_default(*name, param, default_value.as_deref(), Role::Default, info)
            }
            TypeParamKind::TypeVarTuple { name, default_value } => {
                self.add(*name, TYPE_PARAM | LOCAL, param.span)?;
                let info = "a TypeVarTuple default";
                self.bound_or_default(*name, param, default_value.as_deref(), Role::Bound, info)
            }
            TypeParamKind::ParamSpec { name, default_value } => {
                self.add(*name, TYPE_PARAM | LOCAL, param.span)?;
                let info = "a ParamSpec default";
                self.bound_or_default(*name, param, default_value.as_deref(), Role::Bound, info)
            }
        }
    }

    fn bound_or_default(
        &mut self,
        name: Identifier,
        param: &'a TypeParam,
        value: Option<&'a Expr>,
        role: Role,
        info: &'static str,
    ) -> Result {
        if name == self.known.classdict {
            let text = self.table.names.text(name);
            let message = format!("reserved name '{text}' cannot be used for type parameter");
            return error(message, param.span);
        }
        let Some(value) = value else { return Ok(()) };
        let in_class = self.scope().can_see_class_scope;
        self.enter(name, BlockType::TypeVariable, Key::new(param, role), value.span)?;
        if in_class {
            self.see_class_scope(value.span)?;
        }
        self.scope().scope_info = info;
        self.expression(value)?;
        self.exit();
        Ok(())
    }

    fn pattern(&mut self, pattern: &'a Pattern) -> Result {
        self.enter_recursion()?;
        match &pattern.kind {
            PatternKind::MatchValue { value } => self.expression(value)?,
            PatternKind::MatchSingleton { .. } => {}
            PatternKind::MatchSequence { patterns } | PatternKind::MatchOr { patterns } => {
                patterns.iter().try_for_each(|item| self.pattern(item))?;
            }
            PatternKind::MatchStar { name } => self.capture(*name, pattern.span)?,
            PatternKind::MatchMapping { keys, patterns, rest } => {
                self.expressions(keys)?;
                patterns.iter().try_for_each(|item| self.pattern(item))?;
                self.capture(*rest, pattern.span)?;
            }
            PatternKind::MatchClass(parts) => {
                self.expression(&parts.cls)?;
                parts.patterns.iter().try_for_each(|item| self.pattern(item))?;
                for (&name, item) in parts.kwd_attrs.iter().zip(&parts.kwd_patterns) {
                    self.check_name(name, item.span, syntax::ast::nodes::ExprContext::Store)?;
                }
                parts.kwd_patterns.iter().try_for_each(|item| self.pattern(item))?;
            }
            PatternKind::MatchAs { pattern: inner, name } => {
                if let Some(inner) = inner {
                    self.pattern(inner)?;
                }
                self.capture(*name, pattern.span)?;
            }
        }
        self.leave_recursion();
        Ok(())
    }

    fn capture(&mut self, name: Option<Identifier>, span: Span) -> Result {
        name.map_or(Ok(()), |name| self.add(name, LOCAL, span))
    }
}
