//! What CPython's first pass refuses while it reads: constructs that an older Python has not yet (`CHECK_VERSION` of its grammar,
//! `compile()`'s `_feature_version`), and names that become a constant's.

use super::Builder;
use crate::diagnose;
use crate::error::{ErrorKind, Place, SyntaxError};

/// The minor version whose syntax is read, unless an older one is asked for.
pub const NEWEST: u8 = 14;

/// An error that needs no failed parse, and the last token that had been looked at when it was raised.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    token: usize,
    pub(crate) error: Box<SyntaxError>,
}

impl Builder<'_> {
    /// Notes that a construct, complete when `token` was looked at, came with Python 3.`since`; `subject` has its verb.
    #[inline]
    pub(crate) fn needs(&mut self, since: u8, subject: &'static str, token: usize) {
        if self.feature_version < since {
            let message = format!("{subject} only supported in Python 3.{since} and greater");
            self.refuse(token, |this| diagnose::at_token(this.text, this.tokens, token, message));
        }
    }

    /// Notes the text that a name of other than ASCII characters is the same as: it may not be a constant's.
    pub(crate) fn normalized_name(&mut self, token: usize, text: &str) {
        if matches!(text, "None" | "True" | "False") {
            let message = format!("identifier field can't represent '{text}' constant");
            self.refuse(token, |_| SyntaxError::of(ErrorKind::Value, message, Place::None));
        }
    }

    /// Keeps the error that comes first.
    #[cold]
    fn refuse(&mut self, token: usize, error: impl FnOnce(&Self) -> SyntaxError) {
        if self.refusal.as_ref().is_none_or(|first| token < first.token) {
            self.refusal = Some(Refusal { token, error: Box::new(error(self)) });
        }
    }
}
