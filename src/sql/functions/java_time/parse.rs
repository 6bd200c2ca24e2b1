//! Reading a time after a pattern.

use chrono_tz::Tz;

use super::super::Formatter;
use super::super::cast::instant;
use super::super::civil::{DAY, Date, HOUR, SECOND, digits, last_day};
use super::{Field, Item, MONTHS, Pattern, WEEKDAYS};

/// What the text has given so far.
#[derive(Debug, Default)]
struct Found {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    /// 0 to 23.
    hour: Option<i64>,
    /// 0 to 11.
    half_hour: Option<i64>,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    micros: i64,
    before_christ: bool,
    zone: Option<Zone>,
}

#[derive(Debug, Clone, Copy)]
enum Zone {
    Named(Tz),
    /// Seconds east.
    Offset(i64),
}

impl Pattern {
    /// Reads a wall clock time, in microseconds; a zone that the text names is applied, so that
    /// the result is the time in `zone`.
    ///
    /// Nothing if the text does not fit. A lenient pattern takes numbers of any length, days
    /// beyond the end of a month, and ignores what stands behind.
    pub(in super::super) fn parse(&self, text: &str, zone: Tz) -> Option<i64> {
        let point = self.parse_instant(text, zone)?;
        Some(super::super::cast::local(point, zone))
    }

    /// Reads a point in time, in microseconds.
    pub(in super::super) fn parse_instant(&self, text: &str, zone: Tz) -> Option<i64> {
        let simple = self.formatter == Formatter::Simple;
        let mut rest = text;
        let mut found = Found::default();
        for (i, item) in self.items.iter().enumerate() {
            rest = match item {
                Item::Text(literal) => strip_text(rest, literal)?,
                Item::Field(field, count) => {
                    let behind = self.items.get(i + 1..).unwrap_or_default();
                    let reserved = reserved_digits(*field, behind);
                    let number = Number { count: *count, reserved, lenient: simple };
                    found.read(*field, number, rest)?
                }
            };
        }
        if !rest.is_empty() && !simple {
            return None;
        }
        let local = found.resolve(simple)?;
        Some(match found.zone {
            None => instant(local, zone),
            Some(Zone::Named(zone)) => instant(local, zone),
            Some(Zone::Offset(seconds)) => local.checked_sub(seconds * SECOND)?,
        })
    }
}

/// Removes a text from the start, without regard to case.
fn strip_text<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(start.len())?;
    head.eq_ignore_ascii_case(start).then_some(rest)
}

/// Counts the digits that the numbers of fixed length right behind a number need.
fn reserved_digits(field: Field, behind: &[Item]) -> usize {
    if !field.is_number() {
        return 0;
    }
    let fixed = |item: &Item| match item {
        Item::Field(field, count) if field.is_number() && *count >= 2 => Some(*count),
        _ => None,
    };
    behind.iter().map_while(fixed).sum()
}

impl Field {
    const fn is_number(self) -> bool {
        !self.is_zone() && !matches!(self, Self::Era | Self::WeekdayName | Self::HalfDay)
    }
}

/// How a number is written.
#[derive(Debug, Clone, Copy)]
struct Number {
    count: usize,
    reserved: usize,
    lenient: bool,
}

impl Number {
    /// Reads the number; `widest` is how long it may be if it is not padded.
    fn read(self, text: &str, widest: usize) -> Option<(i64, &str)> {
        let run = text.bytes().take_while(u8::is_ascii_digit).count();
        let (least, most) = if self.lenient {
            (1, if self.reserved > 0 { self.count } else { 18 })
        } else if self.count == 1 {
            (1, widest)
        } else {
            (self.count, self.count.max(if widest > 4 { widest } else { 0 }))
        };
        let most = most.min(run.saturating_sub(self.reserved).max(least));
        let (number, behind) = digits(text.as_bytes(), least, most)?;
        text.get(text.len() - behind.len()..).map(|rest| (number, rest))
    }
}

impl Found {
    /// Reads one field and returns what stands behind it.
    fn read<'a>(&mut self, field: Field, number: Number, text: &'a str) -> Option<&'a str> {
        let text = if number.lenient { text.trim_start_matches(' ') } else { text };
        match field {
            Field::Year | Field::WeekYear => {
                let (year, rest) = number.read(text, 18)?;
                let two = number.count == 2 && text.len() - rest.len() == 2;
                self.year = Some(if two { 2000 + year } else { year });
                Some(rest)
            }
            Field::Month if number.count >= 3 => {
                let (index, rest) = name(&MONTHS, number, text)?;
                self.month = Some(index + 1);
                Some(rest)
            }
            Field::WeekdayName => name(&WEEKDAYS, number, text).map(|(_, rest)| rest),
            Field::Era => {
                let rest = strip_text(text, "AD");
                self.before_christ = rest.is_none();
                rest.or_else(|| strip_text(text, "BC"))
            }
            Field::HalfDay => {
                let rest = strip_text(text, "AM");
                self.afternoon = Some(rest.is_none());
                rest.or_else(|| strip_text(text, "PM"))
            }
            Field::Fraction => {
                let (fraction, rest) = Number { reserved: 0, ..number }.read(text, 1)?;
                let length = text.len() - rest.len();
                self.micros = (length..6).fold(fraction, |n, _| n * 10);
                self.micros /= 10i64.pow(u32::try_from(length.saturating_sub(6)).ok()?);
                Some(rest)
            }
            field if field.is_zone() => {
                let (zone, rest) = zone(field, text)?;
                self.zone = Some(zone);
                Some(rest)
            }
            field => {
                let (value, rest) = number.read(text, 3)?;
                self.set(field, value, number.lenient)?;
                Some(rest)
            }
        }
    }

    /// Keeps a number, if it is in range.
    fn set(&mut self, field: Field, value: i64, lenient: bool) -> Option<()> {
        let within = |least, most| (lenient || (least..=most).contains(&value)).then_some(value);
        match field {
            Field::Month => self.month = Some(within(1, 12)?),
            Field::DayOfMonth => self.day = Some(within(1, 31)?),
            Field::DayOfYear => self.day_of_year = Some(within(1, 366)?),
            Field::Hour => self.hour = Some(within(0, 23)?),
            Field::HourFrom1 => self.hour = Some(within(1, 24)? % 24),
            Field::HourOfHalf => self.half_hour = Some(within(0, 11)?),
            Field::ClockHour => self.half_hour = Some(within(1, 12)? % 12),
            Field::Minute => self.minute = within(0, 59)?,
            Field::Second => self.second = within(0, 59)?,
            Field::Millis => self.micros = value.checked_mul(1000)?,
            Field::NanoOfSecond => self.micros = within(0, 999_999_999)? / 1000,
            // Weeks, quarters and days of the week say nothing that the date does not.
            _ => {}
        }
        Some(())
    }

    /// Puts the fields together: a wall clock time in microseconds.
    fn resolve(&self, lenient: bool) -> Option<i64> {
        let year = if lenient { Some(self.year.unwrap_or(1970)) } else { self.year }?;
        let year = if self.before_christ { 1 - year } else { year };
        if year.abs() > 250_000 {
            return None;
        }
        let days = match (self.month, self.day, self.day_of_year) {
            (None, None, Some(day)) => Date { year, month: 1, day: 1 }.days() + day - 1,
            (month, day, _) if lenient => {
                let first = Date { year, month: 1, day: 1 };
                let first = first.plus_months(month.unwrap_or(1).clamp(-1_000_000, 1_000_000) - 1);
                first.days() + day.unwrap_or(1).clamp(-1_000_000_000, 1_000_000_000) - 1
            }
            (Some(month), Some(day), _) => {
                Date { year, month, day: day.min(last_day(year, month)) }.days()
            }
            _ => return None,
        };
        let half = self.half_hour.map(|hour| hour + 12 * i64::from(self.afternoon == Some(true)));
        let hour = self.hour.or(half).unwrap_or(0);
        let seconds = self.minute.checked_mul(60)?.checked_add(self.second)?;
        days.checked_mul(DAY)?
            .checked_add(hour.checked_mul(HOUR)?)?
            .checked_add(seconds.checked_mul(SECOND)?)?
            .checked_add(self.micros)
    }
}

/// Reads a name, or its first three letters, without regard to case.
fn name<'a>(names: &[&str], number: Number, text: &'a str) -> Option<(i64, &'a str)> {
    names.iter().zip(0..).find_map(|(name, index)| {
        let short = strip_text(text, name.get(..3)?);
        let long = strip_text(text, name);
        let rest = match number.count {
            _ if number.lenient => long.or(short),
            4 => long,
            _ => short,
        };
        rest.map(|rest| (index, rest))
    })
}

/// Reads a zone or an offset.
fn zone(field: Field, text: &str) -> Option<(Zone, &str)> {
    if let Some(rest) = text.strip_prefix('Z').filter(|_| field != Field::Offset) {
        return Some((Zone::Offset(0), rest));
    }
    if let Some(sign) = text.strip_prefix(['+', '-']) {
        let (hours, rest) = digits(sign.as_bytes(), 2, 2)?;
        let colon = rest.strip_prefix(b":").unwrap_or(rest);
        let (minutes, rest) = digits(colon, 2, 2).unwrap_or((0, rest));
        let seconds = hours * 3600 + minutes * 60;
        let seconds = if text.starts_with('-') { -seconds } else { seconds };
        let valid = hours <= 18 && minutes < 60;
        return valid.then_some((Zone::Offset(seconds), text.get(text.len() - rest.len()..)?));
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"/_+-".contains(c));
    let (name, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
    Some((Zone::Named(super::super::dates::find_zone(name)?), rest))
}
