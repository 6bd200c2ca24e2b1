//! What an open file remembers of its row groups, and the footer made from it.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{BoundaryOrder, Compression as Codec, Encoding, PageType, Type as Physical};
use parquet::basic::{GzipLevel, ZstdLevel};
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::errors::Result as ParquetResult;
use parquet::file::metadata::{
    ColumnChunkMetaData, ColumnIndexBuilder, FileMetaData, KeyValue, OffsetIndexBuilder,
    PageEncodingStats, ParquetMetaDataBuilder, ParquetMetaDataWriter, RowGroupMetaData,
};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::page_index::offset_index::OffsetIndexMetaData;
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::TrackedWrite;
use parquet::schema::types::{ColumnDescPtr, SchemaDescPtr};

use super::values::Bounds;
use crate::compression::Compression;

/// Keeps one row group: its rows and the place of each column chunk.
#[derive(Debug)]
pub(super) struct RowGroup {
    pub(super) rows: usize,
    pub(super) offset: u64,
    pub(super) chunks: Box<[Chunk]>,
}

/// Keeps where one column chunk is and what values it spans.
#[derive(Debug)]
pub(super) struct Chunk {
    /// Place of the dictionary page.
    pub(super) dictionary: Option<u64>,
    pub(super) pages: Box<[Page]>,
    pub(super) compressed: u64,
    pub(super) uncompressed: u64,
    /// Values, nulls and empty lists.
    pub(super) slots: usize,
    pub(super) nulls: usize,
    pub(super) bounds: Option<Bounds>,
    /// How the bounds of the pages follow each other; nothing if some page has none.
    pub(super) order: Option<BoundaryOrder>,
    /// Bytes of the bloom filter until they are written.
    pub(super) bloom: Vec<u8>,
    /// Place and length of the bloom filter.
    pub(super) bloom_at: Option<(u64, usize)>,
}

/// Keeps where one data page is and what values it spans.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) offset: u64,
    /// With its header.
    pub(super) bytes: usize,
    pub(super) rows: usize,
    pub(super) nulls: usize,
    /// Nothing if all of the page is null.
    pub(super) bounds: Option<Bounds>,
}

/// What is the same in the footers of all files of an encoder.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) schema: SchemaDescPtr,
    pub(super) codec: Codec,
    pub(super) created_by: String,
    pub(super) key_value_metadata: Vec<KeyValue>,
}

/// Returns the codec as the footer names it.
pub(super) fn codec(compression: Compression) -> ParquetResult<Codec> {
    Ok(match compression {
        Compression::None => Codec::UNCOMPRESSED,
        Compression::Snappy => Codec::SNAPPY,
        Compression::Gzip => Codec::GZIP(GzipLevel::default()),
        Compression::Zstd(level) => Codec::ZSTD(ZstdLevel::try_new(i32::from(level.get()))?),
        Compression::Lz4Raw => Codec::LZ4_RAW,
    })
}

impl RowGroup {
    /// Returns the bytes of all pages before compression.
    pub(super) fn uncompressed(&self) -> u64 {
        self.chunks.iter().map(|c| c.uncompressed).sum()
    }

    /// Returns about how many bytes of memory this takes.
    pub(super) fn memory(&self) -> usize {
        let bounds = |b: &Option<Bounds>| b.as_ref().map_or(0, |b| b.min.len() + b.max.len());
        let page = |p: &Page| size_of::<Page>() + bounds(&p.bounds);
        let chunk = |c: &Chunk| {
            size_of::<Chunk>() + bounds(&c.bounds) + c.pages.iter().map(page).sum::<usize>()
        };
        size_of::<Self>() + self.chunks.iter().map(chunk).sum::<usize>()
    }
}

/// Appends page index and footer of a file whose next byte is at `offset`.
pub(super) fn write(
    common: &Common,
    row_groups: &[RowGroup],
    offset: u64,
    out: &mut Vec<u8>,
) -> ParquetResult<()> {
    let rows = row_groups.iter().map(|g| signed(g.rows as u64)).sum();
    let key_value = Some(common.key_value_metadata.clone()).filter(|m| !m.is_empty());
    let created_by = Some(common.created_by.clone());
    let file = FileMetaData::new(1, rows, created_by, key_value, Arc::clone(&common.schema), None);
    let (mut column_index, mut offset_index) = (Vec::new(), Vec::new());
    let mut builder = ParquetMetaDataBuilder::new(file);
    for (ordinal, group) in row_groups.iter().enumerate() {
        builder = builder.add_row_group(row_group(common, group, ordinal)?);
        let columns = group.chunks.iter().zip(common.schema.columns());
        column_index.push(
            columns
                .map(|(c, d)| c.column_index(d.physical_type()))
                .collect::<ParquetResult<_>>()?,
        );
        offset_index.push(group.chunks.iter().map(Chunk::offset_index).collect());
    }
    if !row_groups.is_empty() {
        builder = builder.set_column_index(Some(column_index)).set_offset_index(Some(offset_index));
    }
    let metadata = builder.build();
    let mut tracked = TrackedWrite::new(Tail { skip: offset, out });
    // The writer counts the bytes it wrote to know where it is in the file.
    let mut left = offset;
    while left > 0 {
        let step = usize::try_from(left).unwrap_or(usize::MAX).min(ZEROS.len());
        tracked.write_all(&ZEROS[..step])?;
        left -= step as u64;
    }
    ParquetMetaDataWriter::new_with_tracked(tracked, &metadata).finish()
}

static ZEROS: [u8; 1 << 16] = [0; 1 << 16];

/// Writes what comes after the first `skip` bytes.
struct Tail<'a> {
    skip: u64,
    out: &'a mut Vec<u8>,
}

impl Write for Tail<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let skip = usize::try_from(self.skip).unwrap_or(usize::MAX).min(bytes.len());
        self.skip -= skip as u64;
        self.out.extend_from_slice(&bytes[skip..]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn row_group(common: &Common, group: &RowGroup, ordinal: usize) -> ParquetResult<RowGroupMetaData> {
    let columns = group.chunks.iter().zip(common.schema.columns());
    let columns = columns.map(|(chunk, column)| chunk.metadata(column, common.codec));
    let builder = RowGroupMetaData::builder(Arc::clone(&common.schema))
        .set_num_rows(signed(group.rows as u64))
        .set_total_byte_size(signed(group.uncompressed()))
        .set_file_offset(signed(group.offset))
        .set_column_metadata(columns.collect::<ParquetResult<_>>()?);
    match i16::try_from(ordinal) {
        Ok(ordinal) => builder.set_ordinal(ordinal).build(),
        Err(_) => builder.build(),
    }
}

impl Chunk {
    fn metadata(&self, column: &ColumnDescPtr, codec: Codec) -> ParquetResult<ColumnChunkMetaData> {
        let first_page = self.pages.first().map_or(0, |p| p.offset);
        let pages = i32::try_from(self.pages.len()).unwrap_or(i32::MAX);
        let page = |page_type, encoding, count| PageEncodingStats { page_type, encoding, count };
        let (encodings, stats) = match self.dictionary {
            Some(_) => (
                vec![Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY],
                vec![
                    page(PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1),
                    page(PageType::DATA_PAGE, Encoding::RLE_DICTIONARY, pages),
                ],
            ),
            None => (
                vec![Encoding::PLAIN, Encoding::RLE],
                vec![page(PageType::DATA_PAGE, Encoding::PLAIN, pages)],
            ),
        };
        ColumnChunkMetaData::builder(Arc::clone(column))
            .set_compression(codec)
            .set_encodings(encodings)
            .set_page_encoding_stats(stats)
            .set_num_values(signed(self.slots as u64))
            .set_total_compressed_size(signed(self.compressed))
            .set_total_uncompressed_size(signed(self.uncompressed))
            .set_dictionary_page_offset(self.dictionary.map(signed))
            .set_data_page_offset(signed(first_page))
            .set_bloom_filter_offset(self.bloom_at.map(|(at, _)| signed(at)))
            .set_bloom_filter_length(self.bloom_at.and_then(|(_, n)| i32::try_from(n).ok()))
            .set_statistics(statistics(column, self.bounds.as_ref(), self.nulls as u64))
            .build()
    }

    fn offset_index(&self) -> OffsetIndexMetaData {
        let mut index = OffsetIndexBuilder::new();
        for page in &self.pages {
            index.append_row_count(signed(page.rows as u64));
            let bytes = i32::try_from(page.bytes).unwrap_or(i32::MAX);
            index.append_offset_and_size(signed(page.offset), bytes);
        }
        index.build()
    }

    fn column_index(&self, physical: Physical) -> ParquetResult<ColumnIndexMetaData> {
        let Some(order) = self.order else { return Ok(ColumnIndexMetaData::NONE) };
        let mut index = ColumnIndexBuilder::new(physical);
        for page in &self.pages {
            let bounds = page.bounds.as_ref();
            let (min, max) = bounds.map(|b| (b.min.to_vec(), b.max.to_vec())).unwrap_or_default();
            index.append(bounds.is_none(), min, max, signed(page.nulls as u64));
        }
        index.set_boundary_order(order);
        index.build()
    }
}

/// Makes statistics from bounds; the old pair of fields is filled too where its order is the same.
fn statistics(column: &ColumnDescPtr, bounds: Option<&Bounds>, nulls: u64) -> Statistics {
    let min = bounds.map(|b| &*b.min);
    let max = bounds.map(|b| &*b.max);
    let nulls = Some(nulls);
    macro_rules! number {
        ($variant:ident, $ty:ty) => {{
            let value = |b: &[u8]| b.first_chunk().map(|b| <$ty>::from_le_bytes(*b));
            let stats =
                ValueStatistics::new(min.and_then(value), max.and_then(value), None, nulls, false);
            Statistics::$variant(stats.with_backwards_compatible_min_max(true))
        }};
    }
    let exact = (bounds.is_none_or(|b| b.min_exact), bounds.is_none_or(|b| b.max_exact));
    match column.physical_type() {
        Physical::BOOLEAN => {
            let value = |b: &[u8]| b.first().map(|b| *b != 0);
            let stats =
                ValueStatistics::new(min.and_then(value), max.and_then(value), None, nulls, false);
            Statistics::Boolean(stats.with_backwards_compatible_min_max(true))
        }
        Physical::INT32 => number!(Int32, i32),
        Physical::INT64 => number!(Int64, i64),
        Physical::FLOAT => number!(Float, f32),
        Physical::DOUBLE => number!(Double, f64),
        Physical::INT96 => Statistics::int96(None, None, None, nulls, false),
        Physical::BYTE_ARRAY => {
            let value = |b: &[u8]| ByteArray::from(b.to_vec());
            let stats = ValueStatistics::new(min.map(value), max.map(value), None, nulls, false);
            Statistics::ByteArray(stats.with_min_is_exact(exact.0).with_max_is_exact(exact.1))
        }
        Physical::FIXED_LEN_BYTE_ARRAY => {
            let value = |b: &[u8]| FixedLenByteArray::from(b.to_vec());
            let stats = ValueStatistics::new(min.map(value), max.map(value), None, nulls, false);
            Statistics::FixedLenByteArray(stats)
        }
    }
}
