//! What announcing a partition means: add it or renew it, once per commit, with a rising revision.
//!
//! ```text
//! no partition          ─ announce(commit 5) ─►  added,   revision 1, commit 5
//! revision 1, commit 5  ─ announce(commit 5) ─►  as it was            (the answer got lost, or a restart)
//! revision 1, commit 5  ─ announce(commit 9) ─►  renewed, revision 2, commit 9   (late rows)
//! ```
//!
//! The deciding part is pure, so that every catalog announces alike.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Kind, Result};
use crate::model::{Parameters, Partition, Table, keys};
use crate::names::{PartitionPath, PartitionSpec, TableName};
use crate::{Catalog, location};

/// Most announcements of one call.
pub const MAX_ANNOUNCEMENTS: usize = 1000;

/// How often an announcement over plain get, add and alter starts again when another writer is in the way.
const ATTEMPTS: usize = 5;

/// One partition whose data are complete and visible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Values of the partition columns.
    pub spec: PartitionSpec,
    /// Folder of the data; `None` = the table's folder + the partition path.
    pub location: Option<String>,
    /// Properties and statistics of the whole partition: they replace those of the same name and leave the others.
    pub parameters: Parameters,
    /// Name of this commit; the same name again changes nothing.
    pub commit_id: String,
    /// Creation time of a new partition in seconds since 1970.
    pub create_time: i32,
}

/// What became of an [`Announcement`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Whether this call added the partition; false if it was there already.
    pub created: bool,
    /// How often the partition was announced by different commits, from 1.
    pub revision: u64,
    /// Folder that the partition had until now, if the announcement moved it: data there are no longer seen.
    pub moved_from: Option<String>,
}

/// What an announcement asks a catalog to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// This commit is recorded already.
    Keep,
    Add(Box<Partition>),
    Alter(Box<Partition>),
}

/// Decides what one announcement does to the partition as it is stored now.
///
/// Columns, formats and `SerDe` follow the table of today, as with Flink's metastore commit policy. Hive's mark that statistics are
/// accurate goes unless the announcement renews it: the data have changed.
pub(crate) fn decide(
    table: &Table,
    stored: Option<&Partition>,
    announcement: &Announcement,
) -> Result<(Step, Announced)> {
    if announcement.commit_id.is_empty() {
        return Err(Error::config("announcement has an empty commit id")
            .with("partition", &announcement.spec));
    }
    let place = match &announcement.location {
        Some(location) => location::normalize(location),
        None => table.partition_location(&announcement.spec)?,
    };
    let mut partition = Partition::of_table(table, announcement.spec.clone());
    partition.sd.location = Some(place.clone());
    partition.create_time = announcement.create_time;
    let mut revision = 1;
    let mut moved_from = None;
    if let Some(stored) = stored {
        if stored.parameters.get(keys::COMMIT_ID) == Some(&announcement.commit_id) {
            let same = Announced { created: false, revision: stored.revision(), moved_from: None };
            return Ok((Step::Keep, same));
        }
        revision = stored.revision().saturating_add(1);
        moved_from = stored.sd.location.clone().filter(|old| location::normalize(old) != place);
        partition.create_time = stored.create_time;
        partition.last_access_time = stored.last_access_time;
        partition.parameters.clone_from(&stored.parameters);
        partition.parameters.remove(keys::COLUMN_STATS_ACCURATE);
    }
    partition.parameters.extend(announcement.parameters.clone());
    partition.parameters.insert(keys::COMMIT_ID.to_owned(), announcement.commit_id.clone());
    partition.parameters.insert(keys::REVISION.to_owned(), revision.to_string());
    let partition = Box::new(partition);
    let step = if stored.is_some() { Step::Alter(partition) } else { Step::Add(partition) };
    Ok((step, Announced { created: stored.is_none(), revision, moved_from }))
}

/// Checks a batch and names its partitions, in its order.
pub(crate) fn paths(table: &Table, announcements: &[Announcement]) -> Result<Vec<PartitionPath>> {
    if announcements.len() > MAX_ANNOUNCEMENTS {
        return Err(Error::config("too many announcements in one call")
            .with("count", announcements.len())
            .with("limit", MAX_ANNOUNCEMENTS));
    }
    let mut seen = BTreeSet::new();
    let mut paths = Vec::with_capacity(announcements.len());
    for announcement in announcements {
        let path = table.partition_path(&announcement.spec)?;
        if !seen.insert(path.clone()) {
            return Err(Error::config("partition is announced twice in one call")
                .with("table", &table.name)
                .with("partition", &path));
        }
        paths.push(path);
    }
    Ok(paths)
}

/// Announces over plain get, add and alter, for catalogs that have no transaction of ours.
pub(crate) fn over_plain_calls<C: Catalog + ?Sized>(
    catalog: &C,
    name: &TableName,
    announcements: &[Announcement],
) -> Result<Vec<Announced>> {
    let mut attempt = 1;
    loop {
        match once(catalog, name, announcements) {
            // Another writer added or dropped one of them in between: what was done is recognized by its commit id.
            Err(error)
                if attempt < ATTEMPTS
                    && matches!(error.kind(), Kind::AlreadyExists | Kind::Conflict) =>
            {
                attempt += 1;
            }
            other => return other,
        }
    }
}

fn once<C: Catalog + ?Sized>(
    catalog: &C,
    name: &TableName,
    announcements: &[Announcement],
) -> Result<Vec<Announced>> {
    let table = catalog.get_table(name)?;
    let paths = paths(&table, announcements)?;
    let mut stored = BTreeMap::new();
    for partition in catalog.get_partitions(name, &paths)? {
        stored.insert(table.partition_path(&partition.spec)?, partition);
    }
    let (mut add, mut alter) = (Vec::new(), Vec::new());
    let (mut added, mut answers) = (Vec::new(), Vec::with_capacity(paths.len()));
    for (path, announcement) in paths.iter().zip(announcements) {
        let (step, answer) = decide(&table, stored.get(path), announcement)?;
        match step {
            Step::Keep => {}
            Step::Add(partition) => {
                add.push(*partition);
                added.push(answers.len());
            }
            Step::Alter(partition) => alter.push(*partition),
        }
        answers.push(answer);
    }
    if !add.is_empty() {
        // Who announces the same commit at the same time may have been faster.
        let new = catalog.add_partitions(name, &add)?;
        for (at, new) in added.into_iter().zip(new) {
            if let Some(answer) = answers.get_mut(at) {
                answer.created = new;
            }
        }
    }
    if !alter.is_empty() {
        catalog.alter_partitions(name, &alter)?;
    }
    Ok(answers)
}
