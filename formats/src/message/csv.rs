//! CSV records into columns.
//!
//! Fields are cut as RFC 4180 says, with Flink's additions: an escape byte, comments, a text that
//! stands for NULL. A quote counts only at the begin of a field. A lone carriage return is data;
//! one before the newline is not.
//!
//! Source: Flink's `CsvToRowDataConverters` on Jackson's `CsvParser`. Other than there, an empty
//! field is NULL in a column that is no string, as Hive's text tables have it.

use arrow::datatypes::{DataType, Field};
use memchr::{memchr, memmem};
use wide::u8x16;

use super::column::{Column, Data};
use super::number;
use super::options::CsvOptions;
use super::reason::{Fail, Parsed, Reason};
use super::scan::{is_utf8, slice};
use super::time;
use super::value::Shared;
use crate::error::{FormatError, Result};

/// Cuts lines into fields, which are the columns in their order.
#[derive(Debug)]
pub(super) struct CsvReader {
    delimiter: u8,
    quote: Option<u8>,
    escape: Option<u8>,
    comments: bool,
    null: Option<Vec<u8>>,
    separator: Vec<u8>,
    /// A field without its quotes and escapes, if it had some inside.
    plain: Vec<u8>,
}

/// Where a field stands, and the position of the delimiter, newline or end behind it.
#[derive(Clone, Copy, Debug)]
struct Cut {
    start: usize,
    end: usize,
    next: usize,
    /// True if the value is not in the block but in `plain`.
    unescaped: bool,
    high: bool,
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
            delimiter: options.field_delimiter,
            quote: options.quote,
            escape: options.escape,
            comments: options.allow_comments,
            null: options.null_literal.as_ref().map(|text| text.clone().into_bytes()),
            separator: options.array_element_delimiter.clone().into_bytes(),
            plain: Vec::new(),
        })
    }

    /// Appends the record at `pos` to the columns; gives the position of its newline, or the end.
    ///
    /// After an error the columns may hold part of the record; `blamed` is the column at fault.
    pub(super) fn record(
        &mut self,
        columns: &mut [Column],
        shared: &mut Shared,
        block: &[u8],
        (start, row): (usize, usize),
        blamed: &mut Option<usize>,
    ) -> Parsed {
        let end = shared.scan.end;
        let mut pos = self.first_field(block, start, end)?;
        let mut count = 0;
        loop {
            let cut = self.cut(block, pos, end)?;
            if let Some(column) = columns.get_mut(count)
                && let Err(reason) = self.put(column, shared, block, cut)
            {
                column.truncate(row);
                if !shared.lenient || column.push_null().is_err() {
                    *blamed = Some(count);
                    return Err(reason.at(cut.start));
                }
                shared.nulled += 1;
            }
            count += 1;
            pos = cut.next;
            if pos >= end || peek(block, pos) != self.delimiter {
                break;
            }
            pos += 1;
        }
        if count != columns.len() && !shared.lenient {
            return Err(Reason::FieldCount.at(count));
        }
        for (i, column) in columns.iter_mut().enumerate().skip(count) {
            column.push_null().map_err(|reason| {
                *blamed = Some(i);
                reason.at(pos)
            })?;
        }
        Ok(pos)
    }

    /// Passes a byte order mark; an empty line or a comment is no record.
    #[inline]
    fn first_field(&self, block: &[u8], start: usize, end: usize) -> Parsed {
        let mut pos = start;
        match peek(block, pos) {
            0xef if slice(block, pos, pos + 3) == b"\xef\xbb\xbf" => pos += 3,
            b'#' if self.comments => return Err(Reason::Empty.at(pos)),
            _ => {}
        }
        let after = pos + usize::from(peek(block, pos) == b'\r');
        if after >= end || peek(block, after) == b'\n' {
            return Err(Reason::Empty.at(pos));
        }
        Ok(pos)
    }

    /// Finds the position after the newline of the record at `pos`; `None` if it is not all there.
    pub(super) fn record_end(&mut self, block: &[u8], start: usize, end: usize) -> Option<usize> {
        let line = || memchr(b'\n', slice(block, start, end)).map(|n| start + n + 1);
        let Ok(mut pos) = self.first_field(block, start, end) else { return line() };
        loop {
            match self.cut(block, pos, end) {
                Ok(cut) if cut.next >= end => return None,
                Ok(cut) if peek(block, cut.next) == self.delimiter => pos = cut.next + 1,
                Ok(cut) => return Some(cut.next + 1),
                Err(fail) if fail.reason() == Reason::OpenQuote => return None,
                Err(_) => return line(),
            }
        }
    }

    #[inline]
    fn cut(&mut self, block: &[u8], pos: usize, end: usize) -> Result<Cut, Fail> {
        if self.quote == Some(peek(block, pos)) && pos < end {
            return self.cut_quoted(block, pos, end);
        }
        let escape = self.escape.unwrap_or(self.delimiter);
        let (stop, high) = find(block, pos, end, [self.delimiter, b'\n', escape]);
        if stop < end && self.escape == Some(peek(block, stop)) {
            return self.cut_escaped(block, pos, end);
        }
        let newline = stop >= end || peek(block, stop) == b'\n';
        let cr = newline && stop > pos && peek(block, stop - 1) == b'\r';
        Ok(Cut { start: pos, end: stop - usize::from(cr), next: stop, unescaped: false, high })
    }

    fn cut_quoted(&mut self, block: &[u8], open: usize, end: usize) -> Result<Cut, Fail> {
        let quote = self.quote.unwrap_or_default();
        let escape = self.escape.unwrap_or(quote);
        let (mut from, mut unescaped, mut high) = (open + 1, false, false);
        self.plain.clear();
        let close = loop {
            let (stop, more) = find(block, from, end, [quote, escape, quote]);
            high |= more;
            if stop >= end {
                return Err(Reason::OpenQuote.at(open));
            }
            let doubled = peek(block, stop) == quote;
            if doubled && (stop + 1 >= end || peek(block, stop + 1) != quote) {
                if unescaped {
                    self.plain.extend_from_slice(slice(block, from, stop));
                }
                break stop;
            }
            self.plain.extend_from_slice(slice(block, from, stop));
            self.plain.push(if doubled { quote } else { escaped(peek(block, stop + 1)) });
            unescaped = true;
            from = stop + 2;
            if from > end {
                return Err(Reason::OpenQuote.at(open));
            }
        };
        let mut next = close + 1;
        while next < end
            && matches!(peek(block, next), b' ' | b'\t' | b'\r')
            && peek(block, next) != self.delimiter
        {
            next += 1;
        }
        if next < end && peek(block, next) != self.delimiter && peek(block, next) != b'\n' {
            return Err(Reason::AfterQuote.at(next));
        }
        Ok(Cut { start: open + 1, end: close, next, unescaped, high })
    }

    #[cold]
    fn cut_escaped(&mut self, block: &[u8], pos: usize, end: usize) -> Result<Cut, Fail> {
        let escape = self.escape.unwrap_or(self.delimiter);
        let (mut from, mut high) = (pos, false);
        self.plain.clear();
        loop {
            let (stop, more) = find(block, from, end, [self.delimiter, b'\n', escape]);
            high |= more;
            self.plain.extend_from_slice(slice(block, from, stop));
            if stop >= end || peek(block, stop) != escape {
                let newline = stop >= end || peek(block, stop) == b'\n';
                if newline && stop > from && peek(block, stop - 1) == b'\r' {
                    self.plain.pop();
                }
                return Ok(Cut { start: pos, end: stop, next: stop, unescaped: true, high });
            }
            if stop + 1 >= end {
                return Err(Reason::OpenQuote.at(stop));
            }
            self.plain.push(escaped(peek(block, stop + 1)));
            from = stop + 2;
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
        let field = if unescaped { self.plain.as_slice() } else { slice(block, start, end) };
        if (high || unescaped) && !is_utf8(field) {
            return Err(Reason::BadUtf8);
        }
        if self.null.as_deref() == Some(field) {
            return column.push_null();
        }
        if !unescaped {
            match &mut column.data {
                Data::Text(text) => return text.push(block, start, end),
                Data::I64(v) => {
                    if let Some(n) = number::short(block, start).filter(|n| n.end == end)
                        && let Some(value) = n.to_i64()
                    {
                        v.push(value);
                        return Ok(());
                    }
                }
                Data::I32(v) => {
                    if let Some(n) = number::short(block, start).filter(|n| n.end == end)
                        && let Some(value) = n.to_i64().and_then(|v| i32::try_from(v).ok())
                    {
                        v.push(value);
                        return Ok(());
                    }
                }
                Data::F64(v) => {
                    if let Some(n) = number::short(block, start).filter(|n| n.end == end)
                        && let Some(value) = n.to_f64()
                    {
                        v.push(value);
                        return Ok(());
                    }
                }
                Data::Decimal(d) => {
                    if let Some(n) = number::short(block, start).filter(|n| n.end == end)
                        && let Some(value) = n.to_scaled(d.scale)
                        && value.abs() < d.limit
                    {
                        d.values.push(value);
                        return Ok(());
                    }
                }
                Data::Timestamp(v, _) => {
                    if let Some((value, stop)) = time::short(block, start, &mut shared.hour)
                        && stop == end
                    {
                        v.push(value);
                        return Ok(());
                    }
                }
                _ => {}
            }
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

/// Byte at a position; 0 behind the end, since blocks that are only cut have no padding.
#[inline(always)]
fn peek(block: &[u8], pos: usize) -> u8 {
    block.get(pos).copied().unwrap_or(0)
}

/// What an escaped byte stands for, as Jackson has it.
fn escaped(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'0' => 0,
        other => other,
    }
}

/// Finds the first of three bytes, or the end, and says if a byte before it is not ASCII.
#[inline(always)]
fn find(block: &[u8], mut pos: usize, end: usize, wanted: [u8; 3]) -> (usize, bool) {
    let [a, b, c] = wanted.map(u8x16::splat);
    let mut high = 0;
    while pos < end {
        let Some(bytes) = block.get(pos..).and_then(|s| s.first_chunk::<16>()) else {
            return find_near_end(slice(block, pos, end), pos, wanted, high != 0);
        };
        let x = u8x16::new(*bytes);
        let stops = (x.simd_eq(a) | x.simd_eq(b) | x.simd_eq(c)).to_bitmask();
        let signs = x.to_bitmask();
        if stops != 0 {
            let before = stops ^ (stops - 1);
            let stop = pos + stops.trailing_zeros() as usize;
            return (stop.min(end), high | (signs & before) != 0);
        }
        high |= signs;
        pos += 16;
    }
    (end, high != 0)
}

#[cold]
fn find_near_end(rest: &[u8], pos: usize, wanted: [u8; 3], high: bool) -> (usize, bool) {
    let stop = rest.iter().position(|c| wanted.contains(c)).unwrap_or(rest.len());
    (pos + stop, high || !slice(rest, 0, stop).is_ascii())
}
