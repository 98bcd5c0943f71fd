//! The cycle collector: finds objects that only refer to each other, and takes them apart (`Python/gc.c`).
//!
//! Nothing links the tracked objects: the allocator's pages are enumerated. A collection looks at the whole heap; it is due
//! when the heap has grown by half of what was alive after the one before, so that its cost stays in proportion.
//!
//! ```text
//! 1 what modules and the variables of frames lead to is reachable
//! 2 of the rest, counts := reference counts, less the references that the rest's objects hold on each other
//! 3 what has a count left is reachable from outside, and so is everything that it leads to
//! 4 what is left then is garbage: weak references to it are cleared and their callbacks run, then its finalizers, once
//! 5 2 and 3 again for the garbage alone: what a finalizer brought back stays
//! 6 the remaining garbage gives up its references and dies
//! ```
//!
//! Invariants:
//! 1. No Python code runs and nothing is freed from the making of a table of counts to its last use.
//! 2. Every object of the garbage is owned by the collector's list while Python code may run.
#![expect(unsafe_code, reason = "objects by address: the invariants are in the module doc")]

use std::cell::RefCell;
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use super::alloc;
use super::counts::Counts;
use super::errors::PyResult;
use super::gc::{GenerationStats, Visitor};
use super::object::{Py, PyObject, flags};
use super::reserve;
use super::thread_state::breaker;
use super::value::Value;
use super::vm::Vm;
use crate::core::{extension, frame};
use crate::types::generator::{GENERATOR, GeneratorCore};
use crate::types::list::{LIST, PyList};
use crate::types::tuple::{PyTuple, TUPLE};
use crate::types::weakref::{self, WeakCore};

/// Keep what a collection finds in `gc.garbage` instead of ending it (`gc.DEBUG_SAVEALL`).
pub const DEBUG_SAVEALL: i64 = 32;

/// Runs a collection if one is due: the breaker's answer to its `GC` bit.
pub fn collect_if_due(vm: Vm<'_>) {
    vm.thread().breaker().fetch_and(!breaker::GC, Ordering::Relaxed);
    let state = &vm.interpreter().runtime().gc;
    if state.enabled.get() && state.thresholds.get()[0] != 0 {
        collect(vm, 2);
    } else {
        alloc::heap().collection_done();
    }
}

/// Memory ended, and the reserve was asked: the breaker's answer to its `MEMORY` bit. What was lent is put back out of what
/// can be found: memory given back meanwhile, empty pages, garbage.
///
/// # Errors
/// MemoryError when that is not enough.
pub fn answer_shortage(vm: Vm<'_>) -> PyResult<()> {
    vm.thread().breaker().fetch_and(!breaker::MEMORY, Ordering::Relaxed);
    let refill_from_pages = || {
        alloc::heap().reclaim(0);
        reserve::refill()
    };
    if reserve::refill() || refill_from_pages() {
        return Ok(());
    }
    if vm.interpreter().runtime().gc.enabled.get() && collect(vm, 2) > 0 && refill_from_pages() {
        return Ok(());
    }
    Err(vm.memory_error())
}

/// Collects the whole heap; how many objects were found to be garbage.
pub fn collect(vm: Vm<'_>, generation: usize) -> usize {
    let state = &vm.interpreter().runtime().gc;
    if state.collecting.replace(true) {
        return 0;
    }
    let propagating = vm.thread().raised.replace(None);
    notify(vm, "start", generation, 0);
    let found = run(vm);
    alloc::heap().reclaim(alloc::SPARE_SEGMENTS);
    alloc::heap().collection_done();
    let mut stats = state.stats.get();
    if let Some(entry) = stats.get_mut(generation) {
        let GenerationStats { collections, collected, .. } = entry;
        *collections += 1;
        *collected += found as u64;
    }
    state.stats.set(stats);
    notify(vm, "stop", generation, found);
    vm.thread().raised.set(propagating);
    state.collecting.set(false);
    found
}

/// Calls `gc.callbacks`.
fn notify(vm: Vm<'_>, phase: &str, generation: usize, collected: usize) {
    use crate::types::{dict::PyDict, str::PyStr};
    let Some(callbacks) = vm.interpreter().runtime().gc.callbacks.get() else { return };
    let listed = match vm.collect(&callbacks) {
        Ok(listed) => listed,
        Err(raised) => return vm.unraisable(raised, Some(&callbacks), None),
    };
    if listed.is_empty() {
        return;
    }
    let info = PyDict::new_ref(vm);
    let entries = [("generation", generation), ("collected", collected), ("uncollectable", 0)];
    for (name, number) in entries {
        drop(info.set_str(&vm.intern(name), Value::from_usize(number)));
    }
    let args = [PyStr::new_value(vm, phase), info.into_value()];
    for callback in listed {
        if let Err(raised) = vm.call(&callback, &args) {
            let exception = vm.take(raised);
            let shown = match vm.repr(&callback) {
                Ok(shown) => shown.to_rust_string(),
                Err(raised) => {
                    vm.clear(raised);
                    "<object repr() failed>".to_owned()
                }
            };
            let message = format!("Exception ignored while calling GC callback {shown}");
            vm.unraisable(vm.restore(exception), None, Some(&message));
        }
    }
}

fn run(vm: Vm<'_>) -> usize {
    let Some(garbage) = find_garbage(vm) else { return 0 };
    if garbage.is_empty() {
        return 0;
    }
    let state = &vm.interpreter().runtime().gc;
    if state.debug.get() & DEBUG_SAVEALL != 0 {
        return save_all(vm, garbage);
    }
    clear_weakrefs(vm, &garbage);
    run_finalizers(vm, &garbage);
    let doomed = still_garbage(&garbage);
    // What a finalizer brought back isn't collected.
    let found = doomed.len();
    drop(garbage);
    take_apart(doomed);
    found
}

/// The objects that nothing reachable refers to, owned. None without memory for the tables.
fn find_garbage(vm: Vm<'_>) -> Option<Vec<Value>> {
    let heap = alloc::heap();
    let mut reach = Reach::new(heap.make_counts()?)?;
    mark_roots(vm, &mut reach);
    let mut complete = true;
    let mut any = false;
    heap.for_each_tracked(|object| {
        if !object.has_flags(flags::GC_MARK) && !is_atomic_tuple(object) {
            any = true;
            complete &= reach.counts.set(object, object.refcount()).is_some();
        }
    });
    if any && complete {
        heap.for_each_tracked(|object| {
            if !object.has_flags(flags::GC_MARK) {
                subtract(object, &mut reach.counts);
            }
        });
        heap.for_each_tracked(|object| {
            if object.has_flags(flags::GC_MARK) {
                return;
            }
            if object.has_flags(flags::GC_FROZEN) || !reach.counts.is_zero(object) {
                reach.mark(object);
                reach.spread();
            }
        });
        reach.spread_pending();
    }
    drop(reach);
    let mut garbage = Vec::new();
    // Without a full table nothing is garbage; the marks go all the same.
    let mut room = complete;
    heap.for_each_tracked(|object| {
        if !object.has_flags(flags::GC_MARK) {
            room &= garbage.try_reserve(1).is_ok();
            if room {
                garbage.push(object.to_value());
            }
        }
        object.clear_flags(flags::GC_MARK);
    });
    // What was left out is found the next time.
    complete.then_some(garbage)
}

/// Marks what is alive in any case, without a look at its count: what modules and the variables of frames lead to. Mostly that
/// is nearly everything, so that few objects need a count at all.
fn mark_roots(vm: Vm<'_>, reach: &mut Reach) {
    let interpreter = vm.interpreter();
    for dict in [&*interpreter.modules, &*interpreter.builtins, &*interpreter.sys] {
        reach.mark(dict.as_object());
    }
    reach.spread();
    for thread in interpreter.threads.get() {
        let mut next = NonNull::new(thread.stacks.current.get());
        while let Some(record) = next {
            let mut see = |object: &PyObject| {
                if object.has_flags(flags::TRACKED) {
                    reach.mark(object);
                }
            };
            frame::traverse_variables(record, &mut Visitor::new(&mut see));
            reach.spread();
            next = NonNull::new(thread.stacks.previous_record(record));
        }
    }
    reach.spread_pending();
}

/// Whether the object is a tuple of atoms, which is in no cycle: it is not looked at again.
#[inline]
fn is_atomic_tuple(object: &PyObject) -> bool {
    if std::ptr::eq(object.class(), TUPLE.get())
        && object.downcast::<PyTuple>().is_some_and(Py::holds_only_atoms)
    {
        object.clear_flags(flags::TRACKED);
        return true;
    }
    false
}

/// Calls `see` with each reference that an object holds; for the items of lists and tuples without a call through a pointer.
#[inline]
fn each_referent(object: &PyObject, mut see: impl FnMut(&PyObject)) {
    let class = object.class();
    if std::ptr::eq(class, LIST.get())
        && let Some(list) = object.downcast::<PyList>()
    {
        list.with(|items| items.iter().filter_map(Value::as_object).for_each(see));
    } else if std::ptr::eq(class, TUPLE.get())
        && let Some(tuple) = object.downcast::<PyTuple>()
    {
        tuple.items().iter().filter_map(Value::as_object).for_each(see);
    } else {
        object.traverse(&mut Visitor::new(&mut see));
    }
}

/// Takes the references that a tracked object holds on others off their counts. What is marked has none.
fn subtract(object: &PyObject, counts: &mut Counts) {
    each_referent(object, |referent| {
        if referent.flags() & (flags::TRACKED | flags::GC_MARK) == flags::TRACKED {
            counts.subtract(referent);
        }
    });
}

/// Marks what is reached. What waits for its references to be followed stands in a list of a fixed size, and beyond that in
/// the table of counts: so a collection's memory does not grow with the widest object.
struct Reach {
    counts: Counts,
    waiting: Vec<*const PyObject>,
    /// Something waits in the table.
    overflown: bool,
}

const WAITING_MAX: usize = 8192;

impl Reach {
    fn new(counts: Counts) -> Option<Self> {
        let mut waiting = Vec::new();
        waiting.try_reserve_exact(WAITING_MAX).ok()?;
        Some(Self { counts, waiting, overflown: false })
    }

    /// An object whose count was not 0 is asked for it no more once it is marked: so its place can say that it waits.
    fn mark(&mut self, object: &PyObject) {
        if object.has_flags(flags::GC_MARK) || is_atomic_tuple(object) {
            return;
        }
        object.set_flags(flags::GC_MARK);
        if self.waiting.len() < WAITING_MAX {
            self.waiting.push(object);
        } else {
            self.counts.set_pending(object);
            self.overflown = true;
        }
    }

    /// Marks everything that what waits in the list leads to.
    fn spread(&mut self) {
        while let Some(object) = self.waiting.pop() {
            // SAFETY: invariant 1.
            let object = unsafe { &*object };
            each_referent(object, |referent| {
                if referent.has_flags(flags::TRACKED) {
                    self.mark(referent);
                }
            });
        }
    }

    /// The same for what waits in the table, until nothing does.
    fn spread_pending(&mut self) {
        self.spread();
        while std::mem::take(&mut self.overflown) {
            alloc::heap().for_each_tracked(|object| {
                if object.has_flags(flags::GC_MARK) && self.counts.take_pending(object) {
                    self.waiting.push(object);
                    self.spread();
                }
            });
        }
    }
}

/// Clears the weak references to garbage; callbacks of weak references that are no garbage themselves run.
fn clear_weakrefs(vm: Vm<'_>, garbage: &[Value]) {
    let mut references = Vec::new();
    for object in garbage.iter().filter_map(Value::as_object) {
        object.set_flags(flags::GC_MARK);
    }
    for object in garbage.iter().filter_map(Value::as_object) {
        if object.has_flags(flags::HAS_WEAKREFS) {
            references.extend(extension::take_weakrefs(object));
        }
    }
    let (inside, outside): (Vec<Value>, Vec<Value>) =
        references.into_iter().partition(|reference| {
            reference.as_object().is_some_and(|object| object.has_flags(flags::GC_MARK))
        });
    for object in garbage.iter().filter_map(Value::as_object) {
        object.clear_flags(flags::GC_MARK);
    }
    forget_targets(&inside);
    vm.aside(|| weakref::notify_dead(vm, outside));
}

fn forget_targets(references: &[Value]) {
    for reference in references.iter().filter_map(Value::as_object) {
        weakref::forget_target(reference);
    }
}

fn run_finalizers(vm: Vm<'_>, garbage: &[Value]) {
    for value in garbage {
        let Some(object) = value.as_object() else { continue };
        if let Some(finalize) = object.class().slots.finalize.get()
            && !object.has_flags(flags::FINALIZED)
        {
            object.set_flags(flags::FINALIZED);
            vm.aside(|| finalize(vm, value));
        }
    }
}

/// The garbage without what the finalizers brought back.
fn still_garbage(garbage: &[Value]) -> Vec<Value> {
    let Some(mut counts) = alloc::heap().make_counts() else { return Vec::new() };
    let objects = || garbage.iter().filter_map(Value::as_object);
    for object in objects() {
        // One reference is the list's own.
        if counts.set(object, object.refcount() - 1).is_none() {
            return Vec::new();
        }
    }
    for object in objects() {
        subtract(object, &mut counts);
    }
    let Some(mut reach) = Reach::new(counts) else { return Vec::new() };
    for object in objects() {
        if !reach.counts.is_zero(object) {
            reach.mark(object);
            reach.spread();
        }
    }
    reach.spread_pending();
    let doomed: Vec<Value> = garbage
        .iter()
        .filter(|value| value.as_object().is_some_and(|object| !object.has_flags(flags::GC_MARK)))
        .cloned()
        .collect();
    // What was reached may lie outside of the garbage: all marks go.
    alloc::heap().for_each_tracked(|object| object.clear_flags(flags::GC_MARK));
    doomed
}

/// Takes the references out of each object; classes last, since instances need them to the end.
fn take_apart(doomed: Vec<Value>) {
    // A weak reference that a finalizer made is cleared without a call.
    for object in doomed.iter().filter_map(Value::as_object) {
        if object.has_flags(flags::HAS_WEAKREFS) {
            forget_targets(&extension::take_weakrefs(object));
        }
    }
    let is_class = |value: &Value| value.downcast::<crate::core::type_object::PyType>().is_some();
    let (classes, instances): (Vec<Value>, Vec<Value>) = doomed.into_iter().partition(is_class);
    let mut dead = Vec::new();
    for object in instances.iter().filter_map(Value::as_object) {
        object.clear_references(&mut dead);
    }
    drop(dead);
    drop(instances);
    let mut dead = Vec::new();
    for object in classes.iter().filter_map(Value::as_object) {
        object.clear_references(&mut dead);
    }
    drop(dead);
}

fn save_all(vm: Vm<'_>, garbage: Vec<Value>) -> usize {
    let found = garbage.len();
    let kept = vm.interpreter().runtime().gc.garbage.get();
    if let Some(list) = kept.as_ref().and_then(|kept| kept.downcast::<PyList>()) {
        for object in garbage {
            if let Err(raised) = list.push(vm, object) {
                vm.clear(raised);
            }
        }
    }
    found
}

/// Whether the end of some object can be noticed: it has a `__del__` or the like that has not run, or a weak reference with
/// a callback leads to it. Without any, a process may end without taking its objects down. `exempt` are objects whose end
/// the caller looks after.
#[must_use]
pub fn end_is_noticed(exempt: &[Value]) -> bool {
    let mut noticed = false;
    alloc::heap().for_each_slot(|object| {
        if noticed {
            return;
        }
        let finalizer = object.class().needs_finalizer() && !object.has_flags(flags::FINALIZED);
        if finalizer && !exempt.iter().any(|value| value.bits() == object.address() as u64) {
            noticed = true;
        } else if object.has_flags(flags::HAS_WEAKREFS) {
            noticed = extension::weakrefs(object)
                .iter()
                .any(|reference| weakref::core_of(reference).is_some_and(WeakCore::has_callback));
        }
    });
    noticed
}

/// `gc.get_objects()`
///
/// # Errors
/// MemoryError.
pub fn objects(vm: Vm<'_>) -> PyResult<Vec<Value>> {
    let mut found: Vec<Value> = Vec::new();
    let mut complete = true;
    alloc::heap().for_each_tracked(|object| {
        complete &= found.try_reserve(1).is_ok();
        if complete {
            found.push(object.to_value());
        }
    });
    if complete { Ok(found) } else { Err(vm.memory_error()) }
}

/// `gc.get_referrers(*objects)`
///
/// # Errors
/// MemoryError.
pub fn referrers(vm: Vm<'_>, targets: &[Value]) -> PyResult<Vec<Value>> {
    let mut found = Vec::new();
    for object in objects(vm)? {
        let Some(heap) = object.as_object() else { continue };
        let mut hit = false;
        let mut see = |referent: &PyObject| {
            hit |= targets.iter().any(|target| {
                target.as_object().is_some_and(|target| std::ptr::eq(target, referent))
            });
        };
        heap.traverse(&mut Visitor::new(&mut see));
        if hit || runs_with(vm, &object, targets) {
            found.push(object);
        }
    }
    Ok(found)
}

/// Whether the object is a generator that runs and one of whose variables holds a target: its frame is on the stack, where
/// a collection doesn't look.
fn runs_with(vm: Vm<'_>, object: &Value, targets: &[Value]) -> bool {
    if !object.class().solid_base().is(GENERATOR.get()) {
        return false;
    }
    let Some(record) = frame::running_record(vm, object.receiver::<GeneratorCore>()) else {
        return false;
    };
    // SAFETY: a record on the stack is whole.
    let frame = unsafe { &*record };
    (0..frame.code().local_count())
        .filter_map(|index| frame.register(index))
        .any(|value| targets.iter().any(|target| target.is(&value)))
}

/// `gc.get_referents(object)`
#[must_use]
pub fn referents(object: &Value) -> Vec<Value> {
    let found = RefCell::new(Vec::new());
    if let Some(heap) = object.as_object() {
        let mut see = |referent: &PyObject| found.borrow_mut().push(referent.to_value());
        let mut see_immediate = |value: &Value| {
            if !value.is_null() {
                found.borrow_mut().push(value.clone());
            }
        };
        heap.traverse(&mut Visitor::of_all(&mut see, &mut see_immediate));
    }
    found.into_inner()
}

/// `gc.is_tracked(object)`
#[must_use]
pub fn is_tracked(object: &Value) -> bool {
    object.as_object().is_some_and(|object| object.has_flags(flags::TRACKED))
}

/// `gc.is_finalized(object)`
#[must_use]
pub fn is_finalized(object: &Value) -> bool {
    object.as_object().is_some_and(|object| object.has_flags(flags::FINALIZED))
}

/// `gc.freeze()`: everything alive is left out of later collections.
pub fn freeze() {
    alloc::heap().for_each_tracked(|object| object.set_flags(flags::GC_FROZEN));
}

/// `gc.unfreeze()`
pub fn unfreeze() {
    alloc::heap().for_each_tracked(|object| object.clear_flags(flags::GC_FROZEN));
}

/// `gc.get_freeze_count()`
#[must_use]
pub fn frozen_count() -> usize {
    let mut count = 0;
    alloc::heap().for_each_tracked(|object| {
        count += usize::from(object.has_flags(flags::GC_FROZEN));
    });
    count
}
