//! A backfill's partitions take the place of the live ones: each whole, in one step, in the folder and in the catalog.
//!
//! ```text
//! <warehouse>/t/dt=1/                             the live partition: readers, and pipelines that publish into it
//! <warehouse>/.skep-staging/t/<backfill>/
//! ├── build/dt=1/part-….parquet.stage             all files that the backfill has for it, under hidden names
//! ├── next/dt=1/                                  the new folder: second names of what was built and of what stays
//! │        ▲ exchanged with t/dt=1 in one system call; now it is the old folder
//! └── old/1/                                      old folders, until the backfill ends
//! ```
//!
//! *What stays.* `overwrite`: files that were not there when the backfill began (its *snapshot*), so late rows of the live
//! pipeline; `append`: every file. They get a second name in the new folder before the exchange, so no reader ever misses or
//! doubles one. `missing` never touches a partition that exists.
//!
//! *The live pipeline publishes by path* and holds the table's folder together with others while it does
//! ([`FolderLock`]); a swap holds it alone from the listing to the exchange. So no file of ours can slip in between. Other
//! writers do not know the lock: what they have put into the old folder meanwhile is found after the exchange and moved over.
//!
//! *Readers.* A folder that was listed is wholly old or wholly new: names are never used twice. A query that has listed the
//! old folder and opens a file after the exchange finds that it is gone and fails, as after `INSERT OVERWRITE`; it never
//! mixes. With `append` the old names stay, so it goes on. Hadoop's local file system (not HDFS) lists names, looks at each,
//! and leaves out what is gone by then: a query of Spark or Hive that lists a folder in the moment of the exchange can miss
//! files of it without a word, as with every writer that replaces files.
//!
//! *Where folders cannot be exchanged*, the catalog is pointed to the new folder where it is, the live folder is replaced by
//! two renames, and the catalog is pointed back: one step for who asks the catalog, and a moment without the partition for
//! who lists folders.
//!
//! *Kills.* The names of built files are unique, so a live folder that has them all *is* the new one: that is how a repeated
//! swap finds out. Everything before the exchange is made again, everything after it is looked for again. The journal keeps
//! what a partition had before.

mod folder;
mod place;
mod record;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use metastore::model::keys;
use metastore::names::DEFAULT_PARTITION_NAME;
use metastore::{Catalog, Partition, PartitionPath, TableName, location};
use serde::{Deserialize, Serialize};

use self::folder::is_hidden;
pub use self::folder::{Listing, partition_folders};
use self::place::{Places, uri};
pub use self::record::{Amount, Journal, Swap, SwapState};
use super::CommitItem;
use super::announce::Announcer;
use super::policy::Policy;
use super::statistics::Statistics;
use crate::disk::FolderLock;
use crate::error::{Error, Result};
use crate::names::STAGED_SUFFIX;
use crate::time::Timestamp;
use crate::write::stage::Root;
use crate::write::{PartitionKey, Target};

/// Name of an unpartitioned table's folder among those of partitions.
const WHOLE: &str = "table";
/// How often statistics are told once more because a pipeline has added files meanwhile.
const TELL_AGAIN: usize = 3;

/// What becomes of a partition that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SwapMode {
    /// It is replaced.
    Overwrite,
    /// It keeps its files and gets others.
    Append,
    /// It stays as it is.
    Missing,
}

/// Names of the files that partitions had when a backfill began; those of folders end with `/`.
pub type Snapshot = BTreeMap<String, BTreeSet<String>>;

/// What a [`Swapper`] is made of.
#[derive(Debug)]
pub struct SwapperParts {
    /// Tells of what is in place.
    pub announcer: Announcer,
    /// The catalog.
    pub catalog: Arc<dyn Catalog>,
    /// The table's name.
    pub name: TableName,
    /// The table's folders, as a live pipeline has them.
    pub table: Root,
    /// How the partitions are announced.
    pub policies: Vec<Policy>,
    /// What becomes of partitions that exist.
    pub mode: SwapMode,
    /// What they had at the begin.
    pub snapshot: Snapshot,
    /// What became of them.
    pub journal: Journal,
    /// Names the backfill in the catalog: a partition is announced once by it, however often it is started.
    pub commit_id: String,
    /// Counts those that are done, for the progress display.
    pub done: Arc<AtomicU64>,
}

/// Puts built partitions in the place of live ones, and announces them.
#[derive(Debug)]
pub struct Swapper {
    parts: SwapperParts,
    build: Root,
    /// False in tests of file systems that cannot exchange folders.
    exchanges: bool,
    #[cfg(test)]
    probe: tests::Probe,
}

impl Swapper {
    /// Makes a swapper; touches nothing but the folder of what is built.
    ///
    /// # Errors
    /// As [`Error::io`].
    pub fn new(parts: SwapperParts) -> Result<Self> {
        let build = parts.table.build()?;
        Ok(Self {
            parts,
            build,
            exchanges: true,
            #[cfg(test)]
            probe: tests::Probe::default(),
        })
    }

    /// Swaps partitions and announces those that are in place. May be repeated, also by another process.
    ///
    /// # Errors
    /// `Conflict` if something else is in the way now, `Unavailable` if disk or catalog are: repeat it. As the announcer's.
    pub fn commit(&mut self, items: &[CommitItem], now: Timestamp) -> Result<()> {
        let mut swapped = Vec::with_capacity(items.len());
        for item in items {
            let done = self.swap(item).map_err(|e| e.with("partition", &item.key.path))?;
            self.parts.done.store(self.parts.journal.ended(), Ordering::Relaxed);
            if done {
                let commit_id = self.parts.commit_id.clone();
                swapped.push(CommitItem { commit_id, ..item.clone() });
            }
        }
        self.parts.announcer.announce(&swapped, now)?;
        self.tell_again(&swapped, now)
    }

    /// Finishes the swap that was under way when the last process ended, if the new folder is in place; else the old one is.
    ///
    /// After that nothing but what was built and what was replaced is in the staging folder: it may be deleted.
    ///
    /// # Errors
    /// As [`Swapper::commit`].
    pub fn settle(&mut self, now: Timestamp) -> Result<()> {
        let begun = self.parts.journal.iter().filter(|swap| swap.state == SwapState::Begun);
        let begun: Vec<String> = begun.map(|swap| swap.partition.clone()).collect();
        for path in begun {
            if self.is_in_place(&path)? {
                let key = PartitionKey { target: Target::Table, path };
                let commit_id = self.parts.commit_id.clone();
                let item = CommitItem { key, commit_id, rows: 0, files: 0, bytes: 0, raw_bytes: 0 };
                self.commit(&[item], now)?;
            }
        }
        Ok(())
    }

    fn is_in_place(&self, path: &str) -> Result<bool> {
        let places = self.places(path);
        let stored = self.stored(path)?;
        let _alone = FolderLock::alone(&self.parts.table.folder)?;
        self.finish_detour(&places)?;
        // Nothing is left of what was built: the end of a backfill that was given up was killed.
        let gone = !self.build.partition(path).exists();
        let there = !gone && is_there(Listing::of(&places.live)?.as_ref(), &self.built(path)?);
        if !there {
            self.point_back(stored.as_ref(), &places)?;
        }
        Ok(there)
    }

    fn places(&self, path: &str) -> Places {
        let name = if path.is_empty() { WHOLE } else { path };
        let below = |folder: &str| self.build.staging.join(folder).join(name);
        Places {
            live: self.parts.table.partition(path),
            next: below("next"),
            twin: below("twin"),
            gone: below("gone"),
        }
    }

    /// Tells whether the new folder is in place; false if the partition was skipped.
    fn swap(&mut self, item: &CommitItem) -> Result<bool> {
        let path = item.key.path.as_str();
        match self.parts.journal.get(path).map(|swap| swap.state) {
            Some(SwapState::Swapped) => return Ok(true),
            Some(SwapState::Skipped) => return Ok(false),
            Some(SwapState::Begun) | None => {}
        }
        let places = self.places(path);
        let stored = self.stored(path)?;
        let _alone = FolderLock::alone(&self.parts.table.folder)?;
        let built = self.built(path)?;
        self.finish_detour(&places)?;
        let live = Listing::of(&places.live)?;
        if !is_there(live.as_ref(), &built) {
            self.point_back(stored.as_ref(), &places)?;
            let before = before(&places, live.as_ref(), stored.as_ref())?;
            let amount = Amount { files: item.files, bytes: item.bytes, rows: Some(item.rows) };
            let mut swap = Swap {
                partition: path.to_owned(),
                state: SwapState::Begun,
                reason: None,
                before,
                built: amount,
                after: None,
                kept: Vec::new(),
            };
            if let Some(reason) = self.refuse(&places, live.as_ref(), stored.as_ref())? {
                swap.state = SwapState::Skipped;
                swap.reason = Some(reason);
                swap.after = before;
                self.parts.journal.put(swap)?;
                return Ok(false);
            }
            swap.kept = self.kept(path, live.as_ref());
            self.step("journal")?;
            self.parts.journal.put(swap.clone())?;
            self.make_next(path, &places, &built, &swap.kept)?;
            self.put_in_place(&places, live.is_some(), stored.as_ref())?;
        }
        if places.gone.exists() {
            self.point_back(self.stored(path)?.as_ref(), &places)?;
        }
        self.bring(path, &places)?;
        self.done(item, &places)?;
        Ok(true)
    }

    /// Gives the names and sizes of what was built for a partition.
    fn built(&self, path: &str) -> Result<BTreeMap<String, u64>> {
        let listed = Listing::of(&self.build.partition(path))?.unwrap_or_default();
        let built: BTreeMap<String, u64> = listed
            .files
            .into_iter()
            .filter_map(|(name, bytes)| Some((name.strip_suffix(STAGED_SUFFIX)?.to_owned(), bytes)))
            .collect();
        if built.is_empty() {
            return Err(Error::internal("what was built for a partition is gone")
                .with("folder", self.build.partition(path).display())
                .with_hint("give the backfill up with --restart and begin anew"));
        }
        Ok(built)
    }

    fn stored(&self, path: &str) -> Result<Option<Partition>> {
        if path.is_empty() {
            return Ok(None);
        }
        let name = PartitionPath::parse_spec(path, DEFAULT_PARTITION_NAME)?.to_path()?;
        let mut found = self.parts.catalog.get_partitions(&self.parts.name, &[name])?;
        Ok(found.pop())
    }

    /// Says why the partition must stay as it is.
    fn refuse(
        &self,
        places: &Places,
        live: Option<&Listing>,
        stored: Option<&Partition>,
    ) -> Result<Option<String>> {
        let files = live.map_or(0, |live| live.visible().count());
        Ok(match self.parts.mode {
            SwapMode::Missing if files > 0 => Some(format!(
                "it exists: somebody has written {files} files to it since the backfill began"
            )),
            SwapMode::Missing if stored.is_some() => Some(
                "it exists: somebody has added it to the catalog since the backfill began".into(),
            ),
            SwapMode::Append => stored.filter(|p| elsewhere(p, places)).map(|p| {
                let place = p.sd.location.as_deref().unwrap_or_default();
                format!("its files are in {place}: nothing can be added to them there")
            }),
            SwapMode::Overwrite | SwapMode::Missing => None,
        })
    }

    /// Tells which files of the live folder stay.
    fn kept(&self, path: &str, live: Option<&Listing>) -> Vec<String> {
        let Some(live) = live else { return Vec::new() };
        let nothing = BTreeSet::new();
        let known = self.parts.snapshot.get(path).unwrap_or(&nothing);
        // A marker stays, so that whoever waits for it does not see it vanish; the announcement renews it.
        let marker = |name: &str| {
            self.parts.policies.iter().any(
                |policy| matches!(policy, Policy::SuccessFile { name: marker } if marker == name),
            )
        };
        let stays = |name: &&String| match self.parts.mode {
            SwapMode::Append => true,
            SwapMode::Overwrite => !known.contains(*name) || marker(name),
            SwapMode::Missing => is_hidden(name),
        };
        live.files.keys().filter(stays).cloned().collect()
    }

    fn done(&mut self, item: &CommitItem, places: &Places) -> Result<()> {
        let known = self.parts.journal.get(&item.key.path).cloned();
        let mut swap = known.ok_or_else(|| Error::internal("a swap that was never begun"))?;
        swap.state = SwapState::Swapped;
        swap.after = Some(amount_of(&places.live, Some(item), None)?);
        self.step("journal")?;
        self.parts.journal.put(swap)
    }

    /// Tells the catalog once more of partitions whose files are others by now: a pipeline that published in between may have
    /// told of its own before.
    fn tell_again(&self, items: &[CommitItem], now: Timestamp) -> Result<()> {
        if !self.parts.policies.contains(&Policy::Metastore) {
            return Ok(());
        }
        for turn in 0..TELL_AGAIN {
            let mut changed = Vec::new();
            for item in items {
                let Some(stored) = self.stored(&item.key.path)? else { continue };
                let number = |key: &str| stored.parameters.get(key).and_then(|n| n.parse().ok());
                let told: Option<(u64, u64)> =
                    number(keys::NUM_FILES).zip(number(keys::TOTAL_SIZE));
                let live = Listing::of(&self.parts.table.partition(&item.key.path))?;
                let has = live.map_or((0, 0), |live| {
                    let flat = live.visible().filter(|(name, _)| !name.contains('/'));
                    flat.fold((0, 0), |(files, bytes), (_, more)| (files + 1, bytes + more))
                });
                if told != Some(has) {
                    let commit_id = format!("{}-{}", item.commit_id, turn + 1);
                    let nothing =
                        CommitItem { rows: 0, files: 0, bytes: 0, raw_bytes: 0, ..item.clone() };
                    changed.push(CommitItem { commit_id, ..nothing });
                }
            }
            if changed.is_empty() {
                break;
            }
            self.parts.announcer.announce(&changed, now)?;
        }
        Ok(())
    }

    /// A test can end the process before any step.
    #[cfg(test)]
    fn step(&self, what: &'static str) -> Result<()> {
        self.probe.at(what)
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "as in tests")]
    fn step(&self, _what: &'static str) -> Result<()> {
        Ok(())
    }
}

/// Tells whether a live folder is the new one: names of built files are never used twice.
fn is_there(live: Option<&Listing>, built: &BTreeMap<String, u64>) -> bool {
    live.is_some_and(|live| built.iter().all(|(name, n)| live.files.get(name) == Some(n)))
}

/// Tells whether the catalog has a folder of its own for the partition, neither the live one nor the new one.
fn elsewhere(partition: &Partition, places: &Places) -> bool {
    let stored = partition.sd.location.as_deref().map(location::normalize);
    let is = |folder: &Path| {
        uri(folder).is_ok_and(|own| stored.as_deref() == Some(location::normalize(&own).as_ref()))
    };
    stored.is_some() && !is(&places.live) && !is(&places.next)
}

/// Finds out what a partition has before it is swapped.
fn before(
    places: &Places,
    live: Option<&Listing>,
    stored: Option<&Partition>,
) -> Result<Option<Amount>> {
    let told = stored.and_then(|p| Statistics::from_parameters(&p.parameters));
    if live.is_some() && !stored.is_some_and(|p| elsewhere(p, places)) {
        return amount_of(&places.live, None, told).map(Some);
    }
    let amount = told.map(|s| {
        let rows = s.content.map(|c| c.rows);
        Amount { files: s.files, bytes: s.bytes, rows }
    });
    Ok(stored.map(|_| amount.unwrap_or_default()))
}

/// Counts what a folder has; `item` is what was written to it, `told` what the catalog says of it.
fn amount_of(folder: &Path, item: Option<&CommitItem>, told: Option<Statistics>) -> Result<Amount> {
    let nothing = CommitItem {
        key: PartitionKey { target: Target::Table, path: String::new() },
        commit_id: String::new(),
        rows: 0,
        files: 0,
        bytes: 0,
        raw_bytes: 0,
    };
    let counted = Statistics::of(folder, item.unwrap_or(&nothing), told)?;
    let rows = counted.content.map(|content| content.rows);
    Ok(Amount { files: counted.files, bytes: counted.bytes, rows })
}

#[cfg(test)]
mod tests;
