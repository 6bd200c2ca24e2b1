//! What belongs to one stripe: its streams, encodings and indexes.

use super::super::proto::{Fields, push, put_bytes, put_message, put_number, put_packed};
use super::super::statistics::Statistics;
use super::{MOST_COLUMNS, MOST_PARTS, MOST_STATISTICS};
use crate::{FormatError, Result};

/// Names what a stream of a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::orc) enum StreamKind {
    Present,
    Data,
    Length,
    DictionaryData,
    DictionaryCount,
    Secondary,
    RowIndex,
    BloomFilter,
    BloomFilterUtf8,
    Other,
}

const STREAM_KINDS: [StreamKind; 9] = [
    StreamKind::Present,
    StreamKind::Data,
    StreamKind::Length,
    StreamKind::DictionaryData,
    StreamKind::DictionaryCount,
    StreamKind::Secondary,
    StreamKind::RowIndex,
    StreamKind::BloomFilter,
    StreamKind::BloomFilterUtf8,
];

/// Describes one stream of a stripe. Units: bytes.
#[derive(Clone, Copy, Debug)]
pub(in crate::orc) struct Stream {
    pub(in crate::orc) kind: StreamKind,
    pub(in crate::orc) column: u32,
    pub(in crate::orc) length: u64,
}

/// Names how a column of a stripe is encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::orc) struct Encoding {
    pub(in crate::orc) dictionary: bool,
    /// Whether integers are in the second form of run lengths.
    pub(in crate::orc) v2: bool,
    pub(in crate::orc) dictionary_size: u32,
    /// Whether the bloom filters of timestamps are of UTC and those of texts of UTF-8.
    pub(in crate::orc) bloom_utf8: bool,
}

impl Encoding {
    fn read(message: &[u8]) -> Result<Self> {
        let mut encoding = Self::default();
        let mut fields = Fields::new(message);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 => {
                    let kind = value.number()?;
                    if kind > 3 {
                        return Err(FormatError::unsupported("orc file has an unknown encoding")
                            .with("encoding", kind));
                    }
                    encoding.dictionary = kind & 1 == 1;
                    encoding.v2 = kind >= 2;
                }
                2 => encoding.dictionary_size = value.small()?,
                3 => encoding.bloom_utf8 = value.number()? == 1,
                _ => {}
            }
        }
        Ok(encoding)
    }

    fn write(self, out: &mut Vec<u8>) {
        put_number(1, u64::from(self.dictionary) + 2 * u64::from(self.v2), out);
        if self.dictionary {
            put_number(2, u64::from(self.dictionary_size), out);
        }
        if self.bloom_utf8 {
            put_number(3, 1, out);
        }
    }
}

/// Holds the footer of a stripe.
#[derive(Clone, Debug, Default)]
pub(in crate::orc) struct StripeFooter {
    pub(in crate::orc) streams: Vec<Stream>,
    pub(in crate::orc) encodings: Vec<Encoding>,
    pub(in crate::orc) zone: String,
}

impl StripeFooter {
    pub(in crate::orc) fn read(message: &[u8]) -> Result<Self> {
        let mut footer = Self::default();
        let mut fields = Fields::new(message);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 => push(stream(value.bytes()?)?, MOST_PARTS, &mut footer.streams)?,
                2 => push(Encoding::read(value.bytes()?)?, MOST_COLUMNS, &mut footer.encodings)?,
                3 => footer.zone = value.text()?,
                4 => {
                    return Err(FormatError::unsupported("orc column encryption is not supported"));
                }
                _ => {}
            }
        }
        Ok(footer)
    }

    pub(in crate::orc) fn write(&self, out: &mut Vec<u8>) {
        for stream in &self.streams {
            let kind = STREAM_KINDS.iter().position(|k| *k == stream.kind).unwrap_or(0);
            put_message(1, out, |out| {
                put_number(1, kind as u64, out);
                put_number(2, u64::from(stream.column), out);
                put_number(3, stream.length, out);
            });
        }
        for encoding in &self.encodings {
            put_message(2, out, |out| encoding.write(out));
        }
        put_bytes(3, self.zone.as_bytes(), out);
    }
}

fn stream(message: &[u8]) -> Result<Stream> {
    let mut stream = Stream { kind: StreamKind::Other, column: 0, length: 0 };
    let mut kind = 0;
    let mut fields = Fields::new(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => kind = value.number()?,
            2 => stream.column = value.small()?,
            3 => stream.length = value.number()?,
            _ => {}
        }
    }
    let known = usize::try_from(kind).ok().and_then(|n| STREAM_KINDS.get(n));
    stream.kind = known.copied().unwrap_or(StreamKind::Other);
    Ok(stream)
}

/// Holds one row group's entry of a column's index.
#[derive(Clone, Debug, Default)]
pub(in crate::orc) struct RowIndexEntry {
    pub(in crate::orc) positions: Vec<u64>,
    pub(in crate::orc) statistics: Statistics,
}

/// Reads a column's row index, of so many row groups at most.
pub(in crate::orc) fn row_index(message: &[u8], most: usize) -> Result<Vec<RowIndexEntry>> {
    let mut entries = Vec::new();
    let mut fields = Fields::new(message);
    while let Some((field, value)) = fields.next()? {
        if field != 1 {
            continue;
        }
        let mut entry = RowIndexEntry::default();
        let mut inner = Fields::new(value.bytes()?);
        while let Some((field, value)) = inner.next()? {
            match field {
                1 => value.append_to(&mut entry.positions)?,
                2 => entry.statistics = Statistics::read(value.bytes()?)?,
                _ => {}
            }
        }
        push(entry, most, &mut entries)?;
    }
    Ok(entries)
}

/// Appends one entry of a column's row index.
pub(in crate::orc) fn put_row_index_entry(
    positions: &[u64],
    statistics: &Statistics,
    out: &mut Vec<u8>,
) {
    put_message(1, out, |out| {
        put_packed(1, positions.iter().copied(), out);
        put_message(2, out, |out| statistics.write(out));
    });
}

/// Reads the statistics of all stripes.
pub(in crate::orc) fn stripe_statistics(message: &[u8]) -> Result<Vec<Vec<Statistics>>> {
    let (mut stripes, mut left) = (Vec::new(), MOST_STATISTICS);
    let mut fields = Fields::new(message);
    while let Some((field, value)) = fields.next()? {
        if field != 1 {
            continue;
        }
        let mut columns = Vec::new();
        let mut inner = Fields::new(value.bytes()?);
        while let Some((field, value)) = inner.next()? {
            if field == 1 {
                push(Statistics::read(value.bytes()?)?, left, &mut columns)?;
            }
        }
        left -= columns.len();
        push(columns, MOST_PARTS, &mut stripes)?;
    }
    Ok(stripes)
}
