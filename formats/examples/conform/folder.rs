//! The folders of tables on the disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use formats::acid::Entry;
use formats::{Files, FormatError, Input};

/// The folder of a table or partition.
#[derive(Clone, Debug)]
pub struct Folder(pub PathBuf);

impl Files for Folder {
    fn open(&self, path: &str) -> formats::Result<Arc<dyn Input>> {
        let bytes = fs::read(self.0.join(path));
        let bytes = bytes.map_err(|e| {
            FormatError::data("cannot read the file").with("file", path).with_source(e)
        })?;
        Ok(Arc::new(Bytes::from(bytes)))
    }
}

impl Folder {
    /// Lists all that is below the folder.
    pub fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        list(&self.0, "", &mut entries);
        entries
    }

    /// Gives the folders of the partitions of so many columns.
    pub fn partitions(&self, columns: usize) -> Vec<Self> {
        if columns == 0 {
            return vec![self.clone()];
        }
        let Ok(entries) = fs::read_dir(&self.0) else { return Vec::new() };
        let mut folders: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
        folders.retain(|path| path.is_dir() && named(path).contains('='));
        folders.sort();
        folders.into_iter().flat_map(|path| Self(path).partitions(columns - 1)).collect()
    }
}

fn named(path: &Path) -> &str {
    path.file_name().and_then(|n| n.to_str()).unwrap_or_default()
}

fn list(folder: &Path, at: &str, entries: &mut Vec<Entry>) {
    let Ok(found) = fs::read_dir(folder) else { return };
    for path in found.flatten().map(|e| e.path()) {
        let name = named(&path);
        let below = if at.is_empty() { name.to_owned() } else { format!("{at}/{name}") };
        if path.is_dir() {
            entries.push(Entry::folder(below.clone()));
            list(&path, &below, entries);
        } else {
            entries.push(Entry::file(below));
        }
    }
}
