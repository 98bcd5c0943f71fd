//! `pyexpat`: XML parsing by events. `engine` parses (with `scan.rs`, `dtd.rs`, `encoding.rs`), `parser.rs` is the
//! parser object, `dispatch.rs` hands events to its handlers.

mod dispatch;
mod dtd;
mod encoding;
mod engine;
mod parser;
mod scan;

use objects::core::args::Bound;
use objects::core::errors::{PyResult, Raised};
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy::EXCEPTION;
use objects::types::list::PyList;
use objects::types::module::{self, PyModule};
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::types::{self};

use crate::NativeModule;
use engine::Engine;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "pyexpat",
    doc: Some("Python wrapper for Expat parser."),
    functions: FUNCTIONS,
    exec: Some(exec),
};

/// The version of expat that is followed.
pub(crate) const VERSION: (i64, i64, i64) = (2, 9, 0);

/// What is told of a document to native code; the names have their namespaces in front.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Told<'a> {
    /// An element begins, with these attributes.
    Start(&'a str, &'a [(String, String)]),
    /// It ends.
    End(&'a str),
    /// Text, or a part of one.
    Text(&'a str),
    /// A comment.
    Comment(&'a str),
    /// A processing instruction: its target and its text.
    Instruction(&'a str, &'a str),
    /// A namespace's prefix and name begin to hold.
    StartNamespace(Option<&'a str>, Option<&'a str>),
    /// The prefix holds no more.
    EndNamespace(Option<&'a str>),
    /// The document's type.
    Doctype {
        /// The root's name.
        name: &'a str,
        /// The system identifier.
        system: Option<&'a str>,
        /// The public identifier.
        public: Option<&'a str>,
    },
    /// An entity that the document does not define, with the error that it may be, and its place.
    UndefinedEntity {
        /// The entity's name.
        name: &'a str,
        /// The number of the error.
        code: u8,
        /// The line, counted from 1.
        line: u64,
        /// The column, counted from 0.
        column: u64,
    },
}

/// Native code that is told of a document, in place of handlers.
#[derive(Clone, Copy)]
pub(crate) struct Sink {
    /// Is told what was found.
    pub(crate) tell: fn(Vm<'_>, &Value, Told<'_>) -> PyResult<()>,
    /// Makes an error of its number, its text, its line and its column.
    pub(crate) fail: fn(Vm<'_>, u8, &str, u64, u64) -> Raised,
}

/// A parser that tells `sink`; names have their namespace and `separator` in front.
pub(crate) fn make(vm: Vm<'_>, encoding: Option<String>, separator: char, sink: Sink) -> Value {
    let made = parser::new(vm, Engine::new(encoding, Some(Some(separator))), None);
    parser::payload(&made).sink.0.set(Some(sink));
    parser::payload(&made).inner.0.with_mut(|engine| engine.wants.references = true);
    made
}

/// Feeds a parser on behalf of `receiver`.
///
/// # Errors
/// What the sink makes of an error in the document, and what it raises itself.
pub(crate) fn parse(
    vm: Vm<'_>,
    parser: &Value,
    receiver: &Value,
    data: &Value,
    is_final: bool,
) -> PyResult<()> {
    let place = &parser::payload(parser).receiver;
    let before = place.replace(Some(receiver.clone()));
    let result = parser::parse(vm, parser, &[data.clone(), Value::from_bool(is_final)]);
    drop(place.replace(before));
    result.map(|_| ())
}

/// Parses what a parser has put off so far.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_deferred(vm: Vm<'_>, parser: &Value, receiver: &Value) -> PyResult<()> {
    let engine = &parser::payload(parser).inner.0;
    let before = engine.with_mut(|engine| std::mem::replace(&mut engine.deferral, false));
    let result = parse(vm, parser, receiver, &PyBytes::try_new_value(vm, b"")?, false);
    engine.with_mut(|engine| engine.deferral = before);
    result
}

methods! { FUNCTIONS:
    /// Return a new XML parser object.
    ["ParserCreate"] "($module, /, encoding=None, namespace_separator=None,
             intern=<unrepresentable>)" Bound(parser::create);
    /// Returns string error for given number.
    ["ErrorString"] "($module, code, /)" One(error_string);
}

/// `xml.parsers.expat.ExpatError`
static ERROR: StaticType = StaticType::inheriting();

const ERROR_SPEC: TypeSpec = TypeSpec {
    name: "xml.parsers.expat.ExpatError",
    base: Some(&EXCEPTION),
    flags: spec_flags::BASETYPE,
    ..TypeSpec::DEFAULT
};

/// The errors: what `errors` calls them, and their texts; the first has the code 1.
const ERRORS: &[(&str, &str)] = &[
    ("NO_MEMORY", "out of memory"),
    ("SYNTAX", "syntax error"),
    ("NO_ELEMENTS", "no element found"),
    ("INVALID_TOKEN", "not well-formed (invalid token)"),
    ("UNCLOSED_TOKEN", "unclosed token"),
    ("PARTIAL_CHAR", "partial character"),
    ("TAG_MISMATCH", "mismatched tag"),
    ("DUPLICATE_ATTRIBUTE", "duplicate attribute"),
    ("JUNK_AFTER_DOC_ELEMENT", "junk after document element"),
    ("PARAM_ENTITY_REF", "illegal parameter entity reference"),
    ("UNDEFINED_ENTITY", "undefined entity"),
    ("RECURSIVE_ENTITY_REF", "recursive entity reference"),
    ("ASYNC_ENTITY", "asynchronous entity"),
    ("BAD_CHAR_REF", "reference to invalid character number"),
    ("BINARY_ENTITY_REF", "reference to binary entity"),
    ("ATTRIBUTE_EXTERNAL_ENTITY_REF", "reference to external entity in attribute"),
    ("MISPLACED_XML_PI", "XML or text declaration not at start of entity"),
    ("UNKNOWN_ENCODING", "unknown encoding"),
    ("INCORRECT_ENCODING", "encoding specified in XML declaration is incorrect"),
    ("UNCLOSED_CDATA_SECTION", "unclosed CDATA section"),
    ("EXTERNAL_ENTITY_HANDLING", "error in processing external entity reference"),
    ("NOT_STANDALONE", "document is not standalone"),
    ("UNEXPECTED_STATE", "unexpected parser state - please send a bug report"),
    ("ENTITY_DECLARED_IN_PE", "entity declared in parameter entity"),
    ("FEATURE_REQUIRES_XML_DTD", "requested feature requires XML_DTD support in Expat"),
    ("CANT_CHANGE_FEATURE_ONCE_PARSING", "cannot change setting once parsing has begun"),
    ("UNBOUND_PREFIX", "unbound prefix"),
    ("UNDECLARING_PREFIX", "must not undeclare prefix"),
    ("INCOMPLETE_PE", "incomplete markup in parameter entity"),
    ("XML_DECL", "XML declaration not well-formed"),
    ("TEXT_DECL", "text declaration not well-formed"),
    ("PUBLICID", "illegal character(s) in public id"),
    ("SUSPENDED", "parser suspended"),
    ("NOT_SUSPENDED", "parser not suspended"),
    ("ABORTED", "parsing aborted"),
    ("FINISHED", "parsing finished"),
    ("SUSPEND_PE", "cannot suspend in external parameter entity"),
    (
        "RESERVED_PREFIX_XML",
        "reserved prefix (xml) must not be undeclared or bound to another namespace name",
    ),
    ("RESERVED_PREFIX_XMLNS", "reserved prefix (xmlns) must not be declared or undeclared"),
    ("RESERVED_NAMESPACE_URI", "prefix must not be bound to one of the reserved namespace names"),
    ("INVALID_ARGUMENT", "invalid argument"),
    ("NO_BUFFER", "a successful prior call to function XML_GetBuffer is required"),
    (
        "AMPLIFICATION_LIMIT_BREACH",
        "limit on input amplification factor (from DTD and entities) breached",
    ),
    ("NOT_STARTED", "parser not started"),
];

const MODEL: &[(&str, i64)] = &[
    ("XML_CTYPE_EMPTY", 1),
    ("XML_CTYPE_ANY", 2),
    ("XML_CTYPE_MIXED", 3),
    ("XML_CTYPE_NAME", 4),
    ("XML_CTYPE_CHOICE", 5),
    ("XML_CTYPE_SEQ", 6),
    ("XML_CQUANT_NONE", 0),
    ("XML_CQUANT_OPT", 1),
    ("XML_CQUANT_REP", 2),
    ("XML_CQUANT_PLUS", 3),
];

const FEATURES: &[(&str, i64)] = &[
    ("sizeof(XML_Char)", 1),
    ("sizeof(XML_LChar)", 1),
    ("XML_DTD", 0),
    ("XML_CONTEXT_BYTES", 1024),
    ("XML_NS", 0),
    ("XML_BLAP_MAX_AMP", 100),
    ("XML_BLAP_ACT_THRES", 8 << 20),
    ("XML_GE", 0),
    ("XML_AT_MAX_AMP", 100),
    ("XML_AT_ACT_THRES", 64 << 20),
];

fn message_of(code: i64) -> Option<&'static str> {
    let place = usize::try_from(code).ok()?.checked_sub(1)?;
    ERRORS.get(place).map(|(_, text)| *text)
}

fn error_string(vm: Vm<'_>, _module: &Value, code: &Value) -> PyResult<Value> {
    let code = number::as_i64(vm, code)?;
    Ok(message_of(code).map_or(Value::NONE, |text| PyStr::new_value(vm, text)))
}

/// An ExpatError with its place.
fn error(vm: Vm<'_>, code: u8, place: engine::Place, text: Option<&str>) -> Raised {
    let (line, column) = (place.line + 1, place.column);
    let message = match text {
        Some(text) => text.to_owned(),
        None => {
            let text = message_of(i64::from(code)).unwrap_or("unknown error");
            format!("{text}: line {line}, column {column}")
        }
    };
    let exception = match vm.call(&ERROR.get().to_value(), &[PyStr::new_value(vm, &message)]) {
        Ok(exception) => exception,
        Err(raised) => return raised,
    };
    let number = |number: u64| Value::from_usize(usize::try_from(number).unwrap_or(usize::MAX));
    for (name, value) in
        [("code", number(u64::from(code))), ("offset", number(column)), ("lineno", number(line))]
    {
        if let Err(raised) = vm.set_attr(&exception, &vm.intern(name), Some(&value)) {
            return raised;
        }
    }
    vm.raise(exception)
}

fn int(number: i64) -> Value {
    Value::small_int_unchecked(number)
}

fn submodule(vm: Vm<'_>, this: &Value, name: &str, doc: &str) -> PyResult<Value> {
    let full = format!("pyexpat.{name}");
    let new = PyModule::new_value(vm, &full, Some(doc));
    module::add(vm, this, name, new.clone());
    let modules = vm.interpreter().modules.clone();
    modules.set(vm, &vm.intern(&full).into_value(), new.clone())?;
    Ok(new)
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    types::init_types(vm, &[(&ERROR, &ERROR_SPEC), (&parser::PARSER, &parser::PARSER_SPEC)])?;
    let text = |text: &str| PyStr::new_value(vm, text);
    module::add(vm, this, "error", ERROR.get().to_value());
    module::add(vm, this, "ExpatError", ERROR.get().to_value());
    module::add(vm, this, "XMLParserType", parser::PARSER.get().to_value());
    let (major, minor, micro) = VERSION;
    let version = format!("expat_{major}.{minor}.{micro}");
    module::add(vm, this, "EXPAT_VERSION", text(&version));
    let version = [major, minor, micro].map(int);
    module::add(vm, this, "version_info", PyTuple::new_value(vm, &version));
    module::add(vm, this, "native_encoding", text("UTF-8"));
    let errors = submodule(vm, this, "errors", "Constants used to describe error conditions.")?;
    let (codes, messages) = (PyDict::new_ref(vm), PyDict::new_ref(vm));
    let mut code = 0;
    for (name, message) in ERRORS {
        code += 1;
        module::add(vm, &errors, &format!("XML_ERROR_{name}"), text(message));
        codes.set(vm, &text(message), int(code))?;
        messages.set(vm, &int(code), text(message))?;
    }
    module::add(vm, &errors, "codes", codes.into_value());
    module::add(vm, &errors, "messages", messages.into_value());
    let doc = "Constants used to interpret content model information.";
    let model = submodule(vm, this, "model", doc)?;
    for (name, number) in MODEL {
        module::add(vm, &model, name, int(*number));
    }
    let features: Vec<Value> = FEATURES
        .iter()
        .map(|(name, number)| PyTuple::new_value(vm, &[text(name), int(*number)]))
        .collect();
    module::add(vm, this, "features", PyList::new_value(vm, features));
    for (nth, name) in ["NEVER", "UNLESS_STANDALONE", "ALWAYS"].iter().enumerate() {
        let name = format!("XML_PARAM_ENTITY_PARSING_{name}");
        module::add(vm, this, &name, Value::from_usize(nth));
    }
    Ok(())
}

/// An argument that must be a str or None.
fn text_or_none(vm: Vm<'_>, args: &Bound<'_>, nth: usize, what: &str) -> PyResult<Option<String>> {
    let Some(value) = args.get_non_none(nth) else { return Ok(None) };
    match value.downcast::<PyStr>() {
        Some(text) => Ok(Some(text.to_rust_string())),
        None => {
            Err(vm.type_error(format!("{what} must be str or None, not {}", value.class().name())))
        }
    }
}
