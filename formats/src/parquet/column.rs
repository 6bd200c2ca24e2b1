//! One column chunk: dictionary or not, pages, statistics.

use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType,
};
use bytes::Bytes;
use parquet::basic::{BoundaryOrder, Encoding};
use parquet::bloom_filter::Sbbf;
use parquet::column::page::{CompressedPage, Page as ParquetPage, PageWriteSpec, PageWriter};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};

use super::dictionary::{Dictionary, Memory};
use super::encode::internal;
use super::footer::{Chunk, Page};
use super::hybrid;
use super::layout::{self, Layout};
use super::leaf::Branch;
use super::numbers::{Form, Int96, Numbers, Unscaled};
use super::options::ParquetOptions;
use super::schema::{Kind, Leaf};
use super::texts::{Binary, Text};
use super::values::{Booleans, Run, Values};
use crate::compression::{Compression, Compressor};
use crate::{FormatError, Result};

/// What is used again for every column chunk.
#[derive(Debug)]
pub(super) struct Work {
    compressor: Compressor,
    dictionary: Dictionary,
    pub(super) layout: Layout,
    page_runs: Vec<Run>,
    raw: Vec<u8>,
    block: Vec<u8>,
}

impl Work {
    pub(super) fn new(compression: Compression) -> Result<Self> {
        Ok(Self {
            compressor: Compressor::new(compression)?,
            dictionary: Dictionary::default(),
            layout: Layout::default(),
            page_runs: Vec::new(),
            raw: Vec::new(),
            block: Vec::new(),
        })
    }
}

/// Writes pages and knows where in the file they are.
pub(super) struct PageSink<'a, 'b> {
    writer: SerializedPageWriter<'a, &'b mut Vec<u8>>,
    /// Place in the file of the sink's first byte.
    base: u64,
}

impl<'a, 'b> PageSink<'a, 'b> {
    pub(super) fn new(sink: &'a mut TrackedWrite<&'b mut Vec<u8>>, base: u64) -> Self {
        Self { writer: SerializedPageWriter::new(sink), base }
    }
}

/// Encodes one column chunk.
pub(super) struct Column<'a, 'b, 'c> {
    pub(super) options: &'a ParquetOptions,
    pub(super) leaf: &'a Leaf,
    pub(super) memory: &'a mut Memory,
    pub(super) work: &'a mut Work,
    pub(super) pages: PageSink<'b, 'c>,
}

/// The least and the greatest value of a page, if it has any that can be ordered.
type Extent<T> = Option<(T, T)>;

/// Pages that are written, without their bounds, and the extents to make these from.
type Written<T> = (Vec<Page>, Vec<Extent<T>>);

/// What the pages of a column chunk are made from.
struct Source<'a, 'v, V: Values> {
    values: &'a V,
    chunks: &'a [V::Chunk<'v>],
    /// The dictionary, if there is one.
    distinct: Option<&'a [V::Value<'v>]>,
}

impl Column<'_, '_, '_> {
    /// Encodes the leaf's values as the layout, filled before, says.
    pub(super) fn encode(&mut self, branches: &[Branch]) -> Result<Chunk> {
        match self.leaf.kind {
            Kind::Boolean => self.chunk(&Booleans, branches),
            Kind::Int8 => self.chunk(&Numbers::<Int8Type, i32>::new(4), branches),
            Kind::Int16 => self.chunk(&Numbers::<Int16Type, i32>::new(4), branches),
            Kind::Int32 => self.chunk(&Numbers::<Int32Type, i32>::new(4), branches),
            Kind::Date => self.chunk(&Numbers::<Date32Type, i32>::new(4), branches),
            Kind::Int64 => self.chunk(&Numbers::<Int64Type, i64>::new(8), branches),
            Kind::Float => self.chunk(&Numbers::<Float32Type, f32>::new(4), branches),
            Kind::Double => self.chunk(&Numbers::<Float64Type, f64>::new(8), branches),
            Kind::Micros { .. } | Kind::Millis { .. } => {
                self.chunk(&Numbers::<TimestampMicrosecondType, i64>::new(8), branches)
            }
            Kind::Int96 { .. } => {
                self.chunk(&Numbers::<TimestampMicrosecondType, Int96>::new(12), branches)
            }
            Kind::Decimal { precision, width, big_endian, .. } => {
                let form = Form { width: width.into(), big_endian, precision };
                let values = Numbers::<Decimal128Type, Unscaled>::with_form(form);
                self.chunk(&values, branches)
            }
            Kind::Text { trim: false } => self.chunk(&Text::whole(), branches),
            Kind::Text { trim: true } => self.chunk(&Text::without_filling(), branches),
            Kind::Binary => self.chunk(&Binary::whole(), branches),
        }
    }

    fn chunk<V: Values>(&mut self, values: &V, branches: &[Branch]) -> Result<Chunk> {
        let chunks = branches.iter().map(|b| values.chunk(b.leaf.as_ref()));
        let chunks: Option<Vec<_>> = chunks.collect();
        let chunks = chunks.ok_or_else(|| self.error("array is not in its normal form"))?;
        let Work { dictionary, layout, .. } = &mut *self.work;
        let distinct = if self.options.dictionary && V::DICTIONARY {
            dictionary.build(values, &chunks, &layout.runs, self.memory)
        } else {
            None
        };
        let bytes = if distinct.is_some() {
            0
        } else {
            layout.runs.iter().map(|run| values.bytes(chunks[run.chunk], *run)).sum()
        };
        let pages = layout.pages(page_slots(self.options, bytes, layout.slots));
        let mut chunk = Chunk {
            dictionary: None,
            pages: Box::default(),
            compressed: 0,
            uncompressed: 0,
            slots: layout.slots,
            nulls: layout.slots - pages.iter().map(|p| p.values).sum::<usize>(),
            bounds: None,
            order: None,
            bloom: self.bloom(values, &chunks, distinct.as_deref())?,
            bloom_at: None,
        };
        if let Some(distinct) = &distinct {
            self.work.raw.clear();
            for value in distinct {
                values.put(*value, &mut self.work.raw);
            }
            let spec = self.write_page(None, distinct.len(), &mut chunk)?;
            chunk.dictionary = Some(spec.offset + self.pages.base);
        }
        let source = Source { values, chunks: &chunks, distinct: distinct.as_deref() };
        let (written, extents) = self.data_pages(&source, &pages, &mut chunk)?;
        self.sum_up(values, (&pages, written), &extents, &mut chunk)?;
        Ok(chunk)
    }

    /// Makes the bloom filter of a chunk that shall have one.
    fn bloom<'v, V: Values>(
        &mut self,
        values: &V,
        chunks: &[V::Chunk<'v>],
        distinct: Option<&[V::Value<'v>]>,
    ) -> Result<Vec<u8>> {
        let named = |name: &String| name.eq_ignore_ascii_case(&self.leaf.name);
        if !V::DICTIONARY || !self.options.bloom_columns.iter().any(named) {
            return Ok(Vec::new());
        }
        // Texts and bytes are hashed without the length before them.
        let skip = match self.leaf.kind {
            Kind::Text { .. } | Kind::Binary => 4,
            _ => 0,
        };
        let Work { layout, raw, .. } = &mut *self.work;
        let count = distinct.map_or_else(
            || layout.runs.iter().map(|run| run.len).sum::<usize>(),
            <[V::Value<'v>]>::len,
        );
        let filter = Sbbf::new_with_ndv_fpp(count.max(1) as u64, self.options.bloom_fpp);
        let mut filter = filter.map_err(internal)?;
        let mut insert = |value| {
            raw.clear();
            values.put(value, raw);
            filter.insert(raw.get(skip..).unwrap_or_default());
        };
        match distinct {
            Some(distinct) => distinct.iter().for_each(|value| insert(*value)),
            None => {
                for run in &layout.runs {
                    values.iter(chunks[run.chunk], *run).for_each(&mut insert);
                }
            }
        }
        let mut bytes = Vec::new();
        filter.write(&mut bytes).map_err(internal)?;
        Ok(bytes)
    }

    fn data_pages<'v, V: Values>(
        &mut self,
        source: &Source<'_, 'v, V>,
        pages: &[layout::Page],
        chunk: &mut Chunk,
    ) -> Result<Written<V::Value<'v>>> {
        let Source { values, chunks, distinct } = *source;
        let mut written = Vec::with_capacity(pages.len());
        let mut extents = Vec::with_capacity(pages.len());
        let (mut cursor, mut first) = (Cursor::default(), 0);
        for page in pages {
            let Work { dictionary, layout, page_runs, raw, .. } = &mut *self.work;
            raw.clear();
            layout.write_levels(*page, raw);
            let encoding = if let Some(distinct) = distinct {
                let indices = &dictionary.indices[first..first + page.values];
                let width = hybrid::width_of(distinct.len() as u64 - 1).max(1);
                raw.push(width.to_le_bytes()[0]);
                hybrid::encode(indices, width, raw);
                extents.push(if V::ORDERED {
                    values.extent(used(distinct, indices).into_iter())
                } else {
                    None
                });
                Encoding::RLE_DICTIONARY
            } else {
                cursor.take(page.values, &layout.runs, page_runs);
                values.plain(chunks, page_runs, raw);
                extents.push(if V::ORDERED {
                    values.extent_of_runs(chunks, page_runs)
                } else {
                    None
                });
                Encoding::PLAIN
            };
            first += page.values;
            let spec = self.write_page(Some(encoding), page.slots, chunk)?;
            written.push(Page {
                offset: spec.offset + self.pages.base,
                bytes: spec.compressed_size,
                rows: page.rows,
                nulls: page.slots - page.values,
                bounds: None,
            });
        }
        Ok((written, extents))
    }

    /// Compresses and writes what is in `raw`: a data page, or a dictionary without an encoding.
    fn write_page(
        &mut self,
        encoding: Option<Encoding>,
        count: usize,
        chunk: &mut Chunk,
    ) -> Result<PageWriteSpec> {
        let raw_len = self.work.raw.len();
        let (Ok(num_values), Ok(_)) = (u32::try_from(count), i32::try_from(raw_len)) else {
            return Err(FormatError::data("a row is too large for a parquet page")
                .with("column", &self.leaf.name)
                .with("bytes", raw_len));
        };
        self.work.compressor.compress(&mut self.work.raw, &mut self.work.block)?;
        let buf = Bytes::from(std::mem::take(&mut self.work.block));
        let kept = buf.clone();
        let page = match encoding {
            None => ParquetPage::DictionaryPage {
                buf,
                num_values,
                encoding: Encoding::PLAIN,
                is_sorted: false,
            },
            Some(encoding) => ParquetPage::DataPage {
                buf,
                num_values,
                encoding,
                def_level_encoding: Encoding::RLE,
                rep_level_encoding: Encoding::RLE,
                statistics: None,
            },
        };
        let written = self.pages.writer.write_page(CompressedPage::new(page, raw_len));
        // The page is gone, so this takes the buffer back without a copy.
        self.work.block = Vec::from(kept);
        let spec = written.map_err(internal)?;
        chunk.compressed += spec.compressed_size as u64;
        chunk.uncompressed += spec.uncompressed_size as u64;
        Ok(spec)
    }

    /// Fills in the bounds of the pages and of the chunk.
    fn sum_up<V: Values>(
        &self,
        values: &V,
        (laid_out, mut pages): (&[layout::Page], Vec<Page>),
        extents: &[Extent<V::Value<'_>>],
        chunk: &mut Chunk,
    ) -> Result<()> {
        let all = extents.iter().fold(None, |all, one| values.merge(all, *one));
        if let Some((low, high)) = all {
            if !values.fits(low, high) {
                return Err(FormatError::data("a decimal has more digits than its type")
                    .with("column", &self.leaf.name));
            }
            chunk.bounds = values.bounds(low, high);
        }
        if V::ORDERED {
            for (page, extent) in pages.iter_mut().zip(extents) {
                page.bounds = extent.and_then(|(low, high)| values.bounds(low, high));
            }
            // Values without bounds, such as NaN alone, have no place in a column index.
            let known = |(page, p): (&Page, &layout::Page)| page.bounds.is_some() || p.values == 0;
            if pages.iter().zip(laid_out).all(known) {
                chunk.order = Some(order(values, extents));
            }
        }
        chunk.pages = pages.into();
        Ok(())
    }

    fn error(&self, message: &str) -> FormatError {
        FormatError::internal(message).with("column", &self.leaf.name)
    }
}

/// Returns how many slots a page may have, so that rows of large values make smaller pages.
fn page_slots(options: &ParquetOptions, bytes: usize, slots: usize) -> usize {
    let by_bytes = match bytes {
        0 => usize::MAX,
        _ => options.page_bytes.saturating_mul(slots) / bytes,
    };
    by_bytes.min(options.page_rows)
}

/// Returns the values of a dictionary that a page has.
fn used<T: Copy>(distinct: &[T], indices: &[u16]) -> Vec<T> {
    let mut seen = vec![false; distinct.len()];
    for index in indices {
        seen[usize::from(*index)] = true;
    }
    distinct.iter().zip(seen).filter(|(_, seen)| *seen).map(|(v, _)| *v).collect()
}

/// Tells how the bounds of the pages follow each other; pages without values do not count.
fn order<'v, V: Values>(values: &V, extents: &[Extent<V::Value<'v>>]) -> BoundaryOrder {
    let (mut ascending, mut descending) = (true, true);
    let mut last: Extent<V::Value<'v>> = None;
    for extent in extents.iter().flatten() {
        if let Some(last) = last {
            ascending &= !values.less(extent.0, last.0) && !values.less(extent.1, last.1);
            descending &= !values.less(last.0, extent.0) && !values.less(last.1, extent.1);
        }
        last = Some(*extent);
    }
    match (ascending, descending) {
        (true, _) => BoundaryOrder::ASCENDING,
        (false, true) => BoundaryOrder::DESCENDING,
        (false, false) => BoundaryOrder::UNORDERED,
    }
}

/// Walks over the runs of a column, page by page.
#[derive(Default)]
struct Cursor {
    run: usize,
    /// Values of that run that are done.
    done: usize,
}

impl Cursor {
    /// Puts the runs of the next `count` values into `page`.
    fn take(&mut self, mut count: usize, runs: &[Run], page: &mut Vec<Run>) {
        page.clear();
        while count > 0
            && let Some(run) = runs.get(self.run)
        {
            let len = (run.len - self.done).min(count);
            page.push(Run { start: run.start + self.done, len, ..*run });
            self.done += len;
            count -= len;
            if self.done == run.len {
                self.run += 1;
                self.done = 0;
            }
        }
    }
}
