//! The quick reading of tokens against the lexical grammar's, and the parser on made and mutated sources: a fixed seed, a
//! bounded count.

use std::path::Path;

use syntax::highlight::highlight;
use syntax::scan::both_readings;
use syntax::{Mode, ParseOptions, completeness, parse};

/// A small generator of numbers (xorshift): the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit.max(1)).expect("a usize fits");
        usize::try_from(self.next() % limit).expect("smaller than a usize")
    }
}

/// What sources are made of; spaces between them are left to chance.
const PIECES: &[&str] = &[
    "x",
    "é",
    "_",
    "match",
    "case",
    "type",
    "if",
    "else",
    "elif",
    "for",
    "in",
    "is",
    "not",
    "and",
    "or",
    "lambda",
    "def",
    "class",
    "return",
    "yield",
    "await",
    "async",
    "with",
    "as",
    "try",
    "except",
    "finally",
    "import",
    "from",
    "del",
    "None",
    "True",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ";",
    ".",
    "...",
    "=",
    "==",
    ":=",
    "->",
    "+",
    "-",
    "*",
    "**",
    "/",
    "//",
    "%",
    "@",
    "<",
    "<<",
    "<>",
    ">",
    ">=",
    "!",
    "!=",
    "|",
    "&",
    "^",
    "~",
    "+=",
    "**=",
    ">>=",
    "0",
    "1",
    "012",
    "0x1f",
    "0x",
    "1_0",
    "1__0",
    "1e5",
    "1e",
    "1.",
    ".5",
    "..5",
    "1j",
    "0_7",
    "1if",
    "5in",
    "'a'",
    "\"b\"",
    "'",
    "\"",
    "'''",
    "\"\"\"",
    "r'\\'",
    "b'x'",
    "rb'y'",
    "u'z'",
    "ur'z'",
    "f'",
    "f'{",
    "f'{x}'",
    "f'{x!r:>{y}}'",
    "f\"{'a'}\"",
    "rf'\\{x}'",
    "t'{x=}'",
    "f'''\n{x}\n'''",
    "{{",
    "}}",
    "\\",
    "\\\n",
    "\\N{DASH}",
    "#c",
    "$",
    "?",
    "`",
    "\u{a0}",
    "€",
    "\u{1}",
    "\n",
    "\n",
    "\n    ",
    "\n\t",
    "\n  ",
    "\u{c}",
    " ",
    "  ",
];

fn generated(numbers: &mut Numbers) -> String {
    let mut text = String::new();
    for _ in 0..=numbers.below(24) {
        text.push_str(PIECES[numbers.below(PIECES.len())]);
        if numbers.below(3) > 0 {
            text.push(' ');
        }
    }
    text
}

/// A source with some of its characters gone, doubled or replaced.
fn mutated(source: &str, numbers: &mut Numbers) -> String {
    let mut chars: Vec<char> = source.chars().collect();
    // A window keeps each try short.
    let start = numbers.below(chars.len());
    let end = chars.len().min(start + 400);
    chars = chars.get(start..end).unwrap_or_default().to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(chars.len());
        match numbers.below(3) {
            0 if !chars.is_empty() => drop(chars.remove(at)),
            1 => {
                let piece = PIECES[numbers.below(PIECES.len())];
                drop(chars.splice(at..at, piece.chars()));
            }
            _ => chars.truncate(at),
        }
    }
    chars.into_iter().collect()
}

fn sources() -> Vec<String> {
    let mut texts = Vec::new();
    for folder in ["bytecode", "syntax", "errors"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases").join(folder);
        for entry in std::fs::read_dir(folder).expect("the cases are there").flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "py")
                && let Ok(text) = std::fs::read_to_string(entry.path())
            {
                texts.push(text);
            }
        }
    }
    texts.sort();
    assert!(texts.len() > 100);
    texts
}

fn same_readings(text: &str) {
    let (scanned, grammar) = both_readings(text);
    assert_eq!(scanned, grammar, "{text:?}");
}

#[test]
fn the_scan_reads_what_the_grammar_reads() {
    for text in sources() {
        same_readings(&text);
    }
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for _ in 0..20_000 {
        same_readings(&generated(&mut numbers));
    }
}

/// No panic, and spans that lie in the text, in order.
fn survives(text: &str) {
    let mut last = 0;
    for piece in highlight(text) {
        assert!(piece.span.start >= last && piece.span.end as usize <= text.len(), "{text:?}");
        last = piece.span.end;
    }
    for mode in [Mode::Exec, Mode::Eval, Mode::Single, Mode::FuncType] {
        match parse(text, mode, &ParseOptions::default()) {
            Ok(parsed) => assert!(!syntax::ast::dump::dump(&parsed).is_empty(), "{text:?}"),
            Err(error) => assert!(!error.message.is_empty(), "{text:?}"),
        }
    }
    let _ = completeness(text);
}

#[test]
fn no_source_is_too_strange() {
    let sources = sources();
    let mut numbers = Numbers(0x0123_4567_89ab_cdef);
    for _ in 0..4_000 {
        survives(&generated(&mut numbers));
    }
    for _ in 0..3_000 {
        let source = &sources[numbers.below(sources.len())];
        let text = mutated(source, &mut numbers);
        same_readings(&text);
        survives(&text);
    }
}

/// What nests, repeats or runs on: each ends in a tree or an error, soon.
#[test]
fn depth_and_length() {
    let repeated = |part: &str| part.repeat(100_000);
    let texts = [
        repeated("("),
        repeated("["),
        repeated("{"),
        format!("{}x{}", "(".repeat(2_000), ")".repeat(2_000)),
        format!("{}x", repeated("-")),
        format!("{}x", repeated("not ")),
        format!("x{}", repeated(".a")),
        format!("x{}", repeated("()")),
        format!("x{}", repeated("[0]")),
        format!("x{}", repeated("+x")),
        format!("x{}", repeated("**x")),
        format!("x{}", repeated(" and x")),
        format!("x{}", repeated(" if x else x")),
        format!("{}x", repeated("lambda: ")),
        format!("x{}", repeated("<x")),
        format!("x{}", repeated(" = x")),
        format!("if x: pass\n{}", "elif x: pass\n".repeat(5_000)),
        format!("with {}x: pass", "x, ".repeat(10_000)),
        format!("x = [{}]", repeated("1, ")),
        format!("x = {{{}}}", "1: 2, ".repeat(20_000)),
        repeated("x = 1\n"),
        format!("x = '{}'", "a".repeat(1 << 20)),
        "a".repeat(1 << 20),
        format!("#{}", "a".repeat(1 << 20)),
        repeated("f'{"),
        repeated("f'"),
        repeated("'a' "),
        repeated("f'{x}' "),
        repeated("\\\n"),
        repeated("@x\n"),
        repeated("\u{0}"),
        repeated("$"),
        repeated("1 "),
        repeated("é"),
        (0..500).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect(),
    ];
    for text in &texts {
        let begun = std::time::Instant::now();
        if let Err(error) = parse(text, Mode::Exec, &ParseOptions::default()) {
            assert!(!error.message.is_empty());
        }
        let head: String = text.chars().take(20).collect();
        assert!(begun.elapsed().as_secs() < 30, "{head:?} takes {:?}", begun.elapsed());
    }
}
