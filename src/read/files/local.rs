//! Files on the local disk.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;
use std::sync::Arc;

use formats::Input;
use metastore::location;

use super::{DataFile, FileStore, Listed, Which};
use crate::disk::{DiskFile, failed};
use crate::error::{Error, Result};
use crate::names::is_hidden;
use crate::source::FileIdentity;

/// Deepest folder below a partition's.
const MAX_DEPTH: usize = 64;

/// How often a transactional table's folder is listed at most, while parts of it vanish.
const LISTINGS: usize = 5;

/// The local disk.
#[derive(Debug)]
pub(super) struct LocalStore;

impl FileStore for LocalStore {
    fn list(&self, folder: &str, which: Which) -> Result<Vec<Listed>> {
        let root = location::to_path(folder)?;
        let mut tries = 0;
        loop {
            let mut files = Vec::new();
            let whole = visit(&root, 0, which, &mut files)?;
            tries += 1;
            // What holds the rows of what vanished may have come after the listing began, and be missing in it.
            if whole || which == Which::Visible || tries == LISTINGS {
                return Ok(files);
            }
        }
    }

    fn changed(&self, folder: &str) -> Result<Option<i64>> {
        let path = location::to_path(folder)?;
        match fs::metadata(&path) {
            Ok(metadata) => Ok(Some(FileIdentity::of(&metadata).modified_ns)),
            Err(e) if is_gone(&e) => Ok(None),
            Err(e) => Err(failed("cannot look at the folder", &path, e)),
        }
    }

    fn look(&self, path: &str) -> Result<Option<FileIdentity>> {
        let path = location::to_path(path)?;
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => Ok(Some(FileIdentity::of(&metadata))),
            Ok(_) => Ok(None),
            Err(e) if is_gone(&e) => Ok(None),
            Err(e) => Err(failed("cannot look at the file", &path, e)),
        }
    }

    fn open(&self, file: &DataFile) -> Result<Arc<dyn Input>> {
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

/// Lists a folder; false if something vanished meanwhile.
fn visit(folder: &Path, depth: usize, which: Which, files: &mut Vec<Listed>) -> Result<bool> {
    if depth > MAX_DEPTH {
        return Err(Error::config("folders are nested too deep, or contain each other by links")
            .with("path", folder.display())
            .with_hint("remove the link"));
    }
    let cannot = |e| failed("cannot list the folder", folder, e);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if is_gone(&e) => return Ok(depth == 0),
        Err(e) => return Err(cannot(e)),
    };
    let mut whole = true;
    for entry in entries {
        let entry = entry.map_err(cannot)?;
        let hidden = is_hidden(&entry.file_name());
        if hidden && which == Which::Visible {
            continue;
        }
        let path = entry.path();
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                if hidden {
                    continue;
                }
                if which == Which::All {
                    files.push(Listed { path: location::from_path(&path)?, identity: None });
                }
                whole &= visit(&path, depth + 1, which, files)?;
            }
            Ok(metadata) if metadata.is_file() => files.push(listed(&path, &metadata)?),
            // Pipes and devices hold no rows.
            Ok(_) => {}
            // Gone since the folder was read, or a link that leads to nothing.
            Err(e) if is_gone(&e) => whole = false,
            Err(e) => return Err(failed("cannot look at the file", &path, e)),
        }
    }
    Ok(whole)
}

fn listed(path: &Path, metadata: &Metadata) -> Result<Listed> {
    let path = location::from_path(path)?;
    Ok(Listed { path, identity: Some(FileIdentity::of(metadata)) })
}
