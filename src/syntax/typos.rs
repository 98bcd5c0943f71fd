//! A keyword that is misspelt: what the library's `traceback` tries before it shows a plain "invalid syntax".

use pest::Parser;

use crate::complete::{Completeness, command};
use crate::grammar::lexical::{Lexical, Rule};
use crate::{Mode, ParseOptions, Parsed, kinds, parse};

/// How many words are looked at, how many keywords are tried for each, and how long the text may be.
const WORDS_MAX: usize = 10;
const MATCHES_MAX: usize = 3;
const LENGTH_MAX: usize = 1024;

/// How alike (`difflib`'s ratio) a word and a keyword must be.
const CUTOFF: f64 = 0.5;

const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Where the parser failed.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'t> {
    /// The source.
    pub source: &'t str,
    /// The line (from 1) of the last compound statement that is whole, or 0.
    pub statement: usize,
    /// The line (from 1) of the error.
    pub line: usize,
    /// Only words on that line count: so it is for files.
    pub one_line: bool,
}

/// What else knows of names and programs.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// The interpreter's own idea of the nearest of some names.
    pub closest: fn(&str, &[&str]) -> Option<String>,
    /// Whether the compiler takes a tree.
    pub compiles: fn(&Parsed) -> bool,
}

impl Trial {
    /// Whether `codeop.compile_command` takes the text.
    fn accepts(&self, code: &str) -> bool {
        match command(code, Mode::Exec) {
            Completeness::Invalid(_) => false,
            Completeness::Incomplete => true,
            Completeness::Complete => parse(code, Mode::Exec, &ParseOptions::default())
                .is_ok_and(|parsed| (self.compiles)(&parsed)),
        }
    }
}

/// A misspelt keyword.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typo {
    /// The keyword that makes it right.
    pub keyword: &'static str,
    /// The line that holds the word, as far as the text that was searched has indentation.
    pub text: String,
    /// Where the word begins and ends, in characters from 0.
    pub columns: (usize, usize),
}

/// The first word that becomes right as a keyword.
#[must_use]
pub fn find(failure: &Failure<'_>, trial: &Trial) -> Option<Typo> {
    let lines: Vec<&str> = failure.source.lines().collect();
    let first = failure.statement.saturating_sub(1);
    let chosen = lines.get(first..failure.line.min(lines.len()))?;
    let code = dedent(chosen);
    if code.chars().count() > LENGTH_MAX {
        return None;
    }
    let lines: Vec<&str> = code.lines().collect();
    let words = words(&code);
    let words = words
        .iter()
        .filter(|word| !failure.one_line || first + word.line + 1 == failure.line)
        .filter(|word| !KEYWORDS.contains(&word.text))
        .take(WORDS_MAX);
    for word in words {
        for keyword in candidates(word.text, trial.closest) {
            let mut fixed: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
            let line = fixed.get_mut(word.line)?;
            line.replace_range(word.start..word.start + word.text.len(), keyword);
            if !trial.accepts(&fixed.join("\n")) {
                continue;
            }
            let text = *lines.get(word.line)?;
            let start = text.get(..word.start)?.chars().count();
            let columns = (start, start + word.text.chars().count());
            return Some(Typo { keyword, text: text.to_owned(), columns });
        }
    }
    None
}

/// `textwrap.dedent`
fn dedent(lines: &[&str]) -> String {
    let blanks = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let mut margin: Option<&str> = None;
    for line in lines.iter().filter(|line| !line.trim().is_empty()) {
        let own = line.get(..blanks(line)).unwrap_or_default();
        let common = margin.map_or(own, |margin| {
            let shared = margin.bytes().zip(own.bytes()).take_while(|(a, b)| a == b).count();
            own.get(..shared).unwrap_or_default()
        });
        margin = Some(common);
    }
    let margin = margin.unwrap_or_default().len();
    let shown = lines.iter().map(|line| {
        if line.trim().is_empty() { "" } else { line.get(margin..).unwrap_or_default() }
    });
    shown.collect::<Vec<_>>().join("\n")
}

struct Word<'t> {
    text: &'t str,
    /// From 0.
    line: usize,
    /// In bytes.
    start: usize,
}

/// The names up to the first token that is wrong.
fn words(code: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let Ok(pairs) = Lexical::parse(Rule::tokens, code) else { return words };
    let (mut line, mut line_start, mut counted) = (0, 0, 0);
    for pair in pairs {
        let span = pair.as_span();
        let between = code.as_bytes().get(counted..span.start()).unwrap_or_default();
        for (index, _) in between.iter().enumerate().filter(|&(_, &byte)| byte == b'\n') {
            line += 1;
            line_start = counted + index + 1;
        }
        counted = span.start();
        match pair.as_rule() {
            Rule::name | Rule::prefix_like_name => {
                words.push(Word { text: span.as_str(), line, start: span.start() - line_start });
            }
            Rule::error_string | Rule::error_number => break,
            Rule::error_char if !matches!(span.as_str(), "$" | "?" | "!" | "`") => break,
            _ => {}
        }
    }
    words
}

/// The keywords that a word may have been meant to be.
fn candidates(
    word: &str,
    closest: fn(&str, &[&str]) -> Option<String>,
) -> impl Iterator<Item = &'static str> {
    let nearest = closest(word, &KEYWORDS);
    let nearest =
        nearest.and_then(|nearest| KEYWORDS.into_iter().find(|keyword| *keyword == nearest));
    let letters: Vec<char> = word.chars().collect();
    let mut alike: Vec<(f64, &'static str)> = KEYWORDS
        .into_iter()
        .map(|keyword| (ratio(&keyword.chars().collect::<Vec<_>>(), &letters), keyword))
        .filter(|&(ratio, _)| ratio >= CUTOFF)
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| b.1.cmp(a.1)));
    let alike = alike.into_iter().take(MATCHES_MAX).map(|(_, keyword)| keyword);
    let word = word.to_owned();
    nearest.into_iter().chain(alike).take(MATCHES_MAX).filter(move |keyword| *keyword != word)
}

/// `difflib.SequenceMatcher.ratio`
fn ratio(a: &[char], b: &[char]) -> f64 {
    let total = a.len() + b.len();
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    if total == 0 { 1.0 } else { 2.0 * count(matching(a, b)) / count(total) }
}

/// How many characters the matching blocks hold: the longest common run, then what is left and right of it.
fn matching(a: &[char], b: &[char]) -> usize {
    let (mut best, mut from_a, mut from_b) = (0, 0, 0);
    for start_a in 0..a.len() {
        for start_b in 0..b.len() {
            let run = a[start_a..].iter().zip(&b[start_b..]).take_while(|(x, y)| x == y).count();
            if run > best {
                (best, from_a, from_b) = (run, start_a, start_b);
            }
        }
    }
    if best == 0 {
        return 0;
    }
    best + matching(&a[..from_a], &b[..from_b]) + matching(&a[from_a + best..], &b[from_b + best..])
}

/// Where the last compound statement begins that is whole before the token `failed`, functions aside (CPython keeps that with
/// the error, for the search above).
pub(crate) fn last_statement(token_kinds: &[u8], failed: usize) -> Option<usize> {
    /// A compound statement whose end has not come.
    struct Open {
        /// Its first token, if it counts.
        start: Option<usize>,
        /// It is whole after this block.
        whole: bool,
        /// The block is indented.
        indented: bool,
    }
    let mut open: Vec<Open> = Vec::new();
    let mut last: Option<usize> = None;
    let mut fresh = true;
    // The statement that the last block belongs to, for `else` and its kin.
    let mut ended: Option<Option<usize>> = None;
    let mut line_open: Option<Open> = None;
    let tokens = token_kinds.get(..failed.min(token_kinds.len())).unwrap_or_default();
    for (index, &kind) in tokens.iter().enumerate() {
        let mut close = |block: Open, last: &mut Option<usize>| {
            if block.whole
                && let Some(start) = block.start
            {
                *last = (*last).max(Some(start));
            }
            ended = Some(block.start);
        };
        match kind {
            kinds::NEWLINE => {
                if let Some(line) = line_open.take() {
                    if tokens.get(index + 1) == Some(&kinds::INDENT) {
                        open.push(Open { indented: true, ..line });
                    } else {
                        close(line, &mut last);
                    }
                }
                fresh = true;
                continue;
            }
            kinds::INDENT => continue,
            kinds::DEDENT => {
                if let Some(block) = open.pop().filter(|block| block.indented) {
                    close(block, &mut last);
                }
                fresh = true;
                continue;
            }
            _ if !fresh => continue,
            // `else` and `elif`, `except`, `finally`, `case`
            b'9' | b'I' | b'J' | b'Z' => {
                line_open =
                    Some(Open { start: ended.take().flatten(), whole: true, indented: false });
            }
            b'c' if open
                .last()
                .is_some_and(|block| token_kinds.get(block.start.unwrap_or(0)) == Some(&b'b')) =>
            {
                line_open = Some(Open { start: None, whole: false, indented: false });
            }
            b'A'..=b'H' | b'b' => {
                let kind = if kind == b'A' { tokens.get(index + 1).copied() } else { Some(kind) };
                let start = (kind != Some(b'C')).then_some(index);
                line_open = Some(Open { start, whole: kind != Some(b'F'), indented: false });
            }
            _ => {}
        }
        fresh = false;
    }
    last
}
