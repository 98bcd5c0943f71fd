//! Whether typed text is a whole statement, against what CPython's `codeop.compile_command` answered for pieces of programs:
//! `C` complete, `I` incomplete, `X` invalid.

use syntax::Completeness;

/// How many of the list are known to be answered wrong: a pattern, two f-strings and two dictionaries that are open at their end, and
/// where it is no grammar rule that tells how far CPython has read.
const KNOWN: usize = 5;

fn answer(text: &str) -> char {
    match compiler::typed::completeness(text) {
        Completeness::Incomplete => 'I',
        Completeness::Invalid(_) => 'X',
        Completeness::Complete => 'C',
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
