//! `datetime.datetime`: what it makes and what it computes. Its classmethods are in `moments`.

use objects::core::args::{Args, Bound};
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::signature::LazySignature;
use objects::core::slots::{CompareOp, Slot};
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::float_;
use objects::types::int;
use objects::types::str::{PyStr, storage};
use objects::types::tuple::PyTuple;
use objects::{getset, methods};

use super::calendar::{Civil, DAY, EPOCH, MAX_ORDINAL};
use super::date::{
    DATE, PyDate, check_date, civil, hash_of, make, number_argument, state_bytes, this,
};
use super::delta::{self, micros_of};
use super::time::{self, check_time, state_zone};
use super::zone::{name_of, offset_of, zone_argument};
use super::{clock, format, moments};

/// `datetime.datetime`
pub(super) static DATETIME: StaticType = StaticType::sharing::<PyDate>(&DATE);

/// The spec of `datetime.datetime`.
pub(super) const DATETIME_SPEC: TypeSpec = TypeSpec {
    name: "datetime.datetime",
    doc: Some(
        "datetime(year, month, day[, hour[, minute[, second[, microsecond[,tzinfo]]]]])\n\nThe year, month and day arguments are required. tzinfo may be None, or an\ninstance of a tzinfo subclass. The remaining arguments may be ints.\n",
    ),
    base: Some(&DATE),
    flags: spec_flags::BASETYPE,
    slots: &[
        Slot::New(datetime_new),
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
    /// Returns new datetime object representing current time local to tz.
    ///
    ///   tz
    ///     Timezone object.
    ///
    /// If no tz is specified, uses local timezone.
    class ["now"] "($type, /, tz=None)" Bound(moments::now);
    /// Return a new datetime representing UTC day and time.
    class ["utcnow"] "($type, /)" None(moments::utcnow);
    /// timestamp[, tz] -> tz's local time from POSIX timestamp.
    class ["fromtimestamp"] "" Any(moments::fromtimestamp);
    /// Construct a naive UTC datetime from a POSIX timestamp.
    class ["utcfromtimestamp"] "" Positional(moments::utcfromtimestamp);
    /// string, format -> new datetime parsed from a string (like time.strptime()).
    class ["strptime"] "" Positional(moments::strptime);
    /// date, time -> datetime with same date and time fields
    class ["combine"] "" Any(moments::combine);
    /// string -> datetime from a string in most ISO 8601 formats
    class ["fromisoformat"] "($type, object, /)" One(moments::fromisoformat);
    /// Return date object with same year, month and day.
    ["date"] "($self, /)" None(get_date);
    /// Return time object with same time but with tzinfo=None.
    ["time"] "($self, /)" None(get_time);
    /// Return time object with same time and tzinfo.
    ["timetz"] "($self, /)" None(get_timetz);
    /// Return ctime() style string.
    ["ctime"] "($self, /)" None(ctime);
    /// Return time tuple, compatible with time.localtime().
    ["timetuple"] "($self, /)" None(timetuple);
    /// Return POSIX timestamp as float.
    ["timestamp"] "($self, /)" None(timestamp);
    /// Return UTC time tuple, compatible with time.localtime().
    ["utctimetuple"] "($self, /)" None(utctimetuple);
    /// [sep] -> string in ISO 8601 format, YYYY-MM-DDT[HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].
    /// sep is used to separate the year from the time, and defaults to 'T'.
    /// The optional argument timespec specifies the number of additional terms
    /// of the time to include. Valid options are 'auto', 'hours', 'minutes',
    /// 'seconds', 'milliseconds' and 'microseconds'.
    ///
    ["isoformat"] "" Any(isoformat);
    /// Return self.tzinfo.utcoffset(self).
    ["utcoffset"] "($self, /)" None(utcoffset);
    /// Return self.tzinfo.tzname(self).
    ["tzname"] "($self, /)" None(tzname);
    /// Return self.tzinfo.dst(self).
    ["dst"] "($self, /)" None(dst);
    /// Return datetime with new specified fields.
    ["replace"] "($self, /, year=unchanged, month=unchanged, day=unchanged,\n        hour=unchanged, minute=unchanged, second=unchanged,\n        microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)" Bound(replace);
    /// The same as replace().
    ["__replace__"] "($self, /, **changes)" Any(replace_changes);
    /// tz -> convert to local time in new timezone tz
    ///
    ["astimezone"] "" Any(moments::astimezone);
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

/// Whether `value` is a date with a time.
pub(super) fn is_datetime(value: &Value) -> bool {
    value.class().is_subtype(DATETIME.get())
}

/// The zone of a date with a time.
pub(super) fn tzinfo_of(value: &Value) -> Option<Value> {
    this(value).zone.clone()
}

/// A date with a time; of a subclass by calling it.
pub(super) fn subclass_datetime(
    vm: Vm<'_>,
    class: &Py<PyType>,
    civil: Civil,
    zone: Option<Value>,
) -> PyResult<Value> {
    check_date(vm, civil.year, civil.month, civil.day)?;
    check_time(vm, &civil)?;
    if class.is(DATETIME.get()) {
        return Ok(make(vm, class, civil, zone));
    }
    let numbers =
        [civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second, civil.micro];
    let mut args = numbers.map(|number| int::from_i64(vm, number)).to_vec();
    args.push(zone.unwrap_or(Value::NONE));
    let new = super::call_with_fold(vm, class, args, civil.fold)?;
    if let Some(date) = new.downcast::<PyDate>() {
        date.civil.set(Civil { fold: civil.fold, ..date.civil.get() });
    }
    Ok(new)
}

static NEW: LazySignature = LazySignature::new(
    "($type, year, month, day, hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0)",
);

fn datetime_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if let [state, rest @ ..] = args.positional()
        && rest.len() < 2
        && args.keyword_count() == 0
        && let Some(state) = state_bytes(vm, state, 10, "datetime")?
        && (1..=12).contains(&(state[2] & 0x7F))
    {
        let number = |index: usize| i64::from(state[index]);
        let civil = Civil {
            year: number(0) * 256 + number(1),
            month: number(2) & 0x7F,
            day: number(3),
            hour: number(4),
            minute: number(5),
            second: number(6),
            micro: (number(7) * 256 + number(8)) * 256 + number(9),
            fold: number(2) >> 7,
        };
        return Ok(make(vm, class, civil, state_zone(vm, rest.first())?));
    }
    let args = NEW.bind(vm, "function", args)?;
    let mut numbers = [0; 7];
    for (index, number) in numbers.iter_mut().enumerate() {
        *number = number_argument(vm, args.get(index), 0)?;
    }
    let [year, month, day, hour, minute, second, micro] = numbers;
    let fold = number_argument(vm, args.get(8), 0)?;
    check_date(vm, year, month, day)?;
    let civil = Civil { year, month, day, hour, minute, second, micro, fold };
    check_time(vm, &civil)?;
    let zone = zone_argument(vm, args.get(7))?;
    Ok(make(vm, class, civil, zone))
}

/// The moment so many microseconds later, in the same zone.
pub(super) fn shifted(vm: Vm<'_>, value: &Value, micros: i128) -> PyResult<Value> {
    let old = civil(value);
    let total = i128::from(old.seconds()) * 1_000_000 + i128::from(old.micro) + micros;
    let seconds = i64::try_from(total.div_euclid(1_000_000)).unwrap_or(i64::MAX);
    if !(1..=MAX_ORDINAL).contains(&seconds.div_euclid(DAY)) {
        return Err(vm.overflow_error("date value out of range"));
    }
    let micro = i64::try_from(total.rem_euclid(1_000_000)).unwrap_or_default();
    let civil = Civil::of_seconds(seconds, micro);
    subclass_datetime(vm, value.class(), civil, tzinfo_of(value))
}

fn add(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (value, micros) = match (micros_of(a), micros_of(b)) {
        (Some(micros), None) => (b, micros),
        (None, Some(micros)) => (a, micros),
        _ => return Ok(Value::NOT_IMPLEMENTED),
    };
    if is_datetime(value) { shifted(vm, value, micros) } else { Ok(Value::NOT_IMPLEMENTED) }
}

/// The offset of a moment from UTC.
pub(super) fn offset(vm: Vm<'_>, value: &Value) -> PyResult<Option<i128>> {
    offset_of(vm, this(value).zone.as_ref(), "utcoffset", value)
}

fn same_zone(a: &Value, b: &Value) -> bool {
    match (&this(a).zone, &this(b).zone) {
        (None, None) => true,
        (Some(a), Some(b)) => a.is(b),
        _ => false,
    }
}

fn micros_between(a: &Value, b: &Value) -> i128 {
    let (a, b) = (civil(a), civil(b));
    i128::from(a.seconds() - b.seconds()) * 1_000_000 + i128::from(a.micro - b.micro)
}

fn subtract(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    if !is_datetime(a) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    if let Some(micros) = micros_of(b) {
        return shifted(vm, a, -micros);
    }
    if !is_datetime(b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let difference = micros_between(a, b);
    if same_zone(a, b) {
        return delta::new(vm, difference);
    }
    match (offset(vm, a)?, offset(vm, b)?) {
        (None, None) => delta::new(vm, difference),
        (Some(mine), Some(theirs)) => delta::new(vm, difference - (mine - theirs)),
        _ => Err(vm.type_error("can't subtract offset-naive and offset-aware datetimes")),
    }
}

/// Whether the offset depends on the fold: such a moment equals none in another zone.
fn is_problematic(vm: Vm<'_>, value: &Value, known: Option<i128>) -> PyResult<bool> {
    let old = civil(value);
    let other = make(vm, DATETIME.get(), Civil { fold: 1 - old.fold, ..old }, tzinfo_of(value));
    Ok(offset(vm, &other)? != known)
}

fn richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    if !is_datetime(a) || !is_datetime(b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let ordering = civil(a).key().cmp(&civil(b).key());
    if same_zone(a, b) {
        return Ok(Value::from_bool(op.holds(ordering)));
    }
    let (mine, theirs) = (offset(vm, a)?, offset(vm, b)?);
    let mut ordering = match (mine, theirs) {
        (None, None) => ordering,
        (Some(mine), Some(theirs)) => (micros_between(a, b) - (mine - theirs)).cmp(&0),
        _ => {
            return match op {
                CompareOp::Eq => Ok(Value::FALSE),
                CompareOp::Ne => Ok(Value::TRUE),
                _ => Err(vm.type_error("can't compare offset-naive and offset-aware datetimes")),
            };
        }
    };
    if matches!(op, CompareOp::Eq | CompareOp::Ne)
        && ordering.is_eq()
        && (is_problematic(vm, a, mine)? || is_problematic(vm, b, theirs)?)
    {
        ordering = std::cmp::Ordering::Greater;
    }
    Ok(Value::from_bool(op.holds(ordering)))
}

fn state_of(civil: &Civil, proto: i64) -> [u8; 10] {
    let fold = if proto > 3 { civil.fold << 7 } else { 0 };
    [
        civil.year / 256,
        civil.year % 256,
        civil.month | fold,
        civil.day,
        civil.hour,
        civil.minute,
        civil.second,
        civil.micro >> 16,
        (civil.micro >> 8) & 0xFF,
        civil.micro & 0xFF,
    ]
    .map(|number| u8::try_from(number).unwrap_or_default())
}

fn hash(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    let known = &this(value).hash;
    if known.get() != -1 {
        return Ok(known.get());
    }
    let old = civil(value);
    let first;
    let asked = if old.fold == 0 {
        value
    } else {
        first = make(vm, DATETIME.get(), Civil { fold: 0, ..old }, tzinfo_of(value));
        &first
    };
    let hash = match offset(vm, asked)? {
        None => hash_of(vm, &state_of(&old, 0)),
        Some(offset) => {
            let micros = i128::from(old.seconds()) * 1_000_000 + i128::from(old.micro);
            vm.hash(&delta::new(vm, micros - offset)?)?
        }
    };
    known.set(hash);
    Ok(hash)
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let Civil { year, month, day, hour, minute, second, micro, fold } = civil(value);
    let class = value.class().name();
    let mut text = format!("{class}({year}, {month}, {day}, {hour}, {minute}");
    if second != 0 || micro != 0 {
        text.push_str(&format!(", {second}"));
    }
    if micro != 0 {
        text.push_str(&format!(", {micro}"));
    }
    if fold != 0 {
        text.push_str(&format!(", fold={fold}"));
    }
    if let Some(zone) = &this(value).zone {
        text.push_str(&format!(", tzinfo={}", vm.repr(zone)?.to_rust_string()));
    }
    text.push(')');
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

fn str_(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    vm.call_method(value, &vm.intern("isoformat"), &[PyStr::new_value(vm, " ")])
}

static ISOFORMAT: LazySignature = LazySignature::new("($self, sep='T', timespec='auto')");

fn isoformat(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    let args = ISOFORMAT.bind(vm, "isoformat", args)?;
    let separator = match args.get(0) {
        None => u32::from('T'),
        Some(separator) => {
            let wrong = |what: String| {
                vm.type_error(format!(
                    "isoformat() argument 1 must be a unicode character, not {what}"
                ))
            };
            let Some(text) = separator.downcast::<PyStr>() else {
                return Err(wrong(vm.type_text(separator)));
            };
            match storage::char_at(text, 0).filter(|_| text.len() == 1) {
                Some(point) => point,
                None => return Err(wrong(format!("a string of length {}", text.len()))),
            }
        }
    };
    let timespec = match args.get(1) {
        Some(timespec) => match timespec.downcast::<PyStr>() {
            Some(timespec) => timespec.to_rust_string(),
            None => {
                return Err(vm.type_error(format!(
                    "isoformat() argument 2 must be str, not {}",
                    vm.type_text(timespec)
                )));
            }
        },
        None => "auto".to_owned(),
    };
    let moment = civil(value);
    let time = format::time_text(vm, &moment, &timespec)?;
    let zone = format::zone_text(vm, this(value).zone.as_ref(), value, ":")?;
    let mut out = storage::point_vec(vm, &PyStr::new_ref(vm, &format::date_text(&moment)))?;
    out.push(separator);
    out.extend(time.chars().chain(zone.chars()).map(u32::from));
    let class = objects::types::str::STR.get();
    Ok(storage::from_code_points(vm, class, &out)?.into_value())
}

fn get_date(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let Civil { year, month, day, .. } = civil(value);
    Ok(make(vm, DATE.get(), Civil::of_date(year, month, day), None))
}

fn time_part(value: &Value) -> Civil {
    Civil { year: 1, month: 1, day: 1, ..civil(value) }
}

fn get_time(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    time::make(vm, time::TIME.get(), time_part(value), None)
}

fn get_timetz(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    time::make(vm, time::TIME.get(), time_part(value), tzinfo_of(value))
}

fn ctime(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, &format::ctime(&civil(value))))
}

fn timetuple(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let zone = &this(value).zone;
    let dst = match offset_of(vm, zone.as_ref(), "dst", value)? {
        None => -1,
        Some(dst) => i64::from(dst != 0),
    };
    format::struct_time(vm, &civil(value), dst)
}

fn utctimetuple(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let moment = civil(value);
    let offset = offset(vm, value)?.unwrap_or_default();
    let micros = i128::from(moment.seconds()) * 1_000_000 + i128::from(moment.micro) - offset;
    let seconds = i64::try_from(micros.div_euclid(1_000_000)).unwrap_or_default();
    if !(1..=MAX_ORDINAL).contains(&seconds.div_euclid(DAY)) {
        return Err(vm.overflow_error("date value out of range"));
    }
    format::struct_time(vm, &Civil::of_seconds(seconds, 0), 0)
}

#[expect(clippy::cast_precision_loss, reason = "a timestamp is a float")]
fn timestamp(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let moment = civil(value);
    let Some(offset) = offset(vm, value)? else {
        let seconds = clock::moment_of_local(vm, &moment)? - EPOCH;
        return Ok(float_::new(vm, seconds as f64 + moment.micro as f64 / 1e6));
    };
    let micros =
        i128::from(moment.seconds() - EPOCH) * 1_000_000 + i128::from(moment.micro) - offset;
    let exact = delta::big(micros).true_divide(&base::int::BigInt::from(1_000_000));
    Ok(float_::new(vm, exact.ok().flatten().unwrap_or_default()))
}

fn offset_value(vm: Vm<'_>, value: &Value, method: &str) -> PyResult<Value> {
    match offset_of(vm, this(value).zone.as_ref(), method, value)? {
        Some(micros) => delta::new(vm, micros),
        None => Ok(Value::NONE),
    }
}

fn utcoffset(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    offset_value(vm, value, "utcoffset")
}

fn tzname(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    name_of(vm, this(value).zone.as_ref(), value)
}

fn dst(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    offset_value(vm, value, "dst")
}

fn replace(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let old = civil(value);
    let defaults = [old.year, old.month, old.day, old.hour, old.minute, old.second, old.micro];
    let mut numbers = [0; 7];
    for (index, (number, default)) in numbers.iter_mut().zip(defaults).enumerate() {
        *number = number_argument(vm, args.get(index), default)?;
    }
    let [year, month, day, hour, minute, second, micro] = numbers;
    let fold = number_argument(vm, args.get(8), old.fold)?;
    let zone = match args.get(7) {
        Some(zone) => zone_argument(vm, Some(zone))?,
        None => tzinfo_of(value),
    };
    let new = Civil { year, month, day, hour, minute, second, micro, fold };
    subclass_datetime(vm, value.class(), new, zone)
}

static REPLACE: LazySignature = LazySignature::new(
    "($self, /, year=unchanged, month=unchanged, day=unchanged, hour=unchanged, minute=unchanged, second=unchanged, microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)",
);

fn replace_changes(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    replace(vm, value, &REPLACE.bind(vm, "__replace__", args)?)
}

fn state(vm: Vm<'_>, value: &Value, proto: i64) -> Value {
    let mut args = vec![PyBytes::new_value(vm, &state_of(&civil(value), proto))];
    args.extend(tzinfo_of(value));
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
    Ok(tzinfo_of(value).unwrap_or(Value::NONE))
}

fn get_fold(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, civil(value).fold))
}

/// `min`, `max` and `resolution`.
pub(super) fn add_constants(vm: Vm<'_>) -> PyResult<()> {
    let names = DATETIME.get().namespace();
    let last = Civil {
        hour: 23,
        minute: 59,
        second: 59,
        micro: 999_999,
        ..Civil::of_date(super::calendar::MAX_YEAR, 12, 31)
    };
    let first = Civil::of_date(super::calendar::MIN_YEAR, 1, 1);
    drop(names.set_str(&vm.intern("min"), make(vm, DATETIME.get(), first, None)));
    drop(names.set_str(&vm.intern("max"), make(vm, DATETIME.get(), last, None)));
    drop(names.set_str(&vm.intern("resolution"), delta::new(vm, 1)?));
    Ok(())
}
