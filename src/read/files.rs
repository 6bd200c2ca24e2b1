//! The files of tables: which there are, and their bytes.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;
use std::sync::Arc;

use formats::Input;
use metastore::location;

use crate::disk::{DiskFile, failed};
use crate::error::{Error, Result};
use crate::names::is_hidden;
use crate::source::FileIdentity;

/// Deepest folder below a partition's.
const MAX_DEPTH: usize = 64;

/// Names a file of a table, and says which version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// Where it is: `file:/warehouse/t/dt=1/part-0.parquet`.
    pub path: String,
    /// What it was when it was listed.
    pub identity: FileIdentity,
}

impl DataFile {
    /// Gives the path below a partition's location.
    pub fn relative<'a>(&'a self, location: &str) -> &'a str {
        let below = self.path.strip_prefix(location.trim_end_matches('/'));
        below.and_then(|below| below.strip_prefix('/')).unwrap_or(&self.path)
    }
}

/// Lists and opens files wherever tables are.
#[derive(Debug, Default)]
pub struct Files {}

impl Files {
    /// Makes it; nothing is connected to yet.
    pub fn new() -> Self {
        Self {}
    }

    /// Lists the visible files below a folder, in the order of their paths.
    ///
    /// Shape: regular files in the folder and in those below it; names that begin with `_` or `.` are left out with all that
    /// is below them. A folder that is not there has no files. Cost: one `stat` a file.
    ///
    /// # Errors
    /// `Unsupported` for a place that is not read; `Config` for a folder that may not be read, or that contains itself through
    /// a link; `Unavailable` if it cannot be read now.
    ///
    /// Source: Hive `FileUtils.HIDDEN_FILES_PATH_FILTER`, `hive.mapred.supports.subdirectories`.
    pub fn list(&self, folder: &str) -> Result<Vec<DataFile>> {
        let root = location::to_path(folder)?;
        let mut files = Vec::new();
        visit(&root, 0, &mut files)?;
        // Folders sort as their files' paths do, so a `/` counts: `a-b` is before `a/b`.
        files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// Gives a number that changes when a name is added to the folder or taken away; `None` where the storage has none, or the
    /// folder is not there.
    ///
    /// Limit: what happens in folders below it does not count.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn changed(&self, folder: &str) -> Result<Option<i64>> {
        let path = location::to_path(folder)?;
        match fs::metadata(&path) {
            Ok(metadata) => Ok(Some(FileIdentity::of(&metadata).modified_ns)),
            Err(e) if is_gone(&e) => Ok(None),
            Err(e) => Err(failed("cannot look at the folder", &path, e)),
        }
    }

    /// Tells what a file is now; `None` if it is gone.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn look(&self, path: &str) -> Result<Option<FileIdentity>> {
        let path = location::to_path(path)?;
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => Ok(Some(FileIdentity::of(&metadata))),
            Ok(_) => Ok(None),
            Err(e) if is_gone(&e) => Ok(None),
            Err(e) => Err(failed("cannot look at the file", &path, e)),
        }
    }

    /// Opens the version of a file that was listed.
    ///
    /// # Errors
    /// `NotFound` if it is gone or another has its name; `Config` if it may not be read; `Unavailable` if it cannot be read now.
    pub fn open(&self, file: &DataFile) -> Result<Arc<dyn Input>> {
        let path = location::to_path(&file.path)?;
        let cannot = |e| failed("cannot open the file", &path, e);
        let opened = File::open(&path).map_err(cannot)?;
        let now = FileIdentity::of(&opened.metadata().map_err(cannot)?);
        if let Some(difference) = file.identity.difference(&now) {
            return Err(Error::not_found("the file is not the one that was listed")
                .with("path", path.display())
                .with("reason", difference));
        }
        Ok(Arc::new(DiskFile::new(opened).map_err(cannot)?))
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn visit(folder: &Path, depth: usize, files: &mut Vec<DataFile>) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(Error::config("folders are nested too deep, or contain each other by links")
            .with("path", folder.display())
            .with_hint("remove the link"));
    }
    let cannot = |e| failed("cannot list the folder", folder, e);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if is_gone(&e) => return Ok(()),
        Err(e) => return Err(cannot(e)),
    };
    for entry in entries {
        let entry = entry.map_err(cannot)?;
        if is_hidden(&entry.file_name()) {
            continue;
        }
        let path = entry.path();
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => visit(&path, depth + 1, files)?,
            Ok(metadata) if metadata.is_file() => files.push(listed(&path, &metadata)?),
            // Pipes and devices hold no rows.
            Ok(_) => {}
            // Gone since the folder was read, or a link that leads to nothing.
            Err(e) if is_gone(&e) => {}
            Err(e) => return Err(failed("cannot look at the file", &path, e)),
        }
    }
    Ok(())
}

fn listed(path: &Path, metadata: &Metadata) -> Result<DataFile> {
    let path = location::from_path(path)?;
    Ok(DataFile { path, identity: FileIdentity::of(metadata) })
}
