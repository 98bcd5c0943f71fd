//! `datetime.date`, and `datetime.IsoCalendarDate`.

use std::cell::Cell;

use objects::core::args::{Args, Bound};
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::{CompareOp, Slot};
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::bytes::{PyBytes, hash_bytes};
use objects::types::int;
use objects::types::str::{PyStr, storage};
use objects::types::tuple::{PyTuple, TUPLE};
use objects::{getset, methods, payload};

use super::calendar::{
    Civil, DAY, IsoError, MAX_ORDINAL, MAX_YEAR, MIN_YEAR, days_in_month, iso_to_ymd, ord_to_ymd,
    ymd_to_iso,
};
use super::delta::{self, DAY_MICROS, micros_of};
use super::format::{self, Moment};
use super::moment::{DATETIME, is_datetime, subclass_datetime};
use super::{clock, parse};

payload! {
    /// The payload of a date, and of a date with a time.
    pub(super) struct PyDate: DATE {
        pub(super) civil: Cell<Civil>,
        pub(super) zone: Option<Value>,
        pub(super) hash: Cell<i64>,
    }
}

/// `datetime.date`
pub(super) static DATE: StaticType = StaticType::new::<PyDate>();

/// The spec of `datetime.date`.
pub(super) const DATE_SPEC: TypeSpec = TypeSpec {
    name: "datetime.date",
    doc: Some("date(year, month, day) --> date object"),
    flags: spec_flags::BASETYPE,
    slots: &[
        Slot::New(date_new),
        Slot::Repr(repr),
        Slot::Str(str_),
        Slot::Hash(hash),
        Slot::Richcompare(richcompare),
        Slot::NbAdd(add),
        Slot::NbSubtract(subtract),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Create a date from a POSIX timestamp.
    ///
    /// The timestamp is a number, e.g. created via time.time(), that is
    /// interpreted as local time.
    class ["fromtimestamp"] "($type, timestamp, /)" One(fromtimestamp);
    /// int -> date corresponding to a proleptic Gregorian ordinal.
    class ["fromordinal"] "" Positional(fromordinal);
    /// str -> Construct a date from a string in ISO 8601 format.
    class ["fromisoformat"] "($type, object, /)" One(fromisoformat);
    /// int, int, int -> Construct a date from the ISO year, week number and weekday.
    ///
    /// This is the inverse of the date.isocalendar() function
    class ["fromisocalendar"] "" Any(fromisocalendar);
    /// string, format -> new date parsed from a string (like time.strptime()).
    class ["strptime"] "" Positional(strptime);
    /// Current date or datetime:  same as self.__class__.fromtimestamp(time.time()).
    class ["today"] "($type, /)" None(today);
    /// Return ctime() style string.
    ["ctime"] "($self, /)" None(ctime);
    /// format -> strftime() style string.
    ["strftime"] "" Any(strftime);
    /// Formats self with strftime.
    ["__format__"] "" One(format::format_method);
    /// Return time tuple, compatible with time.localtime().
    ["timetuple"] "($self, /)" None(timetuple);
    /// Return a named tuple containing ISO year, week number, and weekday.
    ["isocalendar"] "($self, /)" None(isocalendar);
    /// Return string in ISO 8601 format, YYYY-MM-DD.
    ["isoformat"] "($self, /)" None(isoformat);
    /// Return the day of the week represented by the date.
    /// Monday == 1 ... Sunday == 7
    ["isoweekday"] "($self, /)" None(isoweekday);
    /// Return proleptic Gregorian ordinal.  January 1 of year 1 is day 1.
    ["toordinal"] "($self, /)" None(toordinal);
    /// Return the day of the week represented by the date.
    /// Monday == 0 ... Sunday == 6
    ["weekday"] "($self, /)" None(weekday);
    /// Return date with new specified fields.
    ["replace"] "($self, /, year=unchanged, month=unchanged, day=unchanged)" Bound(replace);
    /// The same as replace().
    ["__replace__"] "($self, /, **changes)" Any(replace_changes);
    /// __reduce__() -> (cls, state)
    ["__reduce__"] "($self, /)" None(reduce);
}

getset! { GETSET:
    ["year"] get_year;
    ["month"] get_month;
    ["day"] get_day;
}

pub(super) fn this(value: &Value) -> &Py<PyDate> {
    value.receiver::<PyDate>()
}

pub(super) fn civil(value: &Value) -> Civil {
    this(value).civil.get()
}

/// Refuses a day that there is not.
pub(super) fn check_date(vm: Vm<'_>, year: i64, month: i64, day: i64) -> PyResult<()> {
    if !(MIN_YEAR..=MAX_YEAR).contains(&year) {
        return Err(vm.value_error(format!("year must be in {MIN_YEAR}..{MAX_YEAR}, not {year}")));
    }
    if !(1..=12).contains(&month) {
        return Err(vm.value_error(format!("month must be in 1..12, not {month}")));
    }
    let last = days_in_month(year, month);
    if !(1..=last).contains(&day) {
        return Err(vm.value_error(format!(
            "day {day} must be in range 1..{last} for month {month} in year {year}"
        )));
    }
    Ok(())
}

/// A number argument of a C int.
pub(super) fn number_argument(vm: Vm<'_>, value: Option<&Value>, default: i64) -> PyResult<i64> {
    match value {
        Some(value) => number::as_i32(vm, value).map(i64::from),
        None => Ok(default),
    }
}

/// An object of a class with the payload of dates; nothing is checked.
pub(super) fn make(vm: Vm<'_>, class: &Py<PyType>, civil: Civil, zone: Option<Value>) -> Value {
    let payload = PyDate { civil: Cell::new(civil), zone, hash: Cell::new(-1) };
    PyRef::new_of(vm, class, payload).into_value()
}

/// A date; of a subclass by calling it.
pub(super) fn subclass_date(vm: Vm<'_>, class: &Py<PyType>, civil: Civil) -> PyResult<Value> {
    check_date(vm, civil.year, civil.month, civil.day)?;
    let civil = Civil::of_date(civil.year, civil.month, civil.day);
    if class.is(DATE.get()) {
        return Ok(make(vm, class, civil, None));
    }
    if class.is(DATETIME.get()) {
        return subclass_datetime(vm, class, civil, None);
    }
    let args = [civil.year, civil.month, civil.day].map(|number| int::from_i64(vm, number));
    vm.call(&class.to_value(), &args)
}

pub(super) fn class_of(class: &Value) -> &Py<PyType> {
    class.receiver::<PyType>()
}

/// The bytes of a pickled state: bytes, or text of Python 2 that was read as Latin-1.
pub(super) fn state_bytes(
    vm: Vm<'_>,
    value: &Value,
    length: usize,
    what: &str,
) -> PyResult<Option<Vec<u8>>> {
    if let Some(bytes) = value.downcast::<PyBytes>() {
        let bytes = bytes.as_slice();
        return Ok((bytes.len() == length).then(|| bytes.to_vec()));
    }
    let Some(text) = value.downcast::<PyStr>().filter(|text| text.len() == length) else {
        return Ok(None);
    };
    let mut bytes = Vec::with_capacity(length);
    let mut narrow = true;
    storage::for_each_char(text, |point| match u8::try_from(point) {
        Ok(byte) => bytes.push(byte),
        Err(_) => narrow = false,
    });
    if narrow { Ok(Some(bytes)) } else { Err(not_latin1(vm, what)) }
}

#[cold]
fn not_latin1(vm: Vm<'_>, what: &str) -> objects::core::errors::Raised {
    vm.value_error(format!(
        "Failed to encode latin1 string when unpickling a {what} object. pickle.load(data, encoding='latin1') is assumed."
    ))
}

static NEW: LazySignature = LazySignature::new("($type, year, month, day)");

fn date_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if let [state] = args.positional()
        && args.keyword_count() == 0
        && let Some(state) = state_bytes(vm, state, 4, "date")?
        && (1..=12).contains(&state[2])
    {
        let year = i64::from(state[0]) * 256 + i64::from(state[1]);
        let civil = Civil::of_date(year, i64::from(state[2]), i64::from(state[3]));
        return Ok(make(vm, class, civil, None));
    }
    let args = NEW.bind(vm, "function", args)?;
    let year = number_argument(vm, args.get(0), 0)?;
    let month = number_argument(vm, args.get(1), 0)?;
    let day = number_argument(vm, args.get(2), 0)?;
    check_date(vm, year, month, day)?;
    Ok(make(vm, class, Civil::of_date(year, month, day), None))
}

fn fromtimestamp(vm: Vm<'_>, class: &Value, timestamp: &Value) -> PyResult<Value> {
    let (seconds, _) = clock::timestamp(vm, timestamp)?;
    let seconds = match objects::types::float_::as_f64(timestamp) {
        // Rounded down, so that the microseconds cannot reach the next day.
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
        Some(number) => number.floor() as i64,
        None => seconds,
    };
    let civil = clock::civil_of(vm, (seconds, 0), false)?;
    subclass_date(vm, class_of(class), civil)
}

fn fromordinal(vm: Vm<'_>, class: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "fromordinal", args.len(), 1, 1)?;
    let ordinal = number_argument(vm, args.first(), 0)?;
    if ordinal < 1 {
        return Err(vm.value_error("ordinal must be >= 1"));
    }
    let (year, month, day) = ord_to_ymd(ordinal);
    subclass_date(vm, class_of(class), Civil::of_date(year, month, day))
}

fn fromisoformat(vm: Vm<'_>, class: &Value, text: &Value) -> PyResult<Value> {
    let Some(ascii) = text.downcast::<PyStr>() else {
        return Err(vm.type_error("fromisoformat: argument must be str"));
    };
    let parsed = ascii
        .as_ascii()
        .filter(|text| matches!(text.len(), 7 | 8 | 10))
        .and_then(|text| parse::date(text.as_bytes()).ok());
    match parsed {
        Some(civil) => subclass_date(vm, class_of(class), civil),
        None => Err(format::invalid_iso(vm, text)),
    }
}

static FROM_ISO: LazySignature = LazySignature::new("($type, year, week, day)");

fn fromisocalendar(vm: Vm<'_>, class: &Value, args: Args<'_>) -> PyResult<Value> {
    let args = FROM_ISO.bind(vm, "fromisocalendar", args)?;
    let mut numbers = [0; 3];
    for (index, number) in numbers.iter_mut().enumerate() {
        let result = number_argument(vm, args.get(index), 0);
        *number = match result {
            Err(raised)
                if vm
                    .raised_is(&raised, &objects::types::exceptions::hierarchy::OVERFLOW_ERROR) =>
            {
                vm.clear(raised);
                return Err(vm.value_error("ISO calendar component out of range"));
            }
            other => other?,
        };
    }
    let [year, week, day] = numbers;
    match iso_to_ymd(year, week, day) {
        Ok((year, month, day)) => {
            subclass_date(vm, class_of(class), Civil::of_date(year, month, day))
        }
        Err(IsoError::Year) => {
            Err(vm.value_error(format!("year must be in {MIN_YEAR}..{MAX_YEAR}, not {year}")))
        }
        Err(IsoError::Week) => Err(vm.value_error(format!("Invalid week: {week}"))),
        Err(IsoError::Weekday) => {
            Err(vm.value_error(format!("Invalid weekday: {day} (range is [1, 7])")))
        }
    }
}

fn strptime(vm: Vm<'_>, class: &Value, args: &[Value]) -> PyResult<Value> {
    format::strptime(vm, class, args, "_strptime_datetime_date")
}

fn today(vm: Vm<'_>, class: &Value) -> PyResult<Value> {
    if class_of(class).is(DATE.get()) {
        let civil = clock::civil_of(vm, clock::now(), false)?;
        return subclass_date(vm, DATE.get(), civil);
    }
    let time = vm.import_module("time")?;
    let now = vm.call_method(&time, &vm.intern("time"), &[])?;
    vm.call_method(class, &vm.intern("fromtimestamp"), &[now])
}

fn ctime(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, &format::ctime(&civil(value))))
}

static STRFTIME: LazySignature = LazySignature::new("($self, format)");

fn strftime(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    let args = STRFTIME.bind(vm, "strftime", args)?;
    let text = format::text_argument(vm, args.required(0), "strftime")?;
    let numbers = vm.call_method(value, &vm.intern("timetuple"), &[])?;
    let is_datetime = is_datetime(value);
    let moment = Moment {
        object: value,
        zone: this(value).zone.clone(),
        when: if is_datetime { value.clone() } else { Value::NONE },
        year: civil(value).year,
        numbers,
    };
    format::strftime(vm, &moment, text)
}

fn timetuple(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    format::struct_time(vm, &civil(value), -1)
}

fn isocalendar(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let (year, week, day) = ymd_to_iso(&civil(value));
    let items = [year, week, day].map(|number| int::from_i64(vm, number));
    Ok(PyTuple::try_of_class(vm, ISO_CALENDAR_DATE.get(), items.to_vec())?.into_value())
}

fn isoformat(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, &format::date_text(&civil(value))))
}

fn isoweekday(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, civil(value).weekday() + 1))
}

fn toordinal(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, civil(value).ordinal()))
}

fn weekday(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, civil(value).weekday()))
}

fn replace(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let old = civil(value);
    let year = number_argument(vm, args.get(0), old.year)?;
    let month = number_argument(vm, args.get(1), old.month)?;
    let day = number_argument(vm, args.get(2), old.day)?;
    subclass_date(vm, value.class(), Civil::of_date(year, month, day))
}

static REPLACE: LazySignature =
    LazySignature::new("($self, /, year=unchanged, month=unchanged, day=unchanged)");

fn replace_changes(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    replace(vm, value, &REPLACE.bind(vm, "__replace__", args)?)
}

fn date_state(civil: &Civil) -> [u8; 4] {
    let byte = |number: i64| u8::try_from(number).unwrap_or_default();
    [byte(civil.year / 256), byte(civil.year % 256), byte(civil.month), byte(civil.day)]
}

fn reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let state = PyBytes::new_value(vm, &date_state(&civil(value)));
    let args = PyTuple::new_value(vm, &[state]);
    Ok(PyTuple::new_value(vm, &[value.class().to_value(), args]))
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let Civil { year, month, day, .. } = civil(value);
    let text = format!("{}({year}, {month}, {day})", value.class().name());
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

fn str_(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    vm.call_method(value, &vm.intern("isoformat"), &[])
}

/// The hash of some bytes, as objects whose state is bytes have it.
pub(super) fn hash_of(vm: Vm<'_>, bytes: &[u8]) -> i64 {
    match hash_bytes(vm, bytes).cast_signed() {
        -1 => -2,
        hash => hash,
    }
}

fn hash(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    let known = &this(value).hash;
    if known.get() == -1 {
        known.set(hash_of(vm, &date_state(&civil(value))));
    }
    Ok(known.get())
}

fn richcompare(_vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    // A date with a time is not to be compared by its date alone.
    match (a.downcast::<PyDate>(), b.downcast::<PyDate>()) {
        (Some(left), Some(right)) if !is_datetime(b) => {
            let ordering = left.civil.get().key().0.cmp(&right.civil.get().key().0);
            Ok(Value::from_bool(op.holds(ordering)))
        }
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

/// A date so many days later.
fn shifted(vm: Vm<'_>, value: &Value, days: i128) -> PyResult<Value> {
    let ordinal = i128::from(civil(value).ordinal()) + days;
    match i64::try_from(ordinal) {
        Ok(ordinal) if (1..=MAX_ORDINAL).contains(&ordinal) => {
            let (year, month, day) = ord_to_ymd(ordinal);
            subclass_date(vm, value.class(), Civil::of_date(year, month, day))
        }
        _ => Err(vm.overflow_error("date value out of range")),
    }
}

fn is_plain_date(value: &Value) -> bool {
    value.downcast::<PyDate>().is_some() && !is_datetime(value)
}

fn add(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (date, micros) = match (micros_of(a), micros_of(b)) {
        (Some(micros), None) => (b, micros),
        (None, Some(micros)) => (a, micros),
        _ => return Ok(Value::NOT_IMPLEMENTED),
    };
    if !is_plain_date(date) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    shifted(vm, date, micros.div_euclid(DAY_MICROS))
}

fn subtract(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    if !is_plain_date(a) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    if is_plain_date(b) {
        let days = civil(a).ordinal() - civil(b).ordinal();
        return delta::new(vm, i128::from(days * DAY) * 1_000_000);
    }
    match micros_of(b) {
        Some(micros) => shifted(vm, a, -micros.div_euclid(DAY_MICROS)),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn get_year(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, civil(value).year))
}

fn get_month(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, civil(value).month))
}

fn get_day(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, civil(value).day))
}

/// `min`, `max` and `resolution`.
pub(super) fn add_constants(vm: Vm<'_>) -> PyResult<()> {
    let names = DATE.get().namespace();
    let of = |year, month, day| make(vm, DATE.get(), Civil::of_date(year, month, day), None);
    drop(names.set_str(&vm.intern("min"), of(MIN_YEAR, 1, 1)));
    drop(names.set_str(&vm.intern("max"), of(MAX_YEAR, 12, 31)));
    drop(names.set_str(&vm.intern("resolution"), delta::new(vm, DAY_MICROS)?));
    Ok(())
}

/// `datetime.IsoCalendarDate`
pub(super) static ISO_CALENDAR_DATE: StaticType = StaticType::inheriting();

/// The spec of `datetime.IsoCalendarDate`.
pub(super) const ISO_CALENDAR_DATE_SPEC: TypeSpec = TypeSpec {
    name: "datetime.IsoCalendarDate",
    doc: Some(
        "The result of date.isocalendar() or datetime.isocalendar()\n\nThis object may be accessed either as a tuple of\n  ((year, week, weekday)\nor via the object attributes as named in the above tuple.",
    ),
    base: Some(&TUPLE),
    slots: &[Slot::New(iso_new), Slot::Repr(iso_repr)],
    methods: ISO_METHODS,
    getset: ISO_GETSET,
    ..TypeSpec::DEFAULT
};

methods! { ISO_METHODS:
    /// __reduce__() -> (cls, state)
    ["__reduce__"] "($self, /)" None(iso_reduce);
}

getset! { ISO_GETSET:
    ["year"] iso_item::<0>;
    ["week"] iso_item::<1>;
    ["weekday"] iso_item::<2>;
}

static ISO_NEW: LazySignature = LazySignature::new("($type, /, year, week, weekday)");

fn iso_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let args = ISO_NEW.bind(vm, "IsoCalendarDate", args)?;
    let mut items = Vec::new();
    for index in 0..3 {
        items.push(int::from_i64(vm, number_argument(vm, args.get(index), 0)?));
    }
    Ok(PyTuple::try_of_class(vm, class, items)?.into_value())
}

fn iso_item<const N: usize>(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(value.receiver::<PyTuple>().items().get(N).cloned().unwrap_or(Value::NONE))
}

fn iso_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let mut text = format!("{}(", value.class().name());
    let items = value.receiver::<PyTuple>().items();
    for (index, (name, item)) in ["year", "week", "weekday"].iter().zip(items).enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        text.push_str(&format!("{comma}{name}={}", vm.str(item)?.to_rust_string()));
    }
    text.push(')');
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

fn iso_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let plain = PyTuple::try_new(vm, value.receiver::<PyTuple>().items())?.into_value();
    let args = PyTuple::new_value(vm, &[plain]);
    Ok(PyTuple::new_value(vm, &[TUPLE.get().to_value(), args]))
}
