//! The gamma function and its logarithm by Lanczos' approximation with the coefficients that CPython uses, so that results
//! agree to the last place.

use std::f64::consts::PI;

const G: f64 = 6.024_680_040_776_73;
const G_MINUS_HALF: f64 = 5.524_680_040_776_73;
const LOG_PI: f64 = 1.144_729_885_849_400_2;

const NUMERATOR: [f64; 13] = [
    23_531_376_880.410_76,
    42_919_803_642.649_1,
    35_711_959_237.355_67,
    17_921_034_426.037_21,
    6_039_542_586.352_028,
    1_439_720_407.311_721_6,
    248_874_557.862_054_17,
    31_426_415.585_400_194,
    2_876_370.628_935_372_4,
    186_056.265_395_223_48,
    8_071.672_002_365_816,
    210.824_277_751_579_36,
    2.506_628_274_631_000_2,
];

const DENOMINATOR: [f64; 13] = [
    0.0,
    39_916_800.0,
    120_543_840.0,
    150_917_976.0,
    105_258_076.0,
    45_995_730.0,
    13_339_535.0,
    2_637_558.0,
    357_423.0,
    32_670.0,
    1_925.0,
    66.0,
    1.0,
];

fn lanczos_sum(x: f64) -> f64 {
    let pairs = NUMERATOR.iter().zip(&DENOMINATOR);
    let (top, bottom) = if x < 5.0 {
        pairs.rev().fold((0.0, 0.0), |(top, bottom), (n, d)| (top * x + n, bottom * x + d))
    } else {
        pairs.fold((0.0, 0.0), |(top, bottom), (n, d)| (top / x + n, bottom / x + d))
    };
    top / bottom
}

/// `sin(pi * x)`, exact where it is simple.
fn sin_pi(x: f64) -> f64 {
    let y = x.abs() % 2.0;
    let twice = (2.0 * y).round();
    let result = if twice == 0.0 {
        (PI * y).sin()
    } else if twice == 1.0 {
        (PI * (y - 0.5)).cos()
    } else if twice == 2.0 {
        (PI * (1.0 - y)).sin()
    } else if twice == 3.0 {
        -(PI * (y - 1.5)).cos()
    } else {
        (PI * (y - 2.0)).sin()
    };
    result * 1f64.copysign(x)
}

/// The gamma function at a number that is no pole: infinite when the result is too large.
#[must_use]
pub fn gamma(x: f64) -> f64 {
    if !x.is_finite() {
        return x;
    }
    let magnitude = x.abs();
    if x == x.floor() && (1.0..=23.0).contains(&x) {
        let mut product = 1.0;
        let mut factor = 2.0;
        while factor < x {
            product *= factor;
            factor += 1.0;
        }
        return product;
    }
    if magnitude < 1e-20 {
        return 1.0 / x;
    }
    if magnitude > 200.0 {
        return if x < 0.0 { 0.0 / sin_pi(x) } else { f64::INFINITY };
    }
    let y = magnitude + G_MINUS_HALF;
    // What is lost in y, to correct for it.
    let lost = if magnitude > G_MINUS_HALF {
        (y - magnitude) - G_MINUS_HALF
    } else {
        (y - G_MINUS_HALF) - magnitude
    };
    let correction = lost * G / y;
    let power = |result: f64, apply: fn(f64, f64) -> f64| {
        if magnitude < 140.0 {
            apply(result, y.powf(magnitude - 0.5))
        } else {
            let root = y.powf(magnitude / 2.0 - 0.25);
            apply(apply(result, root), root)
        }
    };
    if x < 0.0 {
        let result = -PI / sin_pi(magnitude) / magnitude * y.exp() / lanczos_sum(magnitude);
        power(result - correction * result, |a, b| a / b)
    } else {
        let result = lanczos_sum(magnitude) / y.exp();
        power(result + correction * result, |a, b| a * b)
    }
}

/// The logarithm of the gamma function's magnitude, at a finite number that is no pole.
#[must_use]
pub fn log_gamma(x: f64) -> f64 {
    if x == x.floor() && x <= 2.0 {
        return 0.0;
    }
    let magnitude = x.abs();
    if magnitude < 1e-20 {
        return -magnitude.ln();
    }
    let mut result = lanczos_sum(magnitude).ln() - G;
    result += (magnitude - 0.5) * ((magnitude + G - 0.5).ln() - 1.0);
    if x < 0.0 {
        result = LOG_PI - sin_pi(magnitude).abs().ln() - magnitude.ln() - result;
    }
    result
}
