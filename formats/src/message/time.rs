//! Dates and timestamps from text, in microseconds and days since 1970.
//!
//! Accepted: `2024-01-31 09:05:07`, a `T` for the space, 1 to 9 digits of fraction (cut to
//! microseconds), no seconds, no time at all (midnight), one digit for month, day and hour, and a
//! zone (`Z`, `+hh`, `+hhmm`, `+hh:mm`). Years are 0001 to 9999; neither second 60 nor hour 24.
//!
//! Source: Flink's `TimeFormats` and Java's `Timestamp.valueOf`, together.

use super::number::digits;
use super::reason::Reason;
use super::scan::{at, load8, load16};

const HOUR_MICROS: i64 = 3_600_000_000;
const HOUR_BYTES: u128 = (1 << 104) - 1;
const ONES: u64 = 0x0101_0101_0101_0101;
static MICROS: [u64; 7] = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

/// The last `YYYY-MM-DD hh` seen: rows mostly come in the order of their time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HourCache {
    text: u128,
    micros: i64,
}

/// Reads `YYYY-MM-DD hh:mm:ss[.f{1,9}]`; declines every other form.
#[inline(always)]
pub(super) fn short(block: &[u8], pos: usize, cache: &mut HourCache) -> Option<(i64, usize)> {
    let text = load16(block, pos) & HOUR_BYTES;
    if text != cache.text {
        *cache = HourCache { text, micros: hour(text.to_le_bytes())? };
    }
    let word = load8(block, pos + 13) ^ u64::from_le_bytes(*b":00:00.0");
    let carry = u64::from_le_bytes([0x7f, 0x76, 0x76, 0x7f, 0x76, 0x76, 0x7f, 0x76]);
    let off = (word.wrapping_add(carry) | word) & (0x80 * ONES);
    let byte = |i: u32| (word >> (8 * i)) & 0xff;
    let (minute, second) = (byte(1) * 10 + byte(2), byte(4) * 10 + byte(5));
    if off & 0xffff_ffff_ffff != 0 || minute > 59 || second > 59 {
        return None;
    }
    let base = cache.micros + ((minute * 60 + second) * 1_000_000) as i64;
    if off == 0 {
        let (d2, d3) = (at(block, pos + 21) ^ b'0', at(block, pos + 22) ^ b'0');
        let next = at(block, pos + 23);
        if d2 < 10 && d3 < 10 && !next.is_ascii_digit() {
            let millis = byte(7) * 100 + u64::from(d2) * 10 + u64::from(d3);
            return Some((base + (millis * 1000) as i64, pos + 23));
        }
        let (value, count) = digits(block, pos + 20);
        let micros = match count {
            1..=6 => value * MICROS[count],
            7 => value / 10,
            8 => value / 100,
            9 => value / 1000,
            _ => return None,
        };
        return Some((base + micros as i64, pos + 20 + count));
    }
    (at(block, pos + 19) != b'.').then_some((base, pos + 19))
}

#[cold]
fn hour(text: [u8; 16]) -> Option<i64> {
    let separated = matches!(text[10], b' ' | b'T');
    let digits = text[11].is_ascii_digit() && text[12].is_ascii_digit();
    let hour = number(&text[11..13]);
    let fits = separated && digits && hour < 24;
    fits.then_some(day(text)? * 24 * HOUR_MICROS + hour * HOUR_MICROS)
}

/// Days since 1970 of the `YYYY-MM-DD` in front.
fn day(text: [u8; 16]) -> Option<i64> {
    let shape = text[..10].iter().enumerate().all(|(i, c)| match i {
        4 | 7 => *c == b'-',
        _ => c.is_ascii_digit(),
    });
    if !shape {
        return None;
    }
    days(number(&text[..4]), number(&text[5..7]), number(&text[8..10]))
}

fn number(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |n, c| n * 10 + i64::from(c & 0x0f))
}

/// Reads `YYYY-MM-DD`; declines every other form.
#[inline]
pub(super) fn short_date(block: &[u8], pos: usize) -> Option<(i32, usize)> {
    let days = day(load16(block, pos).to_le_bytes())?;
    Some((i32::try_from(days).ok()?, pos + 10))
}

/// Days since 1970 in the proleptic Gregorian calendar, as Java's `LocalDate` has it; `None` for
/// a day that does not exist.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=9999).contains(&year) || !(1..=last).contains(&day) {
        return None;
    }
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before = year * 365 + year / 4 - year / 100 + year / 400;
    Some(before + (153 * month + 2) / 5 + day - 1 - 719_468)
}

/// A walk over text, digit group by digit group.
struct Walk<'a>(&'a [u8]);

impl Walk<'_> {
    fn take(&mut self, wanted: &[u8]) -> bool {
        match self.0 {
            [c, rest @ ..] if wanted.contains(c) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn number(&mut self, least: usize, most: usize) -> Option<(i64, usize)> {
        let count = self.0.iter().take(most).take_while(|c| c.is_ascii_digit()).count();
        let (group, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        let value = group.iter().fold(0, |n, c| n * 10 + i64::from(c - b'0'));
        (count >= least).then_some((value, count))
    }

    fn date(&mut self) -> Option<i64> {
        let (year, _) = self.number(4, 4)?;
        let month = self.take(b"-").then(|| self.number(1, 2))??.0;
        let day = self.take(b"-").then(|| self.number(1, 2))??.0;
        days(year, month, day)
    }

    fn time(&mut self) -> Option<i64> {
        let (hour, _) = self.number(1, 2)?;
        let minute = self.take(b":").then(|| self.number(2, 2))??.0;
        let mut micros = (hour * 60 + minute) * 60_000_000;
        if hour > 23 || minute > 59 {
            return None;
        }
        if self.take(b":") {
            let (second, _) = self.number(2, 2)?;
            micros += second * 1_000_000;
            if second > 59 {
                return None;
            }
            if self.take(b".") {
                let (fraction, count) = self.number(1, 9)?;
                let nanos = (count..9).fold(fraction, |n, _| n * 10);
                micros += nanos / 1000;
            }
        }
        Some(micros)
    }

    /// Offset of a zone from UTC in microseconds.
    fn zone(&mut self) -> Option<i64> {
        if self.take(b"Zz") {
            return Some(0);
        }
        let negative = self.0.first() == Some(&b'-');
        if !self.take(b"+-") {
            return None;
        }
        let (hour, _) = self.number(2, 2)?;
        let colon = self.take(b":");
        let minute = match self.number(2, 2) {
            Some((minute, _)) => minute,
            None if colon => return None,
            None => 0,
        };
        if hour > 18 || minute > 59 {
            return None;
        }
        let micros = (hour * 60 + minute) * 60_000_000;
        Some(if negative { -micros } else { micros })
    }
}

/// Reads a date, `yyyy-MM-dd`, as days since 1970.
pub(super) fn date(text: &[u8]) -> Option<i32> {
    let mut walk = Walk(text.trim_ascii());
    let days = walk.date()?;
    walk.0.is_empty().then(|| i32::try_from(days).ok())?
}

/// What a column makes of a zone in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zoned {
    /// An instant: the zone is converted, its absence means UTC.
    Instant,
    /// A wall clock: only UTC is accepted, since any other offset would have to be dropped.
    WallClock,
}

/// Reads a timestamp in any accepted form, as microseconds since 1970.
#[cold]
pub(super) fn timestamp(text: &[u8], zoned: Zoned) -> Result<i64, Reason> {
    let mut walk = Walk(text.trim_ascii());
    let mut micros = walk.date().ok_or(Reason::NotOfType)? * 24 * HOUR_MICROS;
    if walk.take(b" Tt") {
        micros += walk.time().ok_or(Reason::NotOfType)?;
        if !walk.0.is_empty() {
            let offset = walk.zone().ok_or(Reason::NotOfType)?;
            if offset != 0 && zoned == Zoned::WallClock {
                return Err(Reason::Zone);
            }
            micros -= offset;
        }
    }
    if walk.0.is_empty() { Ok(micros) } else { Err(Reason::NotOfType) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dates() {
        for (text, days) in [
            ("1970-01-01", Some(0)),
            ("1969-12-31", Some(-1)),
            ("2000-02-29", Some(11016)),
            ("0001-01-01", Some(-719_162)),
            ("9999-12-31", Some(2_932_896)),
            (" 2024-1-5 ", Some(19_727)),
            ("1900-02-29", None),
            ("2024-13-01", None),
            ("2024-00-10", None),
            ("2024-01-00", None),
            ("0000-01-01", None),
            ("24-01-01", None),
            ("2024-01-01 00:00:00", None),
            ("", None),
        ] {
            assert_eq!(date(text.as_bytes()), days, "{text}");
        }
    }

    #[test]
    fn reads_timestamps_alike_on_both_paths() {
        const S: i64 = 1_000_000;
        for (text, instant, wall) in [
            ("1970-01-01 00:00:01", Ok(S), Ok(S)),
            ("1970-01-01T00:00:01.5", Ok(S + 500_000), Ok(S + 500_000)),
            ("1970-01-01 00:00:01.123", Ok(S + 123_000), Ok(S + 123_000)),
            ("1970-01-01 00:00:01.123456789", Ok(S + 123_456), Ok(S + 123_456)),
            ("1970-01-01 00:01", Ok(60 * S), Ok(60 * S)),
            ("1970-01-02", Ok(86_400 * S), Ok(86_400 * S)),
            ("1970-1-2 3:04:05", Ok(97_445 * S), Ok(97_445 * S)),
            ("1969-12-31 23:59:59.999999", Ok(-1), Ok(-1)),
            ("1970-01-01T01:00:00Z", Ok(3600 * S), Ok(3600 * S)),
            ("1970-01-01T01:00:00+01:00", Ok(0), Err(Reason::Zone)),
            ("1970-01-01 01:00:00.5-0030", Ok(5400 * S + 500_000), Err(Reason::Zone)),
            ("1970-01-01 00:00:60", Err(Reason::NotOfType), Err(Reason::NotOfType)),
            ("1970-01-01 24:00:00", Err(Reason::NotOfType), Err(Reason::NotOfType)),
            ("1970-01-01 00:60:00", Err(Reason::NotOfType), Err(Reason::NotOfType)),
            ("1970-02-30 00:00:00", Err(Reason::NotOfType), Err(Reason::NotOfType)),
            ("1970-01-01 00:00:01.", Err(Reason::NotOfType), Err(Reason::NotOfType)),
            ("1970-01-01 00:00:01.1234567890", Err(Reason::NotOfType), Err(Reason::NotOfType)),
            ("1970-01-01 00:00:01 x", Err(Reason::NotOfType), Err(Reason::NotOfType)),
            ("1970-01-01 ", Ok(0), Ok(0)),
            ("1234567890", Err(Reason::NotOfType), Err(Reason::NotOfType)),
        ] {
            assert_eq!(timestamp(text.as_bytes(), Zoned::Instant), instant, "{text}");
            assert_eq!(timestamp(text.as_bytes(), Zoned::WallClock), wall, "{text}");
            let mut block = text.as_bytes().to_vec();
            block.extend_from_slice(&[0; 64]);
            if let Some((micros, end)) = short(&block, 0, &mut HourCache::default())
                && end == text.len()
            {
                assert_eq!(Ok(micros), instant, "{text}");
            }
        }
    }
}
