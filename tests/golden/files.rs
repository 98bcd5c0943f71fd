//! What every kind of golden needs: the cases of a folder, and where two texts differ first.

use std::path::{Path, PathBuf};

/// The programs of a folder, in order.
pub(crate) fn cases(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .collect();
    files.sort();
    files
}

/// The first line in which two texts differ.
pub(crate) fn first_difference(expected: &str, got: &str) -> Option<String> {
    if expected == got {
        return None;
    }
    let (mut left, mut right) = (expected.split('\n'), got.split('\n'));
    for line in 1_usize.. {
        match (left.next(), right.next()) {
            (None, None) => break,
            (left, right) if left != right => {
                let (left, right) = (left.unwrap_or("(the end)"), right.unwrap_or("(the end)"));
                return Some(format!("line {line}\n  expected {left}\n  got      {right}"));
            }
            _ => {}
        }
    }
    Some("differs".to_owned())
}
