//! What Enter does: whether a text is whole, and how the next line is indented.

use syntax::Completeness;
use syntax::highlight::{Class, Highlight, highlight};

/// The width of a level.
pub(super) const INDENT: usize = 4;

/// Whether a text is for the shell and not for Python: such an input is one line.
pub(crate) fn is_command(text: &str) -> bool {
    let text = text.trim();
    text.starts_with([':', '!', '%']) || (text.starts_with('?') || text.ends_with('?'))
}

/// Whether a text, given without the newline of its last line, is a whole statement. A backslash at the end waits for a line.
pub(crate) fn completeness(text: &str) -> Completeness {
    if text.ends_with('\\')
        && highlight(text).last().is_none_or(|last| last.class != Class::Comment)
    {
        return Completeness::Incomplete;
    }
    compiler::typed::completeness(text)
}

/// Whether Enter at the end of the text runs it.
pub(crate) fn is_whole(text: &str) -> bool {
    if let Some(cell) = text.trim_start().strip_prefix("%%") {
        // An empty line ends the statement of a cell magic.
        let body = cell.split_once('\n').map(|(_, body)| body);
        return body.is_some_and(|body| {
            let last = body.rsplit('\n').next().unwrap_or_default();
            last.trim().is_empty() && !body.trim().is_empty()
        });
    }
    if text.trim().is_empty() || (!text.contains('\n') && is_command(text)) {
        return true;
    }
    // The indentation that the editor itself put on the last line says nothing.
    let (head, last) = text.rsplit_once('\n').unwrap_or(("", text));
    let blank_end = text.contains('\n') && last.trim().is_empty();
    let text = if blank_end { format!("{head}\n") } else { text.to_owned() };
    match completeness(&text) {
        Completeness::Complete => true,
        Completeness::Incomplete => false,
        Completeness::Invalid(_) => match text.rsplit_once('\n') {
            None => true,
            Some((_, last)) => {
                let indented = last.starts_with([' ', '\t']);
                blank_end || (!indented && parses(&text))
            }
        },
    }
}

/// Whether the text is any number of whole statements.
fn parses(text: &str) -> bool {
    syntax::parse(&format!("{text}\n"), syntax::Mode::Exec, &syntax::ParseOptions::default())
        .is_ok()
}

/// The blanks that the line behind `before` begins with.
pub(super) fn indentation(before: &str) -> String {
    let spans = highlight(before);
    let line_of = |offset: usize| {
        let head = before.get(..offset).unwrap_or(before);
        let start = head.rfind('\n').map_or(0, |at| at + 1);
        before.get(start..).unwrap_or_default()
    };
    let blanks = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let mut open: Vec<usize> = Vec::new();
    for span in &spans {
        match (span.class, text_of(before, span)) {
            (Class::Bracket | Class::Field, "(" | "[" | "{") => open.push(span.span.start as usize),
            (Class::Bracket | Class::Field, ")" | "]" | "}") => drop(open.pop()),
            _ => {}
        }
    }
    let code = || spans.iter().filter(|span| span.class != Class::Comment);
    if let Some(&bracket) = open.last() {
        let base = blanks(line_of(bracket));
        let last = code().next_back().map_or(0, |span| span.span.start as usize);
        // Behind an open bracket that ends its line a level more; else as the line before.
        let width = if last == bracket { base + INDENT } else { blanks(line_of(before.len())) };
        return " ".repeat(width);
    }
    let Some(last) = code().next_back() else {
        return " ".repeat(blanks(line_of(before.len())));
    };
    // A comment alone on the last line keeps its own depth.
    let row = line_of(before.len());
    if row.trim_start().starts_with('#') {
        return " ".repeat(blanks(row));
    }
    if row.trim().is_empty() {
        return row.to_owned();
    }
    let start = logical_start(before, &spans);
    let base = blanks(line_of(start));
    let first = spans.iter().find(|span| span.span.start as usize >= start);
    let leaves = first.is_some_and(|span| {
        matches!(text_of(before, span), "return" | "pass" | "break" | "continue" | "raise")
    });
    let width = if text_of(before, last) == ":" {
        base + INDENT
    } else if leaves {
        base.saturating_sub(INDENT)
    } else {
        base
    };
    let own = before.get(start - base..start).unwrap_or_default();
    if own.contains('\t') && width == base { own.to_owned() } else { " ".repeat(width) }
}

fn text_of<'t>(text: &'t str, span: &Highlight) -> &'t str {
    text.get(span.span.start as usize..span.span.end as usize).unwrap_or_default()
}

/// Where the first token of the last logical line stands.
fn logical_start(text: &str, spans: &[Highlight]) -> usize {
    let mut depth = 0_usize;
    let mut start = 0;
    let mut end = 0;
    for span in spans.iter().filter(|span| span.class != Class::Comment) {
        let (from, to) = (span.span.start as usize, span.span.end as usize);
        let between = text.get(end..from).unwrap_or_default();
        // A backslash before the newline goes on; a string's own newlines are inside its token.
        if depth == 0 && (end == 0 || (between.contains('\n') && !between.contains("\\\n"))) {
            start = from;
        }
        match text_of(text, span) {
            "(" | "[" | "{" if span.class != Class::String => depth += 1,
            ")" | "]" | "}" if span.class != Class::String => depth = depth.saturating_sub(1),
            _ => {}
        }
        end = to;
    }
    start
}

/// Whether the text, which an empty line ends, is a header whose block never came: CPython's reader gives up there.
pub(crate) fn wants_block(text: &str) -> bool {
    let body = text.trim_end_matches('\n');
    let spans = highlight(body);
    let mut depth = 0_i32;
    for span in &spans {
        if matches!(span.class, Class::String | Class::Comment) {
            continue;
        }
        match text_of(body, span) {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
    }
    let last = spans.iter().rev().find(|span| span.class != Class::Comment);
    depth <= 0 && last.is_some_and(|span| text_of(body, span) == ":")
}
