//! `_queue`: the simple queue, which may be used in a destructor or a signal handler.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use objects::core::args::{Args, Bound};
use objects::core::errors::{PyResult, Raised};
use objects::core::gc::{TakeReferences, Traverse, Visitor};
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::exceptions::hierarchy as exc;
use objects::types::{generic_alias, module};
use objects::{methods, no_references, payload};

use crate::NativeModule;
use crate::thread::{Word, left_until};

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_queue",
    doc: Some(
        "C implementation of the Python queue module.\nThis module is an implementation detail, please do not use it directly.",
    ),
    functions: &[],
    exec: Some(exec),
};

/// The items that wait.
#[derive(Default)]
struct Items(VecDeque<Value>);

impl Traverse for Items {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        for item in &self.0 {
            item.traverse(visitor);
        }
    }
}

impl TakeReferences for Items {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        dead.extend(self.0.drain(..));
    }
}

/// A word that changes with each item that is put in.
#[derive(Clone, Default)]
struct Puts(Word);

no_references!(Puts);

payload! {
    /// The payload of a simple queue.
    pub(crate) struct PySimpleQueue: SIMPLE_QUEUE, gc {
        items: GilCell<Items>,
        puts: Puts,
    }
}

static SIMPLE_QUEUE: StaticType = StaticType::new::<PySimpleQueue>();

const SIMPLE_QUEUE_SPEC: TypeSpec = TypeSpec {
    name: "_queue.SimpleQueue",
    doc: Some("SimpleQueue()\n--\n\nSimple, unbounded, reentrant FIFO queue."),
    flags: spec_flags::BASETYPE | spec_flags::HAS_WEAKREF,
    slots: &[Slot::New(queue_new)],
    methods: QUEUE_METHODS,
    ..TypeSpec::DEFAULT
};

/// `_queue.Empty`
static EMPTY: StaticType = StaticType::inheriting();
const EMPTY_SPEC: TypeSpec = TypeSpec {
    name: "_queue.Empty",
    doc: Some("Exception raised by Queue.get(block=0)/get_nowait()."),
    base: Some(&exc::EXCEPTION),
    flags: spec_flags::BASETYPE | spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF,
    ..TypeSpec::DEFAULT
};

methods! { QUEUE_METHODS:
    /// Return True if the queue is empty, False otherwise (not reliable!).
    ["empty"] "($self, /)" None(queue_empty);
    /// Remove and return an item from the queue.
    ///
    /// If optional args 'block' is true and 'timeout' is None (the
    /// default), block if necessary until an item is available.  If
    /// 'timeout' is a non-negative number, it blocks at most 'timeout'
    /// seconds and raises the Empty exception if no item was available
    /// within that time.
    /// Otherwise ('block' is false), return an item if one is immediately
    /// available, else raise the Empty exception ('timeout' is ignored
    /// in that case).
    ["get"] "($self, /, block=True, timeout=None)" Bound(queue_get);
    /// Remove and return an item from the queue without blocking.
    ///
    /// Only get an item if one is immediately available. Otherwise
    /// raise the Empty exception.
    ["get_nowait"] "($self, /)" None(queue_get_nowait);
    /// Put the item on the queue.
    ///
    /// The optional 'block' and 'timeout' arguments are ignored, as this
    /// method never blocks.  They are provided for compatibility with the
    /// Queue class.
    ["put"] "($self, /, item, block=True, timeout=None)" Bound(queue_put);
    /// Put an item into the queue without blocking.
    ///
    /// This is exactly equivalent to `put(item)` and is only provided
    /// for compatibility with the Queue class.
    ["put_nowait"] "($self, /, item)" Bound(queue_put_nowait);
    /// Return the approximate size of the queue (not reliable!).
    ["qsize"] "($self, /)" None(queue_qsize);
    /// SimpleQueues are generic over the type of their contents
    class ["__class_getitem__"] "($type, object, /)" One(queue_class_getitem);
}

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    objects::types::ready(vm, &SIMPLE_QUEUE, &SIMPLE_QUEUE_SPEC)?;
    objects::types::ready(vm, &EMPTY, &EMPTY_SPEC)?;
    module::add(vm, target, "SimpleQueue", SIMPLE_QUEUE.get().to_value());
    module::add(vm, target, "Empty", EMPTY.get().to_value());
    Ok(())
}

fn queue_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    args.exactly(vm, "SimpleQueue", 0, 0)?;
    let payload = PySimpleQueue { items: GilCell::default(), puts: Puts::default() };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn put(vm: Vm<'_>, this: &Value, item: &Value) -> PyResult<Value> {
    let queue = this.receiver::<PySimpleQueue>();
    let room = queue.items.with_mut(|items| {
        let room = items.0.try_reserve(1).is_ok();
        if room {
            items.0.push_back(item.clone());
        }
        room
    });
    if !room {
        return Err(vm.memory_error());
    }
    let word = &queue.puts.0;
    word.store(word.load().wrapping_add(1));
    word.wake(1);
    Ok(Value::NONE)
}

fn queue_put(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    put(vm, this, args.required(0))
}

fn queue_put_nowait(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    put(vm, this, args.required(0))
}

fn take(this: &Value) -> Option<Value> {
    this.receiver::<PySimpleQueue>().items.with_mut(|items| items.0.pop_front())
}

fn nothing(vm: Vm<'_>) -> Raised {
    vm.error_with(&EMPTY, &[])
}

fn queue_get_nowait(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    take(this).ok_or_else(|| nothing(vm))
}

fn queue_get(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let blocks = args.get(0).map_or(Ok(true), |flag| vm.is_true(flag))?;
    let mut deadline = None;
    if let (true, Some(timeout)) = (blocks, args.get_non_none(1)) {
        let length = crate::time::nanoseconds(vm, timeout)?;
        let Ok(length) = u64::try_from(length) else {
            return Err(vm.value_error("'timeout' must be a non-negative number"));
        };
        deadline = Instant::now().checked_add(Duration::from_nanos(length));
    }
    let word = this.receiver::<PySimpleQueue>().puts.0.clone();
    loop {
        let seen = word.load();
        if let Some(item) = take(this) {
            return Ok(item);
        }
        if !blocks {
            return Err(nothing(vm));
        }
        let Some(left) = left_until(deadline) else { return Err(nothing(vm)) };
        word.wait(vm, seen, left)?;
    }
}

fn queue_empty(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this.receiver::<PySimpleQueue>().items.with(|items| items.0.is_empty())))
}

fn queue_qsize(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(this.receiver::<PySimpleQueue>().items.with(|items| items.0.len())))
}

fn queue_class_getitem(vm: Vm<'_>, class: &Value, item: &Value) -> PyResult<Value> {
    generic_alias::class_getitem(vm, class, item)
}
