//! What a backfill was begun with, in its state folder: the same after every restart.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use metastore::names::TableName;
use serde::{Deserialize, Serialize};

use crate::commit::swap::{Amount, Snapshot, SwapMode};
use crate::disk::{self, failed};
use crate::error::{Error, Result};
use crate::source::Split;
use crate::time::Timestamp;

const FILE: &str = "backfill.json";
/// File of what became of the partitions.
pub(super) const JOURNAL: &str = "swaps.jsonl";

/// A partition of the range that there was at the begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Existing {
    /// Its path below the table's folder.
    pub(super) partition: String,
    /// Names of its files, also of those that the live pipeline had saved and not published.
    pub(super) names: BTreeSet<String>,
    /// What it had.
    pub(super) amount: Amount,
}

/// What a backfill was begun with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// Its name, that of its state.
    pub(super) name: String,
    /// The table.
    pub(super) table: TableName,
    /// What becomes of partitions that exist.
    pub(super) mode: SwapMode,
    /// The range, for people.
    pub(super) range: String,
    /// When it was begun.
    pub(super) begun_at: Timestamp,
    /// When it was finished, if it was.
    pub(super) finished_at: Option<Timestamp>,
    /// Folder of what it stages and builds.
    pub(super) staging: PathBuf,
    /// What is read.
    pub(super) splits: Vec<Split>,
    /// Parts of the source that are left to the live pipeline, which has not read them yet.
    pub(super) left: u64,
    /// Partitions that are left out, and why.
    pub(super) except: BTreeMap<String, String>,
    /// Partitions of the range that there were.
    pub(super) existing: Vec<Existing>,
}

impl Manifest {
    /// Reads the manifest of a state folder, if there is one.
    pub(super) fn read(own: &Path) -> Result<Option<Self>> {
        let path = own.join(FILE);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(failed("cannot read what the backfill was begun with", &path, e)),
        };
        serde_json::from_slice(&text).map(Some).map_err(|e| {
            Error::data("the description of the backfill is damaged")
                .with("path", path.display())
                .with_source(e)
                .with_hint("bring the file back from a backup, or begin anew with --restart")
        })
    }

    /// Writes it; durable on return.
    pub(super) fn write(&self, own: &Path) -> Result<()> {
        let text = serde_json::to_vec(self)
            .map_err(|e| Error::internal("cannot describe the backfill").with_source(e))?;
        let (path, hidden) = (own.join(FILE), own.join(format!(".{FILE}")));
        fs::write(&hidden, text).map_err(|e| failed("cannot write the file", &hidden, e))?;
        disk::sync(&hidden)?;
        fs::rename(&hidden, &path).map_err(|e| failed("cannot rename the file", &path, e))?;
        disk::sync(own)
    }

    /// Gives the names that partitions had.
    pub(super) fn snapshot(&self) -> Snapshot {
        self.existing.iter().map(|e| (e.partition.clone(), e.names.clone())).collect()
    }
}
