//! The functions themselves, by the identities of W. Kahan that keep both parts exact near the branch cuts.

use std::f64::consts::{E, FRAC_PI_2, LN_2, LN_10};

use base::complex::Complex;
use base::float::hyperbolic::asinh as asinh_real;

use super::special;

/// Why there is no result.
#[derive(Clone, Copy)]
pub(super) enum Fault {
    /// No value there.
    Domain,
    /// A value too large.
    Range,
}

/// A result.
pub(super) type Outcome = Result<Complex, Fault>;

/// So large that a square or a hypotenuse may overflow.
const LARGE: f64 = f64::MAX / 4.0;
/// The logarithm of [`LARGE`].
const LOG_LARGE: f64 = 708.396_418_532_264_1;
/// The square root of [`LARGE`].
const SQRT_LARGE: f64 = 6.703_903_964_971_298e153;
/// The square root of the smallest normal number.
const SQRT_SMALL: f64 = 1.491_668_146_240_041_3e-154;

const fn complex(re: f64, im: f64) -> Complex {
    Complex::new(re, im)
}

fn is_special(z: Complex) -> bool {
    !z.re.is_finite() || !z.im.is_finite()
}

fn is_large(z: Complex) -> bool {
    z.re.abs() > LARGE || z.im.abs() > LARGE
}

/// The logarithm of twice the magnitude of a number whose magnitude may overflow.
fn log_of_double(z: Complex) -> f64 {
    (z.re / 2.0).hypot(z.im / 2.0).ln() + LN_2 * 2.0
}

/// `-i f(i z)`, by which the circular functions follow from the hyperbolic ones.
fn turned(z: Complex, function: fn(Complex) -> Outcome) -> Outcome {
    let result = function(complex(-z.im, z.re))?;
    Ok(complex(result.im, -result.re))
}

fn in_range(z: Complex) -> Outcome {
    if z.re.is_infinite() || z.im.is_infinite() { Err(Fault::Range) } else { Ok(z) }
}

/// For an infinite real part and a finite, nonzero imaginary one: the quadrant's infinities or zeros.
fn direction(z: Complex, size: f64) -> Option<Complex> {
    (z.re.is_infinite() && z.im.is_finite() && z.im != 0.0)
        .then(|| complex(size.copysign(z.im.cos()), size.copysign(z.im.sin())))
}

pub(super) fn acos(z: Complex) -> Outcome {
    if is_special(z) {
        return Ok(special::of(&special::ACOS, z));
    }
    if is_large(z) {
        let size = log_of_double(z);
        let im = if z.re < 0.0 { -size.copysign(z.im) } else { size.copysign(-z.im) };
        return Ok(complex(z.im.abs().atan2(z.re), im));
    }
    let s1 = sqrt(complex(1.0 - z.re, -z.im))?;
    let s2 = sqrt(complex(1.0 + z.re, z.im))?;
    Ok(complex(2.0 * s1.re.atan2(s2.re), asinh_real(s2.re * s1.im - s2.im * s1.re)))
}

pub(super) fn acosh(z: Complex) -> Outcome {
    if is_special(z) {
        return Ok(special::of(&special::ACOSH, z));
    }
    if is_large(z) {
        return Ok(complex(log_of_double(z), z.im.atan2(z.re)));
    }
    let s1 = sqrt(complex(z.re - 1.0, z.im))?;
    let s2 = sqrt(complex(z.re + 1.0, z.im))?;
    Ok(complex(asinh_real(s1.re * s2.re + s1.im * s2.im), 2.0 * s1.im.atan2(s2.re)))
}

pub(super) fn asin(z: Complex) -> Outcome {
    turned(z, asinh)
}

pub(super) fn asinh(z: Complex) -> Outcome {
    if is_special(z) {
        return Ok(special::of(&special::ASINH, z));
    }
    if is_large(z) {
        let size = log_of_double(z);
        let re = if z.im >= 0.0 { size.copysign(z.re) } else { -size.copysign(-z.re) };
        return Ok(complex(re, z.im.atan2(z.re.abs())));
    }
    let s1 = sqrt(complex(1.0 + z.im, -z.re))?;
    let s2 = sqrt(complex(1.0 - z.im, z.re))?;
    let re = asinh_real(s1.re * s2.im - s2.re * s1.im);
    Ok(complex(re, z.im.atan2(s1.re * s2.re - s1.im * s2.im)))
}

pub(super) fn atan(z: Complex) -> Outcome {
    turned(z, atanh)
}

pub(super) fn atanh(z: Complex) -> Outcome {
    if is_special(z) {
        return Ok(special::of(&special::ATANH, z));
    }
    if z.re.is_sign_negative() {
        return atanh(z.negated()).map(Complex::negated);
    }
    let height = z.im.abs();
    if z.re > SQRT_LARGE || height > SQRT_LARGE {
        let half = (z.re / 2.0).hypot(z.im / 2.0);
        // The sign of the imaginary part is that of the cut's upper side.
        return Ok(complex(z.re / 4.0 / half / half, -FRAC_PI_2.copysign(-z.im)));
    }
    if z.re == 1.0 && height < SQRT_SMALL {
        if height == 0.0 {
            return Err(Fault::Domain);
        }
        let re = -(height.sqrt() / height.hypot(2.0).sqrt()).ln();
        return Ok(complex(re, (2f64.atan2(-height) / 2.0).copysign(z.im)));
    }
    let below = 1.0 - z.re;
    let re = (4.0 * z.re / (below * below + height * height)).ln_1p() / 4.0;
    let im = -(-2.0 * z.im).atan2(below * (1.0 + z.re) - height * height) / 2.0;
    Ok(complex(re, im))
}

pub(super) fn cos(z: Complex) -> Outcome {
    cosh(complex(-z.im, z.re))
}

pub(super) fn cosh(z: Complex) -> Outcome {
    if is_special(z) {
        if z.im.is_infinite() && !z.re.is_nan() {
            return Err(Fault::Domain);
        }
        return Ok(match direction(z, f64::INFINITY) {
            Some(there) if z.re > 0.0 => there,
            Some(there) => complex(there.re, -there.im),
            None => special::of(&special::COSH, z),
        });
    }
    in_range(if z.re.abs() > LOG_LARGE {
        let nearer = z.re - 1f64.copysign(z.re);
        complex(z.im.cos() * nearer.cosh() * E, z.im.sin() * nearer.sinh() * E)
    } else {
        complex(z.im.cos() * z.re.cosh(), z.im.sin() * z.re.sinh())
    })
}

pub(super) fn exp(z: Complex) -> Outcome {
    if is_special(z) {
        if z.im.is_infinite() && (z.re.is_finite() || z.re == f64::INFINITY) {
            return Err(Fault::Domain);
        }
        let size = if z.re > 0.0 { f64::INFINITY } else { 0.0 };
        return Ok(direction(z, size).unwrap_or_else(|| special::of(&special::EXP, z)));
    }
    in_range(if z.re > LOG_LARGE {
        let size = (z.re - 1.0).exp();
        complex(size * z.im.cos() * E, size * z.im.sin() * E)
    } else {
        let size = z.re.exp();
        complex(size * z.im.cos(), size * z.im.sin())
    })
}

pub(super) fn log(z: Complex) -> Outcome {
    if is_special(z) {
        return Ok(special::of(&special::LOG, z));
    }
    let (width, height) = (z.re.abs(), z.im.abs());
    let re = if is_large(z) {
        (width / 2.0).hypot(height / 2.0).ln() + LN_2
    } else if width < f64::MIN_POSITIVE && height < f64::MIN_POSITIVE {
        if width == 0.0 && height == 0.0 {
            return Err(Fault::Domain);
        }
        let scale = 2f64.powi(53);
        (width * scale).hypot(height * scale).ln() - 53.0 * LN_2
    } else {
        let size = width.hypot(height);
        if (0.71..=1.73).contains(&size) {
            let (more, less) = (width.max(height), width.min(height));
            ((more - 1.0) * (more + 1.0) + less * less).ln_1p() / 2.0
        } else {
            size.ln()
        }
    };
    Ok(complex(re, z.im.atan2(z.re)))
}

pub(super) fn log10(z: Complex) -> Outcome {
    let natural = log(z)?;
    Ok(complex(natural.re / LN_10, natural.im / LN_10))
}

pub(super) fn sin(z: Complex) -> Outcome {
    turned(z, sinh)
}

pub(super) fn sinh(z: Complex) -> Outcome {
    if is_special(z) {
        if z.im.is_infinite() && !z.re.is_nan() {
            return Err(Fault::Domain);
        }
        return Ok(match direction(z, f64::INFINITY) {
            Some(there) if z.re > 0.0 => there,
            Some(there) => complex(-there.re, there.im),
            None => special::of(&special::SINH, z),
        });
    }
    in_range(if z.re.abs() > LOG_LARGE {
        let nearer = z.re - 1f64.copysign(z.re);
        complex(z.im.cos() * nearer.sinh() * E, z.im.sin() * nearer.cosh() * E)
    } else {
        complex(z.im.cos() * z.re.sinh(), z.im.sin() * z.re.cosh())
    })
}

pub(super) fn sqrt(z: Complex) -> Outcome {
    if is_special(z) {
        return Ok(special::of(&special::SQRT, z));
    }
    if z.re == 0.0 && z.im == 0.0 {
        return Ok(complex(0.0, z.im));
    }
    let (width, height) = (z.re.abs(), z.im.abs());
    let s = if width < f64::MIN_POSITIVE && height < f64::MIN_POSITIVE {
        let up = 2f64.powi(53);
        let (width, height) = (width * up, height * up);
        (width + width.hypot(height)).sqrt() * 2f64.powi(-27)
    } else {
        let width = width / 8.0;
        2.0 * (width + width.hypot(height / 8.0)).sqrt()
    };
    let d = height / (2.0 * s);
    Ok(if z.re >= 0.0 { complex(s, d.copysign(z.im)) } else { complex(d, s.copysign(z.im)) })
}

pub(super) fn tan(z: Complex) -> Outcome {
    turned(z, tanh)
}

pub(super) fn tanh(z: Complex) -> Outcome {
    if is_special(z) {
        if z.im.is_infinite() && z.re.is_finite() {
            return Err(Fault::Domain);
        }
        if z.re.is_infinite() && z.im.is_finite() && z.im != 0.0 {
            let im = 0f64.copysign(2.0 * z.im.sin() * z.im.cos());
            return Ok(complex(1f64.copysign(z.re), im));
        }
        return Ok(special::of(&special::TANH, z));
    }
    if z.re.abs() > LOG_LARGE {
        let im = 4.0 * z.im.sin() * z.im.cos() * (-2.0 * z.re.abs()).exp();
        return Ok(complex(1f64.copysign(z.re), im));
    }
    let (tx, ty, cx) = (z.re.tanh(), z.im.tan(), 1.0 / z.re.cosh());
    let product = tx * ty;
    let below = 1.0 + product * product;
    Ok(complex(tx * (1.0 + ty * ty) / below, ((ty / below) * cx) * cx))
}

/// The number with this magnitude and phase.
pub(super) fn rect(r: f64, phi: f64) -> Outcome {
    let z = complex(r, phi);
    if is_special(z) {
        if r != 0.0 && !r.is_nan() && phi.is_infinite() {
            return Err(Fault::Domain);
        }
        return Ok(match direction(z, f64::INFINITY) {
            Some(there) if r > 0.0 => there,
            Some(there) => there.negated(),
            None => special::of(&special::RECT, z),
        });
    }
    Ok(if phi == 0.0 {
        // A product keeps the sign of zero that a sine would lose.
        complex(r, r * phi)
    } else {
        complex(r * phi.cos(), r * phi.sin())
    })
}
