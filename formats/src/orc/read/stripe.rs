//! One stripe: where its streams are, and which of its row groups are wanted.

use std::collections::HashMap;
use std::ops::Range;

use super::predicate::{Known, OrcPredicate};
use super::source::{Context, Source};
use super::tail::{MAX_METADATA, Tail, distrust};
use crate::orc::bloom::{BloomFilter, read_index};
use crate::orc::meta::{
    Encoding, MOST_STATISTICS, RowIndexEntry, StreamKind, StripeFooter, StripeInfo, row_index,
};
use crate::orc::statistics::Statistics;
use crate::{FormatError, Result};

/// Finds the streams of a stripe.
#[derive(Debug)]
pub(super) struct Streams<'a> {
    footer: &'a StripeFooter,
    places: HashMap<(usize, StreamKind), (u64, u64)>,
}

impl<'a> Streams<'a> {
    pub(super) fn new(info: &StripeInfo, footer: &'a StripeFooter) -> Result<Self> {
        let mut places = HashMap::new();
        let mut at = info.offset;
        let end = info.offset + info.index_length + info.data_length;
        for stream in &footer.streams {
            let next = at.checked_add(stream.length).filter(|next| *next <= end);
            let next = next.ok_or_else(|| {
                FormatError::data("a stream lies behind the end of its orc stripe")
                    .with("column", stream.column)
            })?;
            places.insert((stream.column as usize, stream.kind), (at, stream.length));
            at = next;
        }
        Ok(Self { footer, places })
    }

    /// Returns a stream, empty if the stripe does not have it.
    pub(super) fn take(&self, column: usize, kind: StreamKind) -> Source {
        let (start, length) = self.places.get(&(column, kind)).copied().unwrap_or((0, 0));
        Source::new(start, length)
    }

    pub(super) fn encoding(&self, column: usize) -> Result<Encoding> {
        self.footer.encodings.get(column).copied().ok_or_else(|| {
            FormatError::data("an orc stripe does not say how a column is encoded")
                .with("column", column)
        })
    }
}

/// Reads the footer of a stripe.
pub(super) fn stripe_footer(info: &StripeInfo, context: &mut Context) -> Result<StripeFooter> {
    let start = info.offset + info.index_length + info.data_length;
    let mut source = Source::new(start, info.footer_length);
    StripeFooter::read(&source.whole(MAX_METADATA, context)?)
}

/// The index of a stripe: the entries of the columns that were read.
#[derive(Debug, Default)]
pub(super) struct Index {
    entries: HashMap<usize, Vec<RowIndexEntry>>,
    blooms: HashMap<usize, Vec<BloomFilter>>,
    /// Bytes of all that was read, decompressed.
    bytes: usize,
    /// Entries of all columns.
    held: usize,
}

impl Index {
    /// Reads the index of some columns.
    pub(super) fn read(
        columns: &[usize],
        (streams, tail): (&mut Streams<'_>, &Tail),
        context: &mut Context,
    ) -> Result<Self> {
        let mut index = Self::default();
        for column in columns {
            if index.entries.contains_key(column) {
                continue;
            }
            let message = index.stream(streams.take(*column, StreamKind::RowIndex), context)?;
            let mut entries = row_index(&message, MOST_STATISTICS - index.held)?;
            index.held += entries.len();
            if let Some(ty) = tail.footer.types.get(*column) {
                for entry in &mut entries {
                    let own = std::slice::from_mut(&mut entry.statistics);
                    distrust(own, std::slice::from_ref(ty), tail.trust);
                }
            }
            index.entries.insert(*column, entries);
        }
        Ok(index)
    }

    /// Reads a whole stream; all together have a bound.
    fn stream(&mut self, mut source: Source, context: &mut Context) -> Result<Vec<u8>> {
        let message = source.whole(MAX_METADATA - self.bytes, context)?;
        self.bytes += message.len();
        Ok(message)
    }

    /// Reads the bloom filters of some columns, of those writers that got them right.
    pub(super) fn read_blooms(
        &mut self,
        columns: &[usize],
        (streams, tail): (&mut Streams<'_>, &Tail),
        context: &mut Context,
    ) -> Result<()> {
        for column in columns {
            let source = streams.take(*column, StreamKind::BloomFilterUtf8);
            if source.length() == 0 || has_bad_blooms(&tail.footer.software) {
                continue;
            }
            let filters = read_index(&self.stream(source, context)?)?;
            self.blooms.insert(*column, filters);
        }
        Ok(())
    }

    /// Returns how many row groups something is known of: a broken file may claim any number.
    pub(super) fn groups(&self) -> usize {
        self.entries.values().map(Vec::len).max().unwrap_or(0)
    }

    /// Returns what is known of a row group of a column that was read.
    pub(super) fn entry(&self, column: usize, group: usize) -> Option<&RowIndexEntry> {
        self.entries.get(&column)?.get(group)
    }

    /// Returns the bloom filters of a column, one for each row group; none if they were not read.
    pub(super) fn blooms(&self, column: usize) -> &[BloomFilter] {
        self.blooms.get(&column).map_or(&[], Vec::as_slice)
    }

    /// Returns a column's positions at the start of a row group.
    pub(super) fn positions(&self, column: usize, group: usize) -> Result<Vec<u64>> {
        let entry = self.entry(column, group);
        entry.map(|entry| entry.positions.clone()).ok_or_else(|| {
            FormatError::data("the row index of an orc stripe is too short").with("column", column)
        })
    }
}

/// Tells whether a writer's bloom filters miss values: C++ 1.6.0 to 1.6.10.
///
/// Source: ORC-1024: strings were hashed with an undefined shift.
fn has_bad_blooms(software: &str) -> bool {
    let version = software.strip_prefix("ORC C++ ").or(software.strip_prefix("1.6."));
    let Some(version) = version else { return false };
    let patch = version.strip_prefix("1.6.").unwrap_or(version);
    patch.split(['-', ' ']).next().and_then(|p| p.parse::<u32>().ok()).is_some_and(|p| p < 11)
}

/// What is known about one row group.
pub(super) struct Group<'a> {
    pub(super) index: &'a Index,
    pub(super) number: usize,
}

impl Known for Group<'_> {
    fn statistics(&self, column: usize) -> Option<&Statistics> {
        self.index.entry(column, self.number).map(|entry| &entry.statistics)
    }

    fn bloom(&self, column: usize) -> Option<&BloomFilter> {
        self.index.blooms(column).get(self.number)
    }
}

/// What is known about one row group without its bloom filters.
pub(super) struct GroupBounds<'a>(pub(super) &'a Group<'a>);

impl Known for GroupBounds<'_> {
    fn statistics(&self, column: usize) -> Option<&Statistics> {
        self.0.statistics(column)
    }

    fn bloom(&self, _: usize) -> Option<&BloomFilter> {
        None
    }
}

/// What is known about a whole stripe or file.
pub(super) struct Whole<'a>(pub(super) &'a [Statistics]);

impl Known for Whole<'_> {
    fn statistics(&self, column: usize) -> Option<&Statistics> {
        self.0.get(column)
    }

    fn bloom(&self, _: usize) -> Option<&BloomFilter> {
        None
    }
}

/// Returns the runs of rows of a stripe that may meet the condition, in whole row groups.
pub(super) fn wanted_rows(
    predicate: &OrcPredicate,
    rows: u64,
    tail: &Tail,
    index: &Index,
) -> Vec<Range<u64>> {
    let stride = u64::from(tail.footer.row_index_stride).max(1);
    let groups = index.groups();
    let mut wanted: Vec<Range<u64>> = Vec::new();
    let mut start = 0;
    let mut number = 0;
    while start < rows {
        let is_known = number < groups;
        let end = if is_known { (start + stride).min(rows) } else { rows };
        if !is_known || predicate.may_match(&tail.footer.types, &Group { index, number }) {
            match wanted.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => wanted.push(start..end),
            }
        }
        number += 1;
        start = end;
    }
    wanted
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::source::Input;
    use super::*;

    #[test]
    fn rows_that_the_index_does_not_know_are_wanted_at_once() {
        let empty: Arc<dyn Input> = Arc::new(bytes::Bytes::new());
        let mut tail = Tail::read(&empty, 0).unwrap();
        tail.footer.row_index_stride = 1;
        let predicate = OrcPredicate::IsNotNull("x".to_owned());
        let wanted = wanted_rows(&predicate, 1 << 40, &tail, &Index::default());
        assert_eq!((wanted.len(), wanted[0].end), (1, 1 << 40));
    }
}
