//! `Element`: a tag, attributes, texts, and children.

use objects::core::args::{Args, Bound, check_count};
use objects::core::errors::{PyResult, Raised};
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::protocol::slice_index::position;
use objects::types::dict::{DICT, PyDict};
use objects::types::exceptions::hierarchy::DEPRECATION_WARNING;
use objects::types::list::PyList;
use objects::types::slice::PySlice;
use objects::types::str::{PyStr, STR};
use objects::{getset, methods, payload};

use super::{attributes, copy_of, count, iterate, wrong_argument};

/// How messages call the type.
pub(super) const NAME: &str = "xml.etree.ElementTree.Element";

payload! {
    /// The payload of an element. What is None in Python is None here.
    pub(super) struct PyElement: ELEMENT, gc {
        tag: HotCell<Option<Value>>,
        text: HotCell<Option<Value>>,
        tail: HotCell<Option<Value>>,
        /// A dict, once there are attributes or somebody asked for them.
        attrib: HotCell<Option<Value>>,
        /// The children, once there are any.
        children: HotCell<Option<PyRef<PyList>>>,
    }
}

/// `xml.etree.ElementTree.Element`
pub(super) static ELEMENT: StaticType = StaticType::new::<PyElement>();

methods! { METHODS:
    ["clear"] "($self, /)" None(clear);
    ["get"] "($self, /, key, default=None)" Bound(get);
    ["set"] "($self, key, value, /)" Positional(set);
    ["find"] "($self, /, path, namespaces=None)" Bound(find);
    ["findtext"] "($self, /, path, default=None, namespaces=None)" Bound(findtext);
    ["findall"] "($self, /, path, namespaces=None)" Bound(findall);
    ["append"] "($self, subelement, /)" One(append);
    ["extend"] "($self, elements, /)" One(extend);
    ["insert"] "($self, index, subelement, /)" Positional(insert);
    ["remove"] "($self, subelement, /)" One(remove);
    ["iter"] "($self, /, tag=None)" Bound(iter);
    ["itertext"] "($self, /)" None(itertext);
    ["iterfind"] "($self, /, path, namespaces=None)" Bound(iterfind);
    ["items"] "($self, /)" None(items);
    ["keys"] "($self, /)" None(keys);
    ["makeelement"] "($self, tag, attrib, /)" Positional(makeelement);
    ["__copy__"] "($self, /)" None(copy);
    ["__deepcopy__"] "($self, memo, /)" One(deepcopy);
    ["__sizeof__"] "($self, /)" None(sizeof);
    ["__getstate__"] "($self, /)" None(getstate);
    ["__setstate__"] "($self, state, /)" One(setstate);
}

getset! { GETSET:
    /// A string identifying what kind of data this element represents
    ["tag"] get_tag, set_tag;
    /// A string of text directly after the start tag, or None
    ["text"] get_text, set_text;
    /// A string of text directly after the end tag, or None
    ["tail"] get_tail, set_tail;
    /// A dictionary containing the element's attributes
    ["attrib"] get_attrib, set_attrib;
}

/// The spec of `Element`.
pub(super) const ELEMENT_SPEC: TypeSpec = TypeSpec {
    name: NAME,
    flags: spec_flags::BASETYPE
        | spec_flags::IMMUTABLE
        | spec_flags::HAS_WEAKREF
        | spec_flags::SHOWN_AS_HEAP,
    slots: &[
        Slot::New(new),
        Slot::Init(init),
        Slot::Repr(repr),
        Slot::NbBool(truth),
        Slot::SqLength(length),
        Slot::SqItem(sq_item),
        Slot::MpLength(length),
        Slot::MpSubscript(subscript),
        Slot::MpAssSubscript(assign),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

fn this(value: &Value) -> &Py<PyElement> {
    value.receiver::<PyElement>()
}

fn known(value: &Value) -> Option<Value> {
    Some(value).filter(|value| !value.is_none()).cloned()
}

fn shown(value: Option<Value>) -> Value {
    value.unwrap_or(Value::NONE)
}

/// A new element of the type itself.
pub(super) fn make(vm: Vm<'_>, tag: &Value, attrib: Option<Value>) -> Value {
    let new = PyElement {
        tag: HotCell::new(known(tag)),
        text: HotCell::default(),
        tail: HotCell::default(),
        attrib: HotCell::new(attrib),
        children: HotCell::default(),
    };
    PyRef::new(vm, new).into_value()
}

/// The element's text or tail.
pub(super) fn text_of(element: &Py<PyElement>, is_tail: bool) -> Value {
    shown(if is_tail { element.tail.get() } else { element.text.get() })
}

/// Sets the element's text or tail.
pub(super) fn put_text(element: &Py<PyElement>, is_tail: bool, text: Value) {
    let place = if is_tail { &element.tail } else { &element.text };
    drop(place.replace(Some(text)));
}

/// The element's tag.
pub(super) fn tag_of(element: &Py<PyElement>) -> Value {
    shown(element.tag.get())
}

/// Child `index`.
pub(super) fn child(element: &Py<PyElement>, index: usize) -> Option<Value> {
    element.children.with(|children| children.as_ref()?.get(index))
}

fn child_count(element: &Py<PyElement>) -> usize {
    element.children.with(|children| children.as_ref().map_or(0, |children| children.len()))
}

fn children_or_new(vm: Vm<'_>, element: &Py<PyElement>) -> PyRef<PyList> {
    if let Some(children) = element.children.get() {
        return children;
    }
    let new = PyList::new_ref(vm, Vec::new());
    element.children.set(Some(new.clone()));
    new
}

#[cold]
fn no_element(vm: Vm<'_>, value: &Value) -> Raised {
    vm.type_error(format!("expected an Element, not \"{}\"", value.class().name()))
}

/// Appends a child.
pub(super) fn add(vm: Vm<'_>, element: &Py<PyElement>, child: &Value) -> PyResult<()> {
    if child.downcast::<PyElement>().is_none() {
        return Err(no_element(vm, child));
    }
    children_or_new(vm, element).push(vm, child.clone())
}

fn attrib_or_new(vm: Vm<'_>, element: &Py<PyElement>) -> Value {
    if let Some(attrib) = element.attrib.get() {
        return attrib;
    }
    let new = PyDict::new_value(vm);
    element.attrib.set(Some(new.clone()));
    new
}

fn new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let new = PyElement {
        tag: HotCell::default(),
        text: HotCell::default(),
        tail: HotCell::default(),
        attrib: HotCell::default(),
        children: HotCell::default(),
    };
    Ok(PyRef::new_of(vm, class, new).into_value())
}

fn init(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<()> {
    let given = args.positional();
    count(vm, "Element", given.len(), 1, 2)?;
    let attrib = attributes(vm, "Element", given.get(1), 2, &args)?;
    let element = this(value);
    let old = (
        element.tag.replace(known(&given[0])),
        element.text.replace(None),
        element.tail.replace(None),
        element.attrib.replace(attrib),
    );
    drop(old);
    Ok(())
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let Some(_guard) = vm.enter_repr(value) else {
        return Err(vm.runtime_error(format!("reentrant call inside {NAME}.__repr__")));
    };
    let tag = vm.repr(&tag_of(this(value)))?.to_rust_string();
    Ok(PyStr::new_value(vm, &format!("<Element {tag} at {:#x}>", value.id())))
}

fn truth(vm: Vm<'_>, value: &Value) -> PyResult<bool> {
    vm.warn(
        &DEPRECATION_WARNING,
        "Testing an element's truth value will always return True in future versions.  \
         Use specific 'len(elem)' or 'elem is not None' test instead.",
        1,
    )?;
    Ok(child_count(this(value)) != 0)
}

fn length(_vm: Vm<'_>, value: &Value) -> PyResult<usize> {
    Ok(child_count(this(value)))
}

fn sq_item(vm: Vm<'_>, value: &Value, index: isize) -> PyResult<Value> {
    usize::try_from(index)
        .ok()
        .and_then(|index| child(this(value), index))
        .ok_or_else(|| vm.index_error("child index out of range"))
}

#[cold]
fn wrong_index(vm: Vm<'_>) -> Raised {
    vm.type_error("element indices must be integers")
}

/// A position among the children.
fn place(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Option<usize>> {
    if !number::has_index(key) {
        return Err(wrong_index(vm));
    }
    let index = number::as_index(vm, key)?;
    Ok(position(index, child_count(this(value))))
}

fn subscript(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Value> {
    if key.downcast::<PySlice>().is_some() {
        return vm.get_item(&children_or_new(vm, this(value)).to_value(), key);
    }
    place(vm, value, key)?
        .and_then(|index| child(this(value), index))
        .ok_or_else(|| vm.index_error("child index out of range"))
}

fn assign(vm: Vm<'_>, value: &Value, key: &Value, new: Option<&Value>) -> PyResult<()> {
    if key.downcast::<PySlice>().is_some() {
        let list = children_or_new(vm, this(value)).to_value();
        let Some(new) = new else { return vm.del_item(&list, key) };
        let items = vm.collect_or(new, "assignment expects an iterable")?;
        if let Some(other) = items.iter().find(|item| item.downcast::<PyElement>().is_none()) {
            return Err(no_element(vm, other));
        }
        return vm.set_item(&list, key, &PyList::try_new_value(vm, items)?);
    }
    let Some(index) = place(vm, value, key)? else {
        return Err(vm.index_error("child assignment index out of range"));
    };
    let children = children_or_new(vm, this(value));
    match new {
        Some(new) if new.downcast::<PyElement>().is_none() => Err(no_element(vm, new)),
        Some(new) => {
            drop(children.set(index, new.clone()));
            Ok(())
        }
        None => vm.del_item(&children.to_value(), &Value::from_usize(index)),
    }
}

fn clear(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let element = this(value);
    let old = (
        element.children.replace(None),
        element.attrib.replace(None),
        element.text.replace(None),
        element.tail.replace(None),
    );
    drop(old);
    Ok(Value::NONE)
}

fn get(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let found = match this(value).attrib.get() {
        Some(attrib) => attrib.receiver::<PyDict>().get(vm, args.required(0))?,
        None => None,
    };
    Ok(found.or_else(|| args.get(1).cloned()).unwrap_or(Value::NONE))
}

fn set(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "set", args.len(), 2, 2)?;
    let attrib = attrib_or_new(vm, this(value));
    attrib.receiver::<PyDict>().set(vm, &args[0], args[1].clone())?;
    Ok(Value::NONE)
}

/// Whether more than a tag is meant: what only ElementPath understands.
fn is_path(path: &Value) -> bool {
    let bytes;
    let text = if let Some(text) = path.downcast::<PyStr>() {
        bytes = text.to_wtf8();
        &bytes[..]
    } else if let Some(bytes) = path.downcast::<objects::types::bytes::PyBytes>() {
        bytes.as_slice()
    } else {
        return true;
    };
    if text.len() >= 3 && (text.starts_with(b"{}") || text.starts_with(b"{*}")) {
        return true;
    }
    let mut outside = true;
    for &byte in text {
        match byte {
            b'{' => outside = false,
            b'}' => outside = true,
            b'/' | b'*' | b'[' | b'@' | b'.' if outside => return true,
            _ => {}
        }
    }
    false
}

/// A function of `xml.etree.ElementPath`.
fn by_path(vm: Vm<'_>, function: &str, args: &[Value]) -> PyResult<Value> {
    let module = vm.import_module("xml.etree.ElementPath")?;
    let function = vm.get_attr_str(&module, function)?;
    vm.call(&function, args)
}

/// Gives each child with the tag to `see`, until it answers something.
fn each_with_tag<R>(
    vm: Vm<'_>,
    element: &Py<PyElement>,
    tag: &Value,
    mut see: impl FnMut(Value) -> Option<R>,
) -> PyResult<Option<R>> {
    let mut index = 0;
    while let Some(child) = child(element, index) {
        index += 1;
        if vm.equal(&tag_of(this(&child)), tag)?
            && let Some(found) = see(child)
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The path and the namespaces, where ElementPath is needed.
fn path_arguments(value: &Value, args: &Bound<'_>, namespaces: usize) -> Option<[Value; 3]> {
    let (path, namespaces) = (args.required(0), args.get_non_none(namespaces));
    if namespaces.is_none() && !is_path(path) {
        return None;
    }
    Some([value.clone(), path.clone(), shown(namespaces.cloned())])
}

fn find(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    if let Some(args) = path_arguments(value, args, 1) {
        return by_path(vm, "find", &args);
    }
    each_with_tag(vm, this(value), args.required(0), Some).map(shown)
}

fn findtext(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let default = shown(args.get(1).cloned());
    if let Some([element, path, namespaces]) = path_arguments(value, args, 2) {
        return by_path(vm, "findtext", &[element, path, default, namespaces]);
    }
    let found = each_with_tag(vm, this(value), args.required(0), Some)?;
    Ok(match found {
        Some(found) => {
            let text = text_of(this(&found), false);
            if text.is_none() { PyStr::new_value(vm, "") } else { text }
        }
        None => default,
    })
}

fn findall(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    if let Some(args) = path_arguments(value, args, 1) {
        return by_path(vm, "findall", &args);
    }
    let mut found = Vec::new();
    each_with_tag(vm, this(value), args.required(0), |child| {
        found.push(child);
        None::<()>
    })?;
    PyList::try_new_value(vm, found)
}

fn iterfind(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let namespaces = shown(args.get(1).cloned());
    by_path(vm, "iterfind", &[value.clone(), args.required(0).clone(), namespaces])
}

fn append(vm: Vm<'_>, value: &Value, child: &Value) -> PyResult<Value> {
    if child.downcast::<PyElement>().is_none() {
        return Err(wrong_argument(vm, "append", " 1", NAME, child));
    }
    add(vm, this(value), child).map(|()| Value::NONE)
}

fn extend(vm: Vm<'_>, value: &Value, elements: &Value) -> PyResult<Value> {
    for child in vm.collect_or(elements, "'elements' must be an iterable")? {
        add(vm, this(value), &child)?;
    }
    Ok(Value::NONE)
}

fn insert(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "insert", args.len(), 2, 2)?;
    let index = number::as_index(vm, &args[0])?;
    if args[1].downcast::<PyElement>().is_none() {
        return Err(wrong_argument(vm, "insert", " 2", NAME, &args[1]));
    }
    let inserted = children_or_new(vm, this(value)).with_mut(|children| {
        let length = children.len();
        let from_end = length.saturating_sub(index.unsigned_abs());
        let place = if index < 0 { from_end } else { index.unsigned_abs().min(length) };
        children.try_reserve(1).ok()?;
        children.insert(place, args[1].clone());
        Some(Value::NONE)
    });
    inserted.ok_or_else(|| vm.memory_error())
}

fn remove(vm: Vm<'_>, value: &Value, child_value: &Value) -> PyResult<Value> {
    if child_value.downcast::<PyElement>().is_none() {
        return Err(wrong_argument(vm, "remove", "", NAME, child_value));
    }
    let mut index = 0;
    while let Some(item) = child(this(value), index) {
        if vm.equal(&item, child_value)? {
            // The comparison may have taken the children away.
            if index < child_count(this(value)) {
                let list = children_or_new(vm, this(value)).to_value();
                vm.del_item(&list, &Value::from_usize(index))?;
            }
            return Ok(Value::NONE);
        }
        index += 1;
    }
    Err(vm.value_error("Element.remove(x): element not found"))
}

fn iter(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let tag = args.get_non_none(0).filter(|tag| {
        let is_star = objects::types::str::value_is(tag, "*")
            || tag
                .downcast::<objects::types::bytes::PyBytes>()
                .is_some_and(|bytes| bytes.as_slice() == b"*");
        !is_star
    });
    Ok(iterate::make(vm, value, tag.cloned(), false))
}

fn itertext(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(iterate::make(vm, value, None, true))
}

fn items(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let Some(attrib) = this(value).attrib.get() else {
        return PyList::try_new_value(vm, Vec::new());
    };
    let pairs = attrib.receiver::<PyDict>().items_vec().into_iter();
    let pairs =
        pairs.map(|(key, value)| objects::types::tuple::PyTuple::new_value(vm, &[key, value]));
    PyList::try_new_value(vm, pairs.collect())
}

fn keys(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let Some(attrib) = this(value).attrib.get() else {
        return PyList::try_new_value(vm, Vec::new());
    };
    let keys = attrib.receiver::<PyDict>().items_vec().into_iter().map(|(key, _)| key);
    PyList::try_new_value(vm, keys.collect())
}

fn makeelement(vm: Vm<'_>, _value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "makeelement", args.len(), 2, 2)?;
    let Some(attrib) = args[1].downcast::<PyDict>() else {
        return Err(wrong_argument(vm, "makeelement", " 2", "dict", &args[1]));
    };
    Ok(make(vm, &args[0], Some(copy_of(vm, attrib)?)))
}

fn copy(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let element = this(value);
    let new = make(vm, &tag_of(element), element.attrib.get());
    let target = this(&new);
    target.text.set(element.text.get());
    target.tail.set(element.tail.get());
    if let Some(children) = element.children.get() {
        target.children.set(Some(PyList::new_ref(vm, children.try_copy(vm)?)));
    }
    Ok(new)
}

/// `copy.deepcopy(value, memo)`, of the usual parts without a call.
fn deep(vm: Vm<'_>, value: &Value, memo: &Value) -> PyResult<Value> {
    if value.is_none() || value.is_exact(STR.get()) {
        return Ok(value.clone());
    }
    if value.is_exact(DICT.get())
        && let Some(dict) = value.downcast::<PyDict>()
        && dict
            .items_vec()
            .iter()
            .all(|(key, value)| key.is_exact(STR.get()) && value.is_exact(STR.get()))
    {
        return copy_of(vm, dict);
    }
    let module = vm.import_module("copy")?;
    let function = vm.get_attr_str(&module, "deepcopy")?;
    vm.call(&function, &[value.clone(), memo.clone()])
}

fn deepcopy(vm: Vm<'_>, value: &Value, memo: &Value) -> PyResult<Value> {
    let Some(copies) = memo.downcast::<PyDict>() else {
        return Err(wrong_argument(vm, "__deepcopy__", "", "dict", memo));
    };
    vm.check_recursion(" in __deepcopy__")?;
    let element = this(value);
    let tag = deep(vm, &tag_of(element), memo)?;
    let attrib = element.attrib.get().map(|attrib| deep(vm, &attrib, memo)).transpose()?;
    let new = make(vm, &tag, attrib);
    let target = this(&new);
    target.text.set(known(&deep(vm, &text_of(element, false), memo)?));
    target.tail.set(known(&deep(vm, &text_of(element, true), memo)?));
    let mut index = 0;
    while let Some(item) = child(element, index) {
        index += 1;
        // One that nobody else has is in no memo.
        let copied = match item.as_object() {
            Some(object) if item.is_exact(ELEMENT.get()) && object.refcount() <= 2 => {
                deepcopy(vm, &item, memo)?
            }
            _ => deep(vm, &item, memo)?,
        };
        add(vm, target, &copied)?;
    }
    copies.set(vm, &objects::types::int::from_u64(vm, value.id()), new.clone())?;
    Ok(new)
}

fn sizeof(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let children = child_count(this(value)) * size_of::<Value>();
    Ok(Value::from_usize(16 + size_of::<PyElement>() + children))
}

fn getstate(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let element = this(value);
    let children = match element.children.get() {
        Some(children) => children.try_copy(vm)?,
        None => Vec::new(),
    };
    let attrib = match element.attrib.get() {
        Some(attrib) => attrib,
        None => PyDict::new_value(vm),
    };
    let state = PyDict::new_ref(vm);
    for (name, part) in [
        ("tag", tag_of(element)),
        ("_children", PyList::try_new_value(vm, children)?),
        ("attrib", attrib),
        ("text", text_of(element, false)),
        ("tail", text_of(element, true)),
    ] {
        state.set(vm, &vm.intern(name).into_value(), part)?;
    }
    Ok(state.into_value())
}

fn setstate(vm: Vm<'_>, value: &Value, state: &Value) -> PyResult<Value> {
    let Some(state) = state.downcast::<PyDict>() else {
        let shown = vm.repr(state)?.to_rust_string();
        return Err(vm.type_error(format!("Don't know how to unpickle \"{shown}\" as an Element")));
    };
    let part = |name: &str| state.get(vm, &vm.intern(name).into_value());
    let Some(tag) = part("tag")? else { return Err(vm.type_error("tag may not be NULL")) };
    let mut children = Vec::new();
    if let Some(given) = part("_children")? {
        let Some(list) = given.downcast::<PyList>() else {
            return Err(vm.type_error("'_children' is not a list"));
        };
        children = list.try_copy(vm)?;
        if let Some(other) = children.iter().find(|item| item.downcast::<PyElement>().is_none()) {
            return Err(no_element(vm, other));
        }
    }
    let attrib = match part("attrib")? {
        Some(attrib) => match attrib.downcast::<PyDict>() {
            Some(attrib) => Some(copy_of(vm, attrib)?),
            None => None,
        },
        None => None,
    };
    let element = this(value);
    let (text, tail) = (part("text")?, part("tail")?);
    let old = (
        element.tag.replace(known(&tag)),
        element.text.replace(text.filter(|text| !text.is_none())),
        element.tail.replace(tail.filter(|tail| !tail.is_none())),
        element.attrib.replace(attrib),
        element.children.replace(Some(PyList::new_ref(vm, children))),
    );
    drop(old);
    Ok(Value::NONE)
}

/// The new value of an attribute, which cannot be deleted.
fn settable<'a>(vm: Vm<'_>, new: Option<&'a Value>) -> PyResult<&'a Value> {
    new.ok_or_else(|| {
        vm.attribute_error(
            &Value::NONE,
            &vm.intern("attrib"),
            "can't delete element attribute".to_owned(),
        )
    })
}

fn get_tag(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(tag_of(this(value)))
}

fn set_tag(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    drop(this(value).tag.replace(known(settable(vm, new)?)));
    Ok(())
}

fn get_text(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(text_of(this(value), false))
}

fn set_text(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    drop(this(value).text.replace(known(settable(vm, new)?)));
    Ok(())
}

fn get_tail(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(text_of(this(value), true))
}

fn set_tail(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    drop(this(value).tail.replace(known(settable(vm, new)?)));
    Ok(())
}

fn get_attrib(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(attrib_or_new(vm, this(value)))
}

fn set_attrib(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let new = settable(vm, new)?;
    if new.downcast::<PyDict>().is_none() {
        return Err(vm.type_error(format!("attrib must be dict, not {}", new.class().name())));
    }
    drop(this(value).attrib.replace(Some(new.clone())));
    Ok(())
}
