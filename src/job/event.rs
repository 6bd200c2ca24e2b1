//! What goes into the state machine and what comes out of it: [`Event`], [`Action`], and the facts they carry.

use std::time::Duration;

use crate::checkpoint::{Checkpoint, Counts};
use crate::commit::CommitItem;
use crate::commit::trigger::Trigger;
use crate::error::Error;
use crate::names::{CheckpointId, JobId, LaneId};
use crate::source::{Discovery, Offsets, Split, SplitId};
use crate::time::{Timestamp, Watermark};
use crate::write::{PartitionKey, StagedFile};

/// What the state machine must know of a pipeline; nothing in it is text left to interpret.
#[derive(Debug, Clone)]
pub struct JobPlan {
    /// What each branch reads.
    pub sources: Vec<String>,
    /// Identity of the pipeline's state.
    pub job: JobId,
    /// Number of lanes.
    pub lanes: u16,
    /// How often the source is listed again; `None`: it is bounded.
    pub discover_every: Option<Duration>,
    /// Time between two checkpoints.
    pub checkpoint_interval: Duration,
    /// How partitions are announced; `None`: they are not.
    pub commit: Option<CommitPlan>,
    /// Target size in bytes to which small files are merged before they become visible.
    pub compaction: Option<u64>,
    /// After this silence a split no longer holds the watermark back.
    pub source_idle: Option<Duration>,
}

/// How partitions are announced.
#[derive(Debug, Clone)]
pub struct CommitPlan {
    /// When.
    pub trigger: Trigger,
    /// A partition without new rows for this long is announced whatever the trigger says.
    pub idle_timeout: Option<Duration>,
}

/// What has happened.
#[derive(Debug)]
pub enum Event {
    /// The source has been listed.
    Discovered(Discovery),
    /// A lane has read rows of a split.
    Progress {
        /// Which split.
        split: SplitId,
    },
    /// A lane has read a split to the end and wants another.
    SplitEnded {
        /// Which lane.
        lane: LaneId,
        /// Which split.
        split: SplitId,
    },
    /// A lane has answered a barrier.
    Drained {
        /// Which lane.
        lane: LaneId,
        /// Which checkpoint.
        checkpoint: CheckpointId,
        /// What it has done since the barrier before.
        snapshot: LaneSnapshot,
    },
    /// The checkpoint is durable.
    Saved(CheckpointId),
    /// The checkpoint's files are visible.
    Published(CheckpointId),
    /// Held files have been merged; the outputs are complete, durable and invisible.
    Compacted {
        /// Whose files.
        key: PartitionKey,
        /// The files that were merged.
        inputs: Vec<StagedFile>,
        /// The files that replace them (an input may pass as it is).
        outputs: Vec<StagedFile>,
    },
    /// Partitions have been announced.
    Committed {
        /// Number of the action.
        sequence: u64,
    },
    /// An action could not be carried out.
    Failed {
        /// Which step.
        step: Step,
        /// Why.
        error: Error,
    },
    /// Time has passed.
    Tick,
    /// The user wants a clean end.
    Stop,
}

/// What a lane has done between two barriers.
#[derive(Debug, Clone, Default)]
pub struct LaneSnapshot {
    /// How far it has read.
    pub splits: Vec<SplitProgress>,
    /// Files it has staged: complete, durable, invisible.
    pub files: Vec<StagedFile>,
    /// Rows it has counted.
    pub counts: Counts,
}

/// How far a lane has read a split.
#[derive(Debug, Clone)]
pub struct SplitProgress {
    /// Which split.
    pub id: SplitId,
    /// Position of the first record that is not in the lane's files.
    pub next: u64,
    /// True at the end of the split.
    pub done: bool,
    /// The split's watermark.
    pub watermark: Option<Watermark>,
}

/// A step that can fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Listing the source.
    Discover,
    /// Reading, decoding or writing in a lane.
    Lane(LaneId),
    /// Saving a checkpoint.
    Save,
    /// Making a checkpoint's files visible.
    Publish,
    /// Merging a partition's held files.
    Compact(PartitionKey),
    /// Announcing partitions.
    Commit,
}

/// What the shell must do. Each is carried out in the background and answered by an [`Event`], unless it says otherwise.
#[derive(Debug)]
pub enum Action {
    /// List the source.
    Discover(Offsets),
    /// Give a lane a split to read from a position on. No answer but what it reads.
    Assign(LaneId, Split, u64),
    /// Tell a lane to close its files and say what it has done, then to go on or to read no more.
    Barrier(LaneId, CheckpointId, AfterBarrier),
    /// Save a checkpoint under its number.
    Save(Box<Checkpoint>),
    /// Make files visible.
    Publish(CheckpointId, Vec<StagedFile>),
    /// Delete staged files of this job other than `keep`. No answer.
    Sweep(Vec<StagedFile>),
    /// Delete staged files. No answer.
    Discard(Vec<StagedFile>),
    /// Tell the source and the lanes what is visible now. No answer.
    Ack(Offsets, Option<Watermark>),
    /// Merge held files, each list to one file.
    Compact {
        /// Whose files.
        key: PartitionKey,
        /// What to merge.
        inputs: Vec<StagedFile>,
        /// Bytes of a good file.
        target: u64,
    },
    /// Announce partitions.
    Commit {
        /// Number of the action.
        sequence: u64,
        /// Which partitions.
        items: Vec<CommitItem>,
    },
    /// Log that a step failed and will be tried again. No answer.
    Warn {
        /// Which step.
        step: Step,
        /// Why, as text.
        error: Error,
        /// When it is tried again.
        again_at: Timestamp,
    },
    /// End the job. Nothing follows.
    Exit(Result<Ending, Error>),
}

/// What a lane does once it has answered a barrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterBarrier {
    /// It reads on.
    Continue,
    /// It reads no more, but still answers barriers.
    Halt,
}

/// How a job ends well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The bounded source is read to its end and everything is announced.
    Finished,
    /// The user wanted a stop; a last checkpoint is published.
    Stopped,
    /// There was nothing to do: an earlier run has finished.
    AlreadyFinished,
}
