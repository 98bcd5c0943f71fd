//! What the functions give for infinite and undefined parts (C11, annex G).
//!
//! Rows by the real part, columns by the imaginary one: -inf, negative, -0, 0, positive, inf, nan. Where a part is
//! missing from the standard, or decided by the sign of a sine, the function itself does not come here.

use base::complex::Complex;

const N: f64 = f64::NAN;
const I: f64 = f64::INFINITY;
const P: f64 = std::f64::consts::PI;
const P12: f64 = std::f64::consts::FRAC_PI_2;
const P14: f64 = std::f64::consts::FRAC_PI_4;
const P34: f64 = 0.75 * P;

/// The results of one function.
pub(super) type Special = [[(f64, f64); 7]; 7];

fn class_of(x: f64) -> usize {
    if x.is_nan() {
        6
    } else if x == 0.0 {
        if x.is_sign_negative() { 2 } else { 3 }
    } else if x.is_infinite() {
        if x > 0.0 { 5 } else { 0 }
    } else if x > 0.0 {
        4
    } else {
        1
    }
}

/// The result for `z`.
pub(super) fn of(table: &Special, z: Complex) -> Complex {
    let (re, im) = table[class_of(z.re)][class_of(z.im)];
    Complex::new(re, im)
}

pub(super) const ACOS: Special = [
    [(P34, I), (P, I), (P, I), (P, -I), (P, -I), (P34, -I), (N, I)],
    [(P12, I), (N, N), (N, N), (N, N), (N, N), (P12, -I), (N, N)],
    [(P12, I), (N, N), (N, N), (N, N), (N, N), (P12, -I), (P12, N)],
    [(P12, I), (N, N), (N, N), (N, N), (N, N), (P12, -I), (P12, N)],
    [(P12, I), (N, N), (N, N), (N, N), (N, N), (P12, -I), (N, N)],
    [(P14, I), (0.0, I), (0.0, I), (0.0, -I), (0.0, -I), (P14, -I), (N, I)],
    [(N, I), (N, N), (N, N), (N, N), (N, N), (N, -I), (N, N)],
];
pub(super) const ACOSH: Special = [
    [(I, -P34), (I, -P), (I, -P), (I, P), (I, P), (I, P34), (I, N)],
    [(I, -P12), (N, N), (N, N), (N, N), (N, N), (I, P12), (N, N)],
    [(I, -P12), (N, N), (N, N), (N, N), (N, N), (I, P12), (N, P12)],
    [(I, -P12), (N, N), (N, N), (N, N), (N, N), (I, P12), (N, P12)],
    [(I, -P12), (N, N), (N, N), (N, N), (N, N), (I, P12), (N, N)],
    [(I, -P14), (I, -0.0), (I, -0.0), (I, 0.0), (I, 0.0), (I, P14), (I, N)],
    [(I, N), (N, N), (N, N), (N, N), (N, N), (I, N), (N, N)],
];
pub(super) const ASINH: Special = [
    [(-I, -P14), (-I, -0.0), (-I, -0.0), (-I, 0.0), (-I, 0.0), (-I, P14), (-I, N)],
    [(-I, -P12), (N, N), (N, N), (N, N), (N, N), (-I, P12), (N, N)],
    [(-I, -P12), (N, N), (N, N), (N, N), (N, N), (-I, P12), (N, N)],
    [(I, -P12), (N, N), (N, N), (N, N), (N, N), (I, P12), (N, N)],
    [(I, -P12), (N, N), (N, N), (N, N), (N, N), (I, P12), (N, N)],
    [(I, -P14), (I, -0.0), (I, -0.0), (I, 0.0), (I, 0.0), (I, P14), (I, N)],
    [(I, N), (N, N), (N, -0.0), (N, 0.0), (N, N), (I, N), (N, N)],
];
pub(super) const ATANH: Special = [
    [(-0.0, -P12), (-0.0, -P12), (-0.0, -P12), (-0.0, P12), (-0.0, P12), (-0.0, P12), (-0.0, N)],
    [(-0.0, -P12), (N, N), (N, N), (N, N), (N, N), (-0.0, P12), (N, N)],
    [(-0.0, -P12), (N, N), (N, N), (N, N), (N, N), (-0.0, P12), (-0.0, N)],
    [(0.0, -P12), (N, N), (N, N), (N, N), (N, N), (0.0, P12), (0.0, N)],
    [(0.0, -P12), (N, N), (N, N), (N, N), (N, N), (0.0, P12), (N, N)],
    [(0.0, -P12), (0.0, -P12), (0.0, -P12), (0.0, P12), (0.0, P12), (0.0, P12), (0.0, N)],
    [(0.0, -P12), (N, N), (N, N), (N, N), (N, N), (0.0, P12), (N, N)],
];
pub(super) const COSH: Special = [
    [(N, N), (I, I), (I, 0.0), (I, -0.0), (I, -I), (N, N), (I, N)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (N, N)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (N, 0.0)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (N, 0.0)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (N, N)],
    [(N, N), (I, -I), (I, -0.0), (I, 0.0), (I, I), (N, N), (I, N)],
    [(N, N), (N, N), (N, 0.0), (N, 0.0), (N, N), (N, N), (N, N)],
];
pub(super) const EXP: Special = [
    [(0.0, 0.0), (0.0, -0.0), (0.0, -0.0), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (N, N)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (N, N)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (N, N)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (N, N)],
    [(N, N), (I, -I), (I, -0.0), (I, 0.0), (I, I), (N, N), (I, N)],
    [(N, N), (N, N), (N, -0.0), (N, 0.0), (N, N), (N, N), (N, N)],
];
pub(super) const LOG: Special = [
    [(I, -P34), (I, -P), (I, -P), (I, P), (I, P), (I, P34), (I, N)],
    [(I, -P12), (N, N), (N, N), (N, N), (N, N), (I, P12), (N, N)],
    [(I, -P12), (N, N), (N, N), (N, N), (N, N), (I, P12), (N, N)],
    [(I, -P12), (N, N), (N, N), (N, N), (N, N), (I, P12), (N, N)],
    [(I, -P12), (N, N), (N, N), (N, N), (N, N), (I, P12), (N, N)],
    [(I, -P14), (I, -0.0), (I, -0.0), (I, 0.0), (I, 0.0), (I, P14), (I, N)],
    [(I, N), (N, N), (N, N), (N, N), (N, N), (I, N), (N, N)],
];
pub(super) const SINH: Special = [
    [(N, N), (-I, -I), (-I, -0.0), (-I, 0.0), (-I, I), (N, N), (I, N)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (N, N)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (0.0, N)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (0.0, N)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (N, N)],
    [(N, N), (I, -I), (I, -0.0), (I, 0.0), (I, I), (N, N), (I, N)],
    [(N, N), (N, N), (N, -0.0), (N, 0.0), (N, N), (N, N), (N, N)],
];
pub(super) const SQRT: Special = [
    [(I, -I), (0.0, -I), (0.0, -I), (0.0, I), (0.0, I), (I, I), (N, I)],
    [(I, -I), (N, N), (N, N), (N, N), (N, N), (I, I), (N, N)],
    [(I, -I), (N, N), (N, N), (N, N), (N, N), (I, I), (N, N)],
    [(I, -I), (N, N), (N, N), (N, N), (N, N), (I, I), (N, N)],
    [(I, -I), (N, N), (N, N), (N, N), (N, N), (I, I), (N, N)],
    [(I, -I), (I, -0.0), (I, -0.0), (I, 0.0), (I, 0.0), (I, I), (I, N)],
    [(I, -I), (N, N), (N, N), (N, N), (N, N), (I, I), (N, N)],
];
pub(super) const TANH: Special = [
    [(-1.0, 0.0), (-1.0, -0.0), (-1.0, -0.0), (-1.0, 0.0), (-1.0, 0.0), (-1.0, 0.0), (-1.0, 0.0)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (N, N)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (-0.0, N)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (0.0, N)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (N, N)],
    [(1.0, 0.0), (1.0, -0.0), (1.0, -0.0), (1.0, 0.0), (1.0, 0.0), (1.0, 0.0), (1.0, 0.0)],
    [(N, N), (N, N), (N, -0.0), (N, 0.0), (N, N), (N, N), (N, N)],
];
pub(super) const RECT: Special = [
    [(N, N), (-I, I), (-I, 0.0), (-I, -0.0), (-I, -I), (N, N), (I, N)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (N, N)],
    [(0.0, 0.0), (N, N), (N, N), (N, N), (N, N), (0.0, 0.0), (0.0, 0.0)],
    [(0.0, 0.0), (N, N), (N, N), (N, N), (N, N), (0.0, 0.0), (0.0, 0.0)],
    [(N, N), (N, N), (N, N), (N, N), (N, N), (N, N), (N, N)],
    [(N, N), (I, -I), (I, -0.0), (I, 0.0), (I, I), (N, N), (I, N)],
    [(N, N), (N, N), (N, 0.0), (N, 0.0), (N, N), (N, N), (N, N)],
];
