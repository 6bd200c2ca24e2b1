//! Columns into Avro container files, by the schema that Hive gives them.
//!
//! Timestamps are milliseconds, as Hive's `timestamp-millis` has them; finer digits are cut off.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes as t;

use super::schema;
use crate::table::{Descriptor, FitRules, PlainFile, TableColumn, fit};
use crate::types::HiveType;
use crate::{FileStats, FormatError, Result};

/// Unpacked bytes after which a block ends.
const BLOCK_BYTES: usize = 256 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Codec {
    Null,
    Deflate,
    Snappy,
    Zstandard,
}

impl Codec {
    fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Deflate => "deflate",
            Self::Snappy => "snappy",
            Self::Zstandard => "zstandard",
        }
    }
}

/// Encodes rows as Avro records, for any number of files.
#[derive(Debug)]
pub(crate) struct AvroEncoder {
    columns: Vec<TableColumn>,
    schema: String,
    codec: Codec,
    block: Vec<u8>,
}

impl AvroEncoder {
    /// Makes an encoder; `avro.output.codec` of the table names the codec.
    pub(crate) fn new(descriptor: &Descriptor) -> Result<Self> {
        if descriptor.property("avro.schema.literal").is_some_and(|text| text != "none")
            || descriptor.property("avro.schema.url").is_some_and(|text| text != "none")
        {
            return Err(FormatError::unsupported(
                "avro tables with a schema of their own are only read; remove avro.schema.literal",
            ));
        }
        let codec = match descriptor.property("avro.output.codec") {
            None | Some("null" | "") => Codec::Null,
            Some("deflate") => Codec::Deflate,
            Some("snappy") => Codec::Snappy,
            Some("zstandard") => Codec::Zstandard,
            Some(other) => {
                return Err(FormatError::unsupported("avro files are not written with this codec")
                    .with("codec", other)
                    .with("known", "null, deflate, snappy, zstandard"));
            }
        };
        let schema = schema::of_columns(&descriptor.columns)?.to_string();
        Ok(Self { columns: descriptor.columns.clone(), schema, codec, block: Vec::new() })
    }

    /// Appends the blocks of batches to `out`.
    pub(crate) fn append(
        &mut self,
        file: &mut PlainFile,
        batches: &[RecordBatch],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let (start, mut next) = (out.len(), file.clone());
        let mut count = 0u64;
        self.block.clear();
        for batch in batches {
            if batch.num_columns() != self.columns.len() {
                return Err(FormatError::schema(
                    "batch has another number of columns than the file",
                )
                .with("columns", batch.num_columns())
                .with("expected", self.columns.len()));
            }
            let columns = self.columns.iter().zip(batch.columns());
            let arrays = columns.map(|(column, array)| {
                fit(array, &column.ty, &FitRules::default())
                    .map_err(|e| e.with("column", &column.name))
            });
            let arrays = arrays.collect::<Result<Vec<_>>>()?;
            for row in 0..batch.num_rows() {
                for (column, array) in self.columns.iter().zip(&arrays) {
                    optional(array, row, &column.ty, &mut self.block)?;
                }
                count += 1;
                if self.block.len() >= BLOCK_BYTES {
                    self.end_block(count, &mut next, start, out)?;
                    count = 0;
                }
            }
        }
        if count > 0 {
            self.end_block(count, &mut next, start, out)?;
        }
        next.stats.bytes += (out.len() - start) as u64;
        *file = next;
        Ok(())
    }

    /// Appends what is left to end a file: the header, if it has no rows.
    pub(crate) fn finish(&self, mut file: PlainFile, out: &mut Vec<u8>) -> FileStats {
        if file.stats.bytes == 0 {
            let start = out.len();
            file.sync = sync_of(self.schema.as_bytes());
            self.header(&file.sync, out);
            file.stats.bytes = (out.len() - start) as u64;
        }
        file.stats
    }

    fn header(&self, sync: &[u8; 16], out: &mut Vec<u8>) {
        // Hive 4 undoes the zone and takes dates for those of the calendar that is named here.
        let pairs = [
            ("avro.schema", self.schema.as_str()),
            ("avro.codec", self.codec.name()),
            ("writer.time.zone", "UTC"),
            ("writer.proleptic", "true"),
            ("writer.zone.conversion.legacy", "false"),
        ];
        out.extend_from_slice(b"Obj\x01");
        long(pairs.len() as i64, out);
        for (key, value) in pairs {
            bytes(key.as_bytes(), out);
            bytes(value.as_bytes(), out);
        }
        long(0, out);
        out.extend_from_slice(sync);
    }

    fn end_block(
        &mut self,
        count: u64,
        file: &mut PlainFile,
        start: usize,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        if file.stats.bytes == 0 && out.len() == start {
            // Markers of different files differ, and those of equal files are equal.
            file.sync = sync_of(&[self.schema.as_bytes(), &self.block].concat());
            self.header(&file.sync, out);
        }
        let failed = |e: std::io::Error| {
            FormatError::internal("cannot compress an avro block").with_source(e)
        };
        let packed = match self.codec {
            Codec::Null => None,
            Codec::Deflate => {
                use std::io::Write;
                let level = flate2::Compression::new(6);
                let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), level);
                encoder.write_all(&self.block).map_err(failed)?;
                Some(encoder.finish().map_err(failed)?)
            }
            Codec::Snappy => {
                let packed = snap::raw::Encoder::new().compress_vec(&self.block);
                let mut packed = packed.map_err(|e| failed(std::io::Error::other(e)))?;
                let mut crc = flate2::Crc::new();
                crc.update(&self.block);
                packed.extend_from_slice(&crc.sum().to_be_bytes());
                Some(packed)
            }
            Codec::Zstandard => Some(zstd::bulk::compress(&self.block, 3).map_err(failed)?),
        };
        long(count.cast_signed(), out);
        bytes(packed.as_deref().unwrap_or(&self.block), out);
        out.extend_from_slice(&file.sync);
        file.stats.rows += count;
        file.stats.raw_bytes += self.block.len() as u64;
        self.block.clear();
        Ok(())
    }
}

/// Mixes bytes into a marker of 16 bytes, by FNV-1a with two seeds.
fn sync_of(content: &[u8]) -> [u8; 16] {
    let mix = |seed: u64| {
        content.iter().fold(seed, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(5)
        })
    };
    let both = [mix(0xcbf2_9ce4_8422_2325), mix(0x9e37_79b9_7f4a_7c15)];
    let mut sync = [0; 16];
    for (to, from) in sync.iter_mut().zip(both.iter().flat_map(|half| half.to_le_bytes())) {
        *to = from;
    }
    sync
}

fn long(value: i64, out: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest >= 0x80 {
        out.push((rest as u8) | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn bytes(value: &[u8], out: &mut Vec<u8>) {
    long(value.len() as i64, out);
    out.extend_from_slice(value);
}

/// Appends a value of a union of null and its type.
fn optional(array: &ArrayRef, row: usize, ty: &HiveType, out: &mut Vec<u8>) -> Result<()> {
    if array.is_null(row) {
        out.push(0);
        return Ok(());
    }
    out.push(2);
    value(array, row, ty, out)
}

fn value(array: &ArrayRef, row: usize, ty: &HiveType, out: &mut Vec<u8>) -> Result<()> {
    let span = |offsets: &[i32]| (offsets[row] as usize, offsets[row + 1] as usize);
    match ty {
        HiveType::Boolean => out.push(u8::from(array.as_boolean().value(row))),
        HiveType::TinyInt => long(array.as_primitive::<t::Int8Type>().value(row).into(), out),
        HiveType::SmallInt => long(array.as_primitive::<t::Int16Type>().value(row).into(), out),
        HiveType::Int => long(array.as_primitive::<t::Int32Type>().value(row).into(), out),
        HiveType::BigInt => long(array.as_primitive::<t::Int64Type>().value(row), out),
        HiveType::Date => long(array.as_primitive::<t::Date32Type>().value(row).into(), out),
        HiveType::Timestamp => {
            let micros = array.as_primitive::<t::TimestampMicrosecondType>().value(row);
            long(micros.div_euclid(1000), out);
        }
        HiveType::Float => {
            out.extend_from_slice(&array.as_primitive::<t::Float32Type>().value(row).to_le_bytes());
        }
        HiveType::Double => {
            out.extend_from_slice(&array.as_primitive::<t::Float64Type>().value(row).to_le_bytes());
        }
        HiveType::Decimal { .. } => {
            let digits = array.as_primitive::<t::Decimal128Type>().value(row).to_be_bytes();
            let fill = if digits[0] >= 0x80 { 0xff } else { 0 };
            let skip = digits.iter().take(15).take_while(|b| **b == fill).count();
            // The sign needs a bit of the first byte.
            let keep = (digits[skip] ^ fill) >= 0x80;
            bytes(&digits[skip - usize::from(keep && skip > 0)..], out);
        }
        HiveType::String | HiveType::Varchar(_) | HiveType::Char(_) => {
            bytes(array.as_string::<i32>().value(row).as_bytes(), out);
        }
        HiveType::Binary => bytes(array.as_binary::<i32>().value(row), out),
        HiveType::Array(item) => {
            let list = array.as_list::<i32>();
            let (start, end) = span(list.offsets());
            if end > start {
                long((end - start) as i64, out);
                for at in start..end {
                    optional(list.values(), at, item, out)?;
                }
            }
            out.push(0);
        }
        HiveType::Map(key, item) => {
            let map = array.as_map();
            let (start, end) = span(map.offsets());
            if end > start {
                long((end - start) as i64, out);
                for at in start..end {
                    value(map.keys(), at, key, out)?;
                    optional(map.values(), at, item, out)?;
                }
            }
            out.push(0);
        }
        HiveType::Struct(fields) => {
            let array = array.as_struct();
            for (i, field) in fields.iter().enumerate() {
                optional(array.column(i), row, &field.ty, out)?;
            }
        }
        _ => return Err(FormatError::internal("avro has no such type").with("type", ty)),
    }
    Ok(())
}
