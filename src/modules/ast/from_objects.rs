//! Node objects as the typed tree: what `compile()` does with a tree.
//!
//! A place in such a tree is a number of the table of points, since there is no text that it could be an offset of.

use std::collections::HashMap;

use base::span::Span;
use objects::core::errors::{PyResult, Raised};
use objects::core::type_object::PyType;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::complex::{self, COMPLEX};
use objects::types::float_::{self, FLOAT};
use objects::types::int;
use objects::types::list::PyList;
use objects::types::set::{self, FROZENSET};
use objects::types::str::PyStr;
use objects::types::tuple::{PyTuple, TUPLE};
use syntax::Parsed;
use syntax::ast::nodes::{
    Alias, Arg, Arguments, Comprehension, Constant, Expr, Keyword, MatchCase, Mod, Stmt, TypeParam,
    TypeParamKind, WithItem,
};
use syntax::names::{Identifier, Names};

use super::classes::{self, Classes};
use super::grammar::{NAMES, Node};

/// Whether a value is a node object.
pub(crate) fn is_node(value: &Value) -> bool {
    value.downcast::<super::base::PyAst>().is_some()
}

/// Checks that a node is the root of a tree of the mode.
///
/// # Errors
/// TypeError.
pub(crate) fn check_mode(vm: Vm<'_>, value: &Value, mode: syntax::Mode) -> PyResult<()> {
    let wanted = match mode {
        syntax::Mode::Exec => Node::Module,
        syntax::Mode::Eval => Node::Expression,
        syntax::Mode::Single => Node::Interactive,
        syntax::Mode::FuncType => Node::FunctionType,
    };
    let class = classes::class_value(vm, wanted)?;
    if vm.isinstance(value, &class)? {
        return Ok(());
    }
    let wanted = NAMES[wanted as usize];
    Err(vm.type_error(format!("expected {wanted} node, got {}", value.class().name())))
}

/// The typed tree of a node object.
///
/// # Errors
/// TypeError and ValueError for what is no tree; what reading attributes raises.
pub(crate) fn read(vm: Vm<'_>, value: &Value, mode: syntax::Mode) -> PyResult<Parsed> {
    check_mode(vm, value, mode)?;
    let classes = classes::get(vm)?;
    let known = (0..).zip(classes.named()).map(|(index, (_, class))| (class.id(), index)).collect();
    let mut reader = Reader { vm, classes, known, names: Names::default(), points: Vec::new() };
    let tree = reader.module(value, mode)?;
    Ok(Parsed::of_tree(tree, reader.names, reader.points))
}

/// The state of reading a tree.
pub(super) struct Reader<'a> {
    pub(super) vm: Vm<'a>,
    classes: Classes,
    /// The numbers of the classes by their addresses.
    known: HashMap<u64, usize>,
    names: Names,
    points: Vec<(u32, u32)>,
}

impl Reader<'_> {
    /// The class of a node among those of kind `sum`.
    pub(super) fn node_of(&self, value: &Value, sum: Node) -> PyResult<Node> {
        let base = self.classes.class(sum);
        let class = value.class();
        for entry in class.mro_tuple().items() {
            if let Some(&index) = self.known.get(&entry.id())
                && let Some(entry) = entry.downcast::<PyType>()
                && !entry.is(base)
                && entry.is_subtype(base)
                && let Some(node) = Node::of_index(index)
            {
                return Ok(node);
            }
        }
        Err(self.unexpected(value, sum))
    }

    fn unexpected(&self, value: &Value, sum: Node) -> Raised {
        let vm = self.vm;
        match vm.repr(value) {
            Ok(text) => vm.type_error(format!(
                "expected some sort of {}, but got {}",
                NAMES[sum as usize],
                text.to_rust_string()
            )),
            Err(raised) => raised,
        }
    }

    /// Guards the recursion into a node of a class.
    pub(super) fn enter(&self, what: &str) -> PyResult<()> {
        self.vm.check_recursion(&format!(" while traversing '{what}' node"))
    }

    fn attribute(&self, node: &Value, name: &str) -> PyResult<Option<Value>> {
        self.vm.get_attr_opt(node, &self.vm.intern(name))
    }

    /// A field that may be None or missing.
    pub(super) fn optional(&self, node: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(self.attribute(node, name)?.filter(|value| !value.is_none()))
    }

    /// A field that has to be there.
    pub(super) fn field(&self, node: &Value, owner: &str, name: &str) -> PyResult<Value> {
        self.attribute(node, name)?.ok_or_else(|| {
            self.vm.type_error(format!("required field \"{name}\" missing from {owner}"))
        })
    }

    /// A field that has to be there and not None.
    pub(super) fn required(&self, node: &Value, owner: &str, name: &str) -> PyResult<Value> {
        let value = self.field(node, owner, name)?;
        if value.is_none() {
            let message = format!("field '{name}' is required for {owner}");
            return Err(self.vm.value_error(message));
        }
        Ok(value)
    }

    /// A field that is a list; a missing one is empty.
    pub(super) fn list<T>(
        &mut self,
        node: &Value,
        owner: &str,
        name: &str,
        mut read: impl FnMut(&mut Self, &Value) -> PyResult<T>,
    ) -> PyResult<Vec<T>> {
        let vm = self.vm;
        let Some(value) = self.attribute(node, name)? else { return Ok(Vec::new()) };
        let Ok(list) = value.clone().into_ref::<PyList>() else {
            let class = value.class().name();
            return Err(
                vm.type_error(format!("{owner} field \"{name}\" must be a list, not a {class}"))
            );
        };
        let length = list.len();
        let mut items = Vec::new();
        for index in 0..length {
            let Some(item) = list.get(index) else { return Err(self.resized(owner, name)) };
            items.push(read(self, &item)?);
            if list.len() != length {
                return Err(self.resized(owner, name));
            }
        }
        Ok(items)
    }

    fn resized(&self, owner: &str, name: &str) -> Raised {
        let message = format!("{owner} field \"{name}\" changed size during iteration");
        self.vm.runtime_error(message)
    }

    pub(super) fn integer(&self, value: &Value) -> PyResult<i32> {
        if !number::is_int(value) {
            let shown = self.vm.repr(value)?.to_rust_string();
            return Err(self.vm.value_error(format!("invalid integer value: {shown}")));
        }
        let number = int::as_i64(value).and_then(|number| i32::try_from(number).ok());
        number.ok_or_else(|| self.vm.overflow_error("Python int too large to convert to C int"))
    }

    pub(super) fn int_field(&self, node: &Value, owner: &str, name: &str) -> PyResult<i32> {
        let value = self.field(node, owner, name)?;
        self.integer(&value)
    }

    /// Where a node stands. `sum` is what messages call it.
    pub(super) fn span(&mut self, node: &Value, sum: &str, open: bool) -> PyResult<Span> {
        let line = self.int_field(node, sum, "lineno")?;
        let column = self.int_field(node, sum, "col_offset")?;
        let end = |name: &str, start: i32| match self.optional(node, name)? {
            Some(value) => self.integer(&value),
            None if open => Ok(start),
            None => self.int_field(node, sum, name),
        };
        let end_line = end("end_lineno", line)?;
        let end_column = end("end_col_offset", column)?;
        let start = u32::try_from(self.points.len())
            .map_err(|_| self.vm.overflow_error("the tree is too large"))?;
        self.points.push((line.cast_unsigned(), column.cast_unsigned()));
        self.points.push((end_line.cast_unsigned(), end_column.cast_unsigned()));
        Ok(Span::new(start, start + 1))
    }

    pub(super) fn identifier(&mut self, value: &Value) -> PyResult<Identifier> {
        let vm = self.vm;
        let Some(name) = value.downcast_exact::<PyStr>() else {
            return Err(vm.type_error("AST identifier must be of type str"));
        };
        let wide = name.to_wstring();
        let Some(text) = wide.as_str() else {
            vm.call_method(value, &vm.intern("encode"), &[])?;
            return Err(vm.value_error("an identifier cannot be encoded"));
        };
        Ok(self.names.intern(text))
    }

    pub(super) fn name_field(
        &mut self,
        node: &Value,
        owner: &str,
        name: &str,
    ) -> PyResult<Identifier> {
        let value = self.required(node, owner, name)?;
        self.identifier(&value)
    }

    pub(super) fn opt_name(&mut self, node: &Value, name: &str) -> PyResult<Option<Identifier>> {
        let value = self.optional(node, name)?;
        value.map(|value| self.identifier(&value)).transpose()
    }

    /// A field that is text or None, and of no further use.
    pub(super) fn check_text(&self, node: &Value, name: &str) -> PyResult<Option<Value>> {
        let value = self.optional(node, name)?;
        let is_text = |value: &Value| {
            value.downcast_exact::<PyStr>().is_some() || value.downcast_exact::<PyBytes>().is_some()
        };
        if value.as_ref().is_some_and(|value| !is_text(value)) {
            return Err(self.vm.type_error("AST string must be of type str"));
        }
        Ok(value)
    }

    pub(super) fn constant(&self, value: &Value) -> PyResult<Constant> {
        let vm = self.vm;
        if value.is_none() {
            return Ok(Constant::None);
        }
        if let Some(truth) = value.as_bool() {
            return Ok(if truth { Constant::True } else { Constant::False });
        }
        if value.is(&Value::ELLIPSIS) {
            return Ok(Constant::Ellipsis);
        }
        if let Some(text) = value.downcast_exact::<PyStr>() {
            return Ok(Constant::Str(text.to_wstring()));
        }
        if let Some(bytes) = value.downcast_exact::<PyBytes>() {
            return Ok(Constant::Bytes(bytes.as_slice().into()));
        }
        let number = if int::number::is_exact_int(value) { int::as_bigint(value) } else { None };
        if let Some(number) = number {
            return Ok(number
                .to_i64()
                .map_or_else(|| Constant::BigInt(Box::new(number.into_owned())), Constant::Int));
        }
        if value.is_exact(FLOAT.get()) {
            return Ok(Constant::Float(float_::as_f64(value).unwrap_or_default()));
        }
        if value.is_exact(COMPLEX.get())
            && let Some(number) = complex::as_complex(value)
        {
            return Ok(Constant::Complex(number.re, number.im));
        }
        let items = |items: Vec<Value>| -> PyResult<Vec<Constant>> {
            vm.check_recursion(" during compilation")?;
            items.iter().map(|item| self.constant(item)).collect()
        };
        if value.is_exact(TUPLE.get()) {
            return Ok(Constant::Tuple(items(value.receiver::<PyTuple>().items().to_vec())?));
        }
        if value.is_exact(FROZENSET.get()) {
            let keys = set::core_of(value).map(set::SetCore::keys_vec).unwrap_or_default();
            return Ok(Constant::FrozenSet(items(keys)?));
        }
        let class = value.class().name();
        Err(vm.type_error(format!("got an invalid type in Constant: {class}")))
    }

    fn module(&mut self, value: &Value, mode: syntax::Mode) -> PyResult<Mod> {
        Ok(match mode {
            syntax::Mode::Exec => {
                let body = self.list(value, "Module", "body", Self::stmt)?;
                self.list(value, "Module", "type_ignores", |this, item| {
                    this.node_of(item, Node::AnyTypeIgnore)?;
                    this.int_field(item, "TypeIgnore", "lineno")?;
                    this.required(item, "TypeIgnore", "tag")
                })?;
                Mod::Module(body)
            }
            syntax::Mode::Single => {
                Mod::Interactive(self.list(value, "Interactive", "body", Self::stmt)?)
            }
            syntax::Mode::Eval => Mod::Expression(self.boxed(value, "Expression", "body")?),
            syntax::Mode::FuncType => Mod::FunctionType {
                argtypes: self.exprs(value, "FunctionType", "argtypes")?,
                returns: self.boxed(value, "FunctionType", "returns")?,
            },
        })
    }

    pub(super) fn stmts(&mut self, node: &Value, owner: &str, name: &str) -> PyResult<Vec<Stmt>> {
        self.list(node, owner, name, Self::stmt)
    }

    pub(super) fn exprs(&mut self, node: &Value, owner: &str, name: &str) -> PyResult<Vec<Expr>> {
        self.list(node, owner, name, |this, item| {
            if item.is_none() {
                return Err(this.vm.value_error("None disallowed in expression list"));
            }
            this.expr(item)
        })
    }

    /// Expressions of which some may be None.
    pub(super) fn opt_exprs(
        &mut self,
        node: &Value,
        owner: &str,
        name: &str,
    ) -> PyResult<Vec<Option<Expr>>> {
        self.list(node, owner, name, |this, item| {
            if item.is_none() { Ok(None) } else { this.expr(item).map(Some) }
        })
    }

    pub(super) fn expr_field(&mut self, node: &Value, owner: &str, name: &str) -> PyResult<Expr> {
        let value = self.required(node, owner, name)?;
        self.expr(&value)
    }

    pub(super) fn boxed(&mut self, node: &Value, owner: &str, name: &str) -> PyResult<Box<Expr>> {
        self.expr_field(node, owner, name).map(Box::new)
    }

    pub(super) fn opt_expr(&mut self, node: &Value, name: &str) -> PyResult<Option<Expr>> {
        let value = self.optional(node, name)?;
        value.map(|value| self.expr(&value)).transpose()
    }

    pub(super) fn opt_boxed(&mut self, node: &Value, name: &str) -> PyResult<Option<Box<Expr>>> {
        Ok(self.opt_expr(node, name)?.map(Box::new))
    }

    pub(super) fn alias(&mut self, node: &Value) -> PyResult<Alias> {
        let name = self.name_field(node, "alias", "name")?;
        let asname = self.opt_name(node, "asname")?;
        let span = self.span(node, "alias", true)?;
        Ok(Alias { span, name, asname })
    }

    pub(super) fn keyword(&mut self, node: &Value) -> PyResult<Keyword> {
        self.enter("keyword")?;
        let arg = self.opt_name(node, "arg")?;
        let value = self.expr_field(node, "keyword", "value")?;
        let span = self.span(node, "keyword", true)?;
        Ok(Keyword { span, arg, value })
    }

    pub(super) fn with_item(&mut self, node: &Value) -> PyResult<WithItem> {
        Ok(WithItem {
            context_expr: self.expr_field(node, "withitem", "context_expr")?,
            optional_vars: self.opt_expr(node, "optional_vars")?,
        })
    }

    pub(super) fn comprehension(&mut self, node: &Value) -> PyResult<Comprehension> {
        Ok(Comprehension {
            target: self.expr_field(node, "comprehension", "target")?,
            iter: self.expr_field(node, "comprehension", "iter")?,
            ifs: self.exprs(node, "comprehension", "ifs")?,
            is_async: self.int_field(node, "comprehension", "is_async")? != 0,
        })
    }

    fn arg(&mut self, node: &Value) -> PyResult<Arg> {
        let arg = self.name_field(node, "arg", "arg")?;
        let annotation = self.opt_boxed(node, "annotation")?;
        self.check_text(node, "type_comment")?;
        let span = self.span(node, "arg", true)?;
        Ok(Arg { span, arg, annotation })
    }

    fn opt_arg(&mut self, node: &Value, name: &str) -> PyResult<Option<Box<Arg>>> {
        let value = self.optional(node, name)?;
        value.map(|value| self.arg(&value).map(Box::new)).transpose()
    }

    /// The parameters in field `args` of a node.
    pub(super) fn arguments(&mut self, owner_node: &Value, owner: &str) -> PyResult<Arguments> {
        let node = &self.required(owner_node, owner, "args")?;
        Ok(Arguments {
            posonlyargs: self.list(node, "arguments", "posonlyargs", Self::arg)?,
            args: self.list(node, "arguments", "args", Self::arg)?,
            vararg: self.opt_arg(node, "vararg")?,
            kwonlyargs: self.list(node, "arguments", "kwonlyargs", Self::arg)?,
            kw_defaults: self.opt_exprs(node, "arguments", "kw_defaults")?,
            kwarg: self.opt_arg(node, "kwarg")?,
            defaults: self.exprs(node, "arguments", "defaults")?,
        })
    }

    pub(super) fn type_param(&mut self, node: &Value) -> PyResult<TypeParam> {
        self.enter("type_param")?;
        let span = self.span(node, "type_param", false)?;
        let kind = match self.node_of(node, Node::AnyTypeParam)? {
            Node::TypeVar => TypeParamKind::TypeVar {
                name: self.name_field(node, "TypeVar", "name")?,
                bound: self.opt_boxed(node, "bound")?,
                default_value: self.opt_boxed(node, "default_value")?,
            },
            Node::ParamSpec => TypeParamKind::ParamSpec {
                name: self.name_field(node, "ParamSpec", "name")?,
                default_value: self.opt_boxed(node, "default_value")?,
            },
            _ => TypeParamKind::TypeVarTuple {
                name: self.name_field(node, "TypeVarTuple", "name")?,
                default_value: self.opt_boxed(node, "default_value")?,
            },
        };
        Ok(TypeParam { span, kind })
    }

    pub(super) fn match_case(&mut self, node: &Value) -> PyResult<MatchCase> {
        let pattern = self.required(node, "match_case", "pattern")?;
        Ok(MatchCase {
            pattern: self.pattern(&pattern)?,
            guard: self.opt_expr(node, "guard")?,
            body: self.stmts(node, "match_case", "body")?,
        })
    }
}
