//! The C library's locale, its catalogs of messages and its log.
//!
//! Invariants: texts handed in end in null and live as long as the call; what the library answers is copied before anything
//! else can change it, which is while the interpreter's lock is held.
#![expect(unsafe_code, reason = "the invariants are in the module doc")]

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr::{null, null_mut};

use libc::wchar_t;

unsafe extern "C" {
    safe fn localeconv() -> *mut libc::lconv;
    fn wcscoll(left: *const wchar_t, right: *const wchar_t) -> c_int;
    fn wcsxfrm(target: *mut wchar_t, source: *const wchar_t, room: usize) -> usize;
    fn dcgettext(domain: *const c_char, message: *const c_char, category: c_int) -> *mut c_char;
    fn textdomain(domain: *const c_char) -> *mut c_char;
    fn bindtextdomain(domain: *const c_char, folder: *const c_char) -> *mut c_char;
    fn bind_textdomain_codeset(domain: *const c_char, codeset: *const c_char) -> *mut c_char;
}

fn pointer(text: Option<&CStr>) -> *const c_char {
    text.map_or(null(), CStr::as_ptr)
}

fn copied(text: *const c_char) -> Option<Vec<u8>> {
    if text.is_null() {
        return None;
    }
    // SAFETY: every text that gets here is one of the library's own, which ends in null.
    Some(unsafe { CStr::from_ptr(text) }.to_bytes().to_vec())
}

/// Sets or asks for the locale of a category; None where the library knows no such locale.
pub(crate) fn set_locale(category: c_int, locale: Option<&CStr>) -> Option<Vec<u8>> {
    // SAFETY: the text ends in null; the answer is copied at once.
    copied(unsafe { libc::setlocale(category, pointer(locale)) })
}

/// The text of an item of the locale.
pub(crate) fn language_info(item: libc::nl_item) -> Vec<u8> {
    // SAFETY: any number is an item, known or not.
    copied(unsafe { libc::nl_langinfo(item) }).unwrap_or_default()
}

/// How numbers and money are written.
pub(crate) struct Conventions {
    /// The texts of money: two symbols, the point and the separator, the two signs.
    pub(crate) money: [Vec<u8>; 6],
    /// How the digits of money are grouped.
    pub(crate) money_grouping: Vec<u8>,
    /// The numbers of money: digits behind the point, then where symbol and sign go.
    pub(crate) placing: [i8; 8],
    /// The point and the separator of numbers.
    pub(crate) numbers: [Vec<u8>; 2],
    /// How the digits of numbers are grouped.
    pub(crate) grouping: Vec<u8>,
}

/// The conventions of the locale.
pub(crate) fn conventions() -> Conventions {
    // SAFETY: the library answers with a record of its own, whose texts end in null.
    let record = unsafe { &*localeconv() };
    let text = |text| copied(text).unwrap_or_default();
    #[expect(
        clippy::unnecessary_cast,
        reason = "a char has a sign on one machine and none on another"
    )]
    let placing = [
        record.int_frac_digits as i8,
        record.frac_digits as i8,
        record.p_cs_precedes as i8,
        record.p_sep_by_space as i8,
        record.n_cs_precedes as i8,
        record.n_sep_by_space as i8,
        record.p_sign_posn as i8,
        record.n_sign_posn as i8,
    ];
    Conventions {
        money: [
            text(record.int_curr_symbol),
            text(record.currency_symbol),
            text(record.mon_decimal_point),
            text(record.mon_thousands_sep),
            text(record.positive_sign),
            text(record.negative_sign),
        ],
        money_grouping: text(record.mon_grouping),
        placing,
        numbers: [text(record.decimal_point), text(record.thousands_sep)],
        grouping: text(record.grouping),
    }
}

/// Wide characters that end in null.
fn wide(points: &[u32]) -> Vec<wchar_t> {
    let points = points.iter().map(|&point| wchar_t::try_from(point).unwrap_or(0xfffd));
    points.chain([0]).collect()
}

/// How two texts compare in the locale.
pub(crate) fn collate(left: &[u32], right: &[u32]) -> i32 {
    let (left, right) = (wide(left), wide(right));
    // SAFETY: both end in null.
    unsafe { wcscoll(left.as_ptr(), right.as_ptr()) }
}

/// A text whose order by code points is the original's order in the locale; None when there is no memory for it.
pub(crate) fn collation_key(text: &[u32]) -> Option<Vec<u32>> {
    let text = wide(text);
    // SAFETY: without room nothing is written.
    let length = unsafe { wcsxfrm(null_mut(), text.as_ptr(), 0) };
    let mut key: Vec<wchar_t> = Vec::new();
    key.try_reserve_exact(length.checked_add(1)?).ok()?;
    key.resize(length + 1, 0);
    // SAFETY: the room is as long as it is said to be.
    let length = unsafe { wcsxfrm(key.as_mut_ptr(), text.as_ptr(), key.len()) };
    key.truncate(length);
    Some(key.into_iter().map(|point| u32::try_from(point).unwrap_or(0xfffd)).collect())
}

/// The translation of a message, or the message.
pub(crate) fn translate(domain: Option<&CStr>, message: &CStr, category: c_int) -> Vec<u8> {
    // SAFETY: the texts end in null; the answer is the library's or the message itself.
    copied(unsafe { dcgettext(pointer(domain), message.as_ptr(), category) }).unwrap_or_default()
}

/// Sets or asks for the domain of messages.
pub(crate) fn text_domain(domain: Option<&CStr>) -> Option<Vec<u8>> {
    // SAFETY: the text ends in null.
    copied(unsafe { textdomain(pointer(domain)) })
}

/// Sets or asks for the folder of a domain.
pub(crate) fn domain_folder(domain: &CStr, folder: Option<&CStr>) -> Option<Vec<u8>> {
    // SAFETY: the texts end in null.
    copied(unsafe { bindtextdomain(domain.as_ptr(), pointer(folder)) })
}

/// Sets or asks for the encoding of a domain.
pub(crate) fn domain_encoding(domain: &CStr, encoding: Option<&CStr>) -> Option<Vec<u8>> {
    // SAFETY: the texts end in null.
    copied(unsafe { bind_textdomain_codeset(domain.as_ptr(), pointer(encoding)) })
}

/// Opens the system's log. The library keeps the address of `ident`, which must therefore stay.
pub(crate) fn open_log(ident: Option<&'static CStr>, options: c_int, facility: c_int) {
    // SAFETY: the text ends in null and is never freed.
    unsafe { libc::openlog(pointer(ident), options, facility) }
}

/// Writes a line to the system's log.
pub(crate) fn write_log(priority: c_int, message: &CString) {
    // SAFETY: the format takes one text.
    unsafe { libc::syslog(priority, c"%s".as_ptr(), message.as_ptr()) }
}

/// Closes the system's log.
pub(crate) fn close_log() {
    // SAFETY: it takes nothing.
    unsafe { libc::closelog() }
}

/// Sets the priorities that are logged: the former ones.
pub(crate) fn log_mask(mask: c_int) -> c_int {
    // SAFETY: it takes a number.
    unsafe { libc::setlogmask(mask) }
}
