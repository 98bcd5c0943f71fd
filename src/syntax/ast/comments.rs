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

/// The block that a statement ends with, if it has blocks.
fn last_block(stmt: &Stmt) -> Option<&[Stmt]> {
    Some(match &stmt.kind {
        StmtKind::FunctionDef(def) | StmtKind::AsyncFunctionDef(def) => &def.body,
        StmtKind::ClassDef(class) => &class.body,
        StmtKind::For(parts) | StmtKind::AsyncFor(parts) if !parts.orelse.is_empty() => {
            &parts.orelse
        }
        StmtKind::For(parts) | StmtKind::AsyncFor(parts) => &parts.body,
        StmtKind::While { orelse, .. } | StmtKind::If { orelse, .. } if !orelse.is_empty() => {
            orelse
        }
        StmtKind::While { body, .. } | StmtKind::If { body, .. } => body,
        StmtKind::With { body, .. } | StmtKind::AsyncWith { body, .. } => body,
        StmtKind::Match { cases, .. } => &cases.last()?.body,
        StmtKind::Try(parts) | StmtKind::TryStar(parts) => {
            let handler = parts.handlers.last().map(|handler| &handler.body);
            [Some(&parts.finalbody), Some(&parts.orelse), handler]
                .into_iter()
                .flatten()
                .find(|block| !block.is_empty())?
        }
        _ => return None,
    })
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

    /// Where a statement stands, where type comments are read: that of an assignment is part of it, and of the blocks
    /// that end with it.
    #[must_use]
    pub fn commented_span(&self, stmt: &Stmt) -> Span {
        if self.type_comments.is_empty() {
            return stmt.span;
        }
        let mut last = stmt;
        while let Some(inner) = last_block(last).and_then(<[Stmt]>::last) {
            last = inner;
        }
        self.with_comment(stmt.span, last)
    }

    /// As [`Self::commented_span`], of a clause that has a place of its own.
    #[must_use]
    pub fn commented_clause(&self, span: Span, body: &[Stmt]) -> Span {
        body.last().map_or(span, |last| span.to(self.commented_span(last)))
    }

    fn with_comment(&self, span: Span, last: &Stmt) -> Span {
        match (&last.kind, self.comment_behind(last.span)) {
            (StmtKind::Assign { .. }, Some(comment)) => span.to(comment.span),
            _ => span,
        }
    }

    fn comment_behind(&self, span: Span) -> Option<&TypeComment> {
        if self.type_comments.is_empty() {
            return None;
        }
        let (line, _) = self.lines.line_column(span.end);
        // They stand in the order of the text.
        let next = self.type_comments.partition_point(|comment| comment.span.start < span.end);
        let mut same_line = self.type_comments[next..]
            .iter()
            .take_while(|comment| self.lines.line_column(comment.span.start).0 == line);
        same_line.find(|comment| !comment.ignore)
    }
}
