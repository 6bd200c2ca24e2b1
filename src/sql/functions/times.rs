//! Times as text and as numbers: `date_format`, `from_unixtime`, `unix_timestamp`, ...

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use datafusion_common::{Result, ScalarValue, exec_datafusion_err};
use formats::types::HiveType;

use super::cast::{Local, instant, local};
use super::civil::{DAY, Date, SECOND, last_day};
use super::dates::find_zone;
use super::def::{Call, Def, Plan, Takes, Types, is_number, is_text, is_time, is_whole};
use super::java_time::Pattern;
use super::values::{Numbers, Text, numbers, texts};
use super::{Arg, Formatter, Session};

/// The pattern Hive uses where none is given.
const DEFAULT_PATTERN: &str = "yyyy-MM-dd HH:mm:ss";

pub(super) static DEFS: &[Def] = &[
    Def {
        names: &["date_format"],
        usage: "(date, timestamp or string, string)",
        types: Types::Other(date_format_types),
        eval: date_format,
    },
    Def {
        names: &["from_unixtime"],
        usage: "(int or bigint [, string])",
        types: Types::Other(from_unixtime_types),
        eval: from_unixtime,
    },
    Def {
        names: &["unix_timestamp", "to_unix_timestamp"],
        usage: "(date, timestamp or string [, string])",
        types: Types::Other(unix_timestamp_types),
        eval: unix_timestamp,
    },
    Def {
        names: &["to_timestamp"],
        usage: "(date, timestamp or string [, string])",
        types: Types::Other(to_timestamp_types),
        eval: to_timestamp,
    },
    Def {
        names: &["to_timestamp_ltz"],
        usage: "(bigint, 0 or 3)",
        types: Types::Fixed {
            takes: &[Takes::BigInt, Takes::Int],
            required: 2,
            returns: HiveType::TimestampLocalTz,
        },
        eval: to_timestamp_ltz,
    },
    Def {
        names: &["from_utc_timestamp"],
        usage: "(date, timestamp, string or number, string)",
        types: Types::Other(zone_types),
        eval: |c| change_zone(c, local),
    },
    Def {
        names: &["to_utc_timestamp"],
        usage: "(date, timestamp, string or number, string)",
        types: Types::Other(zone_types),
        eval: |c| change_zone(c, instant),
    },
    Def {
        names: &["add_months"],
        usage: "(date, timestamp or string, int [, string])",
        types: Types::Fixed {
            takes: &[Takes::Timestamp, Takes::Int, Takes::Text],
            required: 2,
            returns: HiveType::String,
        },
        eval: add_months,
    },
];

/// Says why a constant pattern is refused.
fn check_pattern(arg: Option<&Arg<'_>>) -> Result<(), String> {
    if let Some(ScalarValue::Utf8(Some(text))) = arg.and_then(|arg| arg.value) {
        Pattern::new(text, Formatter::Simple)
            .or_else(|_| Pattern::new(text, Formatter::DateTime))?;
    }
    Ok(())
}

fn time_target(arg: &Arg<'_>) -> bool {
    is_time(arg.ty) || is_text(arg.ty) || *arg.ty == HiveType::Void
}

fn pattern_target(arg: &Arg<'_>) -> bool {
    is_text(arg.ty) || *arg.ty == HiveType::Void
}

fn date_format_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let [time, pattern] = args else { return Ok(None) };
    if !time_target(time) || !pattern_target(pattern) {
        return Ok(None);
    }
    check_pattern(args.get(1))?;
    Plan::of([HiveType::Timestamp, HiveType::String], HiveType::String)
}

fn from_unixtime_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let fits = match args {
        [seconds] => seconds,
        [seconds, pattern] if pattern_target(pattern) => seconds,
        _ => return Ok(None),
    };
    if !is_whole(fits.ty) && *fits.ty != HiveType::Void {
        return Ok(None);
    }
    check_pattern(args.get(1))?;
    let types = [HiveType::BigInt, HiveType::String];
    Plan::of(types.into_iter().take(args.len()), HiveType::String)
}

fn unix_timestamp_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    text_or_time_types(args, HiveType::BigInt)
}

fn to_timestamp_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    text_or_time_types(args, HiveType::Timestamp)
}

/// A text keeps its type, to be read by a pattern; all else becomes a timestamp.
fn text_or_time_types(args: &[Arg<'_>], returns: HiveType) -> Result<Option<Plan>, String> {
    let (first, rest) = match args {
        [first] => (first, None),
        [first, pattern] if pattern_target(pattern) => (first, Some(HiveType::String)),
        _ => return Ok(None),
    };
    if !time_target(first) {
        return Ok(None);
    }
    check_pattern(args.get(1))?;
    let first = if is_time(first.ty) { HiveType::Timestamp } else { HiveType::String };
    Plan::of(std::iter::once(first).chain(rest), returns)
}

fn zone_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    match args {
        [time, zone] if pattern_target(zone) && (time_target(time) || is_number(time.ty)) => {
            Plan::of([HiveType::Timestamp, HiveType::String], HiveType::Timestamp)
        }
        _ => Ok(None),
    }
}

/// Reads a pattern; a malformed one is no error but gives NULL, as in Hive.
fn pattern(call: &Call<'_>, text: &str) -> Result<Arc<Option<Pattern>>> {
    call.prepared(text, |text| Ok(Pattern::new(text, call.session.formatter).ok()))
}

/// The pattern of each row: the same for all, or its own.
enum Patterns<'a> {
    One(Arc<Option<Pattern>>),
    Many(Text<'a>, Session),
}

impl<'a> Patterns<'a> {
    fn new(call: &Call<'a>, index: usize, default: &'a str) -> Result<Self> {
        let text = if call.has(index) { call.text(index)? } else { Text::One(Some(default)) };
        Ok(match text {
            Text::One(Some(text)) => Self::One(pattern(call, text)?),
            Text::One(None) => Self::One(Arc::new(None)),
            text @ Text::Many(_) => Self::Many(text, call.session),
        })
    }

    /// Calls `f` with the pattern of a row, if it has one.
    fn with<T>(&self, row: usize, f: impl FnOnce(&Pattern) -> Option<T>) -> Option<T> {
        match self {
            Self::One(pattern) => f(pattern.as_ref().as_ref()?),
            Self::Many(text, session) => f(&Pattern::new(text.get(row)?, session.formatter).ok()?),
        }
    }
}

fn date_format(call: &Call<'_>) -> Result<ArrayRef> {
    let times = call.times(0)?;
    let patterns = Patterns::new(call, 1, DEFAULT_PATTERN)?;
    let zone = call.session.time_zone;
    if let (Patterns::One(pattern), Numbers::Many(times)) = (&patterns, &times) {
        let Some(pattern) = pattern.as_ref() else {
            return Ok(arrow::array::new_null_array(&DataType::Utf8, call.rows));
        };
        return format_all(times, pattern, |micros, out| {
            pattern.write(micros, instant(micros, zone), zone, out)
        });
    }
    texts(call.rows, |i, out| {
        let micros = times.get(i)?;
        patterns.with(i, |pattern| pattern.write(micros, instant(micros, zone), zone, out))
    })
}

/// Writes times; those that give the same text one behind the other are written once and copied.
fn format_all(
    times: &TimestampMicrosecondArray,
    pattern: &Pattern,
    mut write: impl FnMut(i64, &mut String) -> Option<()>,
) -> Result<ArrayRef> {
    let unit = pattern.granularity();
    let mut same = 0..0i64;
    let mut text = None;
    texts(times.len(), |i, out| {
        if times.is_null(i) {
            return None;
        }
        let micros = times.value(i);
        if !same.contains(&micros) {
            let start = micros.div_euclid(unit).saturating_mul(unit);
            same = start..start.saturating_add(unit);
            let from = out.len();
            text = write(micros, out).map(|()| from..out.len());
            return text.as_ref().map(|_| ());
        }
        let range = text.clone()?;
        out.extend_from_within(range);
        Some(())
    })
}

fn from_unixtime(call: &Call<'_>) -> Result<ArrayRef> {
    let seconds = call.longs(0)?;
    let patterns = Patterns::new(call, 1, DEFAULT_PATTERN)?;
    let zone = call.session.time_zone;
    let mut clock = Local::new(zone);
    if let (Patterns::One(pattern), Numbers::Many(seconds)) = (&patterns, &seconds) {
        let Some(pattern) = pattern.as_ref() else {
            return Ok(arrow::array::new_null_array(&DataType::Utf8, call.rows));
        };
        // Runs are found by the clock on the wall, so the times are converted first.
        let times: TimestampMicrosecondArray =
            seconds.iter().map(|s| Some(clock.of(s?.checked_mul(SECOND)?))).collect();
        return format_all(&times, pattern, |micros, out| {
            pattern.write(micros, instant(micros, zone), zone, out)
        });
    }
    texts(call.rows, |i, out| {
        let point = seconds.get(i)?.checked_mul(SECOND)?;
        patterns.with(i, |pattern| pattern.write(clock.of(point), point, zone, out))
    })
}

fn unix_timestamp(call: &Call<'_>) -> Result<ArrayRef> {
    let zone = call.session.time_zone;
    if matches!(call.array(0)?.data_type(), DataType::Timestamp(..)) {
        let times = call.times(0)?;
        return Ok(numbers::<Int64Type>(call.rows, |i| {
            Some(instant(times.get(i)?, zone).div_euclid(SECOND))
        }));
    }
    let texts = call.text(0)?;
    let patterns = Patterns::new(call, 1, DEFAULT_PATTERN)?;
    let default = !call.has(1);
    Ok(numbers::<Int64Type>(call.rows, |i| {
        let text = texts.get(i)?;
        let text = if default { without_fraction(text) } else { text };
        let point = patterns.with(i, |pattern| pattern.parse_instant(text, zone))?;
        Some(point.div_euclid(SECOND))
    }))
}

/// Leaves out `.123` at the end.
fn without_fraction(text: &str) -> &str {
    match text.rsplit_once('.') {
        Some((head, digits)) if digits.bytes().all(|b| b.is_ascii_digit()) => head,
        _ => text,
    }
}

fn to_timestamp(call: &Call<'_>) -> Result<ArrayRef> {
    let array = call.array(0)?;
    if matches!(array.data_type(), DataType::Timestamp(..)) {
        return Ok(array);
    }
    if !call.has(1) {
        return super::cast::cast_array(&array, &HiveType::Timestamp, call.session);
    }
    let texts = call.text(0)?;
    let patterns = Patterns::new(call, 1, DEFAULT_PATTERN)?;
    let zone = call.session.time_zone;
    Ok(numbers::<TimestampMicrosecondType>(call.rows, |i| {
        let text = texts.get(i)?;
        patterns.with(i, |pattern| pattern.parse(text, zone))
    }))
}

/// Source: Flink `TO_TIMESTAMP_LTZ(numeric, precision)`.
fn to_timestamp_ltz(call: &Call<'_>) -> Result<ArrayRef> {
    let (values, precision) = (call.longs(0)?, call.ints(1)?);
    let array: TimestampMicrosecondArray = (0..call.rows)
        .map(|i| match precision.get(i)? {
            0 => values.get(i)?.checked_mul(SECOND),
            3 => values.get(i)?.checked_mul(1000),
            _ => None,
        })
        .collect();
    Ok(Arc::new(array.with_timezone("UTC")))
}

/// Moves a time from UTC to a zone or back; an unknown zone counts as UTC, as in Java.
fn change_zone(call: &Call<'_>, change: impl Fn(i64, chrono_tz::Tz) -> i64) -> Result<ArrayRef> {
    let (times, zones) = (call.times(0)?, call.text(1)?);
    if let Text::One(Some(zone)) = zones {
        let zone = find_zone(zone).unwrap_or(chrono_tz::Tz::UTC);
        return Ok(numbers::<TimestampMicrosecondType>(call.rows, |i| {
            Some(change(times.get(i)?, zone))
        }));
    }
    Ok(numbers::<TimestampMicrosecondType>(call.rows, |i| {
        let zone = find_zone(zones.get(i)?).unwrap_or(chrono_tz::Tz::UTC);
        Some(change(times.get(i)?, zone))
    }))
}

/// Source: Hive `GenericUDFAddMonths`: the last day of a month stays the last.
fn add_months(call: &Call<'_>) -> Result<ArrayRef> {
    let (times, months) = (call.times(0)?, call.ints(1)?);
    let patterns = Patterns::new(call, 2, "yyyy-MM-dd")?;
    let zone = call.session.time_zone;
    texts(call.rows, |i, out| {
        let micros = times.get(i)?;
        let micros = plus_months(micros, months.get(i)?.into(), MonthEnd::Stays)?;
        patterns.with(i, |pattern| pattern.write(micros, instant(micros, zone), zone, out))
    })
}

/// What becomes of the last day of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MonthEnd {
    /// It is the last day of the other month, too.
    Stays,
    /// It is a day like others.
    Moves,
}

/// Adds months to a time in microseconds.
pub(super) fn plus_months(micros: i64, months: i64, end: MonthEnd) -> Option<i64> {
    let date = Date::from_days(micros.div_euclid(DAY));
    let last = date.day == last_day(date.year, date.month) && end == MonthEnd::Stays;
    let moved = Date { day: if last { 31 } else { date.day }, ..date }.plus_months(months);
    moved.days().checked_mul(DAY)?.checked_add(micros.rem_euclid(DAY))
}

/// Times as text, each distinct text once.
#[derive(Debug)]
pub(super) struct Runs {
    /// For each row the text's position; NULL for NULL.
    pub(super) keys: arrow::array::Int32Array,
    /// The texts.
    pub(super) texts: arrow::array::StringArray,
}

/// Formats times by a pattern, once for each distinct text.
pub(super) fn format_runs(times: &dyn Array, pattern_text: &str, session: Session) -> Result<Runs> {
    let times = times.as_primitive::<TimestampMicrosecondType>();
    let Ok(pattern) = Pattern::new(pattern_text, session.formatter) else {
        let keys = arrow::array::Int32Array::new_null(times.len());
        return Ok(Runs { keys, texts: arrow::array::StringArray::new_null(0) });
    };
    let zone = session.time_zone;
    super::partition::runs(times, pattern.granularity(), |micros, out| {
        pattern.write(micros, instant(micros, zone), zone, out)
    })
    .ok_or_else(|| exec_datafusion_err!("too many partition values in one batch"))
}
