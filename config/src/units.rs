//! Durations, memory sizes and rates as text.
//!
//! `"30 s"` -> 30 seconds -> `"30 s"`; `"128MB"` -> 134,217,728 bytes -> `"128mb"`.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// What a duration may look like; part of every error about one.
pub const DURATION_FORMS: &str =
    "a whole number and a unit (ms, s, min, h, d), such as `30 s`; a plain number is milliseconds";
/// What a memory size may look like; part of every error about one.
pub const SIZE_FORMS: &str = "a whole number and a unit (kb, mb, gb, tb; 1 kb is 1024 bytes), such as `128MB`; \
     a plain number is bytes";
/// What a dead letter limit may look like; part of every error about one.
pub const RATE_FORMS: &str = "a number of records a minute such as `1000`, a share of all records such as `5%`, or `unlimited`";

const NANOS: [(&str, u128); 7] = [
    ("d day days", 86_400_000_000_000),
    ("h hour hours", 3_600_000_000_000),
    ("min m minute minutes", 60_000_000_000),
    ("s sec secs second seconds", 1_000_000_000),
    ("ms milli millis millisecond milliseconds", 1_000_000),
    ("µs μs us micro micros microsecond microseconds", 1_000),
    ("ns nano nanos nanosecond nanoseconds", 1),
];
const BYTES: [(&str, u64); 5] = [
    ("t tb tebibytes", 1 << 40),
    ("g gb gibibytes", 1 << 30),
    ("m mb mebibytes", 1 << 20),
    ("k kb kibibytes", 1 << 10),
    ("b byte bytes", 1),
];

/// Reads a duration.
///
/// # Errors
/// The text as it was, and the forms that are accepted.
///
/// Source: Flink `TimeUtils.parseDuration` (a bare number is milliseconds, letter case is free), and
/// the ISO-8601 form of Java's `Duration.parse` without weeks, months and years.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a duration: expected {DURATION_FORMS}");
    let trimmed = text.trim();
    if trimmed.starts_with(['p', 'P']) {
        return parse_iso_duration(trimmed).ok_or_else(wrong);
    }
    let (number, unit) = split_number(trimmed).ok_or_else(wrong)?;
    let unit = if unit.is_empty() { "ms".to_owned() } else { unit.to_lowercase() };
    let factor = factor(&NANOS, &unit).ok_or_else(wrong)?;
    let nanos = number.checked_mul(factor);
    nanos.and_then(duration_from_nanos).ok_or_else(|| format!("the duration `{text}` is too long"))
}

/// Reads `PnDTnHnMn.nS`; every part may be left out, but not all of them.
fn parse_iso_duration(text: &str) -> Option<Duration> {
    let text = text.to_ascii_uppercase();
    let (date, time) = match text[1..].split_once('T') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (&text[1..], ""),
    };
    let mut nanos: u128 = 0;
    let mut seen = false;
    for (part, units) in [(date, "D"), (time, "HMS")] {
        let mut rest = part;
        let mut allowed = units;
        while !rest.is_empty() {
            let at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let unit = rest[at..].chars().next()?;
            let place = allowed.find(unit)?;
            allowed = &allowed[place + 1..];
            nanos = nanos.checked_add(iso_part(&rest[..at], unit)?)?;
            rest = &rest[at + 1..];
            seen = true;
        }
    }
    if seen { duration_from_nanos(nanos) } else { None }
}

fn iso_part(number: &str, unit: char) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if !fraction.is_empty() && unit != 'S' || fraction.len() > 9 || number.ends_with('.') {
        return None;
    }
    let factor: u128 = match unit {
        'D' => 86_400,
        'H' => 3_600,
        'M' => 60,
        _ => 1,
    };
    let nanos: u128 =
        if fraction.is_empty() { 0 } else { format!("{fraction:0<9}").parse().ok()? };
    u128::from(whole.parse::<u64>().ok()?).checked_mul(factor * 1_000_000_000)?.checked_add(nanos)
}

fn duration_from_nanos(nanos: u128) -> Option<Duration> {
    // Longer than this, adding it to a point in time could overflow milliseconds in an i64.
    let limit = 1_000_000_000 * 86_400 * 365 * 10_000_u128;
    if nanos > limit {
        return None;
    }
    let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
    let rest = u32::try_from(nanos % 1_000_000_000).ok()?;
    Some(Duration::new(seconds, rest))
}

/// Prints a duration with the largest unit that gives a whole number, such as `30 min`.
pub fn show_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0 s".to_owned();
    }
    for (names, factor) in NANOS {
        if nanos.is_multiple_of(factor) {
            let unit = if factor == 1_000 { "us" } else { first_word(names) };
            return format!("{} {unit}", nanos / factor);
        }
    }
    format!("{nanos} ns")
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// Reads a memory size; units are powers of 1024.
    ///
    /// # Errors
    /// The text as it was, and the forms that are accepted.
    ///
    /// Source: Flink `MemorySize.parse`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a size: expected {SIZE_FORMS}");
        let (number, unit) = split_number(text.trim()).ok_or_else(wrong)?;
        let unit = if unit.is_empty() { "b".to_owned() } else { unit.to_lowercase() };
        let factor = factor(&BYTES, &unit).ok_or_else(wrong)?;
        u64::try_from(number)
            .ok()
            .and_then(|number| number.checked_mul(factor))
            .map(ByteSize)
            .ok_or_else(|| format!("the size `{text}` is too large"))
    }

    /// Gives the number of bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (names, factor) in BYTES.iter().take(4) {
            if self.0 > 0 && self.0.is_multiple_of(*factor) {
                let unit = names.split(' ').nth(1).unwrap_or_default();
                return write!(f, "{}{unit}", self.0 / factor);
            }
        }
        write!(f, "{} bytes", self.0)
    }
}

/// How many dead letters a pipeline bears before it stops.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxRate {
    /// Any number.
    Unlimited,
    /// So many in one minute.
    PerMinute(u64),
    /// This share of all records, in millionths.
    PartsPerMillion(u32),
}

impl MaxRate {
    /// Reads `1000`, `5%`, `0.1 %` or `unlimited`.
    ///
    /// # Errors
    /// The text as it was, and the forms that are accepted.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a rate: expected {RATE_FORMS}");
        let trimmed = text.trim();
        if trimmed.eq_ignore_ascii_case("unlimited") {
            return Ok(Self::Unlimited);
        }
        let Some(percent) = trimmed.strip_suffix('%') else {
            return trimmed.parse().map(Self::PerMinute).map_err(|_| wrong());
        };
        let percent = percent.trim_end();
        let (whole, fraction) = percent.split_once('.').unwrap_or((percent, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 4 {
            return Err(wrong());
        }
        let parts: u32 = format!("{whole}{fraction:0<4}").parse().map_err(|_| wrong())?;
        if parts > 1_000_000 {
            return Err(wrong());
        }
        Ok(Self::PartsPerMillion(parts))
    }
}

impl fmt::Display for MaxRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.write_str("unlimited"),
            Self::PerMinute(limit) => write!(f, "{limit}"),
            Self::PartsPerMillion(parts) => {
                let fraction = format!("{:04}", parts % 10_000);
                let fraction = fraction.trim_end_matches('0');
                let point = if fraction.is_empty() { "" } else { "." };
                write!(f, "{}{point}{fraction}%", parts / 10_000)
            }
        }
    }
}

/// Splits `128 MB` into its number and what follows it.
fn split_number(text: &str) -> Option<(u128, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, text[end..].trim_start()))
}

fn factor<T: Copy>(units: &[(&str, T)], unit: &str) -> Option<T> {
    let found = units.iter().find(|(names, _)| names.split(' ').any(|name| name == unit));
    found.map(|(_, factor)| *factor)
}

fn first_word(names: &str) -> &str {
    names.split(' ').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_durations() {
        for (text, millis) in [
            ("30 s", 30_000),
            ("10min", 600_000),
            ("10 m", 600_000),
            ("1 h", 3_600_000),
            ("1 d", 86_400_000),
            ("1 day", 86_400_000),
            (" 2 DAYS ", 172_800_000),
            ("500ms", 500),
            ("500", 500),
            ("0", 0),
            ("0s", 0),
            ("3 Seconds", 3_000),
            ("7 hours", 25_200_000),
            ("5000 us", 5),
            ("5000 µs", 5),
            ("1000000ns", 1),
            ("PT10S", 10_000),
            ("pt1h30m", 5_400_000),
            ("P1D", 86_400_000),
            ("P1DT0.5S", 86_400_500),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_duration() {
        let wrong = [
            "",
            " ",
            "s",
            "-1 s",
            "1.5 s",
            "1 fortnight",
            "1 h 30 min",
            "1 s s",
            "P",
            "PT",
            "PT1D",
            "PT1S1H",
            "P1M",
            "P1W",
            "PT1.S",
            "PTS",
            "PT1.5H",
            "ten s",
            "PT1é",
            "1é",
            "é",
            "99999999999999999999",
            "18446744073709551615 d",
        ];
        for text in wrong {
            let message = parse_duration(text).unwrap_err();
            assert!(message.contains(text), "{text}: {message}");
        }
        assert_eq!(
            parse_duration("soon").unwrap_err(),
            "`soon` is not a duration: expected a whole number and a unit (ms, s, min, h, d), \
             such as `30 s`; a plain number is milliseconds"
        );
        assert_eq!(
            parse_duration("4000000 d").unwrap_err(),
            "the duration `4000000 d` is too long"
        );
    }

    #[test]
    fn reads_and_prints_sizes() {
        for (text, bytes, shown) in [
            ("128MB", 128 << 20, "128mb"),
            ("64 kb", 64 << 10, "64kb"),
            ("1g", 1 << 30, "1gb"),
            ("256mb", 256 << 20, "256mb"),
            ("1024", 1024, "1kb"),
            ("1023", 1023, "1023 bytes"),
            ("0", 0, "0 bytes"),
            ("2 TB", 2 << 40, "2tb"),
            ("10 bytes", 10, "10 bytes"),
            ("3 MebiBytes", 3 << 20, "3mb"),
        ] {
            assert_eq!(ByteSize::parse(text), Ok(ByteSize(bytes)), "{text}");
            assert_eq!(ByteSize(bytes).to_string(), shown);
        }
        for text in ["", "MB", "1.5g", "-1", "1 pb", "1 m b", "17179869184 gb", "１"] {
            assert!(ByteSize::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn reads_and_prints_rates() {
        use MaxRate::{PartsPerMillion, PerMinute, Unlimited};
        for (text, rate, shown) in [
            ("1000", PerMinute(1000), "1000"),
            (" 0 ", PerMinute(0), "0"),
            ("5%", PartsPerMillion(50_000), "5%"),
            ("0.1 %", PartsPerMillion(1_000), "0.1%"),
            ("100%", PartsPerMillion(1_000_000), "100%"),
            ("0.0001%", PartsPerMillion(1), "0.0001%"),
            ("Unlimited", Unlimited, "unlimited"),
        ] {
            assert_eq!(MaxRate::parse(text), Ok(rate), "{text}");
            assert_eq!(rate.to_string(), shown);
        }
        for text in ["", "%", "101%", "-5%", "5 per hour", "1.2.3%", ".5%", "5.%", "0.00001%"] {
            assert!(MaxRate::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn printed_durations_read_back(seconds in 0_u64..315_000_000_000, nanos in 0_u32..1_000_000_000) {
            for duration in [Duration::new(seconds, nanos), Duration::from_secs(seconds)] {
                prop_assert_eq!(parse_duration(&show_duration(duration)), Ok(duration));
            }
        }

        #[test]
        fn printed_sizes_read_back(bytes: u64, shift in 0_u32..64) {
            let size = ByteSize(bytes >> shift << (shift / 2));
            prop_assert_eq!(ByteSize::parse(&size.to_string()), Ok(size));
        }

        #[test]
        fn printed_rates_read_back(parts in 0_u32..=1_000_000, limit: u64) {
            for rate in [MaxRate::PartsPerMillion(parts), MaxRate::PerMinute(limit)] {
                prop_assert_eq!(MaxRate::parse(&rate.to_string()), Ok(rate));
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,12}|[pP0-9tThHmMsSdD.]{0,12}|[0-9]{1,25} ?[a-zµ%]{0,4}") {
            drop((parse_duration(&text), ByteSize::parse(&text), MaxRate::parse(&text)));
        }
    }
}
