//! The colours of a buffer: tokens by their class, brackets at the cursor, the continuation prompt.

use std::collections::HashSet;

use syntax::highlight::{Class, Highlight, highlight, partner};

use super::margin;
use crate::theme::{RESET, Tint};

/// A buffer without colours: only the margins become prompts.
pub(super) fn uncoloured(buffer: &str, prompt: &str) -> String {
    buffer.replace(margin::MARGIN, prompt)
}

/// Whether the cursor stands at a bracket: then moving it repaints.
pub(super) fn at_bracket(buffer: &str, position: usize) -> bool {
    let is_bracket = |c: char| matches!(c, '(' | ')' | '[' | ']' | '{' | '}');
    let after = buffer.get(position..).and_then(|rest| rest.chars().next());
    let before = buffer.get(..position).and_then(|head| head.chars().next_back());
    after.is_some_and(is_bracket) || before.is_some_and(is_bracket)
}

/// A buffer in colours. `position` is the cursor's, in the buffer.
pub(super) fn painted(
    buffer: &str,
    position: usize,
    prompt: &str,
    builtins: &HashSet<String>,
) -> String {
    let text = margin::plain(buffer);
    let cursor = margin::plain(buffer.get(..position).unwrap_or(buffer)).len();
    if super::enter::is_command(&text) {
        return uncoloured(buffer, &prompt_painted(prompt));
    }
    let spans = highlight(&text);
    let marked = marks(&text, &spans, cursor);
    let wrong = unmatched(&text, &spans);
    let prompt = format!("\n{}", prompt_painted(prompt));
    coloured(&text, &spans, &prompt, |span, piece| {
        let start = span.span.start as usize;
        if wrong.contains(&start) {
            Some(Tint::Wrong)
        } else if marked.contains(&start) {
            Some(Tint::Match)
        } else {
            tint(span.class, piece, builtins)
        }
    })
}

/// The lines of a source that is only shown, in colours.
pub(crate) fn painted_lines(text: &str) -> Vec<String> {
    let builtins = HashSet::new();
    let tinted = |span: &Highlight, piece: &str| tint(span.class, piece, &builtins);
    coloured(text, &highlight(text), "\n", tinted).split('\n').map(str::to_owned).collect()
}

/// A text with each token in its colour; `newline` stands for the ends of lines, which no colour crosses.
fn coloured(
    text: &str,
    spans: &[Highlight],
    newline: &str,
    tint: impl Fn(&Highlight, &str) -> Option<Tint>,
) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut done = 0;
    for span in spans {
        let (start, end) = (span.span.start as usize, span.span.end as usize);
        if start < done {
            continue;
        }
        out.push_str(&text.get(done..start).unwrap_or_default().replace('\n', newline));
        let piece = text.get(start..end).unwrap_or_default();
        match tint(span, piece) {
            None => out.push_str(&piece.replace('\n', newline)),
            Some(tint) => {
                for (index, line) in piece.split('\n').enumerate() {
                    if index > 0 {
                        out.push_str(newline);
                    }
                    out.push_str(tint.start());
                    out.push_str(line);
                    out.push_str(RESET);
                }
            }
        }
        done = end;
    }
    out.push_str(&text.get(done..).unwrap_or_default().replace('\n', newline));
    out
}

fn prompt_painted(prompt: &str) -> String {
    format!("{}{prompt}{RESET}", Tint::Prompt.start())
}

/// Where the bracket at the cursor and its partner begin.
fn marks(text: &str, spans: &[Highlight], cursor: usize) -> Vec<usize> {
    for position in [Some(cursor), cursor.checked_sub(1)].into_iter().flatten() {
        let byte = text.as_bytes().get(position);
        if !byte.is_some_and(|byte| b"()[]{}".contains(byte)) {
            continue;
        }
        if let Some(other) = partner(text, spans, position) {
            return vec![position, other.start as usize];
        }
    }
    Vec::new()
}

/// Where the closing brackets begin that close nothing.
pub(super) fn unmatched(text: &str, spans: &[Highlight]) -> Vec<usize> {
    let mut open = Vec::new();
    let mut wrong = Vec::new();
    for span in spans.iter().filter(|span| matches!(span.class, Class::Bracket | Class::Field)) {
        let start = span.span.start as usize;
        let closes = match text.as_bytes().get(start) {
            Some(bracket @ (b'(' | b'[' | b'{')) => {
                open.push(*bracket);
                continue;
            }
            Some(b')') => b'(',
            Some(b']') => b'[',
            Some(b'}') => b'{',
            _ => continue,
        };
        if open.last() == Some(&closes) {
            open.pop();
        } else {
            wrong.push(start);
        }
    }
    wrong
}

/// The colour of a token.
pub(super) fn tint(class: Class, piece: &str, builtins: &HashSet<String>) -> Option<Tint> {
    Some(match class {
        Class::Keyword | Class::SoftKeyword | Class::Constant | Class::WordOperator => {
            Tint::Keyword
        }
        Class::Definition => Tint::Definition,
        Class::Number => Tint::Number,
        Class::String => Tint::Text,
        Class::Comment => Tint::Comment,
        Class::Error => Tint::Wrong,
        Class::Name if builtins.contains(piece) => Tint::Builtin,
        _ => return None,
    })
}
