//! Complex numbers: arithmetic and text.

use crate::float::parse::parse_prefix;
use crate::float::repr::repr_with;

/// A complex number.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Complex {
    /// Real part.
    pub re: f64,
    /// Imaginary part.
    pub im: f64,
}

/// What a power comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Power {
    /// A number.
    Number(Complex),
    /// Zero to a negative or complex power.
    ZeroDivision,
    /// Too large.
    Overflow,
}

impl Complex {
    /// A number.
    #[must_use]
    pub const fn new(re: f64, im: f64) -> Self {
        Self { re, im }
    }

    /// `self + other`
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self::new(self.re + other.re, self.im + other.im)
    }

    /// `self - other`
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self::new(self.re - other.re, self.im - other.im)
    }

    /// `-self`
    #[must_use]
    pub fn negated(self) -> Self {
        Self::new(-self.re, -self.im)
    }

    /// `self * other`; a product of an infinite factor that would be nan in both parts is infinite (C11, annex G).
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        let (a, b, c, d) = (self.re, self.im, other.re, other.im);
        let (ac, bd, ad, bc) = (a * c, b * d, a * d, b * c);
        let result = Self::new(ac - bd, ad + bc);
        if !(result.re.is_nan() && result.im.is_nan()) {
            return result;
        }
        let boxed = |x: f64| if x.is_infinite() { 1f64 } else { 0f64 }.copysign(x);
        let zeroed = |x: f64| if x.is_nan() { 0f64.copysign(x) } else { x };
        let (mut a, mut b, mut c, mut d) = (a, b, c, d);
        let mut recover = false;
        if a.is_infinite() || b.is_infinite() {
            (a, b, c, d) = (boxed(a), boxed(b), zeroed(c), zeroed(d));
            recover = true;
        }
        if c.is_infinite() || d.is_infinite() {
            (c, d, a, b) = (boxed(c), boxed(d), zeroed(a), zeroed(b));
            recover = true;
        }
        if !recover && [ac, bd, ad, bc].iter().any(|x| x.is_infinite()) {
            (a, b, c, d) = (zeroed(a), zeroed(b), zeroed(c), zeroed(d));
            recover = true;
        }
        if recover {
            return Self::new(f64::INFINITY * (a * c - b * d), f64::INFINITY * (a * d + b * c));
        }
        result
    }

    /// `self / other`; None when `other` is 0.
    #[must_use]
    pub fn over(self, other: Self) -> Option<Self> {
        let (a, b, c, d) = (self.re, self.im, other.re, other.im);
        let result = if c.abs() >= d.abs() {
            if c == 0.0 && d == 0.0 {
                return None;
            }
            let ratio = d / c;
            let denominator = c + d * ratio;
            Self::new((a + b * ratio) / denominator, (b - a * ratio) / denominator)
        } else if d.abs() >= c.abs() {
            let ratio = c / d;
            let denominator = c * ratio + d;
            Self::new((a * ratio + b) / denominator, (b * ratio - a) / denominator)
        } else {
            Self::new(f64::NAN, f64::NAN)
        };
        if result.re.is_nan() && result.im.is_nan() {
            return Some(recover_quotient(self, other).unwrap_or(result));
        }
        Some(result)
    }

    /// `real / self`, without a false imaginary zero; None when `self` is 0.
    #[must_use]
    pub fn divides_real(self, real: f64) -> Option<Self> {
        let (c, d) = (self.re, self.im);
        let result = if c.abs() >= d.abs() {
            if c == 0.0 && d == 0.0 {
                return None;
            }
            let ratio = d / c;
            let denominator = c + d * ratio;
            Self::new(real / denominator, (-real * ratio) / denominator)
        } else if d.abs() >= c.abs() {
            let ratio = c / d;
            let denominator = c * ratio + d;
            Self::new((real * ratio) / denominator, -real / denominator)
        } else {
            Self::new(f64::NAN, f64::NAN)
        };
        if result.re.is_nan()
            && result.im.is_nan()
            && real.is_finite()
            && (c.is_infinite() || d.is_infinite())
        {
            let (x, y) = (boxed(c), boxed(d));
            return Some(Self::new(0.0 * (real * x), 0.0 * (-real * y)));
        }
        Some(result)
    }

    /// The magnitude; None when it is too large.
    #[must_use]
    pub fn magnitude(self) -> Option<f64> {
        if self.re.is_infinite() || self.im.is_infinite() {
            return Some(f64::INFINITY);
        }
        if self.re.is_nan() || self.im.is_nan() {
            return Some(f64::NAN);
        }
        let result = self.re.hypot(self.im);
        if result.is_finite() { Some(result) } else { None }
    }

    /// `self ** exponent`.
    #[must_use]
    pub fn pow(self, exponent: Self) -> Power {
        if exponent.re == 0.0 && exponent.im == 0.0 {
            return Power::Number(Self::new(1.0, 0.0));
        }
        // Small whole powers by multiplication, which keeps exact results exact.
        if exponent.im == 0.0 && exponent.re == exponent.re.floor() && exponent.re.abs() <= 100.0 {
            #[expect(clippy::cast_possible_truncation, reason = "at most 100")]
            return self.pow_int(exponent.re as i32);
        }
        if self.re == 0.0 && self.im == 0.0 {
            if exponent.im != 0.0 || exponent.re < 0.0 {
                return Power::ZeroDivision;
            }
            return Power::Number(Self::default());
        }
        let magnitude = self.re.hypot(self.im);
        let mut length = magnitude.powf(exponent.re);
        let angle = self.im.atan2(self.re);
        let mut phase = angle * exponent.re;
        if exponent.im != 0.0 {
            length *= (-angle * exponent.im).exp();
            phase += exponent.im * magnitude.ln();
        }
        check_overflow(Self::new(length * phase.cos(), length * phase.sin()))
    }

    fn pow_int(self, exponent: i32) -> Power {
        let mut result = Self::new(1.0, 0.0);
        let mut factor = self;
        let mut left = exponent.unsigned_abs();
        while left > 0 {
            if left & 1 == 1 {
                result = result.times(factor);
            }
            left >>= 1;
            if left > 0 {
                factor = factor.times(factor);
            }
        }
        if exponent >= 0 {
            return check_overflow(result);
        }
        match Self::new(1.0, 0.0).over(result) {
            Some(result) => check_overflow(result),
            None => Power::ZeroDivision,
        }
    }

    /// `repr`: `3j`, `(1+2j)`, `(-0-0j)`.
    #[must_use]
    pub fn repr(self) -> String {
        let im = repr_with(self.im, false);
        if self.re == 0.0 && self.re.is_sign_positive() {
            return format!("{im}j");
        }
        let sign = if im.starts_with('-') { "" } else { "+" };
        format!("({}{sign}{im}j)", repr_with(self.re, false))
    }

    /// The number that ASCII `text` writes: `1`, `2j`, `1+2j`, `-j`, in parentheses or not; without white space around,
    /// without underscores.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let inner = match text.strip_prefix('(') {
            Some(inside) => inside.trim_ascii().strip_suffix(')')?.trim_ascii(),
            None => text,
        };
        let Some((first, rest)) = parse_prefix(inner) else {
            return unit(inner).map(|im| Self::new(0.0, im));
        };
        match rest {
            "" => Some(Self::new(first, 0.0)),
            "j" | "J" => Some(Self::new(0.0, first)),
            _ if rest.starts_with(['+', '-']) => match parse_prefix(rest) {
                Some((im, "j" | "J")) => Some(Self::new(first, im)),
                Some(_) => None,
                None => unit(rest).map(|im| Self::new(first, im)),
            },
            _ => None,
        }
    }
}

fn unit(text: &str) -> Option<f64> {
    match text {
        "j" | "J" | "+j" | "+J" => Some(1.0),
        "-j" | "-J" => Some(-1.0),
        _ => None,
    }
}

fn boxed(x: f64) -> f64 {
    if x.is_infinite() { 1f64 } else { 0f64 }.copysign(x)
}

fn recover_quotient(top: Complex, bottom: Complex) -> Option<Complex> {
    let (a, b, c, d) = (top.re, top.im, bottom.re, bottom.im);
    if (a.is_infinite() || b.is_infinite()) && c.is_finite() && d.is_finite() {
        let (x, y) = (boxed(a), boxed(b));
        return Some(Complex::new(
            f64::INFINITY * (x * c + y * d),
            f64::INFINITY * (y * c - x * d),
        ));
    }
    if (c.is_infinite() || d.is_infinite()) && a.is_finite() && b.is_finite() {
        let (x, y) = (boxed(c), boxed(d));
        return Some(Complex::new(0.0 * (a * x + b * y), 0.0 * (b * x - a * y)));
    }
    None
}

fn check_overflow(result: Complex) -> Power {
    if result.re.is_infinite() || result.im.is_infinite() {
        return Power::Overflow;
    }
    Power::Number(result)
}
