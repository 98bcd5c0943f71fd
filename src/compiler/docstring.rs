//! Docstrings: which statement is one, and how its indentation is taken off.

use base::wstr::WString;
use syntax::ast::nodes::{Constant, Expr, ExprKind, Stmt, StmtKind};

/// The docstring at the beginning of a body, if there is one.
#[must_use]
pub fn docstring(body: &[Stmt]) -> Option<(&Expr, &WString)> {
    let StmtKind::Expr { value } = &body.first()?.kind else { return None };
    match &value.kind {
        ExprKind::Constant { value: Constant::Str(text), .. } => Some((value, text)),
        _ => None,
    }
}

const NEWLINE: u32 = 0x0a;
const SPACE: u32 = 0x20;
const TAB: u32 = 0x09;
const RETURN: u32 = 0x0d;

/// Takes the common indentation off a docstring, as `inspect.cleandoc` does, but keeps blank lines at both ends
/// (`_PyCompile_CleanDoc`).
pub(crate) fn clean(doc: &WString) -> WString {
    let expanded = expand_tabs(doc);
    let mut lines = expanded.split(|&point| point == NEWLINE);
    let first = lines.next().unwrap_or_default();
    let leading = |line: &[u32]| line.iter().take_while(|&&point| point == SPACE).count();
    // Lines of spaces only do not count; the last line may end without a newline.
    let margin =
        lines.clone().filter(|line| leading(line) < line.len()).map(leading).min().unwrap_or(0);
    let mut points = Vec::with_capacity(expanded.len());
    points.extend_from_slice(&first[leading(first)..]);
    for line in lines {
        points.push(NEWLINE);
        points.extend_from_slice(&line[margin.min(leading(line))..]);
    }
    WString::from_points(points)
}

/// `str.expandtabs(8)`.
fn expand_tabs(text: &WString) -> Vec<u32> {
    let mut points = Vec::new();
    let mut column = 0;
    for point in text.points() {
        match point {
            TAB => {
                let width = 8 - column % 8;
                points.extend(std::iter::repeat_n(SPACE, width));
                column += width;
            }
            NEWLINE | RETURN => {
                points.push(point);
                column = 0;
            }
            _ => {
                points.push(point);
                column += 1;
            }
        }
    }
    points
}
