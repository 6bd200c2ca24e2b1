//! Tables in memory for joins: loaded, kept up to date, replaced as a whole.
//!
//! ```text
//!  metastore, folders ─► look: partitions, files ──same as before──► nothing to do
//!                                   └──other──► scan ─► LookupQuery::part ─► LookupTable ─► takes the place of the old one
//! ```
//!
//! - One copy serves all lanes and pipelines of the process that join with the same rows and columns of a table.
//! - The first copy is there before the first row is read. Later ones are made beside the one in use; if that fails, the old
//!   one stays, and it is tried again.
//! - A join meets the table as it is when a row is read. A row that is read again after a crash may meet a newer one.

mod load;
#[cfg(test)]
mod tests;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use formats::table::ReadOptions;
use metastore::Catalog;
use metastore::names::TableName;

use super::order::Order;
use super::view::{self, seen_ids};
use super::{DataFile, Files, ReadTable, TablePartition};
use crate::error::{Error, Kind, Result};
use crate::sql::bind::LookupQuery;
use crate::sql::lookup::{Dimension, LookupTable};
use crate::time::{Clock, Timestamp};

/// Time between two looks at the clock.
const TICK: Duration = Duration::from_secs(1);
/// Time after which a load that failed, or found no partition, is tried again; it doubles with each failure in a row.
const AGAIN: Duration = Duration::from_secs(10);
/// How often a first load is begun anew because its files change meanwhile.
const FIRST_TRIES: u32 = 3;

/// What is kept of a table, and how long.
#[derive(Debug, Clone, PartialEq)]
pub struct DimensionPlan {
    /// The table.
    pub table: TableName,
    /// Which of its partitions.
    pub include: Include,
    /// Time between two looks for changes.
    pub reload: Duration,
    /// Bytes of memory that one copy may take; while a newer one is made there are two.
    pub max_bytes: u64,
    /// How files are understood.
    pub read: ReadOptions,
}

/// Which partitions of a table are joined with.
#[derive(Debug, Clone, PartialEq)]
pub enum Include {
    /// All of them.
    All,
    /// The last one in this order.
    Latest(Order),
}

/// What there is of a table now.
#[derive(Debug)]
pub struct Look {
    /// Its partitions that are joined with, and their files.
    pub partitions: Vec<(TablePartition, Vec<DataFile>)>,
    table: ReadTable,
    /// Differs from another look's if the rows may differ.
    print: u64,
}

impl Look {
    /// Counts the files and their bytes.
    pub fn size(&self) -> (usize, u64) {
        let files = || self.partitions.iter().flat_map(|(_, files)| files);
        (files().count(), files().map(|file| file.identity.size).sum())
    }
}

/// Finds out which partitions and files a dimension consists of; `None` if it has to have a partition and has none.
///
/// # Errors
/// `NotFound` if the table is gone; `Unavailable` if metastore or files cannot be asked now; `Unsupported` for a table that is
/// not read.
pub fn look(catalog: &dyn Catalog, files: &Files, plan: &DimensionPlan) -> Result<Option<Look>> {
    let table = ReadTable::open(catalog.get_table(&plan.table)?, files)?;
    let ids = seen_ids(catalog, &table)?;
    let mut partitions = Vec::new();
    match &plan.include {
        Include::Latest(order) if table.table.is_partitioned() => {
            let Some(latest) = latest(catalog, &table, order)? else { return Ok(None) };
            partitions.push(latest);
        }
        Include::All | Include::Latest(_) => {
            for partition in table.partitions(catalog, None) {
                partitions.push(partition?);
            }
        }
    }
    let mut print = DefaultHasher::new();
    format!("{:?} {:?}", table.descriptor, table.partition_columns).hash(&mut print);
    let mut all = Vec::new();
    for partition in partitions {
        let found = view::list(files, &partition, &ids)?;
        (&partition.name, &partition.location, found.len()).hash(&mut print);
        if !Arc::ptr_eq(&partition.descriptor, &table.descriptor) {
            format!("{:?}", partition.descriptor).hash(&mut print);
        }
        for file in &found {
            let version = &file.identity;
            (&file.path, version.size, version.modified_ns, version.inode).hash(&mut print);
        }
        if let Some(seen) = found.first().and_then(|file| file.seen.as_ref()) {
            seen.view().ids().to_string().hash(&mut print);
            for (path, version) in seen.view().deletes() {
                (path, version.map(|v| (v.size, v.modified_ns, v.inode))).hash(&mut print);
            }
        }
        all.push((partition, found));
    }
    Ok(Some(Look { partitions: all, table, print: print.finish() }))
}

/// Finds the last partition in an order.
fn latest(
    catalog: &dyn Catalog,
    table: &ReadTable,
    order: &Order,
) -> Result<Option<TablePartition>> {
    let mut last: Option<((i64, String), TablePartition)> = None;
    for partition in table.partitions(catalog, None) {
        let partition = partition?;
        let place = (order.rank(&partition), partition.name.clone());
        if last.as_ref().is_none_or(|(other, _)| *other < place) {
            last = Some((place, partition));
        }
    }
    Ok(last.map(|(_, partition)| partition))
}

/// The dimensions of a process.
#[derive(Debug)]
pub struct Dimensions {
    catalog: Arc<dyn Catalog>,
    files: Arc<Files>,
    clock: Arc<dyn Clock>,
    open: Mutex<Vec<Weak<TableDimension>>>,
}

/// A table in memory.
#[derive(Debug)]
struct TableDimension {
    plan: DimensionPlan,
    query: Arc<LookupQuery>,
    copy: RwLock<Option<Arc<LookupTable>>>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// What the copy was made of.
    print: Option<u64>,
    /// When it is looked at again.
    due: Timestamp,
    failures: u32,
    /// Whether it was said that there is no partition.
    absent: bool,
}

impl Dimension for TableDimension {
    fn current(&self) -> Option<Arc<LookupTable>> {
        self.copy.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Dimensions {
    /// Makes a process's dimensions; none is loaded yet.
    pub fn new(catalog: Arc<dyn Catalog>, files: Arc<Files>, clock: Arc<dyn Clock>) -> Self {
        Self { catalog, files, clock, open: Mutex::default() }
    }

    /// The files of the process's tables.
    pub fn files(&self) -> &Arc<Files> {
        &self.files
    }

    /// Opens a dimension: one that serves the query already, or a new one, which is loaded before this returns.
    ///
    /// # Errors
    /// As [`look`], and as the files'; `Config` if it does not fit into its memory.
    pub fn open(
        &self,
        plan: &DimensionPlan,
        query: &Arc<LookupQuery>,
    ) -> Result<Arc<dyn Dimension>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|dimension| dimension.strong_count() > 0);
        let serving = open.iter().filter_map(Weak::upgrade);
        for dimension in serving {
            if dimension.plan == *plan && dimension.query.serves(query) {
                return Ok(dimension);
            }
        }
        let state = State { print: None, due: Timestamp(i64::MIN), failures: 0, absent: false };
        let made = Arc::new(TableDimension {
            plan: plan.clone(),
            query: Arc::clone(query),
            copy: RwLock::default(),
            state: Mutex::new(state),
        });
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let mut tries = 0;
        while let Err(error) = made.refresh(self, threads) {
            tries += 1;
            // A file that was replaced between the listing and its reading.
            if error.kind() != Kind::NotFound || tries >= FIRST_TRIES {
                return Err(error.with("dimension", &plan.table));
            }
        }
        open.push(Arc::downgrade(&made));
        Ok(made)
    }

    /// Tells whether no dimension is in use.
    pub fn is_empty(&self) -> bool {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.iter().all(|dimension| dimension.strong_count() == 0)
    }

    /// Looks at the dimensions whose time has come, and loads those that have changed.
    ///
    /// What fails leaves the copy as it is and is tried again.
    pub fn reload(&self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for dimension in open.iter().filter_map(Weak::upgrade) {
            if self.clock.now() < dimension.state().due {
                continue;
            }
            if let Err(error) = dimension.refresh(self, 1) {
                let wait = dimension.failed(self.clock.now());
                tracing::warn!(
                    table = %dimension.plan.table, error = ?error, again_in_s = wait.as_secs(),
                    "cannot reload a dimension; its last copy stays in use"
                );
            }
        }
    }

    /// Reloads in a thread of its own until the handle is dropped.
    ///
    /// # Errors
    /// `Unavailable` if there is no thread to be had.
    pub fn keep_up(self: &Arc<Self>) -> Result<Reloader> {
        let (stop, stopped) = bounded::<()>(0);
        let all = Arc::clone(self);
        let work = move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                all.reload();
            }
        };
        std::thread::Builder::new()
            .name("dimensions".to_owned())
            .spawn(work)
            .map_err(|e| Error::io("cannot start a thread", e))?;
        Ok(Reloader { _stop: stop })
    }
}

/// Ends the reloading when it is dropped.
#[derive(Debug)]
pub struct Reloader {
    _stop: Sender<()>,
}

impl TableDimension {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the table, and loads it if it is not as it was.
    fn refresh(&self, of: &Dimensions, threads: usize) -> Result<()> {
        let before = of.clock.now();
        let look = look(of.catalog.as_ref(), &of.files, &self.plan)?;
        let Some(look) = look else {
            self.absent(before);
            return Ok(());
        };
        let changed = self.state().print != Some(look.print);
        if changed {
            let table = load::load(&self.plan, &self.query, &of.files, &look, threads)?;
            let (files, file_bytes) = look.size();
            let partition = match look.partitions.as_slice() {
                [(one, _)] => one.name.as_str(),
                _ => "",
            };
            tracing::info!(
                table = %self.plan.table, partition, rows = table.rows(), bytes = table.bytes(),
                files, file_bytes, ms = of.clock.now().since(before).as_millis(),
                "dimension loaded"
            );
            *self.copy.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(table));
        }
        let mut state = self.state();
        state.print = Some(look.print);
        state.failures = 0;
        state.absent = false;
        state.due = of.clock.now().plus(self.plan.reload);
        Ok(())
    }

    /// Takes note that the table has no partition.
    fn absent(&self, now: Timestamp) {
        let mut state = self.state();
        state.failures = 0;
        state.due = now.plus(AGAIN.min(self.plan.reload));
        if std::mem::replace(&mut state.absent, true) {
            return;
        }
        let then = match self.current() {
            Some(_) => "its last copy stays in use",
            None => "an inner join waits for one, an outer join finds nothing",
        };
        // Source: Flink `HiveLookupTableSource`, where this ends the job.
        tracing::warn!(
            "At least one partition is required when set 'streaming-source.partition.include' to \
             'latest' in temporal join, but actual partition number is '0' for hive table {}: {then}",
            self.plan.table
        );
    }

    /// Takes note of a failure; gives the time until the next try.
    fn failed(&self, now: Timestamp) -> Duration {
        let mut state = self.state();
        let wait =
            AGAIN.saturating_mul(1 << state.failures.min(10)).min(self.plan.reload.max(TICK));
        state.failures += 1;
        state.due = now.plus(wait);
        wait
    }
}
