//! Calendar times: `struct_time`, `gmtime`, `localtime`, `mktime`, `strftime`.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use objects::core::args::check_count;
use objects::core::errors::{PyResult, Raised};
use objects::core::type_spec::MethodDef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::exceptions::hierarchy as exc;
use objects::types::str::builder::Builder;
use objects::types::str::{PyStr, storage};
use objects::types::tuple::PyTuple;
use objects::types::{float_, int, module, struct_sequence};
use objects::{methods, struct_sequence};

use super::zone::system_zone;

struct_sequence! { STRUCT_TIME, STRUCT_TIME_SPEC, "time.struct_time", "The time value as returned by gmtime(), localtime(), and strptime(), and\n accepted by asctime(), mktime() and strftime().  May be considered as a\n sequence of 9 integers.\n\n Note that several fields' values are not the same as those defined by\n the C language standard for struct tm.  For example, the value of the\n field tm_year is the actual year, not year - 1900.  See individual\n fields' descriptions for details.", hidden 2, STRUCT_TIME_FIELDS:
    ["tm_year"] 0; ["tm_mon"] 1; ["tm_mday"] 2; ["tm_hour"] 3; ["tm_min"] 4; ["tm_sec"] 5; ["tm_wday"] 6; ["tm_yday"] 7; ["tm_isdst"] 8; ["tm_zone"] 9, "abbreviation of timezone name"; ["tm_gmtoff"] 10, "offset from UTC in seconds";
}

methods! { CALENDAR:
    /// Convert seconds since the Epoch to a time tuple expressing UTC (a.k.a. GMT).
    ["gmtime"] "" Positional(gmtime);
    /// Convert seconds since the Epoch to a time tuple expressing local time.
    ["localtime"] "" Positional(localtime);
    /// Convert a time tuple in local time to seconds since the Epoch.
    ["mktime"] "($self, object, /)" One(mktime);
    /// Convert a time tuple to a string, e.g. 'Sat Jun 06 16:26:11 1998'.
    ["asctime"] "" Positional(asctime);
    /// Convert a time in seconds since the Epoch to a string in local time.
    ["ctime"] "" Positional(ctime);
    /// Convert a time tuple to a string according to a format specification.
    ["strftime"] "" Positional(strftime);
    /// Parse a string to a time tuple according to a format specification.
    ["strptime"] "" Positional(strptime);
    /// Initialize, or reinitialize, the local timezone.
    ["tzset"] "($self, /)" None(tzset);
}

const FUNCTIONS: &[MethodDef] = CALENDAR;

const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The fields of a `struct_time`, with Python's numbering.
struct Fields {
    numbers: [i64; 9],
    zone: String,
    offset: i64,
}

pub(super) fn add(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    objects::types::ready(vm, &STRUCT_TIME, &STRUCT_TIME_SPEC)?;
    module::add(vm, target, "struct_time", STRUCT_TIME.get().to_value());
    module::add(vm, target, "_STRUCT_TM_ITEMS", Value::small_int_unchecked(11));
    module::add_functions(vm, target, FUNCTIONS);
    add_zone(vm, target);
    Ok(())
}

/// The zone's offsets in the middle of winter and of summer, as CPython takes them from two days of the year.
fn add_zone(vm: Vm<'_>, target: &Value) {
    let zone = system_zone();
    let year = i64::from(Timestamp::now().to_zoned(zone.clone()).year());
    let at = |month: i8| -> (i64, String) {
        let day = i16::try_from(year)
            .ok()
            .and_then(|year| DateTime::new(year, month, 1, 0, 0, 0, 0).ok());
        match day.and_then(|day| day.to_zoned(zone.clone()).ok()) {
            Some(day) => (i64::from(day.offset().seconds()), zone_name(&day)),
            None => (0, "UTC".to_owned()),
        }
    };
    let (january, july) = (at(1), at(7));
    let (standard, summer) = if january.0 <= july.0 { (january, july) } else { (july, january) };
    let number = Value::small_int_unchecked;
    let names = [PyStr::new_value(vm, &standard.1), PyStr::new_value(vm, &summer.1)];
    module::add(vm, target, "timezone", number(-standard.0));
    module::add(vm, target, "altzone", number(-summer.0));
    module::add(vm, target, "daylight", number(i64::from(standard.0 != summer.0)));
    module::add(vm, target, "tzname", PyTuple::new_value(vm, &names));
}

fn zone_name(time: &Zoned) -> String {
    let info = time.time_zone().to_offset_info(time.timestamp());
    match info.abbreviation() {
        "Etc/Unknown" | "" => "UTC".to_owned(),
        name => name.to_owned(),
    }
}

fn out_of_range(vm: Vm<'_>) -> Raised {
    vm.overflow_error("timestamp out of range for platform time_t")
}

fn fields_of(vm: Vm<'_>, seconds: i64, zone: TimeZone, is_utc: bool) -> PyResult<Fields> {
    let stamp = Timestamp::from_second(seconds).map_err(|_| out_of_range(vm))?;
    let time = stamp.to_zoned(zone);
    let info = time.time_zone().to_offset_info(stamp);
    let numbers = [
        i64::from(time.year()),
        i64::from(time.month()),
        i64::from(time.day()),
        i64::from(time.hour()),
        i64::from(time.minute()),
        i64::from(time.second()),
        i64::from(time.weekday().to_monday_zero_offset()),
        i64::from(time.day_of_year()),
        i64::from(info.dst().is_dst()),
    ];
    let offset = i64::from(time.offset().seconds());
    let zone = if is_utc { "UTC".to_owned() } else { zone_name(&time) };
    Ok(Fields { numbers, zone, offset })
}

fn struct_time(vm: Vm<'_>, fields: &Fields) -> PyResult<Value> {
    let items = fields.numbers.map(Value::small_int_unchecked).to_vec();
    let hidden = [
        ("tm_zone", PyStr::new_value(vm, &fields.zone)),
        ("tm_gmtoff", Value::small_int_unchecked(fields.offset)),
    ];
    struct_sequence::new(vm, &STRUCT_TIME, items, &hidden)
}

fn now() -> i64 {
    Timestamp::now().as_second()
}

/// Whole seconds of an argument, rounded down; now when it is left out.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the range is checked"
)]
fn seconds_of(vm: Vm<'_>, value: Option<&Value>) -> PyResult<i64> {
    let Some(value) = value else { return Ok(now()) };
    if number::is_int(value) {
        return int::as_i64(value)
            .or_else(|| value.as_bool().map(i64::from))
            .ok_or_else(|| out_of_range(vm));
    }
    let Some(float) = float_::as_f64(value) else {
        return number::as_i64(vm, value);
    };
    if float.is_nan() {
        return Err(vm.value_error("Invalid value NaN (not a number)"));
    }
    if float.abs() >= i64::MAX as f64 { Err(out_of_range(vm)) } else { Ok(float.floor() as i64) }
}

fn gmtime(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "gmtime", args.len(), 0, 1)?;
    let seconds = seconds_of(vm, args.first().filter(|seconds| !seconds.is_none()))?;
    struct_time(vm, &fields_of(vm, seconds, TimeZone::UTC, true)?)
}

fn local(vm: Vm<'_>, seconds: i64) -> PyResult<Fields> {
    fields_of(vm, seconds, system_zone(), false)
}

fn localtime(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "localtime", args.len(), 0, 1)?;
    let seconds = seconds_of(vm, args.first().filter(|seconds| !seconds.is_none()))?;
    struct_time(vm, &local(vm, seconds)?)
}

/// The nine numbers of a time tuple.
fn tuple_fields(vm: Vm<'_>, function: &str, value: &Value) -> PyResult<Fields> {
    let Some(items) = value.downcast::<PyTuple>().map(objects::core::object::Py::items) else {
        return Err(vm.type_error("Tuple or struct_time argument required"));
    };
    let mut numbers = [0; 9];
    if items.len() != numbers.len() {
        return Err(vm.type_error(format!("{function}(): illegal time tuple argument")));
    }
    for (number, item) in numbers.iter_mut().zip(items) {
        *number = i64::from(number::as_i32(vm, item)?);
    }
    let zone = local(vm, now())?;
    Ok(Fields { numbers, zone: zone.zone, offset: zone.offset })
}

/// Fills zeros in as CPython does and refuses what no text can show.
fn check_fields(vm: Vm<'_>, fields: &mut Fields) -> PyResult<()> {
    for index in [1, 2, 7] {
        if fields.numbers[index] == 0 {
            fields.numbers[index] = 1;
        }
    }
    let bounds = [
        (1, 1, 12, "month"),
        (2, 1, 31, "day of month"),
        (3, 0, 23, "hour"),
        (4, 0, 59, "minute"),
        (5, 0, 61, "seconds"),
        (7, 1, 366, "day of year"),
    ];
    for (index, low, high, name) in bounds {
        if !(low..=high).contains(&fields.numbers[index]) {
            return Err(vm.value_error(format!("{name} out of range")));
        }
    }
    if fields.numbers[6] < -1 {
        return Err(vm.value_error("day of week out of range"));
    }
    fields.numbers[6] = fields.numbers[6].rem_euclid(7);
    Ok(())
}

fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = year + (month - 1).div_euclid(12);
    let month = (month - 1).rem_euclid(12) + 1;
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5;
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    era * 146_097 + day_of_era - 719_468 + day - 1
}

fn mktime(vm: Vm<'_>, _module: &Value, tuple: &Value) -> PyResult<Value> {
    let Fields { numbers: [year, month, day, hour, minute, second, ..], .. } =
        tuple_fields(vm, "mktime", tuple)?;
    let civil = days_from_epoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    let date = Timestamp::from_second(civil)
        .map(|stamp| stamp.to_zoned(TimeZone::UTC).datetime())
        .and_then(|date| date.to_zoned(system_zone()));
    match date {
        #[expect(clippy::cast_precision_loss, reason = "mktime answers a float")]
        Ok(date) => Ok(float_::new(vm, date.timestamp().as_second() as f64)),
        Err(_) => Err(vm.error(&exc::OVERFLOW_ERROR, "mktime argument out of range")),
    }
}

fn given_or_now(vm: Vm<'_>, function: &str, value: Option<&Value>) -> PyResult<Fields> {
    let mut fields = match value {
        Some(tuple) => tuple_fields(vm, function, tuple)?,
        None => local(vm, now())?,
    };
    check_fields(vm, &mut fields)?;
    Ok(fields)
}

fn name_at(names: &[&'static str], index: i64) -> &'static str {
    usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or("?")
}

fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

fn ascii_time(fields: &Fields) -> String {
    let [year, month, day, hour, minute, second, weekday, ..] = fields.numbers;
    let (weekday, month) = (name_at(&DAYS, weekday), name_at(&MONTHS, month - 1));
    let (weekday, month) = (short(weekday), short(month));
    format!("{weekday} {month} {day:2} {hour:02}:{minute:02}:{second:02} {year}")
}

fn asctime(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "asctime", args.len(), 0, 1)?;
    let fields = given_or_now(vm, "asctime", args.first())?;
    Ok(PyStr::new_value(vm, &ascii_time(&fields)))
}

fn ctime(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "ctime", args.len(), 0, 1)?;
    let seconds = seconds_of(vm, args.first().filter(|seconds| !seconds.is_none()))?;
    Ok(PyStr::new_value(vm, &ascii_time(&local(vm, seconds)?)))
}

/// The ISO year and week.
fn iso_week(fields: &Fields) -> (i64, i64) {
    let [year, .., weekday, day_of_year, _] = fields.numbers;
    let week = (day_of_year - (weekday + 1) + 10).div_euclid(7);
    let weeks_of = |year: i64| {
        let first = (days_from_epoch(year, 1, 1) + 3).rem_euclid(7);
        let leap = days_from_epoch(year + 1, 1, 1) - days_from_epoch(year, 1, 1) == 366;
        if first == 3 || (leap && first == 2) { 53 } else { 52 }
    };
    if week < 1 {
        (year - 1, weeks_of(year - 1))
    } else if week > weeks_of(year) {
        (year + 1, 1)
    } else {
        (year, week)
    }
}

/// Text of one directive; None for an unknown one, which stays as it is.
fn directive(fields: &Fields, letter: char) -> Option<String> {
    let [year, month, day, hour, minute, second, weekday, day_of_year, _] = fields.numbers;
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    let sunday = (weekday + 1) % 7;
    Some(match letter {
        'a' => short(name_at(&DAYS, weekday)).to_owned(),
        'A' => name_at(&DAYS, weekday).to_owned(),
        'b' | 'h' => short(name_at(&MONTHS, month - 1)).to_owned(),
        'B' => name_at(&MONTHS, month - 1).to_owned(),
        'c' => ascii_time(fields),
        'C' => format!("{:02}", year.div_euclid(100)),
        'd' => format!("{day:02}"),
        'D' | 'x' => format!("{month:02}/{day:02}/{:02}", year.rem_euclid(100)),
        'e' => format!("{day:2}"),
        'F' => format!("{year}-{month:02}-{day:02}"),
        'g' => format!("{:02}", iso_week(fields).0.rem_euclid(100)),
        'G' => iso_week(fields).0.to_string(),
        'H' => format!("{hour:02}"),
        'I' => format!("{twelve:02}"),
        'j' => format!("{day_of_year:03}"),
        'k' => format!("{hour:2}"),
        'l' => format!("{twelve:2}"),
        'm' => format!("{month:02}"),
        'M' => format!("{minute:02}"),
        'n' => "\n".to_owned(),
        'p' => if hour < 12 { "AM" } else { "PM" }.to_owned(),
        'P' => if hour < 12 { "am" } else { "pm" }.to_owned(),
        'r' => {
            format!("{twelve:02}:{minute:02}:{second:02} {}", if hour < 12 { "AM" } else { "PM" })
        }
        'R' => format!("{hour:02}:{minute:02}"),
        'S' => format!("{second:02}"),
        't' => "\t".to_owned(),
        'T' | 'X' => format!("{hour:02}:{minute:02}:{second:02}"),
        'u' => (weekday + 1).to_string(),
        'U' => format!("{:02}", (day_of_year - 1 + 7 - sunday) / 7),
        'V' => format!("{:02}", iso_week(fields).1),
        'w' => sunday.to_string(),
        'W' => format!("{:02}", (day_of_year - 1 + 7 - weekday) / 7),
        'y' => format!("{:02}", year.rem_euclid(100)),
        'Y' => year.to_string(),
        'z' => {
            let sign = if fields.offset < 0 { '-' } else { '+' };
            let minutes = fields.offset.abs() / 60;
            format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
        }
        'Z' => fields.zone.clone(),
        '%' => "%".to_owned(),
        _ => return None,
    })
}

fn strftime(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "strftime", args.len(), 1, 2)?;
    let format = &args[0];
    let Some(format) = format.downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "strftime() argument 1 must be str, not {}",
            format.class().name()
        )));
    };
    let fields = given_or_now(vm, "strftime", args.get(1))?;
    let mut text = Builder::new(vm);
    let mut points = storage::point_vec(vm, format)?.into_iter();
    while let Some(point) = points.next() {
        if point != u32::from('%') {
            text.push(point)?;
            continue;
        }
        let Some(letter) = points.next() else {
            text.push(point)?;
            break;
        };
        match char::from_u32(letter).and_then(|letter| directive(&fields, letter)) {
            Some(part) => text.push_text(&part)?,
            None => {
                text.push(point)?;
                text.push(letter)?;
            }
        }
    }
    Ok(text.finish()?.into_value())
}

fn strptime(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "strptime", args.len(), 1, 2)?;
    let parser = vm.import_module("_strptime")?;
    let function = vm.intern("_strptime_time");
    match args.get(1) {
        Some(format) => vm.call_method(&parser, &function, &[args[0].clone(), format.clone()]),
        None => vm.call_method(&parser, &function, std::slice::from_ref(&args[0])),
    }
}

fn tzset(vm: Vm<'_>, module: &Value) -> PyResult<Value> {
    add_zone(vm, module);
    Ok(Value::NONE)
}
