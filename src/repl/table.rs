//! A list that a command shows: aligned columns for a person, JSON for a program.

use crate::history::quoted;

/// Rows under heads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty list.
    pub(crate) fn new(heads: &[&'static str]) -> Self {
        Self { heads: heads.to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// Aligned columns; numbers to the right.
    pub(crate) fn text(&self) -> String {
        let widths: Vec<usize> = (0..self.heads.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
                widest.max(self.heads.get(column).map_or(0, |head| head.len()))
            })
            .collect();
        let numbers: Vec<bool> = (0..self.heads.len())
            .map(|column| {
                let digits = |cell: &String| cell.chars().all(|c| c.is_ascii_digit());
                self.rows.iter().filter_map(|row| row.get(column)).all(digits)
            })
            .collect();
        let mut out = String::new();
        let heads: Vec<String> = self.heads.iter().map(|head| (*head).to_owned()).collect();
        for (index, row) in std::iter::once(&heads).chain(&self.rows).enumerate() {
            let mut line = String::from("  ");
            for (column, cell) in row.iter().enumerate() {
                let width = widths.get(column).copied().unwrap_or(0);
                if index > 0 && numbers.get(column).copied().unwrap_or(false) {
                    line.push_str(&format!("{cell:>width$}  "));
                } else {
                    line.push_str(&format!("{cell:<width$}  "));
                }
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
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

/// A cell as JSON: numbers as such.
fn value(cell: &str) -> String {
    let number = cell == "0"
        || (!cell.is_empty() && !cell.starts_with('0') && cell.chars().all(|c| c.is_ascii_digit()));
    if number && cell.len() < 16 { cell.to_owned() } else { quoted(cell) }
}
