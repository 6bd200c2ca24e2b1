//! Partition values as a time: when a partition is complete, and in which order partitions are read.
//!
//! Pure; shared by the stages that announce partitions and those that read them.

mod java_time;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use metastore::PartitionPath;
use metastore::names::DEFAULT_PARTITION_NAME;

use self::java_time::Formatter;
use crate::error::{Error, Result};
use crate::time::Timestamp;

/// Reads a partition's time from its values: a pattern puts the values together, a formatter reads the text.
///
/// Source: Flink `DefaultPartTimeExtractor`, without its traps: the longest column name wins (`$dt` before `$d`), values are
/// never taken for regular expressions, and an unreadable value is `None` instead of a failed job.
#[derive(Debug, Clone, PartialEq)]
pub struct Extractor {
    pattern: Vec<Part>,
    formatter: Option<Formatter>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Column(String),
}

impl Extractor {
    /// Makes an extractor for a table with these partition columns.
    ///
    /// `pattern` is `partition.time-extractor.timestamp-pattern`, e.g. `$dt $hr:00:00`; without it, the first column's value is
    /// the text. `formatter` is `partition.time-extractor.timestamp-formatter` in the letters of Java's `DateTimeFormatter`;
    /// without it, the text is read as `y-M-d` or `y-M-d H:m:s` with up to nine decimals, and fields roll over.
    ///
    /// # Errors
    /// `Config` if the table is not partitioned, the pattern names no partition column, or the formatter gives no date;
    /// `Unsupported` if the formatter has letters that are not done here.
    pub fn new(pattern: Option<&str>, formatter: Option<&str>, columns: &[String]) -> Result<Self> {
        let first = columns.first().ok_or_else(|| {
            Error::config("partition time needs a partitioned table")
                .with_hint("set sink.partition-commit.trigger to process-time")
        })?;
        let pattern = match pattern {
            Some(text) => parse_pattern(text, columns)?,
            None => vec![Part::Column(first.clone())],
        };
        Ok(Self { pattern, formatter: formatter.map(Formatter::parse).transpose()? })
    }

    /// Gives the local time that a partition's folder names, or `None` if it names none.
    pub fn local_time(&self, path: &str) -> Option<NaiveDateTime> {
        let spec = PartitionPath::parse_spec(path, DEFAULT_PARTITION_NAME).ok()?;
        let mut text = String::new();
        for part in &self.pattern {
            text.push_str(match part {
                Part::Literal(literal) => literal,
                Part::Column(column) => spec.get(column)??,
            });
        }
        match &self.formatter {
            Some(formatter) => formatter.read(&text),
            None => lenient(&text),
        }
    }

    /// Gives the moment that a partition's folder names in `zone`.
    pub fn instant(&self, path: &str, zone: Tz) -> Option<Timestamp> {
        at_zone(self.local_time(path)?, zone)
    }
}

/// Splits `$dt $hr:00:00` into literals and columns; the longest column that fits wins.
fn parse_pattern(text: &str, columns: &[String]) -> Result<Vec<Part>> {
    let fits = |rest: &str, column: &str| {
        rest.get(..column.len()).is_some_and(|head| head.eq_ignore_ascii_case(column))
    };
    let mut parts = Vec::new();
    let mut pieces = text.split('$');
    let mut literal = pieces.next().unwrap_or_default().to_owned();
    for rest in pieces {
        let column = columns.iter().filter(|c| fits(rest, c)).max_by_key(|c| c.len());
        let column = column.ok_or_else(|| {
            Error::config("the time pattern names something that is no partition column")
                .with("pattern", text)
                .with("at", format!("${rest}"))
                .with("partition columns", columns.join(", "))
        })?;
        parts.push(Part::Literal(std::mem::take(&mut literal)));
        parts.push(Part::Column(column.clone()));
        rest[column.len()..].clone_into(&mut literal);
    }
    parts.push(Part::Literal(literal));
    parts.retain(|part| *part != Part::Literal(String::new()));
    if !parts.iter().any(|part| matches!(part, Part::Column(_))) {
        return Err(Error::config("the time pattern names no partition column")
            .with("pattern", text)
            .with_hint("write $ before a column's name, as in '$dt $hr:00:00'"));
    }
    Ok(parts)
}

/// Reads `y-M-d` or `y-M-d H:m:s[.n]`; months, days and times beyond their range roll over.
///
/// Source: Flink `DefaultPartTimeExtractor.toLocalDateTimeDefault`.
pub fn lenient(text: &str) -> Option<NaiveDateTime> {
    let (date, time) = match text.split_once(' ') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let (sign, date) = match date.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, date),
    };
    let mut fields = date.split('-');
    let year = sign * number(fields.next()?, 10)?;
    let month = number(fields.next()?, 2)?;
    let day = number(fields.next()?, 2)?;
    if fields.next().is_some() {
        return None;
    }
    let months = year * 12 + month - 1;
    let first = NaiveDate::from_ymd_opt(
        i32::try_from(months.div_euclid(12)).ok()?,
        u32::try_from(months.rem_euclid(12)).ok()? + 1,
        1,
    )?;
    let date = first.checked_add_signed(TimeDelta::try_days(day - 1)?)?;
    let since_midnight = match time {
        Some(time) => lenient_time(time)?,
        None => TimeDelta::zero(),
    };
    date.and_time(NaiveTime::MIN).checked_add_signed(since_midnight)
}

fn lenient_time(text: &str) -> Option<TimeDelta> {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let mut fields = clock.split(':');
    let mut next = || number(fields.next()?, 2);
    let seconds = next()? * 3600 + next()? * 60 + next()?;
    if fields.next().is_some() {
        return None;
    }
    let nanos = match fraction {
        Some(digits) => number(&format!("{digits:0<9}"), 9).filter(|_| !digits.is_empty())?,
        None => 0,
    };
    Some(TimeDelta::seconds(seconds) + TimeDelta::nanoseconds(nanos))
}

/// Reads one to `most` ASCII digits.
fn number(text: &str, most: usize) -> Option<i64> {
    let digits = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// Finds the moment of a local time as Java's `LocalDateTime.atZone` does.
fn at_zone(local: NaiveDateTime, zone: Tz) -> Option<Timestamp> {
    if let Some(time) = zone.from_local_datetime(&local).earliest() {
        return Some(Timestamp(time.timestamp_millis()));
    }
    // The clocks skip this time: the offset before the jump holds. The longest jump ever was a day.
    let step = TimeDelta::minutes(15);
    let mut back = TimeDelta::zero();
    for _ in 0..4 * 25 {
        back += step;
        let before = local.checked_sub_signed(back)?;
        if let Some(time) = zone.from_local_datetime(&before).latest() {
            return Some(Timestamp(time.timestamp_millis().checked_add(back.num_milliseconds())?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: Option<&str>, formatter: Option<&str>, path: &str) -> Option<String> {
        let columns: Vec<String> = path
            .split('/')
            .filter_map(|folder| Some(folder.split_once('=')?.0.to_owned()))
            .collect();
        let extractor = Extractor::new(pattern, formatter, &columns).unwrap();
        extractor.local_time(path).map(|t| t.format("%Y-%m-%dT%H:%M:%S%.f").to_string())
    }

    #[test]
    fn without_a_formatter_fields_may_be_short_and_roll_over() {
        for (text, want) in [
            ("2023-01-01 20:08:08", Some("2023-01-01T20:08:08")),
            ("2023-1-1 20:08:08", Some("2023-01-01T20:08:08")),
            ("2023-1-1 2:8:8", Some("2023-01-01T02:08:08")),
            ("2023-01-01 20:08:08.123456789", Some("2023-01-01T20:08:08.123456789")),
            ("2023-01-01 20:08:08.5", Some("2023-01-01T20:08:08.500")),
            ("2023-01-01", Some("2023-01-01T00:00:00")),
            ("2023-1-1", Some("2023-01-01T00:00:00")),
            ("2023-02-30", Some("2023-03-02T00:00:00")),
            ("2023-13-01", Some("2024-01-01T00:00:00")),
            ("2023-00-00", Some("2022-11-30T00:00:00")),
            ("2023-12-31 24:00:00", Some("2024-01-01T00:00:00")),
            ("2023-12-31 23:59:60", Some("2024-01-01T00:00:00")),
            ("-1-01-01", Some("-0001-01-01T00:00:00")),
            ("unknown", None),
            ("", None),
            ("20230101", None),
            ("2023-01", None),
            ("2023-01-01-01", None),
            ("2023-01-01 20", None),
            ("2023-01-01 20:08", None),
            ("2023-01-01 20:08:08:08", None),
            ("2023-01-01 20:08:08.", None),
            ("2023-01-01 20:08:08.1234567890", None),
            ("2023-01-01T20:08:08", None),
            ("2023-001-01", None),
            ("2023-+1-01", None),
            ("2023-٣-01", None),
            ("9999999999-01-01", None),
            ("99999999999-01-01", None),
        ] {
            assert_eq!(
                lenient(text).map(|t| t.format("%Y-%m-%dT%H:%M:%S%.f").to_string()).as_deref(),
                want,
                "{text}"
            );
        }
    }

    #[test]
    fn a_pattern_puts_values_together() {
        let path = "year=2023/month=01/day=01/hour=01";
        for (pattern, path, want) in [
            (Some("$year-$month-$day $hour:00:00"), path, Some("2023-01-01T01:00:00")),
            (Some("$YEAR-$Month-$day"), path, Some("2023-01-01T00:00:00")),
            (Some("$dt"), "other=x/dt=2023-01-01", Some("2023-01-01T00:00:00")),
            (None, "dt=2023-01-01/other=x", Some("2023-01-01T00:00:00")),
            (None, "other=x/dt=2023-01-01", None),
            // A name that begins another one, and characters that regular expressions know.
            (Some("$dt $d:00:00"), "d=7/dt=2023-01-01", Some("2023-01-01T07:00:00")),
            (Some("$a-$b-01"), "a=2023/b=$a", None),
            (Some("$a-01-01"), "a=2023%5C", None),
            // Values are unescaped first.
            (Some("$t"), "t=2023-01-01 20%3A08%3A08", Some("2023-01-01T20:08:08")),
            (Some("$dt"), "dt=__HIVE_DEFAULT_PARTITION__", None),
            (
                Some("$dt"),
                "dt=2023-01-01/hr=__HIVE_DEFAULT_PARTITION__",
                Some("2023-01-01T00:00:00"),
            ),
        ] {
            assert_eq!(read(pattern, None, path).as_deref(), want, "{pattern:?} {path}");
        }
    }

    #[test]
    fn a_formatter_reads_the_text() {
        for (pattern, formatter, path, want) in [
            ("$dt", "yyyyMMdd", "dt=20230101", Some("2023-01-01T00:00:00")),
            ("$dt", "yyyyMMdd", "dt=2023-01-01", None),
            (
                "$d $e:00:00",
                "MM-dd-yyyy HH:mm:ss",
                "d=05-03-2020/e=07",
                Some("2020-05-03T07:00:00"),
            ),
        ] {
            let got = read(Some(pattern), Some(formatter), path);
            assert_eq!(got.as_deref(), want, "{pattern} {formatter} {path}");
        }
    }

    #[test]
    fn what_can_never_work_is_refused() {
        let columns = ["dt".to_owned()];
        for (pattern, columns, want) in [
            (None, &[][..], "partition time needs a partitioned table"),
            (
                Some("$day"),
                &columns[..],
                "the time pattern names something that is no partition column (pattern=$day, at=$day, partition columns=dt)",
            ),
            (
                Some("2020-01-01"),
                &columns[..],
                "the time pattern names no partition column (pattern=2020-01-01)",
            ),
        ] {
            let error = Extractor::new(pattern, None, columns).unwrap_err();
            assert_eq!(error.to_string(), want);
        }
    }
}
