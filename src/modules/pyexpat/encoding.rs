//! A document's bytes made UTF-8: the encodings that need no library, and tables for those of one byte a character.

/// How bytes become characters.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Encoding {
    /// UTF-8, which is also what a document without declaration is in.
    Utf8,
    /// ASCII.
    Ascii,
    /// Latin-1.
    Latin1,
    /// UTF-16, the low byte first or last.
    Utf16 {
        /// Whether the high byte comes first.
        big: bool,
    },
    /// One byte a character; None where there is none.
    Table(Box<[Option<char>; 256]>),
}

/// What is behind the characters that could be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tail {
    /// Nothing.
    #[default]
    None,
    /// The beginning of a character.
    Partial,
    /// What is no character.
    Broken,
}

impl Encoding {
    /// The encoding with a name that needs no table. UTF-16 has its byte order from the document.
    pub(super) fn known(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().as_str() {
            "UTF-8" => Self::Utf8,
            "US-ASCII" => Self::Ascii,
            "ISO-8859-1" => Self::Latin1,
            "UTF-16" | "UTF-16BE" => Self::Utf16 { big: true },
            "UTF-16LE" => Self::Utf16 { big: false },
            _ => return None,
        })
    }

    /// Bytes that a character takes in a document.
    pub(super) fn width(&self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::Utf16 { .. } => 2 * c.len_utf16(),
            _ => 1,
        }
    }

    /// Moves characters from `raw` to the end of `text`: what is left.
    pub(super) fn decode(&self, raw: &mut Vec<u8>, text: &mut Vec<u8>) -> Tail {
        let mut buffer = [0; 4];
        match self {
            Self::Utf8 => {
                let (length, tail) = match std::str::from_utf8(raw) {
                    Ok(_) => (raw.len(), Tail::None),
                    Err(error) if error.error_len().is_none() => {
                        (error.valid_up_to(), Tail::Partial)
                    }
                    Err(error) => (error.valid_up_to(), Tail::Broken),
                };
                text.extend(raw.drain(..length));
                tail
            }
            Self::Utf16 { big } => {
                let units: Vec<u16> = raw
                    .chunks_exact(2)
                    .map(|pair| match pair {
                        [a, b] if *big => u16::from_be_bytes([*a, *b]),
                        [a, b] => u16::from_le_bytes([*a, *b]),
                        _ => 0,
                    })
                    .collect();
                let mut used = 0;
                let mut tail = if raw.len() % 2 == 1 { Tail::Partial } else { Tail::None };
                for unit in char::decode_utf16(units.iter().copied()) {
                    match unit {
                        Ok(c) => {
                            text.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
                            used += 2 * c.len_utf16();
                        }
                        Err(error) => {
                            let is_last = used + 2 >= raw.len() - raw.len() % 2;
                            let is_lead = (0xd800..0xdc00).contains(&error.unpaired_surrogate());
                            tail = if is_last && is_lead { Tail::Partial } else { Tail::Broken };
                            break;
                        }
                    }
                }
                raw.drain(..used);
                tail
            }
            _ => {
                let mut used = 0;
                let mut tail = Tail::None;
                for &byte in raw.iter() {
                    let c = match self {
                        Self::Table(table) => table.get(usize::from(byte)).copied().flatten(),
                        Self::Ascii if byte >= 0x80 => None,
                        _ => Some(char::from(byte)),
                    };
                    let Some(c) = c else {
                        tail = Tail::Broken;
                        break;
                    };
                    text.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
                    used += 1;
                }
                raw.drain(..used);
                tail
            }
        }
    }
}
