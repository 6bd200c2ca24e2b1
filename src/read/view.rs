//! A partition of a transactional table as its transactions leave it. Pure but for listing and opening, which [`Files`] does.
//!
//! ```text
//!  metastore: write ids that are seen ─┐
//!  folder: bases, deltas, deletes ─────┴─► View ─► DataFile with Seen ─► rows that are there
//! ```
//!
//! - The ids are asked for before the folder is listed: what is committed in between is seen the next time. A metastore that
//!   never gave a write id of the table knows of no transactions; then the names of the folders say what there is.
//! - Whoever reads a file sees the rows and deletes of the ids that were seen when it was listed, whatever comes later.
//!
//! # Why
//! Nothing tells the metastore of the reading: a reader that stays behind for long may find that a compaction has removed what
//! it wanted to read. It says so, and leaves out nothing silently.

use std::collections::BTreeMap;
use std::sync::Arc;

use formats::acid::{self, Entry, Snapshot, Transactional, WriteIdSet, WriteIds};
use formats::table::{Layout, ReadRequest, TableReader};
use formats::{FormatError, Input};
use metastore::Catalog;

use super::files::{DataFile, Files, Listed};
use super::table::{ReadTable, TablePartition};
use crate::error::{Error, Result};
use crate::source::{FileIdentity, SeenRows};

/// Asks which transactions of a table are seen now; all of them if it is not transactional.
///
/// # Errors
/// As the catalog's.
pub fn seen_ids(catalog: &dyn Catalog, table: &ReadTable) -> Result<WriteIds> {
    if Transactional::of(&table.descriptor) == Transactional::No {
        return Ok(WriteIds::all());
    }
    let ids = catalog.valid_write_ids(&table.table.name)?;
    if ids.high_water_mark == 0 {
        return Ok(WriteIds::all());
    }
    // Hive 2 does not tell which are rolled back, but which is the first one that is open.
    let first_open = ids.min_open.unwrap_or(i64::MAX);
    let of = |wanted: bool| {
        let invalid = ids.invalid.iter();
        let invalid = invalid.map(move |(id, aborted)| (*id, *aborted || *id < first_open));
        invalid.filter(move |(_, aborted)| *aborted == wanted).map(|(id, _)| id)
    };
    Ok(WriteIds::new(ids.high_water_mark, of(false), of(true)))
}

/// Lists the files of a partition whose rows are the table's now, in the order of their paths; those of a transactional
/// table in the order in which they were written.
///
/// # Errors
/// As [`Files::list`], and as [`View::look`].
pub fn list(files: &Files, partition: &TablePartition, ids: &WriteIds) -> Result<Vec<DataFile>> {
    match View::look(files, partition, ids)? {
        Some(view) => Ok(view.files()),
        None => files.list(&partition.location),
    }
}

/// The files of a partition as a reader sees them who sees some transactions.
#[derive(Debug)]
pub struct View {
    snapshot: Snapshot,
    location: String,
    versions: BTreeMap<String, FileIdentity>,
}

/// What of a file is seen.
#[derive(Debug, Clone)]
pub struct Seen {
    view: Arc<View>,
    file: acid::DataFile,
}

impl PartialEq for Seen {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.view, &other.view) && self.file == other.file
    }
}

impl Eq for Seen {}

impl View {
    /// Looks at a partition's folder; nothing if its table is not transactional.
    ///
    /// # Errors
    /// As [`Files::list`]; `Data` if files were compacted beyond what is seen, or have names that Hive does not give.
    pub fn look(
        files: &Files,
        partition: &TablePartition,
        ids: &WriteIds,
    ) -> Result<Option<Arc<Self>>> {
        let kind = Transactional::of(&partition.descriptor);
        if kind == Transactional::No {
            return Ok(None);
        }
        let listed = files.list_all(&partition.location)?;
        Self::new(kind, &partition.location, listed, ids.clone()).map(Arc::new).map(Some)
    }

    /// Makes the view of what was listed of a folder.
    ///
    /// # Errors
    /// As [`look`](Self::look), but for those of listing.
    pub fn new(
        kind: Transactional,
        location: &str,
        listed: Vec<Listed>,
        ids: WriteIds,
    ) -> Result<Self> {
        let location = location.trim_end_matches('/');
        let below = |path: &str| {
            path.strip_prefix(location).map_or("", |path| path.trim_start_matches('/')).to_owned()
        };
        let (mut entries, mut versions) = (Vec::new(), BTreeMap::new());
        for found in listed {
            let path = below(&found.path);
            entries.push(match found.identity {
                None => Entry::folder(path),
                Some(identity) => {
                    versions.insert(path.clone(), identity);
                    Entry::file(path)
                }
            });
        }
        let snapshot = Snapshot::new(kind, &entries, ids)
            .map_err(|e| Error::from(e).with("folder", location))?;
        Ok(Self { snapshot, location: location.to_owned(), versions })
    }

    /// Gives the files whose rows are the table's, in the order in which they were written.
    pub fn files(self: &Arc<Self>) -> Vec<DataFile> {
        self.snapshot.files().iter().filter_map(|file| self.file(file.clone())).collect()
    }

    /// Gives the files that a compaction has replaced and that are still there.
    pub fn replaced(self: &Arc<Self>) -> Vec<DataFile> {
        self.snapshot.replaced().iter().filter_map(|file| self.file(file.clone())).collect()
    }

    /// Gives the versions of the files that tell which rows were deleted.
    pub fn deletes(&self) -> impl Iterator<Item = (&str, Option<&FileIdentity>)> {
        self.snapshot.deletes().map(|path| (path, self.versions.get(path)))
    }

    /// Tells how the table's files come and go.
    pub fn kind(&self) -> Transactional {
        self.snapshot.kind()
    }

    /// Gives the write ids that are seen.
    pub fn ids(&self) -> &WriteIds {
        self.snapshot.ids()
    }

    /// Tells whether there are files of a transaction that has not ended.
    pub fn is_undecided(&self) -> bool {
        self.snapshot.is_undecided()
    }

    fn file(self: &Arc<Self>, file: acid::DataFile) -> Option<DataFile> {
        Some(DataFile {
            path: format!("{}/{}", self.location, file.path()),
            identity: self.versions.get(file.path())?.clone(),
            seen: Some(Seen { view: Arc::clone(self), file }),
        })
    }

    /// Finds a file again that was given out; nothing if it is gone.
    pub fn find(self: &Arc<Self>, path: &str, rows: &SeenRows) -> Option<DataFile> {
        let path = path.strip_prefix(&self.location)?.strip_prefix('/')?;
        let file = self.snapshot.file(path)?.clone();
        self.file(match WriteIdSet::from_borders(rows.only.clone()) {
            Some(only) if !only.is_empty() => file.only(only),
            _ => file,
        })
    }
}

impl Seen {
    /// Gives the view that the file is part of.
    pub fn view(&self) -> &Arc<View> {
        &self.view
    }

    /// Gives the first and the last write id that the file's rows may have.
    pub fn write_ids(&self) -> (i64, i64) {
        self.file.write_ids()
    }

    /// Gives the write ids whose rows are wanted, if not those of all.
    pub fn only(&self) -> Option<&WriteIdSet> {
        self.file.wanted()
    }

    /// Gives the same file with the rows of some write ids.
    #[must_use]
    pub fn with_only(&self, ids: WriteIdSet) -> Self {
        Self { view: Arc::clone(&self.view), file: self.file.clone().only(ids) }
    }

    /// Says which rows are seen so that they are found again.
    pub fn rows(&self) -> SeenRows {
        SeenRows {
            valid: self.view.ids().to_string(),
            only: self.only().map_or_else(Vec::new, |only| only.borders().to_vec()),
        }
    }

    /// Opens the file; deletes are read as well.
    ///
    /// # Errors
    /// As [`Snapshot::open`].
    pub(super) fn open(
        &self,
        files: &Files,
        partition: &TablePartition,
        request: &ReadRequest,
    ) -> Result<TableReader> {
        let folder = Folder { view: &self.view, files };
        Ok(self.view.snapshot.open(&partition.descriptor, &self.file, &folder, request)?)
    }
}

/// Refuses transactional tables that nobody could have written.
///
/// # Errors
/// `Unsupported` for row ids in another format than ORC.
pub(super) fn check(table: &ReadTable) -> Result<()> {
    let full = Transactional::of(&table.descriptor) == Transactional::Full;
    if full && table.descriptor.layout()? != Layout::Orc {
        return Err(Error::unsupported("a transactional table with row ids must be ORC")
            .with("table", &table.table.name)
            .with("input format", &table.descriptor.input_format));
    }
    Ok(())
}

/// Opens the files of a view by their paths below its folder.
struct Folder<'a> {
    view: &'a View,
    files: &'a Files,
}

impl formats::Files for Folder<'_> {
    fn open(&self, path: &str) -> formats::Result<Arc<dyn Input>> {
        let full = format!("{}/{path}", self.view.location);
        let grows = self.view.snapshot.file(path).is_some_and(acid::DataFile::is_growing);
        let listed = self.view.versions.get(path).filter(|_| !grows).cloned();
        let identity = match listed {
            Some(identity) => Some(identity),
            None => self.files.look(&full).map_err(cannot)?,
        };
        let identity =
            identity.ok_or_else(|| FormatError::data("the file is gone").with("file", &full))?;
        self.files.open(&DataFile::new(full, identity)).map_err(cannot)
    }
}

fn cannot(error: Error) -> FormatError {
    FormatError::data("cannot open a file of a transactional table").with_source(error)
}

#[cfg(test)]
mod tests;
