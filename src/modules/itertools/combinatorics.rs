//! Combinatoric iterators: product, permutations, combinations with and without replacement.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::iterate::self_iter;
use objects::protocol::number;
use objects::types::str::value_is;
use objects::types::tuple::PyTuple;
use objects::{methods, no_references, payload};

use super::bind;

/// The positions that make up the next result, and how they go on.
pub(crate) struct Course {
    indices: Vec<usize>,
    /// Of permutations: how often each place still changes.
    cycles: Vec<usize>,
    started: bool,
    stopped: bool,
}

no_references!(Course);

impl Course {
    fn new(indices: Vec<usize>, cycles: Vec<usize>, stopped: bool) -> GilCell<Self> {
        GilCell::new(Self { indices, cycles, started: false, stopped })
    }
}

macro_rules! pool_iterators {
    ($($payload:ident $class:ident $spec:ident $table:ident $name:literal $doc:literal $new:ident $next:ident $sizeof:ident;)*) => {$(
        payload! {
            /// The payload of this iterator.
            pub(crate) struct $payload: $class, gc {
                pool: PyRef<PyTuple>,
                course: GilCell<Course>,
            }
        }

        /// The iterator's type.
        pub(crate) static $class: StaticType = StaticType::new::<$payload>();

        methods! { $table:
            /// Returns size in memory, in bytes.
            ["__sizeof__"] "($self, /)" None($sizeof);
        }

        /// The iterator's description.
        pub(crate) const $spec: TypeSpec = TypeSpec {
            name: $name,
            doc: Some($doc),
            flags: spec_flags::BASETYPE,
            slots: &[Slot::Iter(self_iter), Slot::Iternext($next), Slot::New($new)],
            methods: $table,
            ..TypeSpec::DEFAULT
        };

        fn $sizeof(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
            let this = value.receiver::<$payload>();
            let words = this.course.with(|course| course.indices.len() + course.cycles.len());
            Ok(Value::from_usize(56 + words * 8))
        }
    )*};
}

/// Goes on by `advance` and gives the items at the positions it leaves.
fn step(
    vm: Vm<'_>,
    pool: &Py<PyTuple>,
    course: &GilCell<Course>,
    advance: impl FnOnce(&mut Course, usize) -> bool,
) -> PyResult<Option<Value>> {
    let items = pool.items();
    let picked = course.with_mut(|course| {
        if course.stopped {
            return None;
        }
        if course.started {
            if !advance(course, items.len()) {
                course.stopped = true;
                return None;
            }
        } else {
            course.started = true;
        }
        Some(course.indices.iter().filter_map(|&at| items.get(at).cloned()).collect())
    });
    match picked {
        Some(picked) => PyTuple::try_from_vec(vm, picked).map(|row| Some(row.into_value())),
        None => Ok(None),
    }
}

pool_iterators! {
    PyCombinations COMBINATIONS COMBINATIONS_SPEC COMBINATIONS_METHODS "itertools.combinations"
        "combinations(iterable, r)\n--\n\nReturn successive r-length combinations of elements in the iterable.\n\ncombinations(range(4), 3) --> (0,1,2), (0,1,3), (0,2,3), (1,2,3)"
        combinations_new combinations_next combinations_sizeof;
    PyReplacement REPLACEMENT REPLACEMENT_SPEC REPLACEMENT_METHODS "itertools.combinations_with_replacement"
        "combinations_with_replacement(iterable, r)\n--\n\nReturn successive r-length combinations of elements in the iterable allowing individual elements to have successive repeats.\n\ncombinations_with_replacement('ABC', 2) --> ('A','A'), ('A','B'), ('A','C'), ('B','B'), ('B','C'), ('C','C')"
        replacement_new replacement_next replacement_sizeof;
    PyPermutations PERMUTATIONS PERMUTATIONS_SPEC PERMUTATIONS_METHODS "itertools.permutations"
        "permutations(iterable, r=None)\n--\n\nReturn successive r-length permutations of elements in the iterable.\n\npermutations(range(3), 2) --> (0,1), (0,2), (1,0), (1,2), (2,0), (2,1)"
        permutations_new permutations_next permutations_sizeof;
}

/// The items and the length of a result.
fn pool_and_length(
    vm: Vm<'_>,
    function: &str,
    args: Args<'_>,
) -> PyResult<(PyRef<PyTuple>, usize)> {
    let [iterable, length] = bind(vm, function, ["iterable", "r"], 2, 2, args)?;
    let nothing = Value::NONE;
    let pool = PyTuple::try_from_vec(vm, vm.collect(iterable.unwrap_or(&nothing))?)?;
    let length = as_ssize(vm, length.unwrap_or(&nothing))?;
    let length = usize::try_from(length).map_err(|_| vm.value_error("r must be non-negative"))?;
    Ok((pool, length))
}

fn as_ssize(vm: Vm<'_>, value: &Value) -> PyResult<isize> {
    if number::is_int(value) {
        return number::as_isize(vm, value).map_err(|raised| {
            vm.clear(raised);
            vm.overflow_error("Python int too large to convert to C ssize_t")
        });
    }
    number::as_isize(vm, value)
}

/// `count` positions; None without memory.
fn positions(vm: Vm<'_>, count: usize, f: impl Fn(usize) -> usize) -> PyResult<Vec<usize>> {
    let mut all = Vec::new();
    if all.try_reserve_exact(count).is_err() {
        return Err(vm.memory_error());
    }
    all.extend((0..count).map(f));
    Ok(all)
}

fn combinations_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let (pool, length) = pool_and_length(vm, "combinations", args)?;
    let stopped = length > pool.items().len();
    let indices = positions(vm, length, |at| at)?;
    let payload = PyCombinations { pool, course: Course::new(indices, Vec::new(), stopped) };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn combinations_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyCombinations>();
    step(vm, &this.pool, &this.course, |course, count| {
        let length = course.indices.len();
        let Some(place) =
            (0..length).rev().find(|&place| course.indices[place] != place + count - length)
        else {
            return false;
        };
        course.indices[place] += 1;
        for later in place + 1..length {
            course.indices[later] = course.indices[later - 1] + 1;
        }
        true
    })
}

fn replacement_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let (pool, length) = pool_and_length(vm, "combinations_with_replacement", args)?;
    let stopped = pool.items().is_empty() && length > 0;
    let indices = positions(vm, length, |_| 0)?;
    let payload = PyReplacement { pool, course: Course::new(indices, Vec::new(), stopped) };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn replacement_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyReplacement>();
    step(vm, &this.pool, &this.course, |course, count| {
        let place = course.indices.iter().rposition(|&at| at != count - 1);
        let Some(place) = place else { return false };
        let next = course.indices[place] + 1;
        course.indices[place..].fill(next);
        true
    })
}

fn permutations_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let [iterable, length] = bind(vm, "permutations", ["iterable", "r"], 2, 1, args)?;
    let Some(iterable) = iterable else { return Ok(Value::NONE) };
    let pool = PyTuple::try_from_vec(vm, vm.collect(iterable)?)?;
    let count = pool.items().len();
    let length = match length.filter(|length| !length.is_none()) {
        None => count,
        Some(length) => {
            if !number::is_int(length) {
                return Err(vm.type_error("Expected int as r"));
            }
            let length = as_ssize(vm, length)?;
            usize::try_from(length).map_err(|_| vm.value_error("r must be non-negative"))?
        }
    };
    let stopped = length > count;
    let indices = positions(vm, count, |at| at)?;
    let cycles = positions(vm, length.min(count), |at| count - at)?;
    let payload = PyPermutations { pool, course: Course::new(indices, cycles, stopped) };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn permutations_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyPermutations>();
    let items = this.pool.items();
    this.course.with_mut(|course| {
        if course.stopped {
            return Ok(None);
        }
        if course.started && !next_permutation(course) {
            course.stopped = true;
            return Ok(None);
        }
        course.started = true;
        let mut chosen = course.indices.iter();
        let row = PyTuple::try_from_fn(vm, course.cycles.len(), |_| {
            chosen.next().and_then(|&at| items.get(at)).cloned().unwrap_or(Value::NONE)
        })?;
        Ok(Some(row.into_value()))
    })
}

fn next_permutation(course: &mut Course) -> bool {
    let count = course.indices.len();
    for place in (0..course.cycles.len()).rev() {
        course.cycles[place] -= 1;
        if course.cycles[place] == 0 {
            course.indices[place..].rotate_left(1);
            course.cycles[place] = count - place;
        } else {
            let other = count - course.cycles[place];
            course.indices.swap(place, other);
            return true;
        }
    }
    false
}

// --- product ---

payload! {
    /// The payload of product.
    pub(crate) struct PyProduct: PRODUCT, gc {
        pools: Vec<PyRef<PyTuple>>,
        course: GilCell<Course>,
    }
}

/// `itertools.product`
pub(crate) static PRODUCT: StaticType = StaticType::new::<PyProduct>();

methods! { PRODUCT_METHODS:
    /// Returns size in memory, in bytes.
    ["__sizeof__"] "($self, /)" None(product_sizeof);
}

/// The spec of `itertools.product`.
pub(crate) const PRODUCT_SPEC: TypeSpec = TypeSpec {
    name: "itertools.product",
    doc: Some(
        "product(*iterables, repeat=1)\n--\n\nCartesian product of input iterables.  Equivalent to nested for-loops.\n\nFor example, product(A, B) returns the same as:  ((x,y) for x in A for y in B).\nThe leftmost iterators are in the outermost for-loop, so the output tuples\ncycle in a manner similar to an odometer (with the rightmost element changing\non every iteration).\n\nTo compute the product of an iterable with itself, specify the number\nof repetitions with the optional repeat keyword argument. For example,\nproduct(A, repeat=4) means the same as product(A, A, A, A).\n\nproduct('ab', range(3)) --> ('a',0) ('a',1) ('a',2) ('b',0) ('b',1) ('b',2)\nproduct((0,1), (0,1), (0,1)) --> (0,0,0) (0,0,1) (0,1,0) (0,1,1) (1,0,0) ...",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(product_next), Slot::New(product_new)],
    methods: PRODUCT_METHODS,
    ..TypeSpec::DEFAULT
};

fn product_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let mut repeat = 1;
    if args.keyword_count() > 1 {
        return Err(vm.type_error(format!(
            "product() takes at most 1 keyword argument ({} given)",
            args.keyword_count()
        )));
    }
    for (name, value) in args.keywords() {
        if !value_is(name, "repeat") {
            let name = vm.str(name)?.to_rust_string();
            return Err(vm.unexpected_keyword("product()", &name, ["repeat"]));
        }
        repeat = number::as_isize(vm, value)?;
    }
    let repeat = usize::try_from(repeat)
        .map_err(|_| vm.value_error("repeat argument cannot be negative"))?;
    let given = if repeat == 0 { &[] } else { args.positional() };
    let total = given.len().checked_mul(repeat).filter(|&total| total < usize::MAX / 16);
    let Some(total) = total else { return Err(vm.overflow_error("repeat argument too large")) };
    let mut pools = Vec::new();
    if pools.try_reserve_exact(total).is_err() {
        return Err(vm.memory_error());
    }
    for iterable in given {
        pools.push(PyTuple::try_from_vec(vm, vm.collect(iterable)?)?);
    }
    for nth in given.len()..total {
        pools.push(pools[nth % given.len()].clone());
    }
    let stopped = pools.iter().any(|pool| pool.items().is_empty());
    let indices = positions(vm, total, |_| 0)?;
    let payload = PyProduct { pools, course: Course::new(indices, Vec::new(), stopped) };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn product_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyProduct>();
    let picked: Option<Vec<Value>> = this.course.with_mut(|course| {
        if course.stopped {
            return None;
        }
        if course.started {
            let mut carried = true;
            for (at, pool) in course.indices.iter_mut().zip(&this.pools).rev() {
                *at += 1;
                if *at < pool.items().len() {
                    carried = false;
                    break;
                }
                *at = 0;
            }
            if carried {
                course.stopped = true;
                return None;
            }
        }
        course.started = true;
        let row = course.indices.iter().zip(&this.pools);
        Some(row.filter_map(|(&at, pool)| pool.items().get(at).cloned()).collect())
    });
    match picked {
        Some(picked) => PyTuple::try_from_vec(vm, picked).map(|row| Some(row.into_value())),
        None => Ok(None),
    }
}

fn product_sizeof(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyProduct>();
    Ok(Value::from_usize(56 + this.pools.len() * 8))
}
