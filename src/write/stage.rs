//! Files on disk that no reader sees yet.
//!
//! ```text
//! <warehouse>/
//! ├── t/dt=2026-01-01/part-….parquet                      visible
//! └── .skep-staging/t/
//!     ├── <pipeline>/part-….parquet.stage                 staged: flat, hidden, beside the table and not in it
//!     └── <backfill>/build/dt=…/part-….parquet.stage      built: a backfill publishes to here, until partitions are swapped
//! ```
//!
//! A staged file is in no partition's folder: readers that scan a table's folder for files never meet it, and one sync of
//! one folder makes all new names durable. If the folder above the table cannot be used, the staging folder is in the table's.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use metastore::names::{MAX_COMPONENT_BYTES, escape_path_name};

use super::{StagedFile, Target};
use crate::disk::{self, Volume, failed};
use crate::error::{Error, Result};
use crate::names::STAGED_SUFFIX;

/// Name of the folder that holds all staging folders.
const STAGING: &str = ".skep-staging";

/// Staged files that are open at the same time.
const MAX_OPEN: usize = 64;

/// Gives the name of a file while it is staged.
pub fn staged_name(name: &str) -> String {
    format!("{name}{STAGED_SUFFIX}")
}

/// Turns a pipeline's name into the name of a folder.
///
/// # Errors
/// `Config` if the name is empty, `.`, `..`, or too long.
pub fn pipeline_folder(pipeline: &str) -> Result<String> {
    let folder = escape_path_name(pipeline).into_owned();
    if matches!(folder.as_str(), "" | "." | "..") || folder.len() > MAX_COMPONENT_BYTES {
        return Err(Error::config("the pipeline's name cannot be the name of a folder")
            .with("pipeline.name", pipeline.escape_debug())
            .with_hint("set pipeline.name to a short name"));
    }
    Ok(folder)
}

/// Where one target's files go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The visible folder: the table's.
    pub folder: PathBuf,
    /// The folder of staged files; on the same file system, so that publishing is a rename.
    pub staging: PathBuf,
    /// True if files keep their hidden names in `folder`, as a backfill's do: it is not the table's.
    pub hidden: bool,
}

/// Folder in a backfill's staging folder in which its partitions are built.
const BUILD: &str = "build";

impl Root {
    /// Creates a pipeline's folders for a target: the visible one, and the staging folder beside it.
    ///
    /// The staging folder is inside `folder` if the folder above is on another file system or cannot be written to, and
    /// stays where it is once it exists.
    ///
    /// # Errors
    /// As [`Error::io`]; `Config` if the pipeline's name cannot be a folder's.
    pub fn create(folder: &Path, pipeline: &str) -> Result<Self> {
        let pipeline = pipeline_folder(pipeline)?;
        disk::create_folder(folder)?;
        let inside = folder.join(STAGING).join(&pipeline);
        let beside = match (folder.parent(), folder.file_name()) {
            (Some(parent), Some(name)) if !inside.is_dir() && same_device(parent, folder)? => {
                Some(parent.join(STAGING).join(name).join(&pipeline))
            }
            _ => None,
        };
        if let Some(staging) = beside
            && usable(&staging)
        {
            return Ok(Self { folder: folder.to_owned(), staging, hidden: false });
        }
        disk::create_folder(&inside)?;
        Ok(Self { folder: folder.to_owned(), staging: inside, hidden: false })
    }

    /// Gives the root in which partitions of this one are built beside it: no reader of the table looks there.
    ///
    /// # Errors
    /// As [`Error::io`].
    pub fn build(&self) -> Result<Self> {
        let folder = self.staging.join(BUILD);
        disk::create_folder(&folder)?;
        Ok(Self { folder, staging: self.staging.clone(), hidden: true })
    }

    /// Gives the path of a file while it is staged.
    pub fn staged(&self, file: &StagedFile) -> PathBuf {
        self.staging.join(staged_name(&file.name))
    }

    /// Gives the path of a file once it is visible.
    pub fn visible(&self, file: &StagedFile) -> PathBuf {
        let name = if self.hidden { staged_name(&file.name) } else { file.name.clone() };
        self.partition(&file.key.path).join(name)
    }

    /// Gives the folder of a partition.
    pub fn partition(&self, path: &str) -> PathBuf {
        // Joining an empty path would add a slash, which says "a folder".
        if path.is_empty() { self.folder.clone() } else { self.folder.join(path) }
    }
}

fn same_device(a: &Path, b: &Path) -> Result<bool> {
    let device = |path: &Path| {
        fs::metadata(path)
            .map(|m| m.dev())
            .map_err(|e| failed("cannot look at the folder", path, e))
    };
    Ok(device(a)? == device(b)?)
}

/// Creates the folder and tries whether files can be created in it.
fn usable(folder: &Path) -> bool {
    let probe = folder.join(format!(".probe.{}", std::process::id()));
    let usable = disk::create_folder(folder).is_ok() && File::create(&probe).is_ok();
    // A probe that stays is empty and hidden; there is nothing to tell anybody.
    drop(fs::remove_file(probe));
    usable
}

/// Where a pipeline's files go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    /// The table.
    pub table: Root,
    /// The side table for late rows, if the pipeline has one.
    pub late: Option<Root>,
    /// The dead letters, if the pipeline keeps them.
    pub dead_letters: Option<Root>,
}

impl Roots {
    /// Gives a target's root.
    ///
    /// # Errors
    /// `NotFound` if the pipeline has no such target (any more).
    pub fn get(&self, target: Target) -> Result<&Root> {
        let (root, name) = match target {
            Target::Table => (Some(&self.table), "the table"),
            Target::LateTable => (self.late.as_ref(), "a side table for late rows"),
            Target::DeadLetters => (self.dead_letters.as_ref(), "dead letters"),
        };
        root.ok_or_else(|| {
            Error::not_found("the pipeline has files for a target that it no longer has")
                .with("target", name)
                .with_hint("set the pipeline's options back, let it finish, then change them")
        })
    }

    /// Gives the roots that there are.
    pub fn iter(&self) -> impl Iterator<Item = (Target, &Root)> {
        [
            (Target::Table, Some(&self.table)),
            (Target::LateTable, self.late.as_ref()),
            (Target::DeadLetters, self.dead_letters.as_ref()),
        ]
        .into_iter()
        .filter_map(|(target, root)| Some((target, root?)))
    }
}

/// Writes a lane's staged files.
///
/// A file begins with its first bytes, grows, is sealed, and is durable after the next [`Stager::sync`].
///
/// Limit: 64 files are open; others are closed and opened again when they grow.
#[derive(Debug)]
pub struct Stager {
    roots: Roots,
    /// Open files, the longest unused first.
    open: Vec<(FileId, File)>,
    /// Files that have begun and are not sealed, with their length in bytes.
    growing: BTreeMap<FileId, u64>,
    /// Files that are sealed and perhaps not durable.
    sealed: BTreeMap<Target, Vec<PathBuf>>,
    volumes: BTreeMap<Target, Volume>,
}

type FileId = (Target, String);

impl Stager {
    /// Makes a stager that writes to these roots' staging folders.
    ///
    /// # Errors
    /// As [`Error::io`] if a staging folder cannot be opened.
    pub fn new(roots: Roots) -> Result<Self> {
        let volumes = roots
            .iter()
            .map(|(target, root)| Ok((target, Volume::open(&root.staging)?)))
            .collect::<Result<_>>()?;
        let (open, growing, sealed) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Ok(Self { roots, open, growing, sealed, volumes })
    }

    /// Appends bytes to a file, which begins with the first call.
    ///
    /// A call that failed may be repeated with the same bytes.
    ///
    /// # Errors
    /// As [`Error::io`]; `AlreadyExists` if another run has left a file of this name; `Internal` if the file is sealed.
    pub fn append(&mut self, target: Target, name: &str, bytes: &[u8]) -> Result<()> {
        let id = (target, name.to_owned());
        let path = self.path(&id)?;
        let mut file = match self.open.iter().position(|(open, _)| *open == id) {
            Some(at) => self.open.remove(at).1,
            None => self.reopen(&id, &path)?,
        };
        // On failure the file is closed here; opening it again cuts off what this call has written.
        file.write_all(bytes).map_err(|e| failed("cannot write the file", &path, e))?;
        if let Some(length) = self.growing.get_mut(&id) {
            *length += bytes.len() as u64;
        }
        if self.open.len() >= MAX_OPEN {
            drop(self.open.remove(0));
        }
        self.open.push((id, file));
        Ok(())
    }

    /// Says that a file is complete, and gives its length in bytes.
    ///
    /// # Errors
    /// `Internal` if the file has not begun.
    pub fn seal(&mut self, target: Target, name: &str) -> Result<u64> {
        let id = (target, name.to_owned());
        let path = self.path(&id)?;
        let length = self.growing.remove(&id).ok_or_else(|| {
            Error::internal("a file that was not begun cannot be sealed").with("file", name)
        })?;
        self.open.retain(|(open, _)| *open != id);
        self.sealed.entry(target).or_default().push(path);
        Ok(length)
    }

    /// Makes all sealed files durable: their data and their names.
    ///
    /// Cost: one sync of the file system if there are many, else one of each file; nothing if no file was sealed since the last call.
    ///
    /// # Errors
    /// As [`Error::io`]; after a failed sync the files may be incomplete, so their rows must be read again.
    pub fn sync(&mut self) -> Result<()> {
        for (target, paths) in &mut self.sealed {
            if paths.is_empty() {
                continue;
            }
            let volume = self.volumes.get(target);
            let volume = volume.ok_or_else(|| Error::internal("a target has no staging folder"))?;
            volume.sync(paths)?;
            disk::sync(&self.roots.get(*target)?.staging)?;
            paths.clear();
        }
        Ok(())
    }

    /// Deletes a file that is not needed, sealed or not.
    ///
    /// # Errors
    /// As [`Error::io`]; a file that is not there is fine.
    pub fn discard(&mut self, target: Target, name: &str) -> Result<()> {
        let id = (target, name.to_owned());
        let path = self.path(&id)?;
        self.open.retain(|(open, _)| *open != id);
        self.growing.remove(&id);
        if let Some(sealed) = self.sealed.get_mut(&target) {
            sealed.retain(|other| *other != path);
        }
        disk::remove_file(&path).map(drop)
    }

    /// Gives the files that have begun and are not sealed.
    pub fn growing(&self) -> impl Iterator<Item = (Target, &str, u64)> {
        self.growing.iter().map(|((target, name), length)| (*target, name.as_str(), *length))
    }

    fn path(&self, (target, name): &FileId) -> Result<PathBuf> {
        Ok(self.roots.get(*target)?.staging.join(staged_name(name)))
    }

    fn reopen(&mut self, id: &FileId, path: &Path) -> Result<File> {
        let mut options = OpenOptions::new();
        let Some(length) = self.growing.get(id) else {
            let opened = options.append(true).create_new(true).open(path);
            let file = opened.map_err(|e| refine(failed("cannot create the file", path, e)))?;
            self.growing.insert(id.clone(), 0);
            return Ok(file);
        };
        let opened = options.append(true).open(path).and_then(|file| {
            let found = file.metadata()?.len();
            if found < *length {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if found > *length {
                file.set_len(*length)?;
            }
            Ok(file)
        });
        opened.map_err(|e| failed("cannot open the file again", path, e))
    }
}

fn refine(error: Error) -> Error {
    if error.kind() == crate::error::Kind::AlreadyExists {
        return error.with_hint("another process writes for this pipeline: run one only");
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn roots(dir: &Path) -> Roots {
        Roots { table: Root::create(&dir.join("t"), "p").unwrap(), late: None, dead_letters: None }
    }

    #[test]
    fn the_staging_folder_is_beside_the_table() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("db/t");
        let root = Root::create(&folder, "default.t/1").unwrap();
        assert_eq!(root.staging, dir.path().join("db/.skep-staging/t/default.t%2F1"));
        assert!(root.staging.is_dir() && folder.is_dir());
        assert_eq!(Root::create(&folder, "default.t/1").unwrap(), root);
        assert_eq!(fs::read_dir(&root.staging).unwrap().count(), 0, "the probe is gone");
    }

    #[test]
    fn the_staging_folder_is_in_the_table_if_it_must_be_and_stays_there() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("t");
        // Something else has the name beside the table.
        fs::write(dir.path().join(STAGING), "").unwrap();
        let root = Root::create(&folder, "p").unwrap();
        assert_eq!(root.staging, folder.join(".skep-staging/p"));
        fs::remove_file(dir.path().join(STAGING)).unwrap();
        assert_eq!(Root::create(&folder, "p").unwrap(), root);
    }

    #[test]
    fn names_that_cannot_be_folders_are_refused() {
        for name in ["", ".", "..", &"x".repeat(256), &"/".repeat(86)] {
            assert_eq!(pipeline_folder(name).unwrap_err().kind(), Kind::Config, "{name}");
        }
        assert_eq!(pipeline_folder("a/../b:c").unwrap(), "a%2F..%2Fb%3Ac");
    }

    #[test]
    fn more_files_grow_than_can_be_open() {
        let dir = tempfile::tempdir().unwrap();
        let mut stager = Stager::new(roots(dir.path())).unwrap();
        let staging = stager.roots.table.staging.clone();
        let names: Vec<_> = (0..3 * MAX_OPEN).map(|i| format!("part-{i}.parquet")).collect();
        for round in 0..3 {
            for name in &names {
                let text = format!("{round} {name}\n");
                stager.append(Target::Table, name, text.as_bytes()).unwrap();
                assert!(stager.open.len() <= MAX_OPEN);
            }
        }
        assert_eq!(stager.growing().count(), names.len());
        for name in &names {
            let want = format!("0 {name}\n1 {name}\n2 {name}\n");
            assert_eq!(stager.seal(Target::Table, name).unwrap(), want.len() as u64);
            assert_eq!(fs::read_to_string(staging.join(staged_name(name))).unwrap(), want);
        }
        stager.sync().unwrap();
        stager.sync().unwrap();
        assert_eq!(stager.growing().count() + stager.open.len(), 0);
    }

    #[test]
    fn names_of_other_runs_are_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let mut stager = Stager::new(roots(dir.path())).unwrap();
        stager.append(Target::Table, "a", b"1").unwrap();
        stager.seal(Target::Table, "a").unwrap();
        let error = stager.append(Target::Table, "a", b"2").unwrap_err();
        assert_eq!(error.kind(), Kind::AlreadyExists);
        assert_eq!(stager.seal(Target::Table, "b").unwrap_err().kind(), Kind::Internal);
        let error = stager.append(Target::LateTable, "a", b"").unwrap_err();
        assert_eq!(error.kind(), Kind::NotFound);
    }

    #[test]
    fn a_write_that_failed_half_way_can_be_repeated() {
        let dir = tempfile::tempdir().unwrap();
        let mut stager = Stager::new(roots(dir.path())).unwrap();
        stager.append(Target::Table, "a", b"whole").unwrap();
        let path = stager.roots.table.staging.join("a.stage");
        // What a full disk leaves: a part of the next bytes, and a closed file.
        fs::write(&path, b"whole, ha").unwrap();
        stager.open.clear();
        stager.append(Target::Table, "a", b", half").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole, half");
        fs::write(&path, b"who").unwrap();
        stager.open.clear();
        let error = stager.append(Target::Table, "a", b"x").unwrap_err();
        assert!(error.to_string().starts_with("cannot open the file again"), "{error}");
    }

    #[test]
    fn discarded_files_are_gone_and_may_begin_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut stager = Stager::new(roots(dir.path())).unwrap();
        stager.append(Target::Table, "a", b"1").unwrap();
        stager.append(Target::Table, "b", b"1").unwrap();
        stager.seal(Target::Table, "b").unwrap();
        for name in ["a", "b", "c"] {
            stager.discard(Target::Table, name).unwrap();
            assert!(!stager.roots.table.staging.join(staged_name(name)).exists());
        }
        stager.sync().unwrap();
        stager.append(Target::Table, "b", b"2").unwrap();
        assert_eq!(stager.growing().collect::<Vec<_>>(), [(Target::Table, "b", 1)]);
    }

    #[test]
    fn a_full_disk_says_so() {
        // Every write to this device fails as on a full disk.
        let dir = tempfile::tempdir().unwrap();
        let mut stager = Stager::new(roots(dir.path())).unwrap();
        let path = stager.roots.table.staging.join("a.stage");
        stager.append(Target::Table, "a", b"").unwrap();
        stager.open.clear();
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let error = stager.append(Target::Table, "a", b"x").unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable);
        assert!(error.to_string().starts_with("cannot write the file (path="), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.starts_with("free some space")));
    }
}
