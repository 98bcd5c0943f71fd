//! From an event to the handler's call.

use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::bytes::PyBytes;
use objects::types::dict::PyDict;
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use super::dtd::{Entity, Model};
use super::engine::{Engine, Event, Item, code};
use super::parser::{Handlers, failed, handler, payload, update_wants};
use super::{Sink, Told};

const START_ELEMENT: usize = 0;
const END_ELEMENT: usize = 1;
const INSTRUCTION: usize = 2;
const TEXT: usize = 3;
const UNPARSED_ENTITY: usize = 4;
const NOTATION: usize = 5;
const START_NAMESPACE: usize = 6;
const END_NAMESPACE: usize = 7;
const COMMENT: usize = 8;
const START_CDATA: usize = 9;
const END_CDATA: usize = 10;
const DEFAULT: usize = 11;
const DEFAULT_EXPAND: usize = 12;
const NOT_STANDALONE: usize = 13;
const EXTERNAL_ENTITY: usize = 14;
const START_DOCTYPE: usize = 15;
const END_DOCTYPE: usize = 16;
const ENTITY: usize = 17;
const XML_DECL: usize = 18;
const ELEMENT: usize = 19;
const ATTLIST: usize = 20;
const SKIPPED_ENTITY: usize = 21;

/// Hands on every event that there is. What a handler raises ends the calls; the parse goes on to its end.
pub(super) fn run(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    let engine = &payload(this).inner.0;
    loop {
        vm.poll()?;
        let item = engine.with_mut(Engine::next);
        let result = match item {
            Ok(Some(item)) => dispatch(vm, this, item),
            Ok(None) => return Ok(()),
            Err(code) => {
                flush(vm, this)?;
                return Err(failed(vm, this, code));
            }
        };
        if let Err(raised) = result {
            let exception = vm.take(raised);
            // Whatever else the input says is nobody's any more.
            payload(this).handlers.set(Handlers::default());
            update_wants(this);
            while let Ok(Some(_)) = engine.with_mut(Engine::next) {}
            engine.with_mut(Engine::end_round);
            payload(this).waiting.0.with_mut(|text| {
                if let Some(text) = text {
                    text.clear();
                }
            });
            return Err(vm.restore(exception));
        }
    }
}

/// Tells the text that waits.
pub(super) fn flush(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    let text = payload(this).waiting.0.with_mut(|text| match text {
        Some(text) if !text.is_empty() => Some(std::mem::take(text)),
        _ => None,
    });
    match text {
        Some(text) => tell_text(vm, this, &text),
        None => Ok(()),
    }
}

fn tell_text(vm: Vm<'_>, this: &Value, text: &str) -> PyResult<()> {
    let Some(function) = handler(this, TEXT) else { return Ok(()) };
    let text = PyStr::try_new(vm, text)?.into_value();
    call_now(vm, this, &function, &[text]).map(|_| ())
}

fn call_now(vm: Vm<'_>, this: &Value, function: &Value, args: &[Value]) -> PyResult<Value> {
    let flag = &payload(this).in_callback;
    let before = flag.replace(true);
    let result = vm.call(function, args);
    flag.set(before);
    result
}

/// Calls a handler behind the text that waits.
fn call(vm: Vm<'_>, this: &Value, function: &Value, args: &[Value]) -> PyResult<Value> {
    flush(vm, this)?;
    call_now(vm, this, function, args)
}

fn text(vm: Vm<'_>, text: &str) -> Value {
    PyStr::new_value(vm, text)
}

fn optional(vm: Vm<'_>, value: Option<&str>) -> Value {
    value.map_or(Value::NONE, |value| text(vm, value))
}

/// A name, the same object for equal names.
fn name(vm: Vm<'_>, this: &Value, name: &str) -> PyResult<Value> {
    let new = text(vm, name);
    match payload(this).interned.get() {
        Some(known) => match known.downcast::<PyDict>() {
            Some(known) => Ok(known.set_default(vm, &new, &new)?.0),
            None => Ok(new),
        },
        None => Ok(new),
    }
}

fn optional_name(vm: Vm<'_>, this: &Value, value: Option<&str>) -> PyResult<Value> {
    value.map_or(Ok(Value::NONE), |value| name(vm, this, value))
}

/// The default handler gets the text that an event came from.
fn default(vm: Vm<'_>, this: &Value, raw: Option<String>) -> PyResult<()> {
    let Some(raw) = raw else { return Ok(()) };
    let Some(function) = handler(this, DEFAULT_EXPAND).or_else(|| handler(this, DEFAULT)) else {
        return Ok(());
    };
    call(vm, this, &function, &[text(vm, &raw)]).map(|_| ())
}

/// Tells the sink of an event; what does not concern it is passed over.
fn tell_sink(vm: Vm<'_>, this: &Value, sink: Sink, event: &Event) -> PyResult<()> {
    let told = match event {
        Event::StartElement { name, attributes, .. } => Told::Start(name, attributes),
        Event::EndElement(name) => Told::End(name),
        Event::Text(text) => Told::Text(text),
        Event::Comment(text) => Told::Comment(text),
        Event::Instruction(target, text) => Told::Instruction(target, text),
        Event::StartNamespace(prefix, uri) => {
            Told::StartNamespace(prefix.as_deref(), uri.as_deref())
        }
        Event::EndNamespace(prefix) => Told::EndNamespace(prefix.as_deref()),
        Event::StartDoctype(doctype) => Told::Doctype {
            name: &doctype.name,
            system: doctype.system.as_deref(),
            public: doctype.public.as_deref(),
        },
        Event::SkippedEntity(name, false) => {
            let place = payload(this).inner.0.with(Engine::event_place);
            let (line, column) = (place.line + 1, place.column);
            Told::UndefinedEntity { name, code: code::UNDEFINED_ENTITY, line, column }
        }
        Event::UnknownEncoding(encoding) => return find_encoding(vm, this, encoding),
        _ => return Ok(()),
    };
    let Some(receiver) = payload(this).receiver.get() else { return Ok(()) };
    let flag = &payload(this).in_callback;
    let before = flag.replace(true);
    let result = (sink.tell)(vm, &receiver, told);
    flag.set(before);
    result
}

fn dispatch(vm: Vm<'_>, this: &Value, item: Item) -> PyResult<()> {
    let Item { event, raw, .. } = item;
    if let Some(sink) = payload(this).sink.0.get() {
        return tell_sink(vm, this, sink, &event);
    }
    let place = match &event {
        Event::StartElement { .. } => START_ELEMENT,
        Event::EndElement(_) => END_ELEMENT,
        Event::Text(_) => TEXT,
        Event::Instruction(..) => INSTRUCTION,
        Event::Comment(_) => COMMENT,
        Event::StartNamespace(..) => START_NAMESPACE,
        Event::EndNamespace(_) => END_NAMESPACE,
        Event::StartCdata => START_CDATA,
        Event::EndCdata => END_CDATA,
        Event::StartDoctype(_) => START_DOCTYPE,
        Event::EndDoctype => END_DOCTYPE,
        Event::NotStandalone => NOT_STANDALONE,
        Event::ElementDecl(..) => ELEMENT,
        Event::AttlistDecl(_) => ATTLIST,
        Event::NotationDecl(_) => NOTATION,
        Event::SkippedEntity(..) => SKIPPED_ENTITY,
        Event::ExternalEntity(_) => EXTERNAL_ENTITY,
        Event::XmlDecl { .. } => XML_DECL,
        Event::EntityDecl { entity, .. } if entity.notation.is_some() => {
            if handler(this, UNPARSED_ENTITY).is_some() { UNPARSED_ENTITY } else { ENTITY }
        }
        Event::EntityDecl { .. } => ENTITY,
        Event::UnknownEncoding(encoding) => return find_encoding(vm, this, encoding),
        Event::Other => return default(vm, this, raw),
    };
    if handler(this, place).is_none() {
        return default(vm, this, raw);
    }
    if let Event::Text(text) = event {
        return hand_text(vm, this, &text);
    }
    // The handler of the text that waits may change the others.
    flush(vm, this)?;
    let Some(function) = handler(this, place) else { return Ok(()) };
    match event {
        Event::NotStandalone => {
            let answer = call(vm, this, &function, &[])?;
            check_answer(vm, this, &answer, code::NOT_STANDALONE)
        }
        Event::ExternalEntity(entity) => {
            let args = [
                optional(vm, entity.context.as_deref()),
                optional_name(vm, this, entity.base.as_deref())?,
                optional_name(vm, this, entity.system.as_deref())?,
                optional_name(vm, this, entity.public.as_deref())?,
            ];
            let answer = call(vm, this, &function, &args)?;
            check_answer(vm, this, &answer, code::EXTERNAL_ENTITY_HANDLING)
        }
        event => {
            let args = arguments(vm, this, event, place)?;
            call(vm, this, &function, &args).map(|_| ())
        }
    }
}

/// A handler's 0 ends the parse.
fn check_answer(vm: Vm<'_>, this: &Value, answer: &Value, code: u8) -> PyResult<()> {
    if objects::protocol::number::as_i64(vm, answer)? == 0 {
        payload(this).inner.0.with_mut(|engine| engine.fail(code));
    }
    Ok(())
}

/// Text goes to its handler, or waits where it is gathered.
fn hand_text(vm: Vm<'_>, this: &Value, new: &str) -> PyResult<()> {
    let waiting = &payload(this).waiting.0;
    let Some(used) = waiting.with(|text| text.as_ref().map(String::len)) else {
        return tell_text(vm, this, new);
    };
    let size = payload(this).buffer_size.get();
    if used + new.len() > size {
        flush(vm, this)?;
        if handler(this, TEXT).is_none() {
            return Ok(());
        }
    }
    if new.len() > size {
        return tell_text(vm, this, new);
    }
    waiting.with_mut(|text| text.get_or_insert_default().push_str(new));
    Ok(())
}

/// What the handler of an event is called with.
fn arguments(vm: Vm<'_>, this: &Value, event: Event, place: usize) -> PyResult<Vec<Value>> {
    Ok(match event {
        Event::StartElement { name: tag, attributes, specified } => {
            vec![name(vm, this, &tag)?, attribute_value(vm, this, &attributes, specified)?]
        }
        Event::EndElement(tag) => vec![name(vm, this, &tag)?],
        Event::Instruction(target, data) => vec![name(vm, this, &target)?, text(vm, &data)],
        Event::Comment(comment) => vec![text(vm, &comment)],
        Event::StartNamespace(prefix, uri) => vec![
            optional_name(vm, this, prefix.as_deref())?,
            optional_name(vm, this, uri.as_deref())?,
        ],
        Event::EndNamespace(prefix) => vec![optional_name(vm, this, prefix.as_deref())?],
        Event::StartDoctype(doctype) => vec![
            name(vm, this, &doctype.name)?,
            optional_name(vm, this, doctype.system.as_deref())?,
            optional_name(vm, this, doctype.public.as_deref())?,
            Value::small_int_unchecked(i64::from(doctype.has_subset)),
        ],
        Event::ElementDecl(element, model) => {
            vec![name(vm, this, &element)?, model_value(vm, this, &model)?]
        }
        Event::AttlistDecl(attribute) => vec![
            name(vm, this, &attribute.element)?,
            name(vm, this, &attribute.name)?,
            text(vm, &attribute.kind),
            optional(vm, attribute.default.as_deref()),
            Value::small_int_unchecked(i64::from(attribute.required)),
        ],
        Event::NotationDecl(notation) => vec![
            name(vm, this, &notation.name)?,
            optional_name(vm, this, notation.base.as_deref())?,
            optional_name(vm, this, notation.system.as_deref())?,
            optional_name(vm, this, notation.public.as_deref())?,
        ],
        Event::EntityDecl { name: key, is_parameter, entity } => {
            let Entity { text: value, system, public, base, notation, .. } = *entity;
            let mut args = vec![name(vm, this, &key)?];
            if place == ENTITY {
                args.push(Value::small_int_unchecked(i64::from(is_parameter)));
                args.push(optional(vm, value.as_deref()));
            }
            for part in [base, system, public, notation] {
                args.push(optional_name(vm, this, part.as_deref())?);
            }
            args
        }
        Event::SkippedEntity(key, is_parameter) => {
            vec![name(vm, this, &key)?, Value::small_int_unchecked(i64::from(is_parameter))]
        }
        Event::XmlDecl { version, encoding, standalone } => vec![
            optional(vm, version.as_deref()),
            optional(vm, encoding.as_deref()),
            Value::small_int_unchecked(standalone),
        ],
        _ => Vec::new(),
    })
}

fn attribute_value(
    vm: Vm<'_>,
    this: &Value,
    attributes: &[(String, String)],
    specified: usize,
) -> PyResult<Value> {
    let count = if payload(this).specified.get() { specified } else { attributes.len() };
    let shown = attributes.get(..count).unwrap_or_default();
    if payload(this).ordered.get() {
        let mut list = Vec::with_capacity(2 * count);
        for (key, value) in shown {
            list.push(name(vm, this, key)?);
            list.push(text(vm, value));
        }
        return Ok(PyList::new_value(vm, list));
    }
    let dict = PyDict::new_ref(vm);
    for (key, value) in shown {
        dict.set(vm, &name(vm, this, key)?, text(vm, value))?;
    }
    Ok(dict.into_value())
}

fn model_value(vm: Vm<'_>, this: &Value, model: &Model) -> PyResult<Value> {
    vm.check_recursion(" while converting a content model")?;
    let mut children = Vec::with_capacity(model.children.len());
    for child in &model.children {
        children.push(model_value(vm, this, child)?);
    }
    let children = PyTuple::new_value(vm, &children);
    let kind = Value::small_int_unchecked(i64::from(model.kind));
    let quantifier = Value::small_int_unchecked(i64::from(model.quantifier));
    let name = optional_name(vm, this, model.name.as_deref())?;
    Ok(PyTuple::new_value(vm, &[kind, quantifier, name, children]))
}

/// The characters of an encoding of one byte a character, from the library's codecs.
fn find_encoding(vm: Vm<'_>, this: &Value, encoding: &str) -> PyResult<()> {
    let all: Vec<u8> = (0..=255).collect();
    let bytes = PyBytes::try_new_value(vm, &all)?;
    let args = [text(vm, encoding), text(vm, "replace")];
    let decoded = vm.call_method(&bytes, &vm.names().decode, &args)?;
    let characters = decoded.downcast::<PyStr>().map(Py::to_rust_string);
    let characters: Vec<char> = characters.unwrap_or_default().chars().collect();
    if characters.len() != 256 {
        return Err(vm.value_error("multi-byte encodings are not supported"));
    }
    let mut table = Box::new([None; 256]);
    let mut is_fit = true;
    for ((entry, &c), byte) in table.iter_mut().zip(&characters).zip(0u8..=255) {
        // Where markup is written, the encoding must be ASCII's.
        let is_own = char::from(byte) == c;
        is_fit &= is_own || !(is_markup(char::from(byte)) || is_markup(c));
        *entry = if c == '\u{fffd}' { None } else { Some(c) };
    }
    let table = if is_fit { Some(table) } else { None };
    let result = payload(this).inner.0.with_mut(|engine| engine.set_table(table));
    result.map_err(|code| failed(vm, this, code))
}

/// Whether a character has a part in markup or in names.
fn is_markup(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~')
        && !matches!(c, '$' | '@' | '\\' | '^' | '`' | '{' | '}' | '~')
}
