//! A fake process: one job, its lanes and its helpers, and what is on its way between them.

use std::collections::{BTreeMap, VecDeque};

use skep::checkpoint::Checkpoint;
use skep::error::{Error, Kind};
use skep::job::event::{Action, Ending, Event, JobPlan, Step};
use skep::job::state::Job;
use skep::names::{CheckpointId, JobId, LaneId, merged_file};
use skep::source::Offsets;
use skep::time::Timestamp;
use skep::write::StagedFile;

use super::chance::Chance;
use super::lane::{Command, Lane};
use super::table::Tables;
use super::workload::{Faults, Workload};
use super::world::{Brought, ProcessId, Store};

/// The outside of a process, as it sees it.
#[derive(Debug)]
pub(super) struct Outside {
    pub(super) chance: Chance,
    pub(super) workload: Workload,
    pub(super) store: Store,
    pub(super) faults: Faults,
    pub(super) now: Timestamp,
    /// What has happened, if somebody wants to know.
    pub(super) trace: Option<Vec<String>>,
}

impl Outside {
    pub(super) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = self.trace.as_mut() {
            let line = line();
            trace.push(format!("{} {line}", self.now.0 % 1_000_000_000));
        }
    }
}

#[derive(Debug)]
pub(super) struct Process {
    pub(super) number: ProcessId,
    pub(super) job: Job,
    name: JobId,
    bounded: bool,
    /// Checkpoints there were when it started.
    pub(super) from: usize,
    lanes: Vec<Lane>,
    keeper: VecDeque<Action>,
    announcer: Vec<Action>,
    lister: VecDeque<Offsets>,
    tables: Tables,
    /// Answers of keeper, announcer and lister; each helper's arrive in order.
    answers: [VecDeque<Event>; 3],
    /// Answers that arrive once more, at any time.
    again: Vec<Event>,
    watermark: Option<Timestamp>,
    brought: BTreeMap<CheckpointId, Brought>,
    merged: u64,
    /// The last checkpoint acknowledged by the job.
    pub(super) acked: Option<Offsets>,
    pub(super) ended: Option<Result<Ending, Error>>,
}

/// One thing that can happen next.
#[derive(Debug, Clone, Copy)]
enum Move {
    Lane(usize),
    HearLane(usize),
    Keep,
    Announce(usize),
    List,
    Hear(usize),
    HearAgain(usize),
}

impl Process {
    pub(super) fn start(number: ProcessId, plan: JobPlan, out: &mut Outside) -> Self {
        let last: Option<Checkpoint> = out.store.world.saved.last().cloned();
        let (name, lanes, bounded) = (plan.job.clone(), plan.lanes, plan.discover_every.is_none());
        let from = out.store.world.saved.len();
        let (job, first) = Job::restore(plan, last, out.now);
        let lane = |n| Lane::new(LaneId(n), name.clone(), job.run());
        let mut process = Self {
            number,
            lanes: (0..lanes).map(lane).collect(),
            job,
            name,
            bounded,
            from,
            keeper: VecDeque::new(),
            announcer: Vec::new(),
            lister: VecDeque::new(),
            tables: Tables::default(),
            answers: Default::default(),
            again: Vec::new(),
            watermark: None,
            brought: BTreeMap::new(),
            merged: 0,
            acked: None,
            ended: None,
        };
        process.take(first, out);
        process
    }

    /// Tells whether its view of the state is still the newest.
    pub(super) fn is_current(&self, store: &Store) -> bool {
        store.owned_by(self.number) || store.world.saved.len() == self.from
    }

    pub(super) fn hear(&mut self, event: Event, out: &mut Outside) {
        out.note(|| format!("#{} <- {}", self.number, short(&event)));
        let actions = self.job.handle(event, out.now);
        self.take(actions, out);
    }

    fn take(&mut self, actions: Vec<Action>, out: &mut Outside) {
        for action in actions {
            out.note(|| format!("#{} -> {}", self.number, short(&action)));
            if self.ended.is_some() {
                let what = format!("an action after the exit: {}", short(&action));
                out.store.broken.get_or_insert(what);
            }
            match action {
                Action::Discover(known) => self.lister.push_back(known),
                Action::Assign(lane, split, from) => {
                    self.lanes[usize::from(lane.0)].commands.push_back(Command::Read(split, from));
                }
                Action::Barrier(lane, id, after) => {
                    self.lanes[usize::from(lane.0)].commands.push_back(Command::Barrier(id, after));
                }
                Action::Save(_) | Action::Publish(..) | Action::Sweep(_) | Action::Discard(_) => {
                    self.keeper.push_back(action);
                }
                Action::Compact { .. } | Action::Commit { .. } => self.announcer.push(action),
                Action::Ack(offsets, watermark) => {
                    self.watermark = watermark;
                    self.acked = Some(offsets);
                }
                Action::Warn { .. } => {}
                Action::Exit(how) => self.ended = Some(how),
            }
        }
    }

    fn moves(&self) -> Vec<Move> {
        let mut moves = Vec::new();
        for (n, lane) in self.lanes.iter().enumerate() {
            moves.extend(lane.can_work().then_some(Move::Lane(n)));
            moves.extend((!lane.events.is_empty()).then_some(Move::HearLane(n)));
        }
        moves.extend((!self.keeper.is_empty()).then_some(Move::Keep));
        moves.extend((0..self.announcer.len()).map(Move::Announce));
        moves.extend((!self.lister.is_empty()).then_some(Move::List));
        let heard = self.answers.iter().enumerate().filter(|(_, answers)| !answers.is_empty());
        moves.extend(heard.map(|(n, _)| Move::Hear(n)));
        moves.extend((0..self.again.len()).map(Move::HearAgain));
        moves
    }

    /// Does one of the things that can happen next; tells whether there was any.
    pub(super) fn step(&mut self, out: &mut Outside) -> bool {
        let moves = self.moves();
        if moves.is_empty() || self.ended.is_some() {
            return false;
        }
        match moves[out.chance.of(moves.len() as u64) as usize] {
            Move::Lane(n) => self.lane(n, out),
            Move::HearLane(n) => {
                if let Some(event) = self.lanes[n].events.pop_front() {
                    self.hear(event, out);
                }
            }
            Move::Keep => self.keep(out),
            Move::Announce(n) => {
                let action = self.announcer.remove(n);
                self.announce(action, out);
            }
            Move::List => {
                let known = self.lister.pop_front().unwrap_or_default();
                let answer = match failure(out) {
                    Some(error) => Event::Failed { step: Step::Discover, error },
                    None if out.workload.tables => {
                        let (chance, workload) = (&mut out.chance, &out.workload);
                        Event::Discovered(self.tables.discover(
                            workload,
                            &known,
                            self.bounded,
                            chance,
                        ))
                    }
                    None => Event::Discovered(out.workload.discover(&known, self.bounded)),
                };
                self.answers[2].push_back(answer);
            }
            Move::Hear(n) => {
                if let Some(event) = self.answers[n].pop_front() {
                    self.hear(event, out);
                }
            }
            Move::HearAgain(n) => {
                let event = self.again.remove(n);
                self.hear(event, out);
            }
        }
        true
    }

    fn lane(&mut self, n: usize, out: &mut Outside) {
        if out.chance.hits(out.faults.lane) {
            let step = Step::Lane(LaneId(n as u16));
            let error = Error::unavailable("the disk is full");
            return self.lanes[n].events.push_back(Event::Failed { step, error });
        }
        let done =
            self.lanes[n].step(&mut out.chance, &out.workload, &mut out.store, self.watermark);
        if let Some((id, brought)) = done {
            let all = self.brought.entry(id).or_default();
            all.files.extend(brought.files);
            all.dropped.extend(brought.dropped);
        }
    }

    /// Carries out the keeper's next action. It keeps their order, as the real one does.
    fn keep(&mut self, out: &mut Outside) {
        let Some(action) = self.keeper.pop_front() else { return };
        let (before, after) = (failure(out), failure(out));
        let answer = match action {
            Action::Save(checkpoint) => {
                let id = checkpoint.id;
                let brought = self.brought.get(&id).cloned().unwrap_or_default();
                let done = match before {
                    Some(error) => Err(error),
                    None => out.store.save(self.number, &checkpoint, &brought),
                };
                done.and(after.map_or(Ok(Event::Saved(id)), Err)).map_err(|e| (Step::Save, e))
            }
            Action::Publish(id, files) => {
                // A failed one may have made some of them visible.
                let some = out.chance.of(files.len() as u64 + 1) as usize;
                out.store.publish(&files[..if before.is_some() { some } else { files.len() }]);
                let failed = before.or(after);
                failed.map_or(Ok(Event::Published(id)), |e| Err((Step::Publish, e)))
            }
            Action::Sweep(keep) => {
                if before.is_none() {
                    out.store.sweep(&self.name, self.job.run(), &keep);
                    return;
                }
                Err((Step::Publish, Error::unavailable("cannot sweep")))
            }
            Action::Discard(files) => {
                out.store.discard(&files);
                return;
            }
            _ => return,
        };
        let answer = answer.unwrap_or_else(|(step, error)| Event::Failed { step, error });
        let copy = match &answer {
            Event::Saved(id) => Some(Event::Saved(*id)),
            Event::Published(id) => Some(Event::Published(*id)),
            _ => None,
        };
        if out.chance.hits(out.faults.twice) {
            self.again.extend(copy);
        }
        self.answers[0].push_back(answer);
    }

    fn announce(&mut self, action: Action, out: &mut Outside) {
        let (before, after) = (failure(out), failure(out));
        let answer = match action {
            Action::Commit { sequence, items } => {
                // A failed one may have announced some of them.
                let some = out.chance.of(items.len() as u64 + 1) as usize;
                for item in &items[..if before.is_some() { some } else { items.len() }] {
                    out.store.announce(&out.workload, item);
                }
                match before.or(after) {
                    Some(error) => Event::Failed { step: Step::Commit, error },
                    None => Event::Committed { sequence },
                }
            }
            Action::Compact { key, inputs, .. } => {
                let done = before.map_or_else(|| self.merge(&inputs, out), Err);
                match done.and_then(|outputs| after.map_or(Ok(outputs), Err)) {
                    Ok(outputs) => Event::Compacted { key, inputs, outputs },
                    Err(error) => Event::Failed { step: Step::Compact(key), error },
                }
            }
            _ => return,
        };
        if let Event::Committed { sequence } = &answer
            && out.chance.hits(out.faults.twice)
        {
            self.again.push(Event::Committed { sequence: *sequence });
        }
        self.answers[1].push_back(answer);
    }

    /// Merges files in any groups; a group of one passes as it is.
    fn merge(
        &mut self,
        inputs: &[StagedFile],
        out: &mut Outside,
    ) -> Result<Vec<StagedFile>, Error> {
        let mut groups: BTreeMap<u64, Vec<StagedFile>> = BTreeMap::new();
        for input in inputs {
            groups.entry(out.chance.of(3)).or_default().push(input.clone());
        }
        let mut outputs = Vec::new();
        for group in groups.into_values() {
            let rows = out.store.read(self.number, &group)?;
            match <[StagedFile; 1]>::try_from(group) {
                Ok([alone]) => outputs.push(alone),
                Err(group) => {
                    self.merged += 1;
                    let name = merged_file(&self.name, self.job.run(), self.merged, "parquet");
                    outputs.push(out.store.stage(group[0].key.clone(), name, rows));
                }
            }
        }
        Ok(outputs)
    }

    /// Tells whether it has ended for a reason that another start can mend.
    pub(super) fn failed_well(&self) -> bool {
        match &self.ended {
            Some(Err(e)) => matches!(e.kind(), Kind::Unavailable | Kind::Conflict | Kind::Fenced),
            Some(Ok(_)) | None => true,
        }
    }
}

/// Sometimes gives an error that a retry can mend.
fn failure(out: &mut Outside) -> Option<Error> {
    out.chance.hits(out.faults.fail).then(|| match out.chance.of(3) {
        0 => Error::conflict("somebody was faster"),
        _ => Error::unavailable("nobody is there"),
    })
}

fn short(what: &impl std::fmt::Debug) -> String {
    let text = format!("{what:?}").replace("FileIdentity { size", "");
    text.chars().take(260).collect()
}
