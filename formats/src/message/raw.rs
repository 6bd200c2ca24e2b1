//! Payloads that are one value: the message's bytes are the column's.

use arrow::datatypes::DataType;
use memchr::memchr;

use super::column::{Column, Data};
use super::options::RawOptions;
use super::reason::{Parsed, Reason};
use super::scan::slice;
use super::value::Shared;
use crate::error::{FormatError, Result};

/// Reads whole messages into the only column.
#[derive(Debug)]
pub(super) struct RawReader {
    little_endian: bool,
}

impl RawReader {
    /// # Errors
    /// [`Schema`](crate::ErrorKind::Schema) unless there is one column of a type with a byte form.
    pub(super) fn new(options: RawOptions, columns: &[Column]) -> Result<Self> {
        let [column] = columns else {
            return Err(FormatError::schema("the format raw needs a table with one column")
                .with("columns", columns.len()));
        };
        let plain = matches!(
            column.field.data_type(),
            DataType::Utf8
                | DataType::Binary
                | DataType::Boolean
                | DataType::Int8
                | DataType::Int16
                | DataType::Int32
                | DataType::Int64
                | DataType::Float32
                | DataType::Float64
        );
        if !plain {
            return Err(FormatError::schema("the format raw has no form of this column's type")
                .with("column", column.field.name())
                .with("type", column.field.data_type()));
        }
        Ok(Self { little_endian: options.little_endian })
    }

    pub(super) fn record(
        &self,
        columns: &mut [Column],
        shared: &mut Shared,
        block: &[u8],
        pos: usize,
    ) -> Parsed {
        let mut end = shared.scan.end;
        if shared.scan.newline != b'\n' {
            end = memchr(b'\n', slice(block, pos, end)).map_or(end, |n| pos + n);
        }
        let Some(column) = columns.first_mut() else { return Ok(end) };
        match self.value(&mut column.data, slice(block, pos, end)) {
            Ok(()) => Ok(end),
            Err(reason) => {
                shared.blamed = Some(0);
                Err(reason.at(pos))
            }
        }
    }

    fn value(&self, data: &mut Data, bytes: &[u8]) -> Result<(), Reason> {
        match data {
            Data::Text(text) => {
                simdutf8::basic::from_utf8(bytes).map_err(|_| Reason::BadUtf8)?;
                text.push_slice(bytes)
            }
            Data::Binary(text) => text.push_slice(bytes),
            Data::Bool(v) => self.number::<1>(bytes, |[b]| v.push(b != 0)),
            Data::I8(v) => self.number(bytes, |b| v.push(i8::from_be_bytes(b))),
            Data::I16(v) => self.number(bytes, |b| v.push(i16::from_be_bytes(b))),
            Data::I32(v) => self.number(bytes, |b| v.push(i32::from_be_bytes(b))),
            Data::I64(v) => self.number(bytes, |b| v.push(i64::from_be_bytes(b))),
            Data::F32(v) => self.number(bytes, |b| v.push(f32::from_be_bytes(b))),
            Data::F64(v) => self.number(bytes, |b| v.push(f64::from_be_bytes(b))),
            _ => Err(Reason::NotOfType),
        }
    }

    fn number<const N: usize>(
        &self,
        bytes: &[u8],
        push: impl FnOnce([u8; N]),
    ) -> Result<(), Reason> {
        let mut bytes: [u8; N] = bytes.try_into().map_err(|_| Reason::Width)?;
        if self.little_endian {
            bytes.reverse();
        }
        push(bytes);
        Ok(())
    }
}
