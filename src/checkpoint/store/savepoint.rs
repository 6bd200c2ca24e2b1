//! Checkpoints that the user keeps: a folder with everything a pipeline needs to go on from it, here or elsewhere.
//!
//! ```text
//! <savepoint>/
//! ├── checkpoint.json            as in the store
//! └── staged/part-….stage        files that were not visible yet
//! ```

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process;

use super::{CheckpointStore, FILE, read_checkpoint, remove_folder, write_new};
use crate::checkpoint::{Checkpoint, codec};
use crate::disk::{self, failed};
use crate::error::{Error, Kind, Result};
use crate::write::StagedFile;
use crate::write::stage::{Roots, staged_name};

const STAGED: &str = "staged";

impl CheckpointStore {
    /// Copies the newest checkpoint to a new folder from which a pipeline can be started, here or elsewhere.
    ///
    /// Staged files that the checkpoint needs and that are not visible yet are copied too.
    ///
    /// # Errors
    /// `NotFound` if there is no checkpoint, `AlreadyExists` if the folder exists, `Data` if the checkpoint is damaged;
    /// `Conflict` if the running pipeline went on in the meantime: try again.
    pub fn savepoint(&self, to: &Path, roots: &Roots) -> Result<Checkpoint> {
        let checkpoint = self.latest()?.ok_or_else(|| {
            Error::not_found("the pipeline has no checkpoint yet")
                .with("folder", self.dir.display())
        })?;
        let taken = || {
            Error::already_exists("there is something at the savepoint's place already")
                .with("folder", to.display())
                .with_hint("name a folder that does not exist")
        };
        if to.symlink_metadata().is_ok() {
            return Err(taken());
        }
        let (parent, name) = match (to.parent(), to.file_name()) {
            (Some(parent), Some(name)) => (parent, name.to_string_lossy().into_owned()),
            _ => return Err(Error::config("the savepoint needs a folder of its own")),
        };
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        disk::create_folder(parent)?;
        let hidden = parent.join(format!(".{name}.{}", process::id()));
        remove_folder(&hidden)?;
        fs::create_dir(&hidden).map_err(|e| failed("cannot create the folder", &hidden, e))?;
        let written = copy_staged(&checkpoint, &hidden, roots).and_then(|()| {
            write_new(&hidden.join(FILE), &codec::encode(&checkpoint)?)?;
            disk::sync(&hidden)?;
            disk::rename_folder(&hidden, to).map_err(|e| match e.kind() {
                ErrorKind::AlreadyExists => taken(),
                _ => failed("cannot create the savepoint", to, e),
            })?;
            disk::sync(parent)
        });
        if written.is_err() {
            remove_folder(&hidden)?;
        }
        written.map(|()| checkpoint)
    }
}

/// Loads the checkpoint of a savepoint folder.
///
/// # Errors
/// `NotFound` if the folder is no savepoint, `Data` if it is damaged.
pub fn load_savepoint(folder: &Path) -> Result<Checkpoint> {
    match read_checkpoint(folder) {
        Err(e) if e.kind() == Kind::NotFound => {
            Err(Error::not_found("this is no savepoint: it has no file checkpoint.json")
                .with("folder", folder.display()))
        }
        done => done,
    }
}

/// Copies the staged files of a savepoint back to where its checkpoint expects them; call it before the first publishing.
///
/// Files that are there already stay as they are, so it may run twice.
///
/// # Errors
/// As [`Error::io`]; `NotFound` if the pipeline has no target for one of the files.
pub fn adopt_savepoint(folder: &Path, checkpoint: &Checkpoint, roots: &Roots) -> Result<()> {
    let mut touched = BTreeSet::new();
    for file in needed(checkpoint) {
        let root = roots.get(file.key.target)?;
        let from = folder.join(STAGED).join(staged_name(&file.name));
        let to = root.staging.join(staged_name(&file.name));
        if from.exists() && !to.exists() {
            // Named so that the sweep deletes what a crash leaves.
            let hidden = root.staging.join(staged_name(&format!("{}.copy", file.name)));
            copy(&from, &hidden)?;
            fs::rename(&hidden, &to).map_err(|e| failed("cannot copy the staged file", &to, e))?;
            touched.insert(&root.staging);
        }
    }
    touched.into_iter().try_for_each(|folder| disk::sync(folder))
}

/// Gives the files that are staged as long as the checkpoint is not published, or held.
fn needed(checkpoint: &Checkpoint) -> impl Iterator<Item = &StagedFile> {
    checkpoint.staged.iter().chain(checkpoint.pending.iter().flat_map(|p| &p.held))
}

fn copy_staged(checkpoint: &Checkpoint, folder: &Path, roots: &Roots) -> Result<()> {
    let staged = folder.join(STAGED);
    for file in needed(checkpoint) {
        let root = roots.get(file.key.target)?;
        let from = root.staging.join(staged_name(&file.name));
        disk::create_folder(&staged)?;
        match copy(&from, &staged.join(staged_name(&file.name))) {
            Err(e) if e.kind() == Kind::NotFound && root.visible(file).exists() => {}
            Err(e) if e.kind() == Kind::NotFound => {
                return Err(Error::conflict("the pipeline went on while the savepoint was made")
                    .with("gone", from.display())
                    .with_hint("make the savepoint again, or stop the pipeline first"));
            }
            done => done?,
        }
    }
    if staged.is_dir() { disk::sync(&staged) } else { Ok(()) }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let copied = File::open(from).and_then(|mut from| {
        let mut to = File::create(to)?;
        io::copy(&mut from, &mut to)?;
        to.sync_all()
    });
    copied.map_err(|e| failed("cannot copy the staged file", from, e))
}
