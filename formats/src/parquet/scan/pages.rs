//! Pages of a row group, looked at before the decoders of the `parquet` crate trust them.
//!
//! A broken page makes its decoders give errors or panic, which [`next_batch`](super::super::read::next_batch) answers. But some of
//! them (parquet 59.3) take memory by a number of the page, and a process that asks for exabytes is ended: those pages are
//! refused here.

use std::iter;
use std::sync::Arc;

use bytes::Bytes;
use parquet::arrow::arrow_reader::RowGroups;
use parquet::basic::{Encoding, Type as Physical};
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::schema::types::ColumnDescPtr;

use super::chunks::Chunks;
use crate::cursor::varint;

/// One row group of a file.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) chunks: Arc<Chunks>,
    pub(super) metadata: Arc<ParquetMetaData>,
    pub(super) number: usize,
    /// Whether some of its rows are passed over.
    pub(super) skips: bool,
}

impl Group {
    fn row_group(&self) -> &RowGroupMetaData {
        self.metadata.row_group(self.number)
    }

    fn pages(&self, column: usize) -> Result<CheckedPages> {
        let group = self.row_group();
        let chunk = group.column(column);
        let places = self.metadata.offset_index().and_then(|index| {
            let of_column = index.get(self.number)?.get(column)?;
            Some(of_column.page_locations().clone())
        });
        let rows = usize::try_from(group.num_rows())?;
        let pages = SerializedPageReader::new(Arc::clone(&self.chunks), chunk, rows, places)?;
        Ok(CheckedPages { pages, column: chunk.column_descr_ptr(), skips: self.skips })
    }
}

impl RowGroups for Group {
    fn num_rows(&self) -> usize {
        usize::try_from(self.row_group().num_rows()).unwrap_or(0)
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
        let pages = self.pages(column).map(|pages| Box::new(pages) as Box<dyn PageReader>);
        Ok(Box::new(OneChunk(Some(pages))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(iter::once(self.row_group()))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

/// The pages of one chunk.
struct OneChunk(Option<Result<Box<dyn PageReader>>>);

impl Iterator for OneChunk {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take()
    }
}

impl PageIterator for OneChunk {}

/// Gives the pages of a chunk that can be decoded.
struct CheckedPages {
    pages: SerializedPageReader<Chunks>,
    column: ColumnDescPtr,
    skips: bool,
}

impl Iterator for CheckedPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for CheckedPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.pages.get_next_page()?;
        if let Some(page) = &page
            && self.column.physical_type() == Physical::BYTE_ARRAY
            && page.is_data_page()
        {
            self.check(page)?;
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}

impl CheckedPages {
    /// Refuses a page of byte arrays whose lengths or counts lead a decoder astray.
    fn check(&self, page: &Page) -> Result<()> {
        let most = u64::from(page.num_values());
        match page.encoding() {
            // Values that are passed over are not compared with the end of the page.
            Encoding::PLAIN if self.skips => plain_lengths(&self.values(page)?),
            Encoding::DELTA_LENGTH_BYTE_ARRAY => delta(&self.values(page)?, most).map(drop),
            Encoding::DELTA_BYTE_ARRAY => {
                let values = self.values(page)?;
                let suffixes = delta(&values, most)?;
                delta(values.get(suffixes..).unwrap_or_default(), most).map(drop)
            }
            _ => Ok(()),
        }
    }

    /// Returns the values of a data page, behind its levels.
    fn values(&self, page: &Page) -> Result<Bytes> {
        let start = match page {
            Page::DataPageV2 { rep_levels_byte_len, def_levels_byte_len, .. } => {
                *rep_levels_byte_len as usize + *def_levels_byte_len as usize
            }
            Page::DataPage { buf, num_values, def_level_encoding, rep_level_encoding, .. } => {
                let levels = [
                    (self.column.max_rep_level(), rep_level_encoding),
                    (self.column.max_def_level(), def_level_encoding),
                ];
                levels.into_iter().filter(|(most, _)| *most > 0).try_fold(0, |at, (most, by)| {
                    let length = match by {
                        Encoding::RLE => {
                            let length = buf.get(at..).and_then(<[u8]>::first_chunk);
                            4 + u32::from_le_bytes(*length.ok_or_else(too_short)?) as usize
                        }
                        // Packed, without a length.
                        _ => {
                            let bits = 16 - most.leading_zeros() as usize;
                            (*num_values as usize * bits).div_ceil(8)
                        }
                    };
                    Ok::<_, ParquetError>(at + length)
                })?
            }
            Page::DictionaryPage { .. } => 0,
        };
        let buffer = page.buffer();
        if start > buffer.len() { Err(too_short()) } else { Ok(buffer.slice(start..)) }
    }
}

fn too_short() -> ParquetError {
    ParquetError::EOF("a page is too short for its levels".to_owned())
}

/// Refuses texts that reach behind their page.
fn plain_lengths(values: &[u8]) -> Result<()> {
    let mut rest = values;
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        rest = behind.get(length..).ok_or_else(|| {
            ParquetError::EOF(format!("a value of {length} bytes reaches behind its page"))
        })?;
    }
    Ok(())
}

/// Refuses numbers packed as deltas of which there are more than the page may have; returns where they end.
///
/// Source: Parquet's `Encodings.md`, "Delta encoding". Numbers that are cut off are left to the decoder.
fn delta(data: &[u8], most: u64) -> Result<usize> {
    let mut rest = data;
    let header = [(); 4].map(|()| varint(&mut rest));
    let [Some(block), Some(parts), Some(count), Some(_)] = header else { return Ok(data.len()) };
    if count > most {
        let message = format!("a page of {most} values says that it has {count}");
        return Err(ParquetError::General(message));
    }
    let per_part = block.checked_div(parts).unwrap_or(0);
    let mut left = count.saturating_sub(1);
    while left > 0 && per_part > 0 {
        let widths =
            varint(&mut rest).and_then(|_| rest.split_at_checked(usize::try_from(parts).ok()?));
        let Some((widths, behind)) = widths else { return Ok(data.len()) };
        rest = behind;
        for width in widths.iter().take(left.div_ceil(per_part).min(parts) as usize) {
            let length = u64::from(*width).saturating_mul(per_part) / 8;
            let length = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
            rest = &rest[length..];
            left = left.saturating_sub(per_part);
        }
    }
    Ok(data.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_may_not_reach_behind_their_page() {
        for (values, fits) in [
            (&b"\x01\0\0\0a\0\0\0\0"[..], true),
            (b"\x02\0\0\0a", false),
            (b"\xff\xff\xff\xff", false),
            (b"\x01\0\0\0a\0\0", true),
            (b"", true),
        ] {
            assert_eq!(plain_lengths(values).is_ok(), fits, "{values:?}");
        }
    }

    #[test]
    fn deltas_are_no_more_than_the_values_of_the_page() {
        // 128 values a block, 4 parts, 3 values, the first is 7; then a smallest delta, widths, and one part of 32 values.
        let packed = [&[0x80, 1, 4, 3, 14, 2, 3, 9, 9, 9][..], &[0; 12], b"behind"].concat();
        assert_eq!(delta(&packed, 3).unwrap(), 22);
        assert!(delta(&packed, 2).unwrap_err().to_string().contains("says that it has 3"));
        assert_eq!(delta(&[0x80, 1, 4, 1, 14, 5], 9).unwrap(), 5);
        let endless = [0x80, 1, 4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0];
        assert!(delta(&endless, u64::from(u32::MAX)).is_err());
        assert_eq!(delta(&packed[..8], 3).unwrap(), 8);
    }
}
