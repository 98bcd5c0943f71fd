//! Reading ISO 8601 text.

use super::calendar::{Civil, iso_to_ymd};

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Its form.
    Form,
    /// Hour 24 is midnight only.
    Hour24,
}

/// The zone of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    None,
    Utc,
    /// Microseconds east of UTC.
    Offset(i128),
    /// Its parts are out of range: the message is that of a wrong time.
    Wrong([i64; 4]),
}

/// `count` ASCII digits.
fn digits(text: &[u8], at: usize, count: usize) -> Result<i64, Wrong> {
    let digits = text.get(at..at + count).ok_or(Wrong::Form)?;
    let mut number = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return Err(Wrong::Form);
        }
        number = number * 10 + i64::from(digit - b'0');
    }
    Ok(number)
}

/// A date: `YYYY-MM-DD`, `YYYYMMDD`, `YYYY-Www[-D]`, `YYYYWww[D]`. The numbers are not checked but those of a week.
pub(super) fn date(text: &[u8]) -> Result<Civil, Wrong> {
    let year = digits(text, 0, 4)?;
    let has_separator = text.get(4) == Some(&b'-');
    let separator = usize::from(has_separator);
    let at = 4 + separator;
    if text.get(at) == Some(&b'W') {
        let week = digits(text, at + 1, 2)?;
        let at = at + 3;
        let day = if at < text.len() {
            if (text.get(at) == Some(&b'-')) != has_separator || at + separator + 1 != text.len() {
                return Err(Wrong::Form);
            }
            digits(text, at + separator, 1)?
        } else {
            1
        };
        let (year, month, day) = iso_to_ymd(year, week, day).map_err(|_| Wrong::Form)?;
        return Ok(Civil::of_date(year, month, day));
    }
    let month = digits(text, at, 2)?;
    let at = at + 2;
    if (text.get(at) == Some(&b'-')) != has_separator {
        return Err(Wrong::Form);
    }
    let day = digits(text, at + separator, 2)?;
    if at + separator + 2 != text.len() {
        return Err(Wrong::Form);
    }
    Ok(Civil::of_date(year, month, day))
}

/// `HH[:MM[:SS[.ffffff]]]`, with or without colons.
fn clock(text: &[u8]) -> Result<[i64; 4], Wrong> {
    let mut parts = [0; 4];
    let mut at = 0;
    let mut has_separator = false;
    for (index, part) in parts.iter_mut().take(3).enumerate() {
        *part = digits(text, at, 2)?;
        at += 2;
        let next = text.get(at);
        if index == 0 {
            has_separator = next == Some(&b':');
        }
        let Some(&next) = next else { return Ok(parts) };
        if index == 2 {
            break;
        }
        if has_separator && next != b':' {
            return Err(Wrong::Form);
        }
        at += usize::from(has_separator);
    }
    match text.get(at) {
        Some(b'.' | b',') => {}
        _ => return Err(Wrong::Form),
    }
    let fraction = text.get(at + 1..).unwrap_or_default();
    if fraction.is_empty() || !fraction.iter().all(u8::is_ascii_digit) {
        return Err(Wrong::Form);
    }
    for place in 0..6 {
        parts[3] = parts[3] * 10 + fraction.get(place).map_or(0, |digit| i64::from(digit - b'0'));
    }
    Ok(parts)
}

/// A time with its zone; the flag says that it was hour 24, midnight of the next day.
pub(super) fn time(text: &[u8]) -> Result<(Civil, Zone, bool), Wrong> {
    let zone_at = text.iter().position(|byte| matches!(byte, b'+' | b'-' | b'Z'));
    let own = text.get(..zone_at.unwrap_or(text.len())).unwrap_or_default();
    let [mut hour, minute, second, micro] = clock(own)?;
    let mut next_day = false;
    let zone = match zone_at {
        None => Zone::None,
        Some(at) => zone(text.get(at).copied(), text.get(at + 1..).unwrap_or_default())?,
    };
    if hour == 24 {
        if (minute, second, micro) != (0, 0, 0) {
            return Err(Wrong::Hour24);
        }
        hour = 0;
        next_day = true;
    }
    Ok((Civil::of_time(hour, minute, second, micro), zone, next_day))
}

fn zone(sign: Option<u8>, text: &[u8]) -> Result<Zone, Wrong> {
    if sign == Some(b'Z') {
        return if text.is_empty() { Ok(Zone::Utc) } else { Err(Wrong::Form) };
    }
    let parts = clock(text)?;
    let [hour, minute, second, micro] = parts;
    if parts == [0; 4] {
        return Ok(Zone::Utc);
    }
    if hour > 23 || minute > 59 || second > 59 {
        return Ok(Zone::Wrong(parts));
    }
    let micros = i128::from(hour * 3600 + minute * 60 + second) * 1_000_000 + i128::from(micro);
    Ok(Zone::Offset(if sign == Some(b'-') { -micros } else { micros }))
}

/// Where the separator between date and time is.
pub(super) fn separator(text: &[u8]) -> Result<usize, Wrong> {
    if text.len() < 7 {
        return Err(Wrong::Form);
    }
    if text.len() == 7 {
        return Ok(7);
    }
    if text.get(4) == Some(&b'-') {
        if text.get(5) != Some(&b'W') {
            return Ok(10);
        }
        if text.get(8) == Some(&b'-') {
            if text.len() == 9 {
                return Err(Wrong::Form);
            }
            // `YYYY-Www-##`: the separator is a hyphen at 8, or a digit at 10; a hyphen is more likely.
            return Ok(if text.get(10).is_some_and(u8::is_ascii_digit) { 8 } else { 10 });
        }
        return Ok(8);
    }
    if text.get(4) != Some(&b'W') {
        return Ok(8);
    }
    let end = text.iter().skip(7).position(|byte| !byte.is_ascii_digit());
    let end = end.map_or(text.len(), |after| after + 7);
    if end < 9 {
        return Ok(end);
    }
    Ok(if end.is_multiple_of(2) { 7 } else { 8 })
}
