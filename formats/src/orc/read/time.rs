//! Zones and calendars of the files' dates and timestamps.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, NaiveDate, Offset, TimeZone};
use chrono_tz::Tz;

use super::super::meta::{Calendar, Footer, PostScript};
use crate::{FormatError, Result};

/// First day of the Gregorian calendar, 1582-10-15. Unit: days since 1970-01-01.
pub(super) const GREGORIAN: i64 = -141_427;
const DAY: i64 = 86_400;
/// 1900-01-01 00:00:00 UTC. Unit: seconds.
const NINETEEN_HUNDRED: i64 = -2_208_988_800;
/// A time in January and one in July of 2024. Unit: seconds.
const WINTERS: [i64; 2] = [1_705_000_000, 1_720_000_000];
/// Seconds beyond which no unit of batches goes; a broken file may store any.
const FARTHEST: i64 = i64::MAX / 10_000;
/// Offsets are looked up once for a quarter of an hour.
const QUARTER: i64 = 900;

/// Names which seconds before 1970 are taken for rounded towards zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    /// Those with milliseconds.
    Milliseconds,
    /// Those with any fraction, as Hive 2.3 takes them when it reads what it wrote.
    Nanoseconds,
}

/// Undoes the zone of a stripe's timestamps.
#[derive(Debug)]
pub(super) struct Zone {
    /// Nothing if timestamps are the wall clock as it is.
    rules: Option<Tz>,
    /// The point in time from which seconds are counted.
    base: i64,
    /// Least nanoseconds that seconds before 1970 were rounded for.
    rounded_from: i64,
    offsets: HashMap<i64, i64>,
}

/// 2015-01-01 00:00:00 on the wall. Unit: seconds.
const WALL_EPOCH: i64 = super::super::write::EPOCH;

/// Moves a time after 2036 to a year whose days fall on the same days of the week: the table of
/// zones ends soon after, but the rules of summer time go on for ever.
fn within_rules(utc: i64) -> i64 {
    const LAST: i32 = 2036;
    let Some(at) = DateTime::from_timestamp(utc, 0) else { return utc };
    let year = at.year();
    if year <= LAST {
        return utc;
    }
    let first = |year| NaiveDate::from_ymd_opt(year, 1, 1);
    let like = (LAST - 27..=LAST).rev().find_map(|like| {
        let (a, b) = first(year).zip(first(like))?;
        let same = a.weekday() == b.weekday() && a.leap_year() == b.leap_year();
        same.then_some(i64::from(a.to_epoch_days()) - i64::from(b.to_epoch_days()))
    });
    utc - like.unwrap_or(0) * DAY
}

impl Zone {
    /// Finds the zone that a stripe names; without a name the wall clock counts as it is.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if no zone has the name.
    pub(super) fn new(name: &str, rounding: Rounding) -> Result<Self> {
        let rounded_from = match rounding {
            Rounding::Milliseconds => 1_000_000,
            Rounding::Nanoseconds => 1,
        };
        let plain = |base| Self { rules: None, base, rounded_from, offsets: HashMap::new() };
        if matches!(name, "" | "UTC" | "GMT" | "Etc/UTC" | "Etc/GMT" | "Z" | "Etc/UCT" | "UCT") {
            return Ok(plain(WALL_EPOCH));
        }
        let zone: Tz = match name.parse() {
            Ok(zone) => zone,
            // A fixed offset moves the base and the wall clock alike.
            Err(_) if name.starts_with("GMT") || name.starts_with(['+', '-']) => {
                return Ok(plain(WALL_EPOCH));
            }
            Err(_) => {
                return Err(
                    FormatError::data("orc file names an unknown time zone").with("zone", name)
                );
            }
        };
        let mut found = plain(WALL_EPOCH);
        found.rules = Some(zone);
        found.base = WALL_EPOCH - found.look_up(WALL_EPOCH);
        Ok(found)
    }

    fn look_up(&self, utc: i64) -> i64 {
        // Java knows no local mean times: before 1900 a zone has the offset of its winters today.
        if utc < NINETEEN_HUNDRED {
            return self.look_up(WINTERS[0]).min(self.look_up(WINTERS[1]));
        }
        let utc = within_rules(utc);
        let Some((zone, at)) = self.rules.zip(DateTime::from_timestamp(utc, 0)) else { return 0 };
        i64::from(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc())
    }

    fn offset(&mut self, utc: i64) -> i64 {
        let quarter = utc.div_euclid(QUARTER);
        if let Some(offset) = self.offsets.get(&quarter) {
            return *offset;
        }
        let first = self.look_up(quarter * QUARTER);
        if first != self.look_up(quarter * QUARTER + QUARTER - 1) {
            return self.look_up(utc);
        }
        if self.offsets.len() < 1 << 16 {
            self.offsets.insert(quarter, first);
        }
        first
    }

    /// Returns the seconds of the wall clock for seconds as they are stored.
    ///
    /// Source: ORC `TimestampTreeReader`: seconds were rounded towards zero where milliseconds are
    /// left.
    pub(super) fn wall(&mut self, stored: i64, nanos: i64) -> i64 {
        let utc = stored.saturating_add(self.base).clamp(-FARTHEST, FARTHEST);
        let before = utc.saturating_mul(1000).saturating_add(nanos / 1_000_000) < 0;
        let utc = utc - i64::from(before && nanos >= self.rounded_from);
        match self.rules {
            None => utc,
            Some(_) => utc + self.offset(utc),
        }
    }
}

/// Undoes [`pack_nanos`](super::super::write) of one value.
///
/// It may be below zero: pyarrow hands times before 1970 to the C++ library as seconds that are rounded towards zero and
/// nanoseconds back from there.
pub(super) fn unpack_nanos(packed: i64) -> i64 {
    const POWERS: [i64; 8] = [1, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];
    (packed >> 3).wrapping_mul(POWERS[(packed & 7) as usize]).clamp(-999_999_999, 999_999_999)
}

/// Tells whether days before 1582-10-15 are those of the Julian calendar.
///
/// Writers that do not say so have the hybrid calendar, but for Hive 3.1 (and others with the same
/// version of the library) and for writers that are not the Java library.
pub(super) fn is_hybrid(footer: &Footer, post: &PostScript) -> bool {
    const ORC_517: u32 = 7;
    match footer.calendar {
        Calendar::Hybrid => footer.writer == 0,
        Calendar::Proleptic => false,
        Calendar::Unknown => footer.writer == 0 && post.writer_version != ORC_517,
    }
}

/// Tells how the writer of a file reads seconds before 1970: the Java library up to ORC-135 alike.
pub(super) fn rounding(footer: &Footer, post: &PostScript) -> Rounding {
    const ORC_135: u32 = 6;
    if footer.writer == 0 && post.writer_version <= ORC_135 {
        Rounding::Nanoseconds
    } else {
        Rounding::Milliseconds
    }
}

/// Moves a day of the hybrid calendar to the day of the proleptic one that has the same name.
pub(super) fn proleptic_day(day: i64) -> i64 {
    if day >= GREGORIAN {
        return day;
    }
    // A day that no calendar names, as a broken file may have it.
    if day < -FARTHEST {
        return day;
    }
    // Julian day number to year, month and day of the Julian calendar.
    let c = day + 2_440_588 + 32_082;
    let d = (4 * c + 3).div_euclid(1461);
    let e = c - (1461 * d).div_euclid(4);
    let m = (5 * e + 2).div_euclid(153);
    let day_of_month = e - (153 * m + 2).div_euclid(5) + 1;
    let month = m + 3 - 12 * m.div_euclid(10);
    let year = d - 4800 + m.div_euclid(10);
    let first = i32::try_from(year).ok();
    let first = first.and_then(|y| NaiveDate::from_ymd_opt(y, month as u32, 1));
    // Leap days that the proleptic calendar does not have become the first of March.
    first.map_or(day, |f| i64::from(f.to_epoch_days()) + day_of_month - 1)
}

/// Moves seconds of the hybrid calendar in the same way.
pub(super) fn proleptic_seconds(seconds: i64) -> i64 {
    let day = seconds.div_euclid(DAY);
    if day >= GREGORIAN { seconds } else { seconds + (proleptic_day(day) - day) * DAY }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> i64 {
        i64::from(NaiveDate::from_ymd_opt(year, month, day).unwrap().to_epoch_days())
    }

    #[test]
    fn days_keep_their_names() {
        assert_eq!(GREGORIAN, day(1582, 10, 15));
        assert_eq!(proleptic_day(GREGORIAN - 1), day(1582, 10, 4));
        assert_eq!(proleptic_day(day(1, 1, 1) - 2), day(1, 1, 1));
        // 1500-02-29 is there in the Julian calendar only.
        assert_eq!(proleptic_day(day(1500, 3, 1) + 9), day(1500, 3, 1));
    }

    #[test]
    fn no_stored_time_is_too_far_to_compute_with() {
        for name in ["UTC", "America/Los_Angeles", "Asia/Kolkata"] {
            let mut zone = Zone::new(name, Rounding::Nanoseconds).unwrap();
            for stored in [i64::MIN, i64::MIN + 1, -FARTHEST, FARTHEST, i64::MAX] {
                for nanos in [0, 999_999_999] {
                    let wall = proleptic_seconds(zone.wall(stored, nanos));
                    assert_eq!(wall.checked_mul(1_000_000), None, "{name} {stored}");
                }
                proleptic_day(stored);
            }
        }
    }

    #[test]
    fn zones_give_the_wall_clock_back() {
        for (name, wall) in [
            ("America/Los_Angeles", "2021-07-01 12:00:00"),
            ("Asia/Shanghai", "1999-12-31 23:59:59"),
            ("America/Los_Angeles", "2036-07-01 12:00:00"),
            ("UTC", "1999-12-31 23:59:59"),
        ] {
            let wall = chrono::NaiveDateTime::parse_from_str(wall, "%Y-%m-%d %H:%M:%S").unwrap();
            let zone: Tz = name.parse().unwrap();
            let utc = |wall| zone.from_local_datetime(&wall).unwrap().timestamp();
            let base =
                NaiveDate::from_ymd_opt(2015, 1, 1).unwrap().and_time(chrono::NaiveTime::MIN);
            let stored = utc(wall) - utc(base);
            let mut found = Zone::new(name, Rounding::Milliseconds).unwrap();
            assert_eq!(found.wall(stored, 0), wall.and_utc().timestamp(), "{name}");
        }
        assert!(Zone::new("Mars/Olympus", Rounding::Milliseconds).is_err());
        // Summer time goes on when the table of zones has ended.
        let mut zone = Zone::new("America/Los_Angeles", Rounding::Milliseconds).unwrap();
        let utc = |text: &str| text.parse::<DateTime<chrono::Utc>>().unwrap().timestamp();
        let stored = utc("2262-04-12T06:47:16Z") - utc("2015-01-01T08:00:00Z");
        assert_eq!(zone.wall(stored, 0), utc("2262-04-11T23:47:16Z"));
    }

    #[test]
    fn nanoseconds_get_their_zeros_back() {
        for (packed, nanos) in [(0, 0), (8, 1), (9, 100), (5 << 3 | 7, 500_000_000)] {
            assert_eq!(unpack_nanos(packed), nanos);
        }
    }
}
