//! What outlives a process: checkpoints, staged and visible files, announcements; and the checks on them.

use std::collections::{BTreeMap, BTreeSet};

use skep::checkpoint::Checkpoint;
use skep::commit::CommitItem;
use skep::commit::trigger::{Readiness, Trigger};
use skep::error::Error;
use skep::job::invariants::World;
use skep::names::{CheckpointId, JobId, is_left_over};
use skep::time::Timestamp;
use skep::write::{PartitionKey, StagedFile, Target};

use super::workload::{Late, ROW_BYTES, Workload};

/// Who does something: processes are numbered.
pub(super) type ProcessId = u64;

/// The fake disk and catalog.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) world: World,
    /// Rows of every file ever staged.
    contents: BTreeMap<String, (PartitionKey, Vec<usize>)>,
    /// Who saved the checkpoint of that index.
    savers: Vec<ProcessId>,
    /// The checkpoint with which a row left the source.
    pub(super) taken: BTreeMap<usize, CheckpointId>,
    /// Rows that were dropped as late.
    pub(super) dropped: BTreeSet<usize>,
    /// Rows of a partition with the checkpoint that brought them.
    brought: BTreeMap<PartitionKey, Vec<(CheckpointId, usize)>>,
    visible: BTreeMap<usize, PartitionKey>,
    visible_files: BTreeMap<PartitionKey, BTreeSet<String>>,
    announced: BTreeMap<PartitionKey, BTreeSet<String>>,
    /// Grows with everything that changes.
    pub(super) changes: u64,
    /// The first rule that was broken.
    pub(super) broken: Option<String>,
}

/// What the lanes have done for a checkpoint.
#[derive(Debug, Default, Clone)]
pub(super) struct Brought {
    pub(super) files: Vec<StagedFile>,
    pub(super) dropped: Vec<usize>,
}

impl Store {
    fn fault(&mut self, what: String) {
        self.broken.get_or_insert(what);
    }

    /// Tells whether nobody has saved a checkpoint since `who` did.
    pub(super) fn owned_by(&self, who: ProcessId) -> bool {
        self.savers.last() == Some(&who)
    }

    pub(super) fn stage(
        &mut self,
        key: PartitionKey,
        name: String,
        rows: Vec<usize>,
    ) -> StagedFile {
        let bytes = rows.len() as u64 * ROW_BYTES;
        let file = StagedFile { key, name, rows: rows.len() as u64, bytes, raw_bytes: 2 * bytes };
        if self.contents.insert(file.name.clone(), (file.key.clone(), rows)).is_some() {
            self.fault(format!("{} is written twice", file.name));
        }
        self.world.staged.insert(file.name.clone());
        self.changes += 1;
        file
    }

    pub(super) fn save(
        &mut self,
        who: ProcessId,
        checkpoint: &Checkpoint,
        brought: &Brought,
    ) -> Result<(), Error> {
        let (id, taken) = (checkpoint.id, self.world.saved.len() as u64);
        if id.0 == taken && self.owned_by(who) {
            if self.world.saved.last() != Some(checkpoint) {
                self.fault(format!("checkpoint {id} is saved again, but differs"));
            }
            return Ok(());
        }
        if id.0 <= taken {
            return Err(Error::fenced("another process has taken over").with("checkpoint", id));
        }
        if self.world.saved.last().is_some_and(|last| last.watermark > checkpoint.watermark) {
            self.fault(format!("the watermark of checkpoint {id} goes back"));
        }
        for file in &brought.files {
            let (key, rows) = self.contents[&file.name].clone();
            for row in rows {
                self.take(row, id);
                self.brought.entry(key.clone()).or_default().push((id, row));
            }
        }
        for row in &brought.dropped {
            self.take(*row, id);
            self.dropped.insert(*row);
        }
        self.world.saved.push(checkpoint.clone());
        self.savers.push(who);
        self.changes += 1;
        Ok(())
    }

    fn take(&mut self, row: usize, id: CheckpointId) {
        if let Some(before) = self.taken.insert(row, id) {
            self.fault(format!("row {row} is in checkpoint {before} and again in {id}"));
        }
    }

    pub(super) fn publish(&mut self, files: &[StagedFile]) {
        for file in files {
            if self.world.visible.contains(&file.name) {
                continue;
            }
            if !self.world.staged.remove(&file.name) {
                self.fault(format!("{} is to be published, but gone", file.name));
                continue;
            }
            self.changes += 1;
            self.world.visible.insert(file.name.clone());
            let (key, rows) = self.contents[&file.name].clone();
            self.visible_files.entry(key.clone()).or_default().insert(file.name.clone());
            for row in rows {
                if self.visible.insert(row, key.clone()).is_some() {
                    self.fault(format!("row {row} is visible twice, now in {}", file.name));
                }
            }
        }
    }

    pub(super) fn discard(&mut self, files: &[StagedFile]) {
        for file in files {
            self.world.staged.remove(&file.name);
        }
    }

    pub(super) fn sweep(&mut self, job: &JobId, run: CheckpointId, keep: &[StagedFile]) {
        let keep: BTreeSet<&String> = keep.iter().map(|file| &file.name).collect();
        let stays = |name: &String| keep.contains(name) || !is_left_over(name, job, run);
        self.world.staged.retain(stays);
    }

    /// Gives the rows of files to be merged.
    pub(super) fn read(
        &mut self,
        who: ProcessId,
        inputs: &[StagedFile],
    ) -> Result<Vec<usize>, Error> {
        let gone = inputs.iter().find(|input| !self.world.staged.contains(&input.name));
        if let Some(gone) = gone {
            if self.owned_by(who) {
                self.fault(format!("{} is to be merged, but gone", gone.name));
            }
            return Err(Error::internal("a file to be merged is gone").with("file", &gone.name));
        }
        Ok(inputs.iter().flat_map(|input| self.contents[&input.name].1.iter().copied()).collect())
    }

    /// Announces a partition, and checks that nothing is missing in it that the announcement stands for.
    pub(super) fn announce(&mut self, workload: &Workload, item: &CommitItem) {
        let key = &item.key;
        let due = item.commit_id.rsplit('-').next().and_then(|id| id.parse().ok());
        let Some(due) = due.map(CheckpointId) else {
            return self.fault(format!("{} names no checkpoint", item.commit_id));
        };
        for (id, row) in self.brought.get(key).into_iter().flatten() {
            if *id <= due && !self.visible.contains_key(row) {
                let what = format!(
                    "{key:?} is announced for checkpoint {due}, but row {row} of {id} is invisible"
                );
                return self.fault(what);
            }
        }
        if let Some(early) = self.early(workload, key, due) {
            return self.fault(early);
        }
        let files = self.visible_files.get(key).cloned().unwrap_or_default();
        let name = format!("{:?}/{}", key.target, key.path);
        self.world.announced.push((name, files.clone()));
        self.announced.insert(key.clone(), files);
        self.changes += 1;
    }

    /// Tells whether a partition is announced before its time has come for a reader.
    fn early(&self, workload: &Workload, key: &PartitionKey, due: CheckpointId) -> Option<String> {
        let commit = workload.plan.commit.as_ref()?;
        let excused = key.target == Target::LateTable
            || commit.idle_timeout.is_some()
            || workload.plan.discover_every.is_none();
        let threshold = commit.trigger.threshold(&key.path)?;
        let published = self.world.saved.get(due.0.checked_sub(1)? as usize)?;
        let early = !excused && published.watermark.is_none_or(|now| now <= threshold);
        early.then(|| format!("{key:?} is announced at {:?}", published.watermark))
    }

    /// Checks that what is left invisible or unannounced has a reason to be so.
    pub(super) fn check_at_rest(&self, workload: &Workload, now: Timestamp) -> Result<(), String> {
        let last = self.world.saved.last().ok_or("nothing was ever saved")?;
        let held = last.pending.iter().flat_map(|p| &p.held);
        let held: BTreeSet<usize> =
            held.flat_map(|file| self.contents[&file.name].1.iter().copied()).collect();
        self.check_rows(workload, &held)?;
        let Some(commit) = &workload.plan.commit else { return Ok(()) };
        for pending in &last.pending {
            let idle = commit.idle_timeout.is_some_and(|t| now.since(pending.last_rows) >= t);
            let due = matches!(ready(&commit.trigger, pending, last, now), Readiness::Due);
            let side = pending.key.target == Target::LateTable;
            if due || idle || side || pending.due.is_some() {
                return Err(format!("{:?} waits for ever: {pending:?}", pending.key));
            }
        }
        Ok(())
    }

    /// Checks that every row is where it belongs, once, except those in `held`.
    fn check_rows(&self, workload: &Workload, held: &BTreeSet<usize>) -> Result<(), String> {
        for file in workload.files.iter().filter(|file| file.there) {
            for row in file.rows.clone() {
                let path = workload.rows[row].path.as_deref();
                match self.visible.get(&row) {
                    Some(key) if key.path != path.unwrap_or_default() => {
                        return Err(format!("row {row} of {path:?} is in {key:?}"));
                    }
                    Some(key) if (key.target == Target::DeadLetters) != path.is_none() => {
                        return Err(format!("row {row} of {path:?} is in {key:?}"));
                    }
                    Some(_) if held.contains(&row) => {
                        return Err(format!("row {row} is visible, and held back"));
                    }
                    None if !held.contains(&row) && !self.dropped.contains(&row) => {
                        let id = self.taken.get(&row);
                        return Err(format!("row {row} of {path:?} is lost after {id:?}"));
                    }
                    Some(_) | None => {}
                }
            }
        }
        if !self.dropped.is_empty() && workload.late != Late::Drop {
            return Err(format!("{} rows were dropped", self.dropped.len()));
        }
        Ok(())
    }

    /// Checks the end of a bounded pipeline: nothing is left to do, and the counts are exact.
    pub(super) fn check_finished(&self, workload: &Workload) -> Result<(), String> {
        self.check_rows(workload, &BTreeSet::new())?;
        let last = self.world.saved.last().ok_or("nothing was ever saved")?;
        if !last.finished || !last.pending.is_empty() || !last.offsets.splits.is_empty() {
            return Err(format!("finished with something left: {last:?}"));
        }
        for (key, files) in &self.visible_files {
            let told = key.target != Target::DeadLetters && workload.plan.commit.is_some();
            if told && self.announced.get(key) != Some(files) {
                return Err(format!("{key:?} has files that were never announced"));
            }
        }
        let of = |target| self.visible.values().filter(|key| key.target == target).count() as u64;
        let letters = of(Target::DeadLetters);
        let out = of(Target::Table) + of(Target::LateTable);
        let dropped = self.dropped.len() as u64;
        let files = |(key, files): (&PartitionKey, &BTreeSet<String>)| {
            if key.target == Target::Table { files.len() as u64 } else { 0 }
        };
        let files: u64 = self.visible_files.iter().map(files).sum();
        let c = last.counts;
        let counted = (c.rows_in, c.rows_out, c.rejected, c.late_dropped, c.files, c.bytes);
        let wanted =
            (out + letters + dropped, out, letters, dropped, files, of(Target::Table) * ROW_BYTES);
        if counted != wanted {
            return Err(format!("counted {counted:?}, but there are {wanted:?}"));
        }
        Ok(())
    }
}

fn ready(
    trigger: &Trigger,
    pending: &skep::checkpoint::Pending,
    last: &Checkpoint,
    now: Timestamp,
) -> Readiness {
    trigger.check(pending, last.watermark, now)
}
