//! The parts of one stripe while it is written: index streams, data streams, their descriptions.

use super::super::codec::{BlockMap, Compressor};
use super::super::meta::{Encoding, Stream, StreamKind, put_row_index_entry};
use super::super::statistics::Statistics;
use crate::Result;

/// Collects the streams of a stripe, column by column in the order of their numbers.
#[derive(Debug)]
pub(super) struct Stripe<'a> {
    pub(super) compressor: &'a mut Compressor,
    pub(super) index: &'a mut Vec<u8>,
    pub(super) data: &'a mut Vec<u8>,
    pub(super) index_streams: Vec<Stream>,
    pub(super) data_streams: Vec<Stream>,
    pub(super) encodings: Vec<Encoding>,
    /// Of each column: all row groups together.
    pub(super) statistics: Vec<Statistics>,
    /// Whether there is a row index.
    pub(super) indexed: bool,
}

/// Says what a position of a stream has besides the place of its byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Nothing: values are bytes.
    Bytes,
    /// A number of values within a run, always 0 here.
    Runs,
    /// The same, and the number of bits within the byte.
    Bits,
}

/// A stream that is written: where its row groups begin.
#[derive(Debug)]
pub(super) struct Placed {
    map: BlockMap,
    unit: Unit,
    marks: Vec<Mark>,
}

/// The start of a row group in a stream before compression.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) offset: usize,
    pub(super) bits: u8,
}

impl Stripe<'_> {
    /// Appends a stream of a column's data; the C++ library expects an empty one to be listed too.
    pub(super) fn put(
        &mut self,
        column: usize,
        kind: StreamKind,
        stream: &[u8],
        (unit, marks): (Unit, Vec<Mark>),
    ) -> Result<Placed> {
        let start = self.data.len();
        let map = self.compressor.put(stream, self.data)?;
        let length = (self.data.len() - start) as u64;
        self.data_streams.push(Stream { kind, column: column as u32, length });
        Ok(Placed { map, unit, marks })
    }

    /// Appends a column's row index and bloom filters, and keeps its statistics.
    ///
    /// `blooms` is the encoded filter index, empty if there is none.
    pub(super) fn close_column(
        &mut self,
        column: usize,
        encoding: Encoding,
        groups: &[Statistics],
        placed: &[Placed],
        blooms: &[u8],
    ) -> Result<()> {
        let mut whole = groups.first().cloned().unwrap_or_default();
        groups.iter().skip(1).for_each(|group| whole.merge(group));
        let of_column = self.data_streams.iter().filter(|s| s.column as usize == column);
        whole.bytes_on_disk = of_column.map(|s| s.length).sum();
        self.statistics.push(whole);
        self.encodings.push(encoding);
        if !self.indexed {
            return Ok(());
        }
        let (mut index, mut positions) = (Vec::new(), Vec::new());
        for (number, statistics) in groups.iter().enumerate() {
            positions.clear();
            for stream in placed {
                stream.position(number, &mut positions);
            }
            put_row_index_entry(&positions, statistics, &mut index);
        }
        self.put_index(column, StreamKind::RowIndex, &index)?;
        if !blooms.is_empty() {
            self.put_index(column, StreamKind::BloomFilterUtf8, blooms)?;
        }
        Ok(())
    }

    fn put_index(&mut self, column: usize, kind: StreamKind, stream: &[u8]) -> Result<()> {
        let start = self.index.len();
        self.compressor.put(stream, self.index)?;
        let length = (self.index.len() - start) as u64;
        self.index_streams.push(Stream { kind, column: column as u32, length });
        Ok(())
    }
}

impl Placed {
    fn position(&self, group: usize, positions: &mut Vec<u64>) {
        let Some(mark) = self.marks.get(group) else { return };
        self.map.position(mark.offset, positions);
        match self.unit {
            Unit::Bytes => {}
            Unit::Runs => positions.push(0),
            Unit::Bits => positions.extend([0, u64::from(mark.bits)]),
        }
    }
}
