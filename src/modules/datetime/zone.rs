//! `datetime.tzinfo` and `datetime.timezone`, and what a moment asks of its zone.

use objects::core::args::Args;
use objects::core::errors::{PyResult, Raised};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::{CompareOp, Slot};
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{methods, payload};

use super::delta::{self, DAY_MICROS, micros_of};
use super::moment::{self, is_datetime, tzinfo_of};

payload! {
    /// The payload of a time zone that the program defines: nothing.
    pub(super) struct PyTzInfo: TZINFO {
    }
}

payload! {
    /// The payload of a fixed offset.
    pub(super) struct PyTimezone: TIMEZONE {
        offset: Value,
        name: Option<Value>,
    }
}

/// `datetime.tzinfo`
pub(super) static TZINFO: StaticType = StaticType::new::<PyTzInfo>();
/// `datetime.timezone`
pub(super) static TIMEZONE: StaticType = StaticType::new::<PyTimezone>();

/// The spec of `datetime.tzinfo`.
pub(super) const TZINFO_SPEC: TypeSpec = TypeSpec {
    name: "datetime.tzinfo",
    doc: Some("Abstract base class for time zone info objects."),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::New(tzinfo_new)],
    methods: TZINFO_METHODS,
    ..TypeSpec::DEFAULT
};

/// The spec of `datetime.timezone`.
pub(super) const TIMEZONE_SPEC: TypeSpec = TypeSpec {
    name: "datetime.timezone",
    doc: Some("Fixed offset from UTC implementation of tzinfo."),
    base: Some(&TZINFO),
    slots: &[
        Slot::New(timezone_new),
        Slot::Repr(timezone_repr),
        Slot::Str(timezone_str),
        Slot::Hash(timezone_hash),
        Slot::Richcompare(timezone_richcompare),
    ],
    methods: TIMEZONE_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { TZINFO_METHODS:
    /// datetime -> string name of time zone.
    ["tzname"] "($self, object, /)" One(abstract_tzname);
    /// datetime -> timedelta showing offset from UTC, negative values indicating West of UTC
    ["utcoffset"] "($self, object, /)" One(abstract_utcoffset);
    /// datetime -> DST offset as timedelta positive east of UTC.
    ["dst"] "($self, object, /)" One(abstract_dst);
    /// datetime in UTC -> datetime in local time.
    ["fromutc"] "($self, object, /)" One(tzinfo_fromutc);
    /// -> (cls, state)
    ["__reduce__"] "($self, /)" None(tzinfo_reduce);
}

methods! { TIMEZONE_METHODS:
    /// If name is specified when timezone is created, returns the name.  Otherwise returns offset as 'UTC(+|-)HH:MM'.
    ["tzname"] "($self, object, /)" One(timezone_tzname);
    /// Return fixed offset.
    ["utcoffset"] "($self, object, /)" One(timezone_utcoffset);
    /// Return None.
    ["dst"] "($self, object, /)" One(timezone_dst);
    /// datetime in UTC -> datetime in local time.
    ["fromutc"] "($self, object, /)" One(timezone_fromutc);
    /// pickle support
    ["__getinitargs__"] "($self, /)" None(timezone_getinitargs);
}

fn tzinfo_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, PyTzInfo {})?.into_value())
}

fn must_implement(vm: Vm<'_>, name: &str) -> Raised {
    vm.not_implemented_error(format!("a tzinfo subclass must implement {name}()"))
}

fn abstract_tzname(vm: Vm<'_>, _this: &Value, _when: &Value) -> PyResult<Value> {
    Err(must_implement(vm, "tzname"))
}

fn abstract_utcoffset(vm: Vm<'_>, _this: &Value, _when: &Value) -> PyResult<Value> {
    Err(must_implement(vm, "utcoffset"))
}

fn abstract_dst(vm: Vm<'_>, _this: &Value, _when: &Value) -> PyResult<Value> {
    Err(must_implement(vm, "dst"))
}

/// A moment that `fromutc` can take.
fn check_own(vm: Vm<'_>, this: &Value, when: &Value) -> PyResult<()> {
    if !is_datetime(when) {
        return Err(vm.type_error("fromutc: argument must be a datetime"));
    }
    if !tzinfo_of(when).is_some_and(|zone| zone.is(this)) {
        return Err(vm.value_error("fromutc: dt.tzinfo is not self"));
    }
    Ok(())
}

fn tzinfo_fromutc(vm: Vm<'_>, this: &Value, when: &Value) -> PyResult<Value> {
    check_own(vm, this, when)?;
    let Some(offset) = offset_of(vm, Some(this), "utcoffset", when)? else {
        return Err(vm.value_error("fromutc: non-None utcoffset() result required"));
    };
    let Some(dst) = offset_of(vm, Some(this), "dst", when)? else {
        return Err(vm.value_error("fromutc: non-None dst() result required"));
    };
    let standard = moment::shifted(vm, when, offset - dst)?;
    let Some(dst) = offset_of(vm, Some(this), "dst", &standard)? else {
        return Err(vm.value_error("fromutc: tz.dst() gave inconsistent results; cannot convert"));
    };
    if dst == 0 { Ok(standard) } else { moment::shifted(vm, &standard, dst) }
}

fn tzinfo_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let args = match vm.get_attr_opt(this, &vm.names().__getinitargs__)? {
        Some(function) => vm.call(&function, &[])?,
        None => PyTuple::new_value(vm, &[]),
    };
    let state = vm.call_method(this, &vm.names().__getstate__, &[])?;
    Ok(PyTuple::new_value(vm, &[this.class().to_value(), args, state]))
}

/// Whether `value` may be a moment's zone.
pub(super) fn is_tzinfo(value: &Value) -> bool {
    value.class().is_subtype(TZINFO.get())
}

/// A zone argument: None or an instance of a subclass.
pub(super) fn zone_argument(vm: Vm<'_>, value: Option<&Value>) -> PyResult<Option<Value>> {
    match value {
        None => Ok(None),
        Some(none) if none.is_none() => Ok(None),
        Some(zone) if is_tzinfo(zone) => Ok(Some(zone.clone())),
        Some(other) => Err(vm.type_error(format!(
            "tzinfo argument must be None or of a tzinfo subclass, not type '{}'",
            other.class().name()
        ))),
    }
}

/// The microseconds that a zone's `utcoffset` or `dst` gives for a moment (None for a time).
pub(super) fn offset_of(
    vm: Vm<'_>,
    zone: Option<&Value>,
    method: &str,
    when: &Value,
) -> PyResult<Option<i128>> {
    let Some(zone) = zone else { return Ok(None) };
    if let Some(fixed) = zone.downcast::<PyTimezone>() {
        return Ok(if method == "dst" { None } else { micros_of(&fixed.offset) });
    }
    let offset = vm.call_method(zone, &vm.intern(method), std::slice::from_ref(when))?;
    if offset.is_none() {
        return Ok(None);
    }
    let Some(micros) = micros_of(&offset) else {
        return Err(vm.type_error(format!(
            "tzinfo.{method}() must return None or timedelta, not '{}'",
            offset.class().name()
        )));
    };
    if micros.abs() >= DAY_MICROS {
        return Err(too_far(vm, &offset)?);
    }
    Ok(Some(micros))
}

fn too_far(vm: Vm<'_>, offset: &Value) -> PyResult<Raised> {
    let shown = vm.repr(offset)?.to_rust_string();
    Ok(vm.value_error(format!(
        "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not {shown}"
    )))
}

/// A zone's `tzname` for a moment.
pub(super) fn name_of(vm: Vm<'_>, zone: Option<&Value>, when: &Value) -> PyResult<Value> {
    let Some(zone) = zone else { return Ok(Value::NONE) };
    let name = vm.call_method(zone, &vm.intern("tzname"), std::slice::from_ref(when))?;
    if name.is_none() || name.downcast::<PyStr>().is_some() {
        return Ok(name);
    }
    Err(vm.type_error(format!(
        "tzinfo.tzname() must return None or a string, not '{}'",
        name.class().name()
    )))
}

/// An offset as ISO text: `+HH:MM[:SS[.ffffff]]`.
pub(super) fn offset_text(micros: i128, separator: &str) -> String {
    let sign = if micros < 0 { '-' } else { '+' };
    let (_, seconds, fraction) = delta::split(micros.abs());
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut text = format!("{sign}{hours:02}{separator}{minutes:02}");
    if rest != 0 || fraction != 0 {
        text.push_str(&format!("{separator}{rest:02}"));
    }
    if fraction != 0 {
        text.push_str(&format!(".{fraction:06}"));
    }
    text
}

/// A fixed offset; the one UTC for none.
pub(super) fn fixed(vm: Vm<'_>, micros: i128, name: Option<Value>) -> PyResult<Value> {
    if micros == 0 && name.is_none() {
        return Ok(utc(vm));
    }
    let offset = delta::new(vm, micros)?;
    if micros.abs() >= DAY_MICROS {
        return Err(too_far(vm, &offset)?);
    }
    Ok(PyRef::try_new(vm, PyTimezone { offset, name })?.into_value())
}

/// Whether `timezone.utc` has been made.
pub(super) fn is_ready(vm: Vm<'_>) -> bool {
    vm.interpreter().state_of("_datetime").is_some()
}

/// `timezone.utc`
pub(super) fn utc(vm: Vm<'_>) -> Value {
    vm.interpreter().state_of("_datetime").unwrap_or(Value::NONE)
}

/// `utc`, `min` and `max`.
pub(super) fn add_constants(vm: Vm<'_>) -> PyResult<()> {
    let names = TIMEZONE.get().namespace();
    let offset = delta::new(vm, 0)?;
    let utc = PyRef::new(vm, PyTimezone { offset, name: None }).into_value();
    vm.interpreter().set_state_of("_datetime", utc.clone());
    drop(names.set_str(&vm.intern("utc"), utc));
    let farthest = 23 * 3_600_000_000 + 59 * 60_000_000;
    for (name, micros) in [("min", -farthest), ("max", farthest)] {
        drop(names.set_str(&vm.intern(name), fixed(vm, micros, None)?));
    }
    Ok(())
}

static NEW: LazySignature = LazySignature::new("($type, offset, name=<unrepresentable>)");

fn timezone_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let args = NEW.bind(vm, "timezone", args)?;
    let offset = args.required(0);
    let Some(micros) = micros_of(offset) else {
        return Err(vm.type_error(format!(
            "timezone() argument 1 must be datetime.timedelta, not {}",
            vm.type_text(offset)
        )));
    };
    if let Some(name) = args.get(1)
        && name.downcast::<PyStr>().is_none()
    {
        return Err(
            vm.type_error(format!("timezone() argument 2 must be str, not {}", vm.type_text(name)))
        );
    }
    if micros == 0 && args.get(1).is_none() {
        return Ok(utc(vm));
    }
    if micros.abs() >= DAY_MICROS {
        return Err(too_far(vm, offset)?);
    }
    let payload = PyTimezone { offset: offset.clone(), name: args.get(1).cloned() };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

fn this(value: &Value) -> &Py<PyTimezone> {
    value.receiver::<PyTimezone>()
}

fn timezone_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    if value.is(&utc(vm)) {
        return Ok(PyStr::new_value(vm, "datetime.timezone.utc"));
    }
    let class = value.class().name();
    let offset = vm.repr(&this(value).offset)?.to_rust_string();
    let text = match &this(value).name {
        None => format!("{class}({offset})"),
        Some(name) => format!("{class}({offset}, {})", vm.repr(name)?.to_rust_string()),
    };
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

fn timezone_str(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    if let Some(name) = &this(value).name {
        return Ok(name.clone());
    }
    let micros = micros_of(&this(value).offset).unwrap_or_default();
    if micros == 0 {
        return Ok(PyStr::new_value(vm, "UTC"));
    }
    Ok(PyStr::new_value(vm, &format!("UTC{}", offset_text(micros, ":"))))
}

fn timezone_hash(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    delta::hash(vm, &this(value).offset)
}

fn timezone_richcompare(_vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (CompareOp::Eq | CompareOp::Ne, Some(left), Some(right)) =
        (op, a.downcast::<PyTimezone>(), b.downcast::<PyTimezone>())
    else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let equal = micros_of(&left.offset) == micros_of(&right.offset);
    Ok(Value::from_bool(equal == (op == CompareOp::Eq)))
}

fn check_moment(vm: Vm<'_>, name: &str, when: &Value) -> PyResult<()> {
    if when.is_none() || is_datetime(when) {
        return Ok(());
    }
    Err(vm.type_error(format!(
        "{name}(dt) argument must be a datetime instance or None, not {}",
        when.class().name()
    )))
}

fn timezone_tzname(vm: Vm<'_>, value: &Value, when: &Value) -> PyResult<Value> {
    check_moment(vm, "tzname", when)?;
    timezone_str(vm, value)
}

fn timezone_utcoffset(vm: Vm<'_>, value: &Value, when: &Value) -> PyResult<Value> {
    check_moment(vm, "utcoffset", when)?;
    Ok(this(value).offset.clone())
}

fn timezone_dst(vm: Vm<'_>, _value: &Value, when: &Value) -> PyResult<Value> {
    check_moment(vm, "dst", when)?;
    Ok(Value::NONE)
}

fn timezone_fromutc(vm: Vm<'_>, value: &Value, when: &Value) -> PyResult<Value> {
    check_own(vm, value, when)?;
    moment::shifted(vm, when, micros_of(&this(value).offset).unwrap_or_default())
}

fn timezone_getinitargs(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let timezone = this(value);
    let mut args = vec![timezone.offset.clone()];
    args.extend(timezone.name.clone());
    Ok(PyTuple::new_value(vm, &args))
}
