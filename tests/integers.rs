//! Huge integers: the operations cut into blocks give what whole ones give, and stop when they are told to.

use base::int::{BigInt, Poll};

const GO_ON: Poll<'static, ()> = &|| Ok(());

/// A number of `bits` bits without pattern.
fn number(bits: usize, seed: u64) -> BigInt {
    let mut state = seed;
    let mut digits = String::new();
    for _ in 0..bits / 64 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        digits.push_str(&format!("{:016x}", state ^ (state >> 29)));
    }
    BigInt::parse(&digits, 16).unwrap_or(BigInt::ONE)
}

#[test]
fn blocks_multiply_and_divide_as_the_crate_does() {
    let a = number(6_000_000, 1);
    let b = -&number(2_800_000, 2);
    let product = a.multiply(&b, GO_ON);
    assert_eq!(product.as_ref(), Ok(&(&a * &b)));
    assert_eq!(a.multiply(&a, GO_ON), Ok(a.square()));
    assert_eq!(a.divide(&b, GO_ON), Ok(a.divmod_floor(&b)));
    let c = number(300_000, 3);
    assert_eq!(a.divide(&c, GO_ON), Ok(a.divmod_floor(&c)));
    assert_eq!((-&a).divide(&c, GO_ON), Ok((-&a).divmod_floor(&c)));
}

#[test]
fn blocks_are_read_and_written() {
    let a = number(2_600_000, 4);
    let text = a.to_decimal(GO_ON).unwrap_or_default();
    assert_eq!(text, a.to_radix(10));
    assert_eq!(BigInt::parse_digits(&text, 10, GO_ON), Ok(Some(a)));
    let power = BigInt::from(10).pow(700_000);
    let text = power.to_decimal(GO_ON).unwrap_or_default();
    assert_eq!(text, power.to_radix(10));
}

#[test]
fn the_root_is_the_integer_part() {
    for bits in [2_200_064, 4_400_000] {
        let a = number(bits, 5);
        let root = a.square_root(GO_ON).unwrap_or_default();
        assert_eq!(Some(root), a.isqrt());
        let square = a.square();
        assert_eq!(square.square_root(GO_ON), Ok(a.clone()));
        let below = &square - &BigInt::ONE;
        assert_eq!(below.square_root(GO_ON), Ok(&a - &BigInt::ONE));
    }
}

#[test]
fn a_stop_ends_it() {
    let count = std::cell::Cell::new(0);
    let stop: Poll<'_, ()> = &|| {
        count.set(count.get() + 1);
        if count.get() > 3 { Err(()) } else { Ok(()) }
    };
    assert_eq!(number(20_000_000, 6).to_decimal(stop), Err(()));
    assert_eq!(count.get(), 4);
}
