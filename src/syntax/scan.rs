//! Text to tokens, quickly: the lexical grammar's plain tokens by hand, everything else by the grammar itself.
//!
//! The grammar in `grammar/lexical.pest` says what a token is. Names, operators, numbers and plain strings are nearly all of a
//! source and need no backtracking, so they are read here byte by byte; f-strings go to the grammar. The suite holds both
//! against each other.

use pest::Parser;

use crate::grammar::lexical::{Lexical, Rule};

/// What takes the tokens, in order; an error ends the scan.
pub(crate) trait Sink {
    /// Why no more tokens are wanted.
    type Error;

    /// One token.
    fn token(&mut self, rule: Rule, start: usize, end: usize) -> Result<(), Self::Error>;
}

/// Gives all tokens of `text` to `sink`.
pub(crate) fn scan<S: Sink>(text: &str, sink: &mut S) -> Result<(), S::Error> {
    let scanner = Scanner { text, bytes: text.as_bytes() };
    let mut at = 0;
    while let Some(&byte) = scanner.bytes.get(at) {
        let (rule, end) = match byte {
            b' ' | b'\t' | b'\x0c' => {
                at += 1;
                continue;
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let end = scanner.word_end(at + 1);
                if matches!(scanner.byte(end), b'"' | b'\'') {
                    match scanner.before_quote(at, end) {
                        Some(token) => token,
                        None => {
                            at = scanner.formatted(at, end, sink)?;
                            continue;
                        }
                    }
                } else {
                    (Rule::name, end)
                }
            }
            b'\n' => (Rule::newline, at + 1),
            b'0'..=b'9' => scanner.number(at),
            b'.' if scanner.byte(at + 1).is_ascii_digit() => scanner.number(at),
            b'"' | b'\'' => scanner.string(at),
            b'#' => (Rule::comment, scanner.line_end(at)),
            b'\\' if scanner.byte(at + 1) == b'\n' && at + 1 < text.len() => {
                (Rule::continuation, at + 2)
            }
            b'\\' if at + 1 == text.len() => (Rule::continuation, at + 1),
            0..=0x7f => match scanner.operator_length(at) {
                0 => (Rule::error_char, at + 1),
                length => (Rule::op, at + length),
            },
            _ => scanner.beyond_ascii(at),
        };
        sink.token(rule, at, end)?;
        at = end;
    }
    Ok(())
}

/// How much text the grammar gets for an f-string at first.
const FIRST_PART: usize = 160;

struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
}

impl Scanner<'_> {
    #[inline]
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn starts_with(&self, at: usize, prefix: &[u8]) -> bool {
        self.bytes.get(at..).is_some_and(|rest| rest.starts_with(prefix))
    }

    fn line_end(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        rest.iter().position(|&byte| byte == b'\n').map_or(self.bytes.len(), |end| at + end)
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    /// Where the word ends whose first character stands before `at`.
    #[inline]
    fn word_end(&self, mut at: usize) -> usize {
        loop {
            match self.byte(at) {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => at += 1,
                0..=0x7f => return at,
                _ => match self.char_at(at) {
                    Some(c) if pest::unicode::XID_CONTINUE(c) => at += c.len_utf8(),
                    _ => return at,
                },
            }
        }
    }

    fn beyond_ascii(&self, at: usize) -> (Rule, usize) {
        let Some(c) = self.char_at(at) else { return (Rule::error_char, at + 1) };
        if !pest::unicode::XID_START(c) {
            return (Rule::error_char, at + c.len_utf8());
        }
        let end = self.word_end(at + c.len_utf8());
        let touches = matches!(self.byte(end), b'"' | b'\'');
        (if touches { Rule::prefix_like_name } else { Rule::name }, end)
    }

    /// The token of a word before a quote; None for an f-string or t-string.
    fn before_quote(&self, start: usize, end: usize) -> Option<(Rule, usize)> {
        let word = self.bytes.get(start..end).unwrap_or_default();
        let is_string = match word {
            [one] => match one.to_ascii_lowercase() {
                b'r' | b'b' | b'u' => true,
                b'f' | b't' => false,
                _ => return Some((Rule::prefix_like_name, end)),
            },
            [one, two] => match (one.to_ascii_lowercase(), two.to_ascii_lowercase()) {
                (b'r', b'b') | (b'b', b'r') => true,
                (b'r', b'f' | b't') | (b'f' | b't', b'r') => false,
                _ => return Some((Rule::prefix_like_name, end)),
            },
            _ => return Some((Rule::prefix_like_name, end)),
        };
        is_string.then(|| self.string(end))
    }

    /// A string whose quote stands at `quote`.
    fn string(&self, quote: usize) -> (Rule, usize) {
        let mark = self.byte(quote);
        let long = self.byte(quote + 1) == mark && self.byte(quote + 2) == mark;
        let mut at = quote + if long { 3 } else { 1 };
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let found = if long {
                memchr::memchr2(mark, b'\\', rest)
            } else {
                memchr::memchr3(mark, b'\\', b'\n', rest)
            };
            let Some(skipped) = found else { break };
            at += skipped;
            match self.byte(at) {
                b'\\' => match self.char_at(at + 1) {
                    Some(c) => at += 1 + c.len_utf8(),
                    None => break,
                },
                b'\n' => break,
                _ if !long => return (Rule::string, at + 1),
                _ if self.byte(at + 1) == mark && self.byte(at + 2) == mark => {
                    return (Rule::string, at + 3);
                }
                _ => at += 1,
            }
        }
        (Rule::error_string, self.line_end(quote + 1))
    }

    /// An f-string or t-string, by the grammar: on as much text as it needs, since each run looks over its whole input.
    fn formatted<S: Sink>(
        &self,
        start: usize,
        quote: usize,
        sink: &mut S,
    ) -> Result<usize, S::Error> {
        let mut size = FIRST_PART;
        loop {
            let mut end = self.bytes.len().min(quote + size);
            while !self.text.is_char_boundary(end) {
                end += 1;
            }
            let whole = end >= self.bytes.len();
            let part = self.text.get(start..end).unwrap_or_default();
            if let Ok(pairs) = Lexical::parse(Rule::fstring, part) {
                // A closing quote of no length is the grammar's way out where the part ends.
                let mut open = 0_i32;
                for pair in pairs.clone() {
                    match pair.as_rule() {
                        Rule::fstart | Rule::fstart_raw => open += 1,
                        Rule::fend if !pair.as_str().is_empty() => open -= 1,
                        _ => {}
                    }
                }
                if whole || open == 0 {
                    let mut last = start;
                    for pair in pairs {
                        let span = pair.as_span();
                        last = start + span.end();
                        sink.token(pair.as_rule(), start + span.start(), last)?;
                    }
                    return Ok(last);
                }
            } else if whole {
                let end = self.line_end(quote + 1);
                sink.token(Rule::error_string, start, end)?;
                return Ok(end);
            }
            size *= 4;
        }
    }

    /// The length of the operator at `at`, or 0.
    #[inline]
    fn operator_length(&self, at: usize) -> usize {
        let next = self.byte(at + 1);
        let equal = |at: usize| usize::from(self.byte(at) == b'=');
        match self.byte(at) {
            b'(' | b')' | b',' | b'[' | b']' | b'{' | b'}' | b';' | b'~' => 1,
            b'.' if next == b'.' && self.byte(at + 2) == b'.' => 3,
            b'.' => 1,
            b'-' if next == b'>' => 2,
            b'*' if next == b'*' => 2 + equal(at + 2),
            b'/' if next == b'/' => 2 + equal(at + 2),
            b'<' if next == b'<' => 2 + equal(at + 2),
            b'>' if next == b'>' => 2 + equal(at + 2),
            b'<' if next == b'>' => 2,
            b'=' | b':' | b'-' | b'+' | b'*' | b'/' | b'%' | b'<' | b'>' | b'!' | b'|' | b'@'
            | b'&' | b'^' => 1 + equal(at + 1),
            _ => 0,
        }
    }

    fn number(&self, start: usize) -> (Rule, usize) {
        match self.number_end(start).filter(|&end| self.ends_number(end)) {
            Some(end) => (Rule::number, end),
            None => {
                let mut end = start + 1;
                while matches!(self.byte(end), b'.' | b'_')
                    || self.byte(end).is_ascii_alphanumeric()
                {
                    end += 1;
                }
                (Rule::error_number, end)
            }
        }
    }

    /// `1if x` is legal, `1abc` is not.
    fn ends_number(&self, at: usize) -> bool {
        let byte = self.byte(at);
        if byte != b'_' && !byte.is_ascii_alphanumeric() {
            return true;
        }
        let words: [&[u8]; 8] = [b"and", b"else", b"for", b"if", b"in", b"is", b"not", b"or"];
        let is_word = |end: usize| {
            let byte = self.byte(end);
            byte == b'_' || !byte.is_ascii() || byte.is_ascii_alphanumeric()
        };
        words.iter().any(|&word| {
            let open = matches!(word, b"if" | b"in" | b"is");
            self.starts_with(at, word) && (open || !is_word(at + word.len()))
        })
    }

    /// Digits with single underscores between them.
    fn digits(&self, mut at: usize, is_digit: fn(&u8) -> bool) -> Option<usize> {
        if !is_digit(&self.byte(at)) {
            return None;
        }
        at += 1;
        loop {
            if is_digit(&self.byte(at)) {
                at += 1;
            } else if self.byte(at) == b'_' && is_digit(&self.byte(at + 1)) {
                at += 2;
            } else {
                return Some(at);
            }
        }
    }

    fn number_end(&self, start: usize) -> Option<usize> {
        if self.byte(start) == b'0'
            && matches!(self.byte(start + 1), b'x' | b'X' | b'o' | b'O' | b'b' | b'B')
        {
            return self.radix(start);
        }
        let imaginary = |end: usize| end + usize::from(matches!(self.byte(end), b'j' | b'J'));
        let whole = self.digits(start, u8::is_ascii_digit);
        let fraction = match whole {
            Some(end) if self.byte(end) == b'.' => {
                Some(self.digits(end + 1, u8::is_ascii_digit).unwrap_or(end + 1))
            }
            Some(_) => None,
            None => Some(self.digits(start + 1, u8::is_ascii_digit)?),
        };
        if let Some(end) = fraction {
            return Some(imaginary(self.exponent(end).unwrap_or(end)));
        }
        let end = whole?;
        if let Some(end) = self.exponent(end) {
            return Some(imaginary(end));
        }
        let zeros = self.bytes.get(start..end).unwrap_or_default();
        let plain = self.byte(start) != b'0' || zeros.iter().all(|&b| matches!(b, b'0' | b'_'));
        (plain || matches!(self.byte(end), b'j' | b'J')).then(|| imaginary(end))
    }

    fn radix(&self, start: usize) -> Option<usize> {
        let is_digit: fn(&u8) -> bool = match self.byte(start + 1) {
            b'x' | b'X' => u8::is_ascii_hexdigit,
            b'o' | b'O' => |byte| (b'0'..=b'7').contains(byte),
            b'b' | b'B' => |byte| matches!(byte, b'0' | b'1'),
            _ => return None,
        };
        let first = start + 2 + usize::from(self.byte(start + 2) == b'_');
        let end = self.digits(first, is_digit)?;
        (!self.byte(end).is_ascii_digit()).then_some(end)
    }

    fn exponent(&self, at: usize) -> Option<usize> {
        if !matches!(self.byte(at), b'e' | b'E') {
            return None;
        }
        let sign = usize::from(matches!(self.byte(at + 1), b'+' | b'-'));
        self.digits(at + 1 + sign, u8::is_ascii_digit)
    }
}

/// Both readings of a text, token by token, for the suite: what is read here, and what the grammar says.
#[must_use]
pub fn both_readings(text: &str) -> (Vec<String>, Vec<String>) {
    /// Keeps what it is given.
    struct Listed(Vec<String>);
    impl Sink for Listed {
        type Error = std::convert::Infallible;

        fn token(&mut self, rule: Rule, start: usize, end: usize) -> Result<(), Self::Error> {
            self.0.push(format!("{rule:?} {start}-{end}"));
            Ok(())
        }
    }
    let mut scanned = Listed(Vec::new());
    // A sink that takes everything never stops the scan.
    let _ = scan(text, &mut scanned);
    let grammar = Lexical::parse(Rule::tokens, text).into_iter().flatten();
    let grammar = grammar.filter(|pair| pair.as_rule() != Rule::EOI).map(|pair| {
        let span = pair.as_span();
        format!("{:?} {}-{}", pair.as_rule(), span.start(), span.end())
    });
    (scanned.0, grammar.collect())
}
