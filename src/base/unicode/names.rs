//! The names of characters: from character to name and back.
//!
//! `names.bin` holds a list of words, the most frequent first, and for each named character its distance from the one
//! before and the numbers of its words. Names that are made by rule are not in it.

use std::collections::HashMap;
use std::sync::OnceLock;

static DATA: &[u8] = include_bytes!("names.bin");

struct Index {
    words: Vec<&'static str>,
    /// Characters in order, with the place of their words.
    places: Vec<(u32, usize)>,
    /// Characters by the hash of their name.
    by_name: OnceLock<HashMap<u64, u32>>,
}

static INDEX: OnceLock<Index> = OnceLock::new();

fn number(at: &mut usize) -> usize {
    let (mut value, mut shift) = (0, 0);
    while let Some(&byte) = DATA.get(*at) {
        *at += 1;
        value |= usize::from(byte & 127) << shift;
        if byte < 128 {
            break;
        }
        shift += 7;
    }
    value
}

fn index() -> &'static Index {
    INDEX.get_or_init(|| {
        let length = DATA.first_chunk().map_or(0, |&head| u32::from_le_bytes(head) as usize);
        let words = DATA.get(4..4 + length).and_then(|words| std::str::from_utf8(words).ok());
        let words: Vec<&str> = words.unwrap_or_default().split('\n').collect();
        let mut places = Vec::with_capacity(40_000);
        let (mut at, mut point) = (4 + length, 0);
        while at < DATA.len() {
            point += u32::try_from(number(&mut at)).unwrap_or(0);
            places.push((point, at));
            for _ in 0..number(&mut at) {
                number(&mut at);
            }
        }
        Index { words, places, by_name: OnceLock::new() }
    })
}

fn stored_name(index: &Index, mut at: usize) -> String {
    let mut name = String::new();
    for nth in 0..number(&mut at) {
        if nth != 0 {
            name.push(' ');
        }
        name.push_str(index.words.get(number(&mut at)).copied().unwrap_or_default());
    }
    name
}

const HANGUL_LEAD: [&str; 19] = [
    "G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ", "C", "K", "T", "P",
    "H",
];
const HANGUL_VOWEL: [&str; 21] = [
    "A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE", "OE", "YO", "U", "WEO", "WE",
    "WI", "YU", "EU", "YI", "I",
];
const HANGUL_TAIL: [&str; 28] = [
    "", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG", "LM", "LB", "LS", "LT", "LP", "LH", "M",
    "B", "BS", "S", "SS", "NG", "J", "C", "K", "T", "P", "H",
];
const HANGUL: &str = "HANGUL SYLLABLE ";

/// Names that end in the character's number: first, last, what comes before.
const NUMBERED: &[(u32, u32, &str)] = &[
    (0x3400, 0x4dbf, "CJK UNIFIED IDEOGRAPH-"),
    (0x4e00, 0x9fff, "CJK UNIFIED IDEOGRAPH-"),
    (0xf900, 0xfa6d, "CJK COMPATIBILITY IDEOGRAPH-"),
    (0xfa70, 0xfad9, "CJK COMPATIBILITY IDEOGRAPH-"),
    (0x13460, 0x143fa, "EGYPTIAN HIEROGLYPH-"),
    (0x18b00, 0x18cd5, "KHITAN SMALL SCRIPT CHARACTER-"),
    (0x18cff, 0x18cff, "KHITAN SMALL SCRIPT CHARACTER-"),
    (0x1b170, 0x1b2fb, "NUSHU CHARACTER-"),
    (0x20000, 0x2a6df, "CJK UNIFIED IDEOGRAPH-"),
    (0x2a700, 0x2b739, "CJK UNIFIED IDEOGRAPH-"),
    (0x2b740, 0x2b81d, "CJK UNIFIED IDEOGRAPH-"),
    (0x2b820, 0x2cea1, "CJK UNIFIED IDEOGRAPH-"),
    (0x2ceb0, 0x2ebe0, "CJK UNIFIED IDEOGRAPH-"),
    (0x2ebf0, 0x2ee5d, "CJK UNIFIED IDEOGRAPH-"),
    (0x2f800, 0x2fa1d, "CJK COMPATIBILITY IDEOGRAPH-"),
    (0x30000, 0x3134a, "CJK UNIFIED IDEOGRAPH-"),
    (0x31350, 0x323af, "CJK UNIFIED IDEOGRAPH-"),
];

/// Characters that are found by a numbered name although they are not called by it, as in CPython 3.14.
const FOUND_ONLY: &[(u32, u32, &str)] =
    &[(0x17000, 0x187f7, "TANGUT IDEOGRAPH-"), (0x18d00, 0x18d08, "TANGUT IDEOGRAPH-")];

static SEQUENCES: &str = include_str!("named_sequences.txt");

/// The characters of a named sequence, in any case of letters.
#[must_use]
pub fn sequence(name: &str) -> Option<String> {
    static INDEX: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    let index =
        INDEX.get_or_init(|| SEQUENCES.lines().filter_map(|line| line.split_once(';')).collect());
    let points = index.get(name.to_ascii_uppercase().as_str())?.split(' ');
    points.map(|point| char::from_u32(u32::from_str_radix(point, 16).ok()?)).collect()
}

/// The character's name.
#[must_use]
pub fn name(point: u32) -> Option<String> {
    if let Some(nth) = point.checked_sub(0xac00).filter(|&nth| nth < 11_172) {
        let part = |parts: &[&'static str], nth: u32| parts.get(nth as usize).copied();
        let lead = part(&HANGUL_LEAD, nth / 588)?;
        let vowel = part(&HANGUL_VOWEL, nth % 588 / 28)?;
        let tail = part(&HANGUL_TAIL, nth % 28)?;
        return Some(format!("{HANGUL}{lead}{vowel}{tail}"));
    }
    if let Some((_, _, prefix)) =
        NUMBERED.iter().find(|(first, last, _)| (*first..=*last).contains(&point))
    {
        return Some(format!("{prefix}{point:X}"));
    }
    let index = index();
    let place = index.places.binary_search_by_key(&point, |place| place.0).ok()?;
    index.places.get(place).map(|&(_, at)| stored_name(index, at))
}

fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The character of a name or an alias, in any case of letters.
#[must_use]
pub fn lookup(name: &str) -> Option<u32> {
    let upper = name.to_ascii_uppercase();
    by_alias(&upper).or_else(|| by_name(&upper))
}

/// The character of a name, but not of an alias, in any case of letters.
#[must_use]
pub fn lookup_name(name: &str) -> Option<u32> {
    by_name(&name.to_ascii_uppercase())
}

fn by_alias(upper: &str) -> Option<u32> {
    if let Ok(place) = ALIASES.binary_search_by_key(&upper, |alias| alias.0) {
        return ALIASES.get(place).map(|alias| alias.1);
    }
    match upper.strip_prefix("VS")?.parse::<u32>().ok()? {
        nth @ 1..=16 => Some(0xfe00 + nth - 1),
        nth @ 17..=256 => Some(0xe0100 + nth - 17),
        _ => None,
    }
}

fn by_name(upper: &str) -> Option<u32> {
    if let Some(syllable) = upper.strip_prefix(HANGUL) {
        return hangul(syllable);
    }
    for (first, last, prefix) in NUMBERED.iter().chain(FOUND_ONLY) {
        if let Some(digits) = upper.strip_prefix(prefix)
            && let Ok(point) = u32::from_str_radix(digits, 16)
            && (*first..=*last).contains(&point)
            && format!("{point:X}") == digits
        {
            return Some(point);
        }
    }
    let index = index();
    let by_name = index.by_name.get_or_init(|| {
        index.places.iter().map(|&(point, at)| (hash(&stored_name(index, at)), point)).collect()
    });
    let point = *by_name.get(&hash(upper))?;
    (name(point)? == upper).then_some(point)
}

fn hangul(syllable: &str) -> Option<u32> {
    // The longest lead and vowel that fit decide, as there is only one way to read a syllable.
    let longest = |parts: &[&str], text: &str| {
        (0..parts.len())
            .filter(|&nth| text.starts_with(parts[nth]))
            .max_by_key(|&nth| parts[nth].len())
    };
    let lead = longest(&HANGUL_LEAD, syllable)?;
    let rest = syllable.strip_prefix(HANGUL_LEAD[lead])?;
    let vowel = longest(&HANGUL_VOWEL, rest)?;
    let tail = rest.strip_prefix(HANGUL_VOWEL[vowel])?;
    let tail = HANGUL_TAIL.iter().position(|known| *known == tail)?;
    u32::try_from(0xac00 + lead * 588 + vowel * 28 + tail).ok()
}

/// Other names of characters, in order.
const ALIASES: &[(&str, u32)] = &[
    ("ACK", 0x6),
    ("ACKNOWLEDGE", 0x6),
    ("ALERT", 0x7),
    ("ALM", 0x61c),
    ("APC", 0x9f),
    ("APPLICATION PROGRAM COMMAND", 0x9f),
    ("ARABIC SMALL HIGH LIGATURE ALEF WITH YEH BARREE", 0x616),
    ("BACKSPACE", 0x8),
    ("BEL", 0x7),
    ("BOM", 0xfeff),
    ("BPH", 0x82),
    ("BREAK PERMITTED HERE", 0x82),
    ("BS", 0x8),
    ("BYTE ORDER MARK", 0xfeff),
    ("BYZANTINE MUSICAL SYMBOL FTHORA SKLIRON CHROMA VASIS", 0x1d0c5),
    ("CAN", 0x18),
    ("CANCEL", 0x18),
    ("CANCEL CHARACTER", 0x94),
    ("CARRIAGE RETURN", 0xd),
    ("CCH", 0x94),
    ("CGJ", 0x34f),
    ("CHARACTER TABULATION", 0x9),
    ("CHARACTER TABULATION SET", 0x88),
    ("CHARACTER TABULATION WITH JUSTIFICATION", 0x89),
    ("CONTROL SEQUENCE INTRODUCER", 0x9b),
    ("CR", 0xd),
    ("CSI", 0x9b),
    ("CUNEIFORM SIGN NU11 OVER NU11 BUR OVER BUR", 0x122d5),
    ("CUNEIFORM SIGN NU11 TENU", 0x122d4),
    ("DATA LINK ESCAPE", 0x10),
    ("DC1", 0x11),
    ("DC2", 0x12),
    ("DC3", 0x13),
    ("DC4", 0x14),
    ("DCS", 0x90),
    ("DEL", 0x7f),
    ("DELETE", 0x7f),
    ("DEVICE CONTROL FOUR", 0x14),
    ("DEVICE CONTROL ONE", 0x11),
    ("DEVICE CONTROL STRING", 0x90),
    ("DEVICE CONTROL THREE", 0x13),
    ("DEVICE CONTROL TWO", 0x12),
    ("DLE", 0x10),
    ("EM", 0x19),
    ("END OF GUARDED AREA", 0x97),
    ("END OF LINE", 0xa),
    ("END OF MEDIUM", 0x19),
    ("END OF PROTECTED AREA", 0x97),
    ("END OF SELECTED AREA", 0x87),
    ("END OF TEXT", 0x3),
    ("END OF TRANSMISSION", 0x4),
    ("END OF TRANSMISSION BLOCK", 0x17),
    ("ENQ", 0x5),
    ("ENQUIRY", 0x5),
    ("EOL", 0xa),
    ("EOM", 0x19),
    ("EOT", 0x4),
    ("EPA", 0x97),
    ("ESA", 0x87),
    ("ESC", 0x1b),
    ("ESCAPE", 0x1b),
    ("ETB", 0x17),
    ("ETX", 0x3),
    ("FF", 0xc),
    ("FILE SEPARATOR", 0x1c),
    ("FORM FEED", 0xc),
    ("FS", 0x1c),
    ("FSI", 0x2068),
    ("FVS1", 0x180b),
    ("FVS2", 0x180c),
    ("FVS3", 0x180d),
    ("FVS4", 0x180f),
    ("GROUP SEPARATOR", 0x1d),
    ("GS", 0x1d),
    ("HANGUL JONGSEONG SSANGYESIEUNG", 0x11ee),
    ("HANGUL JONGSEONG YESIEUNG-KHIEUKH", 0x11ef),
    ("HANGUL JONGSEONG YESIEUNG-KIYEOK", 0x11ec),
    ("HANGUL JONGSEONG YESIEUNG-SSANGKIYEOK", 0x11ed),
    ("HENTAIGANA LETTER E-1", 0x1b001),
    ("HIGH OCTET PRESET", 0x81),
    ("HOP", 0x81),
    ("HORIZONTAL TABULATION", 0x9),
    ("HORIZONTAL TABULATION SET", 0x88),
    ("HORIZONTAL TABULATION WITH JUSTIFICATION", 0x89),
    ("HT", 0x9),
    ("HTJ", 0x89),
    ("HTS", 0x88),
    ("IND", 0x84),
    ("INDEX", 0x84),
    ("INFORMATION SEPARATOR FOUR", 0x1c),
    ("INFORMATION SEPARATOR ONE", 0x1f),
    ("INFORMATION SEPARATOR THREE", 0x1d),
    ("INFORMATION SEPARATOR TWO", 0x1e),
    ("KANNADA LETTER LLLA", 0xcde),
    ("LAO LETTER FO FAY", 0xe9f),
    ("LAO LETTER FO FON", 0xe9d),
    ("LAO LETTER LO", 0xea5),
    ("LAO LETTER RO", 0xea3),
    ("LATIN CAPITAL LETTER GHA", 0x1a2),
    ("LATIN SMALL LETTER GHA", 0x1a3),
    ("LEFTWARDS TRIANGLE-HEADED ARROW WITH DOUBLE VERTICAL STROKE", 0x2b7a),
    ("LF", 0xa),
    ("LINE FEED", 0xa),
    ("LINE TABULATION", 0xb),
    ("LINE TABULATION SET", 0x8a),
    ("LOCKING-SHIFT ONE", 0xe),
    ("LOCKING-SHIFT ZERO", 0xf),
    ("LRE", 0x202a),
    ("LRI", 0x2066),
    ("LRM", 0x200e),
    ("LRO", 0x202d),
    ("MEDEFAIDRIN CAPITAL LETTER H", 0x16e56),
    ("MEDEFAIDRIN CAPITAL LETTER NG", 0x16e57),
    ("MEDEFAIDRIN SMALL LETTER H", 0x16e76),
    ("MEDEFAIDRIN SMALL LETTER NG", 0x16e77),
    ("MESSAGE WAITING", 0x95),
    ("MICR DASH SYMBOL", 0x2449),
    ("MICR ON US SYMBOL", 0x2448),
    ("MMSP", 0x205f),
    ("MVS", 0x180e),
    ("MW", 0x95),
    ("MYANMAR LETTER KHAMTI LLA", 0xaa6e),
    ("NAK", 0x15),
    ("NBH", 0x83),
    ("NBSP", 0xa0),
    ("NEGATIVE ACKNOWLEDGE", 0x15),
    ("NEL", 0x85),
    ("NEW LINE", 0xa),
    ("NEXT LINE", 0x85),
    ("NL", 0xa),
    ("NNBSP", 0x202f),
    ("NO BREAK HERE", 0x83),
    ("NUL", 0x0),
    ("NULL", 0x0),
    ("OPERATING SYSTEM COMMAND", 0x9d),
    ("OSC", 0x9d),
    ("PAD", 0x80),
    ("PADDING CHARACTER", 0x80),
    ("PARTIAL LINE BACKWARD", 0x8c),
    ("PARTIAL LINE DOWN", 0x8b),
    ("PARTIAL LINE FORWARD", 0x8b),
    ("PARTIAL LINE UP", 0x8c),
    ("PDF", 0x202c),
    ("PDI", 0x2069),
    ("PLD", 0x8b),
    ("PLU", 0x8c),
    ("PM", 0x9e),
    ("PRESENTATION FORM FOR VERTICAL RIGHT WHITE LENTICULAR BRACKET", 0xfe18),
    ("PRIVACY MESSAGE", 0x9e),
    ("PRIVATE USE ONE", 0x91),
    ("PRIVATE USE TWO", 0x92),
    ("PRIVATE USE-1", 0x91),
    ("PRIVATE USE-2", 0x92),
    ("PU1", 0x91),
    ("PU2", 0x92),
    ("RECORD SEPARATOR", 0x1e),
    ("REVERSE INDEX", 0x8d),
    ("REVERSE LINE FEED", 0x8d),
    ("RI", 0x8d),
    ("RIGHTWARDS TRIANGLE-HEADED ARROW WITH DOUBLE VERTICAL STROKE", 0x2b7c),
    ("RLE", 0x202b),
    ("RLI", 0x2067),
    ("RLM", 0x200f),
    ("RLO", 0x202e),
    ("RS", 0x1e),
    ("SCI", 0x9a),
    ("SET TRANSMIT STATE", 0x93),
    ("SGC", 0x99),
    ("SHIFT IN", 0xf),
    ("SHIFT OUT", 0xe),
    ("SHY", 0xad),
    ("SI", 0xf),
    ("SINGLE CHARACTER INTRODUCER", 0x9a),
    ("SINGLE GRAPHIC CHARACTER INTRODUCER", 0x99),
    ("SINGLE SHIFT THREE", 0x8f),
    ("SINGLE SHIFT TWO", 0x8e),
    ("SINGLE-SHIFT-2", 0x8e),
    ("SINGLE-SHIFT-3", 0x8f),
    ("SO", 0xe),
    ("SOH", 0x1),
    ("SOS", 0x98),
    ("SP", 0x20),
    ("SPA", 0x96),
    ("SS2", 0x8e),
    ("SS3", 0x8f),
    ("SSA", 0x86),
    ("ST", 0x9c),
    ("START OF GUARDED AREA", 0x96),
    ("START OF HEADING", 0x1),
    ("START OF PROTECTED AREA", 0x96),
    ("START OF SELECTED AREA", 0x86),
    ("START OF STRING", 0x98),
    ("START OF TEXT", 0x2),
    ("STRING TERMINATOR", 0x9c),
    ("STS", 0x93),
    ("STX", 0x2),
    ("SUB", 0x1a),
    ("SUBSTITUTE", 0x1a),
    ("SUNDANESE LETTER ARCHAIC I", 0x1bbd),
    ("SYN", 0x16),
    ("SYNCHRONOUS IDLE", 0x16),
    ("SYRIAC SUBLINEAR COLON SKEWED LEFT", 0x709),
    ("TAB", 0x9),
    ("TIBETAN MARK BKA- SHOG GI MGO RGYAN", 0xfd0),
    ("UNIT SEPARATOR", 0x1f),
    ("US", 0x1f),
    ("VERTICAL TABULATION", 0xb),
    ("VERTICAL TABULATION SET", 0x8a),
    ("VT", 0xb),
    ("VTS", 0x8a),
    ("WEIERSTRASS ELLIPTIC FUNCTION", 0x2118),
    ("WJ", 0x2060),
    ("YI SYLLABLE ITERATION MARK", 0xa015),
    ("ZWJ", 0x200d),
    ("ZWNBSP", 0xfeff),
    ("ZWNJ", 0x200c),
    ("ZWSP", 0x200b),
];
