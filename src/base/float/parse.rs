//! `float(text)`: what Python accepts as a float's text.

/// The number that ASCII `text` writes, without white space and underscores around or in it: what `float()` and source
/// literals accept. None for anything else.
#[must_use]
pub fn parse(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let number = match unsigned.bytes().next()? {
        b'0'..=b'9' | b'.' => {
            if decimal_length(unsigned) != unsigned.len() {
                return None;
            }
            unsigned.parse::<f64>().ok()?
        }
        _ if unsigned.eq_ignore_ascii_case("inf") || unsigned.eq_ignore_ascii_case("infinity") => {
            f64::INFINITY
        }
        _ if unsigned.eq_ignore_ascii_case("nan") => f64::NAN,
        _ => return None,
    };
    Some(if text.starts_with('-') { -number } else { number })
}

/// The number that ASCII `text` writes, white space around it and underscores between digits allowed: what `float()` takes.
#[must_use]
pub fn parse_loose(text: &str) -> Option<f64> {
    let text = trim(text);
    if text.contains('_') { parse(&without_underscores(text)?) } else { parse(text) }
}

/// `text` without the white space around it.
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c| matches!(c, ' ' | '\t'..='\r'))
}

/// The number at the beginning of `text` and what follows it; for texts in which more than one number stands.
#[must_use]
pub fn parse_prefix(text: &str) -> Option<(f64, &str)> {
    let sign_length = usize::from(text.starts_with(['+', '-']));
    let unsigned = text.get(sign_length..)?;
    let length = match unsigned.bytes().next()? {
        b'0'..=b'9' | b'.' => decimal_length(unsigned),
        _ => ["infinity", "inf", "nan"]
            .iter()
            .find(|name| {
                unsigned.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
            })?
            .len(),
    };
    if length == 0 {
        return None;
    }
    let (number, rest) = text.split_at_checked(sign_length + length)?;
    Some((parse(number)?, rest))
}

/// The length of the decimal number at the beginning of `text`: 0 when there is none.
fn decimal_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        bytes.get(from..).unwrap_or(&[]).iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let whole = digits(0);
    let mut end = whole;
    let mut fraction = 0;
    if bytes.get(end) == Some(&b'.') {
        fraction = digits(end + 1);
        end += 1 + fraction;
    }
    if whole + fraction == 0 {
        return 0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + signed);
        if exponent > 0 {
            end += 1 + signed + exponent;
        }
    }
    end
}

/// `text` without underscores, each of which stands between two digits. None when one does not.
#[must_use]
pub fn without_underscores(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut previous = '\0';
    for c in text.chars() {
        if c == '_' {
            if !previous.is_ascii_digit() {
                return None;
            }
        } else {
            if previous == '_' && !c.is_ascii_digit() {
                return None;
            }
            out.push(c);
        }
        previous = c;
    }
    if previous == '_' { None } else { Some(out) }
}
