//! One backfill of a table at a time: the lock, what an unfinished one forbids, and how one is given up.

use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use config::Settings;
use metastore::{Catalog, Table};

use super::super::known::{Known, KnownTrigger};
use super::super::{WallClock, tell};
use super::manifest::{JOURNAL, Manifest};
use super::report;
use crate::catalog;
use crate::checkpoint::store::CheckpointStore;
use crate::commit::announce::{Announced, Announcer};
use crate::commit::policy::Policy;
use crate::commit::swap::{Journal, SwapMode, SwapState, Swapper, SwapperParts};
use crate::disk::failed;
use crate::error::{Error, Kind, Result};
use crate::time::Clock as _;
use crate::write::Target;
use crate::write::stage::{Root, Roots};

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
pub(super) fn discard(settings: &Settings, name: &str) -> Result<()> {
    let (own, known) = Known::named(&settings.state, name)?;
    let manifest = Manifest::read(&own)?.ok_or_else(|| {
        Error::config("this pipeline is no backfill")
            .with("pipeline", name)
            .with_hint("see `skep state list` for the names")
    })?;
    // Whoever holds the state is not to be robbed of it.
    let store = CheckpointStore::open(&own, name)?;
    let catalog = catalog::of_settings(settings)?;
    forget(&catalog, &own, &known.location, &manifest, store)?;
    tell(&format!("{name} is discarded; partitions that it has swapped stay as they are"));
    Ok(())
}

/// Deletes a backfill's state and what it has built, once the partition that it was at is the old one or the new one.
pub(super) fn forget(
    catalog: &Arc<dyn Catalog>,
    own: &Path,
    location: &Path,
    manifest: &Manifest,
    store: CheckpointStore,
) -> Result<()> {
    let journal = Journal::open(&own.join(JOURNAL))?;
    if journal.iter().any(|swap| swap.state == SwapState::Begun) {
        let table = Root::create(location, &manifest.name)?;
        let roots = Roots { table: table.clone(), late: None, dead_letters: None };
        let announced = Announced::new(Target::Table, manifest.table.clone(), &roots)?;
        let policies = vec![Policy::Metastore];
        let announcer = Announcer::new(Arc::clone(catalog), vec![announced], policies.clone());
        let mut swapper = Swapper::new(SwapperParts {
            announcer,
            catalog: Arc::clone(catalog),
            name: manifest.table.clone(),
            table,
            policies,
            mode: manifest.mode,
            snapshot: manifest.snapshot(),
            journal,
            commit_id: format!("{}-discarded", manifest.name),
            done: Arc::default(),
        })?;
        swapper.settle(WallClock.now())?;
    }
    remove_folder(&manifest.staging)?;
    drop(store);
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
