//! Builtin functions over iterables: iter, next, sorted, sum, min, max, any, all and the asynchronous pair.

use base::complex::Complex;
use objects::core::args::{Args, Bound, check_count};
use objects::core::errors::PyResult;
use objects::core::slots::CompareOp;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::bytes::{PyByteArray, PyBytes};
use objects::types::complex;
use objects::types::exceptions::hierarchy as exc;
use objects::types::iterators;
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::types::{float_, int, list, set};

pub(super) fn iter(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "iter", args.len(), 1, 2)?;
    match args {
        [iterable] => vm.iter(iterable),
        [callable, sentinel, ..] => {
            if callable.class().slots.call.get().is_none() {
                return Err(vm.type_error("iter(v, w): v must be callable"));
            }
            Ok(iterators::callable_iterator(vm, callable.clone(), sentinel.clone()))
        }
        [] => Ok(Value::NONE),
    }
}

pub(super) fn next(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "next", args.len(), 1, 2)?;
    let iterator = &args[0];
    let Some(advance) = iterator.class().slots.iternext.get() else {
        return Err(
            vm.type_error(format!("'{}' object is not an iterator", iterator.class().name()))
        );
    };
    match (advance(vm, iterator), args.get(1)) {
        (Ok(Some(item)), _) => Ok(item),
        (Ok(None), Some(default)) => Ok(default.clone()),
        (Ok(None), None) => Err(vm.stop_iteration(None)),
        (Err(raised), Some(default)) if vm.raised_is(&raised, &exc::STOP_ITERATION) => {
            vm.clear(raised);
            Ok(default.clone())
        }
        (Err(raised), _) => Err(raised),
    }
}

pub(super) fn all(vm: Vm<'_>, _module: &Value, iterable: &Value) -> PyResult<Value> {
    let iterator = vm.iter(iterable)?;
    while let Some(item) = vm.next(&iterator)? {
        if !vm.is_true(&item)? {
            return Ok(Value::FALSE);
        }
    }
    Ok(Value::TRUE)
}

pub(super) fn any(vm: Vm<'_>, _module: &Value, iterable: &Value) -> PyResult<Value> {
    let iterator = vm.iter(iterable)?;
    while let Some(item) = vm.next(&iterator)? {
        if vm.is_true(&item)? {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

pub(super) fn sorted(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let [iterable] = args.positional() else {
        let got = args.positional().len();
        return Err(vm.type_error(format!("sorted expected 1 argument, got {got}")));
    };
    let list = PyList::try_new_value(vm, vm.collect(iterable)?)?;
    if sort_known(vm, &list, &args)? {
        return Ok(list);
    }
    let sort = vm.get_attr(&list, &vm.names().sort)?;
    let values: Vec<Value> = args.keywords().map(|(_, value)| value.clone()).collect();
    vm.call_with(&sort, Args::new(&values, args.keyword_names()))?;
    Ok(list)
}

/// Sorts the list as the keywords say; false when there is one that `list.sort` doesn't know.
fn sort_known(vm: Vm<'_>, list: &Value, args: &Args<'_>) -> PyResult<bool> {
    let (mut key, mut reverse) = (None, None);
    for (keyword, value) in args.keywords() {
        if objects::types::str::value_is(keyword, "key") {
            key = Some(value).filter(|value| !value.is_none());
        } else if objects::types::str::value_is(keyword, "reverse") {
            reverse = Some(value);
        } else {
            return Ok(false);
        }
    }
    let reverse = match reverse {
        Some(flag) => vm.is_true(flag)?,
        None => false,
    };
    list::sort::sort(vm, list.receiver::<PyList>(), key, reverse)?;
    Ok(true)
}

/// The sum: ints and floats without objects as long as they fit, floats with compensation, anything else by `+`.
pub(super) fn sum(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let iterator = vm.iter(args.required(0))?;
    let mut total = match args.get(1) {
        None => Value::small_int_unchecked(0),
        Some(start) => {
            let kind = if start.downcast::<PyStr>().is_some() {
                Some("strings [use ''.join(seq) instead]")
            } else if start.downcast::<PyBytes>().is_some() {
                Some("bytes [use b''.join(seq) instead]")
            } else if start.downcast::<PyByteArray>().is_some() {
                Some("bytearray [use b''.join(seq) instead]")
            } else {
                None
            };
            if let Some(kind) = kind {
                return Err(vm.type_error(format!("sum() can't sum {kind}")));
            }
            start.clone()
        }
    };
    loop {
        let Some(mut item) = vm.next(&iterator)? else { return Ok(total) };
        if let Some(mut sum) = total.as_small_int() {
            // Sums of small ints stay in a register until one is too large.
            while let Some(number) = item.as_small_int() {
                sum += number;
                if Value::small_int(sum).is_none() {
                    break;
                }
                match vm.next(&iterator)? {
                    Some(next) => item = next,
                    None => return Ok(int::from_i64(vm, sum)),
                }
            }
            total = int::from_i64(vm, sum);
            if total.as_small_int().is_none() {
                // The item is part of it.
                continue;
            }
        }
        if let Some(first) = Parts::of(&total) {
            match sum_parts(vm, &iterator, first, item)? {
                PartsSum::Done(value) => return Ok(value),
                PartsSum::Stopped(so_far, other) => {
                    total = number::add(vm, &so_far, &other)?;
                    continue;
                }
            }
        }
        total = number::add(vm, &total, &item)?;
    }
}

/// A sum of floats with what was lost by rounding (Neumaier), as CPython has it since 3.12.
#[derive(Clone, Copy)]
struct Compensated {
    high: f64,
    low: f64,
}

impl Compensated {
    fn new(high: f64) -> Self {
        Self { high, low: 0.0 }
    }

    fn add(&mut self, x: f64) {
        let sum = self.high + x;
        self.low +=
            if self.high.abs() >= x.abs() { (self.high - sum) + x } else { (x - sum) + self.high };
        self.high = sum;
    }

    fn total(self) -> f64 {
        if self.low != 0.0 && self.low.is_finite() { self.high + self.low } else { self.high }
    }
}

/// The parts of a sum of floats, or of complex numbers.
struct Parts {
    real: Compensated,
    imaginary: Option<Compensated>,
}

impl Parts {
    fn of(value: &Value) -> Option<Self> {
        if value.is_exact(float_::FLOAT.get()) {
            let real = Compensated::new(float_::as_f64(value)?);
            return Some(Self { real, imaginary: None });
        }
        if !value.is_exact(complex::COMPLEX.get()) {
            return None;
        }
        let number = complex::as_complex(value)?;
        let (real, imaginary) = (Compensated::new(number.re), Compensated::new(number.im));
        Some(Self { real, imaginary: Some(imaginary) })
    }

    fn finish(&self, vm: Vm<'_>) -> Value {
        match self.imaginary {
            None => float_::new(vm, self.real.total()),
            Some(imaginary) => {
                complex::new(vm, Complex { re: self.real.total(), im: imaginary.total() })
            }
        }
    }

    /// Adds a number; false when it has no place in the parts.
    fn add(&mut self, item: &Value) -> bool {
        if item.is_exact(float_::FLOAT.get()) {
            float_::as_f64(item).map(|x| self.real.add(x)).is_some()
        } else if number::is_int(item) {
            let x = int::operand(item).and_then(int::Operand::to_f64);
            if let Some(x) = x {
                self.real.add(x);
            }
            x.is_some()
        } else if let Some(imaginary) = &mut self.imaginary
            && item.is_exact(complex::COMPLEX.get())
            && let Some(number) = complex::as_complex(item)
        {
            self.real.add(number.re);
            imaginary.add(number.im);
            true
        } else {
            false
        }
    }
}

enum PartsSum {
    Done(Value),
    /// The sum so far, and the first item that it cannot take.
    Stopped(Value, Value),
}

fn sum_parts(vm: Vm<'_>, iterator: &Value, mut parts: Parts, item: Value) -> PyResult<PartsSum> {
    let mut next = Some(item);
    while let Some(item) = next {
        if !parts.add(&item) {
            return Ok(PartsSum::Stopped(parts.finish(vm), item));
        }
        next = vm.next(iterator)?;
    }
    Ok(PartsSum::Done(parts.finish(vm)))
}

pub(super) fn min(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    extreme(vm, "min", CompareOp::Lt, args)
}

pub(super) fn max(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    extreme(vm, "max", CompareOp::Gt, args)
}

/// The extreme item of a list, tuple or set of nothing but small ints, or of nothing but floats.
fn plain_extreme(iterable: &Value, op: CompareOp) -> Option<Value> {
    if let Some(list) = iterable.downcast_exact::<PyList>() {
        return list.with(|items| plain_extreme_of(&mut items.iter(), op));
    }
    if let Some(tuple) = iterable.downcast_exact::<PyTuple>() {
        return plain_extreme_of(&mut tuple.items().iter(), op);
    }
    set::with_elements(iterable, |elements| plain_extreme_of(elements, op))?
}

fn plain_extreme_of<'v>(
    mut items: impl Iterator<Item = &'v Value>,
    op: CompareOp,
) -> Option<Value> {
    fn search<'v, N: PartialOrd + Copy>(
        first: &'v Value,
        rest: impl Iterator<Item = &'v Value>,
        op: CompareOp,
        number: impl Fn(&Value) -> Option<N>,
    ) -> Option<Value> {
        let (mut best, mut best_number) = (first, number(first)?);
        for item in rest {
            let next = number(item)?;
            if if op == CompareOp::Lt { next < best_number } else { next > best_number } {
                (best, best_number) = (item, next);
            }
        }
        Some(best.clone())
    }
    let first = items.next()?;
    if first.as_small_int().is_some() {
        search(first, items, op, Value::as_small_int)
    } else {
        search(first, items, op, Value::as_immediate_float)
    }
}

fn extreme(vm: Vm<'_>, name: &str, op: CompareOp, args: Args<'_>) -> PyResult<Value> {
    let (mut key, mut default) = (None, None);
    for (keyword, value) in args.keywords() {
        if objects::types::str::value_is(keyword, "key") {
            key = Some(value).filter(|value| !value.is_none());
        } else if objects::types::str::value_is(keyword, "default") {
            default = Some(value);
        } else {
            let keyword = vm.str(keyword)?.to_rust_string();
            let known = ["key", "default"];
            return Err(vm.unexpected_keyword(&format!("{name}()"), &keyword, known));
        }
    }
    let positional = args.positional();
    let source = match positional {
        [] => {
            return Err(vm.type_error(format!("{name} expected at least 1 argument, got 0")));
        }
        [iterable] => {
            if key.is_none()
                && let Some(best) = plain_extreme(iterable, op)
            {
                return Ok(best);
            }
            vm.iter(iterable)?
        }
        [first, rest @ ..] if key.is_none() && default.is_none() => {
            let mut best = first;
            for value in rest {
                if vm.compare_bool(value, best, op)? {
                    best = value;
                }
            }
            return Ok(best.clone());
        }
        several => {
            if default.is_some() {
                return Err(vm.type_error(format!(
                    "Cannot specify a default for {name}() with multiple positional arguments"
                )));
            }
            let list = PyList::new_value(vm, several.to_vec());
            vm.iter(&list)?
        }
    };
    let mut best: Option<(Value, Value)> = None;
    while let Some(item) = vm.next(&source)? {
        let rank = match key {
            Some(function) => vm.call(function, std::slice::from_ref(&item))?,
            None => item.clone(),
        };
        let wins = match &best {
            None => true,
            Some((_, best_rank)) => vm.compare_bool(&rank, best_rank, op)?,
        };
        if wins {
            best = Some((item, rank));
        }
    }
    match (best, default) {
        (Some((item, _)), _) => Ok(item),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(vm.value_error(format!("{name}() iterable argument is empty"))),
    }
}
