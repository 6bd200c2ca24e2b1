//! What became of each partition of a backfill, on disk: a line of JSON for each step, durable before the next.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::disk::{self, failed};
use crate::error::{Error, Result};

/// How far a partition has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SwapState {
    /// Its folder may be in place or not.
    Begun,
    /// Its new folder is in place, whole.
    Swapped,
    /// It stays as it was.
    Skipped,
}

/// What a folder has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Visible files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Their rows; `None` if nobody has counted them.
    pub rows: Option<u64>,
}

/// What became of one partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swap {
    /// Its path below the table's folder.
    pub partition: String,
    /// How far it has come.
    pub state: SwapState,
    /// Why it was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it had; `None` if it did not exist.
    pub before: Option<Amount>,
    /// What the backfill has built for it.
    pub built: Amount,
    /// What it has now.
    pub after: Option<Amount>,
    /// Files that were there and are still.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
}

/// The partitions that have been looked at, the last word on each.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    swaps: BTreeMap<String, Swap>,
}

impl Journal {
    /// Reads a journal; one that is not there is empty.
    ///
    /// # Errors
    /// As [`Error::io`]; `Data` if a line other than the last is damaged: a kill can cut only that one.
    pub fn open(path: &Path) -> Result<Self> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => String::new(),
            Err(e) => return Err(failed("cannot read the journal", path, e)),
        };
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        if whole.len() < text.len() {
            let cut = OpenOptions::new().write(true).open(path).and_then(|file| {
                file.set_len(whole.len() as u64)?;
                file.sync_all()
            });
            cut.map_err(|e| failed("cannot mend the journal", path, e))?;
        }
        let mut swaps = BTreeMap::new();
        for line in whole.lines() {
            let swap: Swap = serde_json::from_str(line).map_err(|e| {
                Error::data("the journal of the backfill is damaged")
                    .with("path", path.display())
                    .with_source(e)
                    .with_hint(
                        "bring the file back from a backup: it says which partitions are done",
                    )
            })?;
            swaps.insert(swap.partition.clone(), swap);
        }
        Ok(Self { path: path.to_owned(), swaps })
    }

    /// Gives what is known of a partition.
    pub fn get(&self, partition: &str) -> Option<&Swap> {
        self.swaps.get(partition)
    }

    /// Gives all partitions in order.
    pub fn iter(&self) -> impl Iterator<Item = &Swap> {
        self.swaps.values()
    }

    /// Counts the partitions of which nothing is left to be done.
    pub(super) fn ended(&self) -> u64 {
        self.swaps.values().filter(|swap| swap.state != SwapState::Begun).count() as u64
    }

    /// Adds a line; durable on return.
    pub(super) fn put(&mut self, swap: Swap) -> Result<()> {
        let mut line = serde_json::to_vec(&swap)
            .map_err(|e| Error::internal("cannot write the journal").with_source(e))?;
        line.push(b'\n');
        let new = !self.path.exists();
        let written =
            File::options().append(true).create(true).open(&self.path).and_then(|mut file| {
                file.write_all(&line)?;
                file.sync_data()
            });
        written.map_err(|e| failed("cannot write the journal", &self.path, e))?;
        if let (true, Some(folder)) = (new, self.path.parent()) {
            disk::sync(folder)?;
        }
        self.swaps.insert(swap.partition.clone(), swap);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swap(partition: &str, state: SwapState) -> Swap {
        let built = Amount { files: 1, bytes: 2, rows: Some(3) };
        let (reason, before, after) = (None, None, None);
        Swap { partition: partition.to_owned(), state, reason, before, built, after, kept: vec![] }
    }

    #[test]
    fn the_last_word_counts_and_a_cut_line_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("swaps.jsonl");
        let mut journal = Journal::open(&path).unwrap();
        journal.put(swap("a=1", SwapState::Begun)).unwrap();
        journal.put(swap("a=2", SwapState::Begun)).unwrap();
        journal.put(swap("a=1", SwapState::Swapped)).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        for cut in ["{\"partition\":\"a=2\",\"sta", "x"] {
            fs::write(&path, format!("{whole}{cut}")).unwrap();
            let mut journal = Journal::open(&path).unwrap();
            let states: Vec<_> = journal.iter().map(|s| (s.partition.as_str(), s.state)).collect();
            assert_eq!(states, [("a=1", SwapState::Swapped), ("a=2", SwapState::Begun)]);
            journal.put(swap("a=2", SwapState::Skipped)).unwrap();
            let again = Journal::open(&path).unwrap();
            assert_eq!(again.get("a=2").map(|s| s.state), Some(SwapState::Skipped));
        }
        fs::write(&path, format!("x\n{whole}")).unwrap();
        assert_eq!(Journal::open(&path).unwrap_err().kind(), crate::error::Kind::Data);
    }
}
