//! Pieces of programs with a fault put into them: what CPython's `compile()` said of each, message and place, is stored beside
//! it. Then each is changed further, at random but always the same way: whatever comes out, parser and compiler answer it.

use std::sync::Arc;

use base::span::LineIndex;
use base::wstr::WString;
use compiler::options::Options;
use syntax::error::{ErrorKind, Place, Stage, SyntaxError};
use syntax::{Mode, ParseOptions};

/// How often each piece is changed.
const CHANGES: usize = 3;

const LIST: &str = include_str!("cases/mutants.txt");

/// What a change puts in.
const PIECES: [&str; 48] = [
    "(", ")", "[", "]", "{", "}", ",", ":", ";", ".", "=", ":=", "->", "*", "**", "@", "\\", "'",
    "\"", "'''", "f'{", "t'", "\n", "\n    ", "\t", " ", "#", "if ", "else", "for ", "in ",
    "lambda", "def f", "class", "await ", "async ", "match x", "case ", "not ", "is ", "0x", "1_",
    "1e", "\u{e9}", "\u{20ac}", "!", "$", "print ",
];

fn compile(text: &str, mode: Mode) -> Result<(), SyntaxError> {
    let options = Options {
        filename: Arc::new(WString::from("<f>")),
        optimize: 0,
        future_flags: 0,
        top_level_await: false,
    };
    let parsed = syntax::parse(text, mode, &ParseOptions::default())?;
    compiler::compile(&parsed, &options).map(|_| ())
}

/// The answer as the list has it: `ok`, or kind, places and message.
fn answer(text: &str, mode: Mode) -> String {
    let Err(error) = compile(text, mode) else { return "ok".to_owned() };
    let kind = match error.kind {
        ErrorKind::Indentation => "IndentationError",
        ErrorKind::Tab => "TabError",
        _ => "SyntaxError",
    };
    let lines = LineIndex::new(text);
    let (line, offset, end_line, end_offset) = match error.place {
        Place::None => return format!("{kind}|None|None|None|None|{}", error.message),
        Place::Exact { line, offset, end_line, end_offset } => (line, offset, end_line, end_offset),
        Place::Span(span) => {
            let at = |position: u32| {
                let (line, column) = lines.line_column(position);
                let start = lines.line_start(line).unwrap_or(0) as usize;
                let before = text.get(start..start + column as usize).unwrap_or_default();
                let in_bytes = error.stage != Stage::Parser;
                let column = if in_bytes { before.len() } else { before.chars().count() };
                (line.cast_signed(), i32::try_from(column).expect("a short line") + 1)
            };
            let ((line, offset), (end_line, end_offset)) = (at(span.start), at(span.end));
            (line, offset, end_line, end_offset)
        }
    };
    format!("{kind}|{line}|{offset}|{end_line}|{end_offset}|{}", error.message)
}

fn unescaped(line: &str) -> String {
    let mut text = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        text.push(match chars.next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('f') => '\x0c',
            other => other.unwrap_or('\\'),
        });
    }
    text
}

/// The list: mode, answer and source.
fn cases() -> impl Iterator<Item = (Mode, String, String)> {
    LIST.split('\n').filter(|line| !line.is_empty()).map(|line| {
        let mut parts = line.splitn(3, '\t');
        let mode = match parts.next() {
            Some("single") => Mode::Single,
            Some("eval") => Mode::Eval,
            _ => Mode::Exec,
        };
        let expected = unescaped(parts.next().unwrap_or_default());
        (mode, expected, unescaped(parts.next().unwrap_or_default()))
    })
}

#[test]
fn stored_answers() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (mode, expected, text) in cases() {
        count += 1;
        let got = answer(&text, mode);
        if got != expected {
            wrong.push(format!("{text:?}\n  expected {expected}\n  got      {got}"));
        }
    }
    assert!(count > 1000, "only {count} cases");
    assert!(wrong.is_empty(), "{} of {count} wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// Numbers that look random and are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit.max(1)
    }
}

/// A piece is put in, a part is taken out or doubled, or the end is cut off.
fn changed(text: &str, numbers: &mut Numbers) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = numbers.below(chars.len() + 1);
    let to = (at + numbers.below(6)).min(chars.len());
    let (head, part, tail) = (&chars[..at], &chars[at..to], &chars[to..]);
    let piece: Vec<char> = PIECES[numbers.below(PIECES.len())].chars().collect();
    let parts: [&[char]; 4] = match numbers.below(5) {
        0 => [head, &piece, part, tail],
        1 => [head, &piece, tail, &[]],
        2 => [head, tail, &[], &[]],
        3 => [head, part, part, tail],
        _ => [head, &piece, &[], &[]],
    };
    parts.concat().into_iter().collect()
}

#[test]
fn every_change_is_answered() {
    let mut numbers = Numbers(20_260_117);
    let (mut accepted, mut refused) = (0, 0);
    for (mode, _, text) in cases() {
        let mut text = text;
        for _ in 0..CHANGES {
            text = changed(&text, &mut numbers);
            match compile(&text, mode) {
                Ok(()) => accepted += 1,
                Err(error) => {
                    assert!(!error.message.is_empty(), "no message for {text:?}");
                    refused += 1;
                }
            }
            let _ = syntax::completeness(&text);
        }
    }
    assert!(accepted > 50 && refused > 1000, "{accepted} accepted, {refused} refused");
}

/// Chains that CPython itself does not always survive.
#[test]
fn deep_annotations_end_in_an_error() {
    for link in [".b", "()", "[0]", "+a"] {
        let text = format!("from __future__ import annotations\nx: a{}\n", link.repeat(40_000));
        let error = compile(&text, Mode::Exec).expect_err("its text would be too deep");
        assert_eq!(error.kind, ErrorKind::Recursion);
    }
}
