//! A running pipeline as one state machine: an [`Event`] comes in, a list of [`Action`]s comes out.
//!
//! Pure: no clock, no I/O, no chance; the same events give the same actions. Batches do not pass through it, only facts
//! about them. The order rules of exactly-once delivery, each also a predicate in [`super::invariants`]:
//!
//! 1. *Stage before save.* A checkpoint names only files whose bytes are complete and durable.
//! 2. *Save before publish.* A file becomes visible only if a saved checkpoint names it, so a crash makes no duplicates.
//! 3. *Publish before ack.* Offsets are acknowledged once their rows are visible, so a crash loses nothing.
//! 4. *Roll at every checkpoint.* No open file crosses one, so a checkpoint never holds half a file.
//! 5. *Publish before partition commit.* Whoever sees a partition finds all its files. The trigger looks at the watermark
//!    in the published checkpoint; the live one runs ahead of what is visible.
//! 6. *Restore publishes first.* Then it claims the pipeline, discards what is staged and unnamed, and reads on.
//! 7. *Late rows re-open.* Rows for an announced partition make it pending again; it is announced once more.
//! 8. *One writer.* A checkpoint is created under the next number if nobody has done so; losing that race ends the job.
//!
//! The life of a checkpoint: `Running` → barrier to every lane → `Draining` → all lanes have answered → `Saving` →
//! `Publishing` → `Running`. Partition commits and compactions run beside it; they never hold up the data.

#![warn(clippy::wildcard_enum_match_arm)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::commits::{Commits, Merged};
use super::event::{Action, AfterBarrier, Ending, Event, JobPlan, LaneSnapshot, Step};
use super::retry::Retry;
use super::splits::{fold_finished, known, unread};
use super::watermark::WatermarkTracker;
use crate::checkpoint::{Checkpoint, Counts, Pending};
use crate::error::{Error, Kind};
use crate::names::{CheckpointId, LaneId};
use crate::source::{Discovery, Offsets, SplitId, SplitState};
use crate::time::{Timestamp, Watermark};
use crate::write::{PartitionKey, StagedFile, Target};

/// Waiting splits below which more are asked for, if the source has more.
const FEW_SPLITS: usize = 256;
/// How often a step is tried before the job gives up, where it may give up.
pub(super) const MAX_ATTEMPTS: u32 = 10;

#[derive(Debug)]
pub(super) enum Phase {
    /// An earlier run has finished: is there anything new?
    Looking,
    /// The last run's files are being published.
    Restoring(Box<Checkpoint>),
    /// Between checkpoints.
    Running,
    /// Waiting for the lanes' answers.
    Draining(Drain),
    /// Waiting for the store.
    Saving(Box<Checkpoint>),
    /// Waiting for the files to be visible.
    Publishing(Box<Checkpoint>),
    /// `Exit` has been given.
    Ended,
}

/// How the listing of the source stands.
#[derive(Debug, Clone, Copy)]
enum Listing {
    Never,
    Running,
    Done { at: Timestamp, complete: bool, more: bool },
}

/// What a lane reads.
#[derive(Debug, Default)]
struct Load {
    /// At most one split that it reads to the end before the next.
    alone: Option<SplitId>,
    /// Splits that it reads in turn.
    shared: BTreeSet<SplitId>,
}

#[derive(Debug, Default)]
pub(super) struct Drain {
    waiting: BTreeSet<LaneId>,
    files: Vec<StagedFile>,
    done: Vec<SplitId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Intent {
    /// Read on.
    Run,
    /// The user wants a stop; lanes still read.
    Stop,
    /// The stop's barrier is out; lanes read no more.
    Halted,
}

/// One running pipeline.
#[derive(Debug)]
pub struct Job {
    pub(super) plan: JobPlan,
    pub(super) phase: Phase,
    pub(super) intent: Intent,
    /// The number of the checkpoint that is assembled next.
    pub(super) next: CheckpointId,
    run: CheckpointId,
    /// The last checkpoint whose files are all visible, and its watermark.
    pub(super) published: (CheckpointId, Option<Watermark>),
    offsets: Offsets,
    listing: Listing,
    /// When the source was listed for the first time in this run.
    first_listed: Option<Timestamp>,
    discover_retry: Retry,
    /// Splits that a lane reads one after the other, waiting for one that is free.
    queue: VecDeque<SplitId>,
    /// Splits that are read in turn, not given to a lane yet.
    shared: VecDeque<SplitId>,
    lanes: BTreeMap<LaneId, Load>,
    watermarks: WatermarkTracker,
    pub(super) pending: BTreeMap<PartitionKey, Pending>,
    /// Merged files that the next checkpoint will name.
    pub(super) ready: Vec<StagedFile>,
    /// Files that `ready` replaces.
    pub(super) obsolete: Vec<StagedFile>,
    /// Partitions whose held files are being merged, with the last checkpoint whose rows are among them.
    pub(super) compacting: BTreeMap<PartitionKey, CheckpointId>,
    /// What has been merged of partitions that wait to be announced.
    pub(super) merged: BTreeMap<PartitionKey, Merged>,
    pub(super) counts: Counts,
    finished: bool,
    last_checkpoint_at: Timestamp,
    /// The state differs from the last checkpoint's.
    pub(super) dirty: bool,
    /// Lanes have read rows since the last barrier.
    pub(super) moved: bool,
    pub(super) commits: Commits,
    step_retry: Retry,
    pub(super) out: Vec<Action>,
}

impl Job {
    /// Makes the job of a pipeline from its last checkpoint, and says what to do first.
    pub fn restore(plan: JobPlan, last: Option<Checkpoint>, now: Timestamp) -> (Self, Vec<Action>) {
        let lanes = (0..plan.lanes).map(|n| (LaneId(n), Load::default())).collect();
        let mut job = Self {
            phase: Phase::Looking,
            intent: Intent::Run,
            next: CheckpointId(1),
            run: CheckpointId(1),
            published: (CheckpointId(0), None),
            offsets: Offsets { sources: plan.sources.clone(), ..Offsets::default() },
            listing: Listing::Never,
            first_listed: None,
            discover_retry: Retry::default(),
            queue: VecDeque::new(),
            shared: VecDeque::new(),
            lanes,
            watermarks: WatermarkTracker::new(None, plan.source_idle),
            pending: BTreeMap::new(),
            ready: Vec::new(),
            obsolete: Vec::new(),
            compacting: BTreeMap::new(),
            merged: BTreeMap::new(),
            counts: Counts::default(),
            finished: false,
            last_checkpoint_at: now,
            dirty: false,
            moved: false,
            commits: Commits::default(),
            step_retry: Retry::default(),
            out: Vec::new(),
            plan,
        };
        match last {
            None => job.save(Vec::new(), now),
            Some(last) => job.resume(last, now),
        }
        let first = std::mem::take(&mut job.out);
        (job, first)
    }

    fn resume(&mut self, last: Checkpoint, now: Timestamp) {
        self.next = last.id.next();
        self.run = self.next;
        self.offsets = last.offsets.clone();
        self.offsets.adopt(&self.plan.sources);
        self.watermarks = WatermarkTracker::new(last.watermark, self.plan.source_idle);
        self.pending = last.pending.iter().map(|p| (p.key.clone(), p.clone())).collect();
        self.obsolete.clone_from(&last.obsolete);
        self.counts = last.counts;
        let (shared, alone) = unread(&self.offsets);
        (self.shared, self.queue) = (shared, alone);
        for state in self.offsets.splits.values().filter(|state| !state.done) {
            if let Some(watermark) = state.split.detail.watermark() {
                self.watermarks.wait(state.split.id.clone(), watermark);
            }
        }
        // These are read once the source has been listed; until then they hold the watermark back as if they were.
        for state in self.shared.iter().filter_map(|id| self.offsets.splits.get(id)) {
            self.watermarks.start(state.split.id.clone(), state.watermark, now);
        }
        self.published = (last.id, last.watermark);
        if last.finished {
            self.finished = true;
            self.phase = Phase::Looking;
            self.listing = Listing::Running;
            self.out.push(Action::Discover(known(&self.offsets)));
        } else {
            self.out.push(Action::Publish(last.id, last.staged.clone()));
            self.phase = Phase::Restoring(Box::new(last));
        }
    }

    /// Gives the number that this run's file names carry: the checkpoint with which it claims the pipeline.
    pub fn run(&self) -> CheckpointId {
        self.run
    }

    /// Takes in what has happened and says what to do.
    pub fn handle(&mut self, event: Event, now: Timestamp) -> Vec<Action> {
        if matches!(self.phase, Phase::Ended) {
            return Vec::new();
        }
        match event {
            Event::Discovered(found) => self.discovered(found, now),
            Event::Progress { split } => {
                self.moved = true;
                self.watermarks.seen(&split, now);
            }
            Event::SplitEnded { lane, split } => {
                self.moved = true;
                if let Some(load) = self.lanes.get_mut(&lane) {
                    load.alone.take_if(|alone| *alone == split);
                    load.shared.remove(&split);
                }
            }
            Event::Drained { lane, checkpoint, snapshot } => {
                self.drained(lane, checkpoint, snapshot, now);
            }
            Event::Saved(id) => self.saved(id),
            Event::Published(id) => self.was_published(id, now),
            Event::Compacted { key, inputs, outputs } => self.compacted(&key, &inputs, outputs),
            Event::Committed { sequence } => self.committed(sequence),
            Event::Failed { step, error } => self.failed(step, error, now),
            Event::Tick => self.retry_step(now),
            Event::Stop if self.intent == Intent::Run => {
                self.intent = Intent::Stop;
                // Whoever wants to stop does not wait for a pause: one more try, then the end.
                self.step_retry.hurry(now);
                self.retry_step(now);
            }
            Event::Stop => {}
        }
        self.advance(now);
        std::mem::take(&mut self.out)
    }

    fn discovered(&mut self, found: Discovery, now: Timestamp) {
        let more = !found.left.is_empty();
        self.listing = Listing::Done { at: now, complete: found.complete, more };
        self.first_listed.get_or_insert(now);
        self.discover_retry.reset();
        self.dirty |= !found.splits.is_empty() || !found.forget.is_empty();
        for key in &found.forget {
            self.offsets.finished.remove(key);
        }
        for delta in &found.tables {
            self.dirty |= self.offsets.tables.entry(delta.branch).or_default().apply(delta);
        }
        self.watermarks.leave(&found.left);
        for split in found.splits {
            // A split that was read to its end may have got a later one: then it goes on where it ended. One that an earlier run has left
            // may have got an end, or lost it.
            let known = self.offsets.splits.get(&split.id);
            let queued = self.shared.contains(&split.id);
            let goes_on = |known: &SplitState| {
                (known.done || queued) && split.detail.is_shared() && split.start == known.next
            };
            if known.is_some_and(|known| !goes_on(known)) {
                continue;
            }
            let watermark = known.and_then(|known| known.watermark).or(split.detail.watermark());
            if let Some(watermark) = split.detail.watermark() {
                self.watermarks.wait(split.id.clone(), watermark);
            }
            let queue = if split.detail.is_shared() { &mut self.shared } else { &mut self.queue };
            if !queued {
                queue.push_back(split.id.clone());
            }
            let state = SplitState { next: split.start, split, done: false, watermark };
            self.offsets.splits.insert(state.split.id.clone(), state);
        }
        if matches!(self.phase, Phase::Looking) {
            if self.queue.is_empty() && self.shared.is_empty() {
                self.exit(Ok(Ending::AlreadyFinished));
            } else {
                self.finished = false;
                self.save(Vec::new(), now);
            }
        }
    }

    fn drained(
        &mut self,
        lane: LaneId,
        checkpoint: CheckpointId,
        snapshot: LaneSnapshot,
        now: Timestamp,
    ) {
        let Phase::Draining(drain) = &mut self.phase else { return };
        if checkpoint != self.next || !drain.waiting.remove(&lane) {
            return;
        }
        self.dirty |= !snapshot.splits.is_empty() || !snapshot.files.is_empty();
        self.counts.add(&snapshot.counts);
        drain.files.extend(snapshot.files);
        for progress in snapshot.splits {
            self.watermarks.raise(&progress.id, progress.watermark);
            if progress.done {
                drain.done.push(progress.id.clone());
            }
            if let Some(state) = self.offsets.splits.get_mut(&progress.id) {
                state.next = progress.next;
                state.done = progress.done;
                state.watermark = state.watermark.max(progress.watermark);
            }
        }
        if drain.waiting.is_empty() {
            let Drain { files, done, .. } = std::mem::take(drain);
            self.watermarks.merge(&done, now);
            fold_finished(&mut self.offsets, &done);
            self.save(files, now);
        }
    }

    /// Assembles the next checkpoint from the lanes' files and has it saved.
    fn save(&mut self, files: Vec<StagedFile>, now: Timestamp) {
        let id = self.next;
        let mut staged = self.register(files, id, now);
        staged.append(&mut self.ready);
        for file in &staged {
            if file.key.target == Target::Table {
                self.counts.files += 1;
                self.counts.bytes += file.bytes;
            }
        }
        let checkpoint = Checkpoint {
            id,
            job: self.plan.job.clone(),
            at: now,
            offsets: self.offsets.clone(),
            watermark: self.watermarks.merged(),
            staged,
            obsolete: std::mem::take(&mut self.obsolete),
            pending: self.pending.values().cloned().collect(),
            counts: self.counts,
            finished: self.finished,
        };
        self.next = id.next();
        self.last_checkpoint_at = now;
        self.dirty = false;
        self.out.push(Action::Save(Box::new(checkpoint.clone())));
        self.phase = Phase::Saving(Box::new(checkpoint));
    }

    fn saved(&mut self, id: CheckpointId) {
        let Phase::Saving(checkpoint) = &mut self.phase else { return };
        if checkpoint.id != id {
            return;
        }
        self.step_retry.reset();
        if id == self.run {
            let held = checkpoint.pending.iter().flat_map(|p| p.held.iter().cloned());
            self.out.push(Action::Sweep(checkpoint.staged.iter().cloned().chain(held).collect()));
        }
        if !checkpoint.obsolete.is_empty() {
            self.out.push(Action::Discard(checkpoint.obsolete.clone()));
        }
        self.out.push(Action::Publish(id, checkpoint.staged.clone()));
        if let Phase::Saving(checkpoint) = std::mem::replace(&mut self.phase, Phase::Ended) {
            self.phase = Phase::Publishing(checkpoint);
        }
    }

    fn was_published(&mut self, id: CheckpointId, now: Timestamp) {
        match &self.phase {
            Phase::Restoring(last) if last.id == id => self.save(Vec::new(), now),
            Phase::Publishing(checkpoint) if checkpoint.id == id => {
                self.published = (id, checkpoint.watermark);
                self.out.push(Action::Ack(checkpoint.offsets.clone(), checkpoint.watermark));
                self.phase = Phase::Running;
                self.step_retry.reset();
                self.evaluate(now);
            }
            Phase::Publishing(_)
            | Phase::Restoring(_)
            | Phase::Looking
            | Phase::Running
            | Phase::Draining(_)
            | Phase::Saving(_)
            | Phase::Ended => {}
        }
    }

    fn failed(&mut self, step: Step, error: Error, now: Timestamp) {
        let again = is_passing(&error);
        let retry = match &step {
            Step::Lane(_) => return self.exit(Err(error)),
            Step::Save | Step::Publish => &mut self.step_retry,
            Step::Discover => &mut self.discover_retry,
            Step::Compact(_) | Step::Commit => {
                return self.commit_failed(step, error, now);
            }
        };
        let stopping = self.intent != Intent::Run;
        // What is known already is read on, however long it takes until the source can be listed again.
        let may_wait = step == Step::Discover
            && self.first_listed.is_some()
            && self.plan.discover_every.is_some();
        if !again || stopping || (retry.attempts >= MAX_ATTEMPTS && !may_wait) {
            return self.exit(Err(error));
        }
        let again_at = retry.fail(now);
        if step == Step::Discover {
            self.listing = Listing::Never;
        }
        self.out.push(Action::Warn { step, error, again_at });
    }

    fn retry_step(&mut self, now: Timestamp) {
        match &self.phase {
            Phase::Saving(c) if self.step_retry.due(now) => self.out.push(Action::Save(c.clone())),
            Phase::Publishing(c) | Phase::Restoring(c) if self.step_retry.due(now) => {
                self.out.push(Action::Publish(c.id, c.staged.clone()));
            }
            Phase::Looking => self.discover(now),
            Phase::Saving(_)
            | Phase::Publishing(_)
            | Phase::Restoring(_)
            | Phase::Running
            | Phase::Draining(_)
            | Phase::Ended => {}
        }
    }

    /// Does whatever the state now allows: discover, assign, merge, announce, begin a checkpoint, end.
    fn advance(&mut self, now: Timestamp) {
        if matches!(self.phase, Phase::Looking | Phase::Restoring(_) | Phase::Ended)
            || self.published.0 < self.run
        {
            return;
        }
        if self.intent == Intent::Run {
            self.discover(now);
            self.assign(now);
        }
        if !self.moved && self.commits.evaluation_due(now) && self.is_running() {
            // A split that has fallen idle may let the watermark go on, though nobody reads anything.
            self.dirty |= self.watermarks.would_advance(now);
            self.evaluate(now);
        }
        self.compact(now);
        self.commit(now);
        if self.is_running() {
            self.checkpoint_or_end(now);
        }
    }

    fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running)
    }

    fn discover(&mut self, now: Timestamp) {
        let due = match (self.listing, self.plan.discover_every) {
            (Listing::Never, _) => true,
            (Listing::Done { more: true, .. }, _) if self.queue.len() < FEW_SPLITS => true,
            (Listing::Done { at, .. }, Some(every)) => now.since(at) >= every,
            (Listing::Done { .. }, None) | (Listing::Running, _) => false,
        };
        if due && !self.discover_retry.waits(now) {
            self.listing = Listing::Running;
            self.out.push(Action::Discover(known(&self.offsets)));
        }
    }

    fn assign(&mut self, now: Timestamp) {
        // How far splits of an earlier run are to be read, the source says by its first listing.
        while self.first_listed.is_some()
            && let Some(id) = self.shared.pop_front()
        {
            let fewest = self.lanes.iter_mut().min_by_key(|(_, load)| load.shared.len());
            let (Some((lane, load)), Some(state)) = (fewest, self.offsets.splits.get(&id)) else {
                return;
            };
            self.out.push(Action::Assign(*lane, state.split.clone(), state.next));
            self.watermarks.start(id.clone(), state.watermark, now);
            load.shared.insert(id);
        }
        for (lane, load) in &mut self.lanes {
            if load.alone.is_some() {
                continue;
            }
            let Some(id) = self.queue.pop_front() else { return };
            if let Some(state) = self.offsets.splits.get(&id) {
                self.out.push(Action::Assign(*lane, state.split.clone(), state.next));
                self.watermarks.start(id.clone(), state.watermark, now);
                load.alone = Some(id);
            }
        }
    }

    /// Tells whether everything a bounded source has was read (and perhaps is still in the lanes' files).
    pub(super) fn at_end(&self) -> bool {
        matches!(self.listing, Listing::Done { complete: true, .. })
            && self.plan.discover_every.is_none()
            && self.queue.is_empty()
            && self.shared.is_empty()
            && self.lanes.values().all(|load| load.alone.is_none() && load.shared.is_empty())
    }

    fn checkpoint_or_end(&mut self, now: Timestamp) {
        let settled = self.commits.idle() && self.compacting.is_empty() && self.ready.is_empty();
        match self.intent {
            Intent::Stop => {
                self.intent = Intent::Halted;
                self.barrier(AfterBarrier::Halt);
            }
            Intent::Halted if !self.ready.is_empty() || (settled && self.dirty) => {
                self.barrier(AfterBarrier::Halt);
            }
            Intent::Halted if settled => self.exit(Ok(Ending::Stopped)),
            Intent::Halted => {}
            Intent::Run if self.at_end() => {
                if self.moved || !self.ready.is_empty() {
                    self.barrier(AfterBarrier::Continue);
                } else if settled && self.pending.is_empty() {
                    if self.finished {
                        return self.exit(Ok(Ending::Finished));
                    }
                    self.finished = true;
                    self.barrier(AfterBarrier::Continue);
                }
            }
            Intent::Run => {
                let wanted = self.moved || self.dirty || !self.ready.is_empty();
                if wanted && now >= self.last_checkpoint_at.plus(self.plan.checkpoint_interval) {
                    self.barrier(AfterBarrier::Continue);
                }
            }
        }
    }

    fn barrier(&mut self, after: AfterBarrier) {
        self.moved = false;
        let waiting: BTreeSet<LaneId> = self.lanes.keys().copied().collect();
        self.out.extend(waiting.iter().map(|lane| Action::Barrier(*lane, self.next, after)));
        self.phase = Phase::Draining(Drain { waiting, ..Drain::default() });
    }

    pub(super) fn exit(&mut self, how: Result<Ending, Error>) {
        self.phase = Phase::Ended;
        self.out.push(Action::Exit(how));
    }

    /// Gives the counts up to the last barrier.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Gives the partitions that wait to be announced.
    pub fn pending(&self) -> impl Iterator<Item = &Pending> {
        self.pending.values()
    }

    /// Gives the last published checkpoint and its watermark.
    pub fn published(&self) -> (CheckpointId, Option<Watermark>) {
        self.published
    }

    /// Gives the split that holds the watermark back, and how long it has been silent.
    pub fn held_back_by(&self, now: Timestamp) -> Option<(&SplitId, Duration)> {
        self.watermarks.held_back_by(now)
    }
}

/// Tells whether trying again can help.
pub(super) fn is_passing(error: &Error) -> bool {
    matches!(error.kind(), Kind::Unavailable | Kind::Conflict)
}
