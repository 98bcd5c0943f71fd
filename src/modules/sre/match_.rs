//! `re.Match`.

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::gc::{Traverse, Visitor};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{getset, methods, payload};

use super::engine::Found;
use super::pattern::{PyPattern, Range};
use super::subject::Subject;
use super::template;

/// Where everything is.
pub(super) struct Places {
    found: Found,
    pos: usize,
    end: usize,
}

impl Traverse for Places {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a match.
    pub struct PyMatch: MATCH, gc {
        string: Value,
        subject: Subject,
        pattern: PyRef<PyPattern>,
        places: Places,
    }
}

/// `re.Match`
pub static MATCH: StaticType = StaticType::new::<PyMatch>();

/// The spec of `re.Match`.
pub const MATCH_SPEC: TypeSpec = TypeSpec {
    name: "re.Match",
    doc: Some(
        "The result of re.match() and re.search().\nMatch objects always have a boolean value of True.",
    ),
    flags: spec_flags::DISALLOW_INSTANTIATION | spec_flags::IMMUTABLE,
    slots: &[Slot::Repr(match_repr), Slot::MpSubscript(match_getitem)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// group([group1, ...]) -> str or tuple.
    ///     Return subgroup(s) of the match by indices or names.
    ///     For 0 returns the entire match.
    ["group"] "" Positional(match_group);
    /// Return index of the start of the substring matched by group.
    ["start"] "($self, group=0, /)" Positional(match_start);
    /// Return index of the end of the substring matched by group.
    ["end"] "($self, group=0, /)" Positional(match_end);
    /// For match object m, return the 2-tuple (m.start(group), m.end(group)).
    ["span"] "($self, group=0, /)" Positional(match_span);
    /// Return a tuple containing all the subgroups of the match, from 1.
    ["groups"] "($self, /, default=None)" Bound(match_groups);
    /// Return a dictionary of all the named subgroups of the match, by name.
    ["groupdict"] "($self, /, default=None)" Bound(match_groupdict);
    /// Return the string obtained by backslash substitution on the template, as done by sub().
    ["expand"] "($self, /, template)" Bound(match_expand);
    ["__copy__"] "($self, /)" None(match_copy);
    ["__deepcopy__"] "($self, memo, /)" One(match_deepcopy);
    /// Matches are generic over the type of string which was matched (str or bytes)
    class ["__class_getitem__"] "($type, object, /)" One(objects::types::generic_alias::class_getitem);
}

getset! { GETSET:
    /// The string passed to match() or search().
    member ["string"] get_string;
    /// The regular expression object.
    member ["re"] get_re;
    /// The index into the string at which the RE engine started looking for a match.
    member ["pos"] get_pos;
    /// The index into the string beyond which the RE engine will not go.
    member ["endpos"] get_endpos;
    /// The integer index of the last matched capturing group.
    ["lastindex"] get_lastindex;
    /// The name of the last matched capturing group.
    ["lastgroup"] get_lastgroup;
    ["regs"] get_regs;
}

impl PyMatch {
    /// A match object; None without a match.
    pub(super) fn from_found(
        vm: Vm<'_>,
        pattern: &Py<PyPattern>,
        range: &Range,
        found: Option<Found>,
    ) -> Value {
        let Some(found) = found else { return Value::NONE };
        let payload = Self {
            string: range.string.clone(),
            subject: range.subject.clone(),
            pattern: pattern.to_ref(),
            places: Places { found, pos: range.pos, end: range.end },
        };
        PyRef::new(vm, payload).into_value()
    }

    /// Start and end of a group; None when it did not take part.
    pub(super) fn span(&self, group: usize) -> Option<(usize, usize)> {
        let found = &self.places.found;
        let Some(nth) = group.checked_sub(1) else { return Some((found.start, found.end)) };
        let start = *found.marks.get(nth * 2)?;
        let end = *found.marks.get(nth * 2 + 1)?;
        (start != usize::MAX && end != usize::MAX).then_some((start, end))
    }

    /// A group's text, or `default`.
    pub(super) fn text(&self, vm: Vm<'_>, group: usize, default: &Value) -> PyResult<Value> {
        match self.span(group) {
            Some((start, end)) if Subject::is_copied(&self.string) => {
                Subject::of(vm, &self.string)?.slice(vm, start, end)
            }
            Some((start, end)) => self.subject.slice(vm, start, end),
            None => Ok(default.clone()),
        }
    }

    /// Whether the text is a str.
    pub(super) fn is_str(&self) -> bool {
        self.subject.is_str()
    }

    /// How many groups.
    pub(super) fn group_count(&self) -> usize {
        self.pattern.groups()
    }

    /// The number of a group given by number or name.
    fn group_number(&self, vm: Vm<'_>, group: &Value) -> PyResult<usize> {
        let number = if number::has_index(group) {
            Some(number::as_isize_clipped(vm, group)?)
        } else {
            match self.pattern.group_number(vm, group)? {
                Some(number) => Some(number::as_isize_clipped(vm, &number)?),
                None => None,
            }
        };
        number
            .and_then(|number| usize::try_from(number).ok())
            .filter(|&number| number <= self.group_count())
            .ok_or_else(|| vm.index_error("no such group"))
    }
}

fn match_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let found = this.receiver::<PyMatch>();
    let (start, end) = (found.places.found.start, found.places.found.end);
    let text = vm.repr(&found.text(vm, 0, &Value::NONE)?)?;
    let shown = objects::types::str::storage::slice(vm, &text, 0, 50)?.to_rust_string();
    let repr = format!("<re.Match object; span=({start}, {end}), match={shown}>");
    PyStr::try_new(vm, &repr).map(PyRef::into_value)
}

fn match_getitem(vm: Vm<'_>, this: &Value, key: &Value) -> PyResult<Value> {
    let found = this.receiver::<PyMatch>();
    let number = found.group_number(vm, key)?;
    found.text(vm, number, &Value::NONE)
}

fn match_group(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let found = this.receiver::<PyMatch>();
    match args {
        [] => found.text(vm, 0, &Value::NONE),
        [one] => match_getitem(vm, this, one),
        several => {
            let mut texts = Vec::with_capacity(several.len());
            for group in several {
                texts.push(match_getitem(vm, this, group)?);
            }
            PyTuple::try_from_vec(vm, texts).map(PyRef::into_value)
        }
    }
}

fn span_of(vm: Vm<'_>, this: &Value, args: &[Value], name: &str) -> PyResult<(Value, Value)> {
    objects::core::args::check_count(vm, name, args.len(), 0, 1)?;
    let found = this.receiver::<PyMatch>();
    let number = args.first().map_or(Ok(0), |group| found.group_number(vm, group))?;
    let missing = || Value::small_int_unchecked(-1);
    Ok(match found.span(number) {
        Some((start, end)) => (Value::from_usize(start), Value::from_usize(end)),
        None => (missing(), missing()),
    })
}

fn match_start(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    span_of(vm, this, args, "start").map(|span| span.0)
}

fn match_end(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    span_of(vm, this, args, "end").map(|span| span.1)
}

fn match_span(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let (start, end) = span_of(vm, this, args, "span")?;
    Ok(PyTuple::new_value(vm, &[start, end]))
}

fn match_groups(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let found = this.receiver::<PyMatch>();
    let default = args.get(0).cloned().unwrap_or(Value::NONE);
    let mut texts = Vec::with_capacity(found.group_count());
    for group in 1..=found.group_count() {
        texts.push(found.text(vm, group, &default)?);
    }
    PyTuple::try_from_vec(vm, texts).map(PyRef::into_value)
}

fn match_groupdict(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let found = this.receiver::<PyMatch>();
    let default = args.get(0).cloned().unwrap_or(Value::NONE);
    let groups = PyDict::new_ref(vm).into_value();
    for name in vm.collect(found.pattern.by_name())? {
        let number = found.group_number(vm, &name)?;
        vm.set_item(&groups, &name, &found.text(vm, number, &default)?)?;
    }
    Ok(groups)
}

fn match_expand(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let found = this.receiver::<PyMatch>();
    let pattern = found.pattern.clone().into_value();
    let compiled = template::compile(vm, &pattern, args.required(0))?;
    if compiled.downcast::<template::PyTemplate>().is_some() {
        template::expand(vm, &compiled, this)
    } else {
        Ok(compiled)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a native method's signature")]
fn match_copy(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.clone())
}

#[expect(clippy::unnecessary_wraps, reason = "a native method's signature")]
fn match_deepcopy(_vm: Vm<'_>, this: &Value, _memo: &Value) -> PyResult<Value> {
    Ok(this.clone())
}

#[expect(clippy::unnecessary_wraps, reason = "a getter's signature")]
fn get_string(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyMatch>().string.clone())
}

#[expect(clippy::unnecessary_wraps, reason = "a getter's signature")]
fn get_re(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyMatch>().pattern.clone().into_value())
}

#[expect(clippy::unnecessary_wraps, reason = "a getter's signature")]
fn get_pos(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(this.receiver::<PyMatch>().places.pos))
}

#[expect(clippy::unnecessary_wraps, reason = "a getter's signature")]
fn get_endpos(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(this.receiver::<PyMatch>().places.end))
}

#[expect(clippy::unnecessary_wraps, reason = "a getter's signature")]
fn get_lastindex(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let last = this.receiver::<PyMatch>().places.found.last_index;
    Ok(last.map_or(Value::NONE, Value::from_usize))
}

#[expect(clippy::unnecessary_wraps, reason = "a getter's signature")]
fn get_lastgroup(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let found = this.receiver::<PyMatch>();
    let last = found.places.found.last_index;
    Ok(last.and_then(|last| found.pattern.names().get(last).cloned()).unwrap_or(Value::NONE))
}

fn get_regs(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let count = this.receiver::<PyMatch>().group_count();
    let mut spans = Vec::with_capacity(count + 1);
    for group in 0..=count {
        spans.push(match_span(vm, this, &[Value::from_usize(group)])?);
    }
    PyTuple::try_from_vec(vm, spans).map(PyRef::into_value)
}
