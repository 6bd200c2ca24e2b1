//! What a backfill would read and write, found out at one moment.
//!
//! # The share of the live pipeline
//! The live pipeline goes on while the backfill runs, and what it publishes stays beside what the backfill makes. So no row
//! may be in both. If both read the same source, the backfill reads just what the pipeline's last checkpoint says it has
//! read, and the rest is left to the pipeline. The partitions' files are listed while nobody can publish
//! ([`FolderLock`]): all that are visible then, and those that the checkpoint names, are made of rows that the backfill
//! reads; all that come later are not.
//!
//! A pipeline whose state is in another folder is not known: then the range must end before what it has not published yet.
//!
//! Files that the pipeline holds back for merging are named anew when they are merged, so a partition that has some is left
//! out, with that reason.

use std::collections::{BTreeMap, BTreeSet};

use metastore::model::keys;
use metastore::names::{PartitionPath, TableName};
use metastore::{Catalog, Partition, Table};

use super::super::known::{Known, KnownTrigger};
use super::super::resolve::Resolved;
use super::manifest::Existing;
use super::range::Range;
use crate::checkpoint::Checkpoint;
use crate::checkpoint::store::CheckpointStore;
use crate::commit::swap::{Amount, Listing, SwapMode, partition_folders};
use crate::disk::FolderLock;
use crate::error::{Error, Kind, Result};
use crate::job::plan::{Branch, Plan};
use crate::job::scope::Scope;
use crate::source::fixed::{Share, read_by};
use crate::source::{Offsets, Split, SplitDetail};
use crate::write::Target;

/// What would be read and written.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) splits: Vec<Split>,
    pub(super) left: u64,
    pub(super) existing: Vec<Existing>,
    pub(super) except: BTreeMap<String, String>,
}

/// The pipeline that writes the table all the time, if it has ever run.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) name: String,
    store: CheckpointStore,
    /// For each branch, whether it reads the same as the backfill.
    same: Vec<bool>,
}

impl Live {
    /// Finds the pipeline of the same INSERT.
    pub(super) fn find(state: &std::path::Path, one: &Resolved) -> Result<Option<Self>> {
        let found = Known::all(state)?.into_iter().find(|(_, k)| k.name == one.name);
        let Some((own, known)) = found else { return Ok(None) };
        if known.table != one.table.name {
            return Ok(None);
        }
        let own_sources = one.source_names();
        // What an older version has written down names no sources.
        let same = |(n, source): (usize, &String)| {
            known.sources.is_empty() || known.sources.get(n) == Some(source)
        };
        let same = own_sources.iter().enumerate().map(same).collect();
        let store = CheckpointStore::open_read_only(&own)?;
        Ok(Some(Self { name: known.name, store, same }))
    }

    /// Names other pipelines that write the table.
    pub(super) fn others(state: &std::path::Path, one: &Resolved) -> Result<Vec<String>> {
        let other = |known: &Known| {
            let replay = known.name.strip_prefix(&one.name).is_some_and(|r| r.starts_with('.'));
            let backfill = matches!(known.trigger, KnownTrigger::End);
            known.table == one.table.name && known.name != one.name && !replay && !backfill
        };
        let all = Known::all(state)?.into_iter().map(|(_, known)| known);
        Ok(all.filter(other).map(|known| known.name).collect())
    }
}

/// What a draft is made from.
pub(super) struct Facts<'a> {
    pub(super) catalog: &'a dyn Catalog,
    pub(super) table: &'a Table,
    pub(super) plan: &'a Plan,
    pub(super) range: &'a Range,
    pub(super) scope: &'a Scope,
    pub(super) mode: SwapMode,
    pub(super) live: Option<&'a Live>,
}

/// Finds out what would be read and written.
///
/// # Errors
/// `Config` if that has no end, or is nothing at all.
pub(super) fn draft(facts: &Facts<'_>) -> Result<Draft> {
    let found = found(facts)?;
    let location = &facts.plan.location;
    let _alone = location.is_dir().then(|| FolderLock::alone(location)).transpose()?;
    let last = facts.live.map(|live| live.store.latest()).transpose()?;
    let (splits, left) = share(facts, found, last.as_ref().map(Option::as_ref))?;
    let last = last.flatten();
    let held = last.as_ref().map(|last| held(facts, last)).unwrap_or_default();
    let existing = existing(facts, last.as_ref())?;
    let mut except = held;
    if facts.mode == SwapMode::Missing {
        for one in &existing {
            let reason = format!("it exists, with {} files", one.amount.files);
            except.entry(one.partition.clone()).or_insert(reason);
        }
    }
    Ok(Draft { splits, left, existing, except })
}

/// Lists the source, each branch by itself.
fn found(facts: &Facts<'_>) -> Result<Vec<Vec<Split>>> {
    let mut all = Vec::new();
    let mut any = false;
    for branch in &facts.plan.branches {
        let same = passes_partitions(branch, facts.table);
        let mut kept = Vec::new();
        for split in list(branch, &Offsets::default())? {
            any = true;
            let wanted = match &split.detail {
                SplitDetail::File { path, .. } => facts.range.has_file(path)?,
                SplitDetail::TableFile { partition, path, .. } => {
                    facts.range.has_file(path)? && (!same || facts.scope.in_range(partition))
                }
                SplitDetail::Sequence { .. } | SplitDetail::Partition { .. } => true,
            };
            if wanted {
                kept.push(split);
            }
        }
        all.push(kept);
    }
    if any && all.iter().all(Vec::is_empty) {
        return Err(Error::config("nothing of the source is in the range")
            .with_hint("--files is matched with the end of the files' paths: try it with --plan"));
    }
    Ok(all)
}

/// Lists all that a branch's source has and that is not known, however many times it must be asked.
fn list(branch: &Branch, known: &Offsets) -> Result<Vec<Split>> {
    let mut known = known.clone();
    let mut splits = Vec::new();
    loop {
        let found = branch.source.discover(&known)?;
        let more = !found.left.is_empty() && !found.splits.is_empty();
        splits.extend(found.splits);
        if !more {
            return Ok(splits);
        }
        for delta in &found.tables {
            known.tables.entry(delta.branch).or_default().apply(delta);
        }
    }
}

/// Tells whether the SELECT takes the target's partition values as they are from columns of the same name: then a partition
/// of a table that is read goes to the one of that name, and those out of the range need not be read.
fn passes_partitions(branch: &Branch, table: &Table) -> bool {
    let text = branch.transform.describe();
    let passed = |name: &str| text.lines().any(|line| line == format!("partition {name} = {name}"));
    !table.partition_keys.is_empty() && table.partition_keys.iter().all(|key| passed(&key.name))
}

/// Takes from what was found what the live pipeline has read.
fn share(
    facts: &Facts<'_>,
    found: Vec<Vec<Split>>,
    last: Option<Option<&Checkpoint>>,
) -> Result<(Vec<Split>, u64)> {
    let (mut splits, mut left) = (Vec::new(), 0);
    let nothing = Offsets::default();
    for (n, found) in found.into_iter().enumerate() {
        let same = facts.live.is_some_and(|live| live.same.get(n) == Some(&true));
        match last {
            Some(last) if same && found.iter().any(is_of_table) => {
                let offsets = last.map_or(&nothing, |last| &last.offsets);
                let share = share_of_table(facts, n, found, offsets)?;
                splits.extend(share.splits);
                left += share.left;
            }
            Some(last) if same => {
                let share = read_by(found, last.map_or(&nothing, |last| &last.offsets));
                splits.extend(share.splits);
                left += share.left;
            }
            _ => splits.extend(found),
        }
    }
    let endless = |split: &&Split| {
        let end = split.weight(split.start).is_none();
        end && !matches!(split.detail, SplitDetail::File { .. })
    };
    match splits.iter().find(endless) {
        Some(split) => Err(Error::config("the source has no end")
            .with("source", &split.id)
            .with_hint("bound it, for instance with 'number-of-rows' or 'scan.bounded.mode'")),
        None => Ok((splits, left)),
    }
}

fn is_of_table(split: &Split) -> bool {
    matches!(split.detail, SplitDetail::TableFile { .. })
}

/// Takes the files of a table that the live pipeline has read to their end.
fn share_of_table(facts: &Facts<'_>, n: usize, found: Vec<Split>, live: &Offsets) -> Result<Share> {
    let Some(branch) = facts.plan.branches.get(n) else { return Ok(Share::default()) };
    let mut unread: BTreeSet<String> = BTreeSet::new();
    for split in list(branch, live)? {
        unread.insert(split.id.0);
    }
    for state in live.splits.values().filter(|s| !s.done && is_of_table(&s.split)) {
        let of_branch = usize::from(state.split.branch) == n;
        let wanted = found.iter().any(|split| split.id == state.split.id);
        if of_branch && wanted && state.next > state.split.start {
            return Err(Error::new(
                Kind::Conflict,
                "the live pipeline is in the middle of a file of the range",
            )
            .with("split", &state.split.id)
            .with_hint(
                "start the backfill again in a moment, or leave the file out with --files",
            ));
        }
        unread.insert(state.split.id.0.clone());
    }
    let (left, splits): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|s| unread.contains(&s.id.0));
    Ok(Share { splits, left: left.len() as u64 })
}

/// Finds the partitions of which the pipeline holds rows back.
fn held(facts: &Facts<'_>, last: &Checkpoint) -> BTreeMap<String, String> {
    let name = facts.live.map_or("", |live| live.name.as_str());
    let held =
        last.pending.iter().filter(|p| !p.held.is_empty() && facts.scope.in_range(&p.key.path));
    held.map(|p| {
        let reason = format!(
            "pipeline {name} holds {} files of it back to merge them: run the backfill again once it is announced",
            p.held.len()
        );
        (p.key.path.clone(), reason)
    })
    .collect()
}

/// Lists the partitions of the range that there are.
fn existing(facts: &Facts<'_>, last: Option<&Checkpoint>) -> Result<Vec<Existing>> {
    let levels = facts.table.partition_keys.len();
    let location = &facts.plan.location;
    let mut all: BTreeMap<String, Existing> = BTreeMap::new();
    for path in partition_folders(location, levels)? {
        if !facts.scope.in_range(&path) {
            continue;
        }
        let folder = if path.is_empty() { location.clone() } else { location.join(&path) };
        let Some(listed) = Listing::of(&folder)? else { continue };
        let sum = listed.visible().fold((0, 0), |(n, bytes), (_, more)| (n + 1, bytes + more));
        let amount = Amount { files: sum.0, bytes: sum.1, rows: None };
        let one = Existing { partition: path.clone(), names: listed.names(), amount };
        if levels > 0 || amount.files > 0 {
            all.insert(path, one);
        }
    }
    for partition in in_catalog(facts)? {
        let path = partition.spec.to_path()?.to_string();
        let number = |key: &str| partition.parameters.get(key).and_then(|n| n.parse().ok());
        let told = Amount {
            files: number(keys::NUM_FILES).unwrap_or(0),
            bytes: number(keys::TOTAL_SIZE).unwrap_or(0),
            rows: number(keys::NUM_ROWS),
        };
        let one = all.entry(path.clone()).or_insert_with(|| Existing {
            partition: path,
            names: BTreeSet::new(),
            amount: told,
        });
        if (one.amount.files, one.amount.bytes) == (told.files, told.bytes) {
            one.amount.rows = told.rows;
        }
    }
    // Published at any moment from now on, and yet of rows that are read again.
    for file in last.iter().flat_map(|last| &last.staged) {
        if file.key.target == Target::Table && facts.scope.in_range(&file.key.path) {
            let path = &file.key.path;
            let one = all.entry(path.clone()).or_insert_with(|| Existing {
                partition: path.clone(),
                names: BTreeSet::new(),
                amount: Amount::default(),
            });
            one.names.insert(file.name.clone());
        }
    }
    Ok(all.into_values().collect())
}

fn in_catalog(facts: &Facts<'_>) -> Result<Vec<Partition>> {
    let name: &TableName = &facts.table.name;
    if facts.table.partition_keys.is_empty() || facts.catalog.get_table(name).is_err() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for path in facts.catalog.partition_names(name, None) {
        let path: PartitionPath = path?;
        if facts.scope.in_range(path.as_str()) {
            names.push(path);
        }
    }
    let mut found = Vec::new();
    for some in names.chunks(1000) {
        found.extend(facts.catalog.get_partitions(name, some)?);
    }
    Ok(found)
}
