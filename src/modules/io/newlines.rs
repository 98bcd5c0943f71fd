//! Universal newlines over decoded text that comes in pieces.

use memchr::{memchr, memchr2};

/// What has been seen: bits of `newlines`.
const SEEN_LF: u8 = 1;
const SEEN_CR: u8 = 2;
const SEEN_CRLF: u8 = 4;

/// The state between two pieces.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Newlines {
    /// `\r` and `\r\n` become `\n`.
    pub(super) translate: bool,
    /// A `\r` came last and was kept back: what follows decides what it is.
    pub(super) pending: bool,
    /// Which ends of lines have been seen.
    seen: u8,
}

impl Newlines {
    /// None before the first piece.
    pub(super) const fn new(translate: bool) -> Self {
        Self { translate, pending: false, seen: 0 }
    }

    /// The same, with or without a `\r` kept back.
    pub(super) const fn with_pending(self, pending: bool) -> Self {
        Self { pending, ..self }
    }

    /// The next piece of text (WTF-8) as it is to be handed on. Only the last piece may end in a lone `\r`.
    pub(super) fn push(&mut self, mut text: Vec<u8>, is_last: bool) -> Vec<u8> {
        if self.pending && (is_last || !text.is_empty()) {
            text.insert(0, b'\r');
            self.pending = false;
        }
        if !is_last && text.last() == Some(&b'\r') {
            text.pop();
            self.pending = true;
        }
        match memchr(b'\r', &text) {
            Some(first) => self.note_and_translate(&text, first),
            None => {
                if self.seen & SEEN_LF == 0 && memchr(b'\n', &text).is_some() {
                    self.seen |= SEEN_LF;
                }
                text
            }
        }
    }

    /// For text with its first `\r` at `first`.
    fn note_and_translate(&mut self, text: &[u8], first: usize) -> Vec<u8> {
        if memchr(b'\n', text.get(..first).unwrap_or_default()).is_some() {
            self.seen |= SEEN_LF;
        }
        let mut out = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = memchr2(b'\r', b'\n', rest) {
            let (line, tail) = rest.split_at(at);
            let (kind, length) = match tail {
                [b'\n', ..] => (SEEN_LF, 1),
                [_, b'\n', ..] => (SEEN_CRLF, 2),
                _ => (SEEN_CR, 1),
            };
            self.seen |= kind;
            out.extend_from_slice(line);
            let (end, tail) = tail.split_at(length);
            out.extend_from_slice(if self.translate { b"\n" } else { end });
            rest = tail;
        }
        out.extend_from_slice(rest);
        out
    }

    /// The ends of lines that have been seen, in the order in which `newlines` names them.
    pub(super) fn seen(self) -> impl Iterator<Item = &'static str> {
        [(SEEN_CR, "\r"), (SEEN_LF, "\n"), (SEEN_CRLF, "\r\n")]
            .into_iter()
            .filter(move |(bit, _)| self.seen & bit != 0)
            .map(|(_, text)| text)
    }
}
