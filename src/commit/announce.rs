//! Tells the world that a partition is complete: catalog, marker file, command.
//!
//! May run twice, also in another process: a commit that the catalog knows already changes nothing there, the marker is
//! written again, and the command runs again.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use metastore::model::keys;
use metastore::names::DEFAULT_PARTITION_NAME;
use metastore::{Announcement, Catalog, PartitionPath, PartitionSpec, TableName, location};

use super::policy::Policy;
use super::statistics::Statistics;
use super::{CommitItem, command};
use crate::disk::{self, FolderLock, Volume, failed};
use crate::error::{Error, Kind, Result};
use crate::time::Timestamp;
use crate::write::Target;
use crate::write::stage::Roots;

/// Partitions in one call to the catalog.
const BATCH: usize = 100;

/// How long the command of the policy `custom` may take.
pub const COMMAND_TIMEOUT: Duration = Duration::from_mins(5);

/// A table whose partitions are announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// Whose files.
    pub target: Target,
    /// Its name in the catalog.
    pub table: TableName,
    /// Its folder.
    pub folder: PathBuf,
}

impl Announced {
    /// Names the table that a target's files belong to.
    ///
    /// # Errors
    /// `NotFound` if the pipeline has no such target.
    pub fn new(target: Target, table: TableName, roots: &Roots) -> Result<Self> {
        Ok(Self { target, table, folder: roots.get(target)?.folder.clone() })
    }

    fn partition_folder(&self, item: &CommitItem) -> PathBuf {
        // Joining an empty path would add a slash.
        if item.key.path.is_empty() {
            self.folder.clone()
        } else {
            self.folder.join(&item.key.path)
        }
    }
}

/// Carries out the commit policies.
#[derive(Debug)]
pub struct Announcer {
    catalog: Arc<dyn Catalog>,
    tables: Vec<Announced>,
    policies: Vec<Policy>,
    command_timeout: Duration,
}

/// A partition on its way through the policies.
struct Work<'a> {
    item: &'a CommitItem,
    spec: PartitionSpec,
    folder: PathBuf,
    /// Known once the catalog has it.
    revision: Option<u64>,
}

impl Announcer {
    /// Makes an announcer; `policies` come in the order of [`super::policy::ordered`].
    pub fn new(catalog: Arc<dyn Catalog>, tables: Vec<Announced>, policies: Vec<Policy>) -> Self {
        Self { catalog, tables, policies, command_timeout: COMMAND_TIMEOUT }
    }

    /// Sets how long a command may take.
    #[must_use]
    pub fn with_command_timeout(self, command_timeout: Duration) -> Self {
        Self { command_timeout, ..self }
    }

    /// Announces partitions whose files are all visible. `now` becomes the creation time of new ones.
    ///
    /// # Errors
    /// `NotFound` if the table was dropped; `Unavailable` if the catalog cannot be reached or the command fails: repeat it.
    pub fn announce(&self, items: &[CommitItem], now: Timestamp) -> Result<()> {
        for table in &self.tables {
            let of_table: Vec<_> = items.iter().filter(|i| i.key.target == table.target).collect();
            for batch in of_table.chunks(BATCH) {
                self.announce_batch(table, batch, now)
                    .map_err(|e| e.with("table", &table.table))?;
            }
        }
        let known = |item: &CommitItem| self.tables.iter().any(|t| t.target == item.key.target);
        match items.iter().find(|item| !known(item)) {
            None => Ok(()),
            Some(item) => Err(Error::internal("a partition without a table cannot be announced")
                .with("target", format!("{:?}", item.key.target))
                .with("partition", &item.key.path)),
        }
    }

    fn announce_batch(
        &self,
        table: &Announced,
        items: &[&CommitItem],
        now: Timestamp,
    ) -> Result<()> {
        let mut batch = Vec::with_capacity(items.len());
        for item in items {
            let spec = PartitionPath::parse_spec(&item.key.path, DEFAULT_PARTITION_NAME);
            let (spec, folder) = (spec.map_err(catalog_error)?, table.partition_folder(item));
            batch.push(Work { item, spec, folder, revision: None });
        }
        disk::create_folder(&table.folder)?;
        // What is told of a folder must not be of one that another has replaced in between.
        let here = || FolderLock::shared(&table.folder);
        let held = here()?;
        batch.iter().try_for_each(|work| disk::create_folder(&work.folder))?;
        drop(held);
        for policy in &self.policies {
            match policy {
                Policy::Metastore => {
                    let _here = here()?;
                    self.tell_catalog(table, &mut batch, now)?;
                }
                Policy::SuccessFile { name } => {
                    let _here = here()?;
                    mark(table, &batch, name)?;
                }
                Policy::Custom { command } => {
                    for work in &batch {
                        command::run(command, &environment(table, work), self.command_timeout)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn tell_catalog(
        &self,
        table: &Announced,
        batch: &mut [Work<'_>],
        now: Timestamp,
    ) -> Result<()> {
        let (whole, mut partitions): (Vec<_>, Vec<_>) =
            batch.iter_mut().partition(|work| work.spec.is_empty());
        for work in whole {
            self.tell_of_table(table, work)?;
        }
        if partitions.is_empty() {
            return Ok(());
        }
        let names =
            partitions.iter().map(|work| work.spec.to_path()).collect::<Result<Vec<_>, _>>();
        let names = names.map_err(catalog_error)?;
        let stored = self.catalog.get_partitions(&table.table, &names).map_err(dropped)?;
        let create_time = i32::try_from(now.0.div_euclid(1000)).unwrap_or(i32::MAX);
        let mut announcements = Vec::with_capacity(partitions.len());
        for work in &partitions {
            let before = stored.iter().find(|partition| partition.spec == work.spec);
            let before = before.and_then(|p| Statistics::from_parameters(&p.parameters));
            let statistics = Statistics::of(&work.folder, work.item, before)?;
            announcements.push(Announcement {
                spec: work.spec.clone(),
                location: Some(location::from_path(&work.folder).map_err(catalog_error)?),
                parameters: statistics.to_parameters(),
                commit_id: work.item.commit_id.clone(),
                create_time,
            });
        }
        let done = self.catalog.announce(&table.table, &announcements).map_err(dropped)?;
        for (work, done) in partitions.iter_mut().zip(done) {
            work.revision = Some(done.revision);
            if let Some(old) = done.moved_from {
                tracing::warn!(table = %table.table, partition = %work.item.key.path, old_location = %old,
                    "the partition had another location; data there are no longer read");
            }
        }
        Ok(())
    }

    /// Renews the statistics of a table without partitions, once per commit as with partitions.
    fn tell_of_table(&self, table: &Announced, work: &mut Work<'_>) -> Result<()> {
        let mut stored = self.catalog.get_table(&table.table).map_err(dropped)?;
        let parameters = &mut stored.parameters;
        let revision = parameters.get(keys::REVISION).and_then(|text| text.parse().ok());
        let revision: u64 = revision.unwrap_or(0);
        if parameters.get(keys::COMMIT_ID) == Some(&work.item.commit_id) {
            work.revision = Some(revision);
            return Ok(());
        }
        let before = Statistics::from_parameters(parameters);
        let statistics = Statistics::of(&work.folder, work.item, before)?;
        let revision = revision.saturating_add(1);
        parameters.remove(keys::COLUMN_STATS_ACCURATE);
        parameters.extend(statistics.to_parameters());
        parameters.insert(keys::COMMIT_ID.to_owned(), work.item.commit_id.clone());
        parameters.insert(keys::REVISION.to_owned(), revision.to_string());
        self.catalog.alter_table(&table.table, &stored).map_err(dropped)?;
        work.revision = Some(revision);
        Ok(())
    }
}

/// Writes the marker file into each folder, again if it is there; durable on return.
fn mark(table: &Announced, batch: &[Work<'_>], name: &str) -> Result<()> {
    let volume = Volume::open(&table.folder)?;
    let mut touched = BTreeSet::new();
    for work in batch {
        // Renamed into place, so that its time is that of this announcement and it never vanishes in between.
        let hidden = work.folder.join(format!(".{name}.tmp"));
        let marker = work.folder.join(name);
        let written = File::create(&hidden).and_then(|_| fs::rename(&hidden, &marker));
        match written {
            // Another process announces the same partition and was faster.
            Err(e) if e.kind() == ErrorKind::NotFound && marker.is_file() => {}
            written => written.map_err(|e| failed("cannot write the marker file", &marker, e))?,
        }
        touched.insert(work.folder.clone());
    }
    volume.sync(&Vec::from_iter(touched))
}

/// Tells the command what it is called for.
fn environment(table: &Announced, work: &Work<'_>) -> Vec<(&'static str, String)> {
    let text = |value: &str| serde_json::Value::String(value.to_owned());
    let spec: serde_json::Map<_, _> = work
        .spec
        .iter()
        .map(|(column, value)| (column.to_owned(), value.map_or(serde_json::Value::Null, text)))
        .collect();
    let mut environment = vec![
        ("SKEP_DATABASE", table.table.database().to_owned()),
        ("SKEP_TABLE", table.table.table().to_owned()),
        ("SKEP_PARTITION", work.item.key.path.clone()),
        ("SKEP_PARTITION_LOCATION", display(&work.folder)),
        ("SKEP_PARTITION_SPEC", serde_json::Value::Object(spec).to_string()),
        ("SKEP_COMMIT_ID", work.item.commit_id.clone()),
    ];
    if let Some(revision) = work.revision {
        environment.push(("SKEP_REVISION", revision.to_string()));
    }
    environment
}

fn display(path: &Path) -> String {
    path.display().to_string()
}

fn dropped(error: metastore::Error) -> Error {
    let error = catalog_error(error);
    if error.kind() == Kind::NotFound {
        return Error::not_found("the table is no longer in the catalog")
            .with_source(error)
            .with_hint("create it again, or stop the pipeline; its files stay where they are");
    }
    error
}

fn catalog_error(error: metastore::Error) -> Error {
    Error::of_metastore("cannot tell the catalog of a partition", error)
}

#[cfg(test)]
mod tests;
