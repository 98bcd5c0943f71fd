//! `_sre.SRE_Scanner`: searches that go on where the last one ended.

use objects::core::errors::PyResult;
use objects::core::gc::{Traverse, Visitor};
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::{self, Buffer};
use objects::{getset, methods, payload};

use super::match_::PyMatch;
use super::pattern::{PyPattern, Range, Walk};
use super::subject::Subject;

/// The text and how far the scanner came; None for the place when it is done.
pub(super) struct State {
    range: Range,
    walk: GilCell<Option<Walk>>,
    /// The buffer that is scanned: it keeps its size.
    _held: Option<Buffer>,
}

impl Traverse for State {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.range.string.traverse(visitor);
    }
}

payload! {
    /// The payload of a scanner.
    pub struct PyScanner: SCANNER, gc {
        pattern: PyRef<PyPattern>,
        state: State,
    }
}

/// `_sre.SRE_Scanner`
pub static SCANNER: StaticType = StaticType::new::<PyScanner>();

/// The spec of `_sre.SRE_Scanner`.
pub const SCANNER_SPEC: TypeSpec = TypeSpec {
    name: "_sre.SRE_Scanner",
    flags: spec_flags::DISALLOW_INSTANTIATION | spec_flags::IMMUTABLE,
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    ["match"] "($self, /)" None(scanner_match);
    ["search"] "($self, /)" None(scanner_search);
}

getset! { GETSET:
    member ["pattern"] get_pattern;
}

pub(super) fn make(vm: Vm<'_>, pattern: &Py<PyPattern>, range: Range) -> PyResult<Value> {
    let held = if Subject::is_copied(&range.string) {
        Some(buffer::get(vm, &range.string)?)
    } else {
        None
    };
    let walk = GilCell::new(Some(Walk::new(range.pos)));
    let payload =
        PyScanner { pattern: pattern.to_ref(), state: State { range, walk, _held: held } };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

fn next(vm: Vm<'_>, this: &Value, anchored: bool) -> PyResult<Value> {
    let scanner = this.receiver::<PyScanner>();
    let Some(mut walk) = scanner.state.walk.take() else { return Ok(Value::NONE) };
    let range = &scanner.state.range;
    let found = walk.next(vm, &scanner.pattern, &range.subject, range.end, anchored);
    if !matches!(found, Ok(None)) {
        scanner.state.walk.set(Some(walk));
    }
    Ok(PyMatch::from_found(vm, &scanner.pattern, range, found?))
}

fn scanner_match(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    next(vm, this, true)
}

fn scanner_search(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    next(vm, this, false)
}

#[expect(clippy::unnecessary_wraps, reason = "a getter's signature")]
fn get_pattern(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyScanner>().pattern.clone().into_value())
}
