//! The system's time zone, as `TZ` names it.

use std::ffi::OsString;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::tz::TimeZone;

/// The value of `TZ`, and the zone that it names.
static KNOWN: Mutex<Option<(Option<OsString>, TimeZone)>> = Mutex::new(None);

/// The zone of a value of `TZ`: a name of the database, a file, or a rule as POSIX writes it.
fn named(value: &str) -> TimeZone {
    let name = value.strip_prefix(':').unwrap_or(value);
    if name.is_empty() {
        return TimeZone::UTC;
    }
    // An absolute name stays as it is behind the database's folder.
    let database = std::env::var_os("TZDIR").unwrap_or_else(|| "/usr/share/zoneinfo".into());
    let file = Path::new(&database).join(name);
    if !name.split('/').any(|part| part == "..")
        && let Ok(data) = std::fs::read(file)
        && let Ok(zone) = TimeZone::tzif(name, &data)
    {
        return zone;
    }
    TimeZone::get(name).or_else(|_| TimeZone::posix(name)).unwrap_or(TimeZone::UTC)
}

/// The zone that is in force. A program changes it through its environment.
pub(crate) fn system_zone() -> TimeZone {
    let value = std::env::var_os("TZ");
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, zone)) = known.as_ref()
        && *of == value
    {
        return zone.clone();
    }
    let zone = match &value {
        Some(value) => named(&value.to_string_lossy()),
        None => TimeZone::system(),
    };
    *known = Some((value, zone.clone()));
    zone
}
