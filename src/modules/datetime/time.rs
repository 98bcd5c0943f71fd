//! `datetime.time`.

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
use objects::types::bytes::PyBytes;
use objects::types::int;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{getset, methods, payload};

use super::calendar::Civil;
use super::date::{class_of, hash_of, number_argument, state_bytes};
use super::delta;
use super::format::{self, Moment};
use super::parse::{self, Wrong, Zone};
use super::zone::{self, is_tzinfo, name_of, offset_of, zone_argument};

payload! {
    /// The payload of a time of day.
    pub(super) struct PyTime: TIME {
        pub(super) civil: Cell<Civil>,
        pub(super) zone: Option<Value>,
        hash: Cell<i64>,
    }
}

/// `datetime.time`
pub(super) static TIME: StaticType = StaticType::new::<PyTime>();

/// The spec of `datetime.time`.
pub(super) const TIME_SPEC: TypeSpec = TypeSpec {
    name: "datetime.time",
    doc: Some(
        "time([hour[, minute[, second[, microsecond[, tzinfo]]]]]) --> a time object\n\nAll arguments are optional. tzinfo may be None, or an instance of\na tzinfo subclass. The remaining arguments may be ints.\n",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[
        Slot::New(time_new),
        Slot::Repr(repr),
        Slot::Str(str_),
        Slot::Hash(hash),
        Slot::Richcompare(richcompare),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// string, format -> new time parsed from a string (like time.strptime()).
    class ["strptime"] "" Positional(strptime);
    /// Return string in ISO 8601 format, [HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].
    ///
    /// The optional argument timespec specifies the number of additional terms
    /// of the time to include. Valid options are 'auto', 'hours', 'minutes',
    /// 'seconds', 'milliseconds' and 'microseconds'.
    ///
    ["isoformat"] "" Any(isoformat);
    /// format -> strftime() style string.
    ["strftime"] "" Any(strftime);
    /// Formats self with strftime.
    ["__format__"] "" One(format::format_method);
    /// Return self.tzinfo.utcoffset(self).
    ["utcoffset"] "($self, /)" None(utcoffset);
    /// Return self.tzinfo.tzname(self).
    ["tzname"] "($self, /)" None(tzname);
    /// Return self.tzinfo.dst(self).
    ["dst"] "($self, /)" None(dst);
    /// Return time with new specified fields.
    ["replace"] "($self, /, hour=unchanged, minute=unchanged, second=unchanged,\n        microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)" Bound(replace);
    /// The same as replace().
    ["__replace__"] "($self, /, **changes)" Any(replace_changes);
    /// string -> time from a string in ISO 8601 format
    class ["fromisoformat"] "($type, object, /)" One(fromisoformat);
    /// __reduce_ex__(proto) -> (cls, state)
    ["__reduce_ex__"] "" Positional(reduce_ex);
    /// __reduce__() -> (cls, state)
    ["__reduce__"] "($self, /)" None(reduce);
}

getset! { GETSET:
    ["hour"] get_hour;
    ["minute"] get_minute;
    ["second"] get_second;
    ["microsecond"] get_microsecond;
    ["tzinfo"] get_tzinfo;
    ["fold"] get_fold;
}

fn this(value: &Value) -> &Py<PyTime> {
    value.receiver::<PyTime>()
}

fn civil(value: &Value) -> Civil {
    this(value).civil.get()
}

/// Refuses a time that there is not.
pub(super) fn check_time(vm: Vm<'_>, civil: &Civil) -> PyResult<()> {
    let bounds = [
        (civil.hour, 23, "hour"),
        (civil.minute, 59, "minute"),
        (civil.second, 59, "second"),
        (civil.micro, 999_999, "microsecond"),
    ];
    for (number, high, name) in bounds {
        if !(0..=high).contains(&number) {
            return Err(vm.value_error(format!("{name} must be in 0..{high}, not {number}")));
        }
    }
    if civil.fold != 0 && civil.fold != 1 {
        return Err(vm.value_error(format!("fold must be either 0 or 1, not {}", civil.fold)));
    }
    Ok(())
}

/// A time of a class, its numbers checked.
pub(super) fn make(
    vm: Vm<'_>,
    class: &Py<PyType>,
    civil: Civil,
    zone: Option<Value>,
) -> PyResult<Value> {
    check_time(vm, &civil)?;
    let payload = PyTime { civil: Cell::new(civil), zone, hash: Cell::new(-1) };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

/// A time; of a subclass by calling it.
fn subclass_time(
    vm: Vm<'_>,
    class: &Py<PyType>,
    civil: Civil,
    zone: Option<Value>,
) -> PyResult<Value> {
    if class.is(TIME.get()) {
        return make(vm, class, civil, zone);
    }
    let mut args = [civil.hour, civil.minute, civil.second, civil.micro]
        .map(|number| int::from_i64(vm, number))
        .to_vec();
    args.push(zone.unwrap_or(Value::NONE));
    let new = super::call_with_fold(vm, class, args, civil.fold)?;
    if let Some(time) = new.downcast::<PyTime>() {
        time.civil.set(Civil { fold: civil.fold, ..time.civil.get() });
    }
    Ok(new)
}

static NEW: LazySignature = LazySignature::new(
    "($type, hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0)",
);

/// The zone of a pickled state.
pub(super) fn state_zone(vm: Vm<'_>, zone: Option<&Value>) -> PyResult<Option<Value>> {
    match zone {
        None => Ok(None),
        Some(none) if none.is_none() => Ok(None),
        Some(zone) if is_tzinfo(zone) => Ok(Some(zone.clone())),
        Some(_) => Err(vm.type_error("bad tzinfo state arg")),
    }
}

fn time_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if let [state, rest @ ..] = args.positional()
        && rest.len() < 2
        && args.keyword_count() == 0
        && let Some(state) = state_bytes(vm, state, 6, "time")?
        && state[0] & 0x7F < 24
    {
        let number = |index: usize| i64::from(state[index]);
        let micro = (number(3) * 256 + number(4)) * 256 + number(5);
        let mut civil = Civil::of_time(number(0) & 0x7F, number(1), number(2), micro);
        civil.fold = number(0) >> 7;
        return make(vm, class, civil, state_zone(vm, rest.first())?);
    }
    let args = NEW.bind(vm, "time", args)?;
    let mut numbers = [0; 4];
    for (index, number) in numbers.iter_mut().enumerate() {
        *number = number_argument(vm, args.get(index), 0)?;
    }
    let [hour, minute, second, micro] = numbers;
    let fold = number_argument(vm, args.get(5), 0)?;
    let zone = zone_argument(vm, args.get(4))?;
    make(vm, class, Civil { fold, ..Civil::of_time(hour, minute, second, micro) }, zone)
}

fn strptime(vm: Vm<'_>, class: &Value, args: &[Value]) -> PyResult<Value> {
    format::strptime(vm, class, args, "_strptime_datetime_time")
}

static ISOFORMAT: LazySignature = LazySignature::new("($self, timespec='auto')");

fn isoformat(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    let args = ISOFORMAT.bind(vm, "isoformat", args)?;
    let timespec = match args.get(0) {
        Some(timespec) => format::text_argument(vm, timespec, "isoformat")?.to_rust_string(),
        None => "auto".to_owned(),
    };
    let mut text = format::time_text(vm, &civil(value), &timespec)?;
    text.push_str(&format::zone_text(vm, this(value).zone.as_ref(), &Value::NONE, ":")?);
    Ok(PyStr::new_value(vm, &text))
}

static STRFTIME: LazySignature = LazySignature::new("($self, format)");

fn strftime(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    let args = STRFTIME.bind(vm, "strftime", args)?;
    let text = format::text_argument(vm, args.required(0), "strftime")?;
    let civil = civil(value);
    let numbers = [1900, 1, 1, civil.hour, civil.minute, civil.second, 0, 1, -1];
    let moment = Moment {
        object: value,
        zone: this(value).zone.clone(),
        when: Value::NONE,
        year: 1900,
        numbers: PyTuple::new_value(vm, &numbers.map(|number| int::from_i64(vm, number))),
    };
    format::strftime(vm, &moment, text)
}

fn offset_value(vm: Vm<'_>, value: &Value, method: &str) -> PyResult<Value> {
    match offset_of(vm, this(value).zone.as_ref(), method, &Value::NONE)? {
        Some(micros) => delta::new(vm, micros),
        None => Ok(Value::NONE),
    }
}

fn utcoffset(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    offset_value(vm, value, "utcoffset")
}

fn tzname(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    name_of(vm, this(value).zone.as_ref(), &Value::NONE)
}

fn dst(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    offset_value(vm, value, "dst")
}

fn replace(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let old = civil(value);
    let hour = number_argument(vm, args.get(0), old.hour)?;
    let minute = number_argument(vm, args.get(1), old.minute)?;
    let second = number_argument(vm, args.get(2), old.second)?;
    let micro = number_argument(vm, args.get(3), old.micro)?;
    let fold = number_argument(vm, args.get(5), old.fold)?;
    let zone = match args.get(4) {
        Some(zone) => zone_argument(vm, Some(zone))?,
        None => this(value).zone.clone(),
    };
    let new = Civil { fold, ..Civil::of_time(hour, minute, second, micro) };
    check_time(vm, &new)?;
    subclass_time(vm, value.class(), new, zone)
}

static REPLACE: LazySignature = LazySignature::new(
    "($self, /, hour=unchanged, minute=unchanged, second=unchanged, microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)",
);

fn replace_changes(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    replace(vm, value, &REPLACE.bind(vm, "__replace__", args)?)
}

/// The zone that was read, as an object.
pub(super) fn parsed_zone(vm: Vm<'_>, zone: Zone) -> PyResult<Option<Value>> {
    match zone {
        Zone::None => Ok(None),
        Zone::Utc => Ok(Some(zone::utc(vm))),
        Zone::Offset(micros) => zone::fixed(vm, micros, None).map(Some),
        Zone::Wrong([hour, minute, second, micro]) => {
            check_time(vm, &Civil::of_time(hour, minute, second, micro)).map(|()| None)
        }
    }
}

/// The error of a text that could not be read.
pub(super) fn wrong_text(vm: Vm<'_>, wrong: Wrong, text: &Value) -> objects::core::errors::Raised {
    match wrong {
        Wrong::Form => format::invalid_iso(vm, text),
        Wrong::Hour24 => {
            vm.value_error("minute, second, and microsecond must be 0 when hour is 24")
        }
    }
}

fn fromisoformat(vm: Vm<'_>, class: &Value, text: &Value) -> PyResult<Value> {
    let Some(string) = text.downcast::<PyStr>() else {
        return Err(vm.type_error("fromisoformat: argument must be str"));
    };
    let Some(ascii) = string.as_ascii() else { return Err(format::invalid_iso(vm, text)) };
    let ascii = ascii.strip_prefix('T').unwrap_or(ascii);
    match parse::time(ascii.as_bytes()) {
        Ok((civil, zone, _)) => {
            let zone = parsed_zone(vm, zone)?;
            check_time(vm, &civil)?;
            subclass_time(vm, class_of(class), civil, zone)
        }
        Err(wrong) => Err(wrong_text(vm, wrong, text)),
    }
}

fn state(vm: Vm<'_>, value: &Value, proto: i64) -> Value {
    let civil = civil(value);
    let fold = if proto > 3 { civil.fold << 7 } else { 0 };
    let numbers = [
        civil.hour | fold,
        civil.minute,
        civil.second,
        civil.micro >> 16,
        (civil.micro >> 8) & 0xFF,
        civil.micro & 0xFF,
    ];
    let bytes = numbers.map(|number| u8::try_from(number).unwrap_or_default());
    let mut args = vec![PyBytes::new_value(vm, &bytes)];
    args.extend(this(value).zone.clone());
    let args = PyTuple::new_value(vm, &args);
    PyTuple::new_value(vm, &[value.class().to_value(), args])
}

fn reduce_ex(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "__reduce_ex__", args.len(), 1, 1)?;
    let proto = number::as_i32(vm, &args[0])?;
    Ok(state(vm, value, i64::from(proto)))
}

fn reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(state(vm, value, 2))
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let Civil { hour, minute, second, micro, fold, .. } = civil(value);
    let mut text = format!("{}({hour}, {minute}", value.class().name());
    if second != 0 || micro != 0 {
        text.push_str(&format!(", {second}"));
    }
    if micro != 0 {
        text.push_str(&format!(", {micro}"));
    }
    if let Some(zone) = &this(value).zone {
        text.push_str(&format!(", tzinfo={}", vm.repr(zone)?.to_rust_string()));
    }
    if fold != 0 {
        text.push_str(&format!(", fold={fold}"));
    }
    text.push(')');
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

fn str_(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    vm.call_method(value, &vm.intern("isoformat"), &[])
}

fn micros_of_day(civil: &Civil) -> i128 {
    i128::from(civil.of_day()) * 1_000_000 + i128::from(civil.micro)
}

/// The same time with the other fold.
fn with_fold(vm: Vm<'_>, value: &Value, fold: i64) -> PyResult<Value> {
    make(vm, TIME.get(), Civil { fold, ..civil(value) }, this(value).zone.clone())
}

fn hash(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    let known = &this(value).hash;
    if known.get() != -1 {
        return Ok(known.get());
    }
    let first;
    let asked = if civil(value).fold == 0 {
        value
    } else {
        first = with_fold(vm, value, 0)?;
        &first
    };
    let hash = match offset_of(vm, this(asked).zone.as_ref(), "utcoffset", &Value::NONE)? {
        None => hash_of(vm, &micros_of_day(&civil(value)).to_le_bytes()),
        Some(offset) => vm.hash(&delta::new(vm, micros_of_day(&civil(value)) - offset)?)?,
    };
    known.set(hash);
    Ok(hash)
}

fn richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(left), Some(right)) = (a.downcast::<PyTime>(), b.downcast::<PyTime>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let (mine, theirs) = (micros_of_day(&left.civil.get()), micros_of_day(&right.civil.get()));
    let same_zone = match (&left.zone, &right.zone) {
        (None, None) => true,
        (Some(a), Some(b)) => a.is(b),
        _ => false,
    };
    if same_zone {
        return Ok(Value::from_bool(op.holds(mine.cmp(&theirs))));
    }
    let first = offset_of(vm, left.zone.as_ref(), "utcoffset", &Value::NONE)?;
    let second = offset_of(vm, right.zone.as_ref(), "utcoffset", &Value::NONE)?;
    match (first, second) {
        (None, None) => Ok(Value::from_bool(op.holds(mine.cmp(&theirs)))),
        (Some(first), Some(second)) => {
            Ok(Value::from_bool(op.holds((mine - first).cmp(&(theirs - second)))))
        }
        _ => match op {
            CompareOp::Eq => Ok(Value::FALSE),
            CompareOp::Ne => Ok(Value::TRUE),
            _ => Err(vm.type_error("can't compare offset-naive and offset-aware times")),
        },
    }
}

fn get_hour(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, civil(value).hour))
}

fn get_minute(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, civil(value).minute))
}

fn get_second(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, civil(value).second))
}

fn get_microsecond(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, civil(value).micro))
}

fn get_tzinfo(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).zone.clone().unwrap_or(Value::NONE))
}

fn get_fold(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, civil(value).fold))
}

/// `min`, `max` and `resolution`.
pub(super) fn add_constants(vm: Vm<'_>) -> PyResult<()> {
    let names = TIME.get().namespace();
    let last = Civil::of_time(23, 59, 59, 999_999);
    drop(names.set_str(&vm.intern("min"), make(vm, TIME.get(), Civil::of_time(0, 0, 0, 0), None)?));
    drop(names.set_str(&vm.intern("max"), make(vm, TIME.get(), last, None)?));
    drop(names.set_str(&vm.intern("resolution"), delta::new(vm, 1)?));
    Ok(())
}
