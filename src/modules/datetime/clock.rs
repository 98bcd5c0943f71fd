//! The system's clock and zone, and timestamps.

use jiff::Timestamp;
use objects::core::errors::{PyResult, Raised};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::float_;
use objects::types::str::PyStr;

use super::calendar::{Civil, DAY, EPOCH, MAX_ORDINAL};
use super::zone;
use crate::time::zone::system_zone;

/// The most seconds by which clocks are put back.
const MAX_FOLD_SECONDS: i64 = 24 * 3600;

/// Seconds and microseconds since the epoch, now.
pub(super) fn now() -> (i64, i64) {
    let now = Timestamp::now();
    let micros = now.as_microsecond();
    (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000))
}

#[cold]
fn out_of_range(vm: Vm<'_>) -> Raised {
    vm.overflow_error("timestamp out of range for platform time_t")
}

/// A timestamp argument as seconds and microseconds, rounded to the nearest, halves to even.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the ranges are checked"
)]
pub(super) fn timestamp(vm: Vm<'_>, value: &Value) -> PyResult<(i64, i64)> {
    let Some(number) = float_::as_f64(value) else {
        let index = number::index_value(vm, value)?;
        return match objects::types::int::as_i64(&index) {
            Some(seconds) => Ok((seconds, 0)),
            None => Err(out_of_range(vm)),
        };
    };
    if number.is_nan() {
        return Err(vm.value_error("Invalid value NaN (not a number)"));
    }
    let mut whole = number.trunc();
    let mut fraction = ((number - whole) * 1e6).round_ties_even();
    if fraction >= 1e6 {
        fraction -= 1e6;
        whole += 1.0;
    } else if fraction < 0.0 {
        fraction += 1e6;
        whole -= 1.0;
    }
    if !whole.is_finite() || whole.abs() >= i64::MAX as f64 {
        return Err(out_of_range(vm));
    }
    Ok((whole as i64, fraction as i64))
}

/// The offset of the system's zone at a moment, and the zone's name then.
fn zone_at(seconds: i64) -> (i64, String) {
    let limits = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let stamp = Timestamp::from_second(seconds.clamp(limits.0, limits.1)).unwrap_or_default();
    let zone = system_zone();
    let info = zone.to_offset_info(stamp);
    let name = match info.abbreviation() {
        "Etc/Unknown" | "" => "UTC".to_owned(),
        name => name.to_owned(),
    };
    (i64::from(info.offset().seconds()), name)
}

/// The local time, in seconds of the calendar, of such a moment.
fn local(vm: Vm<'_>, moment: i64) -> PyResult<i64> {
    let local = moment + zone_at(moment - EPOCH).0;
    check_seconds(vm, local)?;
    Ok(local)
}

/// Refuses what no date can show.
fn check_seconds(vm: Vm<'_>, seconds: i64) -> PyResult<()> {
    let day = seconds.div_euclid(DAY);
    if (1..=MAX_ORDINAL).contains(&day) {
        return Ok(());
    }
    let year = if day.abs() > 1 << 40 { 0 } else { super::calendar::ord_to_ymd(day).0 };
    Err(vm.value_error(format!("year {year} is out of range")))
}

/// The date and time of a timestamp, in UTC or in the system's zone.
pub(super) fn civil_of(vm: Vm<'_>, (seconds, micros): (i64, i64), utc: bool) -> PyResult<Civil> {
    let Some(moment) = seconds.checked_add(EPOCH) else { return Err(out_of_range(vm)) };
    // Beyond this no platform's calendar goes.
    if moment.abs() > 1 << 56 {
        return Err(out_of_range(vm));
    }
    if utc {
        check_seconds(vm, moment)?;
        return Ok(Civil::of_seconds(moment, micros));
    }
    let result = local(vm, moment)?;
    let mut civil = Civil::of_seconds(result, micros);
    if seconds > MAX_FOLD_SECONDS && moment > MAX_FOLD_SECONDS + DAY {
        let before = local(vm, moment - MAX_FOLD_SECONDS)?;
        let transition = result - before - MAX_FOLD_SECONDS;
        if transition < 0 && local(vm, moment + transition)? == result {
            civil.fold = 1;
        }
    }
    Ok(civil)
}

/// The moment, in seconds of the calendar, of a local time.
pub(super) fn moment_of_local(vm: Vm<'_>, civil: &Civil) -> PyResult<i64> {
    let wanted = civil.seconds();
    let first_offset = local(vm, wanted)? - wanted;
    let first = wanted - first_offset;
    let first_local = local(vm, first)?;
    let second_offset = if first_local == wanted {
        // A solution; another may lie before or after it.
        let probe =
            if civil.fold != 0 { first + MAX_FOLD_SECONDS } else { first - MAX_FOLD_SECONDS };
        let offset = local(vm, probe)? - probe;
        if offset == first_offset {
            return Ok(first);
        }
        offset
    } else {
        first_local - first
    };
    let second = wanted - second_offset;
    if local(vm, second)? == wanted {
        return Ok(second);
    }
    if first_local == wanted {
        return Ok(first);
    }
    // The time is skipped when clocks are put forward.
    Ok(if civil.fold != 0 { first.min(second) } else { first.max(second) })
}

/// The system's zone at a timestamp as a fixed offset with a name.
pub(super) fn local_zone(vm: Vm<'_>, seconds: i64) -> PyResult<Value> {
    let (offset, name) = zone_at(seconds);
    zone::fixed(vm, i128::from(offset) * 1_000_000, Some(PyStr::new_value(vm, &name)))
}
