//! Rows to lines, as Hive's text SerDes write them.
//!
//! Source: Hive `LazySimpleSerDe.serialize` and `LazyUtils.writePrimitiveUTF8`, `OpenCSVSerde`,
//! `JsonSerDe` of Hive 4, whose NaN and Infinity are strings so that it reads them back.

use std::io::Write as _;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use base64::Engine;
use encoding_rs::Encoding;

use super::csv::character;
use super::lazy::Separators;
use super::write_values::{json, json_name, primitive, span};
use crate::codec::StreamCodec;
use crate::table::{Descriptor, FitRules, PlainFile, fit};
use crate::types::HiveType;
use crate::{FormatError, Result};

/// Bytes of a block in Hadoop's framing.
const BLOCK_BYTES: usize = 256 << 10;

/// Names the SerDes that write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextKind {
    Lazy,
    Csv,
    Json,
}

/// Encodes rows as lines, for any number of files.
#[derive(Debug)]
pub(crate) struct TextEncoder {
    kind: TextKind,
    columns: Vec<(String, HiveType)>,
    separators: Separators,
    /// What a separator of any level, or the escape, is: to be escaped in text.
    special: [bool; 256],
    csv: (u8, u8, u8),
    charset: Option<&'static Encoding>,
    codec: StreamCodec,
    /// A text for the names of JSON fields: quoted and with the colon.
    names: Vec<String>,
    lines: Vec<u8>,
    scratch: String,
}

impl TextEncoder {
    pub(crate) fn new(descriptor: &Descriptor, kind: TextKind, codec: StreamCodec) -> Result<Self> {
        if codec == StreamCodec::Deflate {
            return Err(FormatError::unsupported(
                "deflate streams cannot follow each other in a file, use gzip",
            ));
        }
        for key in ["skip.header.line.count", "skip.footer.line.count"] {
            if descriptor.number(key)?.is_some_and(|lines| lines > 0) {
                return Err(FormatError::unsupported(
                    "readers of this table leave lines out, and rows would be lost",
                )
                .with("property", key));
            }
        }
        let separators = Separators::new(descriptor)?;
        let mut special = [false; 256];
        if let Some(escape) = separators.escape {
            special[usize::from(escape)] = true;
            for separator in &separators.levels {
                special[usize::from(*separator)] = true;
            }
            if separators.escape_crlf {
                special[usize::from(b'\n')] = true;
                special[usize::from(b'\r')] = true;
            }
        }
        for column in &descriptor.columns {
            check(&column.ty, kind).map_err(|e| e.with("column", &column.name))?;
        }
        Ok(Self {
            kind,
            separators,
            special,
            csv: (
                character(descriptor, "separatorChar", b','),
                character(descriptor, "quoteChar", b'"'),
                character(descriptor, "escapeChar", b'"'),
            ),
            charset: super::charset(descriptor)?,
            codec,
            names: descriptor.columns.iter().map(|c| json_name(&c.name)).collect(),
            columns: descriptor.columns.iter().map(|c| (c.name.clone(), c.ty.clone())).collect(),
            lines: Vec::new(),
            scratch: String::new(),
        })
    }

    pub(crate) fn extension(&self) -> String {
        let kind = match self.kind {
            TextKind::Lazy => "txt",
            TextKind::Csv => "csv",
            TextKind::Json => "json",
        };
        format!("{kind}{}", self.codec.extension())
    }

    /// Appends the lines of batches to `out`.
    pub(crate) fn append(
        &mut self,
        file: &mut PlainFile,
        batches: &[RecordBatch],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        self.lines.clear();
        let mut rows = 0;
        for batch in batches {
            if batch.num_columns() != self.columns.len() {
                return Err(FormatError::schema(
                    "batch has another number of columns than the file",
                )
                .with("columns", batch.num_columns())
                .with("expected", self.columns.len()));
            }
            rows += batch.num_rows() as u64;
            let columns = self.columns.iter().zip(batch.columns());
            let arrays = columns.map(|((name, ty), array)| {
                fit(array, ty, &FitRules::default()).map_err(|e| e.with("column", name))
            });
            let arrays = &arrays.collect::<Result<Vec<_>>>()?;
            for row in 0..batch.num_rows() {
                match self.kind {
                    TextKind::Lazy => self.lazy_row(arrays, row)?,
                    TextKind::Csv => self.csv_row(arrays, row)?,
                    TextKind::Json => self.json_row(arrays, row)?,
                }
                self.lines.push(b'\n');
            }
        }
        if rows == 0 {
            return Ok(());
        }
        if let Some(charset) = self.charset {
            self.recode(charset)?;
        }
        let start = out.len();
        pack(self.codec, &self.lines, out)?;
        file.stats.rows += rows;
        file.stats.raw_bytes += self.lines.len() as u64;
        file.stats.bytes += (out.len() - start) as u64;
        Ok(())
    }

    fn recode(&mut self, charset: &'static Encoding) -> Result<()> {
        let text = std::str::from_utf8(&self.lines)
            .map_err(|_| FormatError::data("binary values cannot be put into another encoding"))?;
        let (bytes, _, lost) = charset.encode(text);
        if lost {
            return Err(FormatError::data("the text has characters that the encoding lacks")
                .with("encoding", charset.name()));
        }
        self.lines = bytes.into_owned();
        Ok(())
    }

    fn lazy_row(&mut self, arrays: &[ArrayRef], row: usize) -> Result<()> {
        let separator = self.separators.at(0)?;
        let columns = std::mem::take(&mut self.columns);
        let mut done = Ok(());
        for (i, ((_, ty), array)) in columns.iter().zip(arrays).enumerate() {
            if i > 0 {
                self.lines.push(separator);
            }
            done = done.and_then(|()| self.lazy(array, row, ty, 1));
        }
        self.columns = columns;
        done
    }

    fn lazy(&mut self, array: &ArrayRef, row: usize, ty: &HiveType, level: usize) -> Result<()> {
        if array.is_null(row) || *ty == HiveType::Void {
            self.lines.extend_from_slice(&self.separators.null);
            return Ok(());
        }
        match ty {
            HiveType::Array(item) => {
                let separator = self.separators.at(level)?;
                let list = array.as_list::<i32>();
                let (start, end) = span(list.offsets(), row);
                for at in start..end {
                    if at > start {
                        self.lines.push(separator);
                    }
                    self.lazy(list.values(), at, item, level + 1)?;
                }
            }
            HiveType::Map(key, value) => {
                let (separator, of_key) =
                    (self.separators.at(level)?, self.separators.at(level + 1)?);
                let map = array.as_map();
                let (start, end) = span(map.offsets(), row);
                for at in start..end {
                    if at > start {
                        self.lines.push(separator);
                    }
                    self.lazy(map.keys(), at, key, level + 2)?;
                    self.lines.push(of_key);
                    self.lazy(map.values(), at, value, level + 2)?;
                }
            }
            HiveType::Struct(fields) => {
                let separator = self.separators.at(level)?;
                let array = array.as_struct();
                for (i, field) in fields.iter().enumerate() {
                    if i > 0 {
                        self.lines.push(separator);
                    }
                    self.lazy(array.column(i), row, &field.ty, level + 1)?;
                }
            }
            HiveType::Binary => {
                let text = base64::engine::general_purpose::STANDARD
                    .encode(array.as_binary::<i32>().value(row));
                self.escaped(text.as_bytes());
            }
            HiveType::String | HiveType::Varchar(_) | HiveType::Char(_) => {
                self.escaped(array.as_string::<i32>().value(row).as_bytes());
            }
            _ => {
                self.scratch.clear();
                primitive(array, row, ty, &mut self.scratch);
                let text = std::mem::take(&mut self.scratch);
                self.escaped(text.as_bytes());
                self.scratch = text;
            }
        }
        Ok(())
    }

    fn escaped(&mut self, text: &[u8]) {
        let Some(escape) = self.separators.escape else {
            self.lines.extend_from_slice(text);
            return;
        };
        for c in text {
            if !self.special[usize::from(*c)] {
                self.lines.push(*c);
                continue;
            }
            self.lines.push(escape);
            self.lines.push(match *c {
                b'\n' if self.separators.escape_crlf => b'n',
                b'\r' if self.separators.escape_crlf => b'r',
                c => c,
            });
        }
    }

    fn csv_row(&mut self, arrays: &[ArrayRef], row: usize) -> Result<()> {
        let (separator, quote, escape) = self.csv;
        for (i, (name, ty)) in self.columns.iter().enumerate() {
            if i > 0 {
                self.lines.push(separator);
            }
            let array = &arrays[i];
            if array.is_null(row) {
                continue;
            }
            self.scratch.clear();
            match ty {
                HiveType::Boolean => {
                    self.scratch.push_str(if array.as_boolean().value(row) {
                        "TRUE"
                    } else {
                        "FALSE"
                    });
                }
                HiveType::Binary => {
                    let text = std::str::from_utf8(array.as_binary::<i32>().value(row));
                    self.scratch.push_str(text.map_err(|_| {
                        FormatError::data("binary values that are no text do not go into csv")
                            .with("column", name)
                    })?);
                }
                ty => primitive(array, row, ty, &mut self.scratch),
            }
            self.lines.push(quote);
            for c in self.scratch.bytes() {
                if c == quote || c == escape {
                    self.lines.push(escape);
                }
                self.lines.push(c);
            }
            self.lines.push(quote);
        }
        Ok(())
    }

    fn json_row(&mut self, arrays: &[ArrayRef], row: usize) -> Result<()> {
        self.scratch.clear();
        self.scratch.push('{');
        for (i, (name, (_, ty))) in self.names.iter().zip(&self.columns).enumerate() {
            if i > 0 {
                self.scratch.push(',');
            }
            self.scratch.push_str(name);
            json(&arrays[i], row, ty, &mut self.scratch);
        }
        self.scratch.push('}');
        self.lines.extend_from_slice(self.scratch.as_bytes());
        Ok(())
    }
}

/// Refuses types that a SerDe does not write.
fn check(ty: &HiveType, kind: TextKind) -> Result<()> {
    let refused =
        || FormatError::unsupported("the text format does not hold this type").with("type", ty);
    match ty {
        HiveType::Union(_) | HiveType::IntervalYearMonth | HiveType::IntervalDayTime => {
            Err(refused())
        }
        HiveType::Array(item) if kind != TextKind::Csv => check(item, kind),
        HiveType::Map(key, value) if kind != TextKind::Csv => {
            if !key.is_primitive() {
                return Err(refused());
            }
            check(value, kind)
        }
        HiveType::Struct(fields) if kind != TextKind::Csv => {
            fields.iter().try_for_each(|f| check(&f.ty, kind))
        }
        ty if ty.is_primitive() => Ok(()),
        _ => Err(refused()),
    }
}

/// Packs a piece of a file, so that pieces can follow each other.
fn pack(codec: StreamCodec, raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let failed =
        |e: std::io::Error| FormatError::internal("cannot compress a piece of text").with_source(e);
    match codec {
        StreamCodec::None => out.extend_from_slice(raw),
        StreamCodec::Gzip | StreamCodec::Deflate => {
            let mut encoder = flate2::write::GzEncoder::new(out, flate2::Compression::new(6));
            encoder.write_all(raw).and_then(|()| encoder.finish().map(|_| ())).map_err(failed)?;
        }
        StreamCodec::Bzip2 => {
            let mut encoder = bzip2::write::BzEncoder::new(out, bzip2::Compression::new(9));
            encoder.write_all(raw).and_then(|()| encoder.finish().map(|_| ())).map_err(failed)?;
        }
        StreamCodec::Zstd => {
            out.extend_from_slice(&zstd::bulk::compress(raw, 3).map_err(failed)?);
        }
        StreamCodec::Snappy | StreamCodec::Lz4 => {
            for block in raw.chunks(BLOCK_BYTES) {
                let packed = if codec == StreamCodec::Snappy {
                    snap::raw::Encoder::new().compress_vec(block).map_err(|e| {
                        FormatError::internal("cannot compress a piece of text").with_source(e)
                    })?
                } else {
                    lz4_flex::block::compress(block)
                };
                out.extend_from_slice(&(block.len() as u32).to_be_bytes());
                out.extend_from_slice(&(packed.len() as u32).to_be_bytes());
                out.extend_from_slice(&packed);
            }
        }
    }
    Ok(())
}
