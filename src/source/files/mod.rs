//! Files as a source: one file, a folder with its subfolders, or a glob; plain, gzip or zstd.
//!
//! ```text
//!  path ─► listing ─► splits ─► reader ─► blocks of whole records
//!            │           │         │
//!        identity   byte ranges   input: plain or decompressed, checked to be the listed file
//! ```
//!
//! The position of a split counts bytes from the file's begin, decompressed ones of a compressed
//! file. A file must be complete when its name appears and must not change after: producers write
//! elsewhere or under a name that begins with `_` or `.`, and rename. A file that has changed or
//! vanished before it was read to its end is an error, and so is a finished one that has changed.
//!
//! # Why
//! Size, modification time and inode identify a file. A checksum would cost a second reading.

mod borders;
mod input;
mod listing;
mod reader;
mod splits;

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::time::Duration;

use regex::Regex;
use tracing::warn;

pub use self::borders::RecordBorders;
pub use self::input::Compression;
use self::input::{Input, changed, vanished};
use self::listing::{Listed, Root};
use self::reader::{FileReader, Limits};
use self::splits::Cut;
use crate::error::{Error, Kind, Result};
use crate::names::LaneId;
use crate::source::{
    Discovery, FileIdentity, Offsets, Source, Split, SplitDetail, SplitId, SplitReader,
};

/// What a source of files reads, and how.
#[derive(Debug, Clone)]
pub struct FilesOptions {
    /// File, folder or glob; a plain path or a `file:` URI.
    pub path: String,
    /// What the whole absolute path of a file must match.
    pub regex: Option<Regex>,
    /// How the files are compressed.
    pub compression: Compression,
    /// Time between two listings, which whoever drives the source keeps; without it the source is
    /// bounded.
    pub monitor_interval: Option<Duration>,
    /// Size of a split of a plain file, in bytes.
    pub split_bytes: u64,
    /// What ends a record.
    pub record: RecordBorders,
    /// Records at the begin of each file that are none.
    pub header_lines: u32,
    /// Longest record, in bytes without its line feed; a longer one is given out as
    /// [`Payload::TooLong`](crate::source::Payload::TooLong).
    pub max_record_bytes: usize,
    /// Size of a block, in bytes, unless one record is longer.
    pub block_bytes: usize,
    /// Which branch of the pipeline this is.
    pub branch: u16,
}

impl FilesOptions {
    /// Gives the options with which the records of `path` are read if nobody says otherwise.
    pub fn new(path: impl Into<String>, record: RecordBorders) -> Self {
        Self {
            path: path.into(),
            regex: None,
            compression: Compression::Auto,
            monitor_interval: None,
            // A tenth of a second of work: lanes end together, and stay close in event time.
            split_bytes: 32 << 20,
            record,
            header_lines: 0,
            max_record_bytes: 128 << 20,
            // Some thousand records, so that the batch made from a block is worth its overhead.
            block_bytes: 1 << 20,
            branch: 0,
        }
    }
}

/// Files of a folder as a source.
#[derive(Debug)]
pub struct FilesSource {
    root: Root,
    regex: Option<Regex>,
    options: FilesOptions,
}

impl FilesSource {
    /// Makes the source; does not touch the disk.
    ///
    /// # Errors
    /// `Config` for a path or pattern that makes no sense, `Unsupported` for a path elsewhere.
    ///
    /// Source: Flink `source.path.regex-pattern`, which must match the whole path.
    pub fn new(options: FilesOptions) -> Result<Self> {
        let whole = |regex: &Regex| {
            Regex::new(&format!(r"\A(?:{})\z", regex.as_str())).map_err(|e| {
                Error::config("pattern cannot be read").with("pattern", regex).with_source(e)
            })
        };
        let regex = options.regex.as_ref().map(whole).transpose()?;
        Ok(Self { root: Root::parse(&options.path)?, regex, options })
    }

    fn cut(&self) -> Cut {
        Cut {
            bytes: self.options.split_bytes,
            borders: self.options.record,
            header: self.options.header_lines,
            limits: self.limits(),
        }
    }

    fn limits(&self) -> Limits {
        Limits { block: self.options.block_bytes, record: self.options.max_record_bytes }
    }

    /// Makes the splits of a file that is new; none for an empty one, which may still be filled.
    fn splits(&self, file: &Listed) -> Result<Vec<Split>> {
        if file.identity.size == 0 {
            return Ok(Vec::new());
        }
        let codec = self.options.compression.of(&file.path)?;
        let ranges = self.cut().splits(file, codec)?;
        let split = |(start, end)| Split {
            id: SplitId(format!("b{}:{}@{start}", self.options.branch, file.path)),
            branch: self.options.branch,
            start,
            detail: SplitDetail::File {
                path: file.path.clone(),
                identity: file.identity.clone(),
                end,
            },
        };
        Ok(ranges.into_iter().map(split).collect())
    }

    /// Gives the files of this branch that were listed before, each with its key if it is finished.
    fn known<'a>(
        &self,
        offsets: &'a Offsets,
    ) -> BTreeMap<&'a str, (&'a FileIdentity, Option<&'a str>)> {
        let prefix = format!("{}:", self.options.branch);
        let finished = offsets.finished.iter().filter_map(|(key, identity)| {
            Some((key.strip_prefix(&prefix)?, (identity, Some(key.as_str()))))
        });
        let begun = offsets.splits.values().filter_map(|state| match &state.split.detail {
            SplitDetail::File { path, identity, .. }
                if state.split.branch == self.options.branch =>
            {
                Some((path.as_str(), (identity, None)))
            }
            _ => None,
        });
        finished.chain(begun).collect()
    }

    /// Says that there is nothing to read and never will be.
    fn nothing(&self) -> Result<()> {
        let path = self.root.path().display();
        if self.root.is_glob() {
            return Err(Error::not_found("no file matches the path of the source")
                .with("path", path)
                .with_hint(
                    "check the option 'path'; names that begin with `_` or `.` are skipped",
                ));
        }
        warn!(path = %path, "the source has no files");
        Ok(())
    }
}

impl Source for FilesSource {
    fn discover(&self, known: &Offsets) -> Result<Discovery> {
        let mut known = self.known(known);
        let listed = self.root.list(self.regex.as_ref()).map_err(|e| {
            let unread = known.iter().find(|(path, (_, done))| done.is_none() && is_gone(path));
            match unread {
                Some((path, _)) if e.kind() == Kind::NotFound => vanished(path),
                _ => e,
            }
        })?;
        if listed.is_empty() && known.is_empty() && self.options.monitor_interval.is_none() {
            self.nothing()?;
        }
        let mut splits = Vec::new();
        for file in &listed {
            match known.remove(file.path.as_str()) {
                None => splits.extend(self.splits(file)?),
                Some((identity, finished)) => {
                    if let Some(difference) = identity.difference(&file.identity) {
                        let message = match finished {
                            Some(_) => "file changed after it was read",
                            None => "file changed before it was read to its end",
                        };
                        return Err(changed(message, &file.path, &difference));
                    }
                }
            }
        }
        // What is left was not listed: it is gone, or another setting leaves it out.
        let forget = known
            .into_iter()
            .filter_map(|(path, (_, key))| key.filter(|_| is_gone(path)).map(str::to_owned))
            .collect();
        let complete = self.options.monitor_interval.is_none();
        Ok(Discovery { splits, forget, complete, ..Discovery::default() })
    }

    fn open(&self, split: &Split, from: u64, _lane: LaneId) -> Result<Box<dyn SplitReader>> {
        let SplitDetail::File { path, identity, end } = &split.detail else {
            return Err(Error::internal("split is not of a file").with("split", &split.id));
        };
        crate::ensure!(from >= split.start, "position {from} lies before split {}", split.id);
        let codec = self.options.compression.of(path)?;
        let listed = Listed { path: path.clone(), identity: identity.clone() };
        let input = Input::open(listed, codec)?;
        let header = self.options.header_lines;
        let reader =
            FileReader::new(input, self.options.record, (from, *end), header, self.limits())?;
        Ok(Box::new(reader))
    }
}

fn is_gone(path: &str) -> bool {
    fs::symlink_metadata(path).is_err_and(|e| e.kind() == ErrorKind::NotFound)
}

#[cfg(test)]
mod tests;
