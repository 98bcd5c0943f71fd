//! Every node of the Python 3.14 grammar tree (`Parser/Python.asdl` in CPython), with CPython's names.
//!
//! A node that has attributes in CPython is a struct of `span` and `kind`. Spans are byte ranges of the
//! source; lines and columns come from the one line table (`base::span::LineIndex`).

#![expect(
    missing_docs,
    reason = "fields of variants have the names of CPython's grammar tree, which documents them"
)]

use base::span::Span;
use base::wstr::WString;

use crate::names::Identifier;

/// What was parsed, by mode.
#[derive(Debug)]
pub enum Mod {
    /// `mode="exec"`: a file.
    Module(Vec<Stmt>),
    /// `mode="single"`: one interactive input.
    Interactive(Vec<Stmt>),
    /// `mode="eval"`: one expression.
    Expression(Box<Expr>),
    /// `mode="func_type"`: the types of a function's arguments and of its result.
    FunctionType {
        /// The arguments.
        argtypes: Vec<Expr>,
        /// The result.
        returns: Box<Expr>,
    },
}

/// A statement and where it stands.
#[derive(Debug)]
pub struct Stmt {
    /// From the first token to the last; a decorated definition starts at `def` or `class`.
    pub span: Span,
    /// Which statement.
    pub kind: StmtKind,
}

/// The statements.
#[derive(Debug)]
pub enum StmtKind {
    /// `def`
    FunctionDef(Box<FunctionDef>),
    /// `async def`
    AsyncFunctionDef(Box<FunctionDef>),
    /// `class`
    ClassDef(Box<ClassDef>),
    /// `return`
    Return { value: Option<Box<Expr>> },
    /// `del`
    Delete { targets: Vec<Expr> },
    /// `a = b = value`
    Assign { targets: Vec<Expr>, value: Box<Expr> },
    /// `type X[T] = value`
    TypeAlias { name: Box<Expr>, type_params: Vec<TypeParam>, value: Box<Expr> },
    /// `target op= value`
    AugAssign { target: Box<Expr>, op: Operator, value: Box<Expr> },
    /// `target: annotation = value`; `simple` when the target is a bare name
    AnnAssign { target: Box<Expr>, annotation: Box<Expr>, value: Option<Box<Expr>>, simple: bool },
    /// `for`
    For(Box<For>),
    /// `async for`
    AsyncFor(Box<For>),
    /// `while`
    While { test: Box<Expr>, body: Vec<Stmt>, orelse: Vec<Stmt> },
    /// `if`; an `elif` is an `If` alone in `orelse`
    If { test: Box<Expr>, body: Vec<Stmt>, orelse: Vec<Stmt> },
    /// `with`
    With { items: Vec<WithItem>, body: Vec<Stmt> },
    /// `async with`
    AsyncWith { items: Vec<WithItem>, body: Vec<Stmt> },
    /// `match`
    Match { subject: Box<Expr>, cases: Vec<MatchCase> },
    /// `raise exc from cause`
    Raise { exc: Option<Box<Expr>>, cause: Option<Box<Expr>> },
    /// `try` with `except`
    Try(Box<Try>),
    /// `try` with `except*`
    TryStar(Box<Try>),
    /// `assert`
    Assert { test: Box<Expr>, msg: Option<Box<Expr>> },
    /// `import`
    Import { names: Vec<Alias> },
    /// `from module import names`; `level` counts the leading dots
    ImportFrom { module: Option<Identifier>, names: Vec<Alias>, level: u32 },
    /// `global`
    Global { names: Vec<Identifier> },
    /// `nonlocal`
    Nonlocal { names: Vec<Identifier> },
    /// an expression as a statement
    Expr { value: Box<Expr> },
    /// `pass`
    Pass,
    /// `break`
    Break,
    /// `continue`
    Continue,
}

/// The parts of `def` and `async def`.
#[derive(Debug)]
pub struct FunctionDef {
    /// The function's name.
    pub name: Identifier,
    /// Parameters.
    pub args: Arguments,
    /// The body, at least one statement.
    pub body: Vec<Stmt>,
    /// Decorators, outermost first.
    pub decorator_list: Vec<Expr>,
    /// The annotation after `->`.
    pub returns: Option<Expr>,
    /// PEP 695 parameters.
    pub type_params: Vec<TypeParam>,
}

/// The parts of `class`.
#[derive(Debug)]
pub struct ClassDef {
    /// The class's name.
    pub name: Identifier,
    /// Positional bases.
    pub bases: Vec<Expr>,
    /// Keyword arguments, `metaclass=` among them.
    pub keywords: Vec<Keyword>,
    /// The body, at least one statement.
    pub body: Vec<Stmt>,
    /// Decorators, outermost first.
    pub decorator_list: Vec<Expr>,
    /// PEP 695 parameters.
    pub type_params: Vec<TypeParam>,
}

/// The parts of `for` and `async for`.
#[derive(Debug)]
pub struct For {
    /// What each item is assigned to.
    pub target: Expr,
    /// What is iterated.
    pub iter: Expr,
    /// The body.
    pub body: Vec<Stmt>,
    /// The `else` block.
    pub orelse: Vec<Stmt>,
}

/// The parts of `try`.
#[derive(Debug)]
pub struct Try {
    /// The guarded block.
    pub body: Vec<Stmt>,
    /// The handlers.
    pub handlers: Vec<ExceptHandler>,
    /// The `else` block.
    pub orelse: Vec<Stmt>,
    /// The `finally` block.
    pub finalbody: Vec<Stmt>,
}

/// An expression and where it stands.
#[derive(Debug)]
pub struct Expr {
    /// From the first token to the last; parentheses around it are not part of it.
    pub span: Span,
    /// Which expression.
    pub kind: ExprKind,
}

/// The expressions.
#[derive(Debug)]
pub enum ExprKind {
    /// `a and b and c`: one node for a run of the same operator
    BoolOp { op: BoolOp, values: Vec<Expr> },
    /// `target := value`
    NamedExpr { target: Box<Expr>, value: Box<Expr> },
    /// `left op right`
    BinOp { left: Box<Expr>, op: Operator, right: Box<Expr> },
    /// `op operand`
    UnaryOp { op: UnaryOp, operand: Box<Expr> },
    /// `lambda args: body`
    Lambda(Box<Lambda>),
    /// `body if test else orelse`
    IfExp { test: Box<Expr>, body: Box<Expr>, orelse: Box<Expr> },
    /// `{key: value, **value}`; a `None` key is a `**`
    Dict { keys: Vec<Option<Expr>>, values: Vec<Expr> },
    /// `{a, b}`
    Set { elts: Vec<Expr> },
    /// `[elt for ...]`
    ListComp { elt: Box<Expr>, generators: Vec<Comprehension> },
    /// `{elt for ...}`
    SetComp { elt: Box<Expr>, generators: Vec<Comprehension> },
    /// `{key: value for ...}`
    DictComp { key: Box<Expr>, value: Box<Expr>, generators: Vec<Comprehension> },
    /// `(elt for ...)`
    GeneratorExp { elt: Box<Expr>, generators: Vec<Comprehension> },
    /// `await value`
    Await { value: Box<Expr> },
    /// `yield value`
    Yield { value: Option<Box<Expr>> },
    /// `yield from value`
    YieldFrom { value: Box<Expr> },
    /// `left op comparator op comparator`; as many operators as comparators
    Compare { left: Box<Expr>, ops: Vec<CmpOp>, comparators: Vec<Expr> },
    /// `func(args, keywords)`
    Call { func: Box<Expr>, args: Vec<Expr>, keywords: Vec<Keyword> },
    /// one `{...}` of an f-string
    FormattedValue(Box<FormattedValue>),
    /// one `{...}` of a t-string
    Interpolation(Box<Interpolation>),
    /// an f-string: constants and formatted values
    JoinedStr { values: Vec<Expr> },
    /// a t-string: constants and interpolations
    TemplateStr { values: Vec<Expr> },
    /// a literal; `kind_u` when it was written with a `u` prefix
    Constant { value: Constant, kind_u: bool },
    /// `value.attr`
    Attribute { value: Box<Expr>, attr: Identifier, ctx: ExprContext },
    /// `value[slice]`
    Subscript { value: Box<Expr>, slice: Box<Expr>, ctx: ExprContext },
    /// `*value`
    Starred { value: Box<Expr>, ctx: ExprContext },
    /// a name
    Name { id: Identifier, ctx: ExprContext },
    /// `[a, b]`
    List { elts: Vec<Expr>, ctx: ExprContext },
    /// `(a, b)` or `a, b`
    Tuple { elts: Vec<Expr>, ctx: ExprContext },
    /// `lower:upper:step` inside a subscript
    Slice { lower: Option<Box<Expr>>, upper: Option<Box<Expr>>, step: Option<Box<Expr>> },
}

/// The parts of `lambda`.
#[derive(Debug)]
pub struct Lambda {
    /// Parameters.
    pub args: Arguments,
    /// The value.
    pub body: Expr,
}

/// `{value!conversion:format_spec}` of an f-string.
#[derive(Debug)]
pub struct FormattedValue {
    /// The expression.
    pub value: Expr,
    /// `!s`, `!r`, `!a`.
    pub conversion: Conversion,
    /// A `JoinedStr`.
    pub format_spec: Option<Expr>,
}

/// `{value!conversion:format_spec}` of a t-string.
#[derive(Debug)]
pub struct Interpolation {
    /// The expression.
    pub value: Expr,
    /// The expression's source text.
    pub str: WString,
    /// `!s`, `!r`, `!a`.
    pub conversion: Conversion,
    /// A `JoinedStr`.
    pub format_spec: Option<Expr>,
}

/// The conversion of a replacement field; the numbers are the tree's in CPython.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i8)]
pub enum Conversion {
    /// none
    None = -1,
    /// `!s`
    Str = 115,
    /// `!r`
    Repr = 114,
    /// `!a`
    Ascii = 97,
}

/// A literal's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// `None`
    None,
    /// `True`
    True,
    /// `False`
    False,
    /// `...`
    Ellipsis,
    /// text, possibly with lone surrogates
    Str(WString),
    /// bytes
    Bytes(Box<[u8]>),
    /// an integer that fits 64 bits
    Int(i64),
    /// a larger integer
    BigInt(Box<base::int::BigInt>),
    /// a float
    Float(f64),
    /// a complex number; a literal has an imaginary part only
    Complex(f64, f64),
    /// a tuple; no literal is one, but a tree made by a program may have it
    Tuple(Vec<Constant>),
    /// a frozenset, as the tuple
    FrozenSet(Vec<Constant>),
}

/// What is done with a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExprContext {
    /// read
    Load,
    /// assigned
    Store,
    /// deleted
    Del,
}

/// `and`, `or`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoolOp {
    /// `and`
    And,
    /// `or`
    Or,
}

/// The binary operators, in the order of CPython's grammar tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mult,
    /// `@`
    MatMult,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `**`
    Pow,
    /// `<<`
    LShift,
    /// `>>`
    RShift,
    /// `|`
    BitOr,
    /// `^`
    BitXor,
    /// `&`
    BitAnd,
    /// `//`
    FloorDiv,
}

/// The unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `~`
    Invert,
    /// `not`
    Not,
    /// `+`
    UAdd,
    /// `-`
    USub,
}

/// The comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CmpOp {
    /// `==`
    Eq,
    /// `!=`
    NotEq,
    /// `<`
    Lt,
    /// `<=`
    LtE,
    /// `>`
    Gt,
    /// `>=`
    GtE,
    /// `is`
    Is,
    /// `is not`
    IsNot,
    /// `in`
    In,
    /// `not in`
    NotIn,
}

/// `for target in iter if ...` of a comprehension.
#[derive(Debug)]
pub struct Comprehension {
    /// What each item is assigned to.
    pub target: Expr,
    /// What is iterated.
    pub iter: Expr,
    /// The conditions.
    pub ifs: Vec<Expr>,
    /// `async for`
    pub is_async: bool,
}

/// `except type as name: body`.
#[derive(Debug)]
pub struct ExceptHandler {
    /// The whole clause.
    pub span: Span,
    /// The class or tuple; `None` for a bare `except:`.
    pub type_: Option<Expr>,
    /// The name after `as`.
    pub name: Option<Identifier>,
    /// The body.
    pub body: Vec<Stmt>,
}

/// A parameter list.
#[derive(Debug, Default)]
pub struct Arguments {
    /// Before `/`.
    pub posonlyargs: Vec<Arg>,
    /// Positional or keyword.
    pub args: Vec<Arg>,
    /// `*args`
    pub vararg: Option<Box<Arg>>,
    /// After `*`.
    pub kwonlyargs: Vec<Arg>,
    /// One for each keyword-only parameter.
    pub kw_defaults: Vec<Option<Expr>>,
    /// `**kwargs`
    pub kwarg: Option<Box<Arg>>,
    /// Of the last positional parameters.
    pub defaults: Vec<Expr>,
}

/// One parameter.
#[derive(Debug)]
pub struct Arg {
    /// Name and annotation.
    pub span: Span,
    /// The name.
    pub arg: Identifier,
    /// After `:`.
    pub annotation: Option<Box<Expr>>,
}

/// `arg=value` or `**value` of a call or class.
#[derive(Debug)]
pub struct Keyword {
    /// The whole argument.
    pub span: Span,
    /// `None` for `**`.
    pub arg: Option<Identifier>,
    /// The value.
    pub value: Expr,
}

/// `name as asname` of an import.
#[derive(Debug)]
pub struct Alias {
    /// The whole entry.
    pub span: Span,
    /// The dotted name, or `*`.
    pub name: Identifier,
    /// After `as`.
    pub asname: Option<Identifier>,
}

/// `context_expr as optional_vars` of `with`.
#[derive(Debug)]
pub struct WithItem {
    /// The context manager.
    pub context_expr: Expr,
    /// The target.
    pub optional_vars: Option<Expr>,
}

/// `case pattern if guard: body`.
#[derive(Debug)]
pub struct MatchCase {
    /// The pattern.
    pub pattern: Pattern,
    /// After `if`.
    pub guard: Option<Expr>,
    /// The body.
    pub body: Vec<Stmt>,
}

/// A pattern and where it stands.
#[derive(Debug)]
pub struct Pattern {
    /// The pattern's text.
    pub span: Span,
    /// Which pattern.
    pub kind: PatternKind,
}

/// The patterns.
#[derive(Debug)]
pub enum PatternKind {
    /// compared with `==`
    MatchValue { value: Box<Expr> },
    /// compared with `is`: `None`, `True`, `False`
    MatchSingleton { value: Constant },
    /// `[a, *b]`
    MatchSequence { patterns: Vec<Pattern> },
    /// `{key: pattern, **rest}`
    MatchMapping { keys: Vec<Expr>, patterns: Vec<Pattern>, rest: Option<Identifier> },
    /// `Class(patterns, attr=pattern)`
    MatchClass(Box<MatchClass>),
    /// `*name`; no name for `*_`
    MatchStar { name: Option<Identifier> },
    /// `pattern as name`, a capture, or `_` (neither)
    MatchAs { pattern: Option<Box<Pattern>>, name: Option<Identifier> },
    /// `a | b`
    MatchOr { patterns: Vec<Pattern> },
}

/// The parts of a class pattern.
#[derive(Debug)]
pub struct MatchClass {
    /// The class.
    pub cls: Expr,
    /// Positional patterns.
    pub patterns: Vec<Pattern>,
    /// Attribute names, one for each of `kwd_patterns`.
    pub kwd_attrs: Vec<Identifier>,
    /// Their patterns.
    pub kwd_patterns: Vec<Pattern>,
}

/// A type parameter and where it stands.
#[derive(Debug)]
pub struct TypeParam {
    /// The whole parameter.
    pub span: Span,
    /// Which kind.
    pub kind: TypeParamKind,
}

/// The kinds of type parameter.
#[derive(Debug)]
pub enum TypeParamKind {
    /// `T: bound = default`
    TypeVar { name: Identifier, bound: Option<Box<Expr>>, default_value: Option<Box<Expr>> },
    /// `**P = default`
    ParamSpec { name: Identifier, default_value: Option<Box<Expr>> },
    /// `*Ts = default`
    TypeVarTuple { name: Identifier, default_value: Option<Box<Expr>> },
}
