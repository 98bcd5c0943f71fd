//! The text of `ast.dump(tree, indent=2)`, with `include_attributes=True` and without.

use base::escape::{repr_bytes, repr_str};
use base::float::repr::repr_with;
use base::span::Span;

use super::nodes::{
    Alias, Arg, Arguments, BoolOp, CmpOp, Comprehension, Constant, ExceptHandler, Expr,
    ExprContext, ExprKind, Keyword, MatchCase, Mod, Operator, Pattern, PatternKind, Stmt, StmtKind,
    TypeParam, TypeParamKind, UnaryOp, WithItem,
};
use crate::Parsed;
use crate::names::Identifier;

/// How deep the text goes; CPython raises RecursionError before this.
const DEPTH_MAX: usize = 3000;

/// The text that `python -m ast -a --indent 2` prints, without the newline at its end.
#[must_use]
pub fn dump(parsed: &Parsed) -> String {
    let dumper = Dumper { parsed, places: true };
    dumper.module(0).text
}

/// The same without where each node stands.
#[must_use]
pub fn outline(parsed: &Parsed) -> String {
    let dumper = Dumper { parsed, places: false };
    dumper.module(0).text
}

/// A value's text, and whether it may stand with others on one line.
struct Piece {
    text: String,
    simple: bool,
}

fn simple(text: impl Into<String>) -> Piece {
    Piece { text: text.into(), simple: true }
}

/// A node under construction.
struct Node<'d> {
    dumper: &'d Dumper<'d>,
    name: &'static str,
    level: usize,
    args: Vec<String>,
    all_simple: bool,
}

impl Node<'_> {
    fn field(mut self, name: &str, value: Piece) -> Self {
        let Piece { text, simple } = value;
        self.all_simple &= simple;
        self.args.push(format!("{name}={text}"));
        self
    }

    fn optional(self, name: &str, value: Option<Piece>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    fn list<T>(self, name: &str, items: &[T], write: impl Fn(&T, usize) -> Piece) -> Self {
        if items.is_empty() {
            return self;
        }
        let level = self.level + 1;
        let parts: Vec<_> = items.iter().map(|item| write(item, level).text).collect();
        let text = format!("[{}{}]", newline(level), parts.join(&format!(",{}", newline(level))));
        self.field(name, Piece { text, simple: false })
    }

    fn done(self) -> Piece {
        if self.all_simple && self.args.len() <= 3 {
            let simple = self.args.is_empty();
            return Piece { text: format!("{}({})", self.name, self.args.join(", ")), simple };
        }
        let line = newline(self.level);
        let text = format!("{}({line}{})", self.name, self.args.join(&format!(",{line}")));
        Piece { text, simple: false }
    }

    fn at(self, span: Span) -> Piece {
        if !self.dumper.places {
            return self.done();
        }
        let lines = &self.dumper.parsed.lines;
        let (line, column) = lines.line_column(span.start);
        let (end_line, end_column) = lines.line_column(span.end);
        self.field("lineno", simple(line.to_string()))
            .field("col_offset", simple(column.to_string()))
            .field("end_lineno", simple(end_line.to_string()))
            .field("end_col_offset", simple(end_column.to_string()))
            .done()
    }
}

fn newline(level: usize) -> String {
    format!("\n{}", "  ".repeat(level))
}

struct Dumper<'p> {
    parsed: &'p Parsed,
    /// Where each node stands is told, too.
    places: bool,
}

impl Dumper<'_> {
    fn node(&self, name: &'static str, level: usize) -> Node<'_> {
        Node { dumper: self, name, level: level + 1, args: Vec::new(), all_simple: true }
    }

    fn name(&self, id: Identifier) -> Piece {
        simple(repr_str(self.parsed.names.text(id).into()))
    }

    fn names(&self, node_level: usize, ids: &[Identifier]) -> Option<Piece> {
        if ids.is_empty() {
            return None;
        }
        let level = node_level + 2;
        let parts: Vec<_> = ids.iter().map(|&id| self.name(id).text).collect();
        let text = format!("[{}{}]", newline(level), parts.join(&format!(",{}", newline(level))));
        Some(Piece { text, simple: false })
    }

    fn module(&self, level: usize) -> Piece {
        match &self.parsed.tree {
            Mod::Module(body) => {
                let ignores: Vec<_> =
                    self.parsed.type_comments.iter().filter(|comment| comment.ignore).collect();
                self.node("Module", level)
                    .list("body", body, |stmt, level| self.stmt(stmt, level))
                    .list("type_ignores", &ignores, |comment, level| {
                        let (line, _) = self.parsed.lines.line_column(comment.span.start);
                        self.node("TypeIgnore", level)
                            .field("lineno", simple(line.to_string()))
                            .field("tag", simple(repr_str(comment.text.as_str().into())))
                            .done()
                    })
                    .done()
            }
            Mod::Interactive(body) => self
                .node("Interactive", level)
                .list("body", body, |stmt, level| self.stmt(stmt, level))
                .done(),
            Mod::Expression(body) => {
                self.node("Expression", level).field("body", self.expr(body, level + 1)).done()
            }
            Mod::FunctionType { argtypes, returns } => self
                .node("FunctionType", level)
                .list("argtypes", argtypes, |expr, level| self.expr(expr, level))
                .field("returns", self.expr(returns, level + 1))
                .done(),
        }
    }

    /// The type comment of the node that begins at `span`.
    fn type_comment(&self, span: Span) -> Option<Piece> {
        Some(simple(repr_str(self.parsed.type_comment(span)?.into())))
    }

    fn body<'d>(&'d self, node: Node<'d>, name: &str, body: &[Stmt]) -> Node<'d> {
        node.list(name, body, |stmt, level| self.stmt(stmt, level))
    }

    fn exprs<'d>(&'d self, node: Node<'d>, name: &str, exprs: &[Expr]) -> Node<'d> {
        node.list(name, exprs, |expr, level| self.expr(expr, level))
    }

    fn stmt(&self, stmt: &Stmt, level: usize) -> Piece {
        if level > DEPTH_MAX {
            return simple("...");
        }
        let inner = level + 1;
        let node = |name| self.node(name, level);
        let expr = |expr: &Expr| self.expr(expr, inner);
        let built = match &stmt.kind {
            StmtKind::FunctionDef(_) | StmtKind::AsyncFunctionDef(_) | StmtKind::ClassDef(_) => {
                self.definition(stmt, level)
            }
            StmtKind::Return { value } => {
                node("Return").optional("value", value.as_deref().map(expr))
            }
            StmtKind::Delete { targets } => self.exprs(node("Delete"), "targets", targets),
            StmtKind::Assign { targets, value } => self
                .exprs(node("Assign"), "targets", targets)
                .field("value", expr(value))
                .optional("type_comment", self.type_comment(stmt.span)),
            StmtKind::TypeAlias { name, type_params, value } => node("TypeAlias")
                .field("name", expr(name))
                .list("type_params", type_params, |param, level| self.type_param(param, level))
                .field("value", expr(value)),
            StmtKind::AugAssign { target, op, value } => node("AugAssign")
                .field("target", expr(target))
                .field("op", operator(*op))
                .field("value", expr(value)),
            StmtKind::AnnAssign { target, annotation, value, simple: bare } => node("AnnAssign")
                .field("target", expr(target))
                .field("annotation", expr(annotation))
                .optional("value", value.as_deref().map(expr))
                .field("simple", simple(u8::from(*bare).to_string())),
            StmtKind::For(_) | StmtKind::AsyncFor(_) => self.for_loop(stmt, level),
            StmtKind::While { test, body, orelse } => {
                let node = node("While").field("test", expr(test));
                self.body(self.body(node, "body", body), "orelse", orelse)
            }
            StmtKind::If { test, body, orelse } => {
                let node = node("If").field("test", expr(test));
                self.body(self.body(node, "body", body), "orelse", orelse)
            }
            StmtKind::With { items, body } => self.with(node("With"), items, body, stmt.span),
            StmtKind::AsyncWith { items, body } => {
                self.with(node("AsyncWith"), items, body, stmt.span)
            }
            StmtKind::Match { subject, cases } => node("Match")
                .field("subject", expr(subject))
                .list("cases", cases, |case, level| self.match_case(case, level)),
            StmtKind::Raise { exc, cause } => node("Raise")
                .optional("exc", exc.as_deref().map(expr))
                .optional("cause", cause.as_deref().map(expr)),
            StmtKind::Try(_) | StmtKind::TryStar(_) => self.try_statement(&stmt.kind, level),
            StmtKind::Assert { test, msg } => {
                node("Assert").field("test", expr(test)).optional("msg", msg.as_deref().map(expr))
            }
            StmtKind::Import { names } => {
                node("Import").list("names", names, |alias, level| self.alias(alias, level))
            }
            StmtKind::ImportFrom { module, names, level: dots } => node("ImportFrom")
                .optional("module", module.map(|id| self.name(id)))
                .list("names", names, |alias, level| self.alias(alias, level))
                .field("level", simple(dots.to_string())),
            StmtKind::Global { names } => {
                node("Global").optional("names", self.names(level, names))
            }
            StmtKind::Nonlocal { names } => {
                node("Nonlocal").optional("names", self.names(level, names))
            }
            StmtKind::Expr { value } => node("Expr").field("value", expr(value)),
            StmtKind::Pass => node("Pass"),
            StmtKind::Break => node("Break"),
            StmtKind::Continue => node("Continue"),
        };
        built.at(self.parsed.commented_span(stmt))
    }

    fn definition(&self, stmt: &Stmt, level: usize) -> Node<'_> {
        let type_param = |param: &TypeParam, level| self.type_param(param, level);
        let (name, def) = match &stmt.kind {
            StmtKind::FunctionDef(def) => ("FunctionDef", def),
            StmtKind::AsyncFunctionDef(def) => ("AsyncFunctionDef", def),
            StmtKind::ClassDef(class) => {
                let node = self.node("ClassDef", level).field("name", self.name(class.name));
                let node = self.exprs(node, "bases", &class.bases).list(
                    "keywords",
                    &class.keywords,
                    |keyword, level| self.keyword(keyword, level),
                );
                let node = self.body(node, "body", &class.body);
                let node = self.exprs(node, "decorator_list", &class.decorator_list);
                return node.list("type_params", &class.type_params, type_param);
            }
            _ => return self.node("Pass", level),
        };
        let node = self
            .node(name, level)
            .field("name", self.name(def.name))
            .field("args", self.arguments(&def.args, level + 1));
        let node = self.body(node, "body", &def.body);
        self.exprs(node, "decorator_list", &def.decorator_list)
            .optional("returns", def.returns.as_ref().map(|expr| self.expr(expr, level + 1)))
            .optional("type_comment", self.type_comment(stmt.span))
            .list("type_params", &def.type_params, type_param)
    }

    fn for_loop(&self, stmt: &Stmt, level: usize) -> Node<'_> {
        let (name, parts) = match &stmt.kind {
            StmtKind::For(parts) => ("For", parts),
            StmtKind::AsyncFor(parts) => ("AsyncFor", parts),
            _ => return self.node("Pass", level),
        };
        let node = self
            .node(name, level)
            .field("target", self.expr(&parts.target, level + 1))
            .field("iter", self.expr(&parts.iter, level + 1));
        self.body(self.body(node, "body", &parts.body), "orelse", &parts.orelse)
            .optional("type_comment", self.type_comment(stmt.span))
    }

    fn with<'d>(
        &'d self,
        node: Node<'d>,
        items: &[WithItem],
        body: &[Stmt],
        span: Span,
    ) -> Node<'d> {
        let node = node.list("items", items, |item, level| {
            self.node("withitem", level)
                .field("context_expr", self.expr(&item.context_expr, level + 1))
                .optional(
                    "optional_vars",
                    item.optional_vars.as_ref().map(|expr| self.expr(expr, level + 1)),
                )
                .done()
        });
        self.body(node, "body", body).optional("type_comment", self.type_comment(span))
    }

    fn try_statement(&self, kind: &StmtKind, level: usize) -> Node<'_> {
        let (name, parts) = match kind {
            StmtKind::Try(parts) => ("Try", parts),
            StmtKind::TryStar(parts) => ("TryStar", parts),
            _ => return self.node("Pass", level),
        };
        let node = self.body(self.node(name, level), "body", &parts.body);
        let node =
            node.list("handlers", &parts.handlers, |handler, level| self.handler(handler, level));
        let node = self.body(node, "orelse", &parts.orelse);
        self.body(node, "finalbody", &parts.finalbody)
    }

    fn handler(&self, handler: &ExceptHandler, level: usize) -> Piece {
        let node = self
            .node("ExceptHandler", level)
            .optional("type", handler.type_.as_ref().map(|expr| self.expr(expr, level + 1)))
            .optional("name", handler.name.map(|id| self.name(id)));
        let span = self.parsed.commented_clause(handler.span, &handler.body);
        self.body(node, "body", &handler.body).at(span)
    }

    fn alias(&self, alias: &Alias, level: usize) -> Piece {
        self.node("alias", level)
            .field("name", self.name(alias.name))
            .optional("asname", alias.asname.map(|id| self.name(id)))
            .at(alias.span)
    }

    fn keyword(&self, keyword: &Keyword, level: usize) -> Piece {
        self.node("keyword", level)
            .optional("arg", keyword.arg.map(|id| self.name(id)))
            .field("value", self.expr(&keyword.value, level + 1))
            .at(keyword.span)
    }

    fn match_case(&self, case: &MatchCase, level: usize) -> Piece {
        let node = self
            .node("match_case", level)
            .field("pattern", self.pattern(&case.pattern, level + 1))
            .optional("guard", case.guard.as_ref().map(|expr| self.expr(expr, level + 1)));
        self.body(node, "body", &case.body).done()
    }

    fn type_param(&self, param: &TypeParam, level: usize) -> Piece {
        let expr = |expr: &Expr| self.expr(expr, level + 1);
        let node = match &param.kind {
            TypeParamKind::TypeVar { name, bound, default_value } => self
                .node("TypeVar", level)
                .field("name", self.name(*name))
                .optional("bound", bound.as_deref().map(expr))
                .optional("default_value", default_value.as_deref().map(expr)),
            TypeParamKind::ParamSpec { name, default_value } => self
                .node("ParamSpec", level)
                .field("name", self.name(*name))
                .optional("default_value", default_value.as_deref().map(expr)),
            TypeParamKind::TypeVarTuple { name, default_value } => self
                .node("TypeVarTuple", level)
                .field("name", self.name(*name))
                .optional("default_value", default_value.as_deref().map(expr)),
        };
        node.at(param.span)
    }

    fn arguments(&self, args: &Arguments, level: usize) -> Piece {
        let arg = |arg: &Arg, level: usize| self.arg(arg, level);
        let node = self
            .node("arguments", level)
            .list("posonlyargs", &args.posonlyargs, arg)
            .list("args", &args.args, arg)
            .optional("vararg", args.vararg.as_ref().map(|a| self.arg(a, level + 1)))
            .list("kwonlyargs", &args.kwonlyargs, arg)
            .list("kw_defaults", &args.kw_defaults, |default, level| match default {
                Some(expr) => self.expr(expr, level),
                None => simple("None"),
            })
            .optional("kwarg", args.kwarg.as_ref().map(|a| self.arg(a, level + 1)));
        self.exprs(node, "defaults", &args.defaults).done()
    }

    fn arg(&self, arg: &Arg, level: usize) -> Piece {
        self.node("arg", level)
            .field("arg", self.name(arg.arg))
            .optional("annotation", arg.annotation.as_deref().map(|e| self.expr(e, level + 1)))
            .optional("type_comment", self.type_comment(arg.span))
            .at(arg.span)
    }

    fn expr(&self, expr: &Expr, level: usize) -> Piece {
        if level > DEPTH_MAX {
            return simple("...");
        }
        let inner = level + 1;
        let node = |name| self.node(name, level);
        let sub = |expr: &Expr| self.expr(expr, inner);
        let built = match &expr.kind {
            ExprKind::BoolOp { op, values } => {
                let op = if *op == BoolOp::And { "And()" } else { "Or()" };
                self.exprs(node("BoolOp").field("op", simple(op)), "values", values)
            }
            ExprKind::NamedExpr { target, value } => {
                node("NamedExpr").field("target", sub(target)).field("value", sub(value))
            }
            ExprKind::BinOp { left, op, right } => node("BinOp")
                .field("left", sub(left))
                .field("op", operator(*op))
                .field("right", sub(right)),
            ExprKind::UnaryOp { op, operand } => {
                node("UnaryOp").field("op", unary(*op)).field("operand", sub(operand))
            }
            ExprKind::Lambda(lambda) => node("Lambda")
                .field("args", self.arguments(&lambda.args, inner))
                .field("body", sub(&lambda.body)),
            ExprKind::IfExp { test, body, orelse } => node("IfExp")
                .field("test", sub(test))
                .field("body", sub(body))
                .field("orelse", sub(orelse)),
            ExprKind::Await { value } => node("Await").field("value", sub(value)),
            ExprKind::Yield { value } => node("Yield").optional("value", value.as_deref().map(sub)),
            ExprKind::YieldFrom { value } => node("YieldFrom").field("value", sub(value)),
            ExprKind::Compare { left, ops, comparators } => {
                let node = node("Compare")
                    .field("left", sub(left))
                    .list("ops", ops, |op, _| comparison(*op));
                self.exprs(node, "comparators", comparators)
            }
            ExprKind::Call { func, args, keywords } => self
                .exprs(node("Call").field("func", sub(func)), "args", args)
                .list("keywords", keywords, |keyword, level| self.keyword(keyword, level)),
            ExprKind::Attribute { value, attr, ctx } => context(
                node("Attribute").field("value", sub(value)).field("attr", self.name(*attr)),
                *ctx,
            ),
            ExprKind::Subscript { value, slice, ctx } => context(
                node("Subscript").field("value", sub(value)).field("slice", sub(slice)),
                *ctx,
            ),
            ExprKind::Starred { value, ctx } => {
                context(node("Starred").field("value", sub(value)), *ctx)
            }
            ExprKind::Name { id, ctx } => context(node("Name").field("id", self.name(*id)), *ctx),
            ExprKind::Slice { lower, upper, step } => node("Slice")
                .optional("lower", lower.as_deref().map(sub))
                .optional("upper", upper.as_deref().map(sub))
                .optional("step", step.as_deref().map(sub)),
            other => self.display(other, level),
        };
        built.at(expr.span)
    }

    /// Displays, comprehensions, strings and constants.
    fn display(&self, kind: &ExprKind, level: usize) -> Node<'_> {
        let inner = level + 1;
        let node = |name| self.node(name, level);
        let sub = |expr: &Expr| self.expr(expr, inner);
        match kind {
            ExprKind::Dict { keys, values } => {
                let node = node("Dict").list("keys", keys, |key, level| match key {
                    Some(key) => self.expr(key, level),
                    None => simple("None"),
                });
                self.exprs(node, "values", values)
            }
            ExprKind::Set { elts } => self.exprs(node("Set"), "elts", elts),
            ExprKind::List { elts, ctx } => context(self.exprs(node("List"), "elts", elts), *ctx),
            ExprKind::Tuple { elts, ctx } => context(self.exprs(node("Tuple"), "elts", elts), *ctx),
            ExprKind::ListComp { elt, generators } => {
                self.generators(node("ListComp").field("elt", sub(elt)), generators)
            }
            ExprKind::SetComp { elt, generators } => {
                self.generators(node("SetComp").field("elt", sub(elt)), generators)
            }
            ExprKind::GeneratorExp { elt, generators } => {
                self.generators(node("GeneratorExp").field("elt", sub(elt)), generators)
            }
            ExprKind::DictComp { key, value, generators } => self.generators(
                node("DictComp").field("key", sub(key)).field("value", sub(value)),
                generators,
            ),
            ExprKind::FormattedValue(field) => node("FormattedValue")
                .field("value", sub(&field.value))
                .field("conversion", simple((field.conversion as i8).to_string()))
                .optional("format_spec", field.format_spec.as_ref().map(sub)),
            ExprKind::Interpolation(field) => node("Interpolation")
                .field("value", sub(&field.value))
                .field("str", simple(repr_str(field.str.as_wstr())))
                .field("conversion", simple((field.conversion as i8).to_string()))
                .optional("format_spec", field.format_spec.as_ref().map(sub)),
            ExprKind::JoinedStr { values } => self.exprs(node("JoinedStr"), "values", values),
            ExprKind::TemplateStr { values } => self.exprs(node("TemplateStr"), "values", values),
            ExprKind::Constant { value, kind_u } => node("Constant")
                .field("value", simple(constant(value)))
                .optional("kind", kind_u.then(|| simple("'u'"))),
            _ => node("Pass"),
        }
    }

    fn generators<'d>(&'d self, node: Node<'d>, generators: &[Comprehension]) -> Node<'d> {
        node.list("generators", generators, |generator, level| {
            let node = self
                .node("comprehension", level)
                .field("target", self.expr(&generator.target, level + 1))
                .field("iter", self.expr(&generator.iter, level + 1));
            self.exprs(node, "ifs", &generator.ifs)
                .field("is_async", simple(u8::from(generator.is_async).to_string()))
                .done()
        })
    }

    fn pattern(&self, pattern: &Pattern, level: usize) -> Piece {
        let inner = level + 1;
        let node = |name| self.node(name, level);
        let sub = |pattern: &Pattern, level: usize| self.pattern(pattern, level);
        let built = match &pattern.kind {
            PatternKind::MatchValue { value } => {
                node("MatchValue").field("value", self.expr(value, inner))
            }
            PatternKind::MatchSingleton { value } => {
                node("MatchSingleton").field("value", simple(constant(value)))
            }
            PatternKind::MatchSequence { patterns } => {
                node("MatchSequence").list("patterns", patterns, sub)
            }
            PatternKind::MatchMapping { keys, patterns, rest } => self
                .exprs(node("MatchMapping"), "keys", keys)
                .list("patterns", patterns, sub)
                .optional("rest", rest.map(|id| self.name(id))),
            PatternKind::MatchClass(class) => node("MatchClass")
                .field("cls", self.expr(&class.cls, inner))
                .list("patterns", &class.patterns, sub)
                .optional("kwd_attrs", self.names(level, &class.kwd_attrs))
                .list("kwd_patterns", &class.kwd_patterns, sub),
            PatternKind::MatchStar { name } => {
                node("MatchStar").optional("name", name.map(|id| self.name(id)))
            }
            PatternKind::MatchAs { pattern, name } => node("MatchAs")
                .optional("pattern", pattern.as_deref().map(|p| self.pattern(p, inner)))
                .optional("name", name.map(|id| self.name(id))),
            PatternKind::MatchOr { patterns } => node("MatchOr").list("patterns", patterns, sub),
        };
        built.at(pattern.span)
    }
}

fn context(node: Node<'_>, ctx: ExprContext) -> Node<'_> {
    match ctx {
        ExprContext::Load => node.field("ctx", simple("Load()")),
        ExprContext::Store => node.field("ctx", simple("Store()")),
        ExprContext::Del => node.field("ctx", simple("Del()")),
    }
}

fn operator(op: Operator) -> Piece {
    simple(format!("{op:?}()"))
}

fn unary(op: UnaryOp) -> Piece {
    simple(format!("{op:?}()"))
}

fn comparison(op: CmpOp) -> Piece {
    simple(format!("{op:?}()"))
}

/// `repr` of a constant.
fn constant(value: &Constant) -> String {
    match value {
        Constant::None => "None".to_owned(),
        Constant::True => "True".to_owned(),
        Constant::False => "False".to_owned(),
        Constant::Ellipsis => "Ellipsis".to_owned(),
        Constant::Str(text) => repr_str(text.as_wstr()),
        Constant::Bytes(bytes) => repr_bytes(bytes),
        Constant::Int(number) => number.to_string(),
        Constant::BigInt(number) => number.to_radix(10),
        Constant::Float(number) => repr_with(*number, true),
        Constant::Complex(_, number) => format!("{}j", repr_with(*number, false)),
        // No source has these.
        Constant::Tuple(items) | Constant::FrozenSet(items) => {
            format!("({})", items.iter().map(constant).collect::<Vec<_>>().join(", "))
        }
    }
}
