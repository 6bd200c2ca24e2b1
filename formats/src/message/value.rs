//! One JSON value into one column.
//!
//! The usual form of each type is read where it stands; all else (NULL, quoted numbers, exponents,
//! nested types, errors) goes through the general path below.
//!
//! Source: Flink's `JsonParserToRowDataConverters`. Stricter on purpose, so that nothing is lost
//! in silence: a fraction in an integer column, a number outside the type's range and a word other
//! than `true` or `false` in a boolean column are errors there and here become a bad record.

use std::num::NonZeroUsize;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::column::{Column, Data};
use super::number::{self, Number};
use super::reason::{Fail, Parsed, Reason};
use super::scan::{
    FALSE, FIVE, NULL, Scan, TRUE, at, is_utf8, load8, number_end, slice, string_stop,
};
use super::time::{self, HourCache};

/// Base64 as Java's decoders take it: with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the columns of a batch share while they grow.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) scan: Scan,
    pub(super) hour: HourCache,
    /// True if an ill-typed value becomes NULL.
    pub(super) lenient: bool,
    pub(super) fail_on_missing: bool,
    /// True if a value that is not in the usual form of its type makes the record bad.
    pub(super) usual_only: bool,
    pub(super) nulled: u64,
    /// The column to blame for the failure just reported, if one is.
    pub(super) blamed: Option<usize>,
}

/// Where a value belongs: the row it makes, and the containers around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) row: usize,
    pub(super) depth: usize,
}

impl Column {
    /// Appends a value in the usual form of its type; gives the position after it.
    ///
    /// Declines all else and changes nothing then.
    #[inline(always)]
    pub(super) fn json_quick(
        &mut self,
        hour: &mut HourCache,
        block: &[u8],
        pos: usize,
    ) -> Option<NonZeroUsize> {
        let end = match &mut self.data {
            Data::Text(text) if at(block, pos) == b'"' => {
                let (stop, high) = string_stop(block, pos + 1);
                if at(block, stop) != b'"' || (high && !is_utf8(slice(block, pos + 1, stop))) {
                    return None;
                }
                text.push(block, pos + 1, stop).ok()?;
                stop + 1
            }
            Data::F64(values) => {
                let number = number::short(block, pos)?;
                values.push(number.to_f64()?);
                number.end
            }
            Data::I64(values) => {
                let number = number::short(block, pos)?;
                values.push(number.to_i64()?);
                number.end
            }
            Data::I32(values) => {
                let number = number::short(block, pos)?;
                values.push(i32::try_from(number.to_i64()?).ok()?);
                number.end
            }
            Data::I16(values) => {
                let number = number::short(block, pos)?;
                values.push(i16::try_from(number.to_i64()?).ok()?);
                number.end
            }
            Data::I8(values) => {
                let number = number::short(block, pos)?;
                values.push(i8::try_from(number.to_i64()?).ok()?);
                number.end
            }
            Data::F32(values) => {
                let number = number::short(block, pos)?;
                values.push(number.to_f32()?);
                number.end
            }
            Data::Date(values) if at(block, pos) == b'"' => {
                let (value, end) = time::short_date(block, pos + 1)?;
                if at(block, end) != b'"' {
                    return None;
                }
                values.push(value);
                end + 1
            }
            Data::Bool(values) => {
                let word = load8(block, pos);
                let truth = word as u32 == TRUE;
                if !truth && word & FIVE != FALSE {
                    return None;
                }
                values.push(truth);
                pos + if truth { 4 } else { 5 }
            }
            Data::Timestamp(values, _) if at(block, pos) == b'"' => {
                let (value, end) = time::short(block, pos + 1, hour)?;
                if at(block, end) != b'"' {
                    return None;
                }
                values.push(value);
                end + 1
            }
            Data::Decimal(d) => {
                let quote = usize::from(at(block, pos) == b'"');
                let number = number::short(block, pos + quote)?;
                let value = number.to_scaled(d.scale).filter(|v| v.abs() < d.limit)?;
                if quote == 1 && at(block, number.end) != b'"' {
                    return None;
                }
                d.values.push(value);
                number.end + quote
            }
            _ => return None,
        };
        NonZeroUsize::new(end)
    }

    /// Appends any value; gives the position after it.
    ///
    /// After an error the column may hold part of a row.
    pub(super) fn json(&mut self, shared: &mut Shared, block: &[u8], pos: usize) -> Parsed {
        match self.json_quick(&mut shared.hour, block, pos) {
            Some(end) => Ok(end.get()),
            None => self.json_general(shared, block, pos),
        }
    }

    /// As [`json`](Self::json), but NULL stands for an ill-typed value where that is wanted.
    pub(super) fn json_or_null(
        &mut self,
        shared: &mut Shared,
        block: &[u8],
        pos: usize,
        place: Place,
    ) -> Parsed {
        match self.json(shared, block, pos) {
            Err(fail) if shared.lenient => {
                self.truncate(place.row);
                shared.scan.depth = place.depth;
                self.null_instead(shared, block, pos, fail)
            }
            result => result,
        }
    }

    #[cold]
    fn null_instead(
        &mut self,
        shared: &mut Shared,
        block: &[u8],
        pos: usize,
        fail: Fail,
    ) -> Parsed {
        let end = shared.scan.skip(block, pos)?;
        self.push_null().map_err(|_| fail)?;
        shared.nulled += 1;
        Ok(end)
    }

    /// Reads any form of value.
    #[inline(never)]
    fn json_general(&mut self, shared: &mut Shared, block: &[u8], pos: usize) -> Parsed {
        let first = at(block, pos);
        match (&mut self.data, first) {
            (_, b'n') if load8(block, pos) as u32 == NULL => {
                self.push_null().map_err(|r| r.at(pos))?;
                Ok(pos + 4)
            }
            (Data::List(list), b'[') => list.json(shared, block, pos),
            (Data::Map(map), b'{') => map.json(shared, block, pos),
            (Data::Struct(fields), b'{') => fields.json(shared, block, pos),
            (Data::Text(text), b'{' | b'[') => {
                let end = shared.scan.skip(block, pos)?;
                compact(slice(block, pos, end), &mut shared.scan.scratch);
                text.push_slice(&shared.scan.scratch).map_err(|r| r.at(pos))?;
                Ok(end)
            }
            (Data::Text(text), b't' | b'f' | b'-' | b'0'..=b'9') => {
                let end = shared.scan.skip(block, pos)?;
                text.push(block, pos, end).map_err(|r| r.at(pos))?;
                Ok(end)
            }
            (data, b'"') if shared.usual_only && !matches!(data, Data::Text(_)) => {
                Err(Reason::NotOfType.at(pos))
            }
            (_, b'"') => {
                let end = shared.scan.unescape(block, pos + 1)?;
                self.text(&shared.scan.scratch).map_err(|r| r.at(pos))?;
                Ok(end)
            }
            (data, b'-' | b'0'..=b'9')
                if shared.usual_only && !matches!(data, Data::F32(_) | Data::F64(_)) =>
            {
                Err(Reason::NotOfType.at(pos))
            }
            (data, b'-' | b'0'..=b'9') if data.is_number() => {
                let end = number_end(block, pos)?;
                self.text(slice(block, pos, end)).map_err(|r| r.at(pos))?;
                Ok(end)
            }
            _ => {
                shared.scan.skip(block, pos)?;
                Err(Reason::NotOfType.at(pos))
            }
        }
    }

    /// Appends the value that valid UTF-8 text stands for.
    pub(super) fn text(&mut self, text: &[u8]) -> Result<(), Reason> {
        let number = || Number::parse(text).ok_or(Reason::NotOfType);
        let range = |_| Reason::OutOfRange;
        match &mut self.data {
            Data::Text(t) => t.push_slice(text)?,
            Data::Binary(t) => {
                let bytes = BASE64.decode(text).map_err(|_| Reason::NotBase64)?;
                t.push_slice(&bytes)?;
            }
            Data::Bool(v) => v.push(boolean(text).ok_or(Reason::NotOfType)?),
            Data::I8(v) => v.push(i8::try_from(number()?.to_i64()?).map_err(range)?),
            Data::I16(v) => v.push(i16::try_from(number()?.to_i64()?).map_err(range)?),
            Data::I32(v) => v.push(i32::try_from(number()?.to_i64()?).map_err(range)?),
            Data::I64(v) => v.push(number()?.to_i64()?),
            Data::F32(v) => match number::not_finite(text) {
                Some(value) => v.push(value as f32),
                None => v.push(number()?.to_f32()?),
            },
            Data::F64(v) => match number::not_finite(text) {
                Some(value) => v.push(value),
                None => v.push(number()?.to_f64()?),
            },
            Data::Decimal(d) => d.values.push(number()?.to_decimal(d.scale, d.limit)?),
            Data::Date(v) => v.push(time::date(text).ok_or(Reason::NotOfType)?),
            Data::Timestamp(v, zoned) => v.push(time::timestamp(text, *zoned)?),
            Data::List(_) | Data::Map(_) | Data::Struct(_) => return Err(Reason::NotOfType),
        }
        Ok(())
    }
}

impl Data {
    fn is_number(&self) -> bool {
        matches!(
            self,
            Self::I8(_)
                | Self::I16(_)
                | Self::I32(_)
                | Self::I64(_)
                | Self::F32(_)
                | Self::F64(_)
                | Self::Decimal(_)
        )
    }
}

fn boolean(text: &[u8]) -> Option<bool> {
    let text = text.trim_ascii();
    if text.eq_ignore_ascii_case(b"true") {
        Some(true)
    } else {
        text.eq_ignore_ascii_case(b"false").then_some(false)
    }
}

/// Copies a checked value without the white space between its tokens.
fn compact(value: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let (mut quoted, mut escaped) = (false, false);
    for c in value {
        if quoted || !matches!(c, b' ' | b'\t' | b'\r' | b'\n') {
            out.push(*c);
        }
        quoted ^= *c == b'"' && !escaped;
        escaped = quoted && *c == b'\\' && !escaped;
    }
}
