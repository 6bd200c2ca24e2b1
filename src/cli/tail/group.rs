//! Where a group of `skep tail` is, kept below the state folder.
//!
//! The position is written beside its place and renamed onto it, so that a crash leaves the one before or the one after. A lock
//! on a file beside it, which the system drops with the process, keeps a second tail of the group out.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use metastore::Table;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::disk;
use crate::error::{Error, Result};
use crate::read::state::{FileHash, TableDelta, TableState};
use crate::time::Timestamp;

/// How often a position is written while rows are printed.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// Longest name of a group.
const MAX_NAME: usize = 100;

/// What has been printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Files that were printed, or that are not to be.
    pub(super) state: TableState,
    /// Files that are not in the state yet: how many of their rows were printed, `None` for all.
    #[serde(default)]
    files: BTreeMap<u64, Option<u64>>,
}

impl Place {
    /// Makes the position before all rows of a table.
    pub(super) fn new(table: &str) -> Self {
        Self { state: TableState::new(table), files: BTreeMap::new() }
    }

    /// Gives how many rows of a file were printed; `None` if all were.
    pub(super) fn left_of(&self, file: FileHash) -> Option<u64> {
        self.files.get(&file.0).copied().unwrap_or(Some(0))
    }

    /// Notes that some rows of a file were printed.
    pub(super) fn reading(&mut self, file: FileHash, rows: u64) {
        self.files.insert(file.0, Some(rows));
    }

    /// Notes that all rows of a file were printed.
    pub(super) fn finish(&mut self, file: FileHash) {
        self.files.insert(file.0, None);
    }

    /// Takes in what is known once all that was given out is printed.
    pub(super) fn known(&mut self, delta: &TableDelta, printed: &[FileHash]) {
        self.state.apply(delta);
        for file in printed {
            self.files.remove(&file.0);
        }
    }
}

/// The file of a group.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    table: String,
    /// When the table was made: another one of the same name begins anew.
    created: i32,
    /// The condition: rows of a file that was begun are counted among those that fulfil it.
    condition: String,
    position: Place,
}

/// A group that nobody else reads with.
#[derive(Debug)]
pub(super) struct Group {
    path: PathBuf,
    /// Holds the lock.
    _lock: File,
    kept: Option<Place>,
    table: String,
    created: i32,
    condition: String,
    saved: Option<Timestamp>,
}

impl Group {
    /// Takes a group, and what it has kept.
    ///
    /// # Errors
    /// `Conflict` if another tail reads with it; `Config` for a name that cannot be one, and for a group of another table;
    /// `Data` if what it has kept is damaged.
    pub(super) fn open(state: &Path, table: &Table, name: &str, condition: &str) -> Result<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty()
            || name.len() > MAX_NAME
            || name.starts_with('.')
            || !name.chars().all(plain)
        {
            return Err(Error::config(
                "a group's name has letters, digits, -, _ and ., at most 100",
            )
            .with("group", name.escape_debug()));
        }
        let folder = state.join("tail");
        disk::create_folder(&folder)?;
        let lock = lock(&folder.join(format!("{name}.lock")), name)?;
        let path = folder.join(format!("{name}.json"));
        let mut group = Self {
            path,
            _lock: lock,
            kept: None,
            table: table.name.to_string(),
            created: table.create_time,
            condition: condition.to_owned(),
            saved: None,
        };
        group.kept = group.read(name)?;
        Ok(group)
    }

    /// Gives the position that was kept, if there is one.
    pub(super) fn take(&mut self) -> Option<Place> {
        self.kept.take()
    }

    fn read(&self, name: &str) -> Result<Option<Place>> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(disk::failed("cannot read the group's position", &self.path, e)),
        };
        let kept: Kept = serde_json::from_slice(&text).map_err(|e| {
            Error::data("the group's position is damaged")
                .with("path", self.path.display())
                .with_source(e)
                .with_hint("delete the file to begin anew")
        })?;
        if kept.table != self.table {
            return Err(Error::config("the group reads another table")
                .with("group", name)
                .with("its table", kept.table)
                .with_hint("choose another name for the group"));
        }
        if kept.created != self.created {
            return Ok(None);
        }
        let mut position = kept.position;
        if kept.condition != self.condition {
            position.files.retain(|_, rows| rows.is_none());
        }
        Ok(Some(position))
    }

    /// Keeps a position, now or if the last time is long enough ago.
    ///
    /// # Errors
    /// As `Error::io`.
    pub(super) fn save(&mut self, position: &Place, time: Timestamp, now: bool) -> Result<()> {
        if !now && self.saved.is_some_and(|saved| time.since(saved) < SAVE_EVERY) {
            return Ok(());
        }
        let kept = Kept {
            table: self.table.clone(),
            created: self.created,
            condition: self.condition.clone(),
            position: position.clone(),
        };
        let text = serde_json::to_vec(&kept)
            .map_err(|e| Error::internal("cannot describe the position").with_source(e))?;
        let hidden = self.path.with_extension("json.new");
        let failed = |e| disk::failed("cannot keep the group's position", &self.path, e);
        let mut file = File::create(&hidden).map_err(failed)?;
        file.write_all(&text).and_then(|()| file.sync_data()).map_err(failed)?;
        fs::rename(&hidden, &self.path).map_err(failed)?;
        if let Some(folder) = self.path.parent() {
            disk::sync(folder)?;
        }
        self.saved = Some(time);
        Ok(())
    }
}

/// Locks a file for this process; whoever has it has left its number in it.
fn lock(path: &Path, name: &str) -> Result<File> {
    let failed = |e| disk::failed("cannot lock the group", path, e);
    let mut options = File::options();
    let mut file =
        options.read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        let process = fs::read_to_string(path).unwrap_or_default();
        return Err(Error::conflict("another tail reads with this group")
            .with("group", name)
            .with("process", process.trim())
            .with_hint("end it, or choose another name for the group"));
    }
    file.set_len(0).map_err(failed)?;
    writeln!(file, "{}", std::process::id()).map_err(failed)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::read::state::partition_hash;

    fn table(name: &str, created: i32) -> Table {
        let mut table = Table::new(name.parse().unwrap());
        table.create_time = created;
        table
    }

    fn position() -> Place {
        let mut place = Place::new("default.t");
        let files = vec![FileHash(1), FileHash(2)];
        let delta = TableDelta {
            branch: 0,
            table: "default.t".to_owned(),
            partitions: vec![(partition_hash("p=1"), Some(files))],
            written: Vec::new(),
        };
        place.finish(FileHash(1));
        place.known(&delta, &[FileHash(1)]);
        place.finish(FileHash(3));
        place.reading(FileHash(4), 17);
        place
    }

    #[test]
    fn a_position_is_kept_and_a_second_tail_kept_out() {
        let folder = tempfile::tempdir().unwrap();
        let open = |table: &Table, condition| Group::open(folder.path(), table, "g-1", condition);
        let t = table("t", 7);
        let mut group = open(&t, "a > 1").unwrap();
        assert_eq!(group.take(), None);
        let at = position();
        assert_eq!((at.left_of(FileHash(3)), at.left_of(FileHash(4))), (None, Some(17)));
        assert_eq!(at.left_of(FileHash(1)), Some(0), "the enumerator knows it");
        group.save(&at, Timestamp(1000), false).unwrap();
        group.save(&Place::new("default.t"), Timestamp(1500), false).unwrap();
        let second = open(&t, "").unwrap_err();
        assert_eq!(second.kind(), Kind::Conflict, "{second}");
        assert!(second.to_string().contains(&std::process::id().to_string()), "{second}");
        drop(group);
        assert_eq!(open(&t, "a > 1").unwrap().take(), Some(at), "the second save came too soon");
        let other = open(&t, "a > 2").unwrap().take().unwrap();
        assert_eq!(
            other.left_of(FileHash(4)),
            Some(0),
            "rows of another condition count otherwise"
        );
        assert_eq!(open(&table("t", 8), "").unwrap().take(), None, "another table of this name");
        assert_eq!(open(&table("u", 7), "").unwrap_err().kind(), Kind::Config);
        fs::write(folder.path().join("tail/g-1.json"), "{").unwrap();
        assert_eq!(open(&t, "").unwrap_err().kind(), Kind::Data);
        for name in ["", "a/b", ".a", "ä"] {
            let refused = Group::open(folder.path(), &t, name, "").unwrap_err();
            assert_eq!(refused.kind(), Kind::Config, "{name}");
        }
    }
}
