//! Hive's RCFile: row groups whose columns lie one behind another.
//!
//! ```text
//!  header │ sync? length  key length  packed key length │ key: rows, and per column lengths │ columns
//! ```
//!
//! Source: Hive `RCFile`; files of version 0, which begin like sequence files, too.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use bytes::Bytes;

use super::lazy_binary::LazyBinary;
use super::sequence::{self, bounds, metadata};
use super::{BLOCK_BYTES, HEADER_BYTES};
use crate::codec::StreamCodec;
use crate::cursor::Cursor;
use crate::input::{Input, read_range};
use crate::rows::Column;
use crate::table::{Descriptor, ReadRequest, TableReader};
use crate::text::{Lazy, Wanted};
use crate::{FormatError, Result};

/// Metadata key of the number of columns.
const COLUMNS: &str = "hive.io.rcfile.column.number";

/// Most rows of a row group; writers make groups of some megabytes.
const GROUP_ROWS: usize = 1 << 24;

#[derive(Debug)]
struct Header {
    codec: StreamCodec,
    columns: usize,
    sync: [u8; 16],
    end: u64,
}

fn header(input: &dyn Input) -> Result<Header> {
    let length = usize::try_from(input.size()).unwrap_or(usize::MAX).min(HEADER_BYTES);
    let bytes = read_range(input, 0, length)?;
    let mut cursor = Cursor::new(&bytes);
    let magic: [u8; 4] = cursor.array()?;
    let (codec, pairs, sync, end) = match &magic {
        b"RCF\x01" => {
            let codec = if cursor.byte()? == 0 {
                StreamCodec::None
            } else {
                StreamCodec::of_class(&cursor.text()?)?
            };
            let pairs = metadata(&mut cursor)?;
            let sync = cursor.array()?;
            (codec, pairs, sync, (bytes.len() - cursor.rest.len()) as u64)
        }
        [b'S', b'E', b'Q', _] => {
            let old = sequence::header(input)?;
            (old.codec, old.metadata, old.sync, old.end)
        }
        _ => return Err(FormatError::data("the file is no RCFile")),
    };
    let columns = pairs.iter().find(|(key, _)| key == COLUMNS);
    let columns = columns.and_then(|(_, value)| value.parse().ok()).ok_or_else(|| {
        FormatError::data("the RCFile does not say how many columns it has").with("key", COLUMNS)
    })?;
    Ok(Header { codec, columns, sync, end })
}

/// Describes a file.
pub(super) fn describe(input: &dyn Input) -> Result<serde_json::Value> {
    let header = header(input)?;
    let codec = format!("{:?}", header.codec).to_lowercase();
    Ok(serde_json::json!({ "codec": codec, "file_columns": header.columns }))
}

/// How cells become values.
#[derive(Debug)]
enum Cells {
    Text(Box<Lazy>),
    Binary(LazyBinary),
}

impl Cells {
    fn push(&mut self, cell: &[u8], column: &mut Column) -> Result<()> {
        match self {
            Self::Text(lazy) => lazy.field(column, cell, 1),
            Self::Binary(binary) => binary.cell(cell, column),
        }
    }
}

/// One row group that was unpacked: for each wanted column its bytes and its cells' lengths.
#[derive(Debug, Default)]
struct Group {
    rows: usize,
    next: usize,
    columns: Vec<(usize, Bytes, Vec<u32>, usize)>,
}

/// Gives the batches of a file.
struct RcFile {
    input: Arc<dyn Input>,
    header: Header,
    at: u64,
    end: u64,
    group: Group,
    cells: Cells,
    wanted: Wanted,
}

/// Opens an RCFile.
///
/// # Errors
/// As [`table::open`](crate::table::open).
pub(crate) fn open(
    descriptor: &Descriptor,
    text: bool,
    input: Arc<dyn Input>,
    request: &ReadRequest,
) -> Result<TableReader> {
    let wanted = Wanted::new(descriptor, request)?;
    let output = wanted.output().to_vec();
    let header = header(input.as_ref())?;
    let cells = if text {
        Cells::Text(Box::new(Lazy::new(descriptor, request)?))
    } else {
        Cells::Binary(LazyBinary::new(descriptor, request)?)
    };
    let Range { start, end } =
        bounds(input.as_ref(), (&header.sync, header.end), request.range.as_ref())?;
    let group = Group::default();
    Ok(TableReader::new(&output, RcFile { input, header, at: start, end, group, cells, wanted }))
}

fn broken(what: &str) -> FormatError {
    FormatError::data(format!("RCFile row group is broken: {what}"))
}

impl RcFile {
    fn take(&mut self, length: usize) -> Result<Bytes> {
        if length > BLOCK_BYTES {
            return Err(broken("it says it is larger than 512 MB"));
        }
        let bytes = read_range(self.input.as_ref(), self.at, length)?;
        self.at += length as u64;
        Ok(bytes)
    }

    fn length(&mut self) -> Result<usize> {
        let length = Cursor::new(&self.take(4)?).i32()?;
        usize::try_from(length).map_err(|_| broken("a length is negative"))
    }

    /// Reads the next row group; false at the end.
    fn next_group(&mut self) -> Result<bool> {
        if self.at >= self.input.size() {
            return Ok(false);
        }
        let first = Cursor::new(&self.take(4)?).i32()?;
        if first == -1 {
            if self.take(16)?.as_ref() != self.header.sync {
                return Err(broken("the sync marker is wrong"));
            }
            if self.at >= self.end {
                // The rest is another's, however often it is asked for.
                self.at = u64::MAX;
                return Ok(false);
            }
            self.length()?;
        } else if first < 0 {
            return Err(broken("a length is negative"));
        }
        let key_length = self.length()?;
        let packed = self.length()?;
        let key = self.take(packed)?;
        let key = match self.header.codec {
            StreamCodec::None => key.to_vec(),
            codec => codec.unpack_block(key, key_length.min(BLOCK_BYTES))?,
        };
        self.columns(&key)?;
        Ok(true)
    }

    /// Unpacks the columns that are wanted.
    fn columns(&mut self, key: &[u8]) -> Result<()> {
        let mut key = Cursor::new(key);
        let rows = key.length()?;
        if rows > GROUP_ROWS {
            return Err(broken("it says it has more than 16777216 rows"));
        }
        let mut group = Group { rows, ..Group::default() };
        let mut total = 0usize;
        for column in 0..self.header.columns {
            let (packed, unpacked) = (key.length()?, key.length()?);
            let length = key.length()?;
            let lengths = key.bytes(length)?;
            let Some(target) = self.wanted.targets.get(column).copied().flatten() else {
                self.at += packed as u64;
                continue;
            };
            let bytes = self.take(packed)?;
            total = total.saturating_add(unpacked);
            if total > BLOCK_BYTES {
                return Err(broken("it says it is larger than 512 MB"));
            }
            let bytes = match self.header.codec {
                StreamCodec::None => bytes,
                codec => codec.unpack_block(bytes, unpacked)?.into(),
            };
            group.columns.push((target, bytes, cell_lengths(lengths, rows)?, 0));
        }
        if self.at > self.input.size() {
            return Err(broken("it is longer than the file"));
        }
        self.group = group;
        Ok(())
    }

    fn fill(&mut self) -> Result<()> {
        while !self.wanted.rows.is_full() {
            if self.group.next == self.group.rows {
                if !self.next_group()? {
                    return Ok(());
                }
                continue;
            }
            let row = self.group.next;
            self.group.next += 1;
            let columns = self.wanted.rows.columns();
            for (target, bytes, lengths, at) in &mut self.group.columns {
                let length = lengths.get(row).map_or(0, |n| *n as usize);
                let end = at.checked_add(length).filter(|end| *end <= bytes.len());
                let end = end.ok_or_else(|| broken("a column is shorter than its cells"))?;
                if let Some(column) = columns.get_mut(*target) {
                    self.cells.push(&bytes[*at..end], column)?;
                }
                *at = end;
            }
            self.wanted.rows.end_row();
        }
        Ok(())
    }
}

/// Reads the lengths of a column's cells, where a negative number repeats the one before.
fn cell_lengths(bytes: &[u8], rows: usize) -> Result<Vec<u32>> {
    let mut cursor = Cursor::new(bytes);
    let mut lengths: Vec<u32> = Vec::new();
    while lengths.len() < rows {
        let next = cursor.vint()?;
        if next >= 0 {
            lengths.push(next.unsigned_abs());
            continue;
        }
        let last = *lengths.last().ok_or_else(|| broken("a run repeats nothing"))?;
        let run = (!next).unsigned_abs() as usize;
        if run == 0 || run > rows - lengths.len() {
            return Err(broken("a run is longer than the rows"));
        }
        // Each cell of a run may take a byte at least, or nothing at all.
        lengths.try_reserve(run).map_err(|_| broken("it has too many rows"))?;
        lengths.extend(std::iter::repeat_n(last, run));
    }
    Ok(lengths)
}

impl Iterator for RcFile {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let near = self.at;
        if let Err(e) = self.fill() {
            return Some(Err(e.with("near byte", near)));
        }
        (self.wanted.rows.len() > 0).then(|| self.wanted.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_lengths_repeat() {
        // 3, then twice more 3 (~2 = -3), then 5.
        assert_eq!(cell_lengths(&[3, 0xfd, 5], 4).unwrap(), [3, 3, 3, 5]);
        assert!(cell_lengths(&[0xfd], 2).is_err());
        assert!(cell_lengths(&[3, 0xf0], 2).is_err());
        assert!(cell_lengths(&[3], 2).is_err());
    }
}
