//! The functions of ints.

use base::int::BigInt;
use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::int;

/// Results with more bits than this are refused as those of powers are.
const BITS_MAX: u64 = 1 << 36;

pub(super) fn factorial(vm: Vm<'_>, _module: &Value, n: &Value) -> PyResult<Value> {
    let n = number::index(vm, n)?;
    if int::is_negative(&n) {
        return Err(vm.value_error("factorial() not defined for negative values"));
    }
    let Some(n) = int::as_i64(&n).and_then(|n| u64::try_from(n).ok()) else {
        return Err(
            vm.overflow_error(format!("factorial() argument should not exceed {}", i64::MAX))
        );
    };
    Ok(int::new(vm, falling_product(vm, 1, n)?))
}

/// `(low + 1) * ... * high`, by halves, so that the factors are of like size.
fn falling_product(vm: Vm<'_>, low: u64, high: u64) -> PyResult<BigInt> {
    if high <= low {
        return Ok(BigInt::ONE);
    }
    let bits = u64::from(64 - high.leading_zeros()).saturating_mul(high - low);
    if bits > BITS_MAX {
        return Err(vm.memory_error());
    }
    if high - low <= 16 {
        let mut product = BigInt::ONE;
        let mut part: u64 = 1;
        for factor in low + 1..=high {
            match part.checked_mul(factor) {
                Some(more) => part = more,
                None => {
                    product = &product * &BigInt::from(part);
                    part = factor;
                }
            }
        }
        return Ok(&product * &BigInt::from(part));
    }
    vm.poll()?;
    let middle = low + (high - low) / 2;
    Ok(&falling_product(vm, low, middle)? * &falling_product(vm, middle, high)?)
}

fn two_counts(vm: Vm<'_>, n: &Value, k: &Value) -> PyResult<(BigInt, BigInt)> {
    let (n, k) = (int::to_bigint(vm, n)?, int::to_bigint(vm, k)?);
    for (name, number) in [("n", &n), ("k", &k)] {
        if number.is_negative() {
            return Err(vm.value_error(format!("{name} must be a non-negative integer")));
        }
    }
    Ok((n, k))
}

pub(super) fn perm(vm: Vm<'_>, module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "perm", args.len(), 1, 2)?;
    let (n, k) = match args {
        [n, k, ..] if !k.is_none() => two_counts(vm, n, k)?,
        [n, ..] => return factorial(vm, module, n),
        [] => return Ok(Value::NONE),
    };
    if k > n {
        return Ok(int::new(vm, 0));
    }
    let Some(k) = k.to_i64().and_then(|k| u64::try_from(k).ok()) else {
        return Err(vm.overflow_error(format!("k must not exceed {}", i64::MAX)));
    };
    Ok(int::new(vm, falling(vm, &n, k)?))
}

/// `n * (n - 1) * ...`, `k` factors.
fn falling(vm: Vm<'_>, n: &BigInt, k: u64) -> PyResult<BigInt> {
    if let Some(n) = n.to_u64() {
        return falling_product(vm, n - k, n);
    }
    let bits = u64::try_from(n.bit_length()).unwrap_or(u64::MAX).saturating_mul(k);
    if bits > BITS_MAX {
        return Err(vm.memory_error());
    }
    let mut product = BigInt::ONE;
    let mut factor = n.clone();
    for _ in 0..k {
        vm.poll()?;
        product = product.multiply(&factor, &|| vm.poll())?;
        factor = &factor - &BigInt::ONE;
    }
    Ok(product)
}

pub(super) fn comb(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "comb", args.len(), 2, 2)?;
    let [n, k] = args else { return Ok(Value::NONE) };
    let (n, k) = two_counts(vm, n, k)?;
    if k > n {
        return Ok(int::new(vm, 0));
    }
    let other = &n - &k;
    let k = if other < k { other } else { k };
    let Some(k) = k.to_i64().and_then(|k| u64::try_from(k).ok()) else {
        return Err(vm.overflow_error(format!("min(n - k, k) must not exceed {}", i64::MAX)));
    };
    let top = falling(vm, &n, k)?;
    let bottom = falling_product(vm, 1, k)?;
    Ok(int::new(vm, top.div_floor(&bottom).unwrap_or(BigInt::ZERO)))
}

pub(super) fn isqrt(vm: Vm<'_>, _module: &Value, n: &Value) -> PyResult<Value> {
    let number = int::to_bigint(vm, n)?;
    if number.is_negative() {
        return Err(vm.value_error("isqrt() argument must be nonnegative"));
    }
    Ok(int::new(vm, number.square_root(&|| vm.poll())?))
}

pub(super) fn gcd(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let mut result = BigInt::ZERO;
    for value in args {
        result = result.gcd(&int::to_bigint(vm, value)?);
    }
    Ok(int::new(vm, result))
}

pub(super) fn lcm(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let mut result = BigInt::ONE;
    for value in args {
        let next = int::to_bigint(vm, value)?.abs();
        let divisor = result.gcd(&next);
        result = match next.div_floor(&divisor) {
            Ok(rest) => &result * &rest,
            Err(_) => BigInt::ZERO,
        };
    }
    Ok(int::new(vm, result))
}
