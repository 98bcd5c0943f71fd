//! The marks under a source line: which part of an expression went wrong (PEP 657, as `traceback` lays it out).

use base::span::LineIndex;
use syntax::ast::nodes::{Expr, ExprKind, Mod, Stmt, StmtKind};
use syntax::{Mode, ParseOptions, Parsed};

/// Where the marked part of an instruction lies: lines from 0, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Anchors {
    left: (usize, usize),
    right: (usize, usize),
}

/// The source of an instruction and where it stands there.
pub(super) struct Marked<'a> {
    /// Whole lines, as they are in the file.
    pub(super) lines: &'a [String],
    /// Column of the start in the first line, in bytes.
    pub(super) column: usize,
    /// Column behind the end in the last line, in bytes.
    pub(super) end_column: usize,
}

fn characters_before(line: &str, bytes: usize) -> usize {
    line.char_indices().take_while(|(at, _)| *at < bytes).count()
}

/// Columns that the first `count` characters take on a screen.
fn width(line: &[char], count: usize) -> usize {
    line.iter().take(count).map(|&c| base::unicode::width(u32::from(c))).sum()
}

/// The common indentation is taken off, as `textwrap.dedent` does.
fn dedent(lines: &[String]) -> Vec<String> {
    let mut margin: Option<&str> = None;
    for line in lines.iter().filter(|line| !line.trim().is_empty()) {
        let own = line.get(..line.len() - line.trim_start().len()).unwrap_or("");
        margin = Some(match margin {
            None => own,
            Some(known) => {
                let same = known.chars().zip(own.chars()).take_while(|(a, b)| a == b).count();
                let end = known.char_indices().nth(same).map_or(known.len(), |(at, _)| at);
                known.get(..end).unwrap_or("")
            }
        });
    }
    let margin = margin.unwrap_or("");
    lines
        .iter()
        .map(|line| {
            if line.trim().is_empty() {
                String::new()
            } else {
                line.strip_prefix(margin).unwrap_or(line).to_owned()
            }
        })
        .collect()
}

/// The lines to show below the line that names the file: source and marks, without the outer indentation.
pub(super) fn render(marked: &Marked<'_>) -> Vec<String> {
    let (Some(first), Some(last)) = (marked.lines.first(), marked.lines.last()) else {
        return Vec::new();
    };
    let all = dedent(marked.lines);
    let Some(first_shown) = all.first() else { return Vec::new() };
    let removed = first.chars().count().saturating_sub(first_shown.chars().count());
    let start = characters_before(first, marked.column).saturating_sub(removed);
    let end = characters_before(last, marked.end_column).saturating_sub(removed);
    let grid: Vec<Vec<char>> = all.iter().map(|line| line.trim_end().chars().collect()).collect();
    let segment = segment_of(&grid, start, end);
    let anchors = anchors_of(&segment);
    let show = should_show(&grid, start, end, anchors);
    let mut out = Vec::new();
    let lines = significant(grid.len(), anchors);
    let mut previous: Option<usize> = None;
    for line in lines {
        if let Some(previous) = previous {
            match line - previous {
                2 => put(&mut out, &grid, line - 1, start, end, anchors, show),
                gap if gap > 2 => out.push(format!("...<{} lines>...", gap - 1)),
                _ => {}
            }
        }
        put(&mut out, &grid, line, start, end, anchors, show);
        previous = Some(line);
    }
    dedent(&out)
}

fn segment_of(grid: &[Vec<char>], start: usize, end: usize) -> Vec<Vec<char>> {
    let last = grid.len().saturating_sub(1);
    grid.iter()
        .enumerate()
        .map(|(index, line)| {
            let from = if index == 0 { start.min(line.len()) } else { 0 };
            let to = if index == last { end.min(line.len()) } else { line.len() };
            line.get(from..to.max(from)).unwrap_or_default().to_vec()
        })
        .collect()
}

fn significant(count: usize, anchors: Option<Anchors>) -> Vec<usize> {
    let mut lines = vec![0, count.saturating_sub(1)];
    if let Some(anchors) = anchors {
        for center in [anchors.left.0, anchors.right.0] {
            lines.extend([center.wrapping_sub(1), center, center + 1]);
        }
    }
    lines.retain(|&line| line < count);
    lines.sort_unstable();
    lines.dedup();
    lines
}

fn put(
    out: &mut Vec<String>,
    grid: &[Vec<char>],
    index: usize,
    start: usize,
    end: usize,
    anchors: Option<Anchors>,
    show: bool,
) {
    let Some(line) = grid.get(index) else { return };
    out.push(line.iter().collect());
    if !show {
        return;
    }
    let is_last = index + 1 == grid.len();
    let spaces = line.iter().take_while(|c| c.is_whitespace()).count();
    let count = if is_last { width(line, end) } else { width(line, line.len()) };
    let first = grid.first().map_or(0, |line| width(line, start));
    // Anchors are counted from the segment's start, which is not the line's.
    let place = |(anchor_line, column): (usize, usize)| {
        let column = if anchor_line == 0 { column + start } else { column };
        (anchor_line, grid.get(anchor_line).map_or(column, |line| width(line, column)))
    };
    let marks: String = (0..count)
        .map(|column| {
            if column < spaces || (index == 0 && column < first) {
                return ' ';
            }
            let Some(anchors) = anchors else { return '^' };
            let here = (index, column);
            if here >= place(anchors.left) && here < place(anchors.right) { '^' } else { '~' }
        })
        .collect();
    out.push(marks);
}

fn parse(text: &str) -> Option<Parsed> {
    syntax::parse(text, Mode::Exec, &ParseOptions::default()).ok()
}

fn only_statement(parsed: &Parsed) -> Option<&Stmt> {
    match &parsed.tree {
        Mod::Module(body) => body.first(),
        _ => None,
    }
}

/// Whether marks say more than the line itself: not for a call that is a whole `return` or assignment's value.
fn should_show(grid: &[Vec<char>], start: usize, end: usize, anchors: Option<Anchors>) -> bool {
    let text: String = join(grid);
    if let Some(parsed) = parse(&text) {
        let Some(statement) = only_statement(&parsed) else { return false };
        let value = match &statement.kind {
            StmtKind::Return { value: Some(value) } => match &value.kind {
                ExprKind::Call { func, .. } if matches!(func.kind, ExprKind::Name { .. }) => {
                    Some(&**value)
                }
                _ => None,
            },
            StmtKind::Assign { value, .. } if matches!(value.kind, ExprKind::Call { .. }) => {
                Some(&**value)
            }
            _ => None,
        };
        if let Some(value) = value {
            let lines = LineIndex::new(&text);
            let (line, column) = lines.line_column(value.span.start);
            let (end_line, end_column) = lines.line_column(value.span.end);
            if line == 1
                && end_line as usize == grid.len()
                && column as usize == start
                && end_column as usize == end
            {
                return false;
            }
        }
    }
    if anchors.is_some() {
        return true;
    }
    let before = grid.first().map_or(&[][..], |line| line.get(..start).unwrap_or(line));
    let after = grid.last().map_or(&[][..], |line| line.get(end..).unwrap_or_default());
    before.iter().chain(after).any(|c| !c.is_whitespace())
}

fn join(grid: &[Vec<char>]) -> String {
    let lines: Vec<String> = grid.iter().map(|line| line.iter().collect()).collect();
    lines.join("\n")
}

/// Walks over a segment's characters.
struct Walker<'a> {
    lines: &'a [Vec<char>],
}

impl Walker<'_> {
    fn valid(&self, mut line: usize, mut column: usize) -> Option<(usize, usize)> {
        while line < self.lines.len() && column >= self.lines.get(line)?.len() {
            column = 0;
            line += 1;
        }
        (line < self.lines.len()).then_some((line, column))
    }

    /// The next character, outside comments and line continuations, that fits.
    fn until(&self, from: (usize, usize), stop: impl Fn(char) -> bool) -> Option<(usize, usize)> {
        let (mut line, mut column) = from;
        loop {
            let c = *self.lines.get(line)?.get(column)?;
            if c == '\\' || c == '#' {
                (line, column) = self.valid(line + 1, 0)?;
            } else if stop(c) {
                return Some((line, column));
            } else {
                (line, column) = self.valid(line, column + 1)?;
            }
        }
    }
}

/// The operator of a binary operation, the brackets of a subscript or call.
fn anchors_of(segment: &[Vec<char>]) -> Option<Anchors> {
    let text = format!("(\n{}\n)", join(segment));
    let parsed = parse(&text)?;
    let StmtKind::Expr { value } = &only_statement(&parsed)?.kind else { return None };
    let index = LineIndex::new(&text);
    // One line more than the segment has: the bracket that was put in front.
    let position = |offset: u32| -> Option<(usize, usize)> {
        let (line, column) = index.line_column(offset);
        let line = (line as usize).checked_sub(2)?;
        let own: String = segment.get(line)?.iter().collect();
        Some((line, characters_before(&own, column as usize)))
    };
    let walker = Walker { lines: segment };
    let end_of = |expr: &Expr| {
        let (line, column) = position(expr.span.end)?;
        walker.valid(line, column)
    };
    match &value.kind {
        ExprKind::BinOp { left, right, .. } => {
            let (line, column) = walker.until(end_of(left)?, |c| !c.is_whitespace() && c != ')')?;
            let mut end = column + 1;
            let (right_line, right_column) = position(right.span.start)?;
            let next = segment.get(line)?.get(end);
            if let Some(&next) = next
                && (right_line > line || end < right_column)
                && !next.is_whitespace()
                && next != '\\'
                && next != '#'
            {
                end += 1;
            }
            Some(Anchors { left: (line, column), right: (line, end) })
        }
        ExprKind::Subscript { value: inner, .. } => {
            let left = walker.until(end_of(inner)?, |c| c == '[')?;
            Some(Anchors { left, right: position(value.span.end)? })
        }
        ExprKind::Call { func, .. } => {
            let left = walker.until(end_of(func)?, |c| c == '(')?;
            Some(Anchors { left, right: position(value.span.end)? })
        }
        _ => None,
    }
}
