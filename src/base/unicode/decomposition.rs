//! Decomposition mappings, as the Unicode Character Database writes them: `"<compat> 0020 0308"`.

use std::collections::HashMap;
use std::sync::OnceLock;

static DATA: &str = include_str!("decompositions.txt");

/// The mapping of a character, `""` where it has none.
#[must_use]
pub fn decomposition(point: u32) -> &'static str {
    static INDEX: OnceLock<HashMap<u32, &'static str>> = OnceLock::new();
    let index = INDEX.get_or_init(|| {
        DATA.lines()
            .filter_map(|line| line.split_once(' '))
            .filter_map(|(point, mapping)| Some((u32::from_str_radix(point, 16).ok()?, mapping)))
            .collect()
    });
    index.get(&point).copied().unwrap_or_default()
}
