//! The `# type:` comments (PEP 484) that belong to a statement.

use base::span::Span;

use super::nodes::{Stmt, StmtKind};
use crate::{Parsed, TypeComment};

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
        self.comment_behind(span).map(|comment| comment.text.as_str())
    }

    /// Where a statement stands, where type comments are read: that of an assignment is part of it.
    #[must_use]
    pub fn commented_span(&self, stmt: &Stmt) -> Span {
        match stmt.kind {
            StmtKind::Assign { .. } => match self.comment_behind(stmt.span) {
                Some(comment) => stmt.span.to(comment.span),
                None => stmt.span,
            },
            _ => stmt.span,
        }
    }

    fn comment_behind(&self, span: Span) -> Option<&TypeComment> {
        if self.type_comments.is_empty() {
            return None;
        }
        let (line, _) = self.lines.line_column(span.end);
        self.type_comments.iter().find(|comment| {
            !comment.ignore
                && comment.span.start >= span.end
                && self.lines.line_column(comment.span.start).0 == line
        })
    }
}
