//! A list that a command shows: aligned columns for a person, JSON for a program.

use crate::console::sanitize;
use crate::history::quoted;
use crate::theme::{Tint, tinted};

/// A last column that is narrower is not broken into lines.
const LAST_MIN: usize = 20;
/// A column is not cut below this.
const COLUMN_MIN: usize = 12;

/// Rows under heads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    empty: &'static str,
    note: String,
}

impl Table {
    /// An empty list.
    pub(crate) fn new(heads: &[&'static str]) -> Self {
        Self { heads: heads.to_vec(), empty: "none", ..Self::default() }
    }

    /// What is said where there are no rows.
    pub(crate) fn or(mut self, empty: &'static str) -> Self {
        self.empty = empty;
        self
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// A line below the rows, for a person.
    pub(crate) fn note(&mut self, note: String) {
        self.note = note;
    }

    /// Aligned columns, numbers to the right, in a terminal's width: the last column goes on below itself, others are cut.
    pub(crate) fn text(&self, columns: usize, colors: bool) -> String {
        if self.rows.is_empty() {
            return format!("{}\n{}", self.empty, self.note_line());
        }
        let widths = self.widths(columns);
        let numbers: Vec<bool> = (0..self.heads.len())
            .map(|column| {
                let digits = |cell: &String| cell.chars().all(|c| c.is_ascii_digit());
                self.rows.iter().filter_map(|row| row.get(column)).all(digits)
            })
            .collect();
        let heads: Vec<String> = self.heads.iter().map(|head| (*head).to_owned()).collect();
        let mut out = line(&heads, &widths, &numbers, columns);
        if colors {
            out = format!("{}\n", tinted(Tint::Dim, out.trim_end()));
        }
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(|cell| sanitize(cell)).collect();
            out.push_str(&line(&cells, &widths, &numbers, columns));
        }
        out + &self.note_line()
    }

    fn note_line(&self) -> String {
        if self.note.is_empty() { String::new() } else { format!("{}\n", sanitize(&self.note)) }
    }

    /// How wide each column is: as wide as its widest cell, but the widest give up what does not fit.
    fn widths(&self, columns: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = (0..self.heads.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                let widest = cells.map(|cell| sanitize(cell).chars().count()).max().unwrap_or(0);
                widest.max(self.heads.get(column).map_or(0, |head| head.len()))
            })
            .collect();
        let Some((last, others)) = widths.split_last_mut() else { return widths };
        let used = |others: &[usize]| others.iter().map(|width| width + 2).sum::<usize>() + 2;
        let wanted = (*last).min(LAST_MIN);
        while used(others) + wanted > columns {
            match others.iter_mut().max() {
                Some(widest) if *widest > COLUMN_MIN => *widest -= 1,
                _ => break,
            }
        }
        widths
    }

    /// A list of objects, one a line.
    pub(crate) fn json(&self) -> String {
        let rows: Vec<String> = self
            .rows
            .iter()
            .map(|row| {
                let fields: Vec<String> = self
                    .heads
                    .iter()
                    .zip(row)
                    .map(|(head, cell)| format!("{}: {}", quoted(head), value(cell)))
                    .collect();
                format!("  {{{}}}", fields.join(", "))
            })
            .collect();
        if rows.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", rows.join(",\n")) }
    }
}

/// A row as one line or more.
fn line(cells: &[String], widths: &[usize], numbers: &[bool], columns: usize) -> String {
    let mut out = String::from("  ");
    let last = cells.len().saturating_sub(1);
    for (column, cell) in cells.iter().enumerate() {
        let width = widths.get(column).copied().unwrap_or(0);
        if column == last && width != 0 {
            let indent = out.chars().count();
            let room = columns.saturating_sub(indent);
            if cell.chars().count() > room && room >= LAST_MIN {
                out.push_str(&wrapped(cell, room).join(&format!("\n{}", " ".repeat(indent))));
                continue;
            }
        }
        let cell = cut(cell, width);
        if numbers.get(column).copied().unwrap_or(false) {
            out.push_str(&format!("{cell:>width$}  "));
        } else {
            out.push_str(&format!("{cell:<width$}  "));
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// A text that is not wider than this: what does not fit is left out.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// A text over lines of this width, broken at blanks where there are some.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let mut word = word.to_owned();
        let used = line.chars().count();
        if used > 0 && used + 1 + word.chars().count() <= width {
            line.push(' ');
        } else if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        // A word that is wider than a line is broken.
        while line.chars().count() + word.chars().count() > width {
            let rest =
                word.split_off(word.char_indices().nth(width).map_or(word.len(), |(at, _)| at));
            if rest.is_empty() {
                break;
            }
            lines.push(std::mem::replace(&mut word, rest));
        }
        line.push_str(&word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Items beside each other behind a head, in as many lines as they take; those behind the first stand below the first item.
pub(crate) fn packed(head: &str, items: &[String], gap: &str, columns: usize) -> String {
    let indent = head.chars().count();
    let mut out = head.to_owned();
    let mut used = indent;
    for (index, item) in items.iter().enumerate() {
        let width = item.chars().count();
        if index > 0 {
            if used + gap.chars().count() + width > columns {
                out.truncate(out.trim_end().len());
                out.push_str(&format!("\n{}", " ".repeat(indent)));
                used = indent;
            } else {
                out.push_str(gap);
                used += gap.chars().count();
            }
        }
        out.push_str(item);
        used += width;
    }
    out.truncate(out.trim_end().len());
    out + "\n"
}

/// A cell as JSON: numbers as such.
fn value(cell: &str) -> String {
    let number = cell == "0"
        || (!cell.is_empty() && !cell.starts_with('0') && cell.chars().all(|c| c.is_ascii_digit()));
    if number && cell.len() < 16 { cell.to_owned() } else { quoted(cell) }
}
