//! Checkpoints on disk.
//!
//! ```text
//! <state>/<pipeline>/            one folder a pipeline
//! ├── lock                       held by the process that runs the pipeline; its process id is the content
//! ├── chk-0000000041/            older checkpoints, kept a while
//! ├── chk-0000000042/            the newest checkpoint
//! │   └── checkpoint.json        see `codec`
//! └── .chk-43.4711-9f…           not finished yet; nobody reads it
//! ```
//!
//! A checkpoint is written into a hidden folder and renamed under its number, which only works while nobody has taken the
//! number: of two processes that save the same one, the second finds out and stops.

mod savepoint;

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, Hasher};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

pub use self::savepoint::{adopt_savepoint, load_savepoint};
use super::{Checkpoint, codec};
use crate::disk::{self, failed};
use crate::error::{Error, Kind, Result};
use crate::names::CheckpointId;

/// The file of a checkpoint in its folder.
const FILE: &str = "checkpoint.json";
const LOCK: &str = "lock";
const PREFIX: &str = "chk-";
const HIDDEN: &str = ".chk-";

/// The checkpoints of one pipeline.
#[derive(Debug)]
pub struct CheckpointStore {
    dir: PathBuf,
    /// Held as long as the store lives; `None` if it was opened for reading.
    lock: Option<File>,
    /// The number that this process took last: saving it again only makes sure that it is durable.
    taken: AtomicU64,
    /// End of the names of unfinished folders: another process must not have the same, on whatever host it is.
    suffix: String,
}

/// No number; checkpoints do not get that far.
const NONE: u64 = u64::MAX;

/// A checkpoint in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub id: CheckpointId,
    /// Its folder.
    pub folder: PathBuf,
    /// Size of its file in bytes.
    pub bytes: u64,
}

impl CheckpointStore {
    /// Opens the checkpoints of a pipeline, and keeps other processes of this host away from them.
    ///
    /// # Errors
    /// `Fenced` if another process runs the pipeline; `Config` if the folder cannot be written to.
    pub fn open(dir: &Path, pipeline: &str) -> Result<Self> {
        disk::create_folder(dir)?;
        let lock = lock(&dir.join(LOCK)).map_err(|e| e.with("pipeline", pipeline))?;
        let store = Self {
            dir: dir.to_owned(),
            lock: Some(lock),
            taken: AtomicU64::new(NONE),
            suffix: suffix(),
        };
        store.remove_unfinished()?;
        Ok(store)
    }

    /// Opens the checkpoints of a pipeline for looking at them, whether it runs or not.
    ///
    /// # Errors
    /// `NotFound` if there is no such folder.
    pub fn open_read_only(dir: &Path) -> Result<Self> {
        if !dir.is_dir() {
            return Err(Error::not_found("there are no checkpoints of such a pipeline")
                .with("folder", dir.display())
                .with_hint("check the name of the pipeline and the state folder"));
        }
        Ok(Self { dir: dir.to_owned(), lock: None, taken: AtomicU64::new(NONE), suffix: suffix() })
    }

    /// Lists the checkpoints, oldest first.
    ///
    /// # Errors
    /// As [`Error::io`].
    pub fn list(&self) -> Result<Vec<Listed>> {
        let mut found = Vec::new();
        for name in names_in(&self.dir)? {
            let Some(id) = number(&name) else { continue };
            let folder = self.dir.join(&name);
            let bytes = match fs::metadata(folder.join(FILE)) {
                Ok(file) => file.len(),
                Err(e) if e.kind() == ErrorKind::NotFound && folder.is_dir() => 0,
                // Another process has just pruned it.
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                Err(e) => return Err(failed("cannot look at the checkpoint", &folder, e)),
            };
            found.push(Listed { id, folder, bytes });
        }
        found.sort_by_key(|listed| listed.id);
        Ok(found)
    }

    /// Loads the newest checkpoint, if there is one.
    ///
    /// # Errors
    /// `Data` if it is damaged. An older one is never taken instead: rows after it would be written twice.
    pub fn latest(&self) -> Result<Option<Checkpoint>> {
        self.list()?.last().map(load_listed).transpose()
    }

    /// Loads the checkpoint of that number.
    ///
    /// # Errors
    /// `NotFound` if there is none, `Data` if it is damaged.
    pub fn load(&self, id: CheckpointId) -> Result<Checkpoint> {
        let listed = self.list()?.into_iter().find(|listed| listed.id == id);
        let listed = listed.ok_or_else(|| {
            Error::not_found("there is no such checkpoint")
                .with("checkpoint", id)
                .with("folder", self.dir.display())
        })?;
        load_listed(&listed)
    }

    /// Saves a checkpoint under its number; it is durable on return. May be repeated if it failed.
    ///
    /// # Errors
    /// `Fenced` if there is a checkpoint with this number or a later one: another process runs the pipeline.
    pub fn save(&self, checkpoint: &Checkpoint) -> Result<()> {
        crate::ensure!(self.lock.is_some(), "the checkpoints were opened for reading only");
        if self.taken.load(Ordering::Relaxed) != checkpoint.id.0 {
            self.take(checkpoint)?;
        }
        disk::sync(&self.dir)?;
        // The number may have been free because a newer process has pruned it.
        self.refuse_newer(checkpoint.id.next()).inspect_err(|_| {
            // Nobody reads it below the newer one, so it does not matter if it stays.
            drop(remove_folder(&self.dir.join(folder_name(checkpoint.id))));
        })
    }

    /// Writes a checkpoint and takes its number.
    fn take(&self, checkpoint: &Checkpoint) -> Result<()> {
        self.refuse_newer(checkpoint.id)?;
        let hidden = self.hidden(checkpoint.id);
        remove_folder(&hidden)?;
        fs::create_dir(&hidden).map_err(|e| failed("cannot create the folder", &hidden, e))?;
        write_new(&hidden.join(FILE), &codec::encode(checkpoint)?)?;
        disk::sync(&hidden)?;
        let folder = self.dir.join(folder_name(checkpoint.id));
        if let Err(e) = disk::rename_folder(&hidden, &folder) {
            remove_folder(&hidden)?;
            return Err(match e.kind() {
                ErrorKind::AlreadyExists => fenced(checkpoint.id, checkpoint.id),
                _ => failed("cannot save the checkpoint", &folder, e),
            });
        }
        self.taken.store(checkpoint.id.0, Ordering::Relaxed);
        Ok(())
    }

    /// Deletes all checkpoints but the newest `keep`, and gives how many it deleted.
    ///
    /// # Errors
    /// As [`Error::io`].
    pub fn prune(&self, keep: usize) -> Result<usize> {
        crate::ensure!(self.lock.is_some(), "the checkpoints were opened for reading only");
        let all = self.list()?;
        let old = &all[..all.len().saturating_sub(keep.max(1))];
        for listed in old {
            // Renamed first, so that a reader finds it whole or not at all.
            let hidden = self.hidden(listed.id);
            remove_folder(&hidden)?;
            fs::rename(&listed.folder, &hidden)
                .map_err(|e| failed("cannot delete the checkpoint", &listed.folder, e))?;
            remove_folder(&hidden)?;
        }
        Ok(old.len())
    }

    fn hidden(&self, id: CheckpointId) -> PathBuf {
        self.dir.join(format!("{HIDDEN}{id}.{}", self.suffix))
    }

    fn refuse_newer(&self, id: CheckpointId) -> Result<()> {
        match self.list()?.last() {
            Some(newest) if newest.id >= id => Err(fenced(id, newest.id)),
            _ => Ok(()),
        }
    }

    /// Deletes what a killed process left behind.
    fn remove_unfinished(&self) -> Result<()> {
        for name in names_in(&self.dir)? {
            if name
                .strip_prefix(HIDDEN)
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            {
                remove_folder(&self.dir.join(name))?;
            }
        }
        Ok(())
    }
}

fn load_listed(listed: &Listed) -> Result<Checkpoint> {
    let checkpoint = match read_checkpoint(&listed.folder) {
        Err(e) if e.kind() == Kind::NotFound => {
            Err(Error::data("the checkpoint is damaged: its file is gone").with_source(e))
        }
        done => done,
    };
    let wrong = |e: Error| {
        e.with("folder", listed.folder.display()).with_hint(
            "bring the folder back from a backup, or start a new pipeline from a savepoint; going back to an \
             older checkpoint would write its rows again",
        )
    };
    let checkpoint = checkpoint.map_err(|e| if e.kind() == Kind::Data { wrong(e) } else { e })?;
    if checkpoint.id != listed.id {
        let other = Error::data("the checkpoint is damaged: its folder has another number");
        return Err(wrong(other.with("checkpoint", checkpoint.id)));
    }
    Ok(checkpoint)
}

fn read_checkpoint(folder: &Path) -> Result<Checkpoint> {
    let path = folder.join(FILE);
    let bytes = fs::read(&path).map_err(|e| failed("cannot read the checkpoint", &path, e))?;
    codec::decode(&bytes)
}

/// Takes the lock, or tells who has it.
fn lock(path: &Path) -> Result<File> {
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    let mut file = open.map_err(|e| failed("cannot open the lock file", path, e))?;
    match file.try_lock() {
        Ok(()) => {
            // Who holds it, for the message of the next one; the lock itself does not depend on it.
            let text = format!("{}\n", process::id());
            file.set_len(0)
                .and_then(|()| file.write_all(text.as_bytes()))
                .map_err(|e| failed("cannot write the lock file", path, e))?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let known = (&file).take(20).read_to_string(&mut holder).is_ok();
            let holder = if known { holder.trim() } else { "" };
            Err(Error::fenced("another process runs this pipeline")
                .with("process", if holder.is_empty() { "unknown" } else { holder })
                .with("lock", path.display())
                .with_hint("stop that process, or give this pipeline another pipeline.name"))
        }
        Err(TryLockError::Error(e)) => Err(failed("cannot lock the state folder", path, e)),
    }
}

fn suffix() -> String {
    // The seed of a hash map is the one source of chance in the standard library.
    let chance = RandomState::new().build_hasher().finish();
    format!("{}-{chance:016x}", process::id())
}

fn fenced(id: CheckpointId, newest: CheckpointId) -> Error {
    Error::fenced("another process has taken over this pipeline")
        .with("checkpoint", id)
        .with("newest", newest)
        .with_hint("run one process only; the other one goes on, nothing was written twice")
}

fn folder_name(id: CheckpointId) -> String {
    format!("{PREFIX}{:010}", id.0)
}

/// Reads the number out of a folder's name; other names are not ours.
fn number(name: &str) -> Option<CheckpointId> {
    let id = CheckpointId(name.strip_prefix(PREFIX)?.parse().ok()?);
    (folder_name(id) == name).then_some(id)
}

fn names_in(dir: &Path) -> Result<Vec<String>> {
    let wrong = |e| failed("cannot list the folder", dir, e);
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(wrong)? {
        // Names of ours are ASCII.
        if let Ok(name) = entry.map_err(wrong)?.file_name().into_string() {
            names.push(name);
        }
    }
    Ok(names)
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = File::create_new(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|e| failed("cannot write the checkpoint", path, e))
}

fn remove_folder(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => {
            Err(failed("cannot delete the folder", path, e))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
