//! What is new in a partition of a transactional table: rows by the transactions that wrote them. Pure.
//!
//! Files come and go by compactions, write ids do not: what is known are ids. A file whose ids are all new is read whole; of one
//! that a compaction has made of known and new rows, the rows with new ids are read. Insert-only tables keep no ids beside
//! their rows: of them the files from before the compaction are read, as long as they are there.

use std::sync::Arc;

use formats::acid::{Transactional, WriteIdSet};

use super::super::files::DataFile;
use super::super::view::View;
use super::ReplacedFiles;
use crate::error::{Error, Result};

/// Files that are given out together.
#[derive(Debug)]
pub(super) struct Group {
    /// The files; none if their rows are known.
    pub(super) files: Vec<DataFile>,
    /// The write ids that are known once they are given out.
    pub(super) ids: WriteIdSet,
    /// Files that were taken as read although they may have rows that were not.
    pub(super) skipped: usize,
}

/// Finds what is new, in the order in which it was written.
///
/// `waits` tells which files are not taken yet: nothing of their transactions is.
///
/// # Errors
/// `Data` if rows of an insert-only table that were read lie beside others that were not, and may not be skipped.
pub(super) fn groups(
    view: &Arc<View>,
    before: &WriteIdSet,
    waits: impl Fn(&DataFile) -> bool,
    replaced: ReplacedFiles,
) -> Result<Vec<Group>> {
    let mut groups = Vec::new();
    let files = view.files();
    for files in files.chunk_by(|a, b| ids_of(a) == ids_of(b)) {
        let Some((first, last)) = files.first().map(ids_of) else { continue };
        if files.iter().any(&waits) {
            continue;
        }
        let decided = view.ids().decided_of(first, last);
        let fresh = decided.without(before);
        let mut group = Group { files: Vec::new(), ids: decided.clone(), skipped: 0 };
        if fresh == decided {
            group.files = files.to_vec();
        } else if !fresh.is_empty() && view.kind() == Transactional::Full {
            group.files = files.iter().map(|file| only(file, &fresh)).collect();
        } else if !fresh.is_empty() {
            group.files = parts(view, (first, last), &fresh, replaced)?.unwrap_or_else(|| {
                group.skipped = files.len();
                Vec::new()
            });
        }
        groups.push(group);
    }
    Ok(groups)
}

/// The bit of the number that tells when a partition was made: no write id is as great.
const MADE: u64 = 1 << 63;

/// Reads what a state knows of a partition. One that was dropped and made again begins with write id 1 once more.
pub(super) fn known(numbers: &[u64], created: i32) -> WriteIdSet {
    let last = numbers.split_last().filter(|(made, _)| **made == made_at(created));
    let Some((_, borders)) = last else {
        return WriteIdSet::default();
    };
    let borders = borders.iter().map(|border| border.cast_signed()).collect();
    WriteIdSet::from_borders(borders).unwrap_or_default()
}

/// Writes what a state is to know of a partition.
pub(super) fn numbers(known: &WriteIdSet, created: i32) -> Vec<u64> {
    let borders = known.borders().iter().map(|border| border.cast_unsigned());
    borders.chain([made_at(created)]).collect()
}

const fn made_at(created: i32) -> u64 {
    MADE | created.cast_unsigned() as u64
}

fn ids_of(file: &DataFile) -> (i64, i64) {
    file.seen.as_ref().map_or((0, 0), super::super::view::Seen::write_ids)
}

fn only(file: &DataFile, ids: &WriteIdSet) -> DataFile {
    let seen = file.seen.as_ref().map(|seen| seen.with_only(ids.clone()));
    DataFile { seen, ..file.clone() }
}

/// Finds the files from before a compaction whose rows are new; nothing if they are gone and that does not matter.
fn parts(
    view: &Arc<View>,
    (first, last): (i64, i64),
    fresh: &WriteIdSet,
    replaced: ReplacedFiles,
) -> Result<Option<Vec<DataFile>>> {
    let within = |file: &DataFile| {
        let (from, to) = ids_of(file);
        first <= from && to <= last
    };
    let parts: Vec<DataFile> = view.replaced().into_iter().filter(within).collect();
    if parts.is_empty() {
        return match replaced {
            ReplacedFiles::Skip => Ok(None),
            ReplacedFiles::Read => Err(Error::data(
                "a compaction has put rows that were read and rows that may not have been into one file, and removed the files \
                 before it",
            )
            .with("write ids", format!("{fresh:?}"))
            .with_hint(
                "an insert-only table keeps no ids of rows: set 'streaming-source.replaced-files'='skip' to go on with what \
                 comes after it, or read the table anew",
            )),
        };
    }
    Ok(Some(
        parts
            .into_iter()
            .filter(|file| {
                let (from, to) = ids_of(file);
                from == to && fresh.contains(from)
            })
            .collect(),
    ))
}
