//! `datetime.datetime`: the classmethods that make one out of a clock, a timestamp or a text, and the way between zones.

use objects::core::args::{Args, Bound, check_count};
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::signature::LazySignature;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::exceptions::hierarchy::DEPRECATION_WARNING;
use objects::types::str::{PyStr, storage};

use super::calendar::{Civil, EPOCH, ord_to_ymd};
use super::date::{PyDate, civil, class_of, make};
use super::moment::{shifted, subclass_datetime, tzinfo_of};
use super::parse::{self, Wrong};
use super::time::{PyTime, parsed_zone, wrong_text};
use super::zone::{offset_of, zone_argument};
use super::{clock, format};

/// The moment of a timestamp: local time without a zone, or a time in a zone.
fn of_timestamp(
    vm: Vm<'_>,
    class: &Value,
    stamp: (i64, i64),
    zone: Option<Value>,
) -> PyResult<Value> {
    let civil = clock::civil_of(vm, stamp, zone.is_some())?;
    let moment = subclass_datetime(vm, class_of(class), civil, zone.clone())?;
    match zone {
        Some(zone) => vm.call_method(&zone, &vm.intern("fromutc"), &[moment]),
        None => Ok(moment),
    }
}

pub(super) fn now(vm: Vm<'_>, class: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let zone = zone_argument(vm, args.get(0))?;
    of_timestamp(vm, class, clock::now(), zone)
}

fn utc_moment(vm: Vm<'_>, class: &Value, stamp: (i64, i64)) -> PyResult<Value> {
    subclass_datetime(vm, class_of(class), clock::civil_of(vm, stamp, true)?, None)
}

pub(super) fn utcnow(vm: Vm<'_>, class: &Value) -> PyResult<Value> {
    vm.warn(
        &DEPRECATION_WARNING,
        "datetime.datetime.utcnow() is deprecated and scheduled for removal in a future version. Use timezone-aware objects to represent datetimes in UTC: datetime.datetime.now(datetime.UTC).",
        1,
    )?;
    utc_moment(vm, class, clock::now())
}

static FROM_TIMESTAMP: LazySignature = LazySignature::new("($type, timestamp, tz=None)");

pub(super) fn fromtimestamp(vm: Vm<'_>, class: &Value, args: Args<'_>) -> PyResult<Value> {
    let args = FROM_TIMESTAMP.bind(vm, "fromtimestamp", args)?;
    let zone = zone_argument(vm, args.get(1))?;
    let stamp = clock::timestamp(vm, args.required(0))?;
    of_timestamp(vm, class, stamp, zone)
}

pub(super) fn utcfromtimestamp(vm: Vm<'_>, class: &Value, args: &[Value]) -> PyResult<Value> {
    vm.warn(
        &DEPRECATION_WARNING,
        "datetime.datetime.utcfromtimestamp() is deprecated and scheduled for removal in a future version. Use timezone-aware objects to represent datetimes in UTC: datetime.datetime.fromtimestamp(timestamp, datetime.UTC).",
        1,
    )?;
    check_count(vm, "utcfromtimestamp", args.len(), 1, 1)?;
    utc_moment(vm, class, clock::timestamp(vm, &args[0])?)
}

pub(super) fn strptime(vm: Vm<'_>, class: &Value, args: &[Value]) -> PyResult<Value> {
    format::strptime(vm, class, args, "_strptime_datetime_datetime")
}

static COMBINE: LazySignature = LazySignature::new("($type, date, time, tzinfo=unchanged)");

pub(super) fn combine(vm: Vm<'_>, class: &Value, args: Args<'_>) -> PyResult<Value> {
    let args = COMBINE.bind(vm, "combine", args)?;
    let (date, time) = (args.required(0), args.required(1));
    let wrong = |index: usize, wanted: &str, got: &Value| {
        vm.type_error(format!(
            "combine() argument {index} must be datetime.{wanted}, not {}",
            vm.type_text(got)
        ))
    };
    let Some(day) = date.downcast::<PyDate>() else { return Err(wrong(1, "date", date)) };
    let Some(of_day) = time.downcast::<PyTime>() else { return Err(wrong(2, "time", time)) };
    let zone = match args.get(2) {
        Some(zone) => zone_argument(vm, Some(zone))?,
        None => of_day.zone.clone(),
    };
    let Civil { year, month, day, .. } = day.civil.get();
    let civil = Civil { year, month, day, ..of_day.civil.get() };
    subclass_datetime(vm, class_of(class), civil, zone)
}

/// A text with whatever stands between date and time replaced, so that the rest must be ASCII.
fn ascii_text(vm: Vm<'_>, text: &Py<PyStr>) -> PyResult<Option<(Vec<u8>, usize)>> {
    let points = storage::point_vec(vm, text)?;
    let narrow: Vec<u8> = points
        .iter()
        .map(|&point| u8::try_from(point).ok().filter(u8::is_ascii).unwrap_or(b'?'))
        .collect();
    let Ok(separator) = parse::separator(&narrow) else { return Ok(None) };
    let ascii = points.iter().enumerate().all(|(at, &point)| at == separator || point < 128);
    Ok(ascii.then_some((narrow, separator)))
}

pub(super) fn fromisoformat(vm: Vm<'_>, class: &Value, text: &Value) -> PyResult<Value> {
    let Some(string) = text.downcast::<PyStr>() else {
        return Err(vm.type_error("fromisoformat: argument must be str"));
    };
    let Some((bytes, separator)) = ascii_text(vm, string)? else {
        return Err(format::invalid_iso(vm, text));
    };
    let parsed = parse::date(bytes.get(..separator).unwrap_or_default()).and_then(|date| {
        match bytes.get(separator + 1..).filter(|rest| !rest.is_empty()) {
            // A separator with nothing behind it is no time.
            None if bytes.len() > separator => Err(Wrong::Form),
            None => Ok((date, None)),
            Some(rest) => parse::time(rest).map(|time| (date, Some(time))),
        }
    });
    let (date, time) = parsed.map_err(|wrong| wrong_text(vm, wrong, text))?;
    let Some((time, zone, next_day)) = time else {
        return subclass_datetime(vm, class_of(class), date, None);
    };
    let zone = parsed_zone(vm, zone)?;
    let (mut year, mut month, mut day) = (date.year, date.month, date.day);
    if next_day {
        super::date::check_date(vm, year, month, day)?;
        (year, month, day) = ord_to_ymd(date.ordinal() + 1);
    }
    subclass_datetime(vm, class_of(class), Civil { year, month, day, ..time }, zone)
}

static ASTIMEZONE: LazySignature = LazySignature::new("($self, tz=None)");

/// The system's zone at a moment without a zone.
fn zone_of_local(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let moment = clock::moment_of_local(vm, &civil(value))?;
    clock::local_zone(vm, moment - EPOCH)
}

pub(super) fn astimezone(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    let args = ASTIMEZONE.bind(vm, "astimezone", args)?;
    let target = zone_argument(vm, args.get(0))?;
    let mut own = match tzinfo_of(value) {
        Some(own) => own,
        None => zone_of_local(vm, value)?,
    };
    if target.as_ref().is_some_and(|target| target.is(&own)) {
        return Ok(value.clone());
    }
    let mut distance = offset_of(vm, Some(&own), "utcoffset", value)?;
    if distance.is_none() {
        // Without an offset it is local time.
        own = zone_of_local(vm, value)?;
        if target.as_ref().is_some_and(|target| target.is(&own)) {
            return Ok(value.clone());
        }
        distance = offset_of(vm, Some(&own), "utcoffset", value)?;
    }
    let utc = shifted(vm, value, -distance.unwrap_or_default())?;
    let target = match target {
        Some(target) => target,
        None => clock::local_zone(vm, civil(&utc).seconds() - EPOCH)?,
    };
    let civil = Civil { fold: 0, ..civil(&utc) };
    let in_target = make(vm, utc.class(), civil, Some(target.clone()));
    vm.call_method(&target, &vm.intern("fromutc"), &[in_target])
}
