//! Which rows were deleted or replaced: a set in memory, or, where they are many, a merge.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type};

use super::WriteIds;
use super::names::FolderKind;
use super::read::{WRITER_STATISTICS, is_acid, open_orc};
use super::row_id::{RowId, normal};
use super::snapshot::{DataFile, Snapshot};
use crate::orc::{OrcBatches, OrcComparison, OrcFile, OrcPredicate, OrcRead, OrcValue};
use crate::types::{HiveType, StructField};
use crate::{Files, FormatError, Result};

/// Events that are held in memory for one data file; more are merged with its rows.
const MOST_EVENTS: u64 = 1 << 20;

/// What a row does, in the column `operation`.
pub(super) const DELETE: i32 = 2;
const INSERT: i32 = 0;

/// Who changed a row: the write id and the statement. The last one decides.
pub(super) type By = (i64, u32);

/// Deletes of a `delete_delta`: nobody adds a row under the same id after them.
const FOR_EVER: By = (i64::MAX, u32::MAX);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Event {
    id: RowId,
    by: By,
}

/// The changes of the rows of one bucket.
#[derive(Debug)]
pub(super) enum Deletes {
    /// All of them, in order, and where the search was last.
    Set(Vec<Event>, usize),
    Merge(Box<Merge>),
}

impl Deletes {
    /// Collects what may concern the rows of a file.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if a file of events is broken.
    pub(super) fn of(
        snapshot: &Snapshot,
        file: &DataFile,
        split_update: bool,
        files: &dyn Files,
    ) -> Result<Self> {
        Self::with_limit(snapshot, file, split_update, files, MOST_EVENTS)
    }

    pub(super) fn with_limit(
        snapshot: &Snapshot,
        file: &DataFile,
        split_update: bool,
        files: &dyn Files,
        limit: u64,
    ) -> Result<Self> {
        let mut streams = Vec::new();
        let mut count = 0u64;
        for source in sources(snapshot, file, split_update) {
            let Some(orc) = open_orc(source, files)? else { continue };
            let deletes = source.folder.as_ref().is_some_and(|f| f.kind == FolderKind::DeleteDelta);
            if !is_acid(&orc) || !deletes && only_inserts(&orc) {
                continue;
            }
            count = count.saturating_add(orc.stats().rows);
            let range = file.folder.as_ref().filter(|_| split_update).map(|_| file.write_ids());
            let statement = source.folder.as_ref().and_then(|f| f.statement).unwrap_or(0);
            streams.push(Events {
                batches: orc.read(&events_of(range)).map_err(|e| e.with("file", &source.path))?,
                path: source.path.clone(),
                statement: (!deletes).then_some(statement),
                ids: Arc::clone(&snapshot.ids),
                page: Vec::new().into_iter(),
                last: None,
            });
        }
        if count > limit {
            return Ok(Self::Merge(Box::new(Merge::new(streams)?)));
        }
        let mut events = Vec::new();
        for mut stream in streams {
            while let Some(event) = stream.next()? {
                events.push(event);
            }
        }
        events.sort_unstable();
        // Of several changes of a row the last one is kept.
        events.dedup_by(|next, kept| {
            let same = next.id == kept.id;
            if same {
                kept.by = next.by;
            }
            same
        });
        Ok(Self::Set(events, 0))
    }

    /// Tells whether no row is concerned.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Set(events, _) if events.is_empty())
    }

    /// Returns who changed a row last.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if many events, or the rows beside them, are not in the order of their ids.
    pub(super) fn last_change(&mut self, id: RowId) -> Result<Option<By>> {
        match self {
            Self::Set(events, at) => {
                let after = events.get(*at).is_none_or(|event| event.id >= id);
                let before = at.checked_sub(1).and_then(|at| events.get(at));
                if !after || before.is_some_and(|event| event.id >= id) {
                    *at = events.partition_point(|event| event.id < id);
                }
                Ok(events.get(*at).filter(|event| event.id == id).map(|event| event.by))
            }
            Self::Merge(merge) => merge.last_change(id),
        }
    }
}

/// Lists the files with events about the rows of a file.
fn sources<'a>(
    snapshot: &'a Snapshot,
    file: &'a DataFile,
    split_update: bool,
) -> impl Iterator<Item = &'a DataFile> {
    // Nobody deletes a row before it is there.
    let first = file.folder.as_ref().map_or(i64::MIN, |folder| folder.first);
    let concerns = move |source: &&DataFile| {
        let last = source.folder.as_ref().map_or(i64::MIN, |folder| folder.last);
        source.bucket == file.bucket && (last >= first || file.is_base())
    };
    let old = snapshot.files().iter().filter(move |source| !split_update && source.is_delta());
    snapshot.deletes.iter().chain(old).filter(concerns)
}

/// Tells whether the writer counted nothing but inserts.
fn only_inserts(file: &OrcFile) -> bool {
    let counts = file.user_metadata().iter().find(|(key, _)| key == WRITER_STATISTICS);
    let text = counts.map(|(_, text)| String::from_utf8_lossy(text));
    text.is_some_and(|text| text.split(',').skip(1).all(|count| count.trim() == "0"))
}

/// Says what is read of a file of events: all but the rows themselves.
fn events_of(write_ids: Option<(i64, i64)>) -> OrcRead {
    let field = |name: &str, ty| StructField { name: name.to_owned(), ty };
    let bound = |comparison, value| OrcPredicate::Compare {
        column: "originalTransaction".to_owned(),
        comparison,
        value: OrcValue::Integer(value),
    };
    let predicate = write_ids.map(|(first, last)| {
        OrcPredicate::And(vec![
            bound(OrcComparison::GreaterOrEqual, first),
            bound(OrcComparison::LessOrEqual, last),
        ])
    });
    let columns = vec![
        field("operation", HiveType::Int),
        field("originalTransaction", HiveType::BigInt),
        field("bucket", HiveType::Int),
        field("rowId", HiveType::BigInt),
        field("currentTransaction", HiveType::BigInt),
    ];
    OrcRead { columns: Some(columns), predicate, ..OrcRead::default() }
}

/// The ids in the first five columns of a batch of rows with ids.
pub(super) struct KeyColumns<'a> {
    pub(super) operations: &'a [i32],
    pub(super) write_ids: &'a [i64],
    pub(super) buckets: &'a [i32],
    pub(super) rows: &'a [i64],
    pub(super) changed_by: &'a [i64],
}

impl<'a> KeyColumns<'a> {
    /// Takes the ids out of a batch.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if one is NULL.
    pub(super) fn of(batch: &'a RecordBatch) -> Result<Self> {
        let [operations, write_ids, buckets, rows, changed_by, ..] = batch.columns() else {
            return Err(FormatError::internal("rows without ids"));
        };
        if batch.columns().iter().take(5).any(|ids| ids.null_count() > 0) {
            return Err(FormatError::data("a row of a transactional table has no id"));
        }
        Ok(Self {
            operations: operations.as_primitive::<Int32Type>().values(),
            write_ids: write_ids.as_primitive::<Int64Type>().values(),
            buckets: buckets.as_primitive::<Int32Type>().values(),
            rows: rows.as_primitive::<Int64Type>().values(),
            changed_by: changed_by.as_primitive::<Int64Type>().values(),
        })
    }

    pub(super) fn id(&self, row: usize) -> RowId {
        RowId {
            write_id: self.write_ids[row],
            bucket: normal(self.buckets[row]),
            row: self.rows[row],
        }
    }
}

/// The events of one file.
#[derive(Debug)]
struct Events {
    batches: OrcBatches,
    path: String,
    /// The statement of updates and deletes beside inserts; none of deletes alone.
    statement: Option<u32>,
    ids: Arc<WriteIds>,
    page: std::vec::IntoIter<Event>,
    last: Option<RowId>,
}

impl Events {
    fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(event) = self.page.next() {
                return Ok(Some(event));
            }
            let Some(batch) = self.batches.next() else { return Ok(None) };
            let page = batch.and_then(|batch| self.events(&batch));
            self.page = page.map_err(|e| e.with("file", &self.path))?.into_iter();
        }
    }

    fn events(&self, batch: &RecordBatch) -> Result<Vec<Event>> {
        let ids = KeyColumns::of(batch)?;
        let mut page = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            if ids.operations[row] != INSERT && self.ids.is_valid(ids.changed_by[row]) {
                let by = self.statement.map_or(FOR_EVER, |of| (ids.changed_by[row], of));
                page.push(Event { id: ids.id(row), by });
            }
        }
        Ok(page)
    }

    /// Gives the next event, which must not come before the one given last.
    fn next_in_order(&mut self) -> Result<Option<Event>> {
        let next = self.next()?;
        if let Some(event) = &next {
            if self.last.is_some_and(|last| last > event.id) {
                return Err(FormatError::data("delete events are not in the order of row ids")
                    .with("file", &self.path));
            }
            self.last = Some(event.id);
        }
        Ok(next)
    }
}

/// Walks through the events of several files beside the rows.
#[derive(Debug)]
pub(super) struct Merge {
    streams: Vec<Events>,
    heads: BinaryHeap<Reverse<(Event, usize)>>,
    /// The row that was asked for last, and the answer.
    last: Option<(RowId, Option<By>)>,
}

impl Merge {
    fn new(mut streams: Vec<Events>) -> Result<Self> {
        let mut heads = BinaryHeap::new();
        for (n, stream) in streams.iter_mut().enumerate() {
            heads.extend(stream.next_in_order()?.map(|event| Reverse((event, n))));
        }
        Ok(Self { streams, heads, last: None })
    }

    fn last_change(&mut self, id: RowId) -> Result<Option<By>> {
        if let Some((last, by)) = self.last {
            if last == id {
                return Ok(by);
            }
            if last > id {
                return Err(FormatError::data(
                    "rows of a transactional table are not in the order of their ids",
                )
                .with("write id", id.write_id)
                .with("row", id.row));
            }
        }
        let mut by = None;
        while let Some(Reverse((event, n))) = self.heads.peek().copied() {
            if event.id > id {
                break;
            }
            if event.id == id {
                by = by.max(Some(event.by));
            }
            self.heads.pop();
            self.heads.extend(self.streams[n].next_in_order()?.map(|event| Reverse((event, n))));
        }
        self.last = Some((id, by));
        Ok(by)
    }
}
