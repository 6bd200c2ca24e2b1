//! Looks at a table again and again, each time only at what may have changed.
//!
//! ```text
//!  events since the last look ─► partitions that they name ─┐
//!  no events: all names, a page at a time ─► new ones ──────┼─► their folders ─► Listing
//!  folders that have changed: those of lately, a share of the others ─┘
//! ```
//!
//! - The first look is at everything. So is the one after the table itself was changed. Where events tell of that, the table is not
//!   asked for in between; elsewhere it is, before the names, so that what is new waits for no other question.
//! - A file that comes without an event is found by the time of its folder. Folders that changed lately are asked at every
//!   look, the others in turn, [`TURN`] a look. A time that is too fresh to be trusted has the folder listed once more.
//! - A partition whose folder is not there has no files.
//! - Of a transactional table the transactions that have ended are seen. A partition with files of others is listed again at
//!   every look, since a commit changes no folder.
//!
//! Limit: a file that is written again in place, under its name, changes no folder; it is found with the next event of its
//! partition, or when another file comes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use formats::acid::WriteIds;
use metastore::{Catalog, PartitionPath, TableChanges, TableName};

use super::enumerator::{Listing, Looked};
use super::files::{DataFile, Files};
use super::settle::{QUIET, Settling, YOUNG};
use super::table::{ReadTable, TablePartition};
use super::view::{View, seen_ids};
use crate::error::Result;
use crate::source::FileIdentity;
use crate::time::Timestamp;

/// Folders that did not change lately and are asked at one look. Tests make do with small tables.
const TURN: usize = if cfg!(test) { 64 } else { 4096 };
/// Folders without a time, as in object stores, that are listed in turn at one look.
const TURN_LISTED: usize = 64;
/// Partitions that are asked of the metastore at once.
const PAGE: usize = 1000;
/// How long a partition counts as changed lately.
const LATELY: Duration = YOUNG;
/// Looks without any event after which the names are compared, and the table and events are asked for: maybe somebody has begun to
/// write events, or nobody does any more.
const SILENT: u32 = 60;

/// Tells whether a partition is read at all.
pub type Wanted = Box<dyn Fn(&TablePartition) -> Result<bool> + Send>;

/// What looks have cost, all together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// Folders that were listed.
    pub listed: usize,
    /// Folders whose time was asked.
    pub asked: usize,
    /// Partitions that were read from the metastore.
    pub fetched: usize,
    /// Names of partitions that were read from the metastore.
    pub names: usize,
    /// Times that the table was read from the metastore.
    pub tables: usize,
}

/// A table that is looked at.
pub struct Watch {
    catalog: Arc<dyn Catalog>,
    name: TableName,
    files: Arc<Files>,
    wanted: Wanted,
    /// Files that may still be written wait; not if there is only one look.
    settle: bool,
    /// The table as it was at the last event.
    table: Option<ReadTable>,
    /// The last event that was looked at; `None` before the first look and without events.
    event: Option<i64>,
    /// Looks that events have said nothing for.
    silent: u32,
    /// The write ids that the last look saw, if the table is transactional.
    ids: WriteIds,
    /// All partitions that there are, `None` if one is not read; of no meaning before the first look.
    partitions: BTreeMap<String, Option<Watched>>,
    looked: bool,
    /// Until when a partition is asked at every look.
    lately: BTreeMap<String, Timestamp>,
    /// The partition that was asked last in turn.
    turn: String,
    calls: Calls,
}

/// What is remembered of a partition.
#[derive(Debug)]
struct Watched {
    partition: Arc<TablePartition>,
    /// The folders of its files, its own among them, with their times as far as they can be trusted.
    folders: BTreeMap<String, Option<i64>>,
    settling: Settling,
    /// What the last listing has found, as a number.
    found: Option<u64>,
    /// Something has happened here not long ago.
    lately: bool,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("table", &self.name)
            .field("partitions", &self.partitions.len())
            .field("event", &self.event)
            .field("calls", &self.calls)
            .finish_non_exhaustive()
    }
}

impl Watch {
    /// Makes a watch that has not looked yet. `settle` says whether files that may still be written wait for a later look.
    pub fn new(
        catalog: Arc<dyn Catalog>,
        name: TableName,
        files: Arc<Files>,
        wanted: Wanted,
        settle: bool,
    ) -> Self {
        Self {
            catalog,
            name,
            files,
            wanted,
            settle,
            table: None,
            event: None,
            silent: 0,
            ids: WriteIds::all(),
            partitions: BTreeMap::new(),
            looked: false,
            lately: BTreeMap::new(),
            turn: String::new(),
            calls: Calls::default(),
        }
    }

    /// Gives what looks have cost so far.
    pub fn calls(&self) -> Calls {
        self.calls
    }

    /// Gives a partition as the last look has seen it.
    pub fn partition(&self, name: &str) -> Option<Arc<TablePartition>> {
        self.partitions.get(name)?.as_ref().map(|watched| Arc::clone(&watched.partition))
    }

    /// Looks at what may have changed since the last look.
    ///
    /// Cost: the first time in proportion to the table; then to what has changed, and a bounded number of folders asked for
    /// their time. Without events all names are read each time.
    ///
    /// # Errors
    /// `NotFound` if the table is gone; as the catalog's and [`Files::list`]'s. The next look starts where this one did.
    pub fn look(&mut self, now: Timestamp) -> Result<Listing> {
        let listing = self.look_at_all(now);
        if listing.is_err() {
            // Whatever was found out and not told must be found out again.
            self.looked = false;
        }
        listing
    }

    fn look_at_all(&mut self, now: Timestamp) -> Result<Listing> {
        let known = self.table.take().filter(|t| self.looked && t.table.is_partitioned());
        let changes = match (&known, self.event) {
            (Some(table), Some(event)) => self.catalog.changes(&table.table, event)?,
            _ => None,
        };
        let is_known = changes.as_ref().is_some_and(|changes| !changes.table);
        let table = match known.filter(|_| is_known && !self.is_silent()) {
            Some(table) => table,
            None => {
                self.calls.tables += 1;
                ReadTable::open(self.catalog.get_table(&self.name)?, &self.files)?
            }
        };
        // Transactions end without any change of the table.
        self.ids = seen_ids(self.catalog.as_ref(), &table)?;
        let listing = if table.table.is_partitioned() {
            self.partitioned(&table, changes, now)
        } else {
            self.unpartitioned(&table, now)
        };
        self.table = Some(table);
        listing
    }

    /// Tells whether this look is the one that does not rely on events.
    fn is_silent(&self) -> bool {
        self.silent + 1 >= SILENT
    }

    fn unpartitioned(&mut self, table: &ReadTable, now: Timestamp) -> Result<Listing> {
        let whole = Arc::new(table.whole()?);
        let watched = self.partitions.remove("").flatten();
        let mut watched = Watched::new(whole, watched);
        self.calls.listed += 1;
        let looked = watched.look(&self.files, &self.ids, now, self.settle)?;
        self.partitions.insert(String::new(), Some(watched));
        self.looked = true;
        Ok(Listing { partitions: vec![looked], gone: Vec::new(), all: true })
    }

    fn partitioned(
        &mut self,
        table: &ReadTable,
        changes: Option<TableChanges>,
        now: Timestamp,
    ) -> Result<Listing> {
        let all = !self.looked || changes.as_ref().is_some_and(|changes| changes.table);
        let (mut event, mut announced, mut gone) = (self.event, BTreeSet::new(), Vec::new());
        let mut by_name = true;
        if let Some(changes) = changes.filter(|_| !all) {
            self.silent = if event == Some(changes.last) { self.silent + 1 } else { 0 };
            by_name = self.silent >= SILENT;
            event = Some(changes.last);
            let names: Vec<PartitionPath> = changes.partitions.into_iter().collect();
            announced = self.fetch(table, &names)?;
            let left = names.iter().map(PartitionPath::as_str);
            gone.extend(left.filter(|name| !announced.contains(*name)).map(str::to_owned));
        }
        if by_name {
            if event.is_some() || all || self.is_silent() {
                // Asked first: what happens while the names are read is looked at once more.
                event = self.catalog.last_event()?;
                self.silent = 0;
            } else {
                self.silent += 1;
            }
            let names = self.catalog.partition_names(&self.name, None);
            let names = names.collect::<metastore::Result<BTreeSet<PartitionPath>>>()?;
            self.calls.names += names.len();
            let is_new =
                |name: &&PartitionPath| all || !self.partitions.contains_key(name.as_str());
            let new: Vec<PartitionPath> = names.iter().filter(is_new).cloned().collect();
            let there: BTreeSet<&str> = names.iter().map(PartitionPath::as_str).collect();
            let known = self.partitions.keys().filter(|name| !there.contains(name.as_str()));
            gone.extend(known.cloned());
            announced.extend(self.fetch(table, &new)?);
        }
        for name in &gone {
            self.partitions.remove(name);
            self.lately.remove(name);
        }
        // The first look finds partitions that were announced at any time: that says nothing of files of just now.
        let fresh = if all { BTreeSet::new() } else { announced.clone() };
        let mut names = announced;
        if !all {
            names.extend(self.changed(now)?);
        }
        let partitions = self.list(names, &fresh, now)?;
        (self.event, self.looked) = (event, true);
        Ok(Listing { partitions, gone, all })
    }

    /// Reads partitions from the metastore; gives the names of those that are there.
    fn fetch(&mut self, table: &ReadTable, names: &[PartitionPath]) -> Result<BTreeSet<String>> {
        let mut found = BTreeSet::new();
        for page in names.chunks(PAGE) {
            let partitions = self.catalog.get_partitions(&self.name, page)?;
            self.calls.fetched += partitions.len();
            for partition in partitions {
                let mut partition = table.partition(&partition)?;
                // Statistics are of no use here, and a hundred thousand of them take room.
                partition.parameters.clear();
                let name = partition.name.clone();
                found.insert(name.clone());
                let wanted = (self.wanted)(&partition)?;
                let known = self.partitions.remove(&name).flatten();
                let watched = wanted.then(|| Watched::new(Arc::new(partition), known));
                self.partitions.insert(name, watched);
            }
        }
        Ok(found)
    }

    /// Gives the names of partitions whose folders have changed, among those whose turn it is.
    fn changed(&mut self, now: Timestamp) -> Result<BTreeSet<String>> {
        self.lately.retain(|_, until| *until > now);
        let lately: Vec<String> = self.lately.keys().cloned().collect();
        let mut found = BTreeSet::new();
        for name in lately {
            if self.has_changed(&name)? != Some(false) {
                found.insert(name);
            }
        }
        let behind = (Bound::Excluded(self.turn.clone()), Bound::Unbounded);
        let behind = self.partitions.range::<String, _>(behind);
        let others = behind.filter(|(name, p)| p.is_some() && !self.lately.contains_key(*name));
        let turn: Vec<String> = others.map(|(name, _)| name.clone()).take(TURN).collect();
        let mut left = turn.len() == TURN;
        let mut unknown = 0;
        for name in turn {
            let changed = self.has_changed(&name)?;
            unknown += usize::from(changed.is_none());
            if unknown > TURN_LISTED {
                left = true;
                break;
            }
            if changed != Some(false) {
                found.insert(name.clone());
            }
            self.turn = name;
        }
        if !left {
            self.turn.clear();
        }
        Ok(found)
    }

    /// Tells whether a partition's folders have changed since they were listed; `None` if their times do not tell.
    fn has_changed(&mut self, name: &str) -> Result<Option<bool>> {
        let Some(Some(watched)) = self.partitions.get(name) else { return Ok(Some(false)) };
        for (folder, then) in &watched.folders {
            let Some(then) = then else { return Ok(None) };
            self.calls.asked += 1;
            if self.files.changed(folder)? != Some(*then) {
                return Ok(Some(true));
            }
        }
        Ok(Some(false))
    }

    /// Lists the folders of partitions.
    fn list(
        &mut self,
        names: BTreeSet<String>,
        announced: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<Vec<Looked>> {
        let mut all = Vec::new();
        for name in names {
            let Some(Some(watched)) = self.partitions.get_mut(&name) else { continue };
            self.calls.listed += 1;
            let settle = self.settle && !announced.contains(&name);
            let looked = watched.look(&self.files, &self.ids, now, settle)?;
            if watched.lately {
                self.lately.insert(name, now.plus(LATELY));
            }
            all.push(looked);
        }
        Ok(all)
    }
}

impl Watched {
    /// Takes over what was remembered of the same partition, if it is where it was.
    fn new(partition: Arc<TablePartition>, known: Option<Self>) -> Self {
        match known.filter(|known| known.partition.location == partition.location) {
            Some(known) => Self { partition, ..known },
            None => Self {
                partition,
                folders: BTreeMap::new(),
                settling: Settling::default(),
                found: None,
                lately: false,
            },
        }
    }

    /// Lists the partition's files. Times are asked before, so that what comes in between changes them.
    fn look(
        &mut self,
        files: &Files,
        ids: &WriteIds,
        now: Timestamp,
        settle: bool,
    ) -> Result<Looked> {
        self.folders.entry(self.partition.location.clone()).or_default();
        let since = |time: i64, pause| now >= Timestamp(time.div_euclid(1_000_000)).plus(pause);
        let (mut times, mut fresh) = (BTreeMap::new(), false);
        for folder in self.folders.keys() {
            let time = files.changed(folder)?;
            fresh |= time.is_some_and(|time| !since(time, LATELY));
            times.insert(folder.clone(), time.filter(|time| since(*time, QUIET)));
        }
        let (looked, waits) = match View::look(files, &self.partition, ids)? {
            None => self.plain(files, now, settle, &mut times)?,
            Some(view) => self.written(view, files, now, &mut times, settle)?,
        };
        if waits {
            // They are looked at again, whatever their folder says.
            self.folders.values_mut().for_each(|time| *time = None);
        }
        let before = self.found.replace(number_of(looked.files.iter().chain(&looked.unsettled)));
        let changed = before.is_some() && before != self.found;
        self.lately = fresh || changed || waits;
        Ok(looked)
    }

    /// Lists all visible files; tells whether some may still be written.
    fn plain(
        &mut self,
        files: &Files,
        now: Timestamp,
        settle: bool,
        times: &mut Times,
    ) -> Result<(Looked, bool)> {
        let found = files.list(&self.partition.location)?;
        let folders = found.iter().filter_map(|file| file.path.rsplit_once('/'));
        let mut folders: BTreeSet<&str> = folders.map(|(folder, _)| folder).collect();
        folders.insert(&self.partition.location);
        let timed = |folder: &str| (folder.to_owned(), times.remove(folder).flatten());
        self.folders = folders.into_iter().map(timed).collect();
        let (files, unsettled) = if settle {
            self.settling.sort(&self.partition, found, now, files)?
        } else {
            (found, Vec::new())
        };
        let waits = !unsettled.is_empty();
        Ok((Looked { partition: Arc::clone(&self.partition), files, unsettled, view: None }, waits))
    }

    /// Takes the files of transactions that are seen; tells whether others have not ended.
    ///
    /// Each transaction adds a folder to that of the partition, whose time tells of it. Only if nobody knows of transactions,
    /// files wait until they are complete.
    fn written(
        &mut self,
        view: Arc<View>,
        files: &Files,
        now: Timestamp,
        times: &mut Times,
        settle: bool,
    ) -> Result<(Looked, bool)> {
        let location = &self.partition.location;
        self.folders = BTreeMap::from([(location.clone(), times.remove(location).flatten())]);
        let found = view.files();
        let (files, unsettled) = if settle && view.ids().decided().is_none() {
            self.settling.sort(&self.partition, found, now, files)?
        } else {
            (found, Vec::new())
        };
        let waits = view.is_undecided() || !unsettled.is_empty();
        let partition = Arc::clone(&self.partition);
        Ok((Looked { partition, files, unsettled, view: Some(view) }, waits))
    }
}

/// Folders with their times, as far as they can be trusted.
type Times = BTreeMap<String, Option<i64>>;

/// Gives a number that tells a list of files from others, within this process.
fn number_of<'a>(files: impl Iterator<Item = &'a DataFile>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for file in files {
        let FileIdentity { size, modified_ns, inode } = file.identity;
        (&file.path, size, modified_ns, inode).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests;
