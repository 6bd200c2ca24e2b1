//! What is in a partition's folder, and how another folder is made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::disk::{self, failed};
use crate::error::{Error, Result};
use crate::names;

/// What is in a folder: names below it, with `/` between the parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Files with their size, hidden ones too, but nothing of hidden folders.
    pub files: BTreeMap<String, u64>,
    /// Hidden folders: other engines stage there.
    pub hidden: BTreeSet<String>,
}

/// Tells whether readers skip the file that a path ends with.
pub(super) fn is_hidden(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| names::is_hidden(name.as_ref()))
}

impl Listing {
    /// Lists a folder; `None` if there is none.
    ///
    /// # Errors
    /// As [`Error::io`]; `Data` for a name that is not UTF-8.
    pub fn of(folder: &Path) -> Result<Option<Self>> {
        let mut all = Self::default();
        match all.take(folder, "") {
            Ok(()) => Ok(Some(all)),
            Err(e) if e.kind() == crate::error::Kind::NotFound && !folder.exists() => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn take(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        let wrong = |e| failed("cannot list the partition's folder", folder, e);
        for entry in fs::read_dir(folder).map_err(wrong)? {
            let entry = entry.map_err(wrong)?;
            let Ok(name) = entry.file_name().into_string() else {
                return Err(Error::data("a name in the partition's folder is not UTF-8")
                    .with("path", entry.path().display())
                    .with_hint("rename the file"));
            };
            let name = format!("{prefix}{name}");
            match fs::metadata(entry.path()) {
                Ok(found) if found.is_dir() && is_hidden(&name) => {
                    self.hidden.insert(name);
                }
                Ok(found) if found.is_dir() => self.take(&entry.path(), &format!("{name}/"))?,
                Ok(found) => {
                    self.files.insert(name, found.len());
                }
                // Somebody else has deleted it in this moment.
                Err(e) if e.kind() == ErrorKind::NotFound => {}
                Err(e) => return Err(failed("cannot look at the file", &entry.path(), e)),
            }
        }
        Ok(())
    }

    /// Gives the files that readers see, with their size.
    pub fn visible(&self) -> impl Iterator<Item = (&str, u64)> {
        self.files.iter().filter(|(name, _)| !is_hidden(name)).map(|(name, n)| (name.as_str(), *n))
    }

    /// Gives every name; those of folders end with `/`.
    pub fn names(&self) -> BTreeSet<String> {
        let folders = self.hidden.iter().map(|name| format!("{name}/"));
        self.files.keys().cloned().chain(folders).collect()
    }
}

/// Gives files of `from` second names in `to`; both names without or with folders before them. Durable after [`sync_tree`].
pub(super) fn link(from: &Path, name: &str, to: &Path, new: &str) -> Result<()> {
    let target = to.join(new);
    if let Some(above) = target.parent().filter(|_| new.contains('/')) {
        fs::create_dir_all(above).map_err(|e| disk::no_folder(above, e))?;
    }
    match disk::link_file(&from.join(name), &target) {
        // What was deleted in this moment is not wanted; what is there already is the same file.
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists) => Ok(()),
        done => done.map_err(|e| failed("cannot give the file a second name", &target, e)),
    }
}

/// Makes the names in a folder and in those below it durable.
pub(super) fn sync_tree(folder: &Path) -> Result<()> {
    let wrong = |e| failed("cannot list the folder", folder, e);
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        if entry.file_type().map_err(wrong)?.is_dir() {
            sync_tree(&entry.path())?;
        }
    }
    disk::sync(folder)
}

/// Finds the folders of a table's partitions on disk, by their path below the table's: each level is one `column=value`.
///
/// # Errors
/// As [`Error::io`].
pub fn partition_folders(table: &Path, levels: usize) -> Result<Vec<String>> {
    let mut found = vec![String::new()];
    for _ in 0..levels {
        let mut next = Vec::new();
        for path in found {
            let folder = if path.is_empty() { table.to_owned() } else { table.join(&path) };
            next.extend(below(&folder, &path)?);
        }
        found = next;
    }
    found.sort();
    Ok(found)
}

fn below(folder: &Path, path: &str) -> Result<Vec<String>> {
    let wrong = |e| failed("cannot list the table's folder", folder, e);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(wrong(e)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(wrong)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let folder: PathBuf = entry.path();
        if !is_hidden(&name) && name.contains('=') && folder.is_dir() {
            found.push(if path.is_empty() { name } else { format!("{path}/{name}") });
        }
    }
    Ok(found)
}
