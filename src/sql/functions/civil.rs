//! Dates and wall clock times: numbers, fields and Hive's text.
//!
//! The calendar is the proleptic Gregorian one, as in Hive since 3.1.

use std::fmt::Write;

/// Microseconds of a second.
pub(super) const SECOND: i64 = 1_000_000;
/// Microseconds of an hour.
pub(super) const HOUR: i64 = 3600 * SECOND;
/// Microseconds of a day.
pub(super) const DAY: i64 = 24 * HOUR;

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i64,
    /// 1 to 12.
    pub(super) month: i64,
    /// 1 to 31.
    pub(super) day: i64,
}

impl Date {
    /// Returns the day that is so many days after 1970-01-01.
    pub(super) const fn from_days(days: i64) -> Self {
        // Years begin in March, so that the leap day is the last one; 400 years repeat exactly.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + if month <= 2 { 1 } else { 0 };
        Self { year, month, day }
    }

    /// Returns how many days after 1970-01-01 it is.
    pub(super) const fn days(self) -> i64 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let month = if self.month > 2 { self.month - 3 } else { self.month + 9 };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * month + 2) / 5 + self.day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    /// Returns the date if there is such a day.
    pub(super) fn checked(year: i64, month: i64, day: i64) -> Option<Self> {
        let valid = (1..=12).contains(&month) && day >= 1 && day <= last_day(year, month);
        valid.then_some(Self { year, month, day })
    }

    /// Returns the same day of another month, or that month's last day.
    #[must_use]
    pub(super) fn plus_months(self, months: i64) -> Self {
        let index = self.year * 12 + self.month - 1 + months;
        let (year, month) = (index.div_euclid(12), index.rem_euclid(12) + 1);
        Self { year, month, day: self.day.min(last_day(year, month)) }
    }

    /// Returns 1 for 1 January.
    pub(super) fn day_of_year(self) -> i64 {
        self.days() - Self { month: 1, day: 1, ..self }.days() + 1
    }

    /// Returns the week-based year and the week, where weeks begin on `first` (0 is Sunday) and
    /// the first one has at least `least` days in its year.
    pub(super) fn week(self, first: i64, least: i64) -> (i64, i64) {
        let days = self.days();
        let start = |year: i64| {
            let january = Self { year, month: 1, day: 1 }.days();
            let before = (weekday(january) - first).rem_euclid(7);
            january - before + if 7 - before < least { 7 } else { 0 }
        };
        let year = (self.year - 1..=self.year + 1).rev().find(|y| start(*y) <= days);
        let year = year.unwrap_or(self.year);
        (year, (days - start(year)) / 7 + 1)
    }

    /// Writes `yyyy-MM-dd`.
    pub(super) fn write(self, out: &mut String) {
        write_year(self.year, out);
        out.push('-');
        write_2(self.month, out);
        out.push('-');
        write_2(self.day, out);
    }
}

/// Returns how many days a month has.
pub(super) const fn last_day(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns 0 for a Sunday, 6 for a Saturday.
pub(super) const fn weekday(days: i64) -> i64 {
    (days + 4).rem_euclid(7)
}

/// Appends a number of at most two digits, with a leading zero.
pub(super) fn write_2(number: i64, out: &mut String) {
    let digit = |d: i64| char::from(b'0' + u8::try_from(d.rem_euclid(10)).unwrap_or(0));
    out.push(digit(number / 10));
    out.push(digit(number));
}

fn write_year(year: i64, out: &mut String) {
    if (0..=9999).contains(&year) {
        write_2(year / 100, out);
        write_2(year % 100, out);
    } else {
        let sign = if year < 0 { "-" } else { "+" };
        // Writing to a string cannot fail.
        let _ok = write!(out, "{sign}{:04}", year.abs());
    }
}

/// Writes a timestamp as Hive prints it: a fraction only if there is one, without its last zeros.
pub(super) fn write_timestamp(micros: i64, out: &mut String) {
    Date::from_days(micros.div_euclid(DAY)).write(out);
    let time = micros.rem_euclid(DAY);
    out.push(' ');
    write_2(time / HOUR, out);
    out.push(':');
    write_2(time / (60 * SECOND) % 60, out);
    out.push(':');
    write_2(time / SECOND % 60, out);
    let fraction = time % SECOND;
    if fraction != 0 {
        let _ok = write!(out, ".{fraction:06}");
        out.truncate(out.trim_end_matches('0').len());
    }
}

/// Reads digits: at least `min`, at most `max`.
pub(super) fn digits(text: &[u8], min: usize, max: usize) -> Option<(i64, &[u8])> {
    let mut number = 0i64;
    let mut count = 0;
    while count < max
        && let Some(digit) = text.get(count).filter(|b| b.is_ascii_digit())
    {
        number = number.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
        count += 1;
    }
    (count >= min).then(|| (number, text.get(count..).unwrap_or_default()))
}

fn literal(text: &[u8], byte: u8) -> Option<&[u8]> {
    text.split_first().filter(|(first, _)| **first == byte).map(|(_, rest)| rest)
}

/// Reads the date at the start of a text.
fn date_prefix(text: &str) -> Option<(Date, &[u8])> {
    let text = text.trim().as_bytes();
    let (negative, rest) = literal(text, b'-').map_or((false, text), |rest| (true, rest));
    let (year, rest) = digits(rest, 1, 4)?;
    let (month, rest) = digits(literal(rest, b'-')?, 1, 2)?;
    let (day, rest) = digits(literal(rest, b'-')?, 1, 2)?;
    let year = if negative { -year } else { year };
    Some((Date::checked(year, month, day)?, rest))
}

/// Reads a date as Hive does: what follows the day is ignored.
///
/// Source: Hive `DateParser`, `Date.valueOf`.
pub(super) fn parse_date(text: &str) -> Option<i32> {
    let (date, _) = date_prefix(text)?;
    i32::try_from(date.days()).ok()
}

/// Reads a timestamp as Hive does, in microseconds: a date, and perhaps a time behind a space or a
/// `T`. A time that is malformed or lacks its seconds counts as midnight, and a zone behind it is
/// ignored; Hive also takes a time that ends in `Z` for midnight, where we keep it.
///
/// Source: Hive `PrimitiveObjectInspectorUtils.getTimestampFromString`.
pub(super) fn parse_timestamp(text: &str) -> Option<i64> {
    parse_zoned(text).map(|(micros, _)| micros)
}

/// Reads a timestamp as [`parse_timestamp`] does, together with the text of a zone behind it, which
/// is empty if there is none.
pub(super) fn parse_zoned(text: &str) -> Option<(i64, &str)> {
    let (date, rest) = date_prefix(text)?;
    let (time, zone) = match rest.split_first() {
        Some((b' ' | b'T', time)) => parse_time_prefix(time).unwrap_or((0, b"")),
        _ => (0, rest),
    };
    let micros = date.days().checked_mul(DAY)?.checked_add(time)?;
    let text = text.trim_end();
    Some((micros, text.get(text.len() - zone.len()..).unwrap_or_default().trim_start()))
}

/// Reads `H:m:s[.f]`, in microseconds; a zone behind it is ignored.
pub(super) fn parse_time(text: &[u8]) -> Option<i64> {
    parse_time_prefix(text).map(|(micros, _)| micros)
}

/// Reads `H:m:s[.f]` and returns what stands behind it.
fn parse_time_prefix(text: &[u8]) -> Option<(i64, &[u8])> {
    let (hour, rest) = digits(text, 1, 2)?;
    let (minute, rest) = digits(literal(rest, b':')?, 1, 2)?;
    let (second, mut rest) = digits(literal(rest, b':')?, 1, 2)?;
    let mut micros = 0;
    if let Some(fraction) = literal(rest, b'.') {
        let (number, behind) = digits(fraction, 1, 6)?;
        let count = fraction.len() - behind.len();
        micros = (count..6).fold(number, |n, _| n * 10);
        rest = behind.trim_ascii_start_digits();
    }
    let zone = matches!(rest, [] | [b'Z' | b'z' | b'+' | b'-' | b' ', ..]);
    let valid = hour < 24 && minute < 60 && second < 60 && zone;
    valid.then_some((hour * HOUR + (minute * 60 + second) * SECOND + micros, rest))
}

/// Leaves out leading digits.
trait TrimDigits {
    fn trim_ascii_start_digits(&self) -> &Self;
}

impl TrimDigits for [u8] {
    fn trim_ascii_start_digits(&self) -> &Self {
        let end = self.iter().position(|b| !b.is_ascii_digit()).unwrap_or(self.len());
        self.get(end..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        for days in (-1_000_000..1_000_000).step_by(37) {
            let date = Date::from_days(days);
            assert_eq!(date.days(), days);
            assert_eq!(Date::checked(date.year, date.month, date.day), Some(date));
        }
    }

    #[test]
    fn reads_dates_and_times_as_hive_does() {
        let date = |text: &str| {
            parse_date(text).map_or("NULL".to_owned(), |days| {
                let mut out = String::new();
                Date::from_days(days.into()).write(&mut out);
                out
            })
        };
        for (text, printed) in [
            ("2020-1-1", "2020-01-01"),
            ("2017-12-13-15", "2017-12-13"),
            (" 2020-01-01 ", "2020-01-01"),
            ("2020-01-01abc", "2020-01-01"),
            ("20-01-01", "0020-01-01"),
            ("-2020-01-01", "-2020-01-01"),
            ("2020-02-30", "NULL"),
            ("0000-00-00", "NULL"),
            ("20200101", "NULL"),
            ("12020-01-01", "NULL"),
            ("", "NULL"),
        ] {
            assert_eq!(date(text), printed, "{text:?}");
        }
        for (text, printed) in [
            ("2020-01-01", "2020-01-01 00:00:00"),
            ("2020-01-01 1:2:3", "2020-01-01 01:02:03"),
            ("2020-01-01T10:11:12Z", "2020-01-01 10:11:12"),
            ("2020-01-01 10:11:12 Europe/Berlin", "2020-01-01 10:11:12"),
            ("2020-01-01 10:11:12.1234567891", "2020-01-01 10:11:12.123456"),
            ("2020-01-01 10:11:12.500", "2020-01-01 10:11:12.5"),
            ("2020-01-01 10:11", "2020-01-01 00:00:00"),
            ("2020-01-01 24:00:00", "2020-01-01 00:00:00"),
            ("2020-01-01 10:11:12.", "2020-01-01 00:00:00"),
            ("0001-01-01 00:00:00", "0001-01-01 00:00:00"),
            ("2020-02-30 00:00:00", "NULL"),
        ] {
            let mut out = String::new();
            match parse_timestamp(text) {
                Some(micros) => write_timestamp(micros, &mut out),
                None => out.push_str("NULL"),
            }
            assert_eq!(out, printed, "{text:?}");
        }
    }

    #[test]
    fn weeks_are_iso_or_american() {
        for (y, m, d, iso, us) in [
            (2015, 12, 31, (2015, 53), (2016, 1)),
            (2008, 2, 20, (2008, 8), (2008, 8)),
            (1980, 12, 31, (1981, 1), (1981, 1)),
            (2021, 1, 1, (2020, 53), (2021, 1)),
            (2021, 1, 3, (2020, 53), (2021, 2)),
        ] {
            let date = Date { year: y, month: m, day: d };
            assert_eq!((date.week(1, 4), date.week(0, 1)), (iso, us), "{date:?}");
        }
    }
}
