//! Folders of tables and partitions on the local file system.
//!
//! Folders of other file systems are none of this process's business: making, moving and deleting them does nothing.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::arguments::Outcome;
use crate::location;
use crate::model::{Parameters, keys};
use crate::wire::Fault;

/// Deepest folder below a table that is looked into.
const MAX_DEPTH: usize = 32;

/// Gives the local folder of a location; `None` if it is elsewhere.
fn local(place: Option<&str>) -> Option<PathBuf> {
    place.and_then(|place| location::to_path(place).ok())
}

fn failed(what: &str, folder: &Path, error: &std::io::Error) -> Fault {
    Fault::meta(format!("cannot {what} the folder {}: {error}", folder.display()))
}

/// Makes a folder and tells whether it is new; one that is elsewhere counts as new.
pub(super) fn make(place: Option<&str>) -> Outcome<bool> {
    let Some(folder) = local(place) else { return Ok(true) };
    if folder.is_dir() {
        return Ok(false);
    }
    fs::create_dir_all(&folder).map_err(|e| failed("make", &folder, &e))?;
    Ok(true)
}

/// Deletes a folder with all that is in it; a missing one is as good.
pub(super) fn delete(place: Option<&str>) -> Outcome<()> {
    let Some(folder) = local(place) else { return Ok(()) };
    // The root and what is right below it is never a table's.
    if folder.components().count() < 3 {
        return Err(Fault::meta(format!("refusing to delete {}", folder.display())));
    }
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed("delete", &folder, &error)),
        _ => Ok(()),
    }
}

/// Deletes a folder if nothing is in it.
pub(super) fn delete_empty(place: Option<&str>) {
    if let Some(folder) = local(place) {
        fs::remove_dir(folder).ok();
    }
}

/// Deletes what is in a folder.
pub(super) fn empty(place: Option<&str>) -> Outcome<()> {
    let Some(folder) = local(place) else { return Ok(()) };
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(()) };
    for entry in entries.flatten() {
        let path = entry.path();
        let deleted =
            if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        deleted.map_err(|e| failed("empty", &folder, &e))?;
    }
    Ok(())
}

/// Moves a folder; tells whether there was something to move.
pub(super) fn rename(old: &str, new: &str) -> Outcome<bool> {
    let (Some(old), Some(new)) = (local(Some(old)), local(Some(new))) else { return Ok(false) };
    if !old.is_dir() {
        return Ok(false);
    }
    if new.exists() {
        return Err(Fault::meta(format!("the folder {} exists already", new.display())));
    }
    if let Some(above) = new.parent() {
        fs::create_dir_all(above).map_err(|e| failed("make", above, &e))?;
    }
    fs::rename(&old, &new).map_err(|e| failed("move", &old, &e))?;
    Ok(true)
}

/// Counts the files of a folder and their bytes into the statistics of its table or partition; hidden ones do not count.
///
/// Source: Hive `MetaStoreUtils.updatePartitionStatsFast`, `HiveStatsUtils.getFileStatusRecurse`.
pub(super) fn count(place: Option<&str>, parameters: &mut Parameters) {
    let Some(folder) = local(place) else { return };
    let (mut files, mut bytes) = (0_u64, 0_u64);
    walk(&folder, 0, &mut |size| {
        files += 1;
        bytes += size;
    });
    parameters.insert(keys::NUM_FILES.to_owned(), files.to_string());
    parameters.insert(keys::TOTAL_SIZE.to_owned(), bytes.to_string());
}

fn walk(folder: &Path, depth: usize, file: &mut dyn FnMut(u64)) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(b".")
            || entry.file_name().as_encoded_bytes().starts_with(b"_")
        {
            continue;
        }
        match entry.metadata() {
            Ok(meta) if meta.is_dir() && depth < MAX_DEPTH => walk(&entry.path(), depth + 1, file),
            Ok(meta) if meta.is_file() => file(meta.len()),
            _ => {}
        }
    }
}

/// What a change says about statistics, in its environment context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// Nothing.
    No,
    /// They are to stay as they are.
    Keep,
    /// A job counted them.
    Task,
    /// A user set them.
    User,
}

impl Given {
    /// Reads the properties of an environment context.
    ///
    /// Source: Hive `StatsSetupConst`.
    pub(super) fn of(properties: &Parameters) -> Self {
        let is = |key: &str, value: &str| {
            properties.get(key).is_some_and(|v| v.eq_ignore_ascii_case(value))
        };
        if is("DO_NOT_UPDATE_STATS", "true") {
            Self::Keep
        } else if is("STATS_GENERATED", "TASK") {
            Self::Task
        } else if is("STATS_GENERATED", "USER") {
            Self::User
        } else {
            Self::No
        }
    }
}

fn counted(parameters: &Parameters) -> bool {
    [keys::NUM_FILES, keys::TOTAL_SIZE].iter().all(|key| parameters.contains_key(*key))
}

/// Counts a new table's or partition's files, unless it comes with statistics or its folder was made just now.
pub(super) fn count_new(place: Option<&str>, parameters: &mut Parameters, given: Given, new: bool) {
    if given == Given::Keep || counted(parameters) {
        return;
    }
    if new {
        return;
    }
    count(place, parameters);
    settle_accuracy(parameters, given);
}

/// Counts the files of a changed table or partition, if the change can have moved them.
pub(super) fn count_changed(
    place: Option<&str>,
    old: Option<&Parameters>,
    parameters: &mut Parameters,
    given: Given,
) {
    let same = |old: &Parameters| {
        [keys::NUM_FILES, keys::TOTAL_SIZE].iter().all(|key| old.get(*key) == parameters.get(*key))
    };
    let needed = match given {
        Given::Keep => false,
        Given::Task | Given::User => true,
        Given::No => !counted(parameters) || !old.is_some_and(same),
    };
    if needed {
        count(place, parameters);
        settle_accuracy(parameters, given);
    }
}

/// Statistics that only files tell stay trusted if a job counted the rest with them.
fn settle_accuracy(parameters: &mut Parameters, given: Given) {
    if given != Given::Task {
        parameters.remove(keys::COLUMN_STATS_ACCURATE);
    }
}
