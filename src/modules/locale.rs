//! `_locale`: the C library's locale.

use std::ffi::{CStr, CString};

use objects::core::args::check_count;
use objects::core::errors::{PyResult, Raised};
use objects::core::object::Py;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::list::PyList;
use objects::types::module;
use objects::types::str::{self, PyStr, storage};

use crate::NativeModule;
use crate::posix::raw::locale as raw;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_locale",
    doc: Some("Support for POSIX locales."),
    functions: FUNCTIONS,
    exec: Some(exec),
};

static ERROR: StaticType = StaticType::inheriting();
const ERROR_SPEC: TypeSpec = TypeSpec {
    name: "locale.Error",
    base: Some(&exc::EXCEPTION),
    flags: spec_flags::BASETYPE | spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF,
    ..TypeSpec::DEFAULT
};

methods! { FUNCTIONS:
    /// Activates/queries locale processing.
    ["setlocale"] "($module, category, locale=None, /)" Positional(set_locale);
    /// Returns numeric and monetary locale-specific parameters.
    ["localeconv"] "($module, /)" None(conventions);
    /// Compares two strings according to the locale.
    ["strcoll"] "($module, os1, os2, /)" Positional(collate);
    /// Return a string that can be used as a key for locale-aware comparisons.
    ["strxfrm"] "($module, string, /)" One(collation_key);
    /// Return the value for the locale information associated with key.
    ["nl_langinfo"] "($module, key, /)" One(language_info);
    /// gettext(msg) -> string
    ///
    /// Return translation of msg.
    ["gettext"] "($module, msg, /)" One(gettext);
    /// dgettext(domain, msg) -> string
    ///
    /// Return translation of msg in domain.
    ["dgettext"] "($module, domain, msg, /)" Positional(dgettext);
    /// Return translation of msg in domain and category.
    ["dcgettext"] "($module, domain, msg, category, /)" Positional(dcgettext);
    /// Set the C library's textdmain to domain, returning the new domain.
    ["textdomain"] "($module, domain, /)" One(text_domain);
    /// Bind the C library's domain to dir.
    ["bindtextdomain"] "($module, domain, dir, /)" Positional(domain_folder);
    /// Bind the C library's domain to codeset.
    ["bind_textdomain_codeset"] "($module, domain, codeset, /)" Positional(domain_encoding);
    /// Get the current locale encoding.
    ["getencoding"] "($module, /)" None(encoding);
}

const CATEGORIES: [(&str, i32); 7] = [
    ("LC_CTYPE", libc::LC_CTYPE),
    ("LC_TIME", libc::LC_TIME),
    ("LC_COLLATE", libc::LC_COLLATE),
    ("LC_MONETARY", libc::LC_MONETARY),
    ("LC_MESSAGES", libc::LC_MESSAGES),
    ("LC_NUMERIC", libc::LC_NUMERIC),
    ("LC_ALL", libc::LC_ALL),
];

/// The items of the locale, by the numbers of the C library.
#[rustfmt::skip]
const ITEMS: [(&str, libc::nl_item); 56] = [
    ("CODESET", 0xe), ("RADIXCHAR", 0x10000), ("THOUSEP", 0x10001), ("ABDAY_1", 0x20000),
    ("ABDAY_2", 0x20001), ("ABDAY_3", 0x20002), ("ABDAY_4", 0x20003), ("ABDAY_5", 0x20004),
    ("ABDAY_6", 0x20005), ("ABDAY_7", 0x20006), ("DAY_1", 0x20007), ("DAY_2", 0x20008),
    ("DAY_3", 0x20009), ("DAY_4", 0x2000a), ("DAY_5", 0x2000b), ("DAY_6", 0x2000c),
    ("DAY_7", 0x2000d), ("ABMON_1", 0x2000e), ("ABMON_2", 0x2000f), ("ABMON_3", 0x20010),
    ("ABMON_4", 0x20011), ("ABMON_5", 0x20012), ("ABMON_6", 0x20013), ("ABMON_7", 0x20014),
    ("ABMON_8", 0x20015), ("ABMON_9", 0x20016), ("ABMON_10", 0x20017), ("ABMON_11", 0x20018),
    ("ABMON_12", 0x20019), ("MON_1", 0x2001a), ("MON_2", 0x2001b), ("MON_3", 0x2001c),
    ("MON_4", 0x2001d), ("MON_5", 0x2001e), ("MON_6", 0x2001f), ("MON_7", 0x20020),
    ("MON_8", 0x20021), ("MON_9", 0x20022), ("MON_10", 0x20023), ("MON_11", 0x20024),
    ("MON_12", 0x20025), ("AM_STR", 0x20026), ("PM_STR", 0x20027), ("D_T_FMT", 0x20028),
    ("D_FMT", 0x20029), ("T_FMT", 0x2002a), ("T_FMT_AMPM", 0x2002b), ("ERA", 0x2002c),
    ("ERA_D_FMT", 0x2002e), ("ALT_DIGITS", 0x2002f), ("ERA_D_T_FMT", 0x20030), ("ERA_T_FMT", 0x20031),
    ("_DATE_FMT", 0x2006c), ("CRNCYSTR", 0x4000f), ("YESEXPR", 0x50000), ("NOEXPR", 0x50001),
];

/// What says that a number of the conventions is not given.
const NOT_GIVEN: i64 = 127;

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    objects::types::ready(vm, &ERROR, &ERROR_SPEC)?;
    module::add(vm, target, "Error", ERROR.get().to_value());
    for (name, number) in CATEGORIES.iter().chain(&ITEMS) {
        module::add(vm, target, name, Value::small_int_unchecked(i64::from(*number)));
    }
    module::add(vm, target, "CHAR_MAX", Value::small_int_unchecked(NOT_GIVEN));
    // An interpreter runs in its user's character set; nobody saw the locale before this module came.
    if raw::set_locale(libc::LC_CTYPE, None).as_deref() == Some(b"C")
        && raw::set_locale(libc::LC_CTYPE, Some(c"")).is_none_or(|locale| locale == b"C")
    {
        raw::set_locale(libc::LC_CTYPE, Some(c"C.UTF-8"));
    }
    Ok(())
}

fn text_value(vm: Vm<'_>, bytes: &[u8]) -> PyResult<Value> {
    Ok(PyStr::from_fs_bytes(vm, bytes)?.into_value())
}

fn refused(vm: Vm<'_>, function: &str, place: &str, wanted: &str, value: &Value) -> Raised {
    vm.type_error(format!(
        "{function}() argument{place} must be {wanted}, not {}",
        value.class().name()
    ))
}

fn c_text(vm: Vm<'_>, text: &Py<PyStr>) -> PyResult<CString> {
    CString::new(text.to_fs_bytes(vm)?).map_err(|_| vm.value_error("embedded null character"))
}

/// A text that must be given.
fn required(vm: Vm<'_>, function: &str, place: &str, value: &Value) -> PyResult<CString> {
    match value.downcast::<PyStr>() {
        Some(text) => c_text(vm, text),
        None => Err(refused(vm, function, place, "str", value)),
    }
}

/// A text or None.
fn optional(vm: Vm<'_>, function: &str, place: &str, value: &Value) -> PyResult<Option<CString>> {
    match value.downcast::<PyStr>() {
        Some(text) => c_text(vm, text).map(Some),
        None if value.is_none() => Ok(None),
        None => Err(refused(vm, function, place, "str or None", value)),
    }
}

fn set_locale(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "setlocale", args.len(), 1, 2)?;
    let category = number::as_i32(vm, &args[0])?;
    let locale = match args.get(1) {
        Some(locale) => optional(vm, "setlocale", " 2", locale)?,
        None => None,
    };
    match raw::set_locale(category, locale.as_deref()) {
        Some(name) => text_value(vm, &name),
        None if locale.is_some() => Err(vm.error(&ERROR, "unsupported locale setting")),
        None => Err(vm.error(&ERROR, "locale query failed")),
    }
}

/// How digits are grouped: the sizes, and what stands at their end.
fn groups(vm: Vm<'_>, sizes: &[u8]) -> Value {
    let mut items = Vec::new();
    for &size in sizes {
        items.push(Value::small_int_unchecked(i64::from(size)));
        if i64::from(size) == NOT_GIVEN {
            return PyList::new_value(vm, items);
        }
    }
    if !items.is_empty() {
        items.push(Value::small_int_unchecked(0));
    }
    PyList::new_value(vm, items)
}

fn conventions(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    const PLACING: [&str; 8] = [
        "int_frac_digits",
        "frac_digits",
        "p_cs_precedes",
        "p_sep_by_space",
        "n_cs_precedes",
        "n_sep_by_space",
        "p_sign_posn",
        "n_sign_posn",
    ];
    let found = raw::conventions();
    let dict = PyDict::new_ref(vm);
    let put = |name: &str, value: Value| dict.set(vm, &PyStr::new_value(vm, name), value);
    let [currency, symbol, point, separator, positive, negative] = &found.money;
    put("int_curr_symbol", text_value(vm, currency)?)?;
    put("currency_symbol", text_value(vm, symbol)?)?;
    put("mon_decimal_point", text_value(vm, point)?)?;
    put("mon_thousands_sep", text_value(vm, separator)?)?;
    put("mon_grouping", groups(vm, &found.money_grouping))?;
    put("positive_sign", text_value(vm, positive)?)?;
    put("negative_sign", text_value(vm, negative)?)?;
    for (name, number) in PLACING.iter().zip(found.placing) {
        put(name, Value::small_int_unchecked(i64::from(number)))?;
    }
    let [point, separator] = &found.numbers;
    put("decimal_point", text_value(vm, point)?)?;
    put("thousands_sep", text_value(vm, separator)?)?;
    put("grouping", groups(vm, &found.grouping))?;
    Ok(dict.into_value())
}

/// The characters of a text that is compared.
fn points(vm: Vm<'_>, function: &str, place: &str, value: &Value) -> PyResult<Vec<u32>> {
    let Some(text) = value.downcast::<PyStr>() else {
        return Err(refused(vm, function, place, "str", value));
    };
    let points = storage::point_vec(vm, text)?;
    if points.contains(&0) {
        return Err(vm.value_error("embedded null character"));
    }
    Ok(points)
}

fn collate(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "strcoll", args.len(), 2, 2)?;
    let left = points(vm, "strcoll", " 1", &args[0])?;
    let right = points(vm, "strcoll", " 2", &args[1])?;
    Ok(Value::small_int_unchecked(i64::from(raw::collate(&left, &right))))
}

fn collation_key(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    let text = points(vm, "strxfrm", "", value)?;
    let key = raw::collation_key(&text).ok_or_else(|| vm.memory_error())?;
    Ok(storage::from_code_points(vm, str::STR.get(), &key)?.into_value())
}

fn language_info(vm: Vm<'_>, _module: &Value, key: &Value) -> PyResult<Value> {
    let key = number::as_i32(vm, key)?;
    if !ITEMS.iter().any(|(_, item)| *item == key) {
        return Err(vm.value_error("unsupported langinfo constant"));
    }
    text_value(vm, &raw::language_info(key))
}

fn translated(vm: Vm<'_>, domain: Option<&CStr>, message: &CStr, category: i32) -> PyResult<Value> {
    text_value(vm, &raw::translate(domain, message, category))
}

fn gettext(vm: Vm<'_>, _module: &Value, message: &Value) -> PyResult<Value> {
    let message = required(vm, "gettext", "", message)?;
    translated(vm, None, &message, libc::LC_MESSAGES)
}

fn dgettext(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "dgettext", args.len(), 2, 2)?;
    let domain = optional(vm, "dgettext", " 1", &args[0])?;
    let message = required(vm, "dgettext", " 2", &args[1])?;
    translated(vm, domain.as_deref(), &message, libc::LC_MESSAGES)
}

fn dcgettext(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "dcgettext", args.len(), 3, 3)?;
    let domain = optional(vm, "dcgettext", " 1", &args[0])?;
    let message = required(vm, "dcgettext", " 2", &args[1])?;
    let category = number::as_i32(vm, &args[2])?;
    translated(vm, domain.as_deref(), &message, category)
}

/// The library's answer, or the error that it left.
fn answered(vm: Vm<'_>, answer: Option<Vec<u8>>) -> PyResult<Value> {
    match answer {
        Some(text) => text_value(vm, &text),
        None => {
            let code = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
            Err(vm.os_error(code, None))
        }
    }
}

fn text_domain(vm: Vm<'_>, _module: &Value, domain: &Value) -> PyResult<Value> {
    let domain = optional(vm, "textdomain", "", domain)?;
    answered(vm, raw::text_domain(domain.as_deref()))
}

fn domain_folder(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "bindtextdomain", args.len(), 2, 2)?;
    let domain = required(vm, "bindtextdomain", " 1", &args[0])?;
    if domain.is_empty() {
        return Err(vm.error(&ERROR, "domain must be a non-empty string"));
    }
    let folder = optional(vm, "bindtextdomain", " 2", &args[1])?;
    answered(vm, raw::domain_folder(&domain, folder.as_deref()))
}

fn domain_encoding(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "bind_textdomain_codeset", args.len(), 2, 2)?;
    let domain = required(vm, "bind_textdomain_codeset", " 1", &args[0])?;
    let encoding = optional(vm, "bind_textdomain_codeset", " 2", &args[1])?;
    match raw::domain_encoding(&domain, encoding.as_deref()) {
        Some(text) => text_value(vm, &text),
        None => Ok(Value::NONE),
    }
}

fn encoding(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    const CODESET: libc::nl_item = 14;
    let name = raw::language_info(CODESET);
    if name.is_empty() { Ok(PyStr::new_value(vm, "UTF-8")) } else { text_value(vm, &name) }
}
