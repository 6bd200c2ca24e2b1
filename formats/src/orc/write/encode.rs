//! One encoder for any number of open files.

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use super::super::bloom::BloomFilter;
use super::super::codec::Compressor;
use super::super::meta::{
    Calendar, Encoding, Footer, MAGIC, OrcCompression, PostScript, StripeFooter, StripeInfo, Type,
};
use super::super::options::OrcOptions;
use super::super::proto::put_message;
use super::super::schema::flatten;
use super::super::statistics::Statistics;
use super::column::Column;
use super::runs::Integers;
use super::stripe::Stripe;
use crate::types::{HiveType, StructField};
use crate::{FileStats, FormatError, Result};

/// Version of the writer in the numbering of the Java library: the first whose statistics,
/// bloom filters and text bounds are as they are here.
const WRITER_VERSION: u32 = 9;

/// Encodes stripes for any number of open files with one codec context and one set of buffers.
///
/// ```
/// # use std::sync::Arc;
/// # use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// # use formats::orc::{OrcEncoder, OrcOptions};
/// # fn main() -> formats::Result<()> {
/// let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
/// let batch = RecordBatch::try_from_iter([("id", ids)]).expect("one column");
/// let mut encoder = OrcEncoder::new(&batch.schema(), None, &OrcOptions::default())?;
/// let (mut file, mut bytes) = (encoder.start(), Vec::new());
/// encoder.stripes(&mut file, &[batch], &mut bytes)?;
/// let stats = encoder.finish(file, &mut bytes)?;
/// assert_eq!((stats.rows, stats.bytes), (3, bytes.len() as u64));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct OrcEncoder {
    options: OrcOptions,
    types: Vec<Type>,
    columns: Vec<Column>,
    compressor: Compressor,
    integers: Integers,
    index: Vec<u8>,
    data: Vec<u8>,
}

/// Keeps what a file needs until its footer is written.
///
/// The statistics of its stripes are kept as they will be stored, compressed.
#[derive(Debug, Default)]
pub struct OpenOrcFile {
    /// Place of the next byte.
    offset: u64,
    rows: u64,
    stripes: Vec<StripeInfo>,
    /// Statistics of all columns so far; empty before the first stripe.
    statistics: Vec<Statistics>,
    metadata: Vec<u8>,
}

impl OpenOrcFile {
    /// Returns the number of bytes given out so far.
    pub fn bytes(&self) -> u64 {
        self.offset
    }

    /// Returns the number of rows encoded so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns about how many bytes of memory the file holds until it is finished.
    pub fn memory(&self) -> usize {
        size_of::<Self>()
            + self.stripes.capacity() * size_of::<StripeInfo>()
            + self.metadata.capacity()
            + self.statistics.iter().map(Statistics::memory).sum::<usize>()
    }
}

impl OrcEncoder {
    /// Makes an encoder for files of one schema.
    ///
    /// The fields have the names of Hive's columns and the types of [`HiveType::to_arrow`]; other
    /// Arrow types of the same values are taken too: texts as `LargeUtf8`, `Utf8View` or
    /// dictionaries, timestamps in any unit. `hive_types` tells which texts are `char` or
    /// `varchar`; without it all are `string`.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) if a column's type cannot be
    /// stored (intervals, void), [`ErrorKind::Config`](crate::ErrorKind::Config) if an option is
    /// out of range or names a column that does not exist.
    pub fn new(
        schema: &Schema,
        hive_types: Option<&[HiveType]>,
        options: &OrcOptions,
    ) -> Result<Self> {
        options.check()?;
        let inferred = schema.fields().iter().map(|f| HiveType::from_arrow(f.data_type()));
        let hive_types = match hive_types {
            Some(types) => types.to_vec(),
            None => inferred.collect::<Result<_>>()?,
        };
        if hive_types.len() != schema.fields().len() {
            return Err(FormatError::schema("a type for each column is needed"));
        }
        let fields = schema.fields().iter().zip(hive_types);
        let fields = fields.map(|(f, ty)| StructField { name: f.name().clone(), ty }).collect();
        let mut types = Vec::new();
        flatten(&HiveType::Struct(fields), &mut types)?;
        let blooms = bloom_columns(&types, options)?;
        let bloom = |id: usize| {
            let wanted = options.row_index_stride > 0 && blooms.contains(&id);
            wanted.then(|| BloomFilter::new(options.row_index_stride, options.bloom_fpp))
        };
        let threshold = options.dictionary_threshold;
        let columns = vec![Column::new(&types, 0, threshold, &bloom)];
        // What is compressed later gets smaller, and is read faster, with whole bytes.
        let aligned = options.compression != OrcCompression::None;
        Ok(Self {
            options: options.clone(),
            types,
            columns,
            compressor: Compressor::new(options)?,
            integers: Integers::new(aligned),
            index: Vec::new(),
            data: Vec::new(),
        })
    }

    /// Opens a file; it has no bytes yet.
    pub fn start(&self) -> OpenOrcFile {
        OpenOrcFile::default()
    }

    /// Encodes all rows of `batches`, in order, and appends their bytes to `out`.
    ///
    /// They make one stripe, or several if they are more than `stripe_bytes`. Without rows nothing
    /// happens. After an error file and `out` are as before.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if a batch has other columns than the
    /// encoder, [`ErrorKind::Data`](crate::ErrorKind::Data) if a value cannot be stored: a decimal
    /// with more digits than its type.
    pub fn stripes(
        &mut self,
        file: &mut OpenOrcFile,
        batches: &[RecordBatch],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let rows = batches.iter().map(RecordBatch::num_rows).sum::<usize>();
        if rows == 0 {
            return Ok(());
        }
        let (start, before) = (out.len(), (file.offset, file.rows, file.stripes.len()));
        let (statistics, metadata) = (file.statistics.clone(), file.metadata.len());
        let encoded = self.append_stripes(file, batches, rows, out);
        if encoded.is_err() {
            out.truncate(start);
            (file.offset, file.rows) = (before.0, before.1);
            file.stripes.truncate(before.2);
            file.metadata.truncate(metadata);
            file.statistics = statistics;
        }
        encoded
    }

    fn append_stripes(
        &mut self,
        file: &mut OpenOrcFile,
        batches: &[RecordBatch],
        rows: usize,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        for batch in batches {
            if batch.num_columns() != self.types[0].children.len() {
                return Err(FormatError::schema(
                    "batch has another number of columns than the file",
                )
                .with("columns", batch.num_columns())
                .with("expected", self.types[0].children.len()));
            }
        }
        let bytes = batches.iter().map(super::size::of_batch).sum::<usize>();
        let share = self.options.stripe_bytes as u128 * rows as u128 / bytes.max(1) as u128;
        let stride = self.options.row_index_stride.max(1000);
        // Whole row groups, so that every stripe but the last has full ones.
        let at_once = (share as usize / stride).max(1) * stride;
        let mut cursor = Cursor { batches, batch: 0, row: 0 };
        let mut left = rows;
        while left > 0 {
            let count = left.min(at_once);
            self.append_stripe(file, &mut cursor, count, out)?;
            left -= count;
        }
        Ok(())
    }

    /// Encodes the next `rows` rows as one stripe.
    fn append_stripe(
        &mut self,
        file: &mut OpenOrcFile,
        cursor: &mut Cursor<'_>,
        rows: usize,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        if file.offset == 0 {
            out.extend_from_slice(MAGIC);
            file.offset = MAGIC.len() as u64;
        }
        self.index.clear();
        self.data.clear();
        let [root] = &mut *self.columns else {
            return Err(FormatError::internal("orc columns without a root"));
        };
        root.clear();
        let stride = match self.options.row_index_stride {
            0 => rows,
            stride => stride,
        };
        let mut left = rows;
        while left > 0 {
            let group = left.min(stride);
            root.begin_group();
            cursor.take(group, |batch| root.append(&batch))?;
            root.end_group(&mut self.integers);
            left -= group;
        }
        let mut stripe = Stripe {
            compressor: &mut self.compressor,
            index: &mut self.index,
            data: &mut self.data,
            index_streams: Vec::new(),
            data_streams: Vec::new(),
            encodings: Vec::<Encoding>::new(),
            statistics: Vec::new(),
            indexed: self.options.row_index_stride > 0,
        };
        root.write(&mut self.integers, &mut stripe)?;
        let Stripe { mut index_streams, data_streams, encodings, statistics, .. } = stripe;
        index_streams.extend(data_streams);
        let footer = StripeFooter { streams: index_streams, encodings, zone: "UTC".to_owned() };
        out.extend_from_slice(&self.index);
        out.extend_from_slice(&self.data);
        let footer_length = self.put_message(|out| footer.write(out), out)?;
        let info = StripeInfo {
            offset: file.offset,
            index_length: self.index.len() as u64,
            data_length: self.data.len() as u64,
            footer_length,
            rows: rows as u64,
        };
        file.offset += info.index_length + info.data_length + footer_length;
        file.rows += rows as u64;
        file.stripes.push(info);
        let columns = |out: &mut Vec<u8>| {
            put_message(1, out, |out| {
                for column in &statistics {
                    put_message(1, out, |out| column.write(out));
                }
            });
        };
        let mut metadata = std::mem::take(&mut file.metadata);
        let put = self.put_message(columns, &mut metadata);
        file.metadata = metadata;
        put?;
        if file.statistics.is_empty() {
            file.statistics = statistics;
        } else {
            file.statistics.iter_mut().zip(&statistics).for_each(|(all, one)| all.merge(one));
        }
        Ok(())
    }

    /// Appends a message as blocks; returns its length.
    fn put_message(&mut self, write: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) -> Result<u64> {
        let mut message = Vec::new();
        write(&mut message);
        let start = out.len();
        self.compressor.put(&message, out)?;
        Ok((out.len() - start) as u64)
    }

    /// Appends the footer; the file is complete, also without any rows.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) if the metadata cannot be compressed.
    pub fn finish(&mut self, file: OpenOrcFile, out: &mut Vec<u8>) -> Result<FileStats> {
        let OpenOrcFile { offset, rows, stripes, statistics, metadata } = file;
        let start = out.len();
        if offset == 0 {
            out.extend_from_slice(MAGIC);
        }
        let statistics = if statistics.is_empty() { self.no_rows() } else { statistics };
        let raw_bytes = super::size::raw_data(&self.types, &statistics);
        let footer = Footer {
            content_length: offset.max(MAGIC.len() as u64),
            stripes,
            types: self.types.clone(),
            user_metadata: self.options.user_metadata.clone(),
            rows,
            statistics,
            row_index_stride: self.options.row_index_stride as u32,
            writer: 0,
            calendar: Calendar::Proleptic,
            software: concat!("skep ", env!("CARGO_PKG_VERSION")).to_owned(),
        };
        out.extend_from_slice(&metadata);
        let footer_length = self.put_message(|out| footer.write(out), out)?;
        let post = PostScript {
            footer_length,
            compression: self.options.compression,
            block_size: self.options.block_bytes as u64,
            version: vec![0, 12],
            metadata_length: metadata.len() as u64,
            writer_version: WRITER_VERSION,
        };
        let mut message = Vec::new();
        post.write(&mut message);
        out.extend_from_slice(&message);
        out.push(message.len() as u8);
        Ok(FileStats { rows, bytes: offset + (out.len() - start) as u64, raw_bytes })
    }

    /// Returns the statistics of a file without rows.
    fn no_rows(&mut self) -> Vec<Statistics> {
        let mut all = vec![Statistics::default(); self.types.len()];
        for column in &mut self.columns {
            column.clear();
            column.begin_group();
            column.end_group(&mut self.integers);
            column.statistics(&mut all);
        }
        all
    }
}

/// Finds the columns that bloom filters are asked for.
fn bloom_columns(types: &[Type], options: &OrcOptions) -> Result<Vec<usize>> {
    let find = |name: &String| {
        let mut id = 0;
        for part in name.split('.') {
            let ty = &types[id];
            let named = ty.names.iter().position(|n| n.eq_ignore_ascii_case(part));
            let child = named.and_then(|n| ty.children.get(n));
            id = *child.ok_or_else(|| {
                FormatError::config("orc.bloom.filter.columns names no column").with("name", name)
            })?;
        }
        Ok(id)
    };
    options.bloom_columns.iter().map(find).collect()
}

/// Walks over the rows of batches.
struct Cursor<'a> {
    batches: &'a [RecordBatch],
    batch: usize,
    row: usize,
}

impl Cursor<'_> {
    /// Hands on the next `count` rows, in one or several structs.
    fn take(
        &mut self,
        mut count: usize,
        mut rows: impl FnMut(arrow::array::ArrayRef) -> Result<()>,
    ) -> Result<()> {
        while count > 0
            && let Some(batch) = self.batches.get(self.batch)
        {
            let len = (batch.num_rows() - self.row).min(count);
            if len > 0 {
                rows(super::parts::rows_of(batch, self.row, len))?;
            }
            self.row += len;
            count -= len;
            if self.row == batch.num_rows() {
                (self.batch, self.row) = (self.batch + 1, 0);
            }
        }
        Ok(())
    }
}
