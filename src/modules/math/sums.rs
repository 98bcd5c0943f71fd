//! Sums and products of many numbers.

use base::float::arith::{frexp, ldexp};
use objects::core::args::{Bound, check_count};
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::float_::{self, to_f64};
use objects::types::int;

/// A number as the sum of two floats, the second below the first one's last place.
#[derive(Clone, Copy)]
struct Double {
    high: f64,
    low: f64,
}

fn exact_sum(a: f64, b: f64) -> Double {
    let high = a + b;
    let part = high - a;
    Double { high, low: (a - (high - part)) + (b - part) }
}

fn exact_product(a: f64, b: f64) -> Double {
    let high = a * b;
    Double { high, low: a.mul_add(b, -high) }
}

/// The length of a vector: scaled by a power of two, summed without loss, its root corrected once.
fn norm(coordinates: &[f64]) -> f64 {
    let largest = coordinates.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    if coordinates.iter().any(|x| x.is_infinite()) {
        return f64::INFINITY;
    }
    if coordinates.iter().any(|x| x.is_nan()) {
        return f64::NAN;
    }
    if largest == 0.0 || coordinates.len() <= 1 {
        return largest;
    }
    let (_, exponent) = frexp(largest);
    let (mut sum, mut rest) = (0.0, 0.0);
    for &x in coordinates {
        let x = ldexp(x, -exponent);
        let square = exact_product(x, x);
        let added = exact_sum(sum, square.high);
        sum = added.high;
        rest += added.low + square.low;
    }
    let root = (sum + rest).sqrt();
    let square = exact_product(root, root);
    let left = exact_sum(sum, -square.high);
    let correction = (left.high + (left.low - square.low + rest)) / (2.0 * root);
    ldexp(root + correction, exponent)
}

pub(super) fn hypot(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let mut coordinates = Vec::with_capacity(args.len());
    for value in args {
        coordinates.push(to_f64(vm, value)?);
    }
    Ok(float_::new(vm, norm(&coordinates)))
}

pub(super) fn dist(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "dist", args.len(), 2, 2)?;
    let [p, q] = args else { return Ok(Value::NONE) };
    let (p, q) = (vm.collect(p)?, vm.collect(q)?);
    if p.len() != q.len() {
        return Err(vm.value_error("both points must have the same number of dimensions"));
    }
    let mut differences = Vec::with_capacity(p.len());
    for (from, to) in p.iter().zip(&q) {
        differences.push((to_f64(vm, from)? - to_f64(vm, to)?).abs());
    }
    Ok(float_::new(vm, norm(&differences)))
}

/// The exact sum, rounded once: partial sums that do not overlap (Shewchuk).
pub(super) fn fsum(vm: Vm<'_>, _module: &Value, iterable: &Value) -> PyResult<Value> {
    let mut partials: Vec<f64> = Vec::new();
    let (mut special, mut infinities) = (0.0, 0.0);
    let iterator = vm.iter(iterable)?;
    while let Some(item) = vm.next(&iterator)? {
        vm.poll()?;
        let item = to_f64(vm, &item)?;
        let mut x = item;
        let mut kept = 0;
        for index in 0..partials.len() {
            let mut y = partials[index];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        partials.truncate(kept);
        if x == 0.0 {
            continue;
        }
        if x.is_finite() {
            partials.push(x);
            continue;
        }
        if item.is_finite() {
            return Err(vm.overflow_error("intermediate overflow in fsum"));
        }
        if item.is_infinite() {
            infinities += item;
        }
        special += item;
        partials.clear();
    }
    if special != 0.0 {
        if infinities.is_nan() {
            return Err(vm.value_error("-inf + inf in fsum"));
        }
        return Ok(float_::new(vm, special));
    }
    Ok(float_::new(vm, round_partials(&partials)))
}

fn round_partials(partials: &[f64]) -> f64 {
    let mut rest = partials.iter().rev().copied();
    let Some(mut high) = rest.next() else { return 0.0 };
    let mut low = 0.0;
    for y in rest.by_ref() {
        let x = high;
        high = x + y;
        low = y - (high - x);
        if low != 0.0 {
            break;
        }
    }
    // A tie is decided by the next partial sum.
    if let Some(next) = rest.next()
        && ((low < 0.0 && next < 0.0) || (low > 0.0 && next > 0.0))
    {
        let twice = low * 2.0;
        let rounded = high + twice;
        if twice == rounded - high {
            high = rounded;
        }
    }
    high
}

pub(super) fn prod(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let mut result = args.get(1).cloned().unwrap_or_else(|| int::new(vm, 1));
    let iterator = vm.iter(args.required(0))?;
    while let Some(item) = vm.next(&iterator)? {
        vm.poll()?;
        result = number::multiply(vm, &result, &item)?;
    }
    Ok(result)
}

pub(super) fn sumprod(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "sumprod", args.len(), 2, 2)?;
    let [p, q] = args else { return Ok(Value::NONE) };
    let (left, right) = (vm.iter(p)?, vm.iter(q)?);
    let mut total = int::new(vm, 0);
    // Until a pair comes that is neither two integers nor a float and a number, the sum of the floats is kept in
    // three parts; integers before the first float go to the total.
    let mut parts: Option<[f64; 3]> = None;
    let mut exact = true;
    loop {
        vm.poll()?;
        let (a, b) = (vm.next(&left)?, vm.next(&right)?);
        let (a, b) = match (a, b) {
            (Some(a), Some(b)) => (a, b),
            (None, None) => break,
            _ => return Err(vm.value_error("Inputs are not the same length")),
        };
        if exact && let Some((x, y)) = float_pair(&a, &b) {
            let sum = add_product(parts.unwrap_or([0.0; 3]), x, y);
            if sum[0].is_finite() {
                parts = Some(sum);
                continue;
            }
            exact = false;
        }
        if !(a.is_exact(int::INT.get()) && b.is_exact(int::INT.get())) || parts.is_some() {
            exact = false;
        }
        if let Some(parts) = parts.take() {
            total = number::add(vm, &total, &float_::new(vm, rounded(parts)))?;
        }
        let product = number::multiply(vm, &a, &b)?;
        total = number::add(vm, &total, &product)?;
    }
    if let Some(parts) = parts {
        total = number::add(vm, &total, &float_::new(vm, rounded(parts)))?;
    }
    Ok(total)
}

fn float_pair(a: &Value, b: &Value) -> Option<(f64, f64)> {
    let exact = |value: &Value| value.is_exact(float_::FLOAT.get());
    let number = |value: &Value| {
        if exact(value) {
            return float_::as_f64(value);
        }
        if let Some(truth) = value.as_bool() {
            return Some(f64::from(u8::from(truth)));
        }
        value.as_small_int().and_then(|_| int::operand(value)?.to_f64())
    };
    if exact(a) || exact(b) { Some((number(a)?, number(b)?)) } else { None }
}

fn add_product([high, low, tiny]: [f64; 3], x: f64, y: f64) -> [f64; 3] {
    let product = exact_product(x, y);
    let sum = exact_sum(high, product.high);
    let first = exact_sum(low, product.low);
    let second = exact_sum(first.high, sum.low);
    [sum.high, second.high, tiny + first.low + second.low]
}

fn rounded([high, low, tiny]: [f64; 3]) -> f64 {
    let last = exact_sum(low, high);
    tiny + last.low + last.high
}
