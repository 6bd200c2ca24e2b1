//! From batches to the arrays of one leaf column, brought to one form.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, RecordBatch, TimestampMicrosecondArray,
};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

use super::schema::{Kind, Leaf, Step};
use crate::{FormatError, Result};

/// The way from one batch down to a leaf, with the leaf's array.
pub(super) struct Branch {
    /// Rows of the batch.
    pub(super) rows: usize,
    /// What lies above the leaf, from the top down.
    pub(super) nodes: Vec<Node>,
    pub(super) leaf: ArrayRef,
}

/// Says which rows of an inner array each row of an outer one has.
pub(super) enum Node {
    Struct(Option<NullBuffer>),
    List(Option<NullBuffer>, arrow::buffer::OffsetBuffer<i32>),
}

/// Walks down to a leaf and brings its array to the form that the leaf's kind is written from.
///
/// # Errors
/// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the batch has other types than the schema.
pub(super) fn branch(batch: &RecordBatch, leaf: &Leaf, zone: Tz) -> Result<Branch> {
    let mut array: &dyn Array = batch.column(leaf.column).as_ref();
    let mut nodes = Vec::with_capacity(leaf.path.len());
    let mut found: Option<&ArrayRef> = Some(batch.column(leaf.column));
    for step in &leaf.path {
        found = None;
        let nulls = array.nulls().filter(|n| n.null_count() > 0).cloned();
        let (node, inner) = match step {
            Step::Field(i) => {
                let array = array.as_struct_opt();
                (Node::Struct(nulls), array.and_then(|a| a.columns().get(*i)))
            }
            Step::Element => {
                let Some(array) = array.as_list_opt::<i32>() else { break };
                (Node::List(nulls, array.offsets().clone()), Some(array.values()))
            }
            Step::Key | Step::Value => {
                let Some(array) = array.as_map_opt() else { break };
                let inner = if *step == Step::Key { array.keys() } else { array.values() };
                (Node::List(nulls, array.offsets().clone()), Some(inner))
            }
        };
        let Some(inner) = inner else { break };
        nodes.push(node);
        array = inner.as_ref();
        found = Some(inner);
    }
    let wrong = |ty: &DataType| {
        FormatError::schema("batch has another type than the file's schema")
            .with("column", &leaf.name)
            .with("type", ty)
    };
    let found = found.ok_or_else(|| wrong(batch.column(leaf.column).data_type()))?;
    let leaf =
        normal(found, leaf.kind, zone).ok_or_else(|| wrong(found.data_type()))?.map_err(|e| {
            FormatError::data("cannot convert column").with("column", &leaf.name).with_source(e)
        })?;
    Ok(Branch { rows: batch.num_rows(), nodes, leaf })
}

/// Brings an array to the form its kind is written from; nothing if the kind does not fit.
fn normal(
    array: &ArrayRef,
    kind: Kind,
    zone: Tz,
) -> Option<Result<ArrayRef, arrow::error::ArrowError>> {
    let same = || Some(Ok(Arc::clone(array)));
    match (kind, array.data_type()) {
        (Kind::Boolean, DataType::Boolean)
        | (Kind::Int8, DataType::Int8)
        | (Kind::Int16, DataType::Int16)
        | (Kind::Int32, DataType::Int32)
        | (Kind::Date, DataType::Date32)
        | (Kind::Int64, DataType::Int64)
        | (Kind::Float, DataType::Float32)
        | (Kind::Double, DataType::Float64)
        | (Kind::Text { .. }, DataType::Utf8)
        | (Kind::Binary, DataType::Binary) => same(),
        (Kind::Decimal { scale, .. }, DataType::Decimal128(_, s)) if *s == scale => same(),
        (Kind::Text { .. }, DataType::LargeUtf8 | DataType::Utf8View) => {
            Some(cast(array, &DataType::Utf8))
        }
        (Kind::Text { .. }, DataType::Dictionary(_, v))
            if matches!(**v, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) =>
        {
            Some(cast(array, &DataType::Utf8))
        }
        (Kind::Binary, DataType::LargeBinary | DataType::BinaryView) => {
            Some(cast(array, &DataType::Binary))
        }
        (Kind::Micros { .. }, DataType::Timestamp(..)) => Some(Ok(micros(array))),
        (Kind::Millis { .. }, DataType::Timestamp(..)) => {
            let array = micros(array);
            let array = array.as_primitive_opt::<TimestampMicrosecondType>()?;
            let millis: TimestampMicrosecondArray = array.unary(|v| v.div_euclid(1000));
            Some(Ok(Arc::new(millis)))
        }
        (Kind::Int96 { local }, DataType::Timestamp(..)) => {
            let array = micros(array);
            Some(Ok(if local && zone != Tz::UTC { from_zone(&array, zone)? } else { array }))
        }
        _ => None,
    }
}

/// Brings a timestamp of any unit to microseconds, rounding down, and takes its zone away.
fn micros(array: &ArrayRef) -> ArrayRef {
    fn map<T: ArrowPrimitiveType<Native = i64>>(
        array: &ArrayRef,
        to_micros: impl Fn(i64) -> i64,
    ) -> Option<ArrayRef> {
        let array = array.as_primitive_opt::<T>()?;
        Some(Arc::new(array.unary::<_, TimestampMicrosecondType>(to_micros)))
    }
    let mapped = match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => {
            map::<TimestampSecondType>(array, |v| v.saturating_mul(1_000_000))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            map::<TimestampMillisecondType>(array, |v| v.saturating_mul(1000))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            map::<TimestampNanosecondType>(array, |v| v.div_euclid(1000))
        }
        _ => None,
    };
    mapped.unwrap_or_else(|| Arc::clone(array))
}

/// Takes wall clock times of a zone to the points in time when they were shown there.
fn from_zone(array: &ArrayRef, zone: Tz) -> Option<ArrayRef> {
    let array = array.as_primitive_opt::<TimestampMicrosecondType>()?;
    let mut clock = Clock { zone, hour: i64::MIN, shift: None };
    let shifted: Vec<i64> = array.values().iter().map(|v| clock.utc_of(*v)).collect();
    Some(Arc::new(TimestampMicrosecondArray::new(shifted.into(), array.nulls().cloned())))
}

const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// Converts wall clock times; the offset of the last hour is kept, as times come in order mostly.
struct Clock {
    zone: Tz,
    hour: i64,
    /// What to subtract all through that hour, unless the offset changes within.
    shift: Option<i64>,
}

impl Clock {
    fn utc_of(&mut self, local: i64) -> i64 {
        let hour = local.div_euclid(MICROS_PER_HOUR);
        if hour != self.hour {
            let first = hour.saturating_mul(MICROS_PER_HOUR);
            let last = first.saturating_add(MICROS_PER_HOUR - 1);
            let (a, b) = (offset(self.zone, first), offset(self.zone, last));
            (self.hour, self.shift) = (hour, (a == b).then_some(a));
        }
        local.saturating_sub(self.shift.unwrap_or_else(|| offset(self.zone, local)))
    }
}

/// Returns the zone's offset from UTC at a wall clock time, in microseconds.
///
/// Of a time shown twice the first counts, and a time left out is one hour (or what the gap is)
/// later, as in Java's `ZonedDateTime.ofLocal`.
fn offset(zone: Tz, local: i64) -> i64 {
    let Some(naive) = DateTime::from_timestamp_micros(local) else { return 0 };
    let naive = naive.naive_utc();
    let seconds = |naive: &NaiveDateTime| match zone.offset_from_local_datetime(naive) {
        LocalResult::Single(o) | LocalResult::Ambiguous(o, _) => Some(o.fix().local_minus_utc()),
        LocalResult::None => None,
    };
    // A gap is a day long at most; an offset before it holds right up to it.
    let before = |hours: i64| naive.checked_sub_signed(TimeDelta::hours(hours));
    let found = seconds(&naive).or_else(|| (1..=25).find_map(|h| seconds(&before(h)?)));
    i64::from(found.unwrap_or(0)) * 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros_of(text: &str) -> i64 {
        text.parse::<NaiveDateTime>().unwrap().and_utc().timestamp_micros()
    }

    #[test]
    fn wall_clock_to_utc_as_java_does() {
        for (zone, local, utc) in [
            (Tz::Asia__Shanghai, "2026-01-01T03:04:05.000001", "2025-12-31T19:04:05.000001"),
            (Tz::America__Los_Angeles, "2021-03-14T01:59:59", "2021-03-14T09:59:59"),
            (Tz::America__Los_Angeles, "2021-03-14T02:30:00", "2021-03-14T10:30:00"),
            (Tz::America__Los_Angeles, "2021-03-14T03:00:00", "2021-03-14T10:00:00"),
            (Tz::America__Los_Angeles, "2021-11-07T01:30:00", "2021-11-07T08:30:00"),
            (Tz::Australia__Lord_Howe, "2021-10-03T02:15:00", "2021-10-02T15:45:00"),
            (Tz::Australia__Lord_Howe, "2021-10-03T02:45:00", "2021-10-02T15:45:00"),
            (Tz::Pacific__Apia, "2011-12-30T12:00:00", "2011-12-30T22:00:00"),
            (Tz::Asia__Shanghai, "0001-01-01T00:00:00", "0000-12-31T15:54:17"),
        ] {
            let mut clock = Clock { zone, hour: i64::MIN, shift: None };
            let expected = micros_of(utc);
            assert_eq!(clock.utc_of(micros_of(local)), expected, "{zone} {local}");
            assert_eq!(clock.utc_of(micros_of(local)), expected, "{zone} {local} again");
        }
    }

    #[test]
    fn far_times_do_not_overflow() {
        let mut clock = Clock { zone: Tz::Asia__Shanghai, hour: 0, shift: Some(0) };
        assert_eq!(clock.utc_of(i64::MAX), i64::MAX);
        assert_eq!(clock.utc_of(i64::MIN), i64::MIN);
    }
}
