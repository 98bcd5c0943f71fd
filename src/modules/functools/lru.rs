//! `functools._lru_cache_wrapper`: results kept by arguments, the least recently used dropped first.

use std::cell::Cell;

use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
use objects::core::gc::{TakeReferences, Traverse, Visitor};
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::function::PyMethod;
use objects::types::str::STR;
use objects::types::tuple::PyTuple;
use objects::{methods, payload};

/// One cached result, linked with its neighbours by use.
struct Node {
    key: Value,
    result: Value,
    newer: usize,
    older: usize,
}

/// No neighbour.
const END: usize = usize::MAX;

/// The results in order of use.
struct Nodes {
    nodes: Vec<Node>,
    newest: usize,
    oldest: usize,
}

impl Default for Nodes {
    fn default() -> Self {
        Self { nodes: Vec::new(), newest: END, oldest: END }
    }
}

impl Nodes {
    fn unlink(&mut self, index: usize) {
        let Some((newer, older)) = self.nodes.get(index).map(|node| (node.newer, node.older))
        else {
            return;
        };
        match self.nodes.get_mut(newer) {
            Some(node) => node.older = older,
            None => self.newest = older,
        }
        match self.nodes.get_mut(older) {
            Some(node) => node.newer = newer,
            None => self.oldest = newer,
        }
    }

    fn link_newest(&mut self, index: usize) {
        let before = self.newest;
        if let Some(node) = self.nodes.get_mut(index) {
            node.newer = END;
            node.older = before;
        }
        match self.nodes.get_mut(before) {
            Some(node) => node.newer = index,
            None => self.oldest = index,
        }
        self.newest = index;
    }
}

impl Traverse for Nodes {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        for node in &self.nodes {
            visitor.visit(&node.key);
            visitor.visit(&node.result);
        }
    }
}

impl TakeReferences for Nodes {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        for node in std::mem::take(self).nodes {
            dead.push(node.key);
            dead.push(node.result);
        }
    }
}

payload! {
    /// The payload of a cached function.
    pub(crate) struct PyLruCache: LRU_CACHE, gc {
        function: Value,
        /// The limit; None for no limit.
        maxsize: Cell<Option<usize>>,
        typed: Cell<bool>,
        info_type: Value,
        /// From key to result, or to the number of a node where there is a limit.
        cache: PyRef<PyDict>,
        nodes: GilCell<Nodes>,
        hits: Cell<usize>,
        misses: Cell<usize>,
    }
}

/// `functools._lru_cache_wrapper`
pub(crate) static LRU_CACHE: StaticType = StaticType::new::<PyLruCache>();

methods! { METHODS:
    /// Report cache statistics
    ["cache_info"] "($self, /)" None(cache_info);
    /// Clear the cache and cache statistics
    ["cache_clear"] "($self, /)" None(cache_clear);
    ["__reduce__"] "($self, /)" None(reduce);
    ["__copy__"] "" None(itself);
    ["__deepcopy__"] "" One(deepcopy);
}

/// The spec of `functools._lru_cache_wrapper`.
pub(crate) const LRU_CACHE_SPEC: TypeSpec = TypeSpec {
    name: "functools._lru_cache_wrapper",
    doc: Some(
        "Create a cached callable that wraps another function.\n\nuser_function:      the function being cached\n\nmaxsize:  0         for no caching\n          None      for unlimited cache size\n          n         for a bounded cache\n\ntyped:    False     cache f(3) and f(3.0) as identical calls\n          True      cache f(3) and f(3.0) as distinct calls\n\ncache_info_type:    namedtuple class with the fields:\n                        hits misses currsize maxsize\n",
    ),
    flags: spec_flags::BASETYPE
        | spec_flags::HAS_DICT
        | spec_flags::HAS_WEAKREF
        | spec_flags::METHOD_DESCRIPTOR,
    slots: &[Slot::Call(call), Slot::DescrGet(descr_get), Slot::New(new)],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

fn this(value: &Value) -> &Py<PyLruCache> {
    value.receiver::<PyLruCache>()
}

fn new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let wanted = ["user_function", "maxsize", "typed", "cache_info_type"];
    let mut given: Vec<Value> = args.positional().to_vec();
    for name in wanted.iter().skip(given.len()) {
        match args.keyword(name) {
            Some(value) => given.push(value.clone()),
            None => break,
        }
    }
    check_count(vm, "_lru_cache_wrapper", given.len(), 4, 4)?;
    let [function, maxsize, typed, info_type] = given.as_slice() else {
        return Err(vm.type_error("_lru_cache_wrapper expected 4 arguments"));
    };
    if function.class().slots.call.get().is_none() {
        return Err(vm.type_error("the first argument must be callable"));
    }
    let maxsize = if maxsize.is_none() {
        None
    } else if number::has_index(maxsize) {
        Some(usize::try_from(number::as_isize(vm, maxsize)?).unwrap_or(0))
    } else {
        return Err(vm.type_error("maxsize should be integer or None"));
    };
    let payload = PyLruCache {
        function: function.clone(),
        maxsize: Cell::new(maxsize),
        typed: Cell::new(vm.is_true(typed)?),
        info_type: info_type.clone(),
        cache: PyDict::new_ref(vm),
        nodes: GilCell::default(),
        hits: Cell::new(0),
        misses: Cell::new(0),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

/// What the arguments are kept under.
fn make_key(vm: Vm<'_>, args: Args<'_>, typed: bool) -> PyResult<Value> {
    if let ([only], 0, false) = (args.positional(), args.keyword_count(), typed)
        && (only.as_small_int().is_some() || only.is_exact(STR.get()))
    {
        return Ok(only.clone());
    }
    if args.keyword_count() == 0 && !typed {
        return PyTuple::try_new(vm, args.positional()).map(PyRef::into_value);
    }
    let mut parts = args.positional().to_vec();
    if args.keyword_count() != 0 {
        // A mark that no argument can be between the positional ones and the keywords.
        parts.push(LRU_CACHE.get().to_value());
        for (name, value) in args.keywords() {
            parts.push(name.clone());
            parts.push(value.clone());
        }
    }
    if typed {
        parts.extend(args.all().iter().map(|value| value.class().to_value()));
    }
    PyTuple::try_from_vec(vm, parts).map(PyRef::into_value)
}

fn count(counter: &Cell<usize>) {
    counter.set(counter.get().wrapping_add(1));
}

fn call(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    let this = this(value);
    let Some(maxsize) = this.maxsize.get() else { return call_unbounded(vm, this, args) };
    if maxsize == 0 {
        count(&this.misses);
        return vm.call_with(&this.function, args);
    }
    let key = make_key(vm, args, this.typed.get())?;
    let hash = vm.hash(&key)?;
    if let Some(found) = this.cache.get_hashed(vm, &key, hash)?
        && let Some(result) = touch(this, &found)
    {
        count(&this.hits);
        return Ok(result);
    }
    count(&this.misses);
    let result = vm.call_with(&this.function, args)?;
    // The function may have filled the place itself.
    if this.cache.get_hashed(vm, &key, hash)?.is_some() {
        return Ok(result);
    }
    let full = this.cache.len() >= maxsize;
    let reused = if full { evict(vm, this)? } else { None };
    // Code that ran meanwhile may have emptied the cache.
    let reused = reused.filter(|&index| this.nodes.with(|nodes| index < nodes.nodes.len()));
    let dead;
    let index = match reused {
        Some(index) => {
            let new = (key.clone(), result.clone());
            dead = this.nodes.with_mut(|nodes| {
                let old = nodes.nodes.get_mut(index).map(|node| {
                    (
                        std::mem::replace(&mut node.key, new.0),
                        std::mem::replace(&mut node.result, new.1),
                    )
                });
                nodes.link_newest(index);
                old
            });
            index
        }
        None => {
            dead = None;
            let node = Node { key: key.clone(), result: result.clone(), newer: END, older: END };
            this.nodes.with_mut(|nodes| {
                nodes.nodes.push(node);
                let index = nodes.nodes.len() - 1;
                nodes.link_newest(index);
                index
            })
        }
    };
    this.cache.set_hashed(vm, &key, hash, Value::from_usize(index))?;
    drop(dead);
    Ok(result)
}

/// The result of a node, which becomes the newest.
fn touch(this: &Py<PyLruCache>, number: &Value) -> Option<Value> {
    let index = usize::try_from(number.as_small_int()?).ok()?;
    this.nodes.with_mut(|nodes| {
        let result = nodes.nodes.get(index)?.result.clone();
        if nodes.newest != index {
            nodes.unlink(index);
            nodes.link_newest(index);
        }
        Some(result)
    })
}

/// Takes the oldest result out of the cache: its node, to be used again.
fn evict(vm: Vm<'_>, this: &Py<PyLruCache>) -> PyResult<Option<usize>> {
    let oldest = this.nodes.with_mut(|nodes| {
        let index = nodes.oldest;
        let key = nodes.nodes.get(index)?.key.clone();
        nodes.unlink(index);
        Some((index, key))
    });
    let Some((index, key)) = oldest else { return Ok(None) };
    let removed = this.cache.remove(vm, &key)?;
    drop(removed);
    Ok(Some(index))
}

fn call_unbounded(vm: Vm<'_>, this: &Py<PyLruCache>, args: Args<'_>) -> PyResult<Value> {
    let key = make_key(vm, args, this.typed.get())?;
    let hash = vm.hash(&key)?;
    if let Some(found) = this.cache.get_hashed(vm, &key, hash)? {
        count(&this.hits);
        return Ok(found);
    }
    count(&this.misses);
    let result = vm.call_with(&this.function, args)?;
    this.cache.set_hashed(vm, &key, hash, result.clone())?;
    Ok(result)
}

fn descr_get(
    vm: Vm<'_>,
    value: &Value,
    instance: Option<&Value>,
    _owner: Option<&Value>,
) -> PyResult<Value> {
    match instance {
        Some(instance) if !instance.is_none() => {
            Ok(PyMethod::new(vm, value.clone(), instance.clone())?.into_value())
        }
        _ => Ok(value.clone()),
    }
}

fn cache_info(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = this(value);
    let maxsize = this.maxsize.get().map_or(Value::NONE, Value::from_usize);
    vm.call(
        &this.info_type,
        &[
            Value::from_usize(this.hits.get()),
            Value::from_usize(this.misses.get()),
            maxsize,
            Value::from_usize(this.cache.len()),
        ],
    )
}

fn cache_clear(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = this(value);
    this.hits.set(0);
    this.misses.set(0);
    let nodes = this.nodes.take();
    (*this.cache).clear();
    drop(nodes);
    Ok(Value::NONE)
}

fn reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    vm.get_attr(value, &vm.names().__qualname__)
}

fn itself(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(value.clone())
}

fn deepcopy(_vm: Vm<'_>, value: &Value, _memo: &Value) -> PyResult<Value> {
    Ok(value.clone())
}
