//! Node objects as statements and patterns of the typed tree.

use objects::core::errors::PyResult;
use objects::core::value::Value;
use syntax::ast::nodes::{
    ClassDef, ExceptHandler, For, FunctionDef, MatchClass, Pattern, PatternKind, Stmt, StmtKind,
    Try,
};

use super::from_objects::Reader;
use super::grammar::{NAMES, Node};

impl Reader<'_> {
    pub(super) fn stmt(&mut self, node: &Value) -> PyResult<Stmt> {
        if node.is_none() {
            return Err(self.vm.value_error("None disallowed in statement list"));
        }
        self.enter("stmt")?;
        let span = self.span(node, "stmt", true)?;
        let kind = self.node_of(node, Node::AnyStmt)?;
        let owner = NAMES[kind as usize];
        let kind = match kind {
            Node::FunctionDef => StmtKind::FunctionDef(self.function(node, owner)?),
            Node::AsyncFunctionDef => StmtKind::AsyncFunctionDef(self.function(node, owner)?),
            Node::ClassDef => StmtKind::ClassDef(self.class(node, owner)?),
            Node::For => StmtKind::For(self.for_loop(node, owner)?),
            Node::AsyncFor => StmtKind::AsyncFor(self.for_loop(node, owner)?),
            Node::While => StmtKind::While {
                test: self.boxed(node, owner, "test")?,
                body: self.stmts(node, owner, "body")?,
                orelse: self.stmts(node, owner, "orelse")?,
            },
            Node::If => StmtKind::If {
                test: self.boxed(node, owner, "test")?,
                body: self.stmts(node, owner, "body")?,
                orelse: self.stmts(node, owner, "orelse")?,
            },
            Node::With | Node::AsyncWith => {
                let items = self.list(node, owner, "items", Self::with_item)?;
                let body = self.stmts(node, owner, "body")?;
                self.check_text(node, "type_comment")?;
                if kind == Node::With {
                    StmtKind::With { items, body }
                } else {
                    StmtKind::AsyncWith { items, body }
                }
            }
            Node::Match => StmtKind::Match {
                subject: self.boxed(node, owner, "subject")?,
                cases: self.list(node, owner, "cases", Self::match_case)?,
            },
            Node::Try => StmtKind::Try(self.try_statement(node, owner)?),
            Node::TryStar => StmtKind::TryStar(self.try_statement(node, owner)?),
            _ => self.simple(node, kind, owner)?,
        };
        Ok(Stmt { span, kind })
    }

    fn simple(&mut self, node: &Value, kind: Node, owner: &str) -> PyResult<StmtKind> {
        Ok(match kind {
            Node::Return => StmtKind::Return { value: self.opt_boxed(node, "value")? },
            Node::Delete => StmtKind::Delete { targets: self.exprs(node, owner, "targets")? },
            Node::Assign => {
                let targets = self.exprs(node, owner, "targets")?;
                let value = self.boxed(node, owner, "value")?;
                self.check_text(node, "type_comment")?;
                StmtKind::Assign { targets, value }
            }
            Node::TypeAlias => StmtKind::TypeAlias {
                name: self.boxed(node, owner, "name")?,
                type_params: self.list(node, owner, "type_params", Self::type_param)?,
                value: self.boxed(node, owner, "value")?,
            },
            Node::AugAssign => StmtKind::AugAssign {
                target: self.boxed(node, owner, "target")?,
                op: self.operator(node, owner)?,
                value: self.boxed(node, owner, "value")?,
            },
            Node::AnnAssign => StmtKind::AnnAssign {
                target: self.boxed(node, owner, "target")?,
                annotation: self.boxed(node, owner, "annotation")?,
                value: self.opt_boxed(node, "value")?,
                simple: self.int_field(node, owner, "simple")? != 0,
            },
            Node::Raise => StmtKind::Raise {
                exc: self.opt_boxed(node, "exc")?,
                cause: self.opt_boxed(node, "cause")?,
            },
            Node::Assert => StmtKind::Assert {
                test: self.boxed(node, owner, "test")?,
                msg: self.opt_boxed(node, "msg")?,
            },
            Node::Import => {
                StmtKind::Import { names: self.list(node, owner, "names", Self::alias)? }
            }
            Node::ImportFrom => {
                let module = self.opt_name(node, "module")?;
                let names = self.list(node, owner, "names", Self::alias)?;
                let level = match self.optional(node, "level")? {
                    Some(level) => self.integer(&level)?,
                    None => 0,
                };
                let level = u32::try_from(level)
                    .map_err(|_| self.vm.value_error("Negative ImportFrom level"))?;
                StmtKind::ImportFrom { module, names, level }
            }
            Node::Global => {
                StmtKind::Global { names: self.list(node, owner, "names", Self::identifier)? }
            }
            Node::Nonlocal => {
                StmtKind::Nonlocal { names: self.list(node, owner, "names", Self::identifier)? }
            }
            Node::Expr => StmtKind::Expr { value: self.boxed(node, owner, "value")? },
            Node::Break => StmtKind::Break,
            Node::Continue => StmtKind::Continue,
            _ => StmtKind::Pass,
        })
    }

    fn function(&mut self, node: &Value, owner: &str) -> PyResult<Box<FunctionDef>> {
        let def = FunctionDef {
            name: self.name_field(node, owner, "name")?,
            args: self.arguments(node, owner)?,
            body: self.stmts(node, owner, "body")?,
            decorator_list: self.exprs(node, owner, "decorator_list")?,
            returns: self.opt_expr(node, "returns")?,
            type_params: self.list(node, owner, "type_params", Self::type_param)?,
        };
        self.check_text(node, "type_comment")?;
        Ok(Box::new(def))
    }

    fn class(&mut self, node: &Value, owner: &str) -> PyResult<Box<ClassDef>> {
        Ok(Box::new(ClassDef {
            name: self.name_field(node, owner, "name")?,
            bases: self.exprs(node, owner, "bases")?,
            keywords: self.list(node, owner, "keywords", Self::keyword)?,
            body: self.stmts(node, owner, "body")?,
            decorator_list: self.exprs(node, owner, "decorator_list")?,
            type_params: self.list(node, owner, "type_params", Self::type_param)?,
        }))
    }

    fn for_loop(&mut self, node: &Value, owner: &str) -> PyResult<Box<For>> {
        let parts = For {
            target: self.expr_field(node, owner, "target")?,
            iter: self.expr_field(node, owner, "iter")?,
            body: self.stmts(node, owner, "body")?,
            orelse: self.stmts(node, owner, "orelse")?,
        };
        self.check_text(node, "type_comment")?;
        Ok(Box::new(parts))
    }

    fn try_statement(&mut self, node: &Value, owner: &str) -> PyResult<Box<Try>> {
        Ok(Box::new(Try {
            body: self.stmts(node, owner, "body")?,
            handlers: self.list(node, owner, "handlers", Self::handler)?,
            orelse: self.stmts(node, owner, "orelse")?,
            finalbody: self.stmts(node, owner, "finalbody")?,
        }))
    }

    fn handler(&mut self, node: &Value) -> PyResult<ExceptHandler> {
        self.enter("excepthandler")?;
        let span = self.span(node, "excepthandler", true)?;
        self.node_of(node, Node::AnyExcepthandler)?;
        Ok(ExceptHandler {
            span,
            type_: self.opt_expr(node, "type")?,
            name: self.opt_name(node, "name")?,
            body: self.stmts(node, "ExceptHandler", "body")?,
        })
    }

    fn patterns(&mut self, node: &Value, owner: &str, name: &str) -> PyResult<Vec<Pattern>> {
        self.list(node, owner, name, Self::pattern)
    }

    pub(super) fn pattern(&mut self, node: &Value) -> PyResult<Pattern> {
        if node.is_none() {
            return Err(self.vm.value_error("None disallowed in pattern list"));
        }
        self.enter("pattern")?;
        let span = self.span(node, "pattern", false)?;
        let kind = self.node_of(node, Node::AnyPattern)?;
        let owner = NAMES[kind as usize];
        let kind = match kind {
            Node::MatchValue => {
                PatternKind::MatchValue { value: self.boxed(node, owner, "value")? }
            }
            Node::MatchSingleton => {
                let value = self.field(node, owner, "value")?;
                PatternKind::MatchSingleton { value: self.constant(&value)? }
            }
            Node::MatchSequence => {
                PatternKind::MatchSequence { patterns: self.patterns(node, owner, "patterns")? }
            }
            Node::MatchMapping => PatternKind::MatchMapping {
                keys: self.exprs(node, owner, "keys")?,
                patterns: self.patterns(node, owner, "patterns")?,
                rest: self.opt_name(node, "rest")?,
            },
            Node::MatchClass => PatternKind::MatchClass(Box::new(MatchClass {
                cls: self.expr_field(node, owner, "cls")?,
                patterns: self.patterns(node, owner, "patterns")?,
                kwd_attrs: self.list(node, owner, "kwd_attrs", Self::identifier)?,
                kwd_patterns: self.patterns(node, owner, "kwd_patterns")?,
            })),
            Node::MatchStar => PatternKind::MatchStar { name: self.opt_name(node, "name")? },
            Node::MatchAs => {
                let pattern = self.optional(node, "pattern")?;
                PatternKind::MatchAs {
                    pattern: pattern.map(|value| self.pattern(&value).map(Box::new)).transpose()?,
                    name: self.opt_name(node, "name")?,
                }
            }
            _ => PatternKind::MatchOr { patterns: self.patterns(node, owner, "patterns")? },
        };
        Ok(Pattern { span, kind })
    }
}
