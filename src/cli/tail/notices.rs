//! One line on stderr for what happens to partitions.

use std::collections::BTreeSet;

use super::super::tell;
use crate::error::Error;
use crate::read::DataFile;
use crate::read::enumerator::{Listing, Looked};
use crate::read::state::{TableState, file_hash, partition_hash};

/// What has been seen, as far as it is told.
#[derive(Debug, Default)]
pub(super) struct Notices {
    /// The greatest name of a partition.
    last: String,
    /// Partitions that were announced since the last notice.
    new: BTreeSet<String>,
    away: bool,
    /// Files cannot be read now.
    stuck: bool,
    /// Files that could not be read.
    skipped: u64,
}

impl Notices {
    /// Takes in what is there at the beginning, which is no news.
    pub(super) fn first(&mut self, listing: &Listing) {
        let names = listing.partitions.iter().map(|looked| &looked.partition.name);
        self.last = names.max().cloned().unwrap_or_default();
    }

    /// Takes in what a look has found.
    pub(super) fn look(&mut self, listing: &Listing, state: &TableState) {
        if std::mem::take(&mut self.away) {
            tell("the metastore is back");
        }
        for name in &listing.gone {
            tell(&format!("partition {name} is gone"));
        }
        for looked in &listing.partitions {
            let name = &looked.partition.name;
            let hash = partition_hash(name);
            match state.known.files(hash) {
                // What transactions and compactions replace is no news.
                _ if state.knows(hash) && looked.view.is_some() => {}
                None if !name.is_empty() => drop(self.new.insert(name.clone())),
                None => {}
                Some(known) => replaced(looked, known),
            }
        }
        if listing.partitions.iter().all(|looked| looked.files.is_empty()) {
            self.tell_new();
        }
    }

    /// Tells of new partitions before rows of them are printed.
    pub(super) fn file(&mut self, partition: &str) {
        if self.new.contains(partition) {
            self.tell_new();
        }
    }

    /// Tells that nothing can be found out now, once.
    pub(super) fn away(&mut self, error: &Error) {
        if !std::mem::replace(&mut self.away, true) {
            tell(&format!("{}; trying again", error.in_a_line()));
        }
    }

    /// Tells that a file cannot be read now, once until one was read.
    pub(super) fn stuck(&mut self, error: &Error) {
        if !std::mem::replace(&mut self.stuck, true) {
            tell(&format!("{}; trying again", error.in_a_line()));
        }
    }

    /// Takes in that a file was read to its end.
    pub(super) fn read(&mut self) {
        if std::mem::take(&mut self.stuck) {
            tell("files can be read again");
        }
    }

    /// Tells of a file that is left out.
    pub(super) fn skipped(&mut self, file: &DataFile, rows: u64, error: &Error) {
        self.skipped += 1;
        tell(&format!("{}: skipped after {rows} rows: {}", file.path, error.in_a_line()));
    }

    /// Tells at the end what there was too much of to be remembered.
    pub(super) fn end(&self) {
        match self.skipped {
            0 => {}
            1 => tell("1 file could not be read and was skipped"),
            many => tell(&format!("{many} files could not be read and were skipped")),
        }
    }

    fn tell_new(&mut self) {
        for name in std::mem::take(&mut self.new) {
            let late = if name < self.last { " (late: later ones are known)" } else { "" };
            tell(&format!("new partition {name}{late}"));
            self.last = std::mem::take(&mut self.last).max(name);
        }
    }
}

/// Tells of files that have taken the place of others.
fn replaced(looked: &Looked, known: &[crate::read::state::FileHash]) {
    let location = &looked.partition.location;
    let all = looked.files.iter().chain(&looked.unsettled);
    let (mut left, mut new) = (0, 0);
    for file in all {
        match known.binary_search(&file_hash(location, file)) {
            Ok(_) => left += 1,
            Err(_) => new += 1,
        }
    }
    let gone = known.len().saturating_sub(left);
    let name = &looked.partition.name;
    let place = if name.is_empty() { "the table".to_owned() } else { format!("partition {name}") };
    match (gone, new) {
        (0, _) => {}
        (gone, 0) => tell(&format!("{place}: {gone} files are gone")),
        (gone, new) => {
            tell(&format!("{place}: {gone} files were replaced by {new}, whose rows follow"));
        }
    }
}
