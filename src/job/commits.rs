//! The part of the state machine that announces partitions and merges their small files.
//!
//! Runs beside the checkpoints: nothing here ever holds up the data path. A partition is *pending* from the checkpoint
//! that brings its first rows until it is announced; *due* once the trigger fires on what is published.

use std::time::Duration;

use super::event::{Action, Step};
use super::state::{Intent, Job, MAX_ATTEMPTS, Retry, is_passing};
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
    /// The partition of the last failed attempt: the next attempt begins after it.
    after: Option<PartitionKey>,
    evaluated_at: Option<Timestamp>,
    given_up: bool,
}

#[derive(Debug)]
struct Flight {
    sequence: u64,
    covers: CheckpointId,
    keys: Vec<PartitionKey>,
}

impl Default for Commits {
    fn default() -> Self {
        Self {
            flight: None,
            sequence: 0,
            batch: BATCH,
            retry: Retry::default(),
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
        if self.intent != Intent::Run || self.commits.retry.waits(now) {
            return;
        }
        for pending in self.pending.values() {
            let enough = || pending.held.iter().map(|f| f.bytes).sum::<u64>() >= target;
            let wanted = !pending.held.is_empty() && (pending.due.is_some() || enough());
            // One unit after the other for a partition: the outputs of the first must be named before the next begins.
            let waits = self.merged.get(&pending.key).is_some_and(|id| *id > self.published.0);
            if wanted && !waits && !self.compacting.contains(&pending.key) {
                self.compacting.insert(pending.key.clone());
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
        if !self.compacting.remove(key) {
            return;
        }
        if let Some(pending) = self.pending.get_mut(key) {
            pending.held.retain(|held| !inputs.iter().any(|input| input.name == held.name));
        }
        let replaced = |input: &&StagedFile| !outputs.iter().any(|out| out.name == input.name);
        self.obsolete.extend(inputs.iter().filter(replaced).cloned());
        self.ready.extend(outputs);
        self.merged.insert(key.clone(), self.next);
        self.commits.retry.reset();
        self.dirty = true;
    }

    /// Has due partitions announced, if all their files are visible.
    pub(super) fn commit(&mut self, now: Timestamp) {
        let commits = &self.commits;
        if commits.flight.is_some() || commits.given_up || commits.retry.waits(now) {
            return;
        }
        let published = self.published.0;
        let visible = |pending: &&Pending| match self.merged.get(&pending.key) {
            Some(id) => *id <= published,
            None => pending.held.is_empty(),
        };
        let mut keys = Vec::new();
        let mut items = Vec::new();
        let ready = |p: &&Pending| p.due.is_some() && visible(p);
        let after = self.commits.after.take();
        let rest = self.pending.values().filter(|p| after.as_ref().is_some_and(|a| p.key > *a));
        for pending in rest.chain(self.pending.values()).filter(ready).take(self.commits.batch) {
            keys.push(pending.key.clone());
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
            return;
        }
        self.commits.sequence += 1;
        let sequence = self.commits.sequence;
        self.commits.flight = Some(Flight { sequence, covers: published, keys });
        self.out.push(Action::Commit { sequence, items });
    }

    pub(super) fn committed(&mut self, sequence: u64) {
        let Some(flight) = self.commits.flight.take_if(|f| f.sequence == sequence) else { return };
        for key in flight.keys {
            self.counts.partitions += 1;
            let Some(pending) = self.pending.get_mut(&key) else { continue };
            let merging = self.compacting.contains(&key)
                || self.merged.get(&key).is_some_and(|id| *id > flight.covers);
            if pending.last_checkpoint <= flight.covers && pending.held.is_empty() && !merging {
                self.pending.remove(&key);
                self.merged.remove(&key);
            } else {
                pending.due = None;
            }
        }
        self.commits.retry.reset();
        self.commits.batch = BATCH;
        self.dirty = true;
    }

    pub(super) fn commit_failed(&mut self, step: Step, error: Error, now: Timestamp) {
        if let Step::Compact(key) = &step {
            self.compacting.remove(key);
        } else {
            // One bad partition must not hold up the others of its batch.
            self.commits.after =
                self.commits.flight.take().and_then(|f| f.keys.into_iter().next_back());
            self.commits.batch = 1;
        }
        if !is_passing(&error) || (self.at_end() && self.commits.retry.attempts >= MAX_ATTEMPTS) {
            return self.exit(Err(error));
        }
        if self.intent != Intent::Run {
            self.commits.given_up = true;
        }
        let again_at = self.commits.retry.fail(now);
        self.out.push(Action::Warn { step, error, again_at });
    }
}
