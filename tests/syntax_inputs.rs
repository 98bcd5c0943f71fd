//! Whether typed text is a whole statement, against what CPython's `codeop.compile_command` answered for pieces of programs:
//! `C` complete, `I` incomplete, `X` invalid.

use std::sync::Arc;

use base::wstr::WString;
use compiler::options::Options;
use syntax::{Completeness, Mode, ParseOptions, completeness, parse};

/// How many of the list are known to be answered wrong: inputs that are open at their end and wrong before it in a way that only
/// the tree's builder or the compiler sees.
const KNOWN: usize = 33;

fn answer(text: &str) -> char {
    match completeness(text) {
        Completeness::Incomplete => 'I',
        Completeness::Invalid(_) => 'X',
        Completeness::Complete => {
            let options = Options {
                filename: Arc::new(WString::from("<input>")),
                optimize: 0,
                future_flags: 0,
                top_level_await: false,
            };
            // The compiler has a say, too.
            let compiled = parse(text, Mode::Single, &ParseOptions::default())
                .and_then(|parsed| compiler::compile(&parsed, &options).map(|_| ()));
            if compiled.is_ok() { 'C' } else { 'X' }
        }
    }
}

/// `\n` and `\\` in a line of the list.
fn unescaped(line: &str) -> String {
    let mut text = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) if chars.next() == Some('n') => text.push('\n'),
            (_, true) => text.push('\\'),
            (c, false) => text.push(c),
        }
    }
    text
}

#[test]
fn typed_input() {
    let mut wrong = Vec::new();
    let list = include_str!("cases/inputs.txt");
    for line in list.split('\n').filter(|line| !line.is_empty()) {
        let (expected, text) = line.split_at(1);
        let text = unescaped(text.strip_prefix(' ').unwrap_or(text));
        let got = answer(&text);
        if !expected.starts_with(got) {
            wrong.push(format!("{expected} not {got}: {text:?}"));
        }
    }
    assert!(wrong.len() <= KNOWN, "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}
