//! Numeric literals.

use base::int::BigInt;
use base::span::Span;

use super::{Builder, Built, fail_at};
use crate::ast::nodes::Constant;

/// CPython's limit on decimal digits of an int literal, unless the program has set another.
pub(crate) const DIGITS_MAX: usize = 4300;

impl Builder<'_> {
    /// The value of the number at a span.
    pub(crate) fn number(&mut self, span: Span) -> Built<Constant> {
        let source = self.source(span);
        let clean;
        let text = if source.contains('_') {
            let token = self.tokens.spans.partition_point(|other| other.start < span.start);
            self.needs(6, "Underscores in numeric literals are", token);
            clean = source.replace('_', "");
            clean.as_str()
        } else {
            source
        };
        match text.as_bytes() {
            [b'0', b'x' | b'X', ..] => Ok(integer(text.get(2..).unwrap_or_default(), 16)),
            [b'0', b'o' | b'O', ..] => Ok(integer(text.get(2..).unwrap_or_default(), 8)),
            [b'0', b'b' | b'B', ..] => Ok(integer(text.get(2..).unwrap_or_default(), 2)),
            [.., b'j' | b'J'] => {
                let digits = text.get(..text.len() - 1).unwrap_or_default();
                Ok(Constant::Complex(0.0, float(digits)))
            }
            bytes if bytes.iter().all(u8::is_ascii_digit) => {
                let digits = text.trim_start_matches('0').len();
                if self.digits_max > 0 && digits > self.digits_max {
                    let message = format!(
                        "Exceeds the limit ({} digits) for integer string conversion: value has \
                         {digits} digits; use sys.set_int_max_str_digits() to increase the limit \
                         - Consider hexadecimal for huge integer literals to avoid decimal \
                         conversion limits.",
                        self.digits_max
                    );
                    return fail_at(message, span);
                }
                Ok(integer(text, 10))
            }
            _ => Ok(Constant::Float(float(text))),
        }
    }
}

fn integer(digits: &str, radix: u32) -> Constant {
    if let Ok(small) = i64::from_str_radix(digits, radix) {
        return Constant::Int(small);
    }
    let big = BigInt::parse(digits, radix).expect("the lexical grammar takes only digits");
    Constant::BigInt(Box::new(big))
}

/// The nearest float: the standard library's parser rounds correctly, and gives infinity beyond the range as CPython does.
fn float(digits: &str) -> f64 {
    digits.parse().expect("the lexical grammar takes only what is a float")
}
