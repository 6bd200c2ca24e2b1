//! Rows of delimited fields: `LazySimpleSerDe` and `MultiDelimitSerDe`.

use memchr::memmem::Finder;

use super::cuts::{Cuts, Marks, Piece, TILE_BYTES, Take, each_line};
use super::lazy::Lazy;
use crate::rows::Column;
use crate::table::{Descriptor, ReadRequest, RowFormat};
use crate::{FormatError, Result};

/// Reads rows of delimited fields.
#[derive(Debug)]
pub(crate) struct LazyRows {
    lazy: Lazy,
    /// The separator of fields.
    separator: u8,
    /// For each field of the text the column it goes to.
    targets: Vec<Option<usize>>,
    takes_rest: bool,
    /// The separator of `MultiDelimitSerDe`, if it is that one.
    delimiter: Option<Finder<'static>>,
    /// Whether every separator in a line ends a field.
    plain: bool,
    cuts: Cuts,
    marks: Marks,
}

impl LazyRows {
    pub(crate) fn new(
        descriptor: &Descriptor,
        request: &ReadRequest,
        format: RowFormat,
        targets: Vec<Option<usize>>,
    ) -> Result<Self> {
        let delimiter = match format {
            RowFormat::MultiDelimit => {
                let delimiter = descriptor.property("field.delim").filter(|d| !d.is_empty());
                let delimiter = delimiter.ok_or_else(|| {
                    FormatError::config("MultiDelimitSerDe needs the property field.delim")
                })?;
                Some(Finder::new(delimiter.as_bytes()).into_owned())
            }
            _ => None,
        };
        let mut lazy = Lazy::new(descriptor, request)?;
        if delimiter.is_some() {
            // Its first character separates nothing by itself.
            lazy.separators.levels[0] = 1;
        }
        let separator = lazy.separators.at(0)?;
        let takes_rest = descriptor.is_set("serialization.last.column.takes.rest");
        let plain = delimiter.is_none()
            && !takes_rest
            && lazy.separators.escape.is_none()
            && !matches!(separator, b'\n' | b'\r');
        let cuts = Cuts::up_to_last(&targets);
        let marks = Marks::new();
        Ok(Self { lazy, separator, targets, takes_rest, delimiter, plain, cuts, marks })
    }

    /// Appends the fields of a line to the columns; NULL for those that it does not have.
    pub(crate) fn row(&mut self, line: &[u8], columns: &mut [Column]) -> Result<()> {
        self.cuts.clear();
        self.cut_line(line, 0);
        self.push(line, columns, false)
    }

    /// Appends the rows of a tile to the columns, and tells how many bytes of it were taken.
    pub(crate) fn rows(
        &mut self,
        tile: &[u8],
        take: Take,
        columns: &mut [Column],
    ) -> Result<usize> {
        self.cuts.clear();
        let taken = if self.plain && tile.len() <= TILE_BYTES {
            self.cut_plain(tile, take)
        } else {
            each_line(tile, take, |line, begin| self.cut_line(line, begin))
        };
        // Pieces of valid text between ASCII characters are valid, too.
        let utf8 = self.separator.is_ascii() && simdutf8::basic::from_utf8(tile).is_ok();
        self.push(tile, columns, utf8)?;
        Ok(taken)
    }

    /// Where the rows that were appended last begin in their tile.
    pub(crate) fn begins(&self) -> &[u32] {
        self.cuts.begins()
    }

    /// Cuts rows in which every separator ends a field.
    fn cut_plain(&mut self, tile: &[u8], take: Take) -> usize {
        let Self { cuts, marks, separator, .. } = self;
        let mut marks = marks.find(tile, [*separator, b'\n', b'\r']).iter();
        let mut begin = 0;
        while take.goes_on(tile, begin, cuts.rows()) {
            let (mut start, mut field) = (begin, 0);
            let end = loop {
                let end = marks.next().map_or(tile.len(), |mark| *mark as usize);
                if field < cuts.fields() {
                    cuts.push(start, end);
                }
                (start, field) = (end + 1, field + 1);
                if tile.get(end) != Some(separator) {
                    break end;
                }
            };
            cuts.end_row(begin);
            begin = end + 1;
            if tile.get(end) == Some(&b'\r') && tile.get(begin) == Some(&b'\n') {
                marks.next();
                begin += 1;
            }
        }
        begin.min(tile.len())
    }

    /// Cuts the fields of a line that begins at a place of its tile.
    fn cut_line(&mut self, line: &[u8], begin: usize) {
        let Self { lazy, cuts, separator, takes_rest, delimiter, targets, .. } = self;
        let last = targets.len() - usize::from(!targets.is_empty());
        let mut start = 0;
        for i in 0..cuts.fields() {
            let rest = &line[start..];
            let end = if *takes_rest && i == last {
                None
            } else if let Some(delimiter) = delimiter {
                delimiter.find(rest).map(|at| (at, delimiter.needle().len()))
            } else {
                lazy.end(rest, *separator).map(|at| (at, 1))
            };
            let length = end.map_or(rest.len(), |(at, _)| at);
            cuts.push(begin + start, begin + start + length);
            match end {
                Some((_, skipped)) => start += length + skipped,
                None => break,
            }
        }
        cuts.end_row(begin);
    }

    /// Appends the fields that were cut to their columns.
    fn push(&mut self, tile: &[u8], columns: &mut [Column], utf8: bool) -> Result<()> {
        let Self { lazy, cuts, targets, .. } = self;
        for (i, target) in targets.iter().enumerate() {
            let Some(column) = target.and_then(|target| columns.get_mut(target)) else { continue };
            let pieces = cuts.field(tile, i);
            if column.ty().is_primitive() && lazy.separators.escape.is_none() {
                let null = lazy.separators.null.as_slice();
                let value = |piece: &Piece<'_>| piece.text() != null;
                lazy.rules.push_all(column, pieces.map(|piece| piece.filter(value)), utf8);
                continue;
            }
            for piece in pieces {
                match piece {
                    Some(piece) => lazy.field(column, piece.text(), 1)?,
                    None => column.push_null(),
                }
            }
        }
        Ok(())
    }
}
