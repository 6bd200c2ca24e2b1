//! Days and times as old writers counted them: the hybrid calendar, and the zones of a JVM.
//!
//! Java's `GregorianCalendar` has Julian dates before 1582-10-15. Files of Hive 2.3 and of Spark 2,
//! and those later ones that say so, hold the day number of such a date, so that 1582-10-04 lies
//! one day before 1582-10-15. A reader keeps the date's name: the shown year, month and day stay, and
//! the day number becomes that of the proleptic Gregorian calendar, which Arrow has.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::{OffsetName, Tz};

/// Microseconds of a day.
pub const DAY_MICROS: i64 = 86_400_000_000;

/// The day 1582-10-15, from which both calendars agree.
const SWITCH_DAY: i32 = -141_427;

/// From when on `java.util.TimeZone` knows when offsets changed: 1900-01-01.
const JAVA_TABLES: i64 = -2_208_988_800_000_000;

/// From when on tables of zones end, and a rule goes on: 2037-01-01.
const LAST_TABLES: i64 = 2_114_380_800_000_000;

/// Names the calendar of the days in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Calendar {
    /// Gregorian at all times, as `java.time` and Arrow have it.
    #[default]
    Proleptic,
    /// Julian before 1582-10-15, as `java.util.GregorianCalendar` has it.
    Hybrid,
}

impl Calendar {
    /// Returns the proleptic day of a day in this calendar, both counted from 1970-01-01.
    ///
    /// The Julian days 29 February of 1500, 1300 and such have no name in the other calendar and
    /// become 1 March.
    pub fn to_proleptic(self, day: i32) -> i32 {
        if self == Self::Proleptic || day >= SWITCH_DAY {
            return day;
        }
        let (year, month, date) = julian_from_day(i64::from(day));
        gregorian_day(year, month, date)
    }

    /// Returns the day in this calendar of a proleptic day: the inverse of
    /// [`to_proleptic`](Self::to_proleptic); days that the hybrid calendar lacks become 1582-10-15.
    pub fn from_proleptic(self, day: i32) -> i32 {
        if self == Self::Proleptic || day >= SWITCH_DAY {
            return day;
        }
        let Some(date) = date_of_day(day) else { return day };
        let julian = julian_day(i64::from(date.year()), date.month(), date.day());
        julian.min(SWITCH_DAY)
    }

    /// Moves microseconds since 1970 as [`from_proleptic`](Self::from_proleptic) moves days.
    pub fn micros_from_proleptic(self, micros: i64) -> i64 {
        let day = i32::try_from(micros.div_euclid(DAY_MICROS)).unwrap_or(i32::MIN);
        i64::from(self.from_proleptic(day))
            .saturating_mul(DAY_MICROS)
            .saturating_add(micros.rem_euclid(DAY_MICROS))
    }

    /// Moves microseconds since 1970 as [`to_proleptic`](Self::to_proleptic) moves days.
    pub fn micros_to_proleptic(self, micros: i64) -> i64 {
        if self == Self::Proleptic || micros >= i64::from(SWITCH_DAY) * DAY_MICROS {
            return micros;
        }
        let day = i32::try_from(micros.div_euclid(DAY_MICROS)).unwrap_or(i32::MIN);
        i64::from(self.to_proleptic(day))
            .saturating_mul(DAY_MICROS)
            .saturating_add(micros.rem_euclid(DAY_MICROS))
    }
}

/// Returns the time whose year is the year of the era: 0 is 1, -1 is 2, as Hive 3.1 reads what it prints.
pub fn year_of_era(micros: i64) -> i64 {
    let day = i32::try_from(micros.div_euclid(DAY_MICROS)).unwrap_or(i32::MIN);
    let Some(date) = date_of_day(day).filter(|date| date.year() <= 0) else { return micros };
    let year = i64::from(date.year());
    let moved = gregorian_day(1 - year, date.month(), date.day());
    i64::from(moved) * DAY_MICROS + micros.rem_euclid(DAY_MICROS)
}

/// Returns the date of a day counted from 1970-01-01.
pub fn date_of_day(day: i32) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(day.checked_add(719_163)?)
}

/// Returns year, month and date of the Julian calendar.
fn julian_from_day(day: i64) -> (i64, u32, u32) {
    // Days since the Julian 0000-03-01, which is the proleptic 0000-02-28.
    let z = day + 719_470;
    let era = z.div_euclid(1461);
    let in_era = z.rem_euclid(1461);
    let year_of_era = (in_era / 365).min(3);
    let day_of_year = in_era - 365 * year_of_era;
    let shifted = (5 * day_of_year + 2) / 153;
    let date = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 4 + year_of_era + i64::from(month <= 2);
    (year, month as u32, date as u32)
}

/// Returns the day of a Julian date.
fn julian_day(year: i64, month: u32, date: u32) -> i32 {
    let y = year - i64::from(month <= 2);
    let month = i64::from(month);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + i64::from(date) - 1;
    let day = y.div_euclid(4) * 1461 + y.rem_euclid(4) * 365 + day_of_year - 719_470;
    i32::try_from(day).unwrap_or(i32::MIN)
}

/// Returns the day of a Gregorian date whose date may be one too many for its month.
fn gregorian_day(year: i64, month: u32, date: u32) -> i32 {
    let first = i32::try_from(year).ok().and_then(|y| NaiveDate::from_ymd_opt(y, month, 1));
    first.map_or(i32::MIN, |first| first.num_days_from_ce() - 719_163 + date as i32 - 1)
}

/// Tells how a writer's JVM knew its zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ZoneRules {
    /// As `java.time`: with the local mean time of the 19th century.
    #[default]
    Full,
    /// As `java.util.TimeZone`: local mean time before 1900 counts as the first standard time after
    /// it.
    Legacy,
}

/// Returns the wall clock in a zone at a point in time; both in microseconds.
pub fn instant_to_wall(micros: i64, zone: Tz, rules: ZoneRules) -> i64 {
    micros.saturating_add(offset_at(micros, zone, rules).saturating_mul(1_000_000))
}

/// Returns the point in time at which a zone's clock showed a time; both in microseconds.
///
/// A time that was shown twice is taken for the first; one that was left out moves by the gap.
pub fn wall_to_instant(micros: i64, zone: Tz, rules: ZoneRules) -> i64 {
    if zone == Tz::UTC {
        return micros;
    }
    let before = offset_at(micros.saturating_sub(DAY_MICROS), zone, rules);
    let after = offset_at(micros.saturating_add(DAY_MICROS), zone, rules);
    let instant = |offset: i64| micros.saturating_sub(offset.saturating_mul(1_000_000));
    let early = instant(before);
    if before == after || offset_at(early, zone, rules) == before {
        return early;
    }
    let late = instant(after);
    if offset_at(late, zone, rules) == after { late } else { early }
}

/// Returns the seconds that a zone's clock is ahead of UTC.
fn offset_at(micros: i64, zone: Tz, rules: ZoneRules) -> i64 {
    if zone == Tz::UTC {
        return 0;
    }
    let utc = chrono::DateTime::from_timestamp_micros(within_tables(micros));
    let Some(utc) = utc.map(|t| t.naive_utc()) else { return 0 };
    let offset = zone.offset_from_utc_datetime(&utc);
    let seconds = i64::from(offset.fix().local_minus_utc());
    if rules == ZoneRules::Legacy && micros < JAVA_TABLES && offset.abbreviation() == Some("LMT") {
        return standard_after(zone, utc).unwrap_or(seconds);
    }
    seconds
}

/// Moves a time beyond the tables of zones to a year in them that has the same days of the week, so
/// that the rules of the last year go on.
fn within_tables(micros: i64) -> i64 {
    if micros < LAST_TABLES {
        return micros;
    }
    let Some(time) = chrono::DateTime::from_timestamp_micros(micros) else { return micros };
    let first = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1);
    let Some(begin) = first(time.year()) else { return micros };
    let alike = (2009..2037)
        .filter_map(first)
        .find(|other| other.weekday() == begin.weekday() && other.leap_year() == begin.leap_year());
    let days = alike.map_or(0, |other| (begin - other).num_days());
    micros - days * DAY_MICROS
}

/// Returns the first offset of a zone after its local mean time.
fn standard_after(zone: Tz, from: NaiveDateTime) -> Option<i64> {
    let start = NaiveDate::from_ymd_opt(1880, 1, 1)?.and_hms_opt(0, 0, 0)?.max(from);
    (0..100).find_map(|year| {
        let utc = start.checked_add_signed(TimeDelta::days(366 * year))?;
        let offset = zone.offset_from_utc_datetime(&utc);
        (offset.abbreviation() != Some("LMT")).then(|| i64::from(offset.fix().local_minus_utc()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, date: u32) -> i32 {
        NaiveDate::from_ymd_opt(year, month, date).unwrap().num_days_from_ce() - 719_163
    }

    #[test]
    fn a_date_keeps_its_name() {
        // Names by java.util.GregorianCalendar: the day before 1582-10-15 is 1582-10-04.
        for (raw, name) in [
            (day(1582, 10, 15), day(1582, 10, 15)),
            (day(1582, 10, 14), day(1582, 10, 4)),
            (day(1, 1, 1) - 2, day(1, 1, 1)),
            (day(1500, 3, 11), day(1500, 3, 1)),
            (day(1970, 1, 1), 0),
        ] {
            assert_eq!(Calendar::Hybrid.to_proleptic(raw), name, "{raw}");
            assert_eq!(Calendar::Hybrid.from_proleptic(name), raw, "{name}");
            assert_eq!(Calendar::Proleptic.to_proleptic(raw), raw);
        }
        let micros = i64::from(day(1582, 10, 14)) * DAY_MICROS + 5;
        let moved = Calendar::Hybrid.micros_to_proleptic(micros);
        assert_eq!(moved, i64::from(day(1582, 10, 4)) * DAY_MICROS + 5);
    }

    #[test]
    fn zones_have_local_mean_time_only_by_the_full_rules() {
        let zone = Tz::Asia__Shanghai;
        let wall = i64::from(day(1850, 1, 1)) * DAY_MICROS;
        let second = 1_000_000;
        assert_eq!(wall - wall_to_instant(wall, zone, ZoneRules::Full), 29_143 * second);
        assert_eq!(wall - wall_to_instant(wall, zone, ZoneRules::Legacy), 28_800 * second);
        // The rule of 2037 goes on for ever.
        let summer = i64::from(day(2262, 7, 1)) * DAY_MICROS;
        let la = Tz::America__Los_Angeles;
        assert_eq!(wall_to_instant(summer, la, ZoneRules::Full) - summer, 25_200 * second);
        for rules in [ZoneRules::Full, ZoneRules::Legacy] {
            assert_eq!(instant_to_wall(wall_to_instant(wall, zone, rules), zone, rules), wall);
        }
        // A gap: 02:30 of 2021-03-14 in Los Angeles was 03:30.
        let gap = i64::from(day(2021, 3, 14)) * DAY_MICROS + 9_000 * second;
        let zone = Tz::America__Los_Angeles;
        let instant = wall_to_instant(gap, zone, ZoneRules::Full);
        assert_eq!(instant_to_wall(instant, zone, ZoneRules::Full), gap + 3_600 * second);
    }
}
