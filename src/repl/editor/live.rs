//! A character typed at the end of the buffer, in its colours, without drawing the whole buffer anew: the cursor's line alone
//! is written again, up to the character, which the editor itself then writes in the colour that was left open.

use std::collections::HashSet;

use syntax::highlight::{Class, highlight};

use super::{margin, paint};
use crate::theme::RESET;

/// What was drawn last.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// The buffer as it was when the editor last drew or was asked to.
    seen: String,
    /// Where the last line begins in the buffer, behind its margin.
    row: usize,
    /// The last line can be coloured by itself: no string and no bracket is open before it.
    is_apart: Option<bool>,
    /// The columns before the line's text.
    margin: usize,
    prompt: usize,
    /// A colour is open on the terminal.
    is_open: bool,
    /// Something stands behind the buffer: the editor draws everything itself.
    pub(super) has_hint: bool,
    /// The last drawing has a hint behind the buffer.
    pub(super) shows_hint: bool,
}

impl Live {
    /// A new input begins behind a prompt.
    pub(super) fn begin(&mut self, prompt: &str) {
        let width = if prompt.is_ascii() { prompt.len() } else { usize::MAX / 2 };
        *self = Self { prompt: width, margin: width, ..Self::default() };
    }

    /// The input is done.
    pub(super) fn end(&mut self) {
        if std::mem::take(&mut self.is_open) {
            write(RESET);
        }
    }

    /// The drawing that follows closes the colour.
    pub(super) fn closed(&mut self) {
        self.is_open = false;
    }

    /// The editor draws the whole buffer.
    pub(super) fn drawn(&mut self, buffer: &str) {
        if self.seen == buffer {
            return;
        }
        buffer.clone_into(&mut self.seen);
        let row = buffer.rfind('\n').map_or(0, |at| at + 1);
        let behind = buffer.get(row..).unwrap_or_default();
        self.row = row + behind.len() - behind.trim_start_matches(margin::is_margin).len();
        self.margin = if row == 0 { self.prompt } else { 4 };
        self.is_apart = None;
    }

    /// Whether a buffer is what was seen and one character more.
    pub(super) fn has_grown_to(&self, buffer: &str) -> bool {
        let new = buffer.strip_prefix(self.seen.as_str());
        new.is_some_and(|new| new.chars().nth(1).is_none() && !new.is_empty())
    }

    /// Prepares the terminal for the one character by which `buffer` grew, if that is all that happened. False when the whole
    /// buffer has to be drawn.
    pub(super) fn typed(&mut self, buffer: &str, builtins: &HashSet<String>) -> bool {
        let Some(new) = buffer.strip_prefix(self.seen.as_str()).filter(|new| new.len() == 1) else {
            return false;
        };
        let Some(row) = buffer.get(self.row..) else { return false };
        let fits = self.margin + row.len() + 1 < crate::console::columns();
        let printable = row.bytes().all(|byte| (b' '..0x7f).contains(&byte));
        if !fits || !printable {
            return false;
        }
        let head = buffer.get(..self.row).unwrap_or_default();
        if !*self.is_apart.get_or_insert_with(|| is_apart(&margin::plain(head))) {
            return false;
        }
        let before = row.strip_suffix(new).unwrap_or_default();
        let is_command = self.row == 0 && super::enter::is_command(row);
        let was_command = self.row == 0 && super::enter::is_command(before);
        let (old, now) =
            (colours(before, was_command, builtins), colours(row, is_command, builtins));
        let (Some(old), Some(now)) = (old, now) else { return false };
        let mut out = String::new();
        if std::mem::take(&mut self.is_open) {
            out.push_str(RESET);
        }
        // What has other colours now, up to the new character, is written again.
        let same = old.iter().zip(&now).take_while(|(old, now)| old == now).count();
        if same < before.len() {
            out.push_str(&format!("\x1b[{}D", before.len() - same));
        }
        let mut open = "";
        for (index, colour) in now.iter().enumerate().skip(same) {
            if *colour != open {
                out.push_str(if open.is_empty() { "" } else { RESET });
                out.push_str(colour);
                open = colour;
            }
            if index < before.len() {
                out.push_str(row.get(index..=index).unwrap_or_default());
            }
        }
        self.is_open = !open.is_empty();
        self.seen.push_str(new);
        if !out.is_empty() {
            write(&out);
        }
        true
    }
}

/// The colour of each character of a line; None where a bracket's partner is elsewhere.
fn colours(row: &str, is_command: bool, builtins: &HashSet<String>) -> Option<Vec<&'static str>> {
    let mut colours = vec![""; row.len()];
    if is_command {
        return Some(colours);
    }
    let spans = highlight(row);
    if !paint::unmatched(row, &spans).is_empty() {
        return None;
    }
    for span in spans {
        let (start, end) = (span.span.start as usize, span.span.end as usize);
        let piece = row.get(start..end)?;
        if let Some(tint) = paint::tint(span.class, piece, builtins) {
            colours.get_mut(start..end)?.fill(tint.start());
        }
    }
    Some(colours)
}

/// Whether nothing of a text reaches into the line behind it.
fn is_apart(text: &str) -> bool {
    let mut depth = 0_usize;
    for span in highlight(text) {
        let (start, end) = (span.span.start as usize, span.span.end as usize);
        let piece = text.get(start..end).unwrap_or_default();
        match (span.class, piece) {
            (Class::String | Class::Error, _) if end >= text.len() => return false,
            (Class::String | Class::Comment, _) => {}
            (_, "(" | "[" | "{") => depth += 1,
            (_, ")" | "]" | "}") => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    text.is_empty() || depth == 0 && !text.ends_with("\\\n")
}

/// Writes to the terminal past the editor.
pub(super) fn write(text: &str) {
    let mut bytes = text.as_bytes();
    while !bytes.is_empty() {
        match rustix::io::write(rustix::stdio::stdout(), bytes) {
            Ok(count @ 1..) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            // A terminal that is gone shows nothing.
            _ => return,
        }
    }
}
