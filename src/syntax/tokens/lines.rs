//! A text's lines, and where its places are.

use super::Position;

/// The text with plain newlines, and which of its lines ended in `\r\n`.
pub(super) struct Lines {
    pub(super) text: String,
    pub(super) starts: Vec<usize>,
    carriage_returns: Vec<bool>,
}

impl Lines {
    pub(super) fn new(original: &str) -> Self {
        let mut lines = Self {
            text: String::with_capacity(original.len()),
            starts: vec![0],
            carriage_returns: Vec::new(),
        };
        for line in original.split_inclusive('\n') {
            let body = line.strip_suffix("\r\n");
            lines.carriage_returns.push(body.is_some());
            lines.text.push_str(body.unwrap_or(line));
            if body.is_some() {
                lines.text.push('\n');
            }
            if line.ends_with('\n') {
                lines.starts.push(lines.text.len());
            }
        }
        lines
    }

    pub(super) fn get(&self, start: usize, end: usize) -> &str {
        self.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    /// The line (from 1) that holds a place.
    pub(super) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|&start| start <= at)
    }

    pub(super) fn line_start(&self, at: usize) -> usize {
        self.starts.get(self.line(at) - 1).copied().unwrap_or(0)
    }

    pub(super) fn position(&self, at: usize) -> Position {
        (self.line(at), self.get(self.line_start(at), at).chars().count())
    }

    /// The text as the file has it.
    pub(super) fn original(&self, start: usize, end: usize) -> String {
        let text = self.get(start, end);
        let first = self.line(start) - 1;
        let mut shown = String::with_capacity(text.len() + 2);
        for (index, line) in text.split_inclusive('\n').enumerate() {
            match line.strip_suffix('\n') {
                Some(body) if self.carriage_returns.get(first + index) == Some(&true) => {
                    shown.push_str(body);
                    shown.push_str("\r\n");
                }
                _ => shown.push_str(line),
            }
        }
        shown
    }

    /// The lines that a token from `start` to `end` stands on, as the file has them.
    pub(super) fn around(&self, start: usize, end: usize) -> String {
        let next = self.starts.get(self.line(end)).copied().unwrap_or(self.text.len());
        self.original(self.line_start(start), next)
    }

    /// Whether the line that holds a place ended in `\r\n`.
    pub(super) fn has_carriage_return(&self, at: usize) -> bool {
        self.carriage_returns.get(self.line(at) - 1) == Some(&true)
    }
}
