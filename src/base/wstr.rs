//! Text that may hold lone surrogates, kept as WTF-8 (UTF-8 that also encodes surrogates).

/// Owned text of Unicode code points, lone surrogates included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WString {
    bytes: Vec<u8>,
}

impl From<&str> for WString {
    fn from(text: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec() }
    }
}
