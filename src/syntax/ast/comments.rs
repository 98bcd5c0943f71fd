//! The `# type:` comments (PEP 484) that belong to a node.

use base::span::Span;

use super::nodes::{Stmt, StmtKind};
use crate::{Parsed, TypeComment};

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
    /// The type comment of the node that begins at `span`: a parameter, an assignment, `for`, `with` or `def`.
    #[must_use]
    pub fn type_comment(&self, span: Span) -> Option<&str> {
        self.comment_of(span).map(|comment| comment.text.as_str())
    }

    /// Where a statement stands: the type comment of an assignment is part of it, and of the blocks that end with it.
    #[must_use]
    pub fn commented_span(&self, stmt: &Stmt) -> Span {
        if self.type_comments.is_empty() {
            return stmt.span;
        }
        let mut last = stmt;
        while let Some(inner) = last_block(last).and_then(<[Stmt]>::last) {
            last = inner;
        }
        match (&last.kind, self.comment_of(last.span)) {
            (StmtKind::Assign { .. }, Some(comment)) => stmt.span.to(comment.span),
            _ => stmt.span,
        }
    }

    /// As [`Self::commented_span`], of a clause that has a place of its own.
    #[must_use]
    pub fn commented_clause(&self, span: Span, body: &[Stmt]) -> Span {
        body.last().map_or(span, |last| span.to(self.commented_span(last)))
    }

    fn comment_of(&self, span: Span) -> Option<&TypeComment> {
        let owners = &self.comment_owners;
        let index = owners.binary_search_by_key(&span.start, |&(owner, _)| owner).ok()?;
        self.type_comments.get(owners.get(index)?.1)
    }
}
