//! The proleptic Gregorian calendar: days, ordinals and ISO weeks. Numbers only.

/// The first year.
pub(super) const MIN_YEAR: i64 = 1;
/// The last year.
pub(super) const MAX_YEAR: i64 = 9999;
/// The ordinal of the last day.
pub(super) const MAX_ORDINAL: i64 = 3_652_059;
/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;
/// Seconds from the first day's midnight, counted as day 1, to the epoch.
pub(super) const EPOCH: i64 = 719_163 * DAY;

/// A date and a time of day. A date has no time, a time the first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Civil {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) micro: i64,
    pub(super) fold: i64,
}

impl Civil {
    /// Midnight of a day.
    pub(super) const fn of_date(year: i64, month: i64, day: i64) -> Self {
        Self { year, month, day, hour: 0, minute: 0, second: 0, micro: 0, fold: 0 }
    }

    /// A time of day.
    pub(super) const fn of_time(hour: i64, minute: i64, second: i64, micro: i64) -> Self {
        Self { hour, minute, second, micro, ..Self::of_date(1, 1, 1) }
    }

    /// The moment that lies this many seconds and microseconds after year 1's day 0.
    pub(super) fn of_seconds(seconds: i64, micro: i64) -> Self {
        let (year, month, day) = ord_to_ymd(seconds.div_euclid(DAY));
        let of_day = seconds.rem_euclid(DAY);
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        Self { year, month, day, hour, minute, second, micro, fold: 0 }
    }

    /// What decides the order: everything but the fold.
    pub(super) const fn key(&self) -> (i64, i64) {
        let date = (self.year * 16 + self.month) * 32 + self.day;
        (date, self.of_day() * 1_000_000 + self.micro)
    }

    /// The day's ordinal.
    pub(super) fn ordinal(&self) -> i64 {
        ymd_to_ord(self.year, self.month, self.day)
    }

    /// Seconds since midnight.
    pub(super) const fn of_day(&self) -> i64 {
        self.hour * 3600 + self.minute * 60 + self.second
    }

    /// Seconds since year 1's day 0.
    pub(super) fn seconds(&self) -> i64 {
        self.ordinal() * DAY + self.of_day()
    }

    /// Monday is 0.
    pub(super) fn weekday(&self) -> i64 {
        (self.ordinal() + 6).rem_euclid(7)
    }

    /// The day of the year, from 1.
    pub(super) fn day_of_year(&self) -> i64 {
        self.ordinal() - ymd_to_ord(self.year, 1, 1) + 1
    }
}

pub(super) const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(super) const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The ordinal of a day: 1 January of year 1 is 1.
pub(super) fn ymd_to_ord(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 305
}

/// The day of an ordinal.
pub(super) fn ord_to_ymd(ordinal: i64) -> (i64, i64, i64) {
    // Days since 1 March of year 0, so that the leap day ends a year.
    let days = ordinal + 305;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

/// The ordinal of the Monday of ISO week 1.
pub(super) fn iso_week1_monday(year: i64) -> i64 {
    let first = ymd_to_ord(year, 1, 1);
    let weekday = (first + 6).rem_euclid(7);
    let monday = first - weekday;
    if weekday > 3 { monday + 7 } else { monday }
}

/// Why an ISO date is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IsoError {
    Year,
    Week,
    Weekday,
}

/// The day of an ISO year, week and weekday.
pub(super) fn iso_to_ymd(year: i64, week: i64, day: i64) -> Result<(i64, i64, i64), IsoError> {
    if !(MIN_YEAR..=MAX_YEAR).contains(&year) {
        return Err(IsoError::Year);
    }
    if !(1..53).contains(&week) {
        // A year that begins with a Thursday, or a leap year with a Wednesday, has 53 weeks.
        let first = (ymd_to_ord(year, 1, 1) + 6).rem_euclid(7);
        let long = first == 3 || (first == 2 && is_leap(year));
        if week != 53 || !long {
            return Err(IsoError::Week);
        }
    }
    if !(1..=7).contains(&day) {
        return Err(IsoError::Weekday);
    }
    Ok(ord_to_ymd(iso_week1_monday(year) + (week - 1) * 7 + day - 1))
}

/// The ISO year, week and weekday of a day.
pub(super) fn ymd_to_iso(civil: &Civil) -> (i64, i64, i64) {
    let today = civil.ordinal();
    let mut year = civil.year;
    let mut days = today - iso_week1_monday(year);
    if days < 0 {
        year -= 1;
        days = today - iso_week1_monday(year);
    } else if days >= 52 * 7 && today >= iso_week1_monday(year + 1) {
        year += 1;
        days = today - iso_week1_monday(year);
    }
    (year, days / 7 + 1, days % 7 + 1)
}
