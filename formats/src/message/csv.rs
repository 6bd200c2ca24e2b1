//! CSV records into columns.
//!
//! Fields are cut as RFC 4180 says, with Flink's additions: an escape byte, comments, a text that
//! stands for NULL. A quote counts only at the begin of a field. A lone carriage return is data;
//! one before the newline is not.
//!
//! Source: Flink's `CsvToRowDataConverters` on Jackson's `CsvParser`. Other than there, an empty
//! field is NULL in a column that is no string, as Hive's text tables have it.

use arrow::datatypes::{DataType, Field};
use memchr::memmem;

use super::column::{Column, Data};
use super::cut::{Cut, Cutter, find, peek};
use super::number;
use super::options::CsvOptions;
use super::reason::{Parsed, Reason};
use super::scan::{FALSE, FIVE, TRUE, is_utf8, load8, slice};
use super::time::{self, HourCache};
use super::value::Shared;
use crate::error::{FormatError, Result};

/// Cuts lines into fields, which are the columns in their order.
#[derive(Debug)]
pub(super) struct CsvReader {
    cutter: Cutter,
    null: Option<Vec<u8>>,
    separator: Vec<u8>,
}

impl CsvReader {
    /// Checks the options against each other and the columns.
    pub(super) fn new(options: &CsvOptions, fields: &arrow::datatypes::Fields) -> Result<Self> {
        let special = [Some(options.field_delimiter), options.quote, options.escape];
        let twice =
            (0..3).any(|i| (0..i).any(|j| special[i].is_some() && special[i] == special[j]));
        if twice || special.contains(&Some(b'\n')) || special.contains(&Some(b'\r')) {
            return Err(FormatError::config(
                "csv.field-delimiter, csv.quote-character and csv.escape-character must differ \
                 from each other and from line ends",
            ));
        }
        if options.array_element_delimiter.is_empty() {
            return Err(FormatError::config("csv.array-element-delimiter must not be empty"));
        }
        fields.iter().try_for_each(|field| check_type(field))?;
        Ok(Self {
            cutter: Cutter {
                delimiter: options.field_delimiter,
                quote: options.quote,
                escape: options.escape,
                comments: options.allow_comments,
                plain: Vec::new(),
            },
            null: options.null_literal.as_ref().map(|text| text.clone().into_bytes()),
            separator: options.array_element_delimiter.clone().into_bytes(),
        })
    }

    /// Appends the record at `pos` to the columns; gives the position of its newline, or the end.
    ///
    /// After an error the columns may hold part of the record; the column at fault is noted.
    pub(super) fn record(
        &mut self,
        columns: &mut [Column],
        shared: &mut Shared,
        block: &[u8],
        (start, row): (usize, usize),
    ) -> Parsed {
        let end = shared.scan.end;
        let mut pos = self.cutter.first_field(block, start, end)?;
        let mut count = 0;
        loop {
            if let Some(column) = columns.get_mut(count)
                && let Some(next) = self.quick(column, &mut shared.hour, block, (pos, end))
            {
                count += 1;
                pos = next;
                if peek(block, pos) == self.cutter.delimiter {
                    pos += 1;
                    continue;
                }
                break;
            }
            let cut = self.cutter.cut(block, pos, end)?;
            if let Some(column) = columns.get_mut(count)
                && let Err(reason) = self.put(column, shared, block, cut)
            {
                column.truncate(row);
                if !shared.lenient || column.push_null().is_err() {
                    shared.blamed = Some(count);
                    return Err(reason.at(cut.start));
                }
                shared.nulled += 1;
            }
            count += 1;
            pos = cut.next;
            if pos >= end || peek(block, pos) != self.cutter.delimiter {
                break;
            }
            pos += 1;
        }
        if count != columns.len() && !shared.lenient {
            return Err(Reason::FieldCount.at(count));
        }
        for (i, column) in columns.iter_mut().enumerate().skip(count) {
            column.push_null().map_err(|reason| {
                shared.blamed = Some(i);
                reason.at(pos)
            })?;
        }
        Ok(pos)
    }

    /// Appends a field in the usual form of its type; gives the position behind it.
    ///
    /// Declines all else and changes nothing then.
    #[inline(always)]
    fn quick(
        &self,
        column: &mut Column,
        hour: &mut HourCache,
        block: &[u8],
        (pos, end): (usize, usize),
    ) -> Option<usize> {
        if self.null.is_some() {
            return None;
        }
        let quoted = self.cutter.quote == Some(peek(block, pos));
        let start = pos + usize::from(quoted);
        let behind = |stop: usize| {
            if quoted && self.cutter.quote != Some(peek(block, stop)) {
                return None;
            }
            let next = stop + usize::from(quoted);
            let stops = [self.cutter.delimiter, b'\n'].contains(&peek(block, next));
            (stops && next < end).then_some(next)
        };
        match &mut column.data {
            Data::I64(values) => {
                let number = number::short(block, start)?;
                let (value, next) = (number.to_i64()?, behind(number.end)?);
                values.push(value);
                Some(next)
            }
            Data::I32(values) => {
                let number = number::short(block, start)?;
                let (value, next) = (number.to_i64()?, behind(number.end)?);
                values.push(i32::try_from(value).ok()?);
                Some(next)
            }
            Data::F64(values) => {
                let number = number::short(block, start)?;
                let (value, next) = (number.to_f64()?, behind(number.end)?);
                values.push(value);
                Some(next)
            }
            Data::Decimal(d) => {
                let number = number::short(block, start)?;
                let value = number.to_scaled(d.scale).filter(|v| v.abs() < d.limit)?;
                let next = behind(number.end)?;
                d.values.push(value);
                Some(next)
            }
            Data::Timestamp(values, _) => {
                let (value, stop) = time::short(block, start, hour)?;
                let next = behind(stop)?;
                values.push(value);
                Some(next)
            }
            Data::Text(text) if !quoted && self.cutter.escape.is_none() => {
                let (stop, high) = find(block, pos, end, [self.cutter.delimiter, b'\n', b'\r']);
                if high && !is_utf8(slice(block, pos, stop)) {
                    return None;
                }
                let next = behind(stop)?;
                text.push(block, pos, stop).ok()?;
                Some(next)
            }
            Data::Bool(values) => {
                let word = load8(block, start);
                let truth = word as u32 == TRUE;
                if !truth && word & FIVE != FALSE {
                    return None;
                }
                let next = behind(start + if truth { 4 } else { 5 })?;
                values.push(truth);
                Some(next)
            }
            _ => None,
        }
    }

    /// Appends one field to its column.
    #[inline]
    fn put(
        &self,
        column: &mut Column,
        shared: &mut Shared,
        block: &[u8],
        cut: Cut,
    ) -> Result<(), Reason> {
        let Cut { start, end, unescaped, high, .. } = cut;
        let field = if unescaped { self.cutter.plain.as_slice() } else { slice(block, start, end) };
        if (high || unescaped) && !is_utf8(field) {
            return Err(Reason::BadUtf8);
        }
        if self.null.as_deref() == Some(field) {
            return column.push_null();
        }
        if !unescaped && let Data::Text(text) = &mut column.data {
            return text.push(block, start, end);
        }
        self.put_text(column, shared, field)
    }

    /// Appends valid text to a column of any type.
    fn put_text(
        &self,
        column: &mut Column,
        shared: &mut Shared,
        text: &[u8],
    ) -> Result<(), Reason> {
        let (rows, lenient) = (column.len(), shared.lenient);
        match &mut column.data {
            Data::List(list) => {
                for item in self.split(text) {
                    self.put_inner(&mut list.items, shared, item)?;
                }
                let len = i32::try_from(list.items.len()).map_err(|_| Reason::TooMuchText)?;
                list.offsets.push(len);
                Ok(())
            }
            Data::Struct(fields) => {
                let mut items = self.split(text);
                for field in &mut fields.fields {
                    match items.next() {
                        Some(item) => self.put_inner(field, shared, item)?,
                        None if lenient => field.push_null()?,
                        None => return Err(Reason::NotOfType),
                    }
                }
                if items.next().is_some() && !lenient {
                    return Err(Reason::NotOfType);
                }
                fields.rows = rows + 1;
                Ok(())
            }
            Data::Text(_) | Data::Binary(_) => column.text(text),
            _ if text.is_empty() => column.push_null(),
            _ => column.text(text),
        }
    }

    /// Appends an element of an array or a field of a row.
    fn put_inner(
        &self,
        column: &mut Column,
        shared: &mut Shared,
        text: &[u8],
    ) -> Result<(), Reason> {
        if self.null.as_deref() == Some(text) {
            return column.push_null();
        }
        let rows = column.len();
        let Err(reason) = self.put_text(column, shared, text) else { return Ok(()) };
        column.truncate(rows);
        if !shared.lenient {
            return Err(reason);
        }
        shared.nulled += 1;
        column.push_null()
    }

    fn split<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = Some(text).filter(|text| !text.is_empty());
        std::iter::from_fn(move || {
            let text = rest?;
            let Some(stop) = memmem::find(text, &self.separator) else { return rest.take() };
            rest = text.get(stop + self.separator.len()..);
            text.get(..stop)
        })
    }
}

/// Refuses types that have no form in CSV.
fn check_type(field: &Field) -> Result<()> {
    let scalar = |field: &Field| !field.data_type().is_nested();
    let fits = match field.data_type() {
        DataType::Map(..) => false,
        DataType::List(items) => scalar(items),
        DataType::Struct(fields) => fields.iter().all(|f| scalar(f)),
        _ => true,
    };
    if fits {
        return Ok(());
    }
    Err(FormatError::schema("csv has no maps, and arrays and rows only of simple types")
        .with("column", field.name())
        .with("type", field.data_type()))
}
