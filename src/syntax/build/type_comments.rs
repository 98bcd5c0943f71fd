//! The `# type:` comments (PEP 484): a parameter, an assignment, a loop, a `with` and a `def` each take the one behind them.

use base::span::Span;

use super::{Builder, Built};
use crate::TypeComment;
use crate::diagnose;
use crate::error::{ErrorKind, Place, SyntaxError};
use crate::kinds;
use crate::lexical_errors::line_and_column;
use crate::tree::Node;

impl<'t> Builder<'t> {
    /// Gives the comment that stands directly before `token` to the node that begins at `owner`; answers whether there is one.
    pub(crate) fn claim_comment(&mut self, token: usize, owner: Span) -> bool {
        let first = self.type_comments.partition_point(|comment| comment.token < token);
        let comment = self
            .type_comments
            .get_mut(first..)
            .unwrap_or_default()
            .iter_mut()
            .take_while(|comment| comment.token == token)
            .find(|comment| !comment.ignore);
        if let Some(comment) = comment {
            comment.owner = Some(owner.start);
            return true;
        }
        false
    }

    /// The comment behind a parameter: after its comma, or before the closing parenthesis.
    pub(crate) fn claim_parameter_comment(&mut self, end: usize, owner: Span) {
        let comma = usize::from(self.kinds.get(end) == Some(&b','));
        self.claim_comment(end + comma, owner);
    }

    /// `*, # type: int`
    pub(crate) fn refuse_bare_star_comment(&self, star: usize) -> Built<()> {
        let comments = &self.type_comments;
        if comments.iter().any(|comment| comment.token == star + 2 && !comment.ignore) {
            let comment = comments.iter().find(|comment| comment.token == star + 2);
            if let Some(comment) = comment {
                return Err(self.at_comment(comment, "bare * has associated type comment"));
            }
        }
        Ok(())
    }

    /// The comment behind the colon of a statement whose keyword begins `node`, `async` perhaps before it; `body` begins with the colon.
    pub(crate) fn claim_header_comment(&mut self, node: Node<'t>, body: Node<'t>) -> bool {
        let owner = self.header_start(node);
        self.claim_comment(body.start() + 1, owner)
    }

    /// The comment of a `def`: behind the colon, or alone on the line that follows.
    pub(crate) fn claim_function_comment(&mut self, node: Node<'t>, body: Node<'t>) -> Built<()> {
        if self.type_comments.is_empty() {
            return Ok(());
        }
        let behind = self.claim_header_comment(node, body);
        let indented = self.kinds.get(body.start() + 2) == Some(&kinds::INDENT);
        let owner = self.header_start(node);
        if indented && self.claim_comment(body.start() + 2, owner) && behind {
            let message = "Cannot have two type comments on def";
            let error = diagnose::at_token(self.text, self.tokens, body.start() + 2, message);
            return Err(Box::new(error));
        }
        Ok(())
    }

    fn header_start(&self, node: Node<'t>) -> Span {
        let before = node.start().checked_sub(1);
        let is_async = before.is_some_and(|before| self.kinds[before] == kinds::ASYNC);
        self.tokens.spans[node.start() - usize::from(is_async)]
    }

    /// The error of the first comment that nothing takes.
    pub(crate) fn stray_comment(&self) -> Option<Box<SyntaxError>> {
        let mut comments = self.type_comments.iter();
        let stray = comments.find(|comment| !comment.ignore && comment.owner.is_none())?;
        Some(self.at_comment(stray, "invalid syntax"))
    }

    /// An error of the first pass at the token that a comment is.
    fn at_comment(&self, comment: &TypeComment, message: &str) -> Box<SyntaxError> {
        let span = comment.text_span();
        let (line, column) = line_and_column(self.text, span.start as usize);
        let (end_line, end_column) = line_and_column(self.text, span.end as usize);
        let (offset, end_offset) = (column + 1, end_column + 1);
        let place = Place::Exact { line, offset, end_line, end_offset };
        Box::new(SyntaxError::of(ErrorKind::Syntax, message, place))
    }
}
