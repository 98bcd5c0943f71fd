//! The walk over an element and its descendants: the elements themselves, or their texts.

use std::cell::Cell;

use objects::core::errors::PyResult;
use objects::core::gc::{TakeReferences, Traverse, Visitor};
use objects::core::gil_cell::{GilCell, HotCell};
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::payload;
use objects::protocol::iterate::self_iter;
use objects::types::str::PyStr;

use super::element::{PyElement, child, tag_of, text_of};

/// The elements that the walk is inside of, each with the number of its next child.
#[derive(Default)]
struct Parents(Vec<(Value, usize)>);

impl Traverse for Parents {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        for (element, _) in &self.0 {
            visitor.visit(element);
        }
    }
}

impl TakeReferences for Parents {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        dead.extend(std::mem::take(&mut self.0).into_iter().map(|(element, _)| element));
    }
}

payload! {
    /// The payload of a walk.
    pub(super) struct PyElementIterator: ITERATOR, gc {
        parents: GilCell<Parents>,
        /// Where it begins, until it has begun.
        root: HotCell<Option<Value>>,
        /// The tag of the elements that are wanted; None for all.
        tag: HotCell<Option<Value>>,
        texts: Cell<bool>,
    }
}

/// `_elementtree._element_iterator`
pub(super) static ITERATOR: StaticType = StaticType::new::<PyElementIterator>();

/// The spec of `_element_iterator`.
pub(super) const ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "_elementtree._element_iterator",
    flags: spec_flags::DISALLOW_INSTANTIATION | spec_flags::IMMUTABLE | spec_flags::SHOWN_AS_HEAP,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(next)],
    ..TypeSpec::DEFAULT
};

/// A walk from `root` on.
pub(super) fn make(vm: Vm<'_>, root: &Value, tag: Option<Value>, texts: bool) -> Value {
    let new = PyElementIterator {
        parents: GilCell::default(),
        root: HotCell::new(Some(root.clone())),
        tag: HotCell::new(tag),
        texts: Cell::new(texts),
    };
    PyRef::new(vm, new).into_value()
}

/// A step of the walk.
enum Step {
    /// It goes into an element.
    Into(Value),
    /// It has left an element that is not the first.
    OutOf(Value),
    End,
}

fn step(walk: &PyElementIterator) -> Step {
    loop {
        let Some((parent, index)) = walk.parents.with(|parents| parents.0.last().cloned()) else {
            return walk.root.replace(None).map_or(Step::End, Step::Into);
        };
        if let Some(child) = child(parent.receiver::<PyElement>(), index) {
            walk.parents.with_mut(|parents| {
                if let Some((_, next)) = parents.0.last_mut() {
                    *next += 1;
                }
            });
            return Step::Into(child);
        }
        let (left, is_first) = walk.parents.with_mut(|parents| {
            let left = parents.0.pop();
            (left, parents.0.is_empty())
        });
        drop(left);
        if !is_first {
            return Step::OutOf(parent);
        }
    }
}

fn next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let walk = value.receiver::<PyElementIterator>();
    loop {
        let (element, is_tail) = match step(walk) {
            Step::End => return Ok(None),
            Step::OutOf(element) => (element, true),
            Step::Into(element) => {
                // Comments and processing instructions have texts of another kind.
                let tag = tag_of(element.receiver::<PyElement>());
                let passed =
                    walk.texts.get() && !tag.is_none() && tag.downcast::<PyStr>().is_none();
                let first = if passed { usize::MAX } else { 0 };
                let grown = walk.parents.with_mut(|parents| {
                    parents.0.try_reserve(1).ok()?;
                    parents.0.push((element.clone(), first));
                    Some(())
                });
                if grown.is_none() {
                    return Err(vm.memory_error());
                }
                if passed {
                    continue;
                }
                (element, false)
            }
        };
        if walk.texts.get() {
            let text = text_of(element.receiver::<PyElement>(), is_tail);
            if !text.is_none() && vm.is_true(&text)? {
                return Ok(Some(text));
            }
        } else if !is_tail {
            let Some(wanted) = walk.tag.get() else { return Ok(Some(element)) };
            if vm.equal(&tag_of(element.receiver::<PyElement>()), &wanted)? {
                return Ok(Some(element));
            }
        }
        vm.poll()?;
    }
}
