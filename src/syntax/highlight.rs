//! What an editor paints: the classes of the tokens of any text, whole or half typed.
//!
//! Only the lexical grammar is asked, which takes every text, so a line can be painted after each key. Which names are
//! builtins is for the caller to say: here they are [`Class::Name`].

use base::span::Span;
use pest::Parser;

use crate::grammar::lexical::{Lexical, Rule};
use crate::kinds;

/// What a stretch of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// A reserved word that is neither a constant nor an operator.
    Keyword,
    /// `match`, `case`, `type` and `_` where they act as keywords.
    SoftKeyword,
    /// `None`, `True`, `False` and `...`.
    Constant,
    /// `and`, `or`, `not`, `in`, `is`.
    WordOperator,
    /// The name that `def`, `class` or `type` binds.
    Definition,
    /// The `@` and the dotted name of a decorator.
    Decorator,
    /// A name behind a dot.
    Attribute,
    /// Any other name.
    Name,
    /// A number.
    Number,
    /// A string, a bytes literal, or the literal text and the quotes of an f-string.
    String,
    /// The braces, `!` and `:` of a replacement field.
    Field,
    /// A comment.
    Comment,
    /// An operator.
    Operator,
    /// An opening or closing bracket.
    Bracket,
    /// Commas, semicolons, colons and dots.
    Punctuation,
    /// What is no token.
    Error,
}

/// A stretch of text and its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Highlight {
    /// Where it stands, in bytes.
    pub span: Span,
    /// What it is.
    pub class: Class,
}

/// A token before its class is settled.
#[derive(Clone, Copy)]
struct Piece {
    start: usize,
    end: usize,
    /// Its class as far as the token alone tells.
    class: Class,
    /// Its character in the syntax grammar's input; a NEWLINE for a newline outside brackets.
    kind: u8,
}

/// The stretches of `text`, in order, none overlapping; blanks belong to none.
#[must_use]
pub fn highlight(text: &str) -> Vec<Highlight> {
    let mut pieces = Vec::new();
    scan(text, 0, &mut pieces);
    settle(text, &mut pieces);
    pieces
        .iter()
        .filter(|piece| piece.kind != kinds::NEWLINE && piece.start < piece.end)
        .map(|piece| Highlight {
            span: crate::layout::span(piece.start, piece.end),
            class: piece.class,
        })
        .collect()
}

/// The bracket that belongs to the one at byte `position`, for an editor to mark; None if there is no bracket or no partner.
#[must_use]
pub fn partner(text: &str, highlights: &[Highlight], position: usize) -> Option<Span> {
    let byte = |highlight: &Highlight| text.as_bytes().get(highlight.span.start as usize).copied();
    let mut open: Vec<&Highlight> = Vec::new();
    let is_bracket = |highlight: &&Highlight| {
        matches!(byte(highlight), Some(b'(' | b')' | b'[' | b']' | b'{' | b'}'))
            && matches!(highlight.class, Class::Bracket | Class::Field)
    };
    for bracket in highlights.iter().filter(is_bracket) {
        if matches!(byte(bracket), Some(b'(' | b'[' | b'{')) {
            open.push(bracket);
            continue;
        }
        let opening = open.pop()?;
        let matches = matches!(
            (byte(opening), byte(bracket)),
            (Some(b'('), Some(b')')) | (Some(b'['), Some(b']')) | (Some(b'{'), Some(b'}'))
        );
        if opening.span.start as usize == position {
            return matches.then_some(bracket.span);
        }
        if bracket.span.start as usize == position {
            return matches.then_some(opening.span);
        }
    }
    None
}

/// The tokens of `text`, which begins at `base` of the whole.
fn scan(text: &str, base: usize, pieces: &mut Vec<Piece>) {
    let Ok(pairs) = Lexical::parse(Rule::tokens, text) else { return };
    let mut depth = 0_usize;
    for pair in pairs {
        let (rule, span) = (pair.as_rule(), pair.as_span());
        let (start, end) = (span.start(), span.end());
        let (class, kind) = match rule {
            Rule::EOI | Rule::continuation => continue,
            Rule::newline if depth > 0 => continue,
            Rule::newline => (Class::Punctuation, kinds::NEWLINE),
            Rule::comment => (Class::Comment, kinds::NEWLINE + 1),
            Rule::name | Rule::prefix_like_name => word(span.as_str()),
            Rule::number => (Class::Number, kinds::NUMBER),
            Rule::string | Rule::fstart | Rule::fstart_raw => (Class::String, kinds::STRING),
            Rule::fend | Rule::middle | Rule::raw_middle | Rule::spec | Rule::raw_spec => {
                (Class::String, kinds::FSTRING_MIDDLE)
            }
            Rule::lbrace | Rule::rbrace | Rule::colon | Rule::bang => {
                (Class::Field, kinds::of_operator(span.as_str().as_bytes()))
            }
            Rule::error_string => {
                unfinished_string(text, start, base, pieces);
                if is_long(text, start) {
                    return;
                }
                continue;
            }
            Rule::error_number | Rule::error_char => (Class::Error, kinds::ERROR),
            _ => operator(span.as_str()),
        };
        match span.as_str() {
            "(" | "[" | "{" if kind != kinds::STRING => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        pieces.push(Piece { start: base + start, end: base + end, class, kind });
    }
}

fn word(text: &str) -> (Class, u8) {
    let kind = kinds::of_word(text);
    let class = match kind {
        _ if kinds::is_name(kind) => Class::Name,
        kinds::NONE | kinds::TRUE | kinds::FALSE => Class::Constant,
        kinds::AND | kinds::OR | kinds::NOT | kinds::IN | kinds::IS => Class::WordOperator,
        _ => Class::Keyword,
    };
    (class, kind)
}

fn operator(text: &str) -> (Class, u8) {
    let class = match text {
        "(" | ")" | "[" | "]" | "{" | "}" => Class::Bracket,
        "," | ":" | ";" | "." => Class::Punctuation,
        "..." => Class::Constant,
        _ => Class::Operator,
    };
    (class, kinds::of_operator(text.as_bytes()))
}

/// The length of the letters before the quote at `start`.
fn prefix_length(text: &str, start: usize) -> usize {
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count()
}

/// Whether the literal at `start` opens with three quotes.
fn is_long(text: &str, start: usize) -> bool {
    let at = start + prefix_length(text, start);
    let rest = text.get(at..).unwrap_or_default();
    rest.starts_with("\"\"\"") || rest.starts_with("'''")
}

/// A literal without its end: what is typed so far is shown as if the closing quote came next.
fn unfinished_string(text: &str, start: usize, base: usize, pieces: &mut Vec<Piece>) {
    let long = is_long(text, start);
    let rest = text.get(start..).unwrap_or_default();
    let open = if long { rest } else { rest.lines().next().unwrap_or_default() };
    let prefix = prefix_length(text, start);
    let letters = rest.get(..prefix).unwrap_or_default();
    let formatted = letters.contains(['f', 'F', 't', 'T']);
    let quote_length = if long { 3 } else { 1 };
    if formatted && let Some(quote) = rest.get(prefix..prefix + quote_length) {
        // A backslash at the end would take the quote for its own.
        let body = open.strip_suffix('\\').unwrap_or(open);
        let closed = format!("{body}{quote}");
        let mut inner = Vec::new();
        // With the quote it is whole, or else it is wrong in another way and stays one piece.
        let whole = Lexical::parse(Rule::tokens, &closed)
            .is_ok_and(|mut pairs| pairs.all(|pair| pair.as_rule() != Rule::error_string));
        if whole {
            scan(&closed, base + start, &mut inner);
            let end = base + start + open.len();
            for piece in inner.iter_mut().filter(|piece| piece.start < end) {
                piece.end = piece.end.min(end);
                pieces.push(*piece);
            }
            return;
        }
    }
    let (start, end) = (base + start, base + start + open.len());
    pieces.push(Piece { start, end, class: Class::String, kind: kinds::STRING });
}

/// Settles what depends on the tokens around: soft keywords, definitions, attributes, decorators.
fn settle(text: &str, pieces: &mut [Piece]) {
    let mut line_start = true;
    for index in 0..pieces.len() {
        let Piece { kind, start, end, .. } = pieces[index];
        let before = index.checked_sub(1).map(|before| pieces[before]);
        match kind {
            kinds::NEWLINE => {
                line_start = true;
                continue;
            }
            b'@' if line_start => decorator(pieces, index),
            _ if !kinds::is_name(kind) => {}
            _ if pieces[index].class == Class::Decorator => {}
            _ => match before.map(|before| before.kind) {
                Some(b'.') => pieces[index].class = Class::Attribute,
                // `def`, `class`
                Some(b'B' | b'C') => pieces[index].class = Class::Definition,
                _ if line_start && is_soft_keyword(text.get(start..end), &pieces[index..]) => {
                    pieces[index].class = Class::SoftKeyword;
                    if kind == b'd' {
                        pieces[index + 1].class = Class::Definition;
                    }
                }
                // `case _:`
                _ if kind == kinds::UNDERSCORE
                    && before.is_some_and(|before| before.class == Class::SoftKeyword)
                    && pieces.get(index + 1).is_some_and(|next| next.kind == b':') =>
                {
                    pieces[index].class = Class::SoftKeyword;
                }
                _ => {}
            },
        }
        line_start = kind == b';' || (line_start && kind == kinds::NEWLINE + 1);
    }
}

fn decorator(pieces: &mut [Piece], at: usize) {
    pieces[at].class = Class::Decorator;
    for piece in pieces.iter_mut().skip(at + 1) {
        if !kinds::is_name(piece.kind) && piece.kind != b'.' {
            break;
        }
        piece.class = Class::Decorator;
    }
}

/// Whether the first of `pieces`, which begins a statement, acts as a keyword.
fn is_soft_keyword(word: Option<&str>, pieces: &[Piece]) -> bool {
    let Some(next) = pieces.get(1) else { return false };
    let kind = next.kind;
    match word {
        Some("type") => kinds::is_name(kind),
        Some("match" | "case") => match kind {
            kinds::NUMBER | kinds::STRING | b'{' | b'~' | kinds::ELLIPSIS => true,
            kinds::NONE | kinds::TRUE | kinds::FALSE => true,
            kinds::AWAIT | kinds::LAMBDA | kinds::NOT => word == Some("match"),
            // `match (x)` may be a call and `match -x` a difference: the colon tells.
            b'(' | b'[' | b'-' | b'*' | b'+' => opens_block(pieces),
            _ => kinds::is_name(kind),
        },
        _ => false,
    }
}

/// Whether a colon stands outside the brackets of the line.
fn opens_block(pieces: &[Piece]) -> bool {
    let mut depth = 0_usize;
    for piece in pieces {
        match piece.kind {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => return true,
            b'=' | kinds::AUGASSIGN | b';' if depth == 0 => return false,
            kinds::NEWLINE => return false,
            _ => {}
        }
    }
    false
}
