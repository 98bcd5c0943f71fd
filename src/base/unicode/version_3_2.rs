//! What Unicode 3.2 says otherwise than the version of the tables: the version of the internationalised host names.
//!
//! `version_3_2.txt` has a line for each run of characters that differ in the same way: `first..last`, then `-` for
//! characters that 3.2 doesn't have, or category, bidirectional class, mirrored, width, decimal and numeric value as 3.2 has
//! them, with `=` for what is the same.

use std::sync::OnceLock;

static DATA: &str = include_str!("version_3_2.txt");

/// How a run of characters was in Unicode 3.2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Difference {
    /// They are not in that version.
    Unassigned,
    /// What differs, each without a value where it is the same.
    Changed(Changes),
}

/// The properties of a character that were others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Changes {
    /// The general category.
    pub category: Option<&'static str>,
    /// The bidirectional class.
    pub bidirectional: Option<&'static str>,
    /// Whether it is mirrored.
    pub mirrored: Option<bool>,
    /// The east asian width.
    pub width: Option<&'static str>,
    /// The decimal value; inside, none where it had none.
    pub decimal: Option<Option<u8>>,
    /// The numeric value; inside, none where it had none.
    pub numeric: Option<Option<f64>>,
}

struct Run {
    first: u32,
    last: u32,
    difference: Difference,
}

fn parse(line: &'static str) -> Option<Run> {
    let (range, rest) = line.split_once(' ')?;
    let (first, last) = range.split_once("..").unwrap_or((range, range));
    let point = |text| u32::from_str_radix(text, 16).ok();
    let difference = if rest == "-" {
        Difference::Unassigned
    } else {
        let mut columns = rest.split(' ').map(|column| (column != "=").then_some(column));
        let mut next = || columns.next().flatten();
        Difference::Changed(Changes {
            category: next(),
            bidirectional: next(),
            mirrored: next().map(|column| column == "1"),
            width: next(),
            decimal: next().map(|column| column.parse().ok()),
            numeric: next().map(|column| column.parse().ok()),
        })
    };
    Some(Run { first: point(first)?, last: point(last)?, difference })
}

/// How the character was, if otherwise than now.
#[must_use]
pub fn difference(point: u32) -> Option<Difference> {
    static RUNS: OnceLock<Vec<Run>> = OnceLock::new();
    let runs = RUNS.get_or_init(|| DATA.lines().filter_map(parse).collect());
    let run = runs.get(runs.partition_point(|run| run.last < point))?;
    (run.first <= point).then_some(run.difference)
}

/// Whether the character was in that version.
#[must_use]
pub fn is_assigned(point: u32) -> bool {
    difference(point) != Some(Difference::Unassigned) && super::category(point) != "Cn"
}

/// The decompositions that were wrong in that version and were corrected later.
#[must_use]
pub fn corrected_decomposition(point: u32) -> Option<u32> {
    Some(match point {
        0x2f868 => 0x2136a,
        0x2f874 => 0x5f33,
        0x2f91f => 0x43ab,
        0x2f95f => 0x7aae,
        0x2f9bf => 0x4d57,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_has_less_characters() {
        assert_eq!(difference(0x221), Some(Difference::Unassigned));
        assert!(!is_assigned(0x1f600) && is_assigned(0x41) && !is_assigned(0x378));
    }

    #[test]
    fn what_changed_later_is_as_it_was() {
        let Some(Difference::Changed(superscript)) = difference(0xb2) else {
            panic!("SUPERSCRIPT TWO had a decimal value");
        };
        assert_eq!(superscript.decimal, Some(Some(2)));
        assert_eq!(superscript.category, None);
    }
}
