//! What a paste becomes: the prompts of a copied session and a common indentation go, strings stay as they are.

use std::time::{Duration, Instant};

use syntax::highlight::{Class, highlight};

use super::live;

/// A paste that is there within this needs no word.
const PATIENCE: Duration = Duration::from_millis(300);

/// A paste that is still coming.
#[derive(Debug)]
pub(super) struct Paste {
    text: String,
    lines: usize,
    /// When the next word about it is due.
    due: Instant,
    /// How many lines there were when it was told last.
    told: usize,
}

impl Paste {
    /// The paste begins.
    pub(super) fn begin() -> Self {
        Self { text: String::new(), lines: 0, due: Instant::now() + PATIENCE, told: 0 }
    }

    /// A character comes; how many lines there are is told now and then.
    pub(super) fn push(&mut self, c: char) {
        self.text.push(c);
        if c != '\n' {
            return;
        }
        self.lines += 1;
        if self.lines.is_multiple_of(64) && Instant::now() >= self.due {
            self.due += PATIENCE;
            self.told = self.lines;
            // The cursor comes back: the editor has not noticed anything.
            live::write(&format!("\x1b7 … {} lines\x1b[K\x1b8", self.lines));
        }
    }

    /// The paste is there: its text.
    pub(super) fn end(self) -> String {
        if self.told > 0 {
            live::write("\x1b[K");
        }
        self.text
    }
}

/// The pasted text as it goes into the buffer. Only a paste at an empty prompt is a whole input, which may be mended.
pub(super) fn cleaned(text: &str, at_prompt: bool) -> String {
    let text = text.trim_end_matches('\n');
    if !at_prompt {
        return text.to_owned();
    }
    dedented(&without_prompts(text))
}

/// The input of a copied session: what stands behind its prompts. Lines without one are its output.
fn without_prompts(text: &str) -> String {
    let is_session = text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| {
        let line = line.trim_start();
        line.starts_with(">>> ") || line == ">>>" || number_prompt(line).is_some()
    });
    if !is_session {
        return text.to_owned();
    }
    let mut kept = Vec::new();
    for line in text.lines() {
        let line = line.trim_start_matches(' ');
        let behind = line
            .strip_prefix(">>>")
            .or_else(|| line.strip_prefix("..."))
            .map(|rest| rest.trim_start_matches(['.', ':']))
            .or_else(|| number_prompt(line));
        if let Some(rest) = behind {
            kept.push(rest.strip_prefix(' ').unwrap_or(rest));
        }
    }
    kept.join("\n")
}

/// What stands behind `In [3]:`.
fn number_prompt(line: &str) -> Option<&str> {
    let (number, rest) = line.strip_prefix("In [")?.split_once("]:")?;
    number.chars().all(|c| c.is_ascii_digit()).then_some(rest)
}

/// For each line, whether it begins inside a string.
fn string_lines(text: &str) -> Vec<bool> {
    let mut inside = vec![false; text.split('\n').count()];
    let (mut line, mut counted) = (0, 0);
    let mut line_of = |upto: u32| {
        let upto = upto as usize;
        line += text.get(counted..upto).unwrap_or_default().matches('\n').count();
        counted = upto;
        line
    };
    for span in highlight(text).iter().filter(|span| span.class == Class::String) {
        let (first, last) = (line_of(span.span.start), line_of(span.span.end));
        if let Some(flags) = inside.get_mut(first + 1..=last) {
            flags.fill(true);
        }
    }
    inside
}

/// Without the blanks that all lines of code begin with; lines inside a string neither count nor change.
fn dedented(text: &str) -> String {
    // The first line is in no string: where it begins at the margin, nothing is common.
    let first = text.split('\n').find(|line| !line.trim().is_empty());
    if first.is_none_or(|line| !line.starts_with([' ', '\t'])) {
        return text.to_owned();
    }
    let inside = string_lines(text);
    let blanks = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let code = || {
        text.split('\n')
            .zip(&inside)
            .filter(|(line, in_string)| !**in_string && !line.trim().is_empty())
    };
    let common = code().map(|(line, _)| blanks(line)).min().unwrap_or(0);
    let first = text.get(..common).unwrap_or_default();
    if common == 0 || !code().all(|(line, _)| line.starts_with(first)) {
        return text.to_owned();
    }
    let changed: Vec<&str> =
        text.split('\n')
            .zip(&inside)
            .map(|(line, in_string)| {
                if *in_string { line } else { line.get(common.min(blanks(line))..).unwrap_or(line) }
            })
            .collect();
    changed.join("\n")
}
