//! `_elementtree`: the types under `xml.etree.ElementTree`.
//!
//! `element.rs` is the element, `iterate.rs` the walk over its descendants, `builder.rs` makes elements of events, `parser.rs` takes
//! the events from pyexpat's engine.

mod builder;
mod element;
mod iterate;
mod parser;

use objects::core::args::{Args, check_count};
use objects::core::errors::{PyResult, Raised};
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy::SYNTAX_ERROR;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::types::{self, module};

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule =
    NativeModule { name: "_elementtree", doc: None, functions: FUNCTIONS, exec: Some(exec) };

methods! { FUNCTIONS:
    ["SubElement"] "" Any(sub_element);
    /// Change the factories used to create comments and processing instructions.
    ///
    /// For internal use only.
    ["_set_factories"] "($module, comment_factory, pi_factory, /)" Positional(set_factories);
}

/// `xml.etree.ElementTree.ParseError`
static PARSE_ERROR: StaticType = StaticType::inheriting();

const PARSE_ERROR_SPEC: TypeSpec = TypeSpec {
    name: "xml.etree.ElementTree.ParseError",
    base: Some(&SYNTAX_ERROR),
    flags: spec_flags::BASETYPE,
    ..TypeSpec::DEFAULT
};

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    types::init_types(
        vm,
        &[
            (&PARSE_ERROR, &PARSE_ERROR_SPEC),
            (&element::ELEMENT, &element::ELEMENT_SPEC),
            (&iterate::ITERATOR, &iterate::ITERATOR_SPEC),
            (&builder::TREE_BUILDER, &builder::TREE_BUILDER_SPEC),
            (&parser::XML_PARSER, &parser::XML_PARSER_SPEC),
        ],
    )?;
    for (name, class) in [
        ("ParseError", &PARSE_ERROR),
        ("Element", &element::ELEMENT),
        ("TreeBuilder", &builder::TREE_BUILDER),
        ("XMLParser", &parser::XML_PARSER),
    ] {
        module::add(vm, this, name, class.get().to_value());
    }
    Ok(())
}

/// The key of the module's state: the factories, a tuple of two.
const STATE: &str = "_elementtree";

/// The factory of comments (0) or processing instructions (1), if one was set.
fn factory(vm: Vm<'_>, which: usize) -> Option<Value> {
    let state = vm.interpreter().state_of(STATE)?;
    let factory = state.downcast::<PyTuple>()?.items().get(which)?.clone();
    Some(factory).filter(|factory| !factory.is_none())
}

fn set_factories(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "_set_factories", args.len(), 2, 2)?;
    for (factory, what) in args.iter().zip(["Comment", "PI"]) {
        if !factory.is_none() && factory.class().slots.call.get().is_none() {
            let class = factory.class().name();
            return Err(vm.type_error(format!("{what} factory must be callable, not {class}")));
        }
    }
    let none = || PyTuple::new_value(vm, &[Value::NONE, Value::NONE]);
    let old = vm.interpreter().state_of(STATE).unwrap_or_else(none);
    vm.interpreter().set_state_of(STATE, PyTuple::new_value(vm, args));
    Ok(old)
}

fn sub_element(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let given = args.positional();
    count(vm, "SubElement", given.len(), 2, 3)?;
    if given[0].downcast::<element::PyElement>().is_none() {
        return Err(wrong_argument(vm, "SubElement", " 1", element::NAME, &given[0]));
    }
    let attrib = attributes(vm, "SubElement", given.get(2), 3, &args)?;
    let child = element::make(vm, &given[1], attrib);
    element::add(vm, given[0].receiver::<element::PyElement>(), &child)?;
    Ok(child)
}

/// `function() takes at least 1 argument (0 given)`
fn count(vm: Vm<'_>, function: &str, given: usize, min: usize, max: usize) -> PyResult<()> {
    let (bound, wanted) = if given < min {
        ("least", min)
    } else if given > max {
        ("most", max)
    } else {
        return Ok(());
    };
    let plural = if wanted == 1 { "" } else { "s" };
    Err(vm.type_error(format!(
        "{function}() takes at {bound} {wanted} argument{plural} ({given} given)"
    )))
}

/// `function() argument 1 must be dict, not int`
#[cold]
fn wrong_argument(vm: Vm<'_>, function: &str, nth: &str, wanted: &str, given: &Value) -> Raised {
    let class = if given.is_none() { "None".to_owned() } else { given.class().name() };
    vm.type_error(format!("{function}() argument{nth} must be {wanted}, not {class}"))
}

/// The attributes of a new element: a copy of the dict that is given, positional or as `attrib`, with all keywords; None for
/// none at all.
fn attributes(
    vm: Vm<'_>,
    function: &str,
    given: Option<&Value>,
    nth: usize,
    args: &Args<'_>,
) -> PyResult<Option<Value>> {
    let named = if given.is_none() { args.keyword("attrib") } else { None };
    if let Some(given) = given.filter(|given| given.downcast::<PyDict>().is_none()) {
        return Err(wrong_argument(vm, function, &format!(" {nth}"), "dict", given));
    }
    if let Some(named) = named.filter(|named| named.downcast::<PyDict>().is_none()) {
        let class = named.class().name();
        return Err(vm.type_error(format!("attrib must be dict, not {class}")));
    }
    let source = given.or(named);
    if source.is_none() && args.keyword_count() == 0 {
        return Ok(None);
    }
    let attrib = match source.and_then(|source| source.downcast::<PyDict>()) {
        Some(source) => copy_of(vm, source)?,
        None => PyDict::new_value(vm),
    };
    let target = attrib.receiver::<PyDict>();
    for (name, value) in args.keywords() {
        if named.is_none() || !types::str::value_is(name, "attrib") {
            target.set(vm, name, value.clone())?;
        }
    }
    Ok(Some(attrib))
}

/// A dict with the same items.
fn copy_of(vm: Vm<'_>, source: &objects::core::object::Py<PyDict>) -> PyResult<Value> {
    let copy = PyDict::new_ref(vm);
    for (key, value) in source.items_vec() {
        copy.set(vm, &key, value)?;
    }
    Ok(copy.into_value())
}

/// Raises ParseError with the number of the error and its place.
#[cold]
fn parse_error(vm: Vm<'_>, code: u8, text: &str, line: u64, column: u64) -> Raised {
    let message = PyStr::new_value(vm, &format!("{text}: line {line}, column {column}"));
    let exception = match vm.call(&PARSE_ERROR.get().to_value(), &[message]) {
        Ok(exception) => exception,
        Err(raised) => return raised,
    };
    let number = |number: u64| Value::from_usize(usize::try_from(number).unwrap_or(usize::MAX));
    let position = PyTuple::new_value(vm, &[number(line), number(column)]);
    for (name, value) in [("code", number(u64::from(code))), ("position", position)] {
        if let Err(raised) = vm.set_attr(&exception, &vm.intern(name), Some(&value)) {
            return raised;
        }
    }
    vm.raise(exception)
}
