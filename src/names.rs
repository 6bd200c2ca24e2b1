//! Names that must never be built by hand: job ids, checkpoint ids, file names.

use std::ffi::OsStr;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Tells whether readers of tables skip a file or folder of this name.
///
/// Source: Hive `FileUtils.HIDDEN_FILES_PATH_FILTER`.
pub fn is_hidden(name: &OsStr) -> bool {
    matches!(name.as_encoded_bytes(), [b'_' | b'.', ..])
}

/// Identity of a pipeline's state, made once when the pipeline starts for the first time: eight hex digits.
///
/// It is part of every file name the pipeline writes, so that a sweep touches only our own files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub String);

impl JobId {
    /// Makes the id from 32 random bits.
    pub fn from_bits(bits: u32) -> Self {
        Self(format!("{bits:08x}"))
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Number of a checkpoint of one pipeline; each is created once, in order, without gaps.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct CheckpointId(pub u64);

impl CheckpointId {
    /// Gives the id that follows.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for CheckpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Index of a lane: one worker thread with its own splits and open files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LaneId(pub u16);

impl fmt::Display for LaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Suffix of staged files: readers that scan folders by extension do not see them.
pub const STAGED_SUFFIX: &str = ".stage";

/// Gives the visible name of a part file: `part-<job>-<checkpoint the run started from>-<lane>-<n>.<ext>`.
///
/// The start number makes names of different runs differ: a run that was fenced cannot collide with its successor.
pub fn part_file(job: &JobId, run: CheckpointId, lane: LaneId, n: u64, extension: &str) -> String {
    format!("part-{job}-{run}-{lane}-{n}.{extension}")
}

/// Gives the visible name of a file that was merged of others.
pub fn merged_file(job: &JobId, run: CheckpointId, n: u64, extension: &str) -> String {
    format!("part-{job}-{run}-merged-{n}.{extension}")
}

/// Tells whether a file's name says that a run of this job before `run` wrote it.
///
/// Files of `run` and later ones are not left over: a process that was taken over while it slept must not take its
/// successor's files for its own.
pub fn is_left_over(name: &str, job: &JobId, run: CheckpointId) -> bool {
    let rest = name.strip_prefix("part-").and_then(|rest| rest.strip_prefix(job.0.as_str()));
    let number = rest.and_then(|rest| rest.strip_prefix('-')?.split('-').next()?.parse().ok());
    number.is_some_and(|number: u64| number < run.0)
}
