//! Decimals of floats by whole-number arithmetic, where 128 bits hold them: most of the numbers that programs write.

use super::repr::Decimal;

/// A power of ten that keeps the product with a mantissa within 128 bits.
const PLACES_MAX: usize = 22;
/// Any decimal of so few digits reads as a number of its own.
const SHORT: u128 = 1_000_000_000_000_000;

/// A finite magnitude as `odd * 2**power`; None for zero and what is below the normal numbers.
fn parts(magnitude: f64) -> Option<(u64, i32)> {
    let bits = magnitude.to_bits();
    let biased = i32::try_from(bits >> 52).ok()?;
    if biased == 0 {
        return None;
    }
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    let zeros = mantissa.trailing_zeros();
    Some((mantissa >> zeros, biased - 1075 + zeros.cast_signed()))
}

/// All digits of a magnitude, when they are so few that no shorter text reads back as the same number.
pub(super) fn short(magnitude: f64) -> Option<Decimal> {
    let (odd, power) = parts(magnitude)?;
    let down = power.min(0).unsigned_abs();
    let number = match u32::try_from(power) {
        Ok(up @ 0..=50) => u128::from(odd) << up,
        Err(_) if down <= 20 => u128::from(odd) * 5_u128.pow(down),
        _ => return None,
    };
    if number >= SHORT {
        return None;
    }
    let mut digits = u64::try_from(number).ok()?.to_string();
    let point = i32::try_from(digits.len()).ok()? - down.cast_signed();
    digits.truncate(digits.trim_end_matches('0').len());
    Some(Decimal { digits, point })
}

/// A magnitude times `10**places`, rounded to the nearest whole number, half to even; None where 128 bits do not hold it, and
/// for zero and what is below the normal numbers.
#[inline]
#[must_use]
pub fn scaled(magnitude: f64, places: usize) -> Option<u128> {
    let (odd, power) = parts(magnitude)?;
    let ten = (places <= PLACES_MAX).then(|| 10_u128.pow(u32::try_from(places).unwrap_or(0)))?;
    let product = u128::from(odd) * ten;
    match u32::try_from(power) {
        Ok(up) => (up < product.leading_zeros()).then(|| product << up),
        Err(_) => {
            let down = power.unsigned_abs();
            if down > 127 {
                return None;
            }
            let (whole, rest) = (product >> down, product & ((1 << down) - 1));
            let half = 1 << (down - 1);
            Some(whole + u128::from(rest > half || (rest == half && whole & 1 == 1)))
        }
    }
}

/// The digits of a magnitude with `places` digits behind the point, rounded to the nearest, half to even; at least one digit
/// stands before the point.
pub(super) fn fixed(magnitude: f64, places: usize) -> Option<Decimal> {
    let scaled = scaled(magnitude, places)?;
    let width = places + 1;
    let digits = match u64::try_from(scaled) {
        Ok(scaled) => format!("{scaled:0width$}"),
        Err(_) => format!("{scaled:0width$}"),
    };
    let point = i32::try_from(digits.len() - places).ok()?;
    Some(Decimal { digits, point })
}

#[cfg(test)]
mod tests {
    use super::{fixed, short};

    #[test]
    fn agrees_with_the_long_way() {
        let mut seed = 1_u64;
        for nth in 0..20_000_u32 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let whole = f64::from(u32::try_from(seed >> 40).unwrap_or(0));
            let number =
                whole / f64::from([1_u32, 8, 10, 1000, 1024, 3, 65536, 7][nth as usize % 8]);
            let places = (seed >> 33) as usize % 12;
            if let Some(decimal) = fixed(number, places) {
                let text = format!("{number:.places$}");
                assert_eq!(decimal.digits, text.replace('.', ""), "{number} {places}");
                let point = text.find('.').unwrap_or(text.len());
                assert_eq!(usize::try_from(decimal.point), Ok(point));
            }
            if let Some(decimal) = short(number) {
                let text = format!("0.{}e{}", decimal.digits, decimal.point);
                assert_eq!(text.parse(), Ok(number), "{text}");
                let long = super::super::repr::from_scientific(&format!("{number:e}"));
                assert_eq!((decimal.digits, decimal.point), (long.digits, long.point));
            }
        }
    }
}
