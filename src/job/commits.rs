//! The part of the state machine that announces partitions and merges their small files.
//!
//! Runs beside the checkpoints: nothing here ever holds up the data path. A partition is *pending* from the checkpoint
//! that brings its first rows until it is announced; *due* once the trigger fires on what is published.

use std::time::Duration;

use super::event::{Action, Step};
use super::retry::Retry;
use super::state::{Intent, Job, MAX_ATTEMPTS, is_passing};
use crate::checkpoint::Pending;
use crate::commit::CommitItem;
use crate::commit::trigger::Readiness;
use crate::error::Error;
use crate::names::CheckpointId;
use crate::time::Timestamp;
use crate::write::{PartitionKey, StagedFile, Target};

/// Partitions announced by one action.
const BATCH: usize = 100;
/// How often pending partitions are looked at while no rows come.
const EVALUATE_EVERY: Duration = Duration::from_millis(500);

/// What is under way.
#[derive(Debug)]
pub(super) struct Commits {
    flight: Option<Flight>,
    sequence: u64,
    batch: usize,
    retry: Retry,
    merge_retry: Retry,
    /// The partition of the last failed attempt: the next attempt begins after it.
    after: Option<PartitionKey>,
    evaluated_at: Option<Timestamp>,
    given_up: bool,
}

#[derive(Debug)]
struct Flight {
    sequence: u64,
    covers: CheckpointId,
    /// What was told of each partition.
    told: Vec<CommitItem>,
}

/// How far a partition's held files have been merged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Merged {
    /// The checkpoint that publishes the latest merged files.
    by: CheckpointId,
    /// With it, rows of checkpoints up to this one are visible.
    covers: CheckpointId,
    /// Rows of checkpoints up to this one were visible before.
    before: CheckpointId,
}

impl Merged {
    /// Gives up to which checkpoint no row is held back any more.
    fn visible(&self, published: CheckpointId) -> CheckpointId {
        if self.by <= published { self.covers } else { self.before }
    }
}

impl Default for Commits {
    fn default() -> Self {
        Self {
            flight: None,
            sequence: 0,
            batch: BATCH,
            retry: Retry::default(),
            merge_retry: Retry::default(),
            after: None,
            evaluated_at: None,
            given_up: false,
        }
    }
}

impl Commits {
    /// Tells whether nothing is under way and nothing waits to be tried again.
    pub(super) fn idle(&self) -> bool {
        self.flight.is_none() && (self.retry.attempts == 0 || self.given_up)
    }

    pub(super) fn evaluation_due(&self, now: Timestamp) -> bool {
        self.evaluated_at.is_none_or(|at| now.since(at) >= EVALUATE_EVERY)
    }
}

impl Job {
    /// Notes what a checkpoint's new files mean for their partitions; gives those to be published by it.
    pub(super) fn register(
        &mut self,
        files: Vec<StagedFile>,
        id: CheckpointId,
        now: Timestamp,
    ) -> Vec<StagedFile> {
        if self.plan.commit.is_none() {
            return files;
        }
        let mut staged = Vec::with_capacity(files.len());
        for file in files {
            if file.key.target == Target::DeadLetters {
                staged.push(file);
                continue;
            }
            let entry = self.pending.entry(file.key.clone()).or_insert_with(|| Pending {
                key: file.key.clone(),
                first_seen: now,
                last_rows: now,
                last_checkpoint: id,
                due: None,
                rows: 0,
                files: 0,
                bytes: 0,
                raw_bytes: 0,
                held: Vec::new(),
            });
            entry.last_rows = now;
            entry.last_checkpoint = id;
            entry.rows += file.rows;
            entry.files += 1;
            entry.bytes += file.bytes;
            entry.raw_bytes += file.raw_bytes;
            if self.plan.compaction.is_some() && file.key.target == Target::Table {
                entry.held.push(file);
            } else {
                staged.push(file);
            }
        }
        staged
    }

    /// Finds out which pending partitions are due, on what is published.
    pub(super) fn evaluate(&mut self, now: Timestamp) {
        self.commits.evaluated_at = Some(now);
        let all = self.at_end() && !self.moved;
        let (checkpoint, watermark) = self.published;
        let Some(plan) = &self.plan.commit else { return };
        for pending in self.pending.values_mut().filter(|p| p.due.is_none()) {
            let idle = plan.idle_timeout.is_some_and(|t| now.since(pending.last_rows) >= t);
            let due = all
                || idle
                || pending.key.target == Target::LateTable
                || matches!(plan.trigger.check(pending, watermark, now), Readiness::Due);
            if due && pending.last_checkpoint <= checkpoint {
                pending.due = Some(checkpoint);
                self.dirty = true;
            }
        }
    }

    /// Has held files merged where the partition is due or there is enough for a good file.
    pub(super) fn compact(&mut self, now: Timestamp) {
        let Some(target) = self.plan.compaction else { return };
        if self.intent != Intent::Run || self.commits.merge_retry.waits(now) {
            return;
        }
        for pending in self.pending.values() {
            let enough = || pending.held.iter().map(|f| f.bytes).sum::<u64>() >= target;
            let wanted = !pending.held.is_empty() && (pending.due.is_some() || enough());
            // One unit after the other for a partition: the outputs of the first must be named before the next begins.
            let waits =
                self.merged.get(&pending.key).is_some_and(|merged| merged.by > self.published.0);
            if wanted && !waits && !self.compacting.contains_key(&pending.key) {
                self.compacting.insert(pending.key.clone(), pending.last_checkpoint);
                self.out.push(Action::Compact {
                    key: pending.key.clone(),
                    inputs: pending.held.clone(),
                    target,
                });
            }
        }
    }

    pub(super) fn compacted(
        &mut self,
        key: &PartitionKey,
        inputs: &[StagedFile],
        outputs: Vec<StagedFile>,
    ) {
        let Some(covers) = self.compacting.remove(key) else { return };
        if let Some(pending) = self.pending.get_mut(key) {
            pending.held.retain(|held| !inputs.iter().any(|input| input.name == held.name));
        }
        let replaced = |input: &&StagedFile| !outputs.iter().any(|out| out.name == input.name);
        self.obsolete.extend(inputs.iter().filter(replaced).cloned());
        self.ready.extend(outputs);
        let before = self.merged.get(key).map(|merged| merged.visible(self.published.0));
        let before = before.unwrap_or_default();
        self.merged.insert(key.clone(), Merged { by: self.next, covers, before });
        self.commits.merge_retry.reset();
        self.dirty = true;
    }

    /// Has due partitions announced, if all their files are visible.
    pub(super) fn commit(&mut self, now: Timestamp) {
        let commits = &self.commits;
        if commits.flight.is_some() || commits.given_up || commits.retry.waits(now) {
            return;
        }
        let published = self.published.0;
        // Files held since it became due wait for the next announcement: under steady rows there are always some.
        let ready = |pending: &&Pending| {
            let Some(due) = pending.due else { return false };
            match self.merged.get(&pending.key) {
                Some(m) => {
                    m.visible(published) >= due || (pending.held.is_empty() && m.by <= published)
                }
                None => pending.held.is_empty(),
            }
        };
        let mut items = Vec::new();
        let after = self.commits.after.take();
        let rest = self.pending.values().filter(|p| after.as_ref().is_some_and(|a| p.key > *a));
        for pending in rest.chain(self.pending.values()).filter(ready).take(self.commits.batch) {
            items.push(CommitItem {
                key: pending.key.clone(),
                commit_id: format!("{}-{}", self.plan.job, pending.due.unwrap_or(published)),
                rows: pending.rows,
                files: pending.files,
                bytes: pending.bytes,
                raw_bytes: pending.raw_bytes,
            });
        }
        if items.is_empty() {
            // What failed before waits for something else now, perhaps for a merge that a stop leaves undone.
            self.commits.retry.reset();
            return;
        }
        self.commits.sequence += 1;
        let sequence = self.commits.sequence;
        self.commits.flight = Some(Flight { sequence, covers: published, told: items.clone() });
        self.out.push(Action::Commit { sequence, items });
    }

    pub(super) fn committed(&mut self, sequence: u64) {
        let Some(flight) = self.commits.flight.take_if(|f| f.sequence == sequence) else { return };
        for told in flight.told {
            let key = &told.key;
            self.counts.partitions += 1;
            let Some(pending) = self.pending.get_mut(key) else { continue };
            let merging = self.compacting.contains_key(key)
                || self.merged.get(key).is_some_and(|merged| merged.by > flight.covers);
            if pending.last_checkpoint <= flight.covers && pending.held.is_empty() && !merging {
                self.pending.remove(key);
                self.merged.remove(key);
            } else {
                pending.due = None;
                // The catalog knows of these; the next announcement tells it of what has come since.
                pending.rows = pending.rows.saturating_sub(told.rows);
                pending.files = pending.files.saturating_sub(told.files);
                pending.bytes = pending.bytes.saturating_sub(told.bytes);
                pending.raw_bytes = pending.raw_bytes.saturating_sub(told.raw_bytes);
            }
        }
        self.commits.retry.reset();
        self.commits.batch = BATCH;
        self.dirty = true;
    }

    pub(super) fn commit_failed(&mut self, step: Step, error: Error, now: Timestamp) {
        let (at_end, stopping) = (self.at_end(), self.intent != Intent::Run);
        let commits = &mut self.commits;
        let retry = if let Step::Compact(key) = &step {
            self.compacting.remove(key);
            &mut commits.merge_retry
        } else {
            // One bad partition must not hold up the others of its batch.
            commits.after = commits
                .flight
                .take()
                .and_then(|f| f.told.into_iter().next_back())
                .map(|told| told.key);
            commits.batch = 1;
            commits.given_up |= stopping;
            &mut commits.retry
        };
        if !is_passing(&error) || (at_end && retry.attempts >= MAX_ATTEMPTS) {
            return self.exit(Err(error));
        }
        let again_at = retry.fail(now);
        self.out.push(Action::Warn { step, error, again_at });
    }
}
