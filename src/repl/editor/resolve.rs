//! What an expression that is being typed gives, as far as that can be said without running anything: names, attributes,
//! constant subscripts, literals, and the class of what a class or a known function returns.

use objects::core::type_object::PyType;
use objects::core::value::Value;
use objects::core::vm::Vm;
use syntax::highlight::{Class, Highlight, highlight};

use super::complete::Scope;
use crate::look::{self, Key};

/// What is known of an expression's value.
#[derive(Clone, Debug)]
pub(super) enum Known {
    /// The object itself.
    Object(Value),
    /// Only its class.
    Instance(Value),
}

impl Known {
    /// The object, where it is known.
    pub(super) fn object(self) -> Option<Value> {
        match self {
            Self::Object(value) => Some(value),
            Self::Instance(_) => None,
        }
    }

    /// The name of its class.
    fn class_name(&self) -> Option<String> {
        match self {
            Self::Object(value) => Some(value.class().name()),
            Self::Instance(class) => class.downcast::<PyType>().map(|class| class.name()),
        }
    }

    fn attribute(&self, vm: Vm<'_>, name: &str) -> Option<Value> {
        match self {
            Self::Object(value) => look::attribute(vm, value, name),
            Self::Instance(class) => class_attribute(vm, class, name),
        }
    }
}

/// What a class or one that it inherits from has under a name.
pub(super) fn class_attribute(vm: Vm<'_>, class: &Value, name: &str) -> Option<Value> {
    let key = vm.intern(name);
    let mro = class.downcast::<PyType>()?.mro_tuple();
    mro.items().iter().find_map(|class| class.downcast::<PyType>()?.namespace().get_str(&key))
}

/// What the functions of `builtins` return: the class, and their names.
const OF_FUNCTIONS: &[(&str, &str)] = &[
    ("str", "ascii bin chr format hex input oct repr"),
    ("int", "hash id len ord"),
    ("bool", "all any callable hasattr isinstance issubclass"),
    ("list", "dir sorted"),
    ("dict", "globals locals vars"),
];

/// What methods of builtin classes return: the class of the object, the class, and their names.
const OF_METHODS: &[(&str, &str, &str)] = &[
    (
        "str",
        "str",
        "capitalize casefold center expandtabs format format_map join ljust lower lstrip removeprefix removesuffix replace rjust rstrip strip swapcase title translate upper zfill",
    ),
    ("str", "list", "rsplit split splitlines"),
    ("str", "tuple", "partition rpartition"),
    ("str", "bytes", "encode"),
    ("str", "int", "count find index rfind rindex"),
    ("bytes", "str", "decode hex"),
    (
        "bytes",
        "bytes",
        "capitalize center expandtabs join ljust lower lstrip removeprefix removesuffix replace rjust rstrip strip swapcase title translate upper zfill",
    ),
    ("bytes", "list", "rsplit split splitlines"),
    ("bytes", "int", "count find index rfind rindex"),
    ("dict", "dict", "copy"),
    ("list", "list", "copy"),
    ("list", "int", "count index"),
    ("tuple", "int", "count index"),
    ("set", "set", "copy difference intersection symmetric_difference union"),
    ("int", "int", "bit_count bit_length"),
    ("int", "bytes", "to_bytes"),
    ("float", "str", "hex"),
];

struct Text<'t> {
    text: &'t str,
    spans: Vec<Highlight>,
}

impl<'t> Text<'t> {
    fn piece(&self, index: usize) -> &'t str {
        let span = self.spans.get(index).map(|span| span.span);
        span.and_then(|span| self.text.get(span.start as usize..span.end as usize))
            .unwrap_or_default()
    }

    fn class(&self, index: usize) -> Option<Class> {
        self.spans.get(index).map(|span| span.class)
    }

    fn is_name(&self, index: usize) -> bool {
        matches!(self.class(index), Some(Class::Name | Class::Attribute | Class::Decorator))
    }

    fn is_bracket(&self, index: usize) -> bool {
        !matches!(self.class(index), Some(Class::String | Class::Comment))
    }

    /// The bracket that the one at `close` closes.
    fn opening(&self, close: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for index in (0..=close).rev().filter(|index| self.is_bracket(*index)) {
            match self.piece(index) {
                ")" | "]" | "}" => depth += 1,
                "(" | "[" | "{" => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(index);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The bracket that closes the one at `open`.
    fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for index in (open..self.spans.len()).filter(|index| self.is_bracket(*index)) {
            match self.piece(index) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(index);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Whether a piece stands between two brackets, and not in others inside them.
    fn has_inside(&self, open: usize, close: usize, wanted: &str) -> bool {
        let mut depth = 0_usize;
        (open + 1..close).filter(|index| self.is_bracket(*index)).any(|index| {
            match self.piece(index) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                piece => return depth == 0 && piece == wanted,
            }
            false
        })
    }

    /// Where the expression begins that the last token ends.
    fn start(&self) -> Option<usize> {
        let mut at = self.spans.len().checked_sub(1)?;
        loop {
            match self.piece(at) {
                closing @ (")" | "]" | "}") if self.is_bracket(at) => {
                    let open = self.opening(at)?;
                    let before = open.checked_sub(1).filter(|before| {
                        closing != "}"
                            && (self.is_name(*before)
                                || matches!(self.piece(*before), ")" | "]")
                                || self.class(*before) == Some(Class::String))
                    });
                    match before {
                        Some(before) => at = before,
                        None => return Some(open),
                    }
                }
                _ if self.is_name(at) => {
                    match at.checked_sub(2).filter(|_| self.piece(at - 1) == ".") {
                        Some(before) => at = before,
                        None => return Some(at),
                    }
                }
                _ if matches!(self.class(at), Some(Class::String | Class::Number)) => {
                    return Some(at);
                }
                _ => return None,
            }
        }
    }
}

/// What the expression at the end of `text` gives; None where that cannot be said.
pub(super) fn resolve(scope: &Scope<'_, '_>, text: &str) -> Option<Known> {
    let text = Text { text, spans: highlight(text) };
    let vm = scope.vm;
    let mut at = text.start()?;
    let (mut known, mut next) = atom(scope, &text, at)?;
    // The function of `builtins` or the method that a call behind it is of.
    let mut callee = Callee { owner: None, name: text.piece(at).to_owned() };
    at = next;
    while at < text.spans.len() {
        match text.piece(at) {
            "." => {
                let name = text.piece(at + 1);
                callee = Callee { owner: known.class_name(), name: name.to_owned() };
                let value = known.attribute(vm, name)?;
                if look::is_computed(&value) {
                    return None;
                }
                known = Known::Object(value);
                next = at + 2;
            }
            "[" => {
                let close = text.closing(at)?;
                known = item(vm, &text, known, at, close)?;
                next = close + 1;
            }
            "(" => {
                known = called(scope, known, &callee)?;
                next = text.closing(at)? + 1;
            }
            _ => return None,
        }
        at = next;
    }
    Some(known)
}

struct Callee {
    owner: Option<String>,
    name: String,
}

/// A class of `builtins`, of which something is an instance.
fn instance(vm: Vm<'_>, name: &str) -> Option<Known> {
    let class = vm.interpreter().builtins.get_str(&vm.intern(name))?;
    class.downcast::<PyType>()?;
    Some(Known::Instance(class))
}

/// What stands first: a literal or a name, and where it ends.
fn atom(scope: &Scope<'_, '_>, text: &Text<'_>, at: usize) -> Option<(Known, usize)> {
    let vm = scope.vm;
    let piece = text.piece(at);
    let known = match text.class(at)? {
        Class::String => {
            let prefix = piece.split(['"', '\'']).next().unwrap_or_default();
            let is_bytes = prefix.contains(['b', 'B']);
            return Some((instance(vm, if is_bytes { "bytes" } else { "str" })?, at + 1));
        }
        Class::Number if piece.ends_with(['j', 'J']) => instance(vm, "complex")?,
        Class::Number if piece.contains('.') || is_exponent(piece) => instance(vm, "float")?,
        Class::Number => instance(vm, "int")?,
        _ if text.is_name(at) => Known::Object(super::complete::lookup(scope, piece)?),
        _ => {
            let close = text.closing(at)?;
            let has = |wanted: &str| text.has_inside(at, close, wanted);
            let name = match piece {
                "[" => "list",
                "{" if has(":") || close == at + 1 => "dict",
                "{" => "set",
                "(" if has("for") => return None,
                "(" if has(",") || close == at + 1 => "tuple",
                "(" => {
                    let (first, last) = (text.spans.get(at + 1)?, text.spans.get(close - 1)?);
                    let inner = text.text.get(first.span.start as usize..last.span.end as usize)?;
                    // Only if the expression that ends it is all of it.
                    let whole = Text { text: inner, spans: highlight(inner) };
                    if whole.start() != Some(0) {
                        return None;
                    }
                    return Some((resolve(scope, inner)?, close + 1));
                }
                _ => return None,
            };
            return Some((instance(vm, name)?, close + 1));
        }
    };
    Some((known, at + 1))
}

fn is_exponent(number: &str) -> bool {
    !number.starts_with("0x") && !number.starts_with("0X") && number.contains(['e', 'E'])
}

/// What a subscript gives: the item of a constant key, or a part of the same class.
fn item(vm: Vm<'_>, text: &Text<'_>, known: Known, open: usize, close: usize) -> Option<Known> {
    if text.has_inside(open, close, ":") {
        let name = known.class_name()?;
        let is_sequence = matches!(name.as_str(), "str" | "bytes" | "list" | "tuple" | "range");
        return if is_sequence { instance(vm, &name) } else { None };
    }
    if known.class_name()? == "str" {
        return instance(vm, "str");
    }
    if close != open + 2 {
        return None;
    }
    let object = known.object()?;
    look::item(vm, &object, &key(text.piece(open + 1))?).map(Known::Object)
}

fn key(text: &str) -> Option<Key> {
    if let Ok(number) = text.parse() {
        return Some(Key::Number(number));
    }
    let quote = text.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inner.contains('\\')).then(|| Key::Text(inner.to_owned()))
}

/// What a call gives: an instance of the class that is called, or what the function is known to return.
fn called(scope: &Scope<'_, '_>, callee: Known, said: &Callee) -> Option<Known> {
    let vm = scope.vm;
    let value = callee.object()?;
    if value.downcast::<PyType>().is_some() {
        // `type(x)` is a class of its own.
        return (said.name != "type").then_some(Known::Instance(value));
    }
    let lists = |names: &str| names.split(' ').any(|name| name == said.name);
    let result = match &said.owner {
        Some(owner) => {
            let row = OF_METHODS.iter().find(|(class, _, names)| class == owner && lists(names));
            row.map(|(_, result, _)| *result)
        }
        None => {
            let known = vm.interpreter().builtins.get_str(&vm.intern(&said.name));
            let is_builtin = known.is_some_and(|known| known.is(&value));
            let row = OF_FUNCTIONS.iter().find(|(_, names)| is_builtin && lists(names));
            row.map(|(result, _)| *result)
        }
    };
    instance(vm, result?)
}

/// What the members of an instance of a class are called, those of its bases included.
pub(super) fn instance_names(class: &Value) -> Vec<String> {
    let Some(class) = class.downcast::<PyType>() else { return Vec::new() };
    let mro = class.mro_tuple();
    let classes = mro.items().iter().filter_map(|class| class.downcast::<PyType>());
    let mut names: Vec<String> = classes
        .flat_map(|class| class.namespace().string_keys())
        .map(|key| key.to_rust_string())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
