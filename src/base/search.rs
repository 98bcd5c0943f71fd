//! Substring search over units of one, two or four bytes: linear in the worst case, fast in the usual one.

/// One character of a text, as it is stored.
pub trait Unit: Copy + Eq + Ord + 'static {
    /// The code point.
    fn point(self) -> u32;
    /// The unit of a code point, if it is wide enough.
    fn from_point(point: u32) -> Option<Self>;
    /// Where `needle`, which is not empty, is first found.
    fn find(text: &[Self], needle: &[Self]) -> Option<usize> {
        find_generic(text, needle)
    }
    /// Where `needle`, which is not empty, is last found.
    fn rfind(text: &[Self], needle: &[Self]) -> Option<usize> {
        rfind_generic(text, needle)
    }
    /// Where one unit is first found.
    fn find_one(text: &[Self], unit: Self) -> Option<usize> {
        text.iter().position(|&u| u == unit)
    }
    /// Where one unit is last found.
    fn rfind_one(text: &[Self], unit: Self) -> Option<usize> {
        text.iter().rposition(|&u| u == unit)
    }
    /// Calls `see` with the places of `needle`, which is not empty, without overlaps, `max` times at most, as long as it is true.
    fn matches(text: &[Self], needle: &[Self], max: usize, see: &mut dyn FnMut(usize) -> bool) {
        matches_generic(text, needle, max, see);
    }
    /// How often one unit is there.
    fn count_one(text: &[Self], unit: Self) -> usize {
        text.iter().filter(|&&u| u == unit).count()
    }
}

/// The longest text that is searched without preparation.
const SHORT: usize = 1 << 9;

/// Looks at every place where the first byte stands.
fn find_short(text: &[u8], first: u8, needle: &[u8]) -> Option<usize> {
    let last = text.len().checked_sub(needle.len())?;
    let starts = text.get(..=last)?;
    memchr::memchr_iter(first, starts).find(|&at| text[at..].starts_with(needle))
}

/// After a match, how many places are looked at one by one before the next search.
const NEAR: usize = 8;

/// Matches without overlaps. Where they stand close to each other, starting a search for each would cost more than looking.
fn dense_matches(text: &[u8], needle: &[u8], max: usize, see: &mut dyn FnMut(usize) -> bool) {
    let finder = memchr::memmem::Finder::new(needle);
    let mut from = 0;
    for nth in 0..max {
        let Some(rest) = text.get(from..) else { return };
        let is_match = |at: &usize| {
            rest.get(*at..)
                .is_some_and(|here| here.first() == needle.first() && here.starts_with(needle))
        };
        let close = if nth > 0 { (0..NEAR).find(is_match) } else { None };
        let found = match close {
            Some(at) => Some(at),
            None if nth > 0 => {
                let beyond = rest.get(NEAR..).and_then(|beyond| finder.find(beyond));
                beyond.map(|at| NEAR + at)
            }
            None => finder.find(rest),
        };
        let Some(at) = found else { return };
        if !see(from + at) {
            return;
        }
        from += at + needle.len();
    }
}

impl Unit for u8 {
    #[inline]
    fn point(self) -> u32 {
        u32::from(self)
    }
    #[inline]
    fn from_point(point: u32) -> Option<Self> {
        Self::try_from(point).ok()
    }
    fn find(text: &[Self], needle: &[Self]) -> Option<usize> {
        match needle {
            [unit] => memchr::memchr(*unit, text),
            // Preparing a search costs more than a short text does.
            [first, ..] if text.len() <= SHORT => find_short(text, *first, needle),
            _ => memchr::memmem::find(text, needle),
        }
    }
    fn rfind(text: &[Self], needle: &[Self]) -> Option<usize> {
        match needle {
            [unit] => memchr::memrchr(*unit, text),
            _ => memchr::memmem::rfind(text, needle),
        }
    }
    fn find_one(text: &[Self], unit: Self) -> Option<usize> {
        memchr::memchr(unit, text)
    }
    fn rfind_one(text: &[Self], unit: Self) -> Option<usize> {
        memchr::memrchr(unit, text)
    }
    fn matches(text: &[Self], needle: &[Self], max: usize, see: &mut dyn FnMut(usize) -> bool) {
        match needle {
            [unit] => {
                let _ = memchr::memchr_iter(*unit, text).take(max).all(see);
            }
            _ => dense_matches(text, needle, max, see),
        }
    }
    fn count_one(text: &[Self], unit: Self) -> usize {
        memchr::memchr_iter(unit, text).count()
    }
}

impl Unit for u16 {
    #[inline]
    fn point(self) -> u32 {
        u32::from(self)
    }
    #[inline]
    fn from_point(point: u32) -> Option<Self> {
        Self::try_from(point).ok()
    }
}

impl Unit for u32 {
    #[inline]
    fn point(self) -> u32 {
        self
    }
    #[inline]
    fn from_point(point: u32) -> Option<Self> {
        Some(point)
    }
}

/// How often `needle`, which is not empty, is found in `text` without overlaps, `max` times at most, as long as it is true.
pub fn count<T: Unit>(text: &[T], needle: &[T], max: usize) -> usize {
    if let [unit] = needle
        && max == usize::MAX
    {
        return T::count_one(text, *unit);
    }
    let mut found = 0;
    T::matches(text, needle, max, &mut |_| {
        found += 1;
        true
    });
    found
}

fn matches_generic<T: Unit>(
    text: &[T],
    needle: &[T],
    max: usize,
    see: &mut dyn FnMut(usize) -> bool,
) {
    let mut from = 0;
    for _ in 0..max {
        let Some(rest) = text.get(from..) else { return };
        let found = match needle {
            [unit] => T::find_one(rest, *unit),
            _ => T::find(rest, needle),
        };
        let Some(at) = found else { return };
        if !see(from + at) {
            return;
        }
        from += at + needle.len();
    }
}

fn find_generic<T: Unit>(text: &[T], needle: &[T]) -> Option<usize> {
    search(needle.len(), text.len(), |n, t| needle[n] == text[t], |a, b| needle[a] == needle[b])
}

fn rfind_generic<T: Unit>(text: &[T], needle: &[T]) -> Option<usize> {
    let (n_last, t_last) = (needle.len().checked_sub(1)?, text.len().checked_sub(1)?);
    let found = search(
        needle.len(),
        text.len(),
        |n, t| needle[n_last - n] == text[t_last - t],
        |a, b| needle[n_last - a] == needle[n_last - b],
    )?;
    Some(text.len() - found - needle.len())
}

/// A plain search that gives way to Knuth, Morris and Pratt's when it has compared more than a few times the text.
fn search(
    needle_len: usize,
    text_len: usize,
    same: impl Fn(usize, usize) -> bool,
    same_in_needle: impl Fn(usize, usize) -> bool,
) -> Option<usize> {
    if needle_len == 0 || needle_len > text_len {
        return None;
    }
    let mut spent = 0;
    for start in 0..=text_len - needle_len {
        if !same(0, start) || !same(needle_len - 1, start + needle_len - 1) {
            continue;
        }
        let matched = (1..needle_len).take_while(|&n| same(n, start + n)).count() + 1;
        if matched == needle_len {
            return Some(start);
        }
        spent += matched;
        if spent > 4 * (start + needle_len) + 64 {
            let from = start + 1;
            let table = failure_table(needle_len, &same_in_needle);
            let found = with_table(text_len - from, &table, |n, t| same(n, from + t));
            return found.map(|at| from + at);
        }
    }
    None
}

/// For each prefix of the needle the length of its longest proper border.
fn failure_table(needle_len: usize, same_in_needle: &impl Fn(usize, usize) -> bool) -> Vec<usize> {
    let mut table = vec![0; needle_len];
    let mut border = 0;
    for at in 1..needle_len {
        while border > 0 && !same_in_needle(at, border) {
            border = table[border - 1];
        }
        if same_in_needle(at, border) {
            border += 1;
        }
        table[at] = border;
    }
    table
}

fn with_table(
    text_len: usize,
    table: &[usize],
    same: impl Fn(usize, usize) -> bool,
) -> Option<usize> {
    let mut matched = 0;
    for at in 0..text_len {
        while matched > 0 && !same(matched, at) {
            matched = table[matched - 1];
        }
        if same(matched, at) {
            matched += 1;
        }
        if matched == table.len() {
            return Some(at + 1 - table.len());
        }
    }
    None
}
