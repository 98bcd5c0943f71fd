//! The continuation prompt inside the buffer: rustyline has none, so each newline is followed by four private characters
//! that are as wide as it and are painted as it. Everything outside the editor sees text without them.

/// What stands behind each newline of the buffer.
pub(super) const MARGIN: &str = "\u{10F701}\u{10F702}\u{10F703}\u{10F704}";

/// Whether a character belongs to a margin.
pub(super) fn is_margin(c: char) -> bool {
    ('\u{10F701}'..='\u{10F704}').contains(&c)
}

/// The text of a buffer, without margins, even broken ones.
pub(super) fn plain(buffer: &str) -> String {
    if buffer.contains(is_margin) { buffer.replace(is_margin, "") } else { buffer.to_owned() }
}

/// Text as the buffer holds it.
pub(super) fn with_margins(text: &str) -> String {
    let mut buffer = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            buffer.push('\n');
            buffer.push_str(MARGIN);
        }
        buffer.push_str(line);
    }
    buffer
}

fn first_length(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// A text and a cursor in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The text, without margins.
    pub(super) text: String,
    /// The byte that the cursor stands before.
    pub(super) position: usize,
}

impl Cursor {
    /// Of a buffer.
    pub(super) fn of_buffer(buffer: &str, position: usize) -> Self {
        let before = buffer.get(..position).unwrap_or(buffer);
        Self { text: plain(buffer), position: plain(before).len() }
    }

    /// The text before the cursor.
    pub(super) fn before(&self) -> &str {
        self.text.get(..self.position).unwrap_or(&self.text)
    }

    /// The text from the cursor on.
    pub(super) fn after(&self) -> &str {
        self.text.get(self.position..).unwrap_or_default()
    }

    /// The cursor's line up to the cursor.
    pub(super) fn row_before(&self) -> &str {
        let before = self.before();
        before.rsplit_once('\n').map_or(before, |(_, row)| row)
    }

    /// The cursor's line from the cursor on.
    pub(super) fn row_after(&self) -> &str {
        let after = self.after();
        after.split_once('\n').map_or(after, |(row, _)| row)
    }

    /// Where the cursor's line begins.
    pub(super) fn row_start(&self) -> usize {
        self.position - self.row_before().len()
    }

    /// The dotted name at the cursor, or the one whose call has just been opened; empty where there is none.
    pub(super) fn name(&self) -> String {
        let is_letter = |c: char| c.is_alphanumeric() || c == '_';
        let before = self.before().trim_end_matches(['(', ' ']);
        let is_inside = before.len() == self.before().len();
        let start = before.rfind(|c| !is_letter(c) && c != '.');
        let start = start.map_or(0, |at| at + before.get(at..).map_or(1, first_length));
        let head = before.get(start..).unwrap_or_default();
        let tail: String =
            self.after().chars().take_while(|c| is_inside && is_letter(*c)).collect();
        let name = format!("{head}{tail}");
        if name.starts_with(|c: char| c.is_numeric() || c == '.') || name.ends_with('.') {
            return String::new();
        }
        name
    }

    /// The same text with the cursor elsewhere.
    pub(super) fn moved(&self, position: usize) -> Self {
        Self { text: self.text.clone(), position }
    }

    /// With the `count` bytes before the cursor gone.
    pub(super) fn without_before(&self, count: usize) -> Self {
        let kept = self.position.saturating_sub(count);
        let head = self.text.get(..kept).unwrap_or_default();
        Self { text: format!("{head}{}", self.after()), position: kept }
    }

    /// With `end - start` bytes replaced, the cursor behind what is new.
    pub(super) fn replaced(&self, start: usize, end: usize, with: &str) -> Self {
        let head = self.text.get(..start).unwrap_or_default();
        let tail = self.text.get(end..).unwrap_or_default();
        Self { text: format!("{head}{with}{tail}"), position: start + with.len() }
    }

    /// As a buffer and a position in it.
    pub(super) fn to_buffer(&self) -> (String, usize) {
        let rows = self.before().matches('\n').count();
        (with_margins(&self.text), self.position + rows * MARGIN.len())
    }
}
