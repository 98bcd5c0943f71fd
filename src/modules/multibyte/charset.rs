//! The East Asian character sets: a table from two bytes to a character, made at the first use out of the crate's decoder,
//! what CPython's tables leave out or say otherwise, and the way back.

use std::collections::HashMap;
use std::sync::OnceLock;

use encoding_rs::Encoding;

/// What a character set is made of.
struct Rules {
    name: &'static str,
    base: &'static Encoding,
    /// First and last pair of bytes that stand for nothing.
    without: &'static [(u16, u16)],
    /// Where a pair's second byte cannot be below this.
    trail_min: u8,
    /// A pair, how many follow, and the first one's character.
    instead: &'static [&'static [(u16, u16, u32)]],
    /// Characters that go to other bytes than those that give them.
    back: &'static [(u32, u16)],
    /// Bytes that are characters alone.
    singles: &'static [(u8, u8, u32)],
}

/// What GB 18030 had in the private area before its last edition.
const GB18030_OWN: &[(u16, u16, u32)] = &[
    (0xa3a0, 1, 0xe5e5),
    (0xa6d9, 7, 0xe78d),
    (0xa6ec, 2, 0xe794),
    (0xa6f3, 1, 0xe796),
    (0xa8bc, 1, 0xe7c7),
    (0xfe59, 1, 0xe81e),
    (0xfe61, 1, 0xe826),
    (0xfe66, 2, 0xe82b),
    (0xfe6d, 1, 0xe832),
    (0xfe7e, 1, 0xe843),
    (0xfe90, 1, 0xe854),
    (0xfea0, 1, 0xe864),
];

/// The characters that the last edition put there instead: their first four bytes, how many follow, and the first one.
const GB18030_QUADS: [([u8; 4], u32, u32); 3] = [
    ([0x81, 0x35, 0xf4, 0x37], 1, 0x1e3f),
    ([0x82, 0x35, 0x90, 0x37], 8, 0x9fb4),
    ([0x84, 0x31, 0x82, 0x36], 10, 0xfe10),
];

/// The place of four bytes in their order.
fn quad_place([a, b, c, d]: [u8; 4]) -> u32 {
    let high = (u32::from(a) - 0x81) * 10 + u32::from(b) - 0x30;
    (high * 126 + u32::from(c) - 0x81) * 10 + u32::from(d) - 0x30
}

/// The four bytes at a place in their order.
fn quad_at(place: u32) -> [u8; 4] {
    let byte = |first: u32, nth: u32| u8::try_from(first + nth).unwrap_or(0xff);
    let (high, low) = (place / 1260, place % 1260);
    [byte(0x81, high / 10), byte(0x30, high % 10), byte(0x81, low / 10), byte(0x30, low % 10)]
}

/// Characters of the ETEN extension, which both of Taiwan's sets have.
const ETEN: &[(u16, u16, u32)] = &[
    (0xc6a1, 1, 0x30fe),
    (0xc6a2, 2, 0x309d),
    (0xc6a4, 1, 0x3005),
    (0xc6a5, 83, 0x3041),
    (0xc6f8, 7, 0x30a1),
    (0xc740, 63, 0x30a8),
    (0xc7a1, 16, 0x30e7),
    (0xc7b1, 2, 0x414),
    (0xc7b3, 1, 0x401),
    (0xc7b4, 7, 0x416),
    (0xc7bb, 19, 0x423),
    (0xc7ce, 1, 0x451),
    (0xc7cf, 26, 0x436),
    (0xc7e9, 10, 0x2460),
];

const BIG5_OWN: &[(u16, u16, u32)] = &[
    (0xa145, 1, 0x2022),
    (0xa14e, 1, 0xff64),
    (0xa1c2, 1, 0x203e),
    (0xa1e3, 1, 0x223c),
    (0xa1f2, 1, 0x2641),
    (0xa1f3, 1, 0x2609),
    (0xa241, 1, 0xff0f),
    (0xa242, 1, 0xff3c),
    (0xa244, 1, 0xa5),
    (0xa246, 2, 0xa2),
    (0xc7f3, 10, 0x2474),
];

const CP950_OWN: &[(u16, u16, u32)] = &[(0xc7f3, 10, 0x2474), (0xf9fe, 1, 0x2593)];

const GBK_WITHOUT: &[(u16, u16)] = &[
    (0xa140, 0xa1a0),
    (0xa240, 0xa2a0),
    (0xa2ab, 0xa2b0),
    (0xa2e3, 0xa2e4),
    (0xa2ef, 0xa2f0),
    (0xa2fd, 0xa3a0),
    (0xa440, 0xa4a0),
    (0xa4f4, 0xa5a0),
    (0xa5f7, 0xa6a0),
    (0xa6b9, 0xa6c0),
    (0xa6d9, 0xa6df),
    (0xa6ec, 0xa6ed),
    (0xa6f3, 0xa6f3),
    (0xa6f6, 0xa7a0),
    (0xa7c2, 0xa7d0),
    (0xa7f2, 0xa7fe),
    (0xa896, 0xa8a0),
    (0xa8bc, 0xa8bc),
    (0xa8bf, 0xa8bf),
    (0xa8c1, 0xa8c4),
    (0xa8ea, 0xa8fe),
    (0xa958, 0xa958),
    (0xa95b, 0xa95b),
    (0xa95d, 0xa95f),
    (0xa989, 0xa995),
    (0xa997, 0xa9a3),
    (0xa9f0, 0xa9fe),
    (0xaaa1, 0xaafe),
    (0xaba1, 0xabfe),
    (0xaca1, 0xacfe),
    (0xada1, 0xadfe),
    (0xaea1, 0xaefe),
    (0xafa1, 0xaffe),
    (0xd7fa, 0xd7fe),
    (0xf8a1, 0xf8fe),
    (0xf9a1, 0xf9fe),
    (0xfaa1, 0xfafe),
    (0xfba1, 0xfbfe),
    (0xfca1, 0xfcfe),
    (0xfda1, 0xfdfe),
    (0xfe50, 0xfefe),
];

const GB2312_WITHOUT: &[(u16, u16)] = &[
    (0x8140, 0xa1a0),
    (0xa240, 0xa2b0),
    (0xa2e3, 0xa2e4),
    (0xa2ef, 0xa2f0),
    (0xa2fd, 0xa3a0),
    (0xa4f4, 0xa5a0),
    (0xa5f7, 0xa6a0),
    (0xa6b9, 0xa6c0),
    (0xa6d9, 0xa7a0),
    (0xa7c2, 0xa7d0),
    (0xa7f2, 0xa8a0),
    (0xa8bb, 0xa8c4),
    (0xa8ea, 0xa9a3),
    (0xa9f0, 0xb0a0),
    (0xd7fa, 0xd8a0),
    (0xf840, 0xfefe),
];

const JAPANESE: [(u16, u16, u32); 5] = [
    (0x8160, 1, 0x301c),
    (0x8161, 1, 0x2016),
    (0x817c, 1, 0x2212),
    (0x8191, 2, 0xa2),
    (0x81ca, 1, 0xac),
];

const EUC_JAPANESE: [(u16, u16, u32); 5] = [
    (0xa1c1, 1, 0x301c),
    (0xa1c2, 1, 0x2016),
    (0xa1dd, 1, 0x2212),
    (0xa1f1, 2, 0xa2),
    (0xa2cc, 1, 0xac),
];

const SHARED: [(u32, u16); 2] = [(0x5341, 0xa451), (0x5345, 0xa4ca)];

/// Where the crate's JIS X 0212 has a wide tilde; Python's has ASCII's there, which is written as itself.
const WIDE_TILDE: u16 = 0xa2b7;

const KANA: (u8, u8, u32) = (0xa1, 0xdf, 0xff61);

#[rustfmt::skip]
static RULES: [Rules; 10] = [
    Rules { name: "gbk", base: encoding_rs::GBK, without: GBK_WITHOUT, trail_min: 0x40, instead: &[], back: &[], singles: &[] },
    Rules { name: "gb18030", base: encoding_rs::GB18030, without: &[], trail_min: 0x40, instead: &[GB18030_OWN], back: &[], singles: &[] },
    Rules { name: "gb2312", base: encoding_rs::GBK, without: GB2312_WITHOUT, trail_min: 0xa1, instead: &[&[(0xa1a4, 1, 0x30fb), (0xa1aa, 1, 0x2015)]], back: &[], singles: &[] },
    Rules { name: "big5", base: encoding_rs::BIG5, without: &[(0x8740, 0xa0fe), (0xa3c0, 0xa3e1), (0xc7fd, 0xc8fe), (0xf9d6, 0xfefe)], trail_min: 0x40, instead: &[BIG5_OWN, ETEN], back: &[SHARED[0], SHARED[1], (0xff0f, 0xa241), (0xff3c, 0xa242)], singles: &[] },
    Rules { name: "cp950", base: encoding_rs::BIG5, without: &[(0x8740, 0xa0fe), (0xa3c0, 0xa3e0), (0xc7fd, 0xc8fe), (0xfa40, 0xfefe)], trail_min: 0x40, instead: &[CP950_OWN, ETEN], back: &[SHARED[0], SHARED[1], (0xa2, 0xa246), (0xa3, 0xa247), (0xa5, 0xa244), (0x2022, 0xa145), (0xff64, 0xa14e), (0x203e, 0xa1c2), (0x223c, 0xa1e3), (0x2609, 0xa1f3), (0x2641, 0xa1f2)], singles: &[] },
    Rules { name: "shift_jis", base: encoding_rs::SHIFT_JIS, without: &[(0x8740, 0x879c), (0xed40, 0xfc4b)], trail_min: 0x40, instead: &[&JAPANESE], back: &[(0xa5, 0x5c), (0x203e, 0x7e)], singles: &[KANA] },
    Rules { name: "cp932", base: encoding_rs::SHIFT_JIS, without: &[], trail_min: 0x40, instead: &[], back: &[(0xa2, 0x8191), (0xa3, 0x8192), (0xac, 0x81ca), (0x2016, 0x8161), (0x2212, 0x817c), (0x301c, 0x8160)], singles: &[KANA, (0x80, 0x80, 0x80), (0xa0, 0xa0, 0xf8f0), (0xfd, 0xff, 0xf8f1)] },
    Rules { name: "euc_jp", base: encoding_rs::EUC_JP, without: &[(0xada1, 0xadfc), (0xf9a1, 0xfcfe)], trail_min: 0xa1, instead: &[&EUC_JAPANESE], back: &[(0xa5, 0x5c), (0x203e, 0x7e)], singles: &[] },
    Rules { name: "euc_kr", base: encoding_rs::EUC_KR, without: &[(0x8141, 0xa0fe), (0xa4d4, 0xa4d4), (0xc9a1, 0xc9fe), (0xfea1, 0xfefe)], trail_min: 0xa1, instead: &[], back: &[(0x3164, 0xa4d4)], singles: &[] },
    Rules { name: "cp949", base: encoding_rs::EUC_KR, without: &[], trail_min: 0x41, instead: &[], back: &[], singles: &[] },
];

/// A character set with its tables.
pub(super) struct Charset {
    /// What messages call it.
    pub name: &'static str,
    pairs: HashMap<u16, char>,
    triples: HashMap<u16, char>,
    singles: HashMap<u8, char>,
    back: HashMap<char, Vec<u8>>,
    /// What knows the characters of four bytes, which are computed.
    quads: Option<&'static Encoding>,
}

/// What the bytes at a place are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A character, and its bytes.
    Char(char, usize),
    /// The beginning of one.
    Incomplete,
    /// So many bytes that are none.
    Illegal(usize),
}

/// The one character that bytes stand for.
fn decode_one(base: &'static Encoding, bytes: &[u8]) -> Option<char> {
    let text = base.decode_without_bom_handling_and_without_replacement(bytes)?;
    let mut chars = text.chars();
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

impl Charset {
    fn new(rules: &'static Rules) -> Self {
        let mut new = Self {
            name: rules.name,
            pairs: HashMap::new(),
            triples: HashMap::new(),
            singles: HashMap::new(),
            back: HashMap::new(),
            quads: (rules.name == "gb18030").then_some(rules.base),
        };
        for &(first, last, point) in rules.singles {
            for (byte, point) in (first..=last).zip(point..) {
                new.singles.extend(char::from_u32(point).map(|c| (byte, c)));
            }
        }
        for lead in 0x81..=0xfeu8 {
            if new.singles.contains_key(&lead) {
                continue;
            }
            for trail in rules.trail_min..=0xfe {
                let pair = u16::from_be_bytes([lead, trail]);
                let is_out = rules.without.iter().any(|&(from, to)| (from..=to).contains(&pair));
                if !is_out && let Some(c) = decode_one(rules.base, &[lead, trail]) {
                    new.pairs.insert(pair, c);
                }
                if rules.name == "euc_jp"
                    && lead >= 0xa1
                    && pair != WIDE_TILDE
                    && let Some(c) = decode_one(rules.base, &[0x8f, lead, trail])
                {
                    new.triples.insert(pair, c);
                }
            }
        }
        if rules.name == "euc_jp" {
            new.triples.insert(WIDE_TILDE, '~');
        }
        for &(start, count, point) in rules.instead.iter().copied().flatten() {
            for (pair, point) in (start..start + count).zip(point..) {
                new.pairs.extend(char::from_u32(point).map(|c| (pair, c)));
            }
        }
        new.turn(rules);
        new
    }

    /// Makes the way back: of several bytes for a character the first.
    fn turn(&mut self, rules: &Rules) {
        for (&byte, &c) in &self.singles {
            self.back.insert(c, vec![byte]);
        }
        let mut pairs: Vec<(u16, char)> = self.pairs.iter().map(|(&pair, &c)| (pair, c)).collect();
        pairs.sort_unstable();
        for (pair, c) in pairs {
            self.back.entry(c).or_insert_with(|| pair.to_be_bytes().to_vec());
        }
        let mut triples: Vec<(u16, char)> =
            self.triples.iter().map(|(&pair, &c)| (pair, c)).collect();
        triples.sort_unstable();
        for (pair, c) in triples {
            let [a, b] = pair.to_be_bytes();
            self.back.entry(c).or_insert_with(|| vec![0x8f, a, b]);
        }
        for &(point, bytes) in rules.back {
            let bytes = if bytes < 0x100 {
                bytes.to_be_bytes().get(1..).unwrap_or_default().to_vec()
            } else {
                bytes.to_be_bytes().to_vec()
            };
            self.back.extend(char::from_u32(point).map(|c| (c, bytes)));
        }
    }

    /// The character set with a codec's name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        static MADE: [OnceLock<Charset>; 10] = [const { OnceLock::new() }; 10];
        let place = RULES.iter().position(|rules| rules.name == name)?;
        let (rules, made) = (RULES.get(place)?, MADE.get(place)?);
        Some(made.get_or_init(|| Self::new(rules)))
    }

    /// What begins at the front of `bytes`, which are not empty.
    pub(super) fn step(&self, bytes: &[u8]) -> Step {
        let Some(&lead) = bytes.first() else { return Step::Incomplete };
        if lead < 0x80 {
            return Step::Char(char::from(lead), 1);
        }
        if let Some(&c) = self.singles.get(&lead) {
            return Step::Char(c, 1);
        }
        let Some(&trail) = bytes.get(1) else { return Step::Incomplete };
        if lead == 0x8f && !self.triples.is_empty() {
            let Some(&last) = bytes.get(2) else { return Step::Incomplete };
            return match self.triples.get(&u16::from_be_bytes([trail, last])) {
                Some(&c) => Step::Char(c, 3),
                None => Step::Illegal(1),
            };
        }
        if let Some(base) = self.quads.filter(|_| trail.is_ascii_digit()) {
            return quad_step(base, bytes);
        }
        match self.pairs.get(&u16::from_be_bytes([lead, trail])) {
            Some(&c) => Step::Char(c, 2),
            None => Step::Illegal(1),
        }
    }

    /// The bytes of a character.
    pub(super) fn encode(&self, c: char, out: &mut Vec<u8>) -> bool {
        if c.is_ascii() {
            out.extend(u8::try_from(c));
            return true;
        }
        match self.back.get(&c) {
            Some(bytes) => {
                out.extend_from_slice(bytes);
                true
            }
            None => match self.quads.and_then(|base| quad_of(base, c)) {
                Some(quad) => {
                    out.extend_from_slice(&quad);
                    true
                }
                None => false,
            },
        }
    }
}

/// What begins with a lead byte and a digit: a character of four bytes, if anything.
fn quad_step(base: &'static Encoding, bytes: &[u8]) -> Step {
    let Some(quad) = bytes.get(..4) else { return Step::Incomplete };
    match quad {
        &[a @ 0x81..=0xfe, b, c @ 0x81..=0xfe, d @ b'0'..=b'9'] => {
            let place = quad_place([a, b, c, d]);
            let own = GB18030_QUADS.iter().find_map(|&(first, count, point)| {
                let nth = place.checked_sub(quad_place(first)).filter(|&nth| nth < count)?;
                char::from_u32(point + nth)
            });
            match own.or_else(|| decode_one(base, quad)) {
                Some(c) => Step::Char(c, 4),
                None => Step::Illegal(1),
            }
        }
        _ => Step::Illegal(1),
    }
}

/// The four bytes of a character that has no pair.
fn quad_of(base: &'static Encoding, c: char) -> Option<[u8; 4]> {
    let point = u32::from(c);
    let own = GB18030_QUADS.iter().find_map(|&(quad, count, first)| {
        let nth = point.checked_sub(first).filter(|&nth| nth < count)?;
        Some(quad_at(quad_place(quad) + nth))
    });
    own.or_else(|| {
        let mut buffer = [0; 4];
        let (bytes, _, is_lossy) = base.encode(c.encode_utf8(&mut buffer));
        if is_lossy { None } else { bytes.as_ref().try_into().ok() }
    })
}
