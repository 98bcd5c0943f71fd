//! The tree's grammar: every node class with its fields, and the classes' numbers.
//!
//! The text is the docstrings of the classes; a line that does not begin with a bar begins a new class.

/// Rows of an enum with the names that Python knows.
macro_rules! classes {
    ($($variant:ident $name:literal,)*) => {
        /// A node class, in the order of [`GRAMMAR`]; `Any` classes are bases only.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Node {
            $($variant,)*
        }

        impl Node {
            /// Every number, in order.
            const ALL: &[Self] = &[$(Self::$variant,)*];
        }

        /// The classes' names.
        pub(super) const NAMES: &[&str] = &[$($name,)*];
    };
}

classes! {
    AnyMod "mod",
    Module "Module",
    Interactive "Interactive",
    Expression "Expression",
    FunctionType "FunctionType",
    AnyStmt "stmt",
    FunctionDef "FunctionDef",
    AsyncFunctionDef "AsyncFunctionDef",
    ClassDef "ClassDef",
    Return "Return",
    Delete "Delete",
    Assign "Assign",
    TypeAlias "TypeAlias",
    AugAssign "AugAssign",
    AnnAssign "AnnAssign",
    For "For",
    AsyncFor "AsyncFor",
    While "While",
    If "If",
    With "With",
    AsyncWith "AsyncWith",
    Match "Match",
    Raise "Raise",
    Try "Try",
    TryStar "TryStar",
    Assert "Assert",
    Import "Import",
    ImportFrom "ImportFrom",
    Global "Global",
    Nonlocal "Nonlocal",
    Expr "Expr",
    Pass "Pass",
    Break "Break",
    Continue "Continue",
    AnyExpr "expr",
    BoolOp "BoolOp",
    NamedExpr "NamedExpr",
    BinOp "BinOp",
    UnaryOp "UnaryOp",
    Lambda "Lambda",
    IfExp "IfExp",
    Dict "Dict",
    Set "Set",
    ListComp "ListComp",
    SetComp "SetComp",
    DictComp "DictComp",
    GeneratorExp "GeneratorExp",
    Await "Await",
    Yield "Yield",
    YieldFrom "YieldFrom",
    Compare "Compare",
    Call "Call",
    FormattedValue "FormattedValue",
    Interpolation "Interpolation",
    JoinedStr "JoinedStr",
    TemplateStr "TemplateStr",
    Constant "Constant",
    Attribute "Attribute",
    Subscript "Subscript",
    Starred "Starred",
    Name "Name",
    List "List",
    Tuple "Tuple",
    Slice "Slice",
    AnyExprContext "expr_context",
    Load "Load",
    Store "Store",
    Del "Del",
    AnyBoolop "boolop",
    And "And",
    Or "Or",
    AnyOperator "operator",
    Add "Add",
    Sub "Sub",
    Mult "Mult",
    MatMult "MatMult",
    Div "Div",
    Mod "Mod",
    Pow "Pow",
    LShift "LShift",
    RShift "RShift",
    BitOr "BitOr",
    BitXor "BitXor",
    BitAnd "BitAnd",
    FloorDiv "FloorDiv",
    AnyUnaryop "unaryop",
    Invert "Invert",
    Not "Not",
    UAdd "UAdd",
    USub "USub",
    AnyCmpop "cmpop",
    Eq "Eq",
    NotEq "NotEq",
    Lt "Lt",
    LtE "LtE",
    Gt "Gt",
    GtE "GtE",
    Is "Is",
    IsNot "IsNot",
    In "In",
    NotIn "NotIn",
    Comprehension "comprehension",
    AnyExcepthandler "excepthandler",
    ExceptHandler "ExceptHandler",
    Arguments "arguments",
    Arg "arg",
    Keyword "keyword",
    Alias "alias",
    Withitem "withitem",
    MatchCase "match_case",
    AnyPattern "pattern",
    MatchValue "MatchValue",
    MatchSingleton "MatchSingleton",
    MatchSequence "MatchSequence",
    MatchMapping "MatchMapping",
    MatchClass "MatchClass",
    MatchStar "MatchStar",
    MatchAs "MatchAs",
    MatchOr "MatchOr",
    AnyTypeIgnore "type_ignore",
    TypeIgnore "TypeIgnore",
    AnyTypeParam "type_param",
    TypeVar "TypeVar",
    ParamSpec "ParamSpec",
    TypeVarTuple "TypeVarTuple",
}

impl Node {
    /// The class with a number.
    pub(super) fn of_index(index: usize) -> Option<Self> {
        Self::ALL.get(index).copied()
    }
}

/// The grammar, as the classes' docstrings show it.
const GRAMMAR: &str = "\
mod = Module(stmt* body, type_ignore* type_ignores)
    | Interactive(stmt* body)
    | Expression(expr body)
    | FunctionType(expr* argtypes, expr returns)
stmt = FunctionDef(identifier name, arguments args, stmt* body, expr* decorator_list, expr? returns, string? type_comment, type_param* type_params)
     | AsyncFunctionDef(identifier name, arguments args, stmt* body, expr* decorator_list, expr? returns, string? type_comment, type_param* type_params)
     | ClassDef(identifier name, expr* bases, keyword* keywords, stmt* body, expr* decorator_list, type_param* type_params)
     | Return(expr? value)
     | Delete(expr* targets)
     | Assign(expr* targets, expr value, string? type_comment)
     | TypeAlias(expr name, type_param* type_params, expr value)
     | AugAssign(expr target, operator op, expr value)
     | AnnAssign(expr target, expr annotation, expr? value, int simple)
     | For(expr target, expr iter, stmt* body, stmt* orelse, string? type_comment)
     | AsyncFor(expr target, expr iter, stmt* body, stmt* orelse, string? type_comment)
     | While(expr test, stmt* body, stmt* orelse)
     | If(expr test, stmt* body, stmt* orelse)
     | With(withitem* items, stmt* body, string? type_comment)
     | AsyncWith(withitem* items, stmt* body, string? type_comment)
     | Match(expr subject, match_case* cases)
     | Raise(expr? exc, expr? cause)
     | Try(stmt* body, excepthandler* handlers, stmt* orelse, stmt* finalbody)
     | TryStar(stmt* body, excepthandler* handlers, stmt* orelse, stmt* finalbody)
     | Assert(expr test, expr? msg)
     | Import(alias* names)
     | ImportFrom(identifier? module, alias* names, int? level)
     | Global(identifier* names)
     | Nonlocal(identifier* names)
     | Expr(expr value)
     | Pass
     | Break
     | Continue
expr = BoolOp(boolop op, expr* values)
     | NamedExpr(expr target, expr value)
     | BinOp(expr left, operator op, expr right)
     | UnaryOp(unaryop op, expr operand)
     | Lambda(arguments args, expr body)
     | IfExp(expr test, expr body, expr orelse)
     | Dict(expr?* keys, expr* values)
     | Set(expr* elts)
     | ListComp(expr elt, comprehension* generators)
     | SetComp(expr elt, comprehension* generators)
     | DictComp(expr key, expr value, comprehension* generators)
     | GeneratorExp(expr elt, comprehension* generators)
     | Await(expr value)
     | Yield(expr? value)
     | YieldFrom(expr value)
     | Compare(expr left, cmpop* ops, expr* comparators)
     | Call(expr func, expr* args, keyword* keywords)
     | FormattedValue(expr value, int conversion, expr? format_spec)
     | Interpolation(expr value, constant str, int conversion, expr? format_spec)
     | JoinedStr(expr* values)
     | TemplateStr(expr* values)
     | Constant(constant value, string? kind)
     | Attribute(expr value, identifier attr, expr_context ctx)
     | Subscript(expr value, expr slice, expr_context ctx)
     | Starred(expr value, expr_context ctx)
     | Name(identifier id, expr_context ctx)
     | List(expr* elts, expr_context ctx)
     | Tuple(expr* elts, expr_context ctx)
     | Slice(expr? lower, expr? upper, expr? step)
expr_context = Load | Store | Del
boolop = And | Or
operator = Add | Sub | Mult | MatMult | Div | Mod | Pow | LShift | RShift | BitOr | BitXor | BitAnd | FloorDiv
unaryop = Invert | Not | UAdd | USub
cmpop = Eq | NotEq | Lt | LtE | Gt | GtE | Is | IsNot | In | NotIn
comprehension(expr target, expr iter, expr* ifs, int is_async)
excepthandler = ExceptHandler(expr? type, identifier? name, stmt* body)
arguments(arg* posonlyargs, arg* args, arg? vararg, arg* kwonlyargs, expr?* kw_defaults, arg? kwarg, expr* defaults)
arg(identifier arg, expr? annotation, string? type_comment)
keyword(identifier? arg, expr value)
alias(identifier name, identifier? asname)
withitem(expr context_expr, expr? optional_vars)
match_case(pattern pattern, expr? guard, stmt* body)
pattern = MatchValue(expr value)
        | MatchSingleton(constant value)
        | MatchSequence(pattern* patterns)
        | MatchMapping(expr* keys, pattern* patterns, identifier? rest)
        | MatchClass(expr cls, pattern* patterns, identifier* kwd_attrs, pattern* kwd_patterns)
        | MatchStar(identifier? name)
        | MatchAs(pattern? pattern, identifier? name)
        | MatchOr(pattern* patterns)
type_ignore = TypeIgnore(int lineno, string tag)
type_param = TypeVar(identifier name, expr? bound, expr? default_value)
           | ParamSpec(identifier name, expr? default_value)
           | TypeVarTuple(identifier name, expr? default_value)";

/// Classes whose nodes have a position that always ends.
const FULL_POSITION: &[&str] = &["pattern", "type_param"];
/// Classes whose nodes have a position whose end may be missing.
const OPEN_POSITION: &[&str] = &["stmt", "expr", "excepthandler", "arg", "keyword", "alias"];

/// How often a field's type stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    One,
    Optional,
    Many,
}

/// A field of a node class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) class: &'static str,
    pub(super) count: Count,
}

/// Whether nodes of a class have attributes that say where they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    None,
    Full,
    Open,
}

/// A node class.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) doc: &'static str,
    /// The name of the base; None for a direct subclass of `AST`.
    pub(super) base: Option<&'static str>,
    /// None for a class that is a base only.
    pub(super) fields: Option<Vec<Field>>,
    /// What the class itself says about positions; None when it inherits.
    pub(super) position: Option<Position>,
    /// All alternatives of its kind are without fields: one instance serves all.
    pub(super) singleton: bool,
}

fn field(text: &'static str) -> Option<Field> {
    let (class, name) = text.trim().split_once(' ')?;
    let (class, count) = match class.strip_suffix('*') {
        // `expr?*`: items may be missing, which the field's type does not say.
        Some(class) => (class.trim_end_matches('?'), Count::Many),
        None => match class.strip_suffix('?') {
            Some(class) => (class, Count::Optional),
            None => (class, Count::One),
        },
    };
    Some(Field { name, class, count })
}

/// The name and the fields of `Name(type field, ...)`.
fn constructor(text: &'static str) -> (&'static str, Vec<Field>) {
    match text.split_once('(') {
        Some((name, fields)) => {
            (name, fields.trim_end_matches(')').split(',').filter_map(field).collect())
        }
        None => (text, Vec::new()),
    }
}

fn position(name: &str) -> Position {
    if FULL_POSITION.contains(&name) {
        Position::Full
    } else if OPEN_POSITION.contains(&name) {
        Position::Open
    } else {
        Position::None
    }
}

/// The texts of the grammar's definitions, bars included.
fn definitions() -> Vec<&'static str> {
    let mut starts: Vec<usize> = GRAMMAR
        .match_indices('\n')
        .map(|(at, _)| at + 1)
        .filter(|&at| GRAMMAR.get(at..).is_some_and(|rest| !rest.starts_with(' ')))
        .collect();
    starts.insert(0, 0);
    starts.push(GRAMMAR.len() + 1);
    starts.windows(2).filter_map(|pair| GRAMMAR.get(pair[0]..pair[1] - 1)).collect()
}

/// Every node class, each after its base.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for definition in definitions() {
        let Some((sum, alternatives)) = definition.split_once(" = ") else {
            let (name, fields) = constructor(definition);
            rows.push(Row {
                name,
                doc: definition,
                base: None,
                fields: Some(fields),
                position: Some(position(name)),
                singleton: false,
            });
            continue;
        };
        rows.push(Row {
            name: sum,
            doc: definition,
            base: None,
            fields: None,
            position: Some(position(sum)),
            singleton: false,
        });
        let simple = !definition.contains('(');
        for alternative in alternatives.split('|').map(str::trim) {
            let (name, fields) = constructor(alternative);
            rows.push(Row {
                name,
                doc: alternative,
                base: Some(sum),
                fields: Some(fields),
                position: None,
                singleton: simple,
            });
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::{NAMES, Node, rows};

    #[test]
    fn classes_are_numbered_in_the_order_of_the_grammar() {
        let names: Vec<&str> = rows().iter().map(|row| row.name).collect();
        assert_eq!(names, NAMES);
        assert_eq!(NAMES[Node::TypeVarTuple as usize], "TypeVarTuple");
    }
}
