//! The `# type:` comments (PEP 484) that belong to a statement.

use base::span::Span;

use super::nodes::{Stmt, StmtKind};
use crate::Parsed;

/// Where a statement begins, its decorators included.
fn first_token(stmt: &Stmt) -> u32 {
    let decorators = match &stmt.kind {
        StmtKind::FunctionDef(def) | StmtKind::AsyncFunctionDef(def) => &def.decorator_list,
        StmtKind::ClassDef(class) => &class.decorator_list,
        _ => return stmt.span.start,
    };
    decorators.first().map_or(stmt.span.start, |decorator| decorator.span.start)
}

impl Parsed {
    /// The type comment of a statement with a block: the one before its first statement.
    #[must_use]
    pub fn header_comment(&self, span: Span, body: &[Stmt]) -> Option<&str> {
        if self.type_comments.is_empty() {
            return None;
        }
        let end = body.first().map_or(span.end, first_token);
        let mut comments = self.type_comments.iter().rev();
        let comment = comments.find(|comment| !comment.ignore && comment.span.start < end)?;
        (comment.span.start > span.start).then_some(comment.text.as_str())
    }

    /// The type comment behind an assignment, on its line.
    #[must_use]
    pub fn line_comment(&self, span: Span) -> Option<&str> {
        if self.type_comments.is_empty() {
            return None;
        }
        let (line, _) = self.lines.line_column(span.end);
        let comment = self.type_comments.iter().find(|comment| {
            !comment.ignore
                && comment.span.start >= span.end
                && self.lines.line_column(comment.span.start).0 == line
        })?;
        Some(comment.text.as_str())
    }
}
