//! `re.Pattern`.

use std::hash::{DefaultHasher, Hash, Hasher};

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::gc::{Traverse, Visitor};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::{CompareOp, Slot};
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::list::PyList;
use objects::types::str::{PyStr, storage};
use objects::types::tuple::PyTuple;
use objects::{getset, methods, payload};

use super::engine::{Demand, Found};
use super::match_::PyMatch;
use super::program::Program;
use super::subject::{How, Subject};
use super::{join, scanner, template};

/// The compiled words.
pub(super) struct Compiled(pub(super) Program);

impl Traverse for Compiled {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

/// Numbers of a pattern.
pub(super) struct Facts {
    flags: i32,
    groups: usize,
    is_str: Option<bool>,
}

impl Traverse for Facts {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a pattern.
    pub struct PyPattern: PATTERN, gc {
        pattern: Value,
        pub(super) program: Compiled,
        facts: Facts,
        by_name: Value,
        names: Value,
    }
}

/// `re.Pattern`
pub static PATTERN: StaticType = StaticType::new::<PyPattern>();

/// The spec of `re.Pattern`.
pub const PATTERN_SPEC: TypeSpec = TypeSpec {
    name: "re.Pattern",
    doc: Some("Compiled regular expression object."),
    flags: spec_flags::DISALLOW_INSTANTIATION | spec_flags::IMMUTABLE | spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::Repr(pattern_repr),
        Slot::Hash(pattern_hash),
        Slot::Richcompare(pattern_richcompare),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Matches zero or more characters at the beginning of the string.
    ["match"] "($self, /, string, pos=0, endpos=sys.maxsize)" Bound(pattern_match);
    /// Matches against all of the string.
    ["fullmatch"] "($self, /, string, pos=0, endpos=sys.maxsize)" Bound(pattern_fullmatch);
    /// Looks for the first match in the string.
    ["search"] "($self, /, string, pos=0, endpos=sys.maxsize)" Bound(pattern_search);
    /// Return the string with the leftmost non-overlapping matches replaced by repl.
    ["sub"] "($self, /, repl, string, count=0)" Bound(pattern_sub);
    /// Return the tuple (new_string, number_of_subs_made) found by replacing matches by repl.
    ["subn"] "($self, /, repl, string, count=0)" Bound(pattern_subn);
    /// Return a list of all non-overlapping matches of pattern in string.
    ["findall"] "($self, /, string, pos=0, endpos=sys.maxsize)" Bound(pattern_findall);
    /// Split string by the occurrences of pattern.
    ["split"] "($self, /, string, maxsplit=0)" Bound(pattern_split);
    /// Return an iterator over all non-overlapping matches in string.
    ["finditer"] "($self, /, string, pos=0, endpos=sys.maxsize)" Bound(pattern_finditer);
    ["scanner"] "($self, /, string, pos=0, endpos=sys.maxsize)" Bound(pattern_scanner);
    ["__copy__"] "($self, /)" None(pattern_copy);
    ["__deepcopy__"] "($self, memo, /)" One(pattern_deepcopy);
    /// Patterns are generic over the type of string they handle (str or bytes)
    class ["__class_getitem__"] "($type, object, /)" One(objects::types::generic_alias::class_getitem);
}

getset! { GETSET:
    /// The pattern string from which the RE object was compiled.
    member ["pattern"] get_pattern;
    /// The regex matching flags.
    member ["flags"] get_flags;
    /// The number of capturing groups in the pattern.
    member ["groups"] get_groups;
    /// A dictionary mapping group names to group numbers.
    ["groupindex"] get_groupindex;
}

pub(super) fn make(
    vm: Vm<'_>,
    pattern: &Value,
    flags: i32,
    code: Vec<u32>,
    groups: usize,
    by_name: &Value,
    names: &Value,
) -> PyResult<Value> {
    let is_str = match pattern {
        none if none.is_none() => None,
        other => Some(Subject::of(vm, other)?.is_str()),
    };
    let payload = PyPattern {
        pattern: pattern.clone(),
        program: Compiled(Program::new(code)),
        facts: Facts { flags, groups, is_str },
        by_name: by_name.clone(),
        names: names.clone(),
    };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

impl PyPattern {
    /// How many groups.
    pub(super) fn groups(&self) -> usize {
        self.facts.groups
    }

    /// Whether it was made of a str; None when it was made of nothing.
    pub(super) fn is_str(&self) -> Option<bool> {
        self.facts.is_str
    }

    /// The number of a named group.
    pub(super) fn group_number(&self, vm: Vm<'_>, name: &Value) -> PyResult<Option<Value>> {
        vm.get_item_opt(&self.by_name, name)
    }

    /// The groups' names by number.
    pub(super) fn names(&self) -> &[Value] {
        self.names.downcast::<PyTuple>().map(Py::items).unwrap_or_default()
    }

    /// The dict of the named groups.
    pub(super) fn by_name(&self) -> &Value {
        &self.by_name
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a getter's signature")]
fn get_pattern(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyPattern>().pattern.clone())
}

#[expect(clippy::unnecessary_wraps, reason = "a getter's signature")]
fn get_flags(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(i64::from(this.receiver::<PyPattern>().facts.flags)))
}

#[expect(clippy::unnecessary_wraps, reason = "a getter's signature")]
fn get_groups(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(this.receiver::<PyPattern>().groups()))
}

fn get_groupindex(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(objects::types::mappingproxy::new(vm, &this.receiver::<PyPattern>().by_name))
}

/// The arguments `string, pos=0, endpos=sys.maxsize`, clamped.
pub(super) struct Range {
    pub(super) subject: Subject,
    pub(super) string: Value,
    pub(super) pos: usize,
    pub(super) end: usize,
}

fn range(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Range> {
    let string = args.required(0);
    let bound = |nth: usize, default: isize| {
        args.get(nth).map_or(Ok(default), |value| number::as_isize(vm, value))
    };
    let (pos, end) = (bound(1, 0)?, bound(2, isize::MAX)?);
    let subject = Subject::new(vm, this.receiver::<PyPattern>(), string)?;
    let length = subject.len();
    let clamp = |at: isize| usize::try_from(at).unwrap_or(0).min(length);
    let end = clamp(end);
    Ok(Range { pos: clamp(pos), end, subject, string: string.clone() })
}

fn one_match(vm: Vm<'_>, this: &Value, args: &Bound<'_>, how: How) -> PyResult<Value> {
    let range = range(vm, this, args)?;
    let pattern = this.receiver::<PyPattern>();
    let found = range.subject.run(vm, pattern, range.pos, range.end, how)?;
    Ok(PyMatch::from_found(vm, pattern, &range, found))
}

fn pattern_match(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    one_match(vm, this, args, How::Match(Demand::default()))
}

fn pattern_fullmatch(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    one_match(vm, this, args, How::Match(Demand { whole: true, advance: false }))
}

fn pattern_search(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    one_match(vm, this, args, How::Search(Demand::default()))
}

/// Goes through all matches: each search begins where the last match ended, and an empty match there is refused.
pub(super) struct Walk {
    pub(super) at: usize,
    pub(super) advance: bool,
}

impl Walk {
    pub(super) const fn new(at: usize) -> Self {
        Self { at, advance: false }
    }

    /// The next match.
    pub(super) fn next(
        &mut self,
        vm: Vm<'_>,
        pattern: &PyPattern,
        subject: &Subject,
        end: usize,
        anchored: bool,
    ) -> PyResult<Option<Found>> {
        let demand = Demand { whole: false, advance: self.advance };
        let how = if anchored { How::Match(demand) } else { How::Search(demand) };
        let found = subject.run(vm, pattern, self.at, end, how)?;
        if let Some(found) = &found {
            self.advance = found.start == found.end;
            self.at = found.end;
        }
        Ok(found)
    }
}

fn pattern_findall(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let range = range(vm, this, args)?;
    let pattern = this.receiver::<PyPattern>();
    let mut walk = Walk::new(range.pos);
    let mut all = Vec::new();
    while let Some(found) = walk.next(vm, pattern, &range.subject, range.end, false)? {
        let group = |nth: usize| match (found.marks.get(nth * 2), found.marks.get(nth * 2 + 1)) {
            (Some(&start), Some(&end)) if start != usize::MAX && end != usize::MAX => {
                range.subject.slice(vm, start, end)
            }
            _ => range.subject.slice(vm, 0, 0),
        };
        let item = match pattern.groups() {
            0 => range.subject.slice(vm, found.start, found.end)?,
            1 => group(0)?,
            groups => {
                let items = (0..groups).map(group).collect::<PyResult<Vec<_>>>()?;
                PyTuple::try_from_vec(vm, items)?.into_value()
            }
        };
        if all.try_reserve(1).is_err() {
            return Err(vm.memory_error());
        }
        all.push(item);
    }
    PyList::try_new_value(vm, all)
}

fn pattern_split(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let pattern = this.receiver::<PyPattern>();
    let max = args.get(1).map_or(Ok(0), |value| number::as_isize(vm, value))?;
    let max = if max == 0 { usize::MAX } else { usize::try_from(max).unwrap_or(0) };
    let subject = Subject::new(vm, pattern, args.required(0))?;
    let (mut walk, mut last, mut times) = (Walk::new(0), 0, 0);
    let mut parts = Vec::new();
    while times < max {
        let Some(found) = walk.next(vm, pattern, &subject, subject.len(), false)? else { break };
        parts.push(subject.slice(vm, last, found.start)?);
        for group in found.marks.chunks_exact(2) {
            parts.push(match *group {
                [start, end] if start != usize::MAX && end != usize::MAX => {
                    subject.slice(vm, start, end)?
                }
                _ => Value::NONE,
            });
        }
        last = found.end;
        times += 1;
    }
    parts.push(subject.slice(vm, last, subject.len())?);
    PyList::try_new_value(vm, parts)
}

fn pattern_sub(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    substitute(vm, this, args).map(|(text, _)| text)
}

fn pattern_subn(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let (text, times) = substitute(vm, this, args)?;
    Ok(PyTuple::new_value(vm, &[text, Value::from_usize(times)]))
}

/// What stands for a match.
enum Replacement {
    /// Always the same.
    Literal(Value),
    /// Called with the match.
    Function(Value),
    /// Filled with the match's groups.
    Template(Value),
}

fn replacement(vm: Vm<'_>, this: &Value, value: &Value) -> PyResult<Replacement> {
    if value.class().slots.call.get().is_some() {
        return Ok(Replacement::Function(value.clone()));
    }
    let subject = Subject::of(vm, value)?;
    let has_escape = match &subject {
        Subject::Text(text) => storage::points(text).any(|point| point == 0x5c),
        Subject::Bytes(bytes) => bytes.as_slice().contains(&b'\\'),
    };
    if !has_escape {
        return Ok(Replacement::Literal(value.clone()));
    }
    let compiled = template::compile(vm, this, value)?;
    Ok(if compiled.downcast::<template::PyTemplate>().is_some() {
        Replacement::Template(compiled)
    } else {
        Replacement::Literal(compiled)
    })
}

fn substitute(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<(Value, usize)> {
    let pattern = this.receiver::<PyPattern>();
    let count = args.get(2).map_or(Ok(0), |value| number::as_isize(vm, value))?;
    let max = if count == 0 { usize::MAX } else { usize::try_from(count).unwrap_or(0) };
    let string = args.required(1);
    let replacement = replacement(vm, this, args.required(0))?;
    let subject = Subject::new(vm, pattern, string)?;
    let range = Range { pos: 0, end: subject.len(), subject, string: string.clone() };
    let (mut walk, mut last, mut times) = (Walk::new(0), 0, 0);
    let mut parts = Vec::new();
    while times < max {
        let Some(found) = walk.next(vm, pattern, &range.subject, range.end, false)? else { break };
        if last < found.start {
            parts.push(range.subject.slice(vm, last, found.start)?);
        }
        last = found.end;
        match &replacement {
            Replacement::Literal(text) => parts.push(text.clone()),
            Replacement::Function(function) => {
                let found = PyMatch::from_found(vm, pattern, &range, Some(found));
                let text = vm.call(function, &[found])?;
                if !text.is_none() {
                    parts.push(text);
                }
            }
            Replacement::Template(filled) => {
                let found = PyMatch::from_found(vm, pattern, &range, Some(found));
                parts.push(template::expand(vm, filled, &found)?);
            }
        }
        times += 1;
    }
    if last < range.end || parts.is_empty() {
        parts.push(range.subject.slice(vm, last, range.end)?);
    }
    Ok((join(vm, &parts, range.subject.is_str())?, times))
}

fn pattern_finditer(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let scanner = pattern_scanner(vm, this, args)?;
    let search = vm.get_attr_str(&scanner, "search")?;
    Ok(objects::types::iterators::callable_iterator(vm, search, Value::NONE))
}

fn pattern_scanner(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let range = range(vm, this, args)?;
    scanner::make(vm, this.receiver::<PyPattern>(), range)
}

#[expect(clippy::unnecessary_wraps, reason = "a native method's signature")]
fn pattern_copy(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.clone())
}

#[expect(clippy::unnecessary_wraps, reason = "a native method's signature")]
fn pattern_deepcopy(_vm: Vm<'_>, this: &Value, _memo: &Value) -> PyResult<Value> {
    Ok(this.clone())
}

/// The flags by which a repr names them, in order.
const FLAG_NAMES: [(i32, &str); 8] = [
    (2, "re.IGNORECASE"),
    (8, "re.MULTILINE"),
    (16, "re.DOTALL"),
    (64, "re.VERBOSE"),
    (128, "re.DEBUG"),
    (256, "re.ASCII"),
    (4, "re.LOCALE"),
    (32, "re.UNICODE"),
];

fn pattern_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let pattern = this.receiver::<PyPattern>();
    let mut flags = pattern.facts.flags;
    // A str pattern is a Unicode one unless it says otherwise.
    if pattern.is_str() == Some(true) && flags & (4 | 32 | 256) == 32 {
        flags &= !32;
    }
    let text = vm.repr(&pattern.pattern)?;
    let shown = storage::slice(vm, &text, 0, 200)?.to_rust_string();
    let mut named = Vec::new();
    for (bit, name) in FLAG_NAMES {
        if flags & bit != 0 {
            named.push(name.to_owned());
            flags &= !bit;
        }
    }
    if flags != 0 {
        named.push(format!("{flags:#x}"));
    }
    let repr = if named.is_empty() {
        format!("re.compile({shown})")
    } else {
        format!("re.compile({shown}, {})", named.join("|"))
    };
    PyStr::try_new(vm, &repr).map(PyRef::into_value)
}

#[expect(clippy::cast_possible_wrap, reason = "a hash is its bits")]
fn pattern_hash(vm: Vm<'_>, this: &Value) -> PyResult<i64> {
    let pattern = this.receiver::<PyPattern>();
    let mut hasher = DefaultHasher::new();
    pattern.program.0.code.hash(&mut hasher);
    (pattern.facts.flags, pattern.facts.is_str, pattern.facts.groups).hash(&mut hasher);
    vm.hash(&pattern.pattern)?.hash(&mut hasher);
    let hash = hasher.finish() as i64;
    Ok(if hash == -1 { -2 } else { hash })
}

fn pattern_richcompare(vm: Vm<'_>, this: &Value, other: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(a), Some(b)) = (this.downcast::<PyPattern>(), other.downcast::<PyPattern>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let equal = this.is(other) || same(vm, a, b)?;
    Ok(Value::from_bool(equal == (op == CompareOp::Eq)))
}

fn same(vm: Vm<'_>, a: &Py<PyPattern>, b: &Py<PyPattern>) -> PyResult<bool> {
    let facts = |p: &PyPattern| (p.facts.flags, p.facts.is_str, p.facts.groups);
    if facts(a) != facts(b) || a.program.0.code != b.program.0.code {
        return Ok(false);
    }
    vm.equal(&a.pattern, &b.pattern)
}
