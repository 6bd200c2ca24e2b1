//! Whether a file that nobody has announced may still be written.
//!
//! Writers should make a file visible by a rename, when it is complete. Some write in place: their files are taken when they
//! cannot grow any more. Parquet and ORC say so themselves, by what stands at the end of a file; of other files it is believed
//! when nothing was written for a while.

use std::collections::BTreeMap;
use std::time::Duration;

use formats::table::Layout;

use super::files::{DataFile, Files};
use super::table::TablePartition;
use crate::error::{Kind, Result};
use crate::source::FileIdentity;
use crate::time::Timestamp;

/// A file of lines is complete if nothing was written for so long.
pub(super) const QUIET: Duration = Duration::from_secs(2);
/// Files that were written before this are taken as they are: what is wrong with them will not pass.
pub(super) const YOUNG: Duration = Duration::from_mins(10);

/// What was found out about the young files of one partition.
#[derive(Debug, Default)]
pub(super) struct Settling {
    files: BTreeMap<String, Young>,
}

#[derive(Debug)]
struct Young {
    identity: FileIdentity,
    first_seen: Timestamp,
    settled: bool,
}

impl Settling {
    /// Tells settled files from those that may still be written, keeping their order.
    pub(super) fn sort(
        &mut self,
        partition: &TablePartition,
        files: Vec<DataFile>,
        now: Timestamp,
        store: &Files,
    ) -> Result<(Vec<DataFile>, Vec<DataFile>)> {
        let mut before = std::mem::take(&mut self.files);
        let (mut settled, mut unsettled) = (Vec::new(), Vec::new());
        for file in files {
            let written = Timestamp(file.identity.modified_ns.div_euclid(1_000_000));
            if now >= written.plus(YOUNG) {
                settled.push(file);
                continue;
            }
            let mut young = before
                .remove(&file.path)
                .filter(|young| young.identity == file.identity)
                .unwrap_or(Young {
                    identity: file.identity.clone(),
                    first_seen: now,
                    settled: false,
                });
            if !young.settled {
                young.settled = match ending(partition) {
                    Some(ending) => ending.is_there(&file, store)?,
                    // A clock that runs ahead must not hold a file back for ever.
                    None => now >= written.plus(QUIET) || now >= young.first_seen.plus(QUIET),
                };
            }
            let list = if young.settled { &mut settled } else { &mut unsettled };
            self.files.insert(file.path.clone(), young);
            list.push(file);
        }
        Ok((settled, unsettled))
    }
}

/// What stands at the end of a complete file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// `PAR1`, or `PARE` if the footer is encrypted.
    Parquet,
    /// `ORC` and the length of what it ends.
    Orc,
}

fn ending(partition: &TablePartition) -> Option<Ending> {
    match partition.descriptor.layout() {
        Ok(Layout::Parquet) => Some(Ending::Parquet),
        Ok(Layout::Orc) => Some(Ending::Orc),
        // What cannot be read is an error of whoever reads it.
        Ok(_) | Err(_) => None,
    }
}

impl Ending {
    fn is_there(self, file: &DataFile, store: &Files) -> Result<bool> {
        const BYTES: usize = 4;
        let Some(at) = file.identity.size.checked_sub(BYTES as u64) else { return Ok(false) };
        let input = match store.open(file) {
            Ok(input) => input,
            // It is gone or has changed since it was listed.
            Err(e) if e.kind() == Kind::NotFound => return Ok(false),
            // What may not be opened is an error of whoever reads it.
            Err(e) if e.kind() == Kind::Config => return Ok(true),
            Err(e) => return Err(e),
        };
        let Ok(last) = input.read_at(at, BYTES) else { return Ok(false) };
        Ok(match self {
            Self::Parquet => matches!(last.as_ref(), b"PAR1" | b"PARE"),
            Self::Orc => last.starts_with(b"ORC"),
        })
    }
}
