//! Files of lines: by the tile where it can be, line by line where lines must be looked at first.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use encoding_rs::Encoding;

use super::cuts::{TILE_BYTES, Take};
use super::json_file::{self, JsonFile};
use super::lines::Lines;
use super::{RowReader, Wanted, charset};
use crate::codec::StreamCodec;
use crate::input::{Input, Stream};
use crate::table::{Descriptor, ReadRequest, RowFormat, TableReader};
use crate::{FormatError, Result};

/// Most lines that may be left out at the end of a file, since they are held until it ends.
const FOOTER_LINES: usize = 100;

/// Gives the batches of a text file.
struct TextFile {
    lines: Lines,
    reader: RowReader,
    wanted: Wanted,
    charset: Option<&'static Encoding>,
    /// The bytes in which lines must begin.
    range: Option<Range<u64>>,
    footer: usize,
    /// Lines that may be of the footer, and where they begin.
    held: VecDeque<(u64, Vec<u8>)>,
}

/// Opens a file of lines.
///
/// # Errors
/// As [`table::open`](crate::table::open).
pub(crate) fn open(
    descriptor: &Descriptor,
    format: RowFormat,
    input: Arc<dyn Input>,
    request: &ReadRequest,
) -> Result<TableReader> {
    let codec = StreamCodec::of_name(&request.file_name);
    let wanted = Wanted::new(descriptor, request)?;
    let output = wanted.output().to_vec();
    let mut range = request.range.clone();
    if codec != StreamCodec::None
        && let Some(asked) = range.take()
        && asked.start > 0
    {
        // A compressed file is one piece: that of the first range.
        return Ok(TableReader::new(&output, std::iter::empty()));
    }
    let reader = RowReader::new(descriptor, request, format, wanted.targets.clone())?;
    let start = range.as_ref().map_or(0, |range| range.start);
    // The line that begins before the range ends behind the byte before it.
    let from = start.saturating_sub(1);
    let stream = Stream::new(input, from);
    if format == RowFormat::Json
        && wanted.offset.is_none()
        && json_file::is_usual(descriptor, request, &wanted.built)?
    {
        let input = (codec.unpack(stream)?, range);
        let file = JsonFile::new(input, (reader, wanted), request.batch_rows)?;
        return Ok(TableReader::new(&output, file));
    }
    let mut lines = Lines::new(codec.unpack(stream)?, from);
    if start > 0 {
        lines.next()?;
    } else {
        for _ in 0..descriptor.number("skip.header.line.count")?.unwrap_or(0) {
            if lines.next()?.is_none() {
                break;
            }
        }
    }
    let footer = descriptor.number("skip.footer.line.count")?.unwrap_or(0);
    if footer > FOOTER_LINES {
        return Err(
            FormatError::config("skip.footer.line.count must be 100 at most").with("value", footer)
        );
    }
    if footer > 0 && start > 0 {
        return Ok(TableReader::new(&output, std::iter::empty()));
    }
    // A footer is known only at the end, so such a file is one piece too.
    let range = range.filter(|_| footer == 0);
    let charset = charset(descriptor)?;
    let file = TextFile { lines, reader, wanted, charset, range, footer, held: VecDeque::new() };
    Ok(TableReader::new(&output, file))
}

impl TextFile {
    fn fill(&mut self) -> Result<()> {
        if self.reader.has_tiles() && self.footer == 0 && self.charset.is_none() {
            self.fill_by_tiles()
        } else {
            self.fill_by_lines()
        }
    }

    fn fill_by_tiles(&mut self) -> Result<()> {
        let Self { lines, reader, wanted, range, .. } = self;
        while !wanted.rows.is_full() {
            let begin = lines.position();
            let before = range.as_ref().map_or(u64::MAX, |range| range.end.saturating_sub(begin));
            let before = usize::try_from(before).unwrap_or(usize::MAX);
            // The second half of the last line's end may be one byte more.
            let tile = if before > 0 { lines.whole(TILE_BYTES - 1)? } else { &[] };
            if tile.is_empty() {
                return Ok(());
            }
            let take = Take { rows: wanted.rows.room(), before };
            let (taken, begins) = reader
                .rows(tile, take, wanted.rows.columns())
                .map_err(|e| e.with("lines from byte", begin))?;
            wanted.end_rows(begin, begins);
            lines.advance(taken);
        }
        Ok(())
    }

    fn fill_by_lines(&mut self) -> Result<()> {
        while !self.wanted.rows.is_full() {
            if let Some(range) = &self.range
                && self.lines.position() >= range.end
            {
                return Ok(());
            }
            let mut begin = self.lines.position();
            let Some(line) = self.lines.next()? else { return Ok(()) };
            let held;
            let line = if self.footer > 0 {
                self.held.push_back((begin, line.to_vec()));
                if self.held.len() <= self.footer {
                    continue;
                }
                (begin, held) = self.held.pop_front().unwrap_or_default();
                &held
            } else {
                line
            };
            let rows = &mut self.wanted.rows;
            let read = match self.charset {
                Some(charset) => {
                    let (text, _) = charset.decode_without_bom_handling(line);
                    self.reader.row(text.as_bytes(), rows.columns())
                }
                None => self.reader.row(line, rows.columns()),
            };
            if read.map_err(|e| e.with("line at byte", begin))? {
                self.wanted.end_row(begin);
            }
        }
        Ok(())
    }
}

impl Iterator for TextFile {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(e) = self.fill() {
            return Some(Err(e));
        }
        (self.wanted.rows.len() > 0).then(|| self.wanted.finish())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::serde_names::{Format, OPEN_CSV_SERDE};
    use crate::table::{BLOCK_OFFSET, TableColumn};
    use crate::types::HiveType;

    const TYPES: [&str; 6] =
        ["string", "bigint", "decimal(6,2)", "array<string>", "varchar(2)", "boolean"];

    fn table(csv: bool, escape: bool) -> Descriptor {
        let column =
            |(i, ty): (usize, &&str)| TableColumn::new(format!("c{i}"), ty.parse().unwrap());
        let columns = TYPES.iter().enumerate().map(column).collect();
        let mut table = Descriptor::stored_as(Format::TextFile, columns);
        table.properties.insert("field.delim".to_owned(), ",".to_owned());
        table.properties.insert("collection.delim".to_owned(), ":".to_owned());
        if escape {
            table.properties.insert("escape.delim".to_owned(), "\\".to_owned());
        }
        if csv {
            table.serde = OPEN_CSV_SERDE.to_owned();
        }
        table
    }

    fn read(
        table: &Descriptor,
        text: &[u8],
        range: Option<Range<u64>>,
        batch_rows: usize,
    ) -> Vec<String> {
        let ty = |column: &TableColumn| {
            let ty =
                if table.serde == OPEN_CSV_SERDE { HiveType::String } else { column.ty.clone() };
            TableColumn::new(&column.name, ty)
        };
        // Not all columns, and where the rows lie.
        let mut columns: Vec<TableColumn> =
            table.columns.iter().filter(|c| c.name != "c1").map(ty).collect();
        columns.push(TableColumn::new(BLOCK_OFFSET, HiveType::BigInt));
        let request =
            ReadRequest { columns: Some(columns), range, batch_rows, ..ReadRequest::default() };
        let reader = crate::table::open(table, Arc::new(Bytes::copy_from_slice(text)), &request);
        let rows = |batch: Result<RecordBatch>| {
            let batch = batch.unwrap();
            let row = |row: usize| {
                let value = |c: &arrow::array::ArrayRef| {
                    arrow::util::display::array_value_to_string(c, row)
                        .map(|text| (c.is_null(row), text))
                        .unwrap()
                };
                format!("{:?}", batch.columns().iter().map(value).collect::<Vec<_>>())
            };
            (0..batch.num_rows()).map(row).collect::<Vec<_>>()
        };
        reader.unwrap().flat_map(rows).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        /// With a footer, a file is read line by line.
        #[test]
        fn tiles_give_the_rows_of_lines(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "a", "bb", "12", "-3.456", "true", "\\N", "\\", "é", ",", ",", ",", ",", ":", "\"", "\"", "\n",
                    "\n", "\r\n", "\r", "\"quoted, text\"", "seventeen letters", "\u{10ffff}",
                ]),
                0..120,
            ),
            csv: bool,
            escape: bool,
            broken in prop::option::of(0usize..200),
            batch_rows in 1usize..9,
            cut in 0u64..150,
        ) {
            let mut text = pieces.concat().into_bytes();
            if let Some(place) = broken.and_then(|at| text.get_mut(at)) {
                *place = 0xff;
            }
            text.push(b'\n');
            let table = table(csv, escape);
            let mut by_lines = table.clone();
            by_lines.properties.insert("skip.footer.line.count".to_owned(), "1".to_owned());
            let with_footer = [text.as_slice(), b"footer"].concat();
            let expected = read(&by_lines, &with_footer, None, 1000);
            prop_assert_eq!(&read(&table, &text, None, batch_rows), &expected);
            let first = read(&table, &text, Some(0..cut), batch_rows);
            let second = read(&table, &text, Some(cut..u64::MAX), batch_rows);
            prop_assert_eq!([first, second].concat(), expected);
        }
    }
}
