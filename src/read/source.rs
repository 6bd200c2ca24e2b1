//! A table as a source of rows: new files as splits, splits as batches.
//!
//! The position of a split counts what was read of its bytes: `piece << 40 | rows`. Without a condition that a file's
//! statistics could decide there is one piece, and the position is the number of rows. With one, a range of a Parquet or ORC
//! file is cut into pieces of some megabytes, and a piece without a row that could fulfil it is not read. A piece that is read
//! is read whole, so that a position means the same rows whatever the condition is after a restart.
//!
//! Of a transactional table the rows are read that were seen when the file was listed, after a restart as well: a split says
//! which. Statistics leave no pieces of such a file out.
//!
//! A file that is gone, or replaced under its name, before it was read to its end ends its split with a warning. Not so one of a
//! transactional table: a compaction has removed it, and its rows are elsewhere. That is an error,
//! unless such files are to be skipped.

mod reader;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arrow::array::new_null_array;
use arrow::datatypes::{Field, SchemaRef};
use formats::acid::Transactional;
use formats::table::Layout;
use metastore::{Catalog, TableName};

use self::reader::{Column, FileReader, Gone, Position, compacted};
use super::enumerator::{Enumerator, ReplacedFiles, Rules};
use super::files::{DataFile, Files};
use super::listing::{Calls, Watch};
use super::scan::{ScanPlan, split_ranges};
use super::state::TableState;
use super::table::{ReadTable, TablePartition};
use super::view::View;
use crate::error::{Error, Kind, Result};
use crate::names::LaneId;
use crate::source::{Discovery, Offsets, SeenRows, Source, Split, SplitDetail, SplitReader};
use crate::time::{Clock, Timestamp};

/// Splits that are given out at once.
const SPLITS: usize = 1024;
/// Partitions that are remembered for the splits that are given out.
const REMEMBERED: usize = 8 * SPLITS;

/// How a table is read as a source.
#[derive(Debug, Clone)]
pub struct TableOptions {
    /// The table.
    pub table: TableName,
    /// Order, start and branch.
    pub rules: Rules,
    /// The columns that are read, and what rows must fulfil.
    pub plan: ScanPlan,
    /// The columns of the batches. What the plan does not read of them is NULL: nobody looks at it.
    pub schema: SchemaRef,
    /// Time between two looks; without it the source is bounded: it reads what is there.
    pub monitor_interval: Option<Duration>,
    /// Size of a split, in bytes, of files that can be cut.
    pub split_bytes: u64,
}

/// A table as a source.
pub struct TableSource {
    options: Arc<TableOptions>,
    /// The plan without its condition.
    whole: ScanPlan,
    catalog: Arc<dyn Catalog>,
    files: Arc<Files>,
    clock: Arc<dyn Clock>,
    seen: Mutex<Seen>,
    columns: Arc<Vec<Column>>,
    /// Partitions of splits that were given out, so that a lane need not ask for them.
    partitions: Mutex<BTreeMap<String, Arc<TablePartition>>>,
    /// Views of partitions, by name and the write ids that are seen, so that a lane need not list them.
    views: Mutex<BTreeMap<(String, String), Arc<View>>>,
}

/// What is known of the table so far.
#[derive(Debug)]
struct Seen {
    watch: Watch,
    enumerator: Enumerator,
    looked_at: Option<Timestamp>,
}

impl fmt::Debug for TableSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableSource").field("options", &self.options).finish_non_exhaustive()
    }
}

impl TableSource {
    /// Makes the source; looks at nothing yet.
    pub fn new(
        options: TableOptions,
        catalog: Arc<dyn Catalog>,
        files: Arc<Files>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let mut whole = options.plan.clone();
        whole.predicate = None;
        let (rules, plan) = (options.rules.clone(), options.plan.clone());
        let wanted = move |partition: &TablePartition| {
            Ok(rules.order.includes(partition, rules.start.as_ref()) && plan.wants(partition)?)
        };
        let watch = Watch::new(
            Arc::clone(&catalog),
            options.table.clone(),
            Arc::clone(&files),
            Box::new(wanted),
            options.monitor_interval.is_some(),
        );
        let enumerator = Enumerator::new(options.rules.clone());
        let read = options.plan.schema();
        let column = |field: &Arc<Field>| match read.index_of(field.name()) {
            Ok(at) => Column::Read(at),
            Err(_) => Column::Unread(new_null_array(field.data_type(), options.plan.batch_rows)),
        };
        let columns = Arc::new(options.schema.fields().iter().map(column).collect());
        Self {
            columns,
            options: Arc::new(options),
            whole,
            catalog,
            files,
            clock,
            seen: Mutex::new(Seen { watch, enumerator, looked_at: None }),
            partitions: Mutex::default(),
            views: Mutex::default(),
        }
    }

    /// Gives what looking at the table has cost so far.
    pub fn calls(&self) -> Calls {
        self.seen().watch.calls()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn partitions(&self) -> MutexGuard<'_, BTreeMap<String, Arc<TablePartition>>> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the partition of a split; nothing if it was dropped.
    fn partition(&self, name: &str) -> Result<Option<Arc<TablePartition>>> {
        if let Some(known) = self.partitions().get(name) {
            return Ok(Some(Arc::clone(known)));
        }
        let gone = |e: metastore::Error| match e.kind() {
            metastore::Kind::NotFound => Ok(None),
            _ => Err(Error::from(e)),
        };
        let table = match self.catalog.get_table(&self.options.table) {
            Ok(table) => ReadTable::open(table, &self.files)?,
            Err(e) => return gone(e),
        };
        let found = if name.is_empty() {
            table.whole()?
        } else {
            match self.catalog.get_partition(&self.options.table, &name.parse()?) {
                Ok(partition) => table.partition(&partition)?,
                Err(e) => return gone(e),
            }
        };
        let found = Arc::new(found);
        self.remember(Arc::clone(&found));
        Ok(Some(found))
    }

    fn remember(&self, partition: Arc<TablePartition>) {
        let mut known = self.partitions();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(partition.name.clone(), partition);
    }

    fn remember_view(&self, partition: &str, view: &Arc<View>) {
        let mut known = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert((partition.to_owned(), view.ids().to_string()), Arc::clone(view));
    }

    /// Finds the rows of a transactional table's file that a split names; nothing if a compaction has removed it.
    fn written(
        &self,
        partition: &TablePartition,
        path: &str,
        rows: &SeenRows,
    ) -> Result<Option<DataFile>> {
        let key = (partition.name.clone(), rows.valid.clone());
        let known = self.views.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(file) = known.and_then(|view| view.find(path, rows)) {
            return Ok(Some(file));
        }
        let view = match View::look(&self.files, partition, &rows.valid.parse()?) {
            Ok(Some(view)) => view,
            Ok(None) => return Ok(None),
            // Compacted beyond what is seen.
            Err(e) if e.kind() == Kind::Data => return Ok(None),
            Err(e) => return Err(e),
        };
        self.remember_view(&partition.name, &view);
        Ok(view.find(path, rows))
    }

    /// Tells whether there is a condition that statistics of a partition's files can decide.
    fn can_skip(&self, partition: &TablePartition) -> bool {
        self.options.plan.predicate.is_some()
            && Transactional::of(&partition.descriptor) == Transactional::No
            && matches!(partition.descriptor.layout(), Ok(Layout::Parquet | Layout::Orc))
    }
}

impl Source for TableSource {
    fn discover(&self, known: &Offsets) -> Result<Discovery> {
        let TableOptions { table, rules, monitor_interval, split_bytes, .. } = &*self.options;
        let (name, now) = (table.to_string(), self.clock.now());
        let seen = &mut *self.seen();
        let due = match (seen.looked_at, monitor_interval) {
            (None, _) => true,
            (Some(at), Some(interval)) => now >= at.plus(*interval),
            (Some(_), None) => false,
        };
        if due {
            seen.enumerator.take_in(seen.watch.look(now)?);
            seen.looked_at = Some(now);
        }
        let state = known.tables.get(&rules.branch).filter(|state| state.table == name);
        let state = state.cloned().unwrap_or_else(|| TableState::new(name));
        let cut = |partition: &TablePartition, file: &DataFile| {
            split_ranges(file, partition, *split_bytes)
        };
        let given = seen.enumerator.give(&state, SPLITS, &cut)?;
        if given.skipped > 0 {
            tracing::info!(table = %table, files = given.skipped, "files that replace others are taken as read");
        }
        for (partition, view) in &given.views {
            self.remember_view(partition, view);
        }
        for split in &given.splits {
            if let SplitDetail::TableFile { partition, .. } = &split.detail
                && let Some(partition) = seen.watch.partition(partition)
            {
                self.remember(partition);
            }
        }
        Ok(Discovery {
            complete: monitor_interval.is_none() && given.left.is_none(),
            left: given.left.map(|least| (rules.branch, least)).into_iter().collect(),
            splits: given.splits,
            tables: vec![given.delta],
            forget: Vec::new(),
        })
    }

    fn open(&self, split: &Split, from: u64, _lane: LaneId) -> Result<Box<dyn SplitReader>> {
        let SplitDetail::TableFile { partition: name, path, identity, bytes, seen, .. } =
            &split.detail
        else {
            return Err(Error::internal("split is not of a table").with("split", &split.id));
        };
        let Some(partition) = self.partition(name)? else {
            let gone = Gone { id: split.id.clone(), why: "its partition was dropped" };
            return Ok(Box::new(gone));
        };
        let file = match seen {
            None => DataFile::new(path.clone(), identity.clone()),
            Some(rows) => match self.written(&partition, path, rows)? {
                Some(file) => file,
                None if self.options.rules.replaced == ReplacedFiles::Skip => {
                    let gone = Gone { id: split.id.clone(), why: "a compaction has removed it" };
                    return Ok(Box::new(gone));
                }
                None => return Err(compacted(path)),
            },
        };
        let skips = self.can_skip(&partition);
        Ok(Box::new(FileReader {
            options: Arc::clone(&self.options),
            whole: self.whole.clone(),
            files: Arc::clone(&self.files),
            partition,
            file,
            bytes: bytes.0..bytes.1,
            skips,
            at: Position::of(from),
            open: None,
            rows: 0,
            columns: Arc::clone(&self.columns),
        }))
    }
}

#[cfg(test)]
mod tests;
