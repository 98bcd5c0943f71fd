//! `XMLParser`: what pyexpat's engine finds goes to a target, a tree builder as a rule.

use std::collections::HashMap;

use objects::core::args::{Args, check_count};
use objects::core::errors::{PyResult, Raised};
use objects::core::gc::{TakeReferences, Traverse, Visitor};
use objects::core::gil_cell::{GilCell, HotCell};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::bytes::PyBytes;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy::RUNTIME_WARNING;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{getset, methods, payload};

use super::builder::{self, EVENTS, PyTreeBuilder, Reports, TREE_BUILDER};
use super::parse_error;
use crate::pyexpat::{self, Sink, Told};

/// The methods of a target that are called, in the order in which they are looked up.
const HANDLERS: [&str; 9] =
    ["start_ns", "end_ns", "start", "data", "end", "comment", "pi", "close", "doctype"];
const START_NAMESPACE: usize = 0;
const END_NAMESPACE: usize = 1;
const START: usize = 2;
const DATA: usize = 3;
const END: usize = 4;
const COMMENT: usize = 5;
const INSTRUCTION: usize = 6;
const CLOSE: usize = 7;
const DOCTYPE: usize = 8;

/// The methods of the target; none where the target is a tree builder.
#[derive(Default)]
struct Handlers([Option<Value>; HANDLERS.len()]);

impl Traverse for Handlers {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.0.iter().for_each(|handler| handler.traverse(visitor));
    }
}

impl TakeReferences for Handlers {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        dead.extend(self.0.iter_mut().filter_map(Option::take));
    }
}

/// The names of elements and attributes, which come again and again: strs, which lead nowhere.
#[derive(Default)]
struct Names(HashMap<String, Value>);

impl Traverse for Names {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

impl TakeReferences for Names {
    fn take_references(&mut self, _dead: &mut Vec<Value>) {}
}

payload! {
    /// The payload of a parser.
    pub(super) struct PyParser: XML_PARSER, gc {
        /// The parser of pyexpat; None before `__init__`.
        inner: HotCell<Option<Value>>,
        target: HotCell<Option<Value>>,
        entity: HotCell<Option<Value>>,
        handlers: GilCell<Handlers>,
        names: GilCell<Names>,
    }
}

/// `xml.etree.ElementTree.XMLParser`
pub(super) static XML_PARSER: StaticType = StaticType::new::<PyParser>();

methods! { METHODS:
    ["feed"] "($self, data, /)" One(feed);
    ["close"] "($self, /)" None(close);
    ["flush"] "($self, /)" None(flush);
    ["_parse_whole"] "($self, file, /)" One(parse_whole);
    ["_setevents"] "($self, events_queue, events_to_report=None, /)" Positional(set_events);
}

getset! { GETSET:
    member ["entity"] get_entity;
    member ["target"] get_target;
    ["version"] get_version;
}

/// The spec of `XMLParser`.
pub(super) const XML_PARSER_SPEC: TypeSpec = TypeSpec {
    name: "xml.etree.ElementTree.XMLParser",
    flags: spec_flags::BASETYPE | spec_flags::IMMUTABLE | spec_flags::SHOWN_AS_HEAP,
    slots: &[Slot::New(new), Slot::Init(init)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

fn this(value: &Value) -> &Py<PyParser> {
    value.receiver::<PyParser>()
}

fn new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let new = PyParser {
        inner: HotCell::default(),
        target: HotCell::default(),
        entity: HotCell::default(),
        handlers: GilCell::default(),
        names: GilCell::default(),
    };
    Ok(PyRef::new_of(vm, class, new).into_value())
}

fn init(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<()> {
    static SIGNATURE: LazySignature = LazySignature::new("(*, target=None, encoding=None)");
    if !args.positional().is_empty() {
        return Err(vm.type_error("XMLParser() takes no positional arguments"));
    }
    let bound = SIGNATURE.bind(vm, "XMLParser", args)?;
    let encoding = match bound.get_non_none(1) {
        None => None,
        Some(given) => match given.downcast::<PyStr>() {
            Some(text) => Some(text.to_rust_string()),
            None => {
                let class = given.class().name();
                return Err(vm.type_error(format!(
                    "XMLParser() argument 'encoding' must be str or None, not {class}"
                )));
            }
        },
    };
    let target = match bound.get_non_none(0) {
        Some(target) => target.clone(),
        None => builder::make(vm)?,
    };
    let mut handlers = Handlers::default();
    if !target.is_exact(TREE_BUILDER.get()) {
        for (name, handler) in HANDLERS.iter().zip(&mut handlers.0) {
            *handler = vm.get_attr_opt(&target, &vm.intern(name))?;
        }
    }
    let sink = Sink { tell, fail: parse_error };
    let parser = this(value);
    let old = (
        parser.target.replace(Some(target)),
        parser.entity.replace(Some(PyDict::new_value(vm))),
        parser.handlers.replace(handlers),
        parser.inner.replace(Some(pyexpat::make(vm, encoding, '}', sink))),
    );
    drop(old);
    Ok(())
}

/// A name as elements have it: `{namespace}local`.
fn universal(vm: Vm<'_>, parser: &PyParser, name: &str) -> PyResult<Value> {
    if let Some(known) = parser.names.with(|names| names.0.get(name).cloned()) {
        return Ok(known);
    }
    let new = if name.contains('}') {
        PyStr::try_new(vm, &format!("{{{name}"))?
    } else {
        PyStr::try_new(vm, name)?
    };
    let new = new.into_value();
    parser.names.with_mut(|names| names.0.insert(name.to_owned(), new.clone()));
    Ok(new)
}

fn text(vm: Vm<'_>, text: &str) -> PyResult<Value> {
    Ok(PyStr::try_new(vm, text)?.into_value())
}

fn optional(vm: Vm<'_>, given: Option<&str>) -> PyResult<Value> {
    given.map_or(Ok(Value::NONE), |given| text(vm, given))
}

fn attributes(
    vm: Vm<'_>,
    parser: &PyParser,
    attributes: &[(String, String)],
) -> PyResult<Option<Value>> {
    if attributes.is_empty() {
        return Ok(None);
    }
    let dict = PyDict::with_room(vm, attributes.len())?;
    for (name, content) in attributes {
        dict.set(vm, &universal(vm, parser, name)?, text(vm, content)?)?;
    }
    Ok(Some(dict.into_value()))
}

/// What the engine has found goes to the target.
fn tell(vm: Vm<'_>, value: &Value, told: Told<'_>) -> PyResult<()> {
    let parser = this(value);
    let Some(target) = parser.target.get() else { return Ok(()) };
    if target.is_exact(TREE_BUILDER.get()) {
        return tell_builder(vm, value, &target, told);
    }
    let call = |which: usize, args: &[Value]| match parser
        .handlers
        .with(|handlers| handlers.0.get(which).cloned().flatten())
    {
        Some(handler) => vm.call(&handler, args).map(|_| ()),
        None => Ok(()),
    };
    match told {
        Told::Start(name, given) => {
            let attrib = attributes(vm, parser, given)?.unwrap_or_else(|| PyDict::new_value(vm));
            call(START, &[universal(vm, parser, name)?, attrib])
        }
        Told::End(name) => call(END, &[universal(vm, parser, name)?]),
        Told::Text(found) => call(DATA, &[text(vm, found)?]),
        Told::Comment(found) => call(COMMENT, &[text(vm, found)?]),
        Told::Instruction(name, found) => call(INSTRUCTION, &[text(vm, name)?, text(vm, found)?]),
        Told::StartNamespace(prefix, uri) => {
            let prefix = text(vm, prefix.unwrap_or_default())?;
            call(START_NAMESPACE, &[prefix, text(vm, uri.unwrap_or_default())?])
        }
        Told::EndNamespace(prefix) => call(END_NAMESPACE, &[text(vm, prefix.unwrap_or_default())?]),
        Told::Doctype { .. } => doctype(vm, value, &told),
        Told::UndefinedEntity { .. } => {
            let Some(content) = entity(vm, parser, &told)? else { return Ok(()) };
            call(DATA, &[content])
        }
    }
}

fn tell_builder(vm: Vm<'_>, value: &Value, target: &Value, told: Told<'_>) -> PyResult<()> {
    let parser = this(value);
    match told {
        Told::Start(name, given) => {
            let attrib = attributes(vm, parser, given)?;
            builder::start(vm, target, &universal(vm, parser, name)?, attrib).map(|_| ())
        }
        Told::End(_) => builder::end(vm, target).map(|_| ()),
        Told::Text(found) => {
            builder::push_text(target, found);
            Ok(())
        }
        Told::Comment(found) => builder::comment(vm, target, &text(vm, found)?).map(|_| ()),
        Told::Instruction(name, found) => {
            builder::instruction(vm, target, &text(vm, name)?, &text(vm, found)?).map(|_| ())
        }
        Told::StartNamespace(prefix, uri) => {
            let parts = [text(vm, prefix.unwrap_or_default())?, text(vm, uri.unwrap_or_default())?];
            let pair = PyTuple::new_value(vm, &parts);
            builder::report(vm, target, builder::START_NAMESPACE, &pair)
        }
        Told::EndNamespace(_) => builder::report(vm, target, builder::END_NAMESPACE, &Value::NONE),
        Told::Doctype { .. } => doctype(vm, value, &told),
        Told::UndefinedEntity { .. } => {
            let Some(content) = entity(vm, parser, &told)? else { return Ok(()) };
            let data = vm.intern("data");
            vm.call_method(target, &data, &[content]).map(|_| ())
        }
    }
}

/// A document type goes to the target; to a subclass's own method it no longer goes.
fn doctype(vm: Vm<'_>, value: &Value, told: &Told<'_>) -> PyResult<()> {
    let Told::Doctype { name, public, system } = told else { return Ok(()) };
    let parser = this(value);
    let handler = parser.handlers.with(|handlers| handlers.0[DOCTYPE].clone());
    if let Some(handler) = handler {
        let name = universal(vm, parser, name)?;
        let arguments = [name, optional(vm, *public)?, optional(vm, *system)?];
        return vm.call(&handler, &arguments).map(|_| ());
    }
    if vm.get_attr_opt(value, &vm.intern("doctype"))?.is_some() {
        return vm.warn(
            &RUNTIME_WARNING,
            "The doctype() method of XMLParser is ignored.  Define doctype() method on the TreeBuilder target.",
            1,
        );
    }
    Ok(())
}

/// The content that the program gave an entity which the document does not define. An entity without any is an error.
fn entity(vm: Vm<'_>, parser: &PyParser, told: &Told<'_>) -> PyResult<Option<Value>> {
    let Told::UndefinedEntity { name, code, line, column } = told else { return Ok(None) };
    let key = text(vm, name)?;
    let known = match parser.entity.get() {
        Some(entities) => vm.get_item_opt(&entities, &key)?,
        None => None,
    };
    match known {
        Some(content) => Ok(Some(content)),
        None => Err(parse_error(vm, *code, &format!("undefined entity &{name};"), *line, *column)),
    }
}

/// The parser of pyexpat.
fn inner(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).inner.get().ok_or_else(|| not_made(vm))
}

#[cold]
fn not_made(vm: Vm<'_>) -> Raised {
    vm.value_error("XMLParser.__init__() wasn't called")
}

fn feed(vm: Vm<'_>, value: &Value, data: &Value) -> PyResult<Value> {
    pyexpat::parse(vm, &inner(vm, value)?, value, data, false)?;
    Ok(Value::NONE)
}

/// Tells the engine that nothing follows.
fn finish(vm: Vm<'_>, value: &Value) -> PyResult<()> {
    pyexpat::parse(vm, &inner(vm, value)?, value, &PyBytes::try_new_value(vm, b"")?, true)
}

fn target_of(value: &Value) -> Value {
    this(value).target.get().unwrap_or(Value::NONE)
}

fn close(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    finish(vm, value)?;
    let target = target_of(value);
    if target.is_exact(TREE_BUILDER.get()) {
        return Ok(builder::root(&target));
    }
    match this(value).handlers.with(|handlers| handlers.0[CLOSE].clone()) {
        Some(handler) => vm.call(&handler, &[]),
        None => Ok(Value::NONE),
    }
}

fn flush(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    pyexpat::parse_deferred(vm, &inner(vm, value)?, value)?;
    Ok(Value::NONE)
}

fn parse_whole(vm: Vm<'_>, value: &Value, file: &Value) -> PyResult<Value> {
    const SIZE: i64 = 64 << 10;
    let parser = inner(vm, value)?;
    let read = vm.get_attr(file, &vm.names().read)?;
    loop {
        let data = vm.call(&read, &[Value::small_int_unchecked(SIZE)])?;
        if let Some(text) = data.downcast::<PyStr>() {
            if text.is_empty() {
                break;
            }
            pyexpat::parse(vm, &parser, value, &data, false)?;
            continue;
        }
        match data.downcast::<PyBytes>() {
            Some(bytes) if !bytes.as_slice().is_empty() => {
                pyexpat::parse(vm, &parser, value, &data, false)?;
            }
            _ => break,
        }
    }
    finish(vm, value)?;
    let target = target_of(value);
    Ok(if target.is_exact(TREE_BUILDER.get()) { builder::root(&target) } else { Value::NONE })
}

fn set_events(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "_setevents", args.len(), 1, 2)?;
    inner(vm, value)?;
    let target = target_of(value);
    if !target.is_exact(TREE_BUILDER.get()) {
        return Err(
            vm.type_error("event handling only supported for ElementTree.TreeBuilder targets")
        );
    }
    let append = vm.get_attr(&args[0], &vm.names().append)?;
    let mut reports = Reports { append: Some(append), names: Default::default() };
    match args.get(1).filter(|wanted| !wanted.is_none()) {
        None => reports.names[1] = Some(text(vm, EVENTS[1])?),
        Some(wanted) => {
            for event in vm.collect_or(wanted, "events must be a sequence")? {
                let name = match (event.downcast::<PyStr>(), event.downcast::<PyBytes>()) {
                    (Some(text), _) => text.to_rust_string(),
                    (_, Some(bytes)) => String::from_utf8_lossy(bytes.as_slice()).into_owned(),
                    _ => return Err(vm.value_error("invalid events sequence")),
                };
                let Some(place) = EVENTS.iter().position(|known| *known == name) else {
                    return Err(vm.value_error(format!("unknown event '{name}'")));
                };
                reports.names[place] = Some(event);
            }
        }
    }
    let old = target.receiver::<PyTreeBuilder>().reports.replace(reports);
    drop((old.append, old.names));
    Ok(Value::NONE)
}

fn get_entity(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).entity.get().unwrap_or(Value::NONE))
}

fn get_target(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(target_of(value))
}

fn get_version(vm: Vm<'_>, _value: &Value) -> PyResult<Value> {
    let (major, minor, micro) = pyexpat::VERSION;
    Ok(PyStr::new_value(vm, &format!("Expat {major}.{minor}.{micro}")))
}
