//! One backfill of a table at a time: the lock, what an unfinished one forbids, and how one is given up.

use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::Path;

use metastore::Table;

use super::super::known::{Known, KnownTrigger};
use super::super::tell;
use super::manifest::Manifest;
use super::report;
use crate::checkpoint::store::CheckpointStore;
use crate::commit::swap::SwapMode;
use crate::disk::failed;
use crate::error::{Error, Kind, Result};
use crate::write::stage::Root;

/// Lock among a table's staging folders.
const LOCK: &str = "backfill.lock";

/// Keeps other backfills of the table away.
pub(super) fn lock_table(name: &str, root: &Root) -> Result<File> {
    let above = root.staging.parent().unwrap_or(&root.staging);
    let path = above.join(LOCK);
    let wrong = |e| failed("cannot open the lock file", &path, e);
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(wrong)?;
    match file.try_lock() {
        Ok(()) => {
            // Who holds it, for the message of the next one.
            let text = format!("{} (process {})\n", name, std::process::id());
            file.set_len(0).and_then(|()| file.write_all(text.as_bytes())).map_err(wrong)?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let told = (&file).take(300).read_to_string(&mut holder).is_ok();
            let holder = if told { holder.trim() } else { "" };
            Err(Error::fenced("another backfill of the table is running")
                .with("running", holder)
                .with("this one", name)
                .with("lock", path.display())
                .with_hint("wait until it has ended; a table has one backfill at a time"))
        }
        Err(TryLockError::Error(e)) => Err(failed("cannot lock the file", &path, e)),
    }
}

/// Refuses to begin while another range is half done.
pub(super) fn refuse_unfinished(state: &Path, name: &str, table: &Table) -> Result<()> {
    for (own, known) in Known::all(state)? {
        let other = matches!(known.trigger, KnownTrigger::End)
            && known.table == table.name
            && known.name != name;
        if !other {
            continue;
        }
        if let Some(manifest) = Manifest::read(&own)?
            && manifest.finished_at.is_none()
        {
            let mode = report::mode(manifest.mode);
            return Err(Error::new(Kind::Conflict, "another backfill of the table is not finished")
                .with("backfill", &manifest.name)
                .with("range", &manifest.range)
                .with("mode", mode)
                .with_hint(format!(
                    "let it finish: start it again with the same script and range; or give it up: skep backfill --discard {}",
                    manifest.name
                )));
        }
    }
    Ok(())
}

/// Gives a backfill up: what it has built goes, what it has swapped stays.
pub(super) fn discard(state: &Path, name: &str) -> Result<()> {
    let (own, _) = Known::named(state, name)?;
    let manifest = Manifest::read(&own)?.ok_or_else(|| {
        Error::config("this pipeline is no backfill")
            .with("pipeline", name)
            .with_hint("see `skep state list` for the names")
    })?;
    // Whoever holds the state is not to be robbed of it.
    let _store = CheckpointStore::open(&own, name)?;
    forget(&own, &manifest)?;
    tell(&format!("{name} is discarded; partitions that it has swapped stay as they are"));
    Ok(())
}

pub(super) fn forget(own: &Path, manifest: &Manifest) -> Result<()> {
    remove_folder(&manifest.staging)?;
    remove_folder(own)
}

pub(super) fn remove_folder(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(failed("cannot delete the folder", folder, e))
        }
        _ => Ok(()),
    }
}

/// Warns, or refuses, where the staging folder had to be made in the table's.
pub(super) fn refuse_inside(root: &Root, table: &Table, mode: SwapMode) -> Result<()> {
    if !root.staging.starts_with(&root.folder) {
        return Ok(());
    }
    let hint = "make the folder above the table's writable, on the same file system";
    if table.partition_keys.is_empty() && mode != SwapMode::Missing {
        let message = "the table's folder cannot be replaced: what is built for it is in it";
        return Err(Error::unsupported(message)
            .with("staging", root.staging.display())
            .with_hint(hint));
    }
    tell(&format!(
        "warning: partitions are built in {}, inside of the table's folder: who reads files by a pattern such as **/*.parquet sees them twice for a moment; {hint}",
        root.staging.display()
    ));
    Ok(())
}
