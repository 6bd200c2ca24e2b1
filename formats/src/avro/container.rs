//! Avro container files: a header with the schema, then blocks of records.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use bytes::Bytes;
use chrono_tz::Tz;

use super::decode::{Node, Times, record};
use super::schema::{self, Schema};
use crate::calendar::{Calendar, ZoneRules};
use crate::codec::StreamCodec;
use crate::cursor::Cursor;
use crate::input::{Input, read_range};
use crate::table::{Descriptor, HiveVersion, ReadOptions, ReadRequest, TableReader};
use crate::text::Wanted;
use crate::{FormatError, Result};

/// Longest header: the schema is in it.
const HEADER_BYTES: usize = 16 << 20;

/// Largest block, packed or not.
const BLOCK_BYTES: usize = 512 << 20;

/// What the beginning of a file says.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) schema: Schema,
    pub(super) metadata: Vec<(String, Vec<u8>)>,
    codec: Codec,
    sync: [u8; 16],
    end: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Codec {
    Null,
    Deflate,
    Snappy,
    Bzip2,
    Xz,
    Zstandard,
}

impl Header {
    pub(super) fn read(input: &dyn Input) -> Result<Self> {
        let length = usize::try_from(input.size()).unwrap_or(usize::MAX).min(HEADER_BYTES);
        let bytes = read_range(input, 0, length)?;
        let Some(rest) = bytes.strip_prefix(b"Obj\x01") else {
            return Err(FormatError::data("the file is no avro container file"));
        };
        let mut cursor = Cursor::new(rest);
        let mut metadata = Vec::new();
        loop {
            let count = cursor.long()?;
            if count == 0 {
                break;
            }
            if count < 0 {
                cursor.long()?;
            }
            for _ in 0..count.unsigned_abs() {
                let key = String::from_utf8_lossy(cursor.prefixed()?).into_owned();
                metadata.push((key, cursor.prefixed()?.to_vec()));
            }
        }
        let Some((sync, rest)) = cursor.rest.split_first_chunk::<16>() else {
            return Err(FormatError::data("avro header has no sync marker"));
        };
        let find = |key: &str| {
            let found = metadata.iter().find(|(k, _)| k == key);
            found.map(|(_, v)| String::from_utf8_lossy(v).into_owned())
        };
        let text =
            find("avro.schema").ok_or_else(|| FormatError::data("avro file has no schema"))?;
        let codec = match find("avro.codec").as_deref() {
            None | Some("null" | "") => Codec::Null,
            Some("deflate") => Codec::Deflate,
            Some("snappy") => Codec::Snappy,
            Some("bzip2") => Codec::Bzip2,
            Some("xz") => Codec::Xz,
            Some("zstandard") => Codec::Zstandard,
            Some(other) => {
                return Err(FormatError::unsupported("unknown avro codec")
                    .with("codec", other)
                    .with("known", "null, deflate, snappy, bzip2, xz, zstandard"));
            }
        };
        let (sync, end) = (*sync, (bytes.len() - rest.len()) as u64);
        Ok(Self { schema: schema::parse(&text)?, metadata, codec, sync, end })
    }

    fn mark(&self, key: &str) -> Option<&str> {
        let (_, value) = self.metadata.iter().find(|(k, _)| k == key)?;
        std::str::from_utf8(value).ok()
    }

    /// Tells what days and times mean.
    ///
    /// Hive 2.3 leaves no marks and writes points in time of its zone by the hybrid calendar, 3.1
    /// marks its zone, 4 its zone and calendar. Files that were not written by Hive have times in
    /// UTC; without marks they cannot be told from those of Hive 2.3 but by the record's name.
    ///
    /// Source: Hive `AvroSerializer`, `AvroDeserializer.determineConversion`.
    fn times(&self, options: &ReadOptions, version: Option<HiveVersion>) -> Result<Times> {
        let legacy = |key| self.mark(key).is_some_and(|v| v.eq_ignore_ascii_case("true"));
        let Some(zone) = self.mark("writer.time.zone") else {
            return Ok(Times {
                calendar: Calendar::Hybrid,
                zone: options.zone,
                rules: ZoneRules::Legacy,
                by_name: false,
                of_era: false,
            });
        };
        let zone: Tz = zone.parse().map_err(|_| {
            FormatError::data("the file's writer.time.zone is unknown").with("zone", zone)
        })?;
        let calendar = match self.mark("writer.proleptic") {
            Some(mark) if !mark.eq_ignore_ascii_case("true") => Calendar::Hybrid,
            _ => Calendar::Proleptic,
        };
        let rules = if legacy("writer.zone.conversion.legacy") {
            ZoneRules::Legacy
        } else {
            ZoneRules::Full
        };
        // Hive 3.1 marks no calendar.
        let of_era = version == Some(HiveVersion::V3) && self.mark("writer.proleptic").is_none();
        let by_name = rules == ZoneRules::Legacy;
        Ok(Times { calendar, zone, rules, by_name, of_era })
    }
}

/// Describes a file.
///
/// # Errors
/// As [`open`].
pub(crate) fn describe(input: &dyn Input) -> Result<serde_json::Value> {
    let header = Header::read(input)?;
    let marks: serde_json::Map<String, serde_json::Value> = header
        .metadata
        .iter()
        .map(|(key, value)| {
            let text: String = String::from_utf8_lossy(value).chars().take(400).collect();
            (key.clone(), text.into())
        })
        .collect();
    let codec = format!("{:?}", header.codec).to_lowercase();
    Ok(serde_json::json!({ "codec": codec, "metadata": marks }))
}

/// Gives the batches of a file.
struct AvroFile {
    input: Arc<dyn Input>,
    header: Header,
    at: u64,
    end: u64,
    block: Bytes,
    left: u64,
    fields: Vec<(Option<usize>, Node)>,
    times: Times,
    wanted: Wanted,
}

/// Opens an Avro container file.
///
/// # Errors
/// As [`table::open`](crate::table::open).
pub(crate) fn open(
    descriptor: &Descriptor,
    input: Arc<dyn Input>,
    request: &ReadRequest,
) -> Result<TableReader> {
    let wanted = Wanted::new(descriptor, request)?;
    let output = wanted.output().to_vec();
    let header = Header::read(input.as_ref())?;
    let Schema::Record(fields) = &header.schema else {
        return Err(FormatError::schema("rows of an avro file must be records"));
    };
    let target = |name: &str| {
        let at = descriptor.columns.iter().position(|c| c.name.eq_ignore_ascii_case(name))?;
        Some((wanted.targets.get(at).copied()??, &descriptor.columns[at]))
    };
    let nodes = fields.iter().map(|field| match target(&field.name) {
        Some((target, column)) => match Node::new(&field.schema, &column.ty) {
            Some(node) => Ok((Some(target), node)),
            None => Err(FormatError::schema("the file's type is not the column's")
                .with("column", &column.name)
                .with("column type", &column.ty)
                .with("file type", schema::hive_type(&field.schema))),
        },
        None => Ok((None, Node::Skip(field.schema.clone()))),
    });
    let fields = nodes.collect::<Result<Vec<_>>>()?;
    let times = header.times(&request.options, request.version(descriptor)?)?;
    let Range { start, end } =
        crate::hadoop::bounds(input.as_ref(), (&header.sync, header.end), request.range.as_ref())?;
    let file = AvroFile {
        input,
        header,
        at: start,
        end,
        block: Bytes::new(),
        left: 0,
        fields,
        times,
        wanted,
    };
    Ok(TableReader::new(&output, file))
}

impl AvroFile {
    /// Reads the next block; false at the end.
    fn next_block(&mut self) -> Result<bool> {
        let size = self.input.size();
        if self.at >= size || self.at >= self.end {
            return Ok(false);
        }
        let begin = self.at;
        let broken = |what: &str| FormatError::data(what).with("block at", begin);
        let head = usize::try_from(size - begin).unwrap_or(usize::MAX).min(20);
        let head = read_range(self.input.as_ref(), begin, head)?;
        let mut cursor = Cursor::new(&head);
        let count = cursor.long()?;
        let length = cursor.long()?;
        let (Ok(count), Ok(length)) = (u64::try_from(count), usize::try_from(length)) else {
            return Err(broken("avro block has a negative length"));
        };
        if length > BLOCK_BYTES {
            return Err(broken("avro block is larger than 512 MB"));
        }
        let body = begin + (head.len() - cursor.rest.len()) as u64;
        let packed = read_range(self.input.as_ref(), body, length)?;
        let sync = read_range(self.input.as_ref(), body + length as u64, 16)?;
        if sync.as_ref() != self.header.sync {
            return Err(broken("avro block has a wrong sync marker"));
        }
        self.at = body + length as u64 + 16;
        self.block = unpack(self.header.codec, packed).map_err(|e| e.with("block at", begin))?;
        // Records without fields have no bytes.
        if count > (self.block.len() as u64).saturating_add(1 << 24) {
            return Err(broken("avro block has more records than bytes"));
        }
        self.left = count;
        Ok(true)
    }

    fn fill(&mut self) -> Result<()> {
        loop {
            let mut cursor = Cursor::new(&self.block);
            while self.left > 0 && !self.wanted.rows.is_full() {
                record(&mut cursor, &self.fields, self.wanted.rows.columns(), self.times)?;
                self.wanted.rows.end_row();
                self.left -= 1;
            }
            let rest = cursor.rest.len();
            self.block = self.block.slice(self.block.len() - rest..);
            if self.wanted.rows.is_full() {
                return Ok(());
            }
            if rest > 0 {
                return Err(FormatError::data("avro block has bytes behind its records")
                    .with("bytes", rest));
            }
            if !self.next_block()? {
                return Ok(());
            }
        }
    }
}

fn unpack(codec: Codec, packed: Bytes) -> Result<Bytes> {
    let failed =
        |e: std::io::Error| FormatError::data("cannot unpack an avro block").with_source(e);
    let limited = |reader: &mut dyn Read| {
        let mut out = Vec::new();
        reader.take(BLOCK_BYTES as u64 + 1).read_to_end(&mut out).map_err(failed)?;
        if out.len() > BLOCK_BYTES {
            return Err(FormatError::data("avro block is larger than 512 MB"));
        }
        Ok(Bytes::from(out))
    };
    match codec {
        Codec::Null => Ok(packed),
        Codec::Deflate => limited(&mut flate2::bufread::DeflateDecoder::new(packed.as_ref())),
        Codec::Bzip2 => StreamCodec::Bzip2.unpack_block(packed, BLOCK_BYTES).map(Bytes::from),
        Codec::Zstandard => StreamCodec::Zstd.unpack_block(packed, BLOCK_BYTES).map(Bytes::from),
        Codec::Xz => {
            super::xz::check(&packed)?;
            limited(&mut lzma_rust2::XzReader::new(packed.as_ref(), false))
        }
        Codec::Snappy => {
            let Some((body, sum)) = packed.split_last_chunk::<4>() else {
                return Err(FormatError::data("avro block is too short for snappy"));
            };
            let bad =
                |e: snap::Error| FormatError::data("cannot unpack an avro block").with_source(e);
            if snap::raw::decompress_len(body).map_err(bad)? > BLOCK_BYTES {
                return Err(FormatError::data("avro block is larger than 512 MB"));
            }
            let out = snap::raw::Decoder::new().decompress_vec(body).map_err(bad)?;
            let mut crc = flate2::Crc::new();
            crc.update(&out);
            if crc.sum() != u32::from_be_bytes(*sum) {
                return Err(FormatError::data("avro block has a wrong checksum"));
            }
            Ok(Bytes::from(out))
        }
    }
}

impl Iterator for AvroFile {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(e) = self.fill() {
            return Some(Err(e));
        }
        (self.wanted.rows.len() > 0).then(|| self.wanted.finish())
    }
}
