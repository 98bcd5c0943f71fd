//! Statements of the typed tree as node objects.

use objects::core::errors::PyResult;
use objects::core::value::Value;
use syntax::ast::nodes::{ExceptHandler, For, FunctionDef, Stmt, StmtKind, Try};

use super::grammar::Node;
use super::to_objects::Converter;

impl Converter<'_> {
    pub(super) fn stmt(&mut self, stmt: &Stmt) -> PyResult<Value> {
        self.vm.check_recursion(" during ast construction")?;
        let span = self.parsed.commented_span(stmt);
        match &stmt.kind {
            StmtKind::FunctionDef(def) => self.function(Node::FunctionDef, stmt, def),
            StmtKind::AsyncFunctionDef(def) => self.function(Node::AsyncFunctionDef, stmt, def),
            StmtKind::ClassDef(def) => {
                let values = [
                    self.name(def.name),
                    self.exprs(&def.bases)?,
                    self.list(&def.keywords, Self::keyword)?,
                    self.documented(&def.body)?,
                    self.exprs(&def.decorator_list)?,
                    self.list(&def.type_params, Self::type_param)?,
                ];
                Ok(self.node(Node::ClassDef, span, values))
            }
            StmtKind::For(parts) => self.for_loop(Node::For, stmt, parts),
            StmtKind::AsyncFor(parts) => self.for_loop(Node::AsyncFor, stmt, parts),
            StmtKind::While { test, body, orelse } => {
                let values = [self.expr(test)?, self.stmts(body)?, self.stmts(orelse)?];
                Ok(self.node(Node::While, span, values))
            }
            StmtKind::If { test, body, orelse } => {
                let values = [self.expr(test)?, self.stmts(body)?, self.stmts(orelse)?];
                Ok(self.node(Node::If, span, values))
            }
            StmtKind::With { items, body } | StmtKind::AsyncWith { items, body } => {
                let class = match stmt.kind {
                    StmtKind::With { .. } => Node::With,
                    _ => Node::AsyncWith,
                };
                let values = [
                    self.list(items, Self::with_item)?,
                    self.stmts(body)?,
                    self.type_comment(span),
                ];
                Ok(self.node(class, span, values))
            }
            StmtKind::Match { subject, cases } => {
                let values = [self.expr(subject)?, self.list(cases, Self::match_case)?];
                Ok(self.node(Node::Match, span, values))
            }
            StmtKind::Try(parts) => self.try_statement(Node::Try, stmt, parts),
            StmtKind::TryStar(parts) => self.try_statement(Node::TryStar, stmt, parts),
            _ => self.simple(stmt),
        }
    }

    fn simple(&mut self, stmt: &Stmt) -> PyResult<Value> {
        let span = self.parsed.commented_span(stmt);
        Ok(match &stmt.kind {
            StmtKind::Return { value } => {
                let value = self.opt_expr(value.as_deref())?;
                self.node(Node::Return, span, [value])
            }
            StmtKind::Delete { targets } => {
                let targets = self.exprs(targets)?;
                self.node(Node::Delete, span, [targets])
            }
            StmtKind::Assign { targets, value } => {
                let whole = self.parsed.commented_span(stmt);
                let values = [self.exprs(targets)?, self.expr(value)?, self.type_comment(span)];
                self.node(Node::Assign, whole, values)
            }
            StmtKind::TypeAlias { name, type_params, value } => {
                let values = [
                    self.expr(name)?,
                    self.list(type_params, Self::type_param)?,
                    self.expr(value)?,
                ];
                self.node(Node::TypeAlias, span, values)
            }
            StmtKind::AugAssign { target, op, value } => {
                let values = [self.expr(target)?, self.operator(*op), self.expr(value)?];
                self.node(Node::AugAssign, span, values)
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                let values = [
                    self.expr(target)?,
                    self.expr(annotation)?,
                    self.opt_expr(value.as_deref())?,
                    Value::small_int_unchecked(i64::from(*simple)),
                ];
                self.node(Node::AnnAssign, span, values)
            }
            StmtKind::Raise { exc, cause } => {
                let values = [self.opt_expr(exc.as_deref())?, self.opt_expr(cause.as_deref())?];
                self.node(Node::Raise, span, values)
            }
            StmtKind::Assert { test, msg } => {
                let values = [self.expr(test)?, self.opt_expr(msg.as_deref())?];
                self.node(Node::Assert, span, values)
            }
            StmtKind::Import { names } => {
                let names = self.list(names, Self::alias)?;
                self.node(Node::Import, span, [names])
            }
            StmtKind::ImportFrom { module, names, level } => {
                let values = [
                    self.opt_name(*module),
                    self.list(names, Self::alias)?,
                    Value::small_int_unchecked(i64::from(*level)),
                ];
                self.node(Node::ImportFrom, span, values)
            }
            StmtKind::Global { names } => {
                let names = self.name_list(names);
                self.node(Node::Global, span, [names])
            }
            StmtKind::Nonlocal { names } => {
                let names = self.name_list(names);
                self.node(Node::Nonlocal, span, [names])
            }
            StmtKind::Expr { value } => {
                let value = self.expr(value)?;
                self.node(Node::Expr, span, [value])
            }
            StmtKind::Break => self.node(Node::Break, span, []),
            StmtKind::Continue => self.node(Node::Continue, span, []),
            _ => self.node(Node::Pass, span, []),
        })
    }

    fn function(&mut self, class: Node, stmt: &Stmt, def: &FunctionDef) -> PyResult<Value> {
        let values = [
            self.name(def.name),
            self.arguments(&def.args)?,
            self.documented(&def.body)?,
            self.exprs(&def.decorator_list)?,
            self.opt_expr(def.returns.as_ref())?,
            self.type_comment(stmt.span),
            self.list(&def.type_params, Self::type_param)?,
        ];
        Ok(self.node(class, self.parsed.commented_span(stmt), values))
    }

    fn for_loop(&mut self, class: Node, stmt: &Stmt, parts: &For) -> PyResult<Value> {
        let values = [
            self.expr(&parts.target)?,
            self.expr(&parts.iter)?,
            self.stmts(&parts.body)?,
            self.stmts(&parts.orelse)?,
            self.type_comment(stmt.span),
        ];
        Ok(self.node(class, self.parsed.commented_span(stmt), values))
    }

    fn try_statement(&mut self, class: Node, stmt: &Stmt, parts: &Try) -> PyResult<Value> {
        let values = [
            self.stmts(&parts.body)?,
            self.list(&parts.handlers, Self::handler)?,
            self.stmts(&parts.orelse)?,
            self.stmts(&parts.finalbody)?,
        ];
        Ok(self.node(class, self.parsed.commented_span(stmt), values))
    }

    fn handler(&mut self, handler: &ExceptHandler) -> PyResult<Value> {
        let values = [
            self.opt_expr(handler.type_.as_ref())?,
            self.opt_name(handler.name),
            self.stmts(&handler.body)?,
        ];
        let span = self.parsed.commented_clause(handler.span, &handler.body);
        Ok(self.node(Node::ExceptHandler, span, values))
    }
}
