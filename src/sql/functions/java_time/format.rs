//! Writing a time after a pattern.

use std::fmt::Write;

use chrono::{Offset, TimeZone};
use chrono_tz::{OffsetName, Tz};

use super::super::Formatter;
use super::super::cast::zone_name;
use super::super::civil::{DAY, Date, HOUR, SECOND, weekday};
use super::{Field, Item, MONTHS, Pattern, WEEKDAYS};

/// A wall clock time taken apart.
struct Clock {
    date: Date,
    days: i64,
    /// Microseconds since midnight.
    time: i64,
}

impl Pattern {
    /// Writes a wall clock time of a zone, both in microseconds: `local`, and the point in time
    /// `instant` that it is.
    ///
    /// Returns nothing if the year does not fit the pattern.
    pub(in super::super) fn write(
        &self,
        local: i64,
        instant: i64,
        zone: Tz,
        out: &mut String,
    ) -> Option<()> {
        let days = local.div_euclid(DAY);
        let clock = Clock { date: Date::from_days(days), days, time: local.rem_euclid(DAY) };
        for item in &self.items {
            match item {
                Item::Text(text) => out.push_str(text),
                Item::Field(field, count) if field.is_zone() => {
                    write_zone(*field, *count, instant, zone, out)?;
                }
                Item::Field(field, count) => clock.write(*field, *count, self.formatter, out),
            }
        }
        Some(())
    }
}

impl Field {
    pub(super) const fn is_zone(self) -> bool {
        matches!(
            self,
            Self::ZoneId
                | Self::ZoneName
                | Self::OffsetRfc
                | Self::OffsetZ
                | Self::Offset
                | Self::OffsetGmt
        )
    }
}

impl Clock {
    fn write(&self, field: Field, count: usize, formatter: Formatter, out: &mut String) {
        let Date { year, month, day } = self.date;
        match field {
            Field::Year => write_year(year, count, formatter, out),
            Field::WeekYear => write_year(self.date.week(0, 1).0, count, formatter, out),
            Field::Era => out.push_str(match (year > 0, count) {
                (true, 4) => "Anno Domini",
                (true, 5) => "A",
                (true, _) => "AD",
                (false, 4) => "Before Christ",
                (false, 5) => "B",
                (false, _) => "BC",
            }),
            Field::Month => write_name(&MONTHS, month - 1, month, count, out),
            Field::Quarter => write_quarter((month - 1) / 3, count, out),
            Field::WeekdayName => {
                let day = weekday(self.days);
                write_name(&WEEKDAYS, day, day + 1, count.max(3), out);
            }
            Field::HalfDay => out.push_str(if self.time < 12 * HOUR { "AM" } else { "PM" }),
            Field::Fraction => {
                let digits = format!("{:06}000", self.time % SECOND);
                out.push_str(digits.get(..count).unwrap_or(&digits));
            }
            other => {
                let number = match other {
                    Field::WeekOfYear => self.date.week(0, 1).1,
                    Field::WeekOfMonth => (day + weekday(self.days - day + 1) + 6) / 7,
                    Field::DayOfYear => self.date.day_of_year(),
                    Field::DayOfMonth => day,
                    // Java's DateTimeFormatter means the day's place in its week here.
                    Field::WeekInMonth if formatter == Formatter::DateTime => (day - 1) % 7 + 1,
                    Field::WeekInMonth => (day - 1) / 7 + 1,
                    Field::WeekdayNumber => weekday(self.days) + 1,
                    Field::IsoWeekday => (weekday(self.days) + 6) % 7 + 1,
                    _ => self.time_number(other),
                };
                pad(number, count, out);
            }
        }
    }

    fn time_number(&self, field: Field) -> i64 {
        let hour = self.time / HOUR;
        match field {
            Field::HourFrom1 => (hour + 23) % 24 + 1,
            Field::HourOfHalf => hour % 12,
            Field::ClockHour => (hour + 11) % 12 + 1,
            Field::Minute => self.time / (60 * SECOND) % 60,
            Field::Second => self.time / SECOND % 60,
            Field::Millis => self.time % SECOND / 1000,
            Field::MilliOfDay => self.time / 1000,
            Field::NanoOfSecond => self.time % SECOND * 1000,
            Field::NanoOfDay => self.time * 1000,
            _ => hour,
        }
    }
}

/// Writes a number with at least so many digits.
fn pad(number: i64, count: usize, out: &mut String) {
    // Writing to a string cannot fail.
    let _ok = write!(out, "{number:0count$}");
}

fn write_year(year: i64, count: usize, formatter: Formatter, out: &mut String) {
    let year = if year > 0 { year } else { 1 - year };
    if count == 2 {
        return pad(year % 100, 2, out);
    }
    // Java marks years with more digits than the pattern has.
    if formatter == Formatter::DateTime && count >= 4 && year >= 10i64.pow(count.min(18) as u32) {
        out.push('+');
    }
    pad(year, count, out);
}

/// Writes a number (one or two letters), a short name (three), a name (four) or an initial.
fn write_name(names: &[&str], index: i64, number: i64, count: usize, out: &mut String) {
    let name = usize::try_from(index).ok().and_then(|i| names.get(i).copied()).unwrap_or_default();
    match count {
        1 | 2 => pad(number, count, out),
        3 => out.push_str(name.get(..3).unwrap_or(name)),
        4 => out.push_str(name),
        _ => out.push_str(name.get(..1).unwrap_or(name)),
    }
}

fn write_quarter(index: i64, count: usize, out: &mut String) {
    let names = ["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"];
    match count {
        1 | 2 => pad(index + 1, count, out),
        3 => {
            out.push('Q');
            pad(index + 1, 1, out);
        }
        4 => {
            let name = usize::try_from(index).ok().and_then(|i| names.get(i));
            out.push_str(name.copied().unwrap_or_default());
        }
        _ => pad(index + 1, 1, out),
    }
}

fn write_zone(field: Field, count: usize, instant: i64, zone: Tz, out: &mut String) -> Option<()> {
    let time = chrono::DateTime::from_timestamp_micros(instant)?.naive_utc();
    let offset = zone.offset_from_utc_datetime(&time);
    let seconds = offset.fix().local_minus_utc();
    match (field, count) {
        (Field::ZoneId, _) => out.push_str(zone_name(zone)),
        (Field::ZoneName, 4) if zone == Tz::UTC => out.push_str("Coordinated Universal Time"),
        (Field::ZoneName, _) => match offset.abbreviation() {
            Some(name) if name.starts_with(char::is_alphabetic) => out.push_str(name),
            _ => write_offset(seconds, true, true, out),
        },
        (Field::OffsetGmt, _) | (Field::OffsetRfc, 4) => {
            out.push_str("GMT");
            if field == Field::OffsetGmt && seconds == 0 {
                return Some(());
            }
            write_offset(seconds, true, true, out);
        }
        (Field::OffsetRfc, 5) | (Field::OffsetZ, _) if seconds == 0 => out.push('Z'),
        (Field::OffsetRfc, 5) | (Field::OffsetZ | Field::Offset, 3 | 5) => {
            write_offset(seconds, true, true, out);
        }
        (Field::OffsetZ | Field::Offset, 1) => write_offset(seconds, false, false, out),
        _ => write_offset(seconds, false, true, out),
    }
    Some(())
}

/// Writes `+01`, `+0100` or `+01:00`; minutes always if there are any.
#[expect(clippy::fn_params_excessive_bools, reason = "both are properties of the text")]
fn write_offset(seconds: i32, colon: bool, minutes: bool, out: &mut String) {
    let (sign, size) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs() / 60);
    let _ok = write!(out, "{sign}{:02}", size / 60);
    if minutes || size % 60 != 0 {
        let _ok = write!(out, "{}{:02}", if colon { ":" } else { "" }, size % 60);
    }
}
