//! `_heapq`: heaps in lists. A comparison can run anything, so that each step looks at the list anew.

use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::slots::CompareOp;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::list::PyList;

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_heapq",
    doc: Some("Heap queue algorithm (a.k.a. priority queue)."),
    functions: FUNCTIONS,
    exec: None,
};

methods! { FUNCTIONS:
    /// Push item onto heap, maintaining the heap invariant.
    ["heappush"] "($module, heap, item, /)" Positional(heappush);
    /// Push item on the heap, then pop and return the smallest item from the heap.
    ///
    /// The combined action runs more efficiently than heappush() followed by
    /// a separate call to heappop().
    ["heappushpop"] "($module, heap, item, /)" Positional(heappushpop);
    /// Pop the smallest item off the heap, maintaining the heap invariant.
    ["heappop"] "($module, heap, /)" One(heappop);
    /// Pop and return the current smallest value, and add the new item.
    ["heapreplace"] "($module, heap, item, /)" Positional(heapreplace);
    /// Transform list into a heap, in-place, in O(len(heap)) time.
    ["heapify"] "($module, heap, /)" One(heapify);
    /// Push item onto max heap, maintaining the heap invariant.
    ["heappush_max"] "($module, heap, item, /)" Positional(heappush_max);
    /// Maxheap variant of heappushpop.
    ///
    /// The combined action runs more efficiently than heappush_max() followed by
    /// a separate call to heappop_max().
    ["heappushpop_max"] "($module, heap, item, /)" Positional(heappushpop_max);
    /// Maxheap variant of heappop.
    ["heappop_max"] "($module, heap, /)" One(heappop_max);
    /// Maxheap variant of heapreplace.
    ["heapreplace_max"] "($module, heap, item, /)" Positional(heapreplace_max);
    /// Maxheap variant of heapify.
    ["heapify_max"] "($module, heap, /)" One(heapify_max);
}

/// Which items come first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Smallest,
    Largest,
}

impl Order {
    fn before(self, vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<bool> {
        match self {
            Self::Smallest => vm.compare_bool(a, b, CompareOp::Lt),
            Self::Largest => vm.compare_bool(b, a, CompareOp::Lt),
        }
    }
}

fn list_of<'v>(vm: Vm<'_>, name: &str, heap: &'v Value, only: bool) -> PyResult<&'v Py<PyList>> {
    heap.downcast::<PyList>().ok_or_else(|| {
        let place = if only { "" } else { " 1" };
        vm.type_error(format!("{name}() argument{place} must be list, not {}", vm.type_text(heap)))
    })
}

fn item(vm: Vm<'_>, heap: &Py<PyList>, index: usize) -> PyResult<Value> {
    heap.get(index).ok_or_else(|| vm.index_error("index out of range"))
}

fn put(vm: Vm<'_>, heap: &Py<PyList>, index: usize, value: Value) -> PyResult<()> {
    match heap.set(index, value) {
        Ok(old) => {
            drop(old);
            Ok(())
        }
        Err(_) => Err(vm.index_error("index out of range")),
    }
}

fn swap(vm: Vm<'_>, heap: &Py<PyList>, a: usize, b: usize) -> PyResult<()> {
    let (first, second) = (item(vm, heap, a)?, item(vm, heap, b)?);
    put(vm, heap, a, second)?;
    put(vm, heap, b, first)
}

fn unchanged(vm: Vm<'_>, heap: &Py<PyList>, size: usize) -> PyResult<()> {
    if heap.len() == size {
        return Ok(());
    }
    Err(vm.runtime_error("list changed size during iteration"))
}

/// Moves the item at `position` towards the root, not beyond `start`.
fn sift_down(
    vm: Vm<'_>,
    heap: &Py<PyList>,
    start: usize,
    mut position: usize,
    order: Order,
) -> PyResult<()> {
    let size = heap.len();
    if position >= size {
        return Err(vm.index_error("index out of range"));
    }
    while position > start {
        let parent = (position - 1) / 2;
        let (child, above) = (item(vm, heap, position)?, item(vm, heap, parent)?);
        let before = order.before(vm, &child, &above)?;
        unchanged(vm, heap, size)?;
        if !before {
            break;
        }
        swap(vm, heap, position, parent)?;
        position = parent;
    }
    Ok(())
}

/// Moves the item at `position` to a leaf along the children that come first, then back to its place.
fn sift_up(vm: Vm<'_>, heap: &Py<PyList>, mut position: usize, order: Order) -> PyResult<()> {
    let start = position;
    let size = heap.len();
    if position >= size {
        return Err(vm.index_error("index out of range"));
    }
    while position < size / 2 {
        let mut child = 2 * position + 1;
        if child + 1 < size {
            let (left, right) = (item(vm, heap, child)?, item(vm, heap, child + 1)?);
            let before = order.before(vm, &left, &right)?;
            unchanged(vm, heap, size)?;
            child += usize::from(!before);
        }
        swap(vm, heap, child, position)?;
        position = child;
    }
    sift_down(vm, heap, start, position, order)
}

fn two<'v>(vm: Vm<'_>, name: &str, args: &'v [Value]) -> PyResult<(&'v Py<PyList>, &'v Value)> {
    check_count(vm, name, args.len(), 2, 2)?;
    match args {
        [heap, item] => Ok((list_of(vm, name, heap, false)?, item)),
        _ => Err(vm.type_error(format!("{name} expected 2 arguments"))),
    }
}

fn push(vm: Vm<'_>, name: &str, args: &[Value], order: Order) -> PyResult<Value> {
    let (heap, item) = two(vm, name, args)?;
    heap.push(vm, item.clone())?;
    sift_down(vm, heap, 0, heap.len() - 1, order)?;
    Ok(Value::NONE)
}

fn pop(vm: Vm<'_>, name: &str, heap: &Value, order: Order) -> PyResult<Value> {
    let heap = list_of(vm, name, heap, true)?;
    let Some(last) = heap.pop() else { return Err(vm.index_error("index out of range")) };
    if heap.is_empty() {
        return Ok(last);
    }
    let first = item(vm, heap, 0)?;
    put(vm, heap, 0, last)?;
    sift_up(vm, heap, 0, order)?;
    Ok(first)
}

fn replace(vm: Vm<'_>, name: &str, args: &[Value], order: Order) -> PyResult<Value> {
    let (heap, new) = two(vm, name, args)?;
    let first = item(vm, heap, 0)?;
    put(vm, heap, 0, new.clone())?;
    sift_up(vm, heap, 0, order)?;
    Ok(first)
}

fn push_pop(vm: Vm<'_>, name: &str, args: &[Value], order: Order) -> PyResult<Value> {
    let (heap, new) = two(vm, name, args)?;
    let Some(first) = heap.get(0) else { return Ok(new.clone()) };
    if !order.before(vm, &first, new)? {
        return Ok(new.clone());
    }
    let first = item(vm, heap, 0)?;
    put(vm, heap, 0, new.clone())?;
    sift_up(vm, heap, 0, order)?;
    Ok(first)
}

fn make_heap(vm: Vm<'_>, name: &str, heap: &Value, order: Order) -> PyResult<Value> {
    let heap = list_of(vm, name, heap, true)?;
    for position in (0..heap.len() / 2).rev() {
        vm.poll()?;
        sift_up(vm, heap, position, order)?;
    }
    Ok(Value::NONE)
}

fn heappush(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    push(vm, "heappush", args, Order::Smallest)
}

fn heappushpop(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    push_pop(vm, "heappushpop", args, Order::Smallest)
}

fn heappop(vm: Vm<'_>, _module: &Value, heap: &Value) -> PyResult<Value> {
    pop(vm, "heappop", heap, Order::Smallest)
}

fn heapreplace(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    replace(vm, "heapreplace", args, Order::Smallest)
}

fn heapify(vm: Vm<'_>, _module: &Value, heap: &Value) -> PyResult<Value> {
    make_heap(vm, "heapify", heap, Order::Smallest)
}

fn heappush_max(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    push(vm, "heappush_max", args, Order::Largest)
}

fn heappushpop_max(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    push_pop(vm, "heappushpop_max", args, Order::Largest)
}

fn heappop_max(vm: Vm<'_>, _module: &Value, heap: &Value) -> PyResult<Value> {
    pop(vm, "heappop_max", heap, Order::Largest)
}

fn heapreplace_max(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    replace(vm, "heapreplace_max", args, Order::Largest)
}

fn heapify_max(vm: Vm<'_>, _module: &Value, heap: &Value) -> PyResult<Value> {
    make_heap(vm, "heapify_max", heap, Order::Largest)
}
