//! The typed tree as node objects: what `compile()` gives with `ast.PyCF_ONLY_AST`.

use base::span::Span;
use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::bytes::PyBytes;
use objects::types::complex;
use objects::types::float_;
use objects::types::int;
use objects::types::list::PyList;
use objects::types::set;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use syntax::Parsed;
use syntax::ast::nodes::{
    Alias, Arg, Arguments, Comprehension, Constant, Expr, Keyword, MatchCase, Mod, Pattern,
    PatternKind, Stmt, TypeParam, TypeParamKind, WithItem,
};
use syntax::names::Identifier;

use super::base::make_node;
use super::classes::{self, Classes};
use super::grammar::Node;

/// The tree of a parsed source as objects; with an optimisation level, the tree that is compiled with it
/// (`ast.PyCF_OPTIMIZED_AST`).
///
/// # Errors
/// RecursionError for a tree that is too deep, MemoryError.
pub(crate) fn tree(vm: Vm<'_>, parsed: &Parsed, optimize: Option<u8>) -> PyResult<Value> {
    let classes = classes::get(vm)?;
    let names = vec![None; parsed.names.count() as usize];
    let mut converter = Converter { vm, classes, parsed, names, optimize };
    converter.module()
}

/// The state of a conversion.
pub(super) struct Converter<'a> {
    pub(super) vm: Vm<'a>,
    classes: Classes,
    pub(super) parsed: &'a Parsed,
    /// The identifiers met so far.
    names: Vec<Option<PyRef<PyStr>>>,
    /// The optimisation level whose tree is shown.
    pub(super) optimize: Option<u8>,
}

impl<'a> Converter<'a> {
    /// A node without a position.
    pub(super) fn bare<const N: usize>(&self, class: Node, values: [Value; N]) -> Value {
        let names = self.classes.fields(class).iter().map(Value::receiver::<PyStr>);
        make_node(self.vm, self.classes.class(class), names.zip(values))
    }

    /// A node that stands at `span`.
    pub(super) fn node<const N: usize>(
        &self,
        class: Node,
        span: Span,
        values: [Value; N],
    ) -> Value {
        let lines = &self.parsed.lines;
        let (line, column) = lines.line_column(span.start);
        let (end_line, end_column) = lines.line_column(span.end);
        let position = [line, column, end_line, end_column].map(u32::cast_signed);
        self.placed(class, position, values)
    }

    /// A node with a position of its own.
    pub(super) fn placed<const N: usize>(
        &self,
        class: Node,
        position: [i32; 4],
        values: [Value; N],
    ) -> Value {
        let position = position.map(|number| Value::small_int_unchecked(i64::from(number)));
        let names = self.classes.fields(class).iter().zip(values);
        let all = names.chain(self.classes.position().iter().zip(position));
        let all = all.map(|(name, value)| (name.receiver::<PyStr>(), value));
        make_node(self.vm, self.classes.class(class), all)
    }

    pub(super) fn singleton(&self, class: Node) -> Value {
        self.classes.singleton(class)
    }

    pub(super) fn list<T>(
        &mut self,
        items: &[T],
        mut convert: impl FnMut(&mut Self, &T) -> PyResult<Value>,
    ) -> PyResult<Value> {
        let mut values = Vec::new();
        if values.try_reserve_exact(items.len()).is_err() {
            return Err(self.vm.memory_error());
        }
        for item in items {
            values.push(convert(self, item)?);
        }
        Ok(PyList::new_value(self.vm, values))
    }

    pub(super) fn optional<T>(
        &mut self,
        item: Option<&T>,
        convert: impl FnOnce(&mut Self, &T) -> PyResult<Value>,
    ) -> PyResult<Value> {
        item.map_or(Ok(Value::NONE), |item| convert(self, item))
    }

    pub(super) fn name(&mut self, id: Identifier) -> Value {
        let place = &mut self.names[id.0 as usize];
        place.get_or_insert_with(|| self.vm.intern(self.parsed.names.text(id))).to_value()
    }

    pub(super) fn opt_name(&mut self, id: Option<Identifier>) -> Value {
        id.map_or(Value::NONE, |id| self.name(id))
    }

    pub(super) fn name_list(&mut self, ids: &[Identifier]) -> Value {
        let names = ids.iter().map(|&id| self.name(id)).collect();
        PyList::new_value(self.vm, names)
    }

    pub(super) fn constant(&self, value: &Constant) -> PyResult<Value> {
        let vm = self.vm;
        Ok(match value {
            Constant::None => Value::NONE,
            Constant::True => Value::TRUE,
            Constant::False => Value::FALSE,
            Constant::Ellipsis => Value::ELLIPSIS,
            Constant::Str(text) => {
                let text = PyStr::try_from_wtf8(vm, text)?;
                objects::core::intern::intern_ref(&text).into_value()
            }
            Constant::Bytes(bytes) => PyBytes::try_new_value(vm, bytes)?,
            Constant::Int(number) => int::from_i64(vm, *number),
            Constant::BigInt(number) => int::new(vm, (**number).clone()),
            Constant::Float(number) => float_::new(vm, *number),
            Constant::Complex(re, im) => {
                complex::new(vm, base::complex::Complex { re: *re, im: *im })
            }
            Constant::Tuple(items) => {
                let items =
                    items.iter().map(|item| self.constant(item)).collect::<PyResult<_>>()?;
                PyTuple::try_from_vec(vm, items)?.into_value()
            }
            Constant::FrozenSet(items) => {
                let items: Vec<Value> =
                    items.iter().map(|item| self.constant(item)).collect::<PyResult<_>>()?;
                set::frozen_constant(vm, &items)
            }
        })
    }

    /// The type comment of the node that begins at `span`.
    pub(super) fn type_comment(&self, span: Span) -> Value {
        let comment = self.parsed.type_comment(span);
        comment.map_or(Value::NONE, |text| PyStr::new_value(self.vm, text))
    }

    fn module(&mut self) -> PyResult<Value> {
        let parsed = self.parsed;
        Ok(match &parsed.tree {
            Mod::Module(body) => {
                let body = self.documented(body)?;
                let ignores: Vec<_> =
                    parsed.type_comments.iter().filter(|comment| comment.ignore).collect();
                let ignores = self.list(&ignores, |this, comment| {
                    let (line, _) = this.parsed.lines.line_column(comment.span.start);
                    let tag = PyStr::new_value(this.vm, &comment.text);
                    Ok(this.bare(Node::TypeIgnore, [Value::from_usize(line as usize), tag]))
                })?;
                self.bare(Node::Module, [body, ignores])
            }
            Mod::Interactive(body) => {
                let body = self.stmts(body)?;
                self.bare(Node::Interactive, [body])
            }
            Mod::Expression(body) => {
                let body = self.expr(body)?;
                self.bare(Node::Expression, [body])
            }
            Mod::FunctionType { argtypes, returns } => {
                let argtypes = self.exprs(argtypes)?;
                let returns = self.expr(returns)?;
                self.bare(Node::FunctionType, [argtypes, returns])
            }
        })
    }

    pub(super) fn stmts(&mut self, body: &[Stmt]) -> PyResult<Value> {
        self.list(body, Self::stmt)
    }

    pub(super) fn exprs(&mut self, exprs: &[Expr]) -> PyResult<Value> {
        self.list(exprs, Self::expr)
    }

    pub(super) fn opt_expr(&mut self, expr: Option<&Expr>) -> PyResult<Value> {
        self.optional(expr, Self::expr)
    }

    pub(super) fn alias(&mut self, alias: &Alias) -> PyResult<Value> {
        let values = [self.name(alias.name), self.opt_name(alias.asname)];
        Ok(self.node(Node::Alias, alias.span, values))
    }

    pub(super) fn keyword(&mut self, keyword: &Keyword) -> PyResult<Value> {
        let values = [self.opt_name(keyword.arg), self.expr(&keyword.value)?];
        Ok(self.node(Node::Keyword, keyword.span, values))
    }

    pub(super) fn with_item(&mut self, item: &WithItem) -> PyResult<Value> {
        let values = [self.expr(&item.context_expr)?, self.opt_expr(item.optional_vars.as_ref())?];
        Ok(self.bare(Node::Withitem, values))
    }

    pub(super) fn comprehension(&mut self, part: &Comprehension) -> PyResult<Value> {
        let values = [
            self.expr(&part.target)?,
            self.expr(&part.iter)?,
            self.exprs(&part.ifs)?,
            Value::small_int_unchecked(i64::from(part.is_async)),
        ];
        Ok(self.bare(Node::Comprehension, values))
    }

    fn arg(&mut self, arg: &Arg) -> PyResult<Value> {
        let name = self.name(arg.arg);
        let annotation = self.opt_expr(arg.annotation.as_deref())?;
        Ok(self.node(Node::Arg, arg.span, [name, annotation, self.type_comment(arg.span)]))
    }

    pub(super) fn arguments(&mut self, args: &Arguments) -> PyResult<Value> {
        let values = [
            self.list(&args.posonlyargs, Self::arg)?,
            self.list(&args.args, Self::arg)?,
            self.optional(args.vararg.as_deref(), Self::arg)?,
            self.list(&args.kwonlyargs, Self::arg)?,
            self.list(&args.kw_defaults, |this, default| this.opt_expr(default.as_ref()))?,
            self.optional(args.kwarg.as_deref(), Self::arg)?,
            self.exprs(&args.defaults)?,
        ];
        Ok(self.bare(Node::Arguments, values))
    }

    pub(super) fn type_param(&mut self, param: &TypeParam) -> PyResult<Value> {
        let span = param.span;
        Ok(match &param.kind {
            TypeParamKind::TypeVar { name, bound, default_value } => {
                let values = [
                    self.name(*name),
                    self.opt_expr(bound.as_deref())?,
                    self.opt_expr(default_value.as_deref())?,
                ];
                self.node(Node::TypeVar, span, values)
            }
            TypeParamKind::ParamSpec { name, default_value } => {
                let values = [self.name(*name), self.opt_expr(default_value.as_deref())?];
                self.node(Node::ParamSpec, span, values)
            }
            TypeParamKind::TypeVarTuple { name, default_value } => {
                let values = [self.name(*name), self.opt_expr(default_value.as_deref())?];
                self.node(Node::TypeVarTuple, span, values)
            }
        })
    }

    pub(super) fn match_case(&mut self, case: &MatchCase) -> PyResult<Value> {
        let values = [
            self.pattern(&case.pattern)?,
            self.opt_expr(case.guard.as_ref())?,
            self.stmts(&case.body)?,
        ];
        Ok(self.bare(Node::MatchCase, values))
    }

    fn patterns(&mut self, patterns: &[Pattern]) -> PyResult<Value> {
        self.list(patterns, Self::pattern)
    }

    fn pattern(&mut self, pattern: &Pattern) -> PyResult<Value> {
        self.vm.check_recursion(" during ast construction")?;
        let span = pattern.span;
        Ok(match &pattern.kind {
            PatternKind::MatchValue { value } => {
                let value = self.literal(value)?;
                self.node(Node::MatchValue, span, [value])
            }
            PatternKind::MatchSingleton { value } => {
                let value = self.constant(value)?;
                self.node(Node::MatchSingleton, span, [value])
            }
            PatternKind::MatchSequence { patterns } => {
                let patterns = self.patterns(patterns)?;
                self.node(Node::MatchSequence, span, [patterns])
            }
            PatternKind::MatchMapping { keys, patterns, rest } => {
                let values = [
                    self.list(keys, Self::literal)?,
                    self.patterns(patterns)?,
                    self.opt_name(*rest),
                ];
                self.node(Node::MatchMapping, span, values)
            }
            PatternKind::MatchClass(class) => {
                let values = [
                    self.expr(&class.cls)?,
                    self.patterns(&class.patterns)?,
                    self.name_list(&class.kwd_attrs),
                    self.patterns(&class.kwd_patterns)?,
                ];
                self.node(Node::MatchClass, span, values)
            }
            PatternKind::MatchStar { name } => {
                let name = self.opt_name(*name);
                self.node(Node::MatchStar, span, [name])
            }
            PatternKind::MatchAs { pattern, name } => {
                let values =
                    [self.optional(pattern.as_deref(), Self::pattern)?, self.opt_name(*name)];
                self.node(Node::MatchAs, span, values)
            }
            PatternKind::MatchOr { patterns } => {
                let patterns = self.patterns(patterns)?;
                self.node(Node::MatchOr, span, [patterns])
            }
        })
    }
}
