//! `TreeBuilder`: elements out of events.

use std::cell::Cell;

use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
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
use objects::types::dict::PyDict;
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{methods, payload};

use super::element::{self, ELEMENT, PyElement};
use super::{PARSE_ERROR, factory, wrong_argument};

/// The events that can be reported, by the names that ask for them.
pub(super) const EVENTS: [&str; 6] = ["start", "end", "start-ns", "end-ns", "comment", "pi"];
const START: usize = 0;
const END: usize = 1;
/// The event of a namespace's begin.
pub(super) const START_NAMESPACE: usize = 2;
/// The event of a namespace's end.
pub(super) const END_NAMESPACE: usize = 3;
const COMMENT: usize = 4;
const INSTRUCTION: usize = 5;

/// Whom events are told.
#[derive(Default)]
pub(super) struct Reports {
    /// Appends to the queue.
    pub(super) append: Option<Value>,
    /// The name of each event that is wanted.
    pub(super) names: [Option<Value>; EVENTS.len()],
}

impl Traverse for Reports {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.append.traverse(visitor);
        self.names.iter().for_each(|name| name.traverse(visitor));
    }
}

impl TakeReferences for Reports {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        dead.extend(self.append.take());
        dead.extend(self.names.iter_mut().filter_map(Option::take));
    }
}

/// Text that waits for its element: what a program gave, then what a parser found.
#[derive(Default)]
struct Waiting {
    pieces: Vec<Value>,
    text: String,
}

impl Traverse for Waiting {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.pieces.iter().for_each(|piece| visitor.visit(piece));
    }
}

impl TakeReferences for Waiting {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        dead.append(&mut self.pieces);
    }
}

/// The elements that are open around the innermost one.
#[derive(Default)]
struct Open(Vec<Option<Value>>);

impl Traverse for Open {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.0.iter().for_each(|element| element.traverse(visitor));
    }
}

impl TakeReferences for Open {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        dead.extend(std::mem::take(&mut self.0).into_iter().flatten());
    }
}

payload! {
    /// The payload of a tree builder.
    pub(super) struct PyTreeBuilder: TREE_BUILDER, gc {
        root: HotCell<Option<Value>>,
        /// The innermost open element.
        current: HotCell<Option<Value>>,
        /// What text belongs to: as its text, or as its tail when `after` is the same.
        last: HotCell<Option<Value>>,
        after: HotCell<Option<Value>>,
        open: GilCell<Open>,
        waiting: GilCell<Waiting>,
        element_factory: HotCell<Option<Value>>,
        comment_factory: HotCell<Option<Value>>,
        pi_factory: HotCell<Option<Value>>,
        inserts_comments: Cell<bool>,
        inserts_pis: Cell<bool>,
        pub(super) reports: GilCell<Reports>,
    }
}

/// `xml.etree.ElementTree.TreeBuilder`
pub(super) static TREE_BUILDER: StaticType = StaticType::new::<PyTreeBuilder>();

methods! { METHODS:
    ["data"] "($self, data, /)" One(data);
    ["start"] "($self, tag, attrs, /)" Positional(start_method);
    ["end"] "($self, tag, /)" One(end_method);
    ["comment"] "($self, text, /)" One(comment_method);
    ["pi"] "($self, target, text=None, /)" Positional(pi_method);
    ["close"] "($self, /)" None(close);
}

/// The spec of `TreeBuilder`.
pub(super) const TREE_BUILDER_SPEC: TypeSpec = TypeSpec {
    name: "xml.etree.ElementTree.TreeBuilder",
    flags: spec_flags::BASETYPE | spec_flags::IMMUTABLE | spec_flags::SHOWN_AS_HEAP,
    slots: &[Slot::New(new), Slot::Init(init)],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

fn this(value: &Value) -> &Py<PyTreeBuilder> {
    value.receiver::<PyTreeBuilder>()
}

fn new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let new = PyTreeBuilder {
        root: HotCell::default(),
        current: HotCell::default(),
        last: HotCell::default(),
        after: HotCell::default(),
        open: GilCell::default(),
        waiting: GilCell::default(),
        element_factory: HotCell::default(),
        comment_factory: HotCell::default(),
        pi_factory: HotCell::default(),
        inserts_comments: Cell::new(false),
        inserts_pis: Cell::new(false),
        reports: GilCell::default(),
    };
    Ok(PyRef::new_of(vm, class, new).into_value())
}

/// A builder for a parser without a target.
pub(super) fn make(vm: Vm<'_>) -> PyResult<Value> {
    let made = new(vm, TREE_BUILDER.get(), Args::positional_only(&[]))?;
    init(vm, &made, Args::positional_only(&[]))?;
    Ok(made)
}

fn init(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<()> {
    static SIGNATURE: LazySignature = LazySignature::new(
        "(element_factory=None, *, comment_factory=None, pi_factory=None, insert_comments=False, insert_pis=False)",
    );
    let bound = SIGNATURE.bind(vm, "TreeBuilder", args)?;
    let flag = |nth: usize| bound.get(nth).map_or(Ok(false), |value| vm.is_true(value));
    let (comments, pis) = (flag(3)?, flag(4)?);
    let builder = this(value);
    let comment_factory = bound.get_non_none(1).cloned().or_else(|| factory(vm, 0));
    let pi_factory = bound.get_non_none(2).cloned().or_else(|| factory(vm, 1));
    builder.inserts_comments.set(comments && comment_factory.is_some());
    builder.inserts_pis.set(pis && pi_factory.is_some());
    let old = (
        builder.element_factory.replace(bound.get_non_none(0).cloned()),
        builder.comment_factory.replace(comment_factory),
        builder.pi_factory.replace(pi_factory),
    );
    drop(old);
    Ok(())
}

/// Tells the queue of an event, if it wants to know.
pub(super) fn report(vm: Vm<'_>, value: &Value, event: usize, node: &Value) -> PyResult<()> {
    let wanted = this(value).reports.with(|reports| {
        let name = reports.names.get(event)?.clone()?;
        Some((reports.append.clone()?, name))
    });
    let Some((append, name)) = wanted else { return Ok(()) };
    vm.call(&append, &[PyTuple::new_value(vm, &[name, node.clone()])]).map(|_| ())
}

/// Text that a parser found.
pub(super) fn push_text(value: &Value, text: &str) {
    let builder = this(value);
    if builder.last.with(Option::is_some) {
        builder.waiting.with_mut(|waiting| waiting.text.push_str(text));
    }
}

/// Takes what waits, in one piece.
fn joined(vm: Vm<'_>, waiting: &GilCell<Waiting>) -> PyResult<Option<Value>> {
    let (mut pieces, text) = waiting.with_mut(|waiting| {
        let text = Some(&waiting.text).filter(|text| !text.is_empty());
        let text = text.map(|text| PyStr::try_new(vm, text)).transpose();
        // The next text finds the room of this one.
        waiting.text.truncate(0);
        (std::mem::take(&mut waiting.pieces), text)
    });
    let text = text?.map(PyRef::into_value);
    if pieces.is_empty() {
        return Ok(text);
    }
    pieces.extend(text);
    match &pieces[..] {
        [only] => Ok(Some(only.clone())),
        _ => {
            let list = PyList::try_new_value(vm, pieces)?;
            let empty = PyStr::new_value(vm, "");
            vm.call_method(&empty, &vm.intern("join"), &[list]).map(Some)
        }
    }
}

/// The text that waits becomes its element's text or tail.
fn flush(vm: Vm<'_>, value: &Value) -> PyResult<()> {
    let builder = this(value);
    let nothing =
        builder.waiting.with(|waiting| waiting.pieces.is_empty() && waiting.text.is_empty());
    if nothing {
        return Ok(());
    }
    let Some(text) = joined(vm, &builder.waiting)? else { return Ok(()) };
    let (target, is_tail) = match builder.after.get() {
        Some(after) => (Some(after), true),
        None => (builder.last.get(), false),
    };
    let Some(target) = target else { return Ok(()) };
    if target.is_exact(ELEMENT.get()) {
        let element = target.receiver::<PyElement>();
        let before = element::text_of(element, is_tail);
        let text = if before.is_none() { text } else { vm.concat(&before, &text)? };
        element::put_text(element, is_tail, text);
        return Ok(());
    }
    let name = vm.intern(if is_tail { "tail" } else { "text" });
    let before = vm.get_attr(&target, &name)?;
    let text = if before.is_none() { text } else { vm.concat(&before, &text)? };
    vm.set_attr(&target, &name, Some(&text))
}

fn add(vm: Vm<'_>, parent: &Value, child: &Value) -> PyResult<()> {
    if parent.is_exact(ELEMENT.get()) {
        return element::add(vm, parent.receiver::<PyElement>(), child);
    }
    let append = vm.intern("append");
    vm.call_method(parent, &append, std::slice::from_ref(child)).map(|_| ())
}

/// An element begins.
pub(super) fn start(
    vm: Vm<'_>,
    value: &Value,
    tag: &Value,
    attrib: Option<Value>,
) -> PyResult<Value> {
    flush(vm, value)?;
    let builder = this(value);
    let node = match builder.element_factory.get() {
        None => element::make(vm, tag, attrib),
        Some(factory) => {
            let attrib = attrib.unwrap_or_else(|| PyDict::new_value(vm));
            vm.call(&factory, &[tag.clone(), attrib])?
        }
    };
    drop((builder.last.replace(Some(node.clone())), builder.after.replace(None)));
    let current = builder.current.get();
    match &current {
        Some(current) => add(vm, current, &node)?,
        None if builder.root.with(Option::is_some) => {
            let message = PyStr::new_value(vm, "multiple elements on top level");
            return Err(vm.raise(vm.call(&PARSE_ERROR.get().to_value(), &[message])?));
        }
        None => builder.root.set(Some(node.clone())),
    }
    let grown = builder.open.with_mut(|open| {
        open.0.try_reserve(1).ok()?;
        open.0.push(current);
        Some(())
    });
    if grown.is_none() {
        return Err(vm.memory_error());
    }
    drop(builder.current.replace(Some(node.clone())));
    report(vm, value, START, &node)?;
    Ok(node)
}

/// An element ends.
pub(super) fn end(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    flush(vm, value)?;
    let builder = this(value);
    let Some(outer) = builder.open.with_mut(|open| open.0.pop()) else {
        return Err(vm.index_error("pop from empty stack"));
    };
    let ended = builder.current.replace(outer);
    drop((builder.last.replace(ended.clone()), builder.after.replace(ended.clone())));
    let ended = ended.unwrap_or(Value::NONE);
    report(vm, value, END, &ended)?;
    Ok(ended)
}

/// A node that is no element goes into the tree where that is wanted.
fn place(vm: Vm<'_>, builder: &PyTreeBuilder, node: &Value, inserts: bool) -> PyResult<()> {
    if inserts && let Some(current) = builder.current.get() {
        add(vm, &current, node)?;
        drop((builder.last.replace(Some(node.clone())), builder.after.replace(Some(node.clone()))));
    }
    Ok(())
}

/// A comment.
pub(super) fn comment(vm: Vm<'_>, value: &Value, text: &Value) -> PyResult<Value> {
    flush(vm, value)?;
    let builder = this(value);
    let node = match builder.comment_factory.get() {
        Some(factory) => {
            let node = vm.call(&factory, std::slice::from_ref(text))?;
            place(vm, builder, &node, builder.inserts_comments.get())?;
            node
        }
        None => text.clone(),
    };
    report(vm, value, COMMENT, &node)?;
    Ok(node)
}

/// A processing instruction.
pub(super) fn instruction(
    vm: Vm<'_>,
    value: &Value,
    target: &Value,
    text: &Value,
) -> PyResult<Value> {
    flush(vm, value)?;
    let builder = this(value);
    let parts = [target.clone(), text.clone()];
    let node = match builder.pi_factory.get() {
        Some(factory) => {
            let node = vm.call(&factory, &parts)?;
            place(vm, builder, &node, builder.inserts_pis.get())?;
            node
        }
        None => PyTuple::new_value(vm, &parts),
    };
    report(vm, value, INSTRUCTION, &node)?;
    Ok(node)
}

/// The root.
pub(super) fn root(value: &Value) -> Value {
    this(value).root.get().unwrap_or(Value::NONE)
}

fn data(vm: Vm<'_>, value: &Value, piece: &Value) -> PyResult<Value> {
    let builder = this(value);
    if builder.last.with(Option::is_some) {
        let parsed = builder.waiting.with_mut(|waiting| std::mem::take(&mut waiting.text));
        let parsed = match parsed.is_empty() {
            true => None,
            false => Some(PyStr::try_new(vm, &parsed)?.into_value()),
        };
        builder.waiting.with_mut(|waiting| {
            waiting.pieces.extend(parsed);
            waiting.pieces.push(piece.clone());
        });
    }
    Ok(Value::NONE)
}

fn start_method(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "start", args.len(), 2, 2)?;
    if args[1].downcast::<PyDict>().is_none() {
        return Err(wrong_argument(vm, "start", " 2", "dict", &args[1]));
    }
    start(vm, value, &args[0], Some(args[1].clone()))
}

fn end_method(vm: Vm<'_>, value: &Value, _tag: &Value) -> PyResult<Value> {
    end(vm, value)
}

fn comment_method(vm: Vm<'_>, value: &Value, text: &Value) -> PyResult<Value> {
    comment(vm, value, text)
}

fn pi_method(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "pi", args.len(), 1, 2)?;
    instruction(vm, value, &args[0], args.get(1).unwrap_or(&Value::NONE))
}

fn close(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(root(value))
}
