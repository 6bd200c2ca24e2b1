//! Hadoop sequence files, whose values are rows.
//!
//! Source: Hadoop `SequenceFile`: version 6 and 5; without compression, by record, by block.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use bytes::Bytes;
use encoding_rs::Encoding;

use super::lazy_binary::LazyBinary;
use super::{BLOCK_BYTES, HEADER_BYTES};
use crate::codec::StreamCodec;
use crate::cursor::Cursor;
use crate::input::{Input, read_range};
use crate::table::{Descriptor, ReadRequest, RowFormat, TableReader};
use crate::text::{RowReader, Wanted, charset};
use crate::types::HiveType;
use crate::{FormatError, Result};

/// Bytes that are searched at once for a sync marker.
const SEARCH_BYTES: usize = 1 << 20;

/// What the beginning of a file says.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) codec: StreamCodec,
    pub(super) by_block: bool,
    /// Whether values are `Text`, with a length of one to five bytes, instead of `BytesWritable`.
    pub(super) text: bool,
    pub(super) metadata: Vec<(String, String)>,
    pub(super) sync: [u8; 16],
    /// Where the records begin.
    pub(super) end: u64,
}

/// Reads the header of a sequence file.
pub(super) fn header(input: &dyn Input) -> Result<Header> {
    let length = usize::try_from(input.size()).unwrap_or(usize::MAX).min(HEADER_BYTES);
    let bytes = read_range(input, 0, length)?;
    let mut cursor = Cursor::new(&bytes);
    let magic: [u8; 4] = cursor.array()?;
    if &magic[..3] != b"SEQ" {
        return Err(FormatError::data("the file is no sequence file"));
    }
    let version = magic[3];
    if !(5..=6).contains(&version) {
        return Err(FormatError::unsupported("sequence files of this version are not read")
            .with("version", version)
            .with("known", "5, 6"));
    }
    let _key = cursor.text()?;
    let value = cursor.text()?;
    let compressed = cursor.byte()? != 0;
    let by_block = cursor.byte()? != 0;
    let codec =
        if compressed { StreamCodec::of_class(&cursor.text()?)? } else { StreamCodec::None };
    let metadata = if version >= 6 { metadata(&mut cursor)? } else { Vec::new() };
    let text = match value.rsplit('.').next() {
        Some("Text") => true,
        Some("BytesWritable" | "BytesRefArrayWritable" | "ValueBuffer") => false,
        _ => {
            return Err(
                FormatError::unsupported("values of this class are no rows").with("class", value)
            );
        }
    };
    let sync = cursor.array()?;
    let end = (bytes.len() - cursor.rest.len()) as u64;
    Ok(Header { codec, by_block, text, metadata, sync, end })
}

/// Reads the metadata of a header.
pub(super) fn metadata(cursor: &mut Cursor<'_>) -> Result<Vec<(String, String)>> {
    let count = cursor.i32()?;
    if usize::try_from(count).is_err() || count as usize > cursor.rest.len() {
        return Err(FormatError::data("the header has more metadata than bytes"));
    }
    (0..count).map(|_| Ok((cursor.text()?, cursor.text()?))).collect()
}

/// Finds the end of the first sync marker at or behind a position.
pub(super) fn find_sync(input: &dyn Input, sync: &[u8; 16], from: u64) -> Result<Option<u64>> {
    let finder = memchr::memmem::Finder::new(sync);
    let mut at = from;
    while at + 16 <= input.size() {
        let left = usize::try_from(input.size() - at).unwrap_or(usize::MAX);
        let bytes = read_range(input, at, left.min(SEARCH_BYTES))?;
        if let Some(found) = finder.find(&bytes) {
            return Ok(Some(at + found as u64 + 16));
        }
        at += (bytes.len() - 15) as u64;
    }
    Ok(None)
}

/// Tells where in a file reading begins, and where it ends.
///
/// What lies behind a sync marker belongs to the range in which the marker ends.
pub(crate) fn bounds(
    input: &dyn Input,
    (sync, header_end): (&[u8; 16], u64),
    range: Option<&Range<u64>>,
) -> Result<Range<u64>> {
    let Some(range) = range else { return Ok(header_end..u64::MAX) };
    let start = if range.start <= header_end {
        Some(header_end)
    } else {
        find_sync(input, sync, (range.start - 16).max(header_end))?
    };
    // What lies behind the end is read by the range that it belongs to.
    let start = start.filter(|start| *start < range.end);
    Ok(start.unwrap_or(u64::MAX)..range.end)
}

/// Describes a file.
pub(super) fn describe(input: &dyn Input) -> Result<serde_json::Value> {
    let header = header(input)?;
    let pairs = header.metadata.into_iter().map(|(key, value)| (key, value.into()));
    Ok(serde_json::json!({
        "codec": format!("{:?}", header.codec).to_lowercase(),
        "compressed_by": if header.by_block { "block" } else { "record" },
        "metadata": pairs.collect::<serde_json::Map<String, serde_json::Value>>(),
    }))
}

/// How rows become columns.
#[derive(Debug)]
enum Rows {
    Text(Box<RowReader>, Option<&'static Encoding>),
    Binary(LazyBinary, Vec<HiveType>),
}

/// Gives the batches of a file.
struct SequenceFile {
    input: Arc<dyn Input>,
    header: Header,
    at: u64,
    end: u64,
    /// Whether a sync marker at or behind the end was passed: the rest is another's.
    done: bool,
    window: Bytes,
    window_at: u64,
    /// Values of the block that is being read.
    block: VecDeque<Bytes>,
    rows: Rows,
    wanted: Wanted,
}

/// Opens a sequence file.
///
/// # Errors
/// As [`table::open`](crate::table::open).
pub(crate) fn open(
    descriptor: &Descriptor,
    format: RowFormat,
    input: Arc<dyn Input>,
    request: &ReadRequest,
) -> Result<TableReader> {
    let wanted = Wanted::new(descriptor, request)?;
    let output = wanted.output().to_vec();
    let header = header(input.as_ref())?;
    let rows = match format {
        RowFormat::LazyBinary => {
            let types = descriptor.columns.iter().map(|c| c.ty.clone()).collect();
            Rows::Binary(LazyBinary::new(descriptor, request)?, types)
        }
        format => Rows::Text(
            Box::new(RowReader::new(descriptor, request, format, wanted.targets.clone())?),
            charset(descriptor)?,
        ),
    };
    let bounds = bounds(input.as_ref(), (&header.sync, header.end), request.range.as_ref())?;
    // A block begins with the marker that was found behind the header, and with the four bytes before it.
    let marker = if header.by_block && bounds.start > header.end { 20 } else { 0 };
    let file = SequenceFile {
        input,
        at: bounds.start - marker,
        header,
        end: bounds.end,
        done: false,
        window: Bytes::new(),
        window_at: 0,
        block: VecDeque::new(),
        rows,
        wanted,
    };
    Ok(TableReader::new(&output, file))
}

impl SequenceFile {
    /// Takes bytes at the current position.
    fn take(&mut self, length: usize) -> Result<Bytes> {
        if length > BLOCK_BYTES {
            return Err(FormatError::data("a record is larger than 512 MB").with("at", self.at));
        }
        let offset = usize::try_from(self.at.saturating_sub(self.window_at)).unwrap_or(usize::MAX);
        let inside = self.at >= self.window_at
            && offset.checked_add(length).is_some_and(|end| end <= self.window.len());
        if !inside {
            let left = self.input.size().saturating_sub(self.at);
            let want = usize::try_from(left).unwrap_or(usize::MAX).min(SEARCH_BYTES.max(length));
            self.window = read_range(self.input.as_ref(), self.at, want.max(length))?;
            self.window_at = self.at;
        }
        let offset = (self.at - self.window_at) as usize;
        self.at += length as u64;
        Ok(self.window.slice(offset..offset + length))
    }

    fn int(&mut self) -> Result<i32> {
        Cursor::new(&self.take(4)?).i32()
    }

    fn vint(&mut self) -> Result<usize> {
        let mut bytes = self.take(1)?.to_vec();
        let first = bytes[0].cast_signed();
        if first < -112 {
            let more = if first < -120 { -120 - first } else { -112 - first };
            bytes.extend_from_slice(&self.take(more as usize)?);
        }
        Cursor::new(&bytes).length()
    }

    /// Gives the next value.
    fn value(&mut self) -> Result<Option<Bytes>> {
        loop {
            if let Some(value) = self.block.pop_front() {
                return Ok(Some(value));
            }
            if self.done || self.at >= self.input.size() {
                return Ok(None);
            }
            if self.header.by_block {
                if self.at >= self.end.saturating_add(4) || !self.next_block()? {
                    return Ok(None);
                }
                continue;
            }
            let begin = self.at;
            let length = self.int()?;
            if length == -1 {
                self.sync()?;
                // What follows a marker that ends behind the range belongs to the next one.
                self.done = self.at >= self.end && begin >= self.header.end;
                continue;
            }
            return self.record(length).map(Some);
        }
    }

    fn sync(&mut self) -> Result<()> {
        let at = self.at;
        if self.take(16)?.as_ref() != self.header.sync {
            return Err(FormatError::data("sequence file has a wrong sync marker").with("at", at));
        }
        Ok(())
    }

    fn record(&mut self, length: i32) -> Result<Bytes> {
        let at = self.at;
        let key = self.int()?;
        let value = length.checked_sub(key).and_then(|n| usize::try_from(n).ok());
        let (Ok(key), Some(value)) = (usize::try_from(key), value) else {
            return Err(FormatError::data("sequence file has a record of wrong length")
                .with("at", at)
                .with("length", length));
        };
        self.take(key)?;
        let value = self.take(value)?;
        match self.header.codec {
            StreamCodec::None => Ok(value),
            codec => Ok(codec.unpack_block(value, BLOCK_BYTES)?.into()),
        }
    }

    fn next_block(&mut self) -> Result<bool> {
        if self.int()? != -1 {
            return Err(FormatError::data("sequence file has no sync marker before a block")
                .with("at", self.at));
        }
        self.sync()?;
        if self.at >= self.end {
            self.done = true;
            return Ok(false);
        }
        let count = self.vint()?;
        let mut parts = Vec::with_capacity(4);
        for i in 0..4 {
            let length = self.vint()?;
            let packed = self.take(length)?;
            // The keys are of no use.
            parts.push(if i < 2 {
                Vec::new()
            } else {
                self.header.codec.unpack_block(packed, BLOCK_BYTES)?
            });
        }
        let values = Bytes::from(parts.pop().unwrap_or_default());
        let lengths = parts.pop().unwrap_or_default();
        let mut lengths = Cursor::new(&lengths);
        let mut begin = 0usize;
        for _ in 0..count {
            let end = begin.checked_add(lengths.length()?).filter(|end| *end <= values.len());
            let end = end.ok_or_else(|| {
                FormatError::data("sequence file has a block shorter than its values")
            })?;
            self.block.push_back(values.slice(begin..end));
            begin = end;
        }
        Ok(true)
    }

    fn fill(&mut self) -> Result<()> {
        while !self.wanted.rows.is_full() {
            let Some(value) = self.value()? else { return Ok(()) };
            let mut cursor = Cursor::new(&value);
            let length = if self.header.text {
                cursor.length()?
            } else {
                usize::try_from(cursor.i32()?).map_err(|_| {
                    FormatError::data("a row of a sequence file has a negative length")
                })?
            };
            let row = cursor.bytes(length)?;
            let columns = self.wanted.rows.columns();
            let read = match &mut self.rows {
                Rows::Text(reader, None) => reader.row(row, columns)?,
                Rows::Text(reader, Some(charset)) => {
                    let (text, _) = charset.decode_without_bom_handling(row);
                    reader.row(text.as_bytes(), columns)?
                }
                Rows::Binary(reader, types) => {
                    reader.row(row, types, &self.wanted.targets, columns)?;
                    true
                }
            };
            if read {
                self.wanted.rows.end_row();
            }
        }
        Ok(())
    }
}

impl Iterator for SequenceFile {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let near = self.at;
        if let Err(e) = self.fill() {
            return Some(Err(e.with("near byte", near)));
        }
        (self.wanted.rows.len() > 0).then(|| self.wanted.finish())
    }
}
