//! Where XML tokens end: names, references, literals, comments, over bytes that are valid UTF-8.

use super::engine::code;

/// Why a token has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The input ends inside the token.
    Partial,
    /// An error with its code, and where.
    Error(u8, usize),
}

/// What a scan gives.
pub(super) type Scan<T> = Result<T, Stop>;

/// The token is malformed at `at`.
pub(super) const fn invalid<T>(at: usize) -> Scan<T> {
    Err(Stop::Error(code::INVALID_TOKEN, at))
}

/// White space in XML.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The character at `at`.
fn char_at(text: &[u8], at: usize) -> Option<char> {
    let bytes = text.get(at..)?;
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some(char::from(first));
    }
    let length = match first {
        0xf0.. => 4,
        0xe0.. => 3,
        _ => 2,
    };
    std::str::from_utf8(bytes.get(..length)?).ok()?.chars().next()
}

/// Whether a name can begin with a character.
pub(super) fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | 'a'..='z' | '_' | ':' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}')
}

/// Whether a name can go on with a character.
fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '0'..='9' | '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// Whether a document can hold a character.
pub(super) const fn is_char(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// The end of the name characters at `at`; the input goes on behind them.
pub(super) fn name_chars(text: &[u8], mut at: usize) -> Scan<usize> {
    while let Some(&byte) = text.get(at) {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'-' | b'.') {
            at += 1;
            continue;
        }
        match char_at(text, at) {
            Some(c) if byte >= 0x80 && is_name_char(c) => at += c.len_utf8(),
            _ => return Ok(at),
        }
    }
    Err(Stop::Partial)
}

/// The end of the name at `at`.
pub(super) fn name(text: &[u8], at: usize) -> Scan<usize> {
    match char_at(text, at) {
        None => Err(Stop::Partial),
        Some(c) if is_name_start(c) => name_chars(text, at + c.len_utf8()),
        Some(_) => invalid(at),
    }
}

/// Whether white space begins at `at`; the place behind it, where the input goes on.
pub(super) fn spaces(text: &[u8], at: usize) -> Scan<usize> {
    match text.get(at..).unwrap_or_default().iter().position(|&byte| !is_space(byte)) {
        Some(length) => Ok(at + length),
        None => Err(Stop::Partial),
    }
}

/// Checks the characters of `text[from..to]`.
pub(super) fn check_chars(text: &[u8], from: usize, to: usize) -> Scan<()> {
    match first_bad(text.get(from..to).unwrap_or_default()) {
        Some(place) => invalid(from + place),
        None => Ok(()),
    }
}

/// Where the first character is that no document can hold.
pub(super) fn first_bad(text: &[u8]) -> Option<usize> {
    text.iter().enumerate().position(|(place, &byte)| match byte {
        b'\t' | b'\n' | b'\r' => false,
        0..0x20 => true,
        0xef => matches!(text.get(place + 1..place + 3), Some([0xbf, 0xbe | 0xbf])),
        _ => false,
    })
}

/// The place of `end` at or behind `at`, with the characters up to it checked.
fn find(text: &[u8], at: usize, end: &[u8]) -> Scan<usize> {
    let rest = text.get(at..).unwrap_or_default();
    match memchr::memmem::find(rest, end) {
        Some(place) => check_chars(text, at, at + place).map(|()| at + place),
        None => check_chars(text, at, text.len()).and(Err(Stop::Partial)),
    }
}

/// A comment whose `<!--` ends at `at`: where its text ends. `--` is only at its end.
pub(super) fn comment(text: &[u8], at: usize) -> Scan<usize> {
    let end = find(text, at, b"--")?;
    match text.get(end + 2) {
        None => Err(Stop::Partial),
        Some(b'>') => Ok(end),
        Some(_) => invalid(end + 2),
    }
}

/// Where a part of a token begins and ends.
pub(super) type Part = (usize, usize);

/// A processing instruction whose `<?` ends at `at`: target, data, end.
pub(super) fn instruction(text: &[u8], at: usize) -> Scan<(Part, Part, usize)> {
    let target = name(text, at)?;
    let next = spaces(text, target)?;
    if next == target {
        return match text.get(target..) {
            Some([b'?', b'>', ..]) => Ok(((at, target), (target, target), target + 2)),
            Some([b'?']) => Err(Stop::Partial),
            Some([b'?', ..]) => invalid(target + 1),
            _ => invalid(target),
        };
    }
    let end = find(text, next, b"?>")?;
    Ok(((at, target), (next, end), end + 2))
}

/// A reference.
pub(super) enum Reference {
    /// `&#65;`
    Char(char),
    /// `&name;`: the name.
    Entity(usize, usize),
}

/// The reference whose `&` is at `at`, and its end.
pub(super) fn reference(text: &[u8], at: usize) -> Scan<(Reference, usize)> {
    if text.get(at + 1) != Some(&b'#') {
        let end = name(text, at + 1)?;
        return match text.get(end) {
            Some(b';') => Ok((Reference::Entity(at + 1, end), end + 1)),
            _ => invalid(end),
        };
    }
    let (radix, start) = match text.get(at + 2) {
        Some(b'x') => (16, at + 3),
        _ => (10, at + 2),
    };
    let mut number: u32 = 0;
    let mut place = start;
    loop {
        let Some(&byte) = text.get(place) else { return Err(Stop::Partial) };
        match char::from(byte).to_digit(radix) {
            Some(digit) => {
                number = number.saturating_mul(radix).saturating_add(digit).min(0x11_0000);
            }
            None if byte == b';' && place > start => break,
            None => return invalid(place),
        }
        place += 1;
    }
    match char::from_u32(number).filter(|&c| is_char(c)) {
        Some(c) => Ok((Reference::Char(c), place + 1)),
        None => Err(Stop::Error(code::BAD_CHAR_REF, at)),
    }
}

/// An attribute in a start tag: name and value as places.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawAttribute {
    /// Where the name is.
    pub name: (usize, usize),
    /// Where the value is, without its quotes.
    pub value: (usize, usize),
}

/// A start tag.
pub(super) struct StartTag {
    /// Where its name is.
    pub name: (usize, usize),
    /// Its attributes.
    pub attributes: Vec<RawAttribute>,
    /// Whether it ends in `/>`.
    pub is_empty: bool,
    /// Where it ends.
    pub end: usize,
}

/// A value between quotes at `at`: where it is; the reference syntax is checked, `<` cannot be in it.
fn attribute_value(text: &[u8], at: usize) -> Scan<(usize, usize)> {
    let quote = match text.get(at) {
        None => return Err(Stop::Partial),
        Some(&quote @ (b'"' | b'\'')) => quote,
        Some(_) => return invalid(at),
    };
    let mut place = at + 1;
    loop {
        match text.get(place) {
            None => return Err(Stop::Partial),
            Some(&byte) if byte == quote => return Ok((at + 1, place)),
            Some(b'<') => return invalid(place),
            Some(b'&') => match reference(text, place) {
                Ok((_, end)) => place = end,
                Err(stop) => return Err(stop),
            },
            Some(b'\t' | b'\n' | b'\r') => place += 1,
            Some(0..0x20) => return invalid(place),
            Some(0xef) => {
                check_chars(text, place, (place + 3).min(text.len()))?;
                place += 1;
            }
            Some(_) => place += 1,
        }
    }
}

/// The start tag whose `<` is at `at`.
pub(super) fn start_tag(text: &[u8], at: usize) -> Scan<StartTag> {
    let name_end = name(text, at + 1)?;
    let mut tag =
        StartTag { name: (at + 1, name_end), attributes: Vec::new(), is_empty: false, end: 0 };
    let mut place = name_end;
    loop {
        let next = spaces(text, place)?;
        match text.get(next) {
            None => return Err(Stop::Partial),
            Some(b'>') => {
                tag.end = next + 1;
                return Ok(tag);
            }
            Some(b'/') => {
                return match text.get(next + 1) {
                    None => Err(Stop::Partial),
                    Some(b'>') => {
                        tag.is_empty = true;
                        tag.end = next + 2;
                        Ok(tag)
                    }
                    Some(_) => invalid(next + 1),
                };
            }
            Some(_) if next == place => return invalid(next),
            Some(_) => {}
        }
        let end = name(text, next)?;
        let equals = spaces(text, end)?;
        if text.get(equals) != Some(&b'=') {
            return invalid(equals);
        }
        let quote = spaces(text, equals + 1)?;
        let value = attribute_value(text, quote)?;
        tag.attributes.push(RawAttribute { name: (next, end), value });
        place = value.1 + 1;
        if place >= text.len() {
            return Err(Stop::Partial);
        }
    }
}

/// The end tag whose `</` is at `at`: its name and its end.
pub(super) fn end_tag(text: &[u8], at: usize) -> Scan<((usize, usize), usize)> {
    let name_end = name(text, at + 2)?;
    let end = spaces(text, name_end)?;
    match text.get(end) {
        Some(b'>') => Ok(((at + 2, name_end), end + 1)),
        _ => invalid(end),
    }
}

/// Whether `text` at `at` begins with `expected`, which must be there in full or in part.
pub(super) fn expect(text: &[u8], at: usize, expected: &[u8]) -> Scan<usize> {
    for (nth, &byte) in expected.iter().enumerate() {
        match text.get(at + nth) {
            None => return Err(Stop::Partial),
            Some(&found) if found == byte => {}
            Some(_) => return invalid(at + nth),
        }
    }
    Ok(at + expected.len())
}

/// The `>` that ends the declaration at `at`, outside quotes and comments' dashes.
pub(super) fn declaration(text: &[u8], at: usize) -> Scan<usize> {
    let mut place = at;
    let mut quote = None;
    while let Some(&byte) = text.get(place) {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return check_chars(text, at, place).map(|()| place),
            (None, b'<') if place > at => return invalid(place),
            (None, _) => {}
        }
        place += 1;
    }
    check_chars(text, at, text.len()).and(Err(Stop::Partial))
}
