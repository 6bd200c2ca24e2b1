//! Conversions to dates and timestamps.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Date32Array, PrimitiveArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType,
};
use chrono::{LocalResult, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use datafusion_common::{Result, internal_err};

use super::super::Session;
use super::super::civil::{DAY, SECOND, parse_date, parse_timestamp, parse_zoned};
use super::super::dates::find_zone;
use super::number::rescale;

pub(super) fn to_date(array: &ArrayRef, session: Session) -> Result<ArrayRef> {
    let day = |micros: i64| i32::try_from(micros.div_euclid(DAY)).ok();
    let array: Date32Array = match array.data_type() {
        DataType::Utf8 => {
            array.as_string::<i32>().iter().map(|text| text.and_then(parse_date)).collect()
        }
        DataType::Timestamp(_, None) => {
            array.as_primitive::<TimestampMicrosecondType>().unary_opt(day)
        }
        DataType::Timestamp(_, Some(_)) => {
            let mut clock = Local::new(session.time_zone);
            let instants = array.as_primitive::<TimestampMicrosecondType>();
            instants.iter().map(|n| n.and_then(|n| day(clock.of(n)))).collect()
        }
        other => return internal_err!("no conversion from {other} to date"),
    };
    Ok(Arc::new(array))
}

/// Converts to wall clock times. Whole numbers count milliseconds, others seconds.
pub(super) fn to_timestamp(array: &ArrayRef, session: Session) -> Result<ArrayRef> {
    fn millis<T: ArrowPrimitiveType>(array: &dyn Array) -> TimestampMicrosecondArray
    where
        T::Native: Into<i64>,
    {
        let numbers: &PrimitiveArray<T> = array.as_primitive();
        numbers.unary_opt(|n| n.into().checked_mul(1000))
    }
    // Seconds of a double beyond this are no microseconds any more.
    let seconds = |n: f64| {
        let micros = (n * SECOND as f64).round();
        (micros.abs() < i64::MAX as f64).then_some(micros as i64)
    };
    let array: TimestampMicrosecondArray = match array.data_type() {
        DataType::Utf8 => {
            array.as_string::<i32>().iter().map(|text| text.and_then(parse_timestamp)).collect()
        }
        DataType::Date32 => {
            array.as_primitive::<Date32Type>().unary_opt(|n| i64::from(n).checked_mul(DAY))
        }
        DataType::Timestamp(_, Some(_)) => {
            let mut clock = Local::new(session.time_zone);
            let instants = array.as_primitive::<TimestampMicrosecondType>();
            instants.iter().map(|n| n.map(|n| clock.of(n))).collect()
        }
        DataType::Boolean => {
            array.as_boolean().iter().map(|b| b.map(|b| i64::from(b) * 1000)).collect()
        }
        DataType::Int8 => millis::<Int8Type>(array),
        DataType::Int16 => millis::<Int16Type>(array),
        DataType::Int32 => millis::<Int32Type>(array),
        DataType::Int64 => millis::<Int64Type>(array),
        DataType::Float32 => array.as_primitive::<Float32Type>().unary_opt(|n| seconds(n.into())),
        DataType::Float64 => array.as_primitive::<Float64Type>().unary_opt(seconds),
        DataType::Decimal128(_, scale) => {
            let scale = *scale;
            array
                .as_primitive::<Decimal128Type>()
                .unary_opt(|n| i64::try_from(rescale(n, scale, 6)?).ok())
        }
        other => return internal_err!("no conversion from {other} to timestamp"),
    };
    Ok(Arc::new(array))
}

/// Converts to points in time; wall clock times are taken to be of the session's zone.
///
/// A text may name another zone, as `Europe/Berlin`, `Z` or `+01:00`; an unknown one is NULL.
pub(super) fn to_instant(array: &ArrayRef, session: Session) -> Result<ArrayRef> {
    if let Some(texts) = array.as_string_opt::<i32>() {
        let read = |text: &str| {
            let (local, zone) = parse_zoned(text)?;
            zoned_instant(local, zone, session.time_zone)
        };
        let array: TimestampMicrosecondArray =
            texts.iter().map(|text| text.and_then(read)).collect();
        return Ok(Arc::new(array.with_timezone("UTC")));
    }
    let wall = to_timestamp(array, session)?;
    let wall = wall.as_primitive::<TimestampMicrosecondType>();
    let array: TimestampMicrosecondArray = wall.unary(|n| instant(n, session.time_zone));
    Ok(Arc::new(array.with_timezone("UTC")))
}

/// Returns the point in time of a wall clock time in a zone given by name or offset.
fn zoned_instant(local: i64, zone: &str, default: Tz) -> Option<i64> {
    if zone.is_empty() {
        return Some(instant(local, default));
    }
    let Some(offset) = zone.strip_prefix(['+', '-']) else {
        return find_zone(zone).map(|zone| instant(local, zone));
    };
    let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "0"));
    let number =
        |text: &str, most: i64| text.parse::<i64>().ok().filter(|n| (0..=most).contains(n));
    let east = (number(hours, 18)? * 60 + number(minutes, 59)?) * 60 * SECOND;
    local.checked_sub(if zone.starts_with('-') { -east } else { east })
}

/// Returns the wall clock time of a point in time; both in microseconds.
pub(crate) fn local(micros: i64, zone: Tz) -> i64 {
    if zone == Tz::UTC {
        return micros;
    }
    let Some(time) = chrono::DateTime::from_timestamp_micros(micros) else { return micros };
    let offset = zone.offset_from_utc_datetime(&time.naive_utc()).fix().local_minus_utc();
    micros.saturating_add(i64::from(offset) * SECOND)
}

/// Remembers the offset of a zone from value to value.
#[derive(Debug)]
pub(crate) struct Local {
    zone: Tz,
    /// The points in time for which the offset is known.
    known: std::ops::Range<i64>,
    offset: i64,
}

impl Local {
    /// Clocks change only at such times of the day.
    const STEP: i64 = 900 * SECOND;

    pub(crate) fn new(zone: Tz) -> Self {
        Self { zone, known: 0..0, offset: 0 }
    }

    /// Returns the wall clock time of a point in time; both in microseconds.
    pub(crate) fn of(&mut self, micros: i64) -> i64 {
        if !self.known.contains(&micros) {
            let start = micros.div_euclid(Self::STEP).saturating_mul(Self::STEP);
            let last = start.saturating_add(Self::STEP - 1);
            self.offset = local(start, self.zone).wrapping_sub(start);
            self.known = start..last;
            if local(last, self.zone).wrapping_sub(last) != self.offset {
                self.known = 0..0;
                return local(micros, self.zone);
            }
        }
        micros.saturating_add(self.offset)
    }
}

/// Returns the point in time of a wall clock time; both in microseconds.
///
/// A time that the clock shows twice is the earlier one; one that it skips is moved on by the
/// length of the gap, as Java's `ZonedDateTime.ofLocal` does.
pub(crate) fn instant(micros: i64, zone: Tz) -> i64 {
    if zone == Tz::UTC {
        return micros;
    }
    let Some(time) = naive(micros) else { return micros };
    let offset = match zone.offset_from_local_datetime(&time) {
        LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => offset,
        LocalResult::None => {
            let before = naive(micros - DAY).unwrap_or(time);
            zone.offset_from_utc_datetime(&before)
        }
    };
    micros.saturating_sub(i64::from(offset.fix().local_minus_utc()) * SECOND)
}

fn naive(micros: i64) -> Option<NaiveDateTime> {
    chrono::DateTime::from_timestamp_micros(micros).map(|time| time.naive_utc())
}

/// Returns the name of a zone.
pub(crate) fn zone_name(zone: Tz) -> &'static str {
    zone.name()
}
