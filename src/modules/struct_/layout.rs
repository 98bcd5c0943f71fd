//! A format's text as a row of fields.

use std::cell::RefCell;
use std::sync::Arc;

/// A field: `count` values of one code, or one value of `count` bytes for `s` and `p`, or `count` bytes skipped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) code: u8,
    pub(super) count: usize,
    /// Bytes of one value.
    pub(super) size: usize,
    pub(super) offset: usize,
}

/// A parsed format.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) fields: Vec<Field>,
    pub(super) size: usize,
    pub(super) values: usize,
    pub(super) big_endian: bool,
}

/// Size of a code's value and whether native alignment applies to it; None for what is no code.
fn size_of_code(code: u8, native: bool) -> Option<usize> {
    Some(match code {
        b'x' | b'c' | b'b' | b'B' | b'?' | b's' | b'p' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'f' => 4,
        b'l' | b'L' => {
            if native {
                8
            } else {
                4
            }
        }
        b'q' | b'Q' | b'd' | b'F' => 8,
        b'D' => 16,
        b'n' | b'N' | b'P' if native => 8,
        _ => return None,
    })
}

const TOO_LONG: &str = "total struct size too long";

/// How many formats are remembered.
const REMEMBERED: usize = 32;
/// The longest format that is remembered.
const LENGTH_MAX: usize = 64;

/// A format's text and what it stands for.
type Remembered = Option<(Box<[u8]>, Arc<Layout>)>;

thread_local! {
    /// The formats used last, each at the place that its text gives it.
    static FORMATS: RefCell<[Remembered; REMEMBERED]> = const { RefCell::new([const { None }; REMEMBERED]) };
}

/// The place of a format among those that are remembered.
fn place_of(format: &[u8]) -> usize {
    let mix = |sum: usize, &byte: &u8| sum.wrapping_mul(31).wrapping_add(usize::from(byte));
    format.iter().fold(format.len(), mix) % REMEMBERED
}

impl Layout {
    /// The layout of a format: remembered, or parsed now.
    pub(super) fn known(format: &[u8]) -> Result<Arc<Self>, &'static str> {
        if format.len() > LENGTH_MAX {
            return Self::parse(format).map(Arc::new);
        }
        let place = place_of(format);
        FORMATS.with_borrow_mut(|formats| match &formats[place] {
            Some((text, layout)) if **text == *format => Ok(Arc::clone(layout)),
            _ => {
                let layout = Arc::new(Self::parse(format)?);
                formats[place] = Some((format.into(), Arc::clone(&layout)));
                Ok(layout)
            }
        })
    }

    /// Parses a format.
    fn parse(format: &[u8]) -> Result<Self, &'static str> {
        let (native, big_endian, rest) = match format {
            [b'<', rest @ ..] => (false, false, rest),
            [b'>' | b'!', rest @ ..] => (false, true, rest),
            [b'=', rest @ ..] => (false, cfg!(target_endian = "big"), rest),
            [b'@', rest @ ..] => (true, cfg!(target_endian = "big"), rest),
            rest => (true, cfg!(target_endian = "big"), rest),
        };
        let mut this = Self { fields: Vec::new(), size: 0, values: 0, big_endian };
        let mut bytes = rest.iter().copied().peekable();
        if rest.contains(&0) {
            return Err("embedded null character");
        }
        while let Some(byte) = bytes.next() {
            if byte.is_ascii_whitespace() || byte == 0x0b {
                continue;
            }
            let mut code = byte;
            let mut count = 1usize;
            if byte.is_ascii_digit() {
                count = usize::from(byte - b'0');
                while let Some(digit) = bytes.next_if(u8::is_ascii_digit) {
                    count = count
                        .checked_mul(10)
                        .and_then(|count| count.checked_add(usize::from(digit - b'0')))
                        .filter(|&count| count <= isize::MAX as usize)
                        .ok_or(TOO_LONG)?;
                }
                code = bytes.next().ok_or("repeat count given without format specifier")?;
            }
            let size = size_of_code(code, native).ok_or("bad char in struct format")?;
            let align = if native { size.min(8) } else { 1 };
            let align = if matches!(code, b'F') && native { 4 } else { align };
            let offset = self_aligned(this.size, align)?;
            let end = size.checked_mul(count).and_then(|bytes| bytes.checked_add(offset));
            this.size = end.filter(|&end| end <= isize::MAX as usize).ok_or(TOO_LONG)?;
            match code {
                b'x' => continue,
                b's' | b'p' => this.values += 1,
                _ => this.values += count,
            }
            this.fields.push(Field { code, count, size, offset });
        }
        Ok(this)
    }
}

fn self_aligned(offset: usize, align: usize) -> Result<usize, &'static str> {
    offset.checked_next_multiple_of(align).ok_or(TOO_LONG)
}
