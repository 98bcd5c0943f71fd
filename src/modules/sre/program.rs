//! A compiled pattern: its words, and what can be known about one character before matching.

use std::cell::{Cell, OnceCell};

use base::unicode;

use super::engine::Entry;
use super::opening::Opening;
use super::words::{
    ANY, ANY_ALL, BIGCHARSET, CATEGORY, CHARSET, FAILURE, IN, IN_IGNORE, IN_LOC_IGNORE,
    IN_UNI_IGNORE, INFO, LITERAL, LITERAL_IGNORE, LITERAL_LOC_IGNORE, LITERAL_UNI_IGNORE, NEGATE,
    NOT_LITERAL, NOT_LITERAL_IGNORE, NOT_LITERAL_LOC_IGNORE, NOT_LITERAL_UNI_IGNORE, RANGE,
    RANGE_UNI_IGNORE, category,
};

/// How many characters are searched through before it is worth while to find out what matches begin with.
const SEARCHED_MIN: usize = 128;

/// For the characters below 256: whether they are in a set.
type Bitmap = [u64; 4];

/// The words of a pattern with the sets of its `IN` words worked out for the characters below 256.
pub(super) struct Program {
    pub(super) code: Vec<u32>,
    /// For each word: the number of its bitmap plus one, where it is an `IN`.
    set_at: Vec<u32>,
    /// Worked out when a set is first asked: many a pattern is compiled and hardly used.
    bitmaps: Vec<OnceCell<Bitmap>>,
    opening: OnceCell<Option<Box<Opening>>>,
    /// How many characters were searched through before that was worked out.
    searched: Cell<usize>,
    /// The stack of the last match, for the next one.
    pub(super) stack: Cell<Vec<Entry>>,
}

impl Program {
    pub(super) fn new(code: Vec<u32>) -> Self {
        let mut program = Self {
            set_at: vec![0; code.len()],
            bitmaps: Vec::new(),
            opening: OnceCell::new(),
            searched: Cell::new(0),
            stack: Cell::default(),
            code,
        };
        program.find_sets();
        program
    }

    /// The word at `at`; beyond the end a failure, so that no program can lead out of its bounds.
    #[inline]
    pub(super) fn word(&self, at: usize) -> u32 {
        self.code.get(at).copied().unwrap_or(FAILURE)
    }

    /// Where the skip word at `at` leads.
    #[inline]
    pub(super) fn skip(&self, at: usize) -> usize {
        at.saturating_add(self.word(at) as usize)
    }

    fn bitmap(&self, has: impl Fn(u32) -> bool) -> Bitmap {
        let mut bitmap = [0; 4];
        for point in (0..256_u32).filter(|&point| has(point)) {
            bitmap[(point >> 6) as usize] |= 1 << (point & 63);
        }
        bitmap
    }

    /// What a match begins with, for a search through `length` characters; None when nothing is known, or not yet: a pattern
    /// that has hardly been used is not looked through.
    #[inline]
    pub(super) fn opening(&self, length: usize) -> Option<&Opening> {
        if let Some(opening) = self.opening.get() {
            return opening.as_deref();
        }
        let searched = self.searched.get().saturating_add(length);
        self.searched.set(searched);
        if searched < SEARCHED_MIN {
            return None;
        }
        self.opening.get_or_init(|| Opening::of(self)).as_deref()
    }

    /// Notes the sets. Words that only look like an `IN`, as operands do, get a bitmap that is not used.
    fn find_sets(&mut self) {
        for at in 0..self.code.len() {
            let is_set = matches!(self.word(at), IN | IN_IGNORE | IN_LOC_IGNORE | IN_UNI_IGNORE);
            let length = self.word(at + 1) as usize;
            if !is_set || length < 2 || at + 1 + length > self.code.len() {
                continue;
            }
            self.bitmaps.push(OnceCell::new());
            self.set_at[at] = u32::try_from(self.bitmaps.len()).unwrap_or(0);
        }
    }

    /// Whether the one-character word at `at` matches `point`.
    #[inline]
    pub(super) fn matches_one(&self, at: usize, point: u32) -> bool {
        match self.word(at) {
            LITERAL => point == self.word(at + 1),
            IN | IN_IGNORE | IN_LOC_IGNORE | IN_UNI_IGNORE => self.in_set(at, point),
            ANY => point != 10,
            ANY_ALL => true,
            NOT_LITERAL => point != self.word(at + 1),
            other => self.matches_rare(other, at, point),
        }
    }

    fn matches_rare(&self, op: u32, at: usize, point: u32) -> bool {
        let wanted = self.word(at + 1);
        match op {
            LITERAL_IGNORE => lower_ascii(point) == wanted,
            LITERAL_LOC_IGNORE => same_in_locale(wanted, point),
            LITERAL_UNI_IGNORE => unicode::simple_lower(point) == wanted,
            NOT_LITERAL_IGNORE => lower_ascii(point) != wanted,
            NOT_LITERAL_LOC_IGNORE => !same_in_locale(wanted, point),
            NOT_LITERAL_UNI_IGNORE => unicode::simple_lower(point) != wanted,
            CATEGORY => in_category(wanted, point),
            _ => false,
        }
    }

    #[inline]
    fn in_set(&self, at: usize, point: u32) -> bool {
        if point < 256
            && let Some(nth) = self.set_at.get(at).and_then(|nth| nth.checked_sub(1))
            && let Some(bitmap) = self.bitmaps.get(nth as usize)
        {
            let bitmap = bitmap.get_or_init(|| self.bitmap(|point| self.in_set_slow(at, point)));
            return bitmap[(point >> 6) as usize] >> (point & 63) & 1 != 0;
        }
        self.in_set_slow(at, point)
    }

    fn in_set_slow(&self, at: usize, point: u32) -> bool {
        let set = at + 2;
        match self.word(at) {
            IN => self.charset(set, point),
            IN_IGNORE => self.charset(set, lower_ascii(point)),
            IN_UNI_IGNORE => self.charset(set, unicode::simple_lower(point)),
            _ => {
                let lower = lower_ascii(point);
                let upper = if lower.is_ascii_letter() { lower & !0x20 } else { lower };
                self.charset_of(set, [lower, upper])
            }
        }
    }

    /// Whether the set whose words begin at `at` has `point`.
    pub(super) fn charset(&self, at: usize, point: u32) -> bool {
        self.charset_of(at, [point])
    }

    /// Whether the set has one of the points, which stand for the same character: a negated set has it if no item is one of
    /// them.
    fn charset_of<const N: usize>(&self, mut at: usize, points: [u32; N]) -> bool {
        let any = |test: &dyn Fn(u32) -> bool| points.into_iter().any(test);
        let mut wanted = true;
        loop {
            let operand = self.word(at + 1);
            let (found, width) = match self.word(at) {
                FAILURE => return !wanted,
                LITERAL => (points.contains(&operand), 2),
                NEGATE => {
                    wanted = !wanted;
                    (false, 1)
                }
                CATEGORY => (any(&|point| in_category(operand, point)), 2),
                RANGE => {
                    let range = operand..=self.word(at + 2);
                    (any(&|point| range.contains(&point)), 3)
                }
                RANGE_UNI_IGNORE => {
                    let range = operand..=self.word(at + 2);
                    let is_in = |point: u32| {
                        range.contains(&point) || range.contains(&unicode::simple_upper(point))
                    };
                    (any(&is_in), 3)
                }
                CHARSET => {
                    let has = |point: u32| {
                        let word = self.word(at + 1 + (point >> 5) as usize);
                        point < 256 && word >> (point & 31) & 1 != 0
                    };
                    (any(&has), 9)
                }
                BIGCHARSET => {
                    let width = 2 + 64 + operand as usize * 8;
                    (any(&|point| self.in_big_set(at + 2, point)), width)
                }
                _ => return false,
            };
            if found {
                return wanted;
            }
            at += width;
        }
    }

    /// A table of 256 block numbers, one byte each, then the blocks of 256 bits.
    fn in_big_set(&self, table: usize, point: u32) -> bool {
        if point > 0xffff {
            return false;
        }
        let high = (point >> 8) as usize;
        let block = self.word(table + high / 4) >> (high % 4 * 8) & 0xff;
        let bit = (block << 8 | (point & 255)) as usize;
        self.word(table + 64 + bit / 32) >> (bit % 32) & 1 != 0
    }

    /// Where the information block's facts are and where the pattern proper begins.
    pub(super) fn start(&self) -> usize {
        if self.word(0) == INFO { self.skip(1) } else { 0 }
    }
}

trait AsciiLetter {
    fn is_ascii_letter(&self) -> bool;
}

impl AsciiLetter for u32 {
    fn is_ascii_letter(&self) -> bool {
        matches!(self | 0x20, 0x61..=0x7a)
    }
}

/// Lower case of ASCII letters.
#[inline]
pub(super) fn lower_ascii(point: u32) -> u32 {
    if matches!(point, 0x41..=0x5a) { point + 32 } else { point }
}

/// Whether two characters differ in case only; the locale is one that knows ASCII letters.
fn same_in_locale(wanted: u32, point: u32) -> bool {
    wanted == point || lower_ascii(wanted) == lower_ascii(point)
}

pub(super) fn is_word_ascii(point: u32) -> bool {
    point < 128 && (matches!(point, 0x30..=0x39 | 0x5f) || point.is_ascii_letter())
}

pub(super) fn is_word_unicode(point: u32) -> bool {
    if point < 128 { is_word_ascii(point) } else { unicode::is_alnum(point) }
}

/// Whether a character is in a category.
fn in_category(kind: u32, point: u32) -> bool {
    match kind {
        category::DIGIT => matches!(point, 0x30..=0x39),
        category::NOT_DIGIT => !matches!(point, 0x30..=0x39),
        category::SPACE => matches!(point, 0x20 | 9..=13),
        category::NOT_SPACE => !matches!(point, 0x20 | 9..=13),
        category::WORD | category::LOC_WORD => is_word_ascii(point),
        category::NOT_WORD | category::LOC_NOT_WORD => !is_word_ascii(point),
        category::LINEBREAK => point == 10,
        category::NOT_LINEBREAK => point != 10,
        category::UNI_DIGIT => unicode::is_decimal(point),
        category::UNI_NOT_DIGIT => !unicode::is_decimal(point),
        category::UNI_SPACE => unicode::is_space(point),
        category::UNI_NOT_SPACE => !unicode::is_space(point),
        category::UNI_WORD => is_word_unicode(point),
        category::UNI_NOT_WORD => !is_word_unicode(point),
        category::UNI_LINEBREAK => unicode::is_line_break(point),
        category::UNI_NOT_LINEBREAK => !unicode::is_line_break(point),
        _ => false,
    }
}
