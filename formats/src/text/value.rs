//! Text to primitive values, as Hive's lazy objects read it: what is no value of the type is NULL.

use std::cell::Cell;

use arrow::array::NullBufferBuilder;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chrono_tz::Tz;

use super::cuts::Piece;
use super::number::{decimal, double, integer, single};
use super::time::{self, LastDay, TimeFormat};
use crate::Result;
use crate::rows::{Column, Data};
use crate::table::{Descriptor, HiveVersion, ReadRequest};
use crate::types::HiveType;

/// Base64 as Java's basic decoder takes it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Says how text becomes values.
#[derive(Clone, Debug)]
pub(crate) struct ValueRules {
    pub(crate) version: Option<HiveVersion>,
    pub(crate) zone: Tz,
    /// `hive.lazysimple.extended_boolean_literal`: also `t`, `f`, `1`, `0`, `yes`, `no`.
    pub(crate) extended_boolean: bool,
    pub(crate) timestamp_formats: Vec<TimeFormat>,
    /// The day that was read last, since many rows have the same.
    day: Cell<LastDay>,
}

impl ValueRules {
    pub(crate) fn new(descriptor: &Descriptor, request: &ReadRequest) -> Result<Self> {
        let formats = descriptor.property("timestamp.formats").unwrap_or_default();
        Ok(Self {
            version: request.version(descriptor)?,
            zone: request.options.zone,
            extended_boolean: descriptor.is_set("hive.lazysimple.extended_boolean_literal"),
            timestamp_formats: TimeFormat::parse_list(formats)?,
            day: Cell::default(),
        })
    }

    /// Appends the value that text stands for, or NULL; nested types get NULL.
    #[inline]
    pub(crate) fn push(&self, column: &mut Column, text: &[u8]) {
        self.push_all(column, std::iter::once(Some(Piece::of(text))), false);
    }

    /// Appends the values that pieces of text stand for, or NULL; nested types get NULL.
    ///
    /// `utf8` says that all of them are known to be UTF-8.
    ///
    /// Source: Hive `LazyInteger`, `LazyDouble`, `LazyHiveDecimal`, `LazyBinary` and the others.
    #[inline]
    pub(crate) fn push_all<'a>(
        &self,
        column: &mut Column,
        pieces: impl Iterator<Item = Option<Piece<'a>>>,
        utf8: bool,
    ) {
        let (ty, data, nulls) = column.parts();
        match data {
            Data::Bool(values) => {
                each(nulls, pieces, |piece| {
                    let value = piece.and_then(|piece| self.boolean(piece.text()));
                    values.append(value.unwrap_or(false));
                    value.is_some()
                });
            }
            Data::I8(v) => put(v, nulls, pieces, |p| integer(p).and_then(|n| i8::try_from(n).ok())),
            Data::I16(v) => {
                put(v, nulls, pieces, |p| integer(p).and_then(|n| i16::try_from(n).ok()));
            }
            Data::I32(v) => {
                put(v, nulls, pieces, |p| integer(p).and_then(|n| i32::try_from(n).ok()));
            }
            Data::I64(v) => put(v, nulls, pieces, integer),
            Data::F32(v) => put(v, nulls, pieces, single),
            Data::F64(v) => put(v, nulls, pieces, double),
            Data::Decimal(v) => {
                let HiveType::Decimal { precision, scale } = *ty else { return };
                let trims = !matches!(self.version, Some(HiveVersion::V2 | HiveVersion::V3));
                put(v, nulls, pieces, |piece| {
                    let piece = if trims { piece.trimmed() } else { piece };
                    decimal(piece, precision, scale)
                });
            }
            Data::Date(v) => put(v, nulls, pieces, |p| time::date(p.text(), self.version)),
            Data::Timestamp(v) if matches!(ty, HiveType::TimestampLocalTz) => {
                put(v, nulls, pieces, |p| time::instant(p.text(), self.zone));
            }
            Data::Timestamp(v) => put(v, nulls, pieces, |p| self.timestamp(p.text())),
            Data::Text(out) => {
                let (length, padded) = match *ty {
                    HiveType::Varchar(n) => (Some(n as usize), false),
                    HiveType::Char(n) => (Some(n as usize), true),
                    _ => (None, false),
                };
                each(nulls, pieces, |piece| {
                    if let Some(piece) = piece {
                        if utf8 && length.is_none() {
                            piece.copy(&mut out.bytes);
                        } else {
                            push_text(&mut out.bytes, piece.text(), length, padded);
                        }
                    }
                    out.end_value();
                    piece.is_some()
                });
            }
            Data::Binary(out) => {
                each(nulls, pieces, |piece| {
                    if let Some(piece) = piece {
                        self.binary(piece.text(), &mut out.bytes);
                    }
                    out.end_value();
                    piece.is_some()
                });
            }
            _ => pieces.for_each(|_| column.push_null()),
        }
    }

    fn boolean(&self, text: &[u8]) -> Option<bool> {
        if text.eq_ignore_ascii_case(b"true") {
            return Some(true);
        }
        if text.eq_ignore_ascii_case(b"false") {
            return Some(false);
        }
        if !self.extended_boolean {
            return None;
        }
        match text {
            b"t" | b"T" | b"1" => Some(true),
            b"f" | b"F" | b"0" => Some(false),
            _ if text.eq_ignore_ascii_case(b"yes") => Some(true),
            _ if text.eq_ignore_ascii_case(b"no") => Some(false),
            _ => None,
        }
    }

    fn timestamp(&self, text: &[u8]) -> Option<i64> {
        let by_format = self.timestamp_formats.iter().find_map(|format| format.read(text));
        by_format
            .or_else(|| {
                let mut day = self.day.get();
                let read = time::plain_timestamp(text, &mut day);
                self.day.set(day);
                read
            })
            .or_else(|| time::any_timestamp(text, self.version))
    }

    /// Appends bytes that may be in base64; other bytes are taken as they are.
    pub(crate) fn binary(&self, text: &[u8], out: &mut Vec<u8>) {
        let begin = out.len();
        if matches!(self.version, Some(HiveVersion::V2 | HiveVersion::V3)) {
            loose_base64(text, out);
        } else if BASE64.decode_vec(text, out).is_err() {
            out.truncate(begin);
        }
        if out.len() == begin {
            out.extend_from_slice(text);
        }
    }
}

/// Appends a value for each piece; a null where there is none.
#[inline]
fn put<'a, T: Default>(
    values: &mut Vec<T>,
    nulls: &mut NullBufferBuilder,
    pieces: impl Iterator<Item = Option<Piece<'a>>>,
    read: impl Fn(Piece<'a>) -> Option<T>,
) {
    each(nulls, pieces, |piece| {
        let value = piece.and_then(&read);
        let valid = value.is_some();
        values.push(value.unwrap_or_default());
        valid
    });
}

/// Counts values and nulls, as `push` says that it appended them.
#[inline]
fn each<'a>(
    nulls: &mut NullBufferBuilder,
    pieces: impl Iterator<Item = Option<Piece<'a>>>,
    mut push: impl FnMut(Option<Piece<'a>>) -> bool,
) {
    let mut valid = 0;
    for piece in pieces {
        if push(piece) {
            valid += 1;
        } else {
            nulls.append_n_non_nulls(std::mem::take(&mut valid));
            nulls.append_null();
        }
    }
    nulls.append_n_non_nulls(valid);
}

/// Appends what text in anything like base64 stands for.
///
/// Source: `Base64.isArrayByteBase64` and `decodeBase64` of Apache commons-codec.
fn loose_base64(text: &[u8], out: &mut Vec<u8>) {
    let digit = |c: u8| {
        Some(u32::from(match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        }))
    };
    let space = |c: u8| matches!(c, b' ' | b'\n' | b'\r' | b'\t');
    if !text.iter().all(|c| digit(*c).is_some() || *c == b'=' || space(*c)) {
        return;
    }
    let (mut word, mut bits) = (0u32, 0);
    for digit in text.iter().take_while(|c| **c != b'=').filter_map(|c| digit(*c)) {
        word = (word << 6) | digit;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits) as u8);
        }
    }
}

/// Appends text that is valid UTF-8 afterwards, cut and filled to a length in characters.
#[inline]
pub(crate) fn push_text(out: &mut Vec<u8>, text: &[u8], length: Option<usize>, padded: bool) {
    // Most text is short and plain.
    if text.is_ascii() {
        let end = length.unwrap_or(text.len()).min(text.len());
        out.extend_from_slice(&text[..end]);
        if padded && let Some(length) = length {
            out.resize(out.len() + length - end, b' ');
        }
        return;
    }
    let valid = simdutf8::basic::from_utf8(text);
    match (valid, length) {
        (Ok(_), None) => out.extend_from_slice(text),
        (Ok(text), Some(length)) => push_length(out, text, length, padded),
        (Err(_), None) => out.extend_from_slice(String::from_utf8_lossy(text).as_bytes()),
        (Err(_), Some(length)) => {
            push_length(out, &String::from_utf8_lossy(text), length, padded);
        }
    }
}

fn push_length(out: &mut Vec<u8>, text: &str, length: usize, padded: bool) {
    let mut fitted = String::new();
    crate::table::push_fitted(text, length, padded, &mut fitted);
    out.extend_from_slice(fitted.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_is_base64_if_it_looks_like_it() {
        let read = |text: &str, version| {
            let rules = ValueRules {
                version,
                zone: Tz::UTC,
                extended_boolean: false,
                timestamp_formats: Vec::new(),
                day: Cell::default(),
            };
            let mut out = Vec::new();
            rules.binary(text.as_bytes(), &mut out);
            out
        };
        assert_eq!(read("YQ==", None), b"a");
        assert_eq!(read("AQI", None), [1, 2]);
        assert_eq!(read("99999", None), b"99999");
        assert_eq!(read("99999", Some(HiveVersion::V3)), [0xf7, 0xdf, 0x7d]);
        assert_eq!(read("-1", Some(HiveVersion::V2)), [0xfb]);
        assert_eq!(read("1.9", Some(HiveVersion::V2)), b"1.9");
    }
}
