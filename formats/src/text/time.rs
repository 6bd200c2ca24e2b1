//! Text to days and times, as Hive's versions read it.

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use crate::calendar::{Calendar, DAY_MICROS, ZoneRules, wall_to_instant};
use crate::table::HiveVersion;
use crate::{FormatError, Result};

/// Returns the day of a date that is in its usual form.
#[inline]
fn plain_date(text: &[u8]) -> Option<i32> {
    let &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = text else { return None };
    let digits = [y0, y1, y2, y3, m0, m1, d0, d1].map(|c| u32::from(c.wrapping_sub(b'0')));
    if digits.iter().any(|digit| *digit > 9) {
        return None;
    }
    let [y0, y1, y2, y3, m0, m1, d0, d1] = digits;
    let year = y0 * 1000 + y1 * 100 + y2 * 10 + y3;
    day_of(i64::from(year), m0 * 10 + m1, d0 * 10 + d1)
}

/// Returns the day of a date that exists.
#[inline]
fn day_of(year: i64, month: u32, day: u32) -> Option<i32> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    if day == 0 || day > length {
        return None;
    }
    // Years that begin in March, in eras of 400 years.
    let y = year - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let shifted = i64::from(if month > 2 { month - 3 } else { month + 9 });
    let day_of_year = (153 * shifted + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    i32::try_from(era * 146_097 + day_of_era - 719_468).ok()
}

/// Returns the day of a date whose month and day may be beyond their ends.
fn rolled(year: i64, month: u32, day: u32) -> Option<i32> {
    let months = year.checked_mul(12)?.checked_add(i64::from(month))? - 1;
    let year = i32::try_from(months.div_euclid(12)).ok()?;
    let first = NaiveDate::from_ymd_opt(year, months.rem_euclid(12) as u32 + 1, 1)?;
    first.num_days_from_ce().checked_add(i32::try_from(day).ok()?)?.checked_sub(719_164)
}

/// Takes digits from the front of a text, at most so many.
fn digits<'a>(text: &mut &'a [u8], least: usize, most: usize) -> Option<&'a [u8]> {
    let count = text.iter().take(most).take_while(|c| c.is_ascii_digit()).count();
    if count < least {
        return None;
    }
    let (taken, rest) = text.split_at(count);
    *text = rest;
    Some(taken)
}

fn number(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |n, c| n * 10 + i64::from(c - b'0'))
}

fn eat(text: &mut &[u8], c: u8) -> Option<()> {
    *text = text.strip_prefix(&[c])?;
    Some(())
}

/// Takes year, month and day from the front of a text; the year has so many digits at least and at most.
fn fields(text: &mut &[u8], least: usize, most: usize) -> Option<(i64, u32, u32)> {
    let negative = eat(text, b'-').is_some();
    // Trino writes the years before 1000 without zeros.
    let year = number(digits(text, least, most)?);
    eat(text, b'-')?;
    let month = number(digits(text, 1, 2)?);
    eat(text, b'-')?;
    let day = number(digits(text, 1, 2)?);
    Some((if negative { -year } else { year }, month as u32, day as u32))
}

/// Returns how many digits a year has at least; where no version of Hive is asked for, those of
/// Trino are read too.
fn least_digits(version: Option<HiveVersion>) -> usize {
    if version.is_some() { 4 } else { 1 }
}

/// Reads a date.
///
/// Hive 2.3 takes nothing but the date and rolls days over; 3.1 cuts off a time behind a space and
/// rolls over days and months; 4 takes whatever follows and only dates that exist, and so does the
/// default.
///
/// Source: Hive `DateParser`, `Date.valueOf`, and what these versions read.
pub(crate) fn date(text: &[u8], version: Option<HiveVersion>) -> Option<i32> {
    if let Some(day) = plain_date(text) {
        return match version {
            Some(HiveVersion::V2) if day < -141_427 => hybrid(text),
            _ => Some(day),
        };
    }
    match version {
        Some(HiveVersion::V2) => hybrid(text),
        Some(HiveVersion::V3) => {
            let text = text.trim_ascii();
            let end = memchr::memchr(b' ', text).unwrap_or(text.len());
            let mut rest = &text[..end];
            let (year, month, day) = fields(&mut rest, 4, 10)?;
            if rest.is_empty() { rolled(year, month, day) } else { None }
        }
        Some(HiveVersion::V4) | None => {
            let mut rest = text.trim_ascii();
            let (year, month, day) = fields(&mut rest, least_digits(version), 4)?;
            day_of(year, month, day)
        }
    }
}

/// Reads a date of the calendar with Julian dates; its name stays where the other one has it.
fn hybrid(text: &[u8]) -> Option<i32> {
    let mut rest = text;
    if rest.first() == Some(&b'-') {
        return None;
    }
    let (year, month, day) = fields(&mut rest, 4, 4)?;
    if !rest.is_empty() || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let day = rolled(year, month, day)?;
    // The ten days that were left out are shown as the ten after them.
    let gap = rolled(1582, 10, 5)?..rolled(1582, 10, 15)?;
    Some(if gap.contains(&day) { day + 10 } else { day })
}

/// Reads a wall clock time, `yyyy-MM-dd HH:mm:ss` with up to nine digits of a fraction; gives
/// microseconds, with finer digits cut off.
///
/// Between date and time may stand a `T`, but not for Hive 2.3; 2.3 and 3.1 roll hour 24 and second
/// 60 over.
#[inline]
pub(crate) fn timestamp(text: &[u8], version: Option<HiveVersion>) -> Option<i64> {
    plain_timestamp(text, &mut LastDay::default()).or_else(|| any_timestamp(text, version))
}

/// The text of a date and its day.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LastDay {
    text: [u8; 10],
    day: i32,
}

/// Reads a time that is in its usual form: `yyyy-MM-dd HH:mm:ss` and up to six digits of a fraction.
#[inline]
pub(super) fn plain_timestamp(text: &[u8], last: &mut LastDay) -> Option<i64> {
    let (head, fraction) = text.split_first_chunk::<19>()?;
    if head[10] != b' ' || head[13] != b':' || head[16] != b':' {
        return None;
    }
    let date = head.first_chunk::<10>()?;
    if *date != last.text {
        let day = plain_date(date).filter(|day| *day >= -141_427)?;
        *last = LastDay { text: *date, day };
    }
    let day = last.day;
    let two = |at: usize| {
        let (a, b) = (head[at].wrapping_sub(b'0'), head[at + 1].wrapping_sub(b'0'));
        if a > 9 || b > 9 { 99 } else { i64::from(a) * 10 + i64::from(b) }
    };
    let (hour, minute, second) = (two(11), two(14), two(17));
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut micros = 0;
    if let Some((point, digits)) = fraction.split_first() {
        if *point != b'.' || digits.is_empty() || digits.len() > 6 {
            return None;
        }
        for c in digits {
            let digit = c.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            micros = micros * 10 + i64::from(digit);
        }
        micros *= 10i64.pow(6 - digits.len() as u32);
    }
    let seconds = (hour * 60 + minute) * 60 + second;
    Some(i64::from(day) * DAY_MICROS + seconds * 1_000_000 + micros)
}

pub(super) fn any_timestamp(text: &[u8], version: Option<HiveVersion>) -> Option<i64> {
    let mut rest = text.trim_ascii();
    let (date, after) = match rest.split_at_checked(10) {
        Some((date, after)) => (plain_date(date), after),
        None => (None, rest),
    };
    let old = matches!(version, Some(HiveVersion::V2 | HiveVersion::V3));
    let mut day = if let Some(day) = date {
        rest = after;
        day
    } else {
        let (year, month, day) = fields(&mut rest, least_digits(version), 4)?;
        if old { rolled(year, month, day)? } else { day_of(year, month, day)? }
    };
    if version == Some(HiveVersion::V2) && day < -141_427 {
        let gap = rolled(1582, 10, 5)?..rolled(1582, 10, 15)?;
        if gap.contains(&day) {
            day += 10;
        }
    }
    match rest.split_first()? {
        (b' ', after) => rest = after,
        (b'T', after) if version != Some(HiveVersion::V2) => rest = after,
        _ => return None,
    }
    let in_day = clock(&mut rest, old)?;
    if rest.is_empty() { Some(i64::from(day) * DAY_MICROS + in_day) } else { None }
}

/// Takes a time of the day from the front of a text; gives microseconds.
fn clock(text: &mut &[u8], rolls: bool) -> Option<i64> {
    let hour = number(digits(text, 1, 2)?);
    eat(text, b':')?;
    let minute = number(digits(text, 1, 2)?);
    eat(text, b':')?;
    let second = number(digits(text, 1, 2)?);
    if !rolls && (hour > 23 || minute > 59 || second > 59) {
        return None;
    }
    let mut micros = ((hour * 60 + minute) * 60 + second) * 1_000_000;
    if eat(text, b'.').is_some() {
        let fraction = digits(text, 1, 9)?;
        let shown = &fraction[..fraction.len().min(6)];
        micros += number(shown) * 10i64.pow(6 - shown.len() as u32);
    }
    Some(micros)
}

/// Reads a point in time: a wall clock time and a zone behind it, or none for that of the reader.
///
/// Source: Hive `TimestampTZUtil.parse`.
pub(crate) fn instant(text: &[u8], zone: Tz) -> Option<i64> {
    let mut rest = text.trim_ascii();
    let (year, month, day) = fields(&mut rest, 1, 4)?;
    let day = day_of(year, month, day)?;
    let mut wall = i64::from(day) * DAY_MICROS;
    if let [b' ' | b'T', after @ ..] = rest
        && after.first().is_some_and(u8::is_ascii_digit)
    {
        rest = after;
        wall += clock(&mut rest, false)?;
    }
    let rest = std::str::from_utf8(rest.trim_ascii()).ok()?;
    if rest.is_empty() {
        return Some(wall_to_instant(wall, zone, ZoneRules::Full));
    }
    if rest == "Z" {
        return Some(wall);
    }
    let offset = rest.strip_prefix("UTC").or_else(|| rest.strip_prefix("GMT")).unwrap_or(rest);
    if let Some(seconds) = offset_seconds(offset) {
        return Some(wall - seconds * 1_000_000);
    }
    Some(wall_to_instant(wall, rest.parse().ok()?, ZoneRules::Full))
}

fn offset_seconds(text: &str) -> Option<i64> {
    let mut rest = text.as_bytes();
    let sign = match rest.split_first() {
        None => return Some(0),
        Some((b'+', after)) => {
            rest = after;
            1
        }
        Some((b'-', after)) => {
            rest = after;
            -1
        }
        Some(_) => return None,
    };
    let hours = number(digits(&mut rest, 1, 2)?);
    let mut seconds = hours * 3600;
    for unit in [60, 1] {
        if rest.is_empty() {
            break;
        }
        eat(&mut rest, b':')?;
        seconds += number(digits(&mut rest, 2, 2)?) * unit;
    }
    (rest.is_empty() && hours <= 18).then_some(sign * seconds)
}

/// A pattern of `timestamp.formats`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TimeFormat {
    /// Milliseconds since 1970.
    Millis,
    /// Fields and what stands between them.
    Pattern(Vec<Part>),
}

/// One part of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// A field, by its letter, of at most so many digits.
    Field(u8, usize),
    Literal(u8),
}

impl TimeFormat {
    /// Reads the comma-separated list of `timestamp.formats`.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for a letter that is no field here.
    pub(crate) fn parse_list(list: &str) -> Result<Vec<Self>> {
        let mut formats = vec![String::new()];
        let mut quoted = false;
        for c in list.chars() {
            quoted ^= c == '\'';
            match formats.last_mut() {
                _ if c == ',' && !quoted => formats.push(String::new()),
                Some(format) => format.push(c),
                None => {}
            }
        }
        formats.iter().filter(|f| !f.is_empty()).map(|f| Self::parse(f)).collect()
    }

    fn parse(text: &str) -> Result<Self> {
        if text == "millis" {
            return Ok(Self::Millis);
        }
        let mut parts = Vec::new();
        let mut bytes = text.bytes().peekable();
        while let Some(c) = bytes.next() {
            match c {
                b'\'' => {
                    if bytes.peek() == Some(&b'\'') {
                        bytes.next();
                        parts.push(Part::Literal(b'\''));
                        continue;
                    }
                    for c in bytes.by_ref().take_while(|c| *c != b'\'') {
                        parts.push(Part::Literal(c));
                    }
                }
                b'y' | b'u' | b'M' | b'd' | b'H' | b'm' | b's' | b'S' => {
                    let mut count = 1;
                    while bytes.next_if_eq(&c).is_some() {
                        count += 1;
                    }
                    parts.push(Part::Field(c, count));
                }
                _ if c.is_ascii_alphabetic() => {
                    return Err(FormatError::unsupported("unknown letter in timestamp.formats")
                        .with("format", text)
                        .with("known", "y M d H m s S and 'text'"));
                }
                _ => parts.push(Part::Literal(c)),
            }
        }
        Ok(Self::Pattern(parts))
    }

    /// Reads a wall clock time; gives microseconds.
    pub(crate) fn read(&self, text: &[u8]) -> Option<i64> {
        let Self::Pattern(parts) = self else {
            let mut rest = text;
            let millis = number(digits(&mut rest, 1, 15)?);
            if eat(&mut rest, b'.').is_some() {
                digits(&mut rest, 1, 18)?;
            }
            return if rest.is_empty() { millis.checked_mul(1000) } else { None };
        };
        let mut rest = text;
        let (mut year, mut month, mut day, mut in_day) = (1970, 1, 1, 0i64);
        for part in parts {
            match *part {
                Part::Literal(c) => eat(&mut rest, c)?,
                Part::Field(b'S', count) => {
                    let fraction = digits(&mut rest, 1, count.min(9))?;
                    let shown = &fraction[..fraction.len().min(6)];
                    in_day += number(shown) * 10i64.pow(6 - shown.len() as u32);
                }
                Part::Field(letter, count) => {
                    let most = if matches!(letter, b'y' | b'u') { count.max(4) } else { 2 };
                    let value = number(digits(&mut rest, 1, most)?);
                    match letter {
                        b'y' | b'u' => year = value,
                        b'M' => month = value as u32,
                        b'd' => day = value as u32,
                        b'H' if value < 24 => in_day += value * 3_600_000_000,
                        b'm' if value < 60 => in_day += value * 60_000_000,
                        b's' if value < 60 => in_day += value * 1_000_000,
                        _ => return None,
                    }
                }
            }
        }
        if !rest.is_empty() {
            return None;
        }
        Some(i64::from(day_of(year, month, day)?) * DAY_MICROS + in_day)
    }
}

/// Tells whether a version of Hive wrote days with Julian names before 1582 into binary rows.
pub(crate) fn calendar_of(version: Option<HiveVersion>) -> Calendar {
    match version {
        Some(HiveVersion::V2) => Calendar::Hybrid,
        _ => Calendar::Proleptic,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(micros: i64) -> String {
        let mut out = String::new();
        super::super::print::timestamp(micros, &mut out);
        out
    }

    #[test]
    fn versions_read_dates_differently() {
        let read = |text: &str| {
            [Some(HiveVersion::V2), Some(HiveVersion::V3), Some(HiveVersion::V4), None].map(|v| {
                date(text.as_bytes(), v).map(|day| {
                    let mut out = String::new();
                    super::super::print::date(day, &mut out);
                    out
                })
            })
        };
        let some = |text: &str| Some(text.to_owned());
        let check = |text: &str, v2: Option<&str>, v3: Option<&str>, v4: Option<&str>| {
            assert_eq!(read(text), [v2, v3, v4, v4].map(|t| t.and_then(some)), "{text}");
        };
        check("2026-01-02", Some("2026-01-02"), Some("2026-01-02"), Some("2026-01-02"));
        check("2026-1-2", Some("2026-01-02"), Some("2026-01-02"), Some("2026-01-02"));
        check("2026-01-02 03:04:05", None, Some("2026-01-02"), Some("2026-01-02"));
        check("2026-01-02T03:04:05", None, None, Some("2026-01-02"));
        check("2026-02-30", Some("2026-03-02"), Some("2026-03-02"), None);
        check("2026-13-01", None, Some("2027-01-01"), None);
        check("1582-10-10", Some("1582-10-20"), Some("1582-10-10"), Some("1582-10-10"));
        assert_eq!(read("26-1-2")[..3], [None, None, None]);
        assert_eq!(read("1-01-02")[3].as_deref(), Some("0001-01-02"));
    }

    #[test]
    fn times_have_seconds_and_up_to_nine_digits() {
        let read = |text: &str| timestamp(text.as_bytes(), None).map(shown);
        assert_eq!(read("2026-01-02 3:4:5").as_deref(), Some("2026-01-02 03:04:05"));
        let fine = read("9999-12-31 23:59:59.999999999");
        assert_eq!(fine.as_deref(), Some("9999-12-31 23:59:59.999999"));
        for text in
            ["2026-01-02", "2026-01-02 03:04", "2026-01-02 03:04:05.", "2026-01-02 24:00:00"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        let rolled = timestamp(b"2026-01-02 24:00:00", Some(HiveVersion::V3)).map(shown);
        assert_eq!(rolled.as_deref(), Some("2026-01-03 00:00:00"));
    }

    #[test]
    fn zones_stand_behind_points_in_time() {
        for text in [
            "2026-01-02 03:04:05 Asia/Shanghai",
            "2026-01-02 03:04:05 +08:00",
            "2026-01-01 19:04:05 UTC",
        ] {
            let read = instant(text.as_bytes(), Tz::UTC).map(shown);
            assert_eq!(read.as_deref(), Some("2026-01-01 19:04:05"), "{text}");
        }
        let local = instant(b"2026-01-02 03:04:05.0", Tz::Asia__Shanghai).map(shown);
        assert_eq!(local.as_deref(), Some("2026-01-01 19:04:05"));
    }

    #[test]
    fn patterns_are_tried() {
        let formats = "yyyy-MM-dd'T'HH:mm:ss.SSS,millis,dd/MM/yyyy HH:mm";
        let formats = TimeFormat::parse_list(formats).unwrap();
        let read = |text: &str| formats.iter().find_map(|f| f.read(text.as_bytes())).map(shown);
        assert_eq!(read("2026-01-02T03:04:05.678").as_deref(), Some("2026-01-02 03:04:05.678"));
        assert_eq!(read("1767322800123.456").as_deref(), Some("2026-01-02 03:00:00.123"));
        assert_eq!(read("02/01/2026 03:04").as_deref(), Some("2026-01-02 03:04:00"));
        assert_eq!(read("-1"), None);
        assert!(TimeFormat::parse_list("yyyy-QQ").is_err());
    }
}
