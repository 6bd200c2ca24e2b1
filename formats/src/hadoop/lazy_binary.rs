//! Values as `LazyBinarySerDe` writes them.
//!
//! Source: Hive `LazyBinarySerDe.serialize`, `LazyBinaryUtils`, `TimestampWritable`. A row or struct
//! is a byte of eight bits, one a field, that are set for fields that are not NULL, then these fields;
//! and so on for the next eight.

use chrono_tz::Tz;

use crate::calendar::{Calendar, ZoneRules, instant_to_wall};
use crate::cursor::Cursor;
use crate::rows::{Column, Data};
use crate::table::{Descriptor, HiveVersion, ReadRequest, push_fitted};
use crate::text::calendar_of;
use crate::types::HiveType;
use crate::{FormatError, Result};

/// What an empty text is in a column of RCFile, where no bytes are NULL.
///
/// Source: Hive `LazyBinarySerDe.INVALID_UTF__SINGLE_BYTE`.
const EMPTY_TEXT: &[u8] = &[0xbf];

/// Reads binary values.
#[derive(Debug)]
pub(super) struct LazyBinary {
    calendar: Calendar,
    /// The writer's zone, if timestamps are points in time.
    zone: Option<Tz>,
    scratch: String,
}

impl LazyBinary {
    pub(super) fn new(descriptor: &Descriptor, request: &ReadRequest) -> Result<Self> {
        let version = request.version(descriptor)?;
        // The format says nothing of its writer: Hive 2 had points in time and the old calendar.
        let zone = (version == Some(HiveVersion::V2)).then_some(request.options.zone);
        Ok(Self { calendar: calendar_of(version), zone, scratch: String::new() })
    }

    /// Appends the fields of a row to the columns; those that it lacks are left to the caller.
    pub(super) fn row(
        &mut self,
        row: &[u8],
        types: &[HiveType],
        targets: &[Option<usize>],
        columns: &mut [Column],
    ) -> Result<()> {
        let mut cursor = Cursor::new(row);
        let mut present = 0;
        for (i, (ty, target)) in types.iter().zip(targets).enumerate() {
            if i % 8 == 0 {
                if cursor.rest.is_empty() {
                    return Ok(());
                }
                present = cursor.byte()?;
            }
            let there = present & (1 << (i % 8)) != 0;
            let column = target.and_then(|target| columns.get_mut(target));
            match column {
                Some(column) if there => self.value(&mut cursor, column)?,
                Some(column) => column.push_null(),
                None if there => skip(&mut cursor, ty)?,
                None => {}
            }
        }
        Ok(())
    }

    /// Appends a value that lies alone in a cell of a column: without a length before it.
    pub(super) fn cell(&mut self, cell: &[u8], column: &mut Column) -> Result<()> {
        if cell.is_empty() {
            column.push_null();
            return Ok(());
        }
        match column.ty() {
            HiveType::String | HiveType::Varchar(_) | HiveType::Char(_) => {
                let text = if cell == EMPTY_TEXT { &[] } else { cell };
                self.text(text, column);
                Ok(())
            }
            HiveType::Binary => {
                if let Data::Binary(out) = &mut column.data {
                    out.push(cell);
                    column.valid();
                }
                Ok(())
            }
            ty if ty.is_primitive() => self.value(&mut Cursor::new(cell), column),
            _ => self.nested(&mut Cursor::new(cell), column),
        }
    }

    fn text(&mut self, text: &[u8], column: &mut Column) {
        let (length, fill) = match column.ty() {
            HiveType::Varchar(n) => (Some(*n as usize), false),
            HiveType::Char(n) => (Some(*n as usize), true),
            _ => (None, false),
        };
        let Data::Text(out) = &mut column.data else { return };
        match (std::str::from_utf8(text), length) {
            (Ok(_), None) => out.bytes.extend_from_slice(text),
            (_, length) => {
                let text = String::from_utf8_lossy(text);
                self.scratch.clear();
                push_fitted(&text, length.unwrap_or(usize::MAX), fill, &mut self.scratch);
                out.bytes.extend_from_slice(self.scratch.as_bytes());
            }
        }
        out.end_value();
        column.valid();
    }

    /// Appends a value that is not NULL.
    fn value(&mut self, cursor: &mut Cursor<'_>, column: &mut Column) -> Result<()> {
        let scales = match column.ty() {
            HiveType::Decimal { precision, scale } => Some((*precision, *scale)),
            _ => None,
        };
        let local = matches!(column.ty(), HiveType::TimestampLocalTz);
        match &mut column.data {
            Data::Bool(v) => v.append(cursor.byte()? != 0),
            Data::I8(v) => v.push(cursor.byte()?.cast_signed()),
            Data::I16(v) => v.push(i16::from_be_bytes(cursor.array()?)),
            Data::I32(v) => v.push(cursor.vint()?),
            Data::I64(v) => v.push(cursor.vlong()?),
            Data::F32(v) => v.push(f32::from_be_bytes(cursor.array()?)),
            Data::F64(v) => v.push(f64::from_be_bytes(cursor.array()?)),
            Data::Date(v) => v.push(self.calendar.to_proleptic(cursor.vint()?)),
            Data::Months(v) => v.push(cursor.vint()?),
            Data::Interval(v) => v.push((cursor.vlong()?, cursor.vint()?)),
            Data::Timestamp(v) => {
                let micros = timestamp(cursor)?;
                v.push(match self.zone {
                    _ if local => micros,
                    Some(zone) => {
                        let wall = instant_to_wall(micros, zone, ZoneRules::Legacy);
                        self.calendar.micros_to_proleptic(wall)
                    }
                    None => micros,
                });
            }
            Data::Decimal(v) => {
                let (precision, wanted) = scales.unwrap_or((38, 0));
                let scale = cursor.vint()?;
                let length = cursor.length()?;
                match decimal(cursor.bytes(length)?, scale, precision, wanted) {
                    Some(value) => v.push(value),
                    None => {
                        column.push_null();
                        return Ok(());
                    }
                }
            }
            Data::Text(_) => {
                let length = cursor.length()?;
                self.text(cursor.bytes(length)?, column);
                return Ok(());
            }
            Data::Binary(out) => {
                let length = cursor.length()?;
                out.push(cursor.bytes(length)?);
            }
            Data::Void(rows) => *rows += 1,
            Data::List(..) | Data::Map(..) | Data::Struct(..) | Data::Union(..) => {
                let length = usize::try_from(cursor.i32()?)
                    .map_err(|_| FormatError::data("a length is negative"))?;
                let mut inner = Cursor::new(cursor.bytes(length)?);
                return self.nested(&mut inner, column);
            }
        }
        column.valid();
        Ok(())
    }

    /// Appends a list, map, struct or union without its length.
    fn nested(&mut self, cursor: &mut Cursor<'_>, column: &mut Column) -> Result<()> {
        if let HiveType::Union(_) = column.ty() {
            let tag = usize::from(cursor.byte()?);
            return column.push_union(tag, |member| {
                if cursor.rest.is_empty() {
                    member.push_null();
                    return Ok(());
                }
                self.value(cursor, member)
            });
        }
        match &mut column.data {
            Data::List(_, items) => {
                let count = count(cursor, 1)?;
                let present = cursor.bytes(count.div_ceil(8))?;
                for i in 0..count {
                    if bit(present, i) {
                        self.value(cursor, items)?;
                    } else {
                        items.push_null();
                    }
                }
            }
            Data::Map(_, pair) => {
                let count = count(cursor, 2)?;
                let present = cursor.bytes((count * 2).div_ceil(8))?;
                for i in 0..count {
                    let row = pair.0.len();
                    if bit(present, i * 2) {
                        self.value(cursor, &mut pair.0)?;
                    }
                    let there = bit(present, i * 2 + 1);
                    if there {
                        self.value(cursor, &mut pair.1)?;
                    } else {
                        pair.1.push_null();
                    }
                    // A key that is NULL has no place in a map.
                    if pair.0.len() == row || pair.0.is_null(row) {
                        pair.0.truncate(row);
                        pair.1.truncate(row);
                    }
                }
            }
            Data::Struct(_, fields) => {
                let mut present = 0;
                for (i, field) in fields.iter_mut().enumerate() {
                    if i % 8 == 0 {
                        if cursor.rest.is_empty() {
                            break;
                        }
                        present = cursor.byte()?;
                    }
                    if present & (1 << (i % 8)) != 0 {
                        self.value(cursor, field)?;
                    } else {
                        field.push_null();
                    }
                }
            }
            _ => return Err(FormatError::internal("column is not nested")),
        }
        column.end_nested();
        Ok(())
    }
}

/// Takes the number of entries, of which each has at least so many bits.
fn count(cursor: &mut Cursor<'_>, bits: usize) -> Result<usize> {
    let count = cursor.length()?;
    if count.saturating_mul(bits).div_ceil(8) > cursor.rest.len() {
        return Err(FormatError::data("a list has more entries than bytes").with("entries", count));
    }
    Ok(count)
}

fn bit(bytes: &[u8], at: usize) -> bool {
    bytes.get(at / 8).is_some_and(|byte| byte & (1 << (at % 8)) != 0)
}

/// Takes a timestamp; gives microseconds.
///
/// Four bytes hold 31 bits of the seconds and a bit that says that a number follows: the fraction
/// with its digits in reverse, and negative if more bits of the seconds follow it.
fn timestamp(cursor: &mut Cursor<'_>) -> Result<i64> {
    let first = cursor.i32()?;
    let mut seconds = i64::from(first & i32::MAX);
    let mut nanos = 0i64;
    if first < 0 {
        let mut reversed = cursor.vint()?;
        if reversed < 0 {
            reversed = -(reversed + 1);
            let high = cursor.vlong()?;
            seconds |= high.checked_shl(31).unwrap_or(0);
        }
        let mut digits = 0;
        while reversed > 0 {
            nanos = nanos * 10 + i64::from(reversed % 10);
            reversed /= 10;
            digits += 1;
        }
        nanos *= 10i64.pow(9u32.saturating_sub(digits));
    }
    seconds
        .checked_mul(1_000_000)
        .and_then(|micros| micros.checked_add(nanos / 1000))
        .ok_or_else(|| FormatError::data("a timestamp is out of range").with("seconds", seconds))
}

/// Brings a big-endian number to a scale, rounding half up; `None` if it has too many digits.
pub(crate) fn decimal(bytes: &[u8], scale: i32, precision: u8, wanted: u8) -> Option<i128> {
    let negative = bytes.first().is_some_and(|b| *b >= 0x80);
    let fill = if negative { 0xff } else { 0 };
    let skip = bytes.iter().take_while(|b| **b == fill).count();
    let significant = &bytes[skip..];
    if significant.len() > 16 {
        return None;
    }
    let mut all = [fill; 16];
    all[16 - significant.len()..].copy_from_slice(significant);
    let mut value = i128::from_be_bytes(all);
    if (value < 0) != negative {
        return None;
    }
    let shift = i32::from(wanted) - scale;
    if shift >= 0 {
        if value != 0 {
            value = value.checked_mul(10i128.checked_pow(shift.cast_unsigned())?)?;
        }
    } else {
        let factor = 10i128.checked_pow(shift.unsigned_abs());
        value = match factor {
            Some(factor) => {
                let (whole, rest) = (value / factor, value % factor);
                whole + if rest.abs() >= factor - rest.abs() { value.signum() } else { 0 }
            }
            None => 0,
        };
    }
    let limit = 10i128.checked_pow(u32::from(precision))?;
    (-limit < value && value < limit).then_some(value)
}

/// Passes over a value that is not NULL.
fn skip(cursor: &mut Cursor<'_>, ty: &HiveType) -> Result<()> {
    let length = match ty {
        HiveType::Void => 0,
        HiveType::Boolean | HiveType::TinyInt => 1,
        HiveType::SmallInt => 2,
        HiveType::Float => 4,
        HiveType::Double => 8,
        HiveType::Int | HiveType::BigInt | HiveType::Date | HiveType::IntervalYearMonth => {
            cursor.vlong()?;
            0
        }
        HiveType::IntervalDayTime => {
            cursor.vlong()?;
            cursor.vlong()?;
            0
        }
        HiveType::Timestamp | HiveType::TimestampLocalTz => {
            timestamp(cursor)?;
            0
        }
        HiveType::Decimal { .. } => {
            cursor.vint()?;
            cursor.length()?
        }
        HiveType::String | HiveType::Varchar(_) | HiveType::Char(_) | HiveType::Binary => {
            cursor.length()?
        }
        HiveType::Array(_) | HiveType::Map(..) | HiveType::Struct(_) | HiveType::Union(_) => {
            usize::try_from(cursor.i32()?).map_err(|_| FormatError::data("a length is negative"))?
        }
    };
    cursor.bytes(length)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_take_the_columns_scale() {
        assert_eq!(decimal(&[0x30, 0x39], 2, 10, 4), Some(1_234_500));
        assert_eq!(decimal(&[0x30, 0x39], 2, 10, 1), Some(1235));
        assert_eq!(decimal(&[0xff, 0x85], 2, 10, 1), Some(-12));
        assert_eq!(decimal(&[0x30, 0x39], 0, 4, 0), None);
        assert_eq!(decimal(&[0xff; 40], 0, 4, 0), Some(-1));
        assert_eq!(decimal(&[1; 17], 0, 38, 0), None);
    }

    #[test]
    fn timestamps_reach_far() {
        // 1 s and 0.5 s; the year 0001 needs more than 31 bits of seconds.
        assert_eq!(timestamp(&mut Cursor::new(&[0x80, 0, 0, 1, 5])).unwrap(), 1_500_000);
        let seconds: i64 = -62_135_596_800;
        let low = (seconds & i64::from(i32::MAX)) as i32;
        let mut bytes = (low | i32::MIN).to_be_bytes().to_vec();
        bytes.push(0xff);
        bytes.push((seconds >> 31) as u8);
        assert_eq!(timestamp(&mut Cursor::new(&bytes)).unwrap(), seconds * 1_000_000);
    }
}
