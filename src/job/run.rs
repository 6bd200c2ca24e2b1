//! The shell of a pipeline: carries the state machine's actions out and brings the answers back as events.
//!
//! ```text
//!            ┌── commands ──► lane 0..n ──┐
//! Job ── actions ──► keeper (save, publish)──┼── events ──► Job
//!            ├──────► announcer (commit)  ──┤
//!            └──────► lister (discover)   ──┘
//! ```
//!
//! # Why
//! Threads and bounded channels, no async runtime: a lane is busy with one core's worth of work all the time, files and
//! the catalog block anyway, and three helpers a pipeline are all the concurrency there is.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::event::{Action, Ending, Event, Step};
use super::lane::{Command, Lane, LaneParts, Shared};
use super::lane_writer::{LaneWriter, WriterParts};
use super::pace::Pace;
use super::plan::Plan;
use super::state::Job;
use crate::checkpoint::store::CheckpointStore;
use crate::checkpoint::{Checkpoint, Counts};
use crate::commit::Committer;
use crate::commit::compact::Compactor;
use crate::commit::publish;
use crate::decode::dead_letter::Limit;
use crate::error::{Error, Result};
use crate::names::{CheckpointId, JobId, LaneId, merged_file};
use crate::source::{Discovery, Offsets};
use crate::time::{Clock, Timestamp, Watermark};
use crate::write::StagedFile;
use crate::write::budget::MemoryBudget;
use crate::write::stage::{Roots, Stager};

/// How long the loop waits for an event before it looks at the time.
const TICK: Duration = Duration::from_millis(20);
/// Checkpoints that are kept.
const KEEP_CHECKPOINTS: usize = 3;
/// Commands a lane can have waiting: a barrier and a split.
const LANE_COMMANDS: usize = 8;
/// Events and actions in flight.
const IN_FLIGHT: usize = 1024;

/// What a pipeline runs with.
#[derive(Debug)]
pub struct Parts {
    /// Its description; the job's id is that of the state.
    pub plan: Plan,
    /// Its state, opened and locked.
    pub store: CheckpointStore,
    /// The checkpoint to start from.
    pub last: Option<Checkpoint>,
    /// Its folders.
    pub roots: Roots,
    /// What is done with partitions that are due.
    pub committer: Committer,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The process's bound on buffered rows.
    pub budget: Arc<MemoryBudget>,
    /// Set when the user wants a clean end.
    pub stop: Arc<AtomicBool>,
    /// What others may look at while it runs.
    pub live: Arc<Shared>,
}

/// What a pipeline did in this run.
#[derive(Debug, Clone, Copy)]
pub struct Report {
    /// How it ended.
    pub ending: Ending,
    /// Counts since the pipeline's first start.
    pub counts: Counts,
    /// Counts at the start of this run.
    pub before: Counts,
    /// Partitions that wait to be announced.
    pub pending: usize,
    /// The watermark of the last published checkpoint.
    pub watermark: Option<Watermark>,
}

/// Runs a pipeline to its end.
///
/// # Errors
/// Any kind; what was not in the last checkpoint is read again at the next start.
pub fn run(parts: Parts) -> Result<Report> {
    let Parts { plan, store, last, roots, committer, clock, budget, stop, live } = parts;
    let before = last.as_ref().map(|c| c.counts).unwrap_or_default();
    let (events, inbox) = bounded(IN_FLIGHT);
    let (job, first) = Job::restore(plan.job.clone(), last, clock.now());
    let plan = Arc::new(plan);
    let stager = || Stager::new(roots.clone());
    let mut lanes = Vec::new();
    let mut threads = Vec::new();
    for n in 0..plan.job.lanes {
        let (commands, orders) = bounded(LANE_COMMANDS);
        let writer = LaneWriter::new(WriterParts {
            id: LaneId(n),
            job: plan.job.job.clone(),
            run: job.run(),
            plan: Arc::clone(&plan),
            budget: Arc::clone(&budget),
            stager: stager()?,
        })?;
        let lane = Lane::new(LaneParts {
            id: LaneId(n),
            plan: Arc::clone(&plan),
            shared: Arc::clone(&live),
            clock: Arc::clone(&clock),
            commands: orders,
            events: events.clone(),
            writer,
        });
        let step = Step::Lane(LaneId(n));
        threads.push(spawn(&format!("lane-{n}"), step, events.clone(), move || lane.run())?);
        lanes.push(commands);
    }
    let keeper = Keeper { store, roots: roots.clone(), job: plan.job.job.clone(), run: job.run() };
    let (keep, orders) = bounded(IN_FLIGHT);
    let sender = events.clone();
    let work = move || keeper.run(&orders, &sender);
    threads.push(spawn("keeper", Step::Save, events.clone(), work)?);
    let (announce, orders) = bounded(IN_FLIGHT);
    let compactor = Compactor::new(roots, &plan.encoding.descriptor, &plan.encoding.options)?;
    let sender = events.clone();
    let announcing = Announcing {
        committer,
        compactor,
        clock: Arc::clone(&clock),
        job: plan.job.job.clone(),
        run: job.run(),
        merged: 0,
    };
    let work = move || announcing.run(&orders, &sender);
    threads.push(spawn("announcer", Step::Commit, events.clone(), work)?);
    let (list, orders) = bounded(IN_FLIGHT);
    let sender = events.clone();
    let listed = Arc::clone(&plan);
    let work = move || listing(&listed, &orders, &sender);
    threads.push(spawn("lister", Step::Discover, events.clone(), work)?);
    let (ack, orders) = bounded::<Offsets>(1);
    let unread = orders.clone();
    let (told, failed) = (Arc::clone(&plan), events.clone());
    let work = move || acknowledge(&told, &orders);
    threads.push(spawn("acker", Step::Discover, failed, work)?);
    drop(events);
    let mut shell =
        Shell { lanes, keep, announce, list, ack, unread, live, pipeline: plan.name.clone() };
    let (job, ending) = shell.drive(job, first, &inbox, clock.as_ref(), &stop);
    // Closed channels end the threads; the inbox goes first so that none of them waits to be heard.
    drop((shell, inbox));
    for thread in threads {
        drop(thread.join());
    }
    let ending = ending?;
    Ok(Report {
        ending,
        counts: job.counts(),
        before,
        pending: job.pending().count(),
        watermark: job.published().1,
    })
}

fn spawn(
    name: &str,
    step: Step,
    events: Sender<Event>,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>> {
    let name = name.to_owned();
    let guarded = move || {
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            let error = Error::internal("a worker thread has panicked; please report it");
            drop(events.send(Event::Failed { step, error }));
        }
    };
    std::thread::Builder::new()
        .name(name)
        .spawn(guarded)
        .map_err(|e| Error::io("cannot start a thread", e))
}

#[derive(Debug)]
struct Shell {
    lanes: Vec<Sender<Command>>,
    keep: Sender<Action>,
    announce: Sender<Action>,
    list: Sender<Offsets>,
    ack: Sender<Offsets>,
    /// The other end of `ack`: what waits there is out of date when there is more.
    unread: Receiver<Offsets>,
    live: Arc<Shared>,
    pipeline: String,
}

impl Shell {
    fn drive(
        &mut self,
        mut job: Job,
        first: Vec<Action>,
        inbox: &Receiver<Event>,
        clock: &dyn Clock,
        stop: &AtomicBool,
    ) -> (Job, Result<Ending>) {
        let mut actions = first;
        let mut stopping = false;
        loop {
            for action in actions {
                if let Action::Exit(how) = action {
                    return (job, how);
                }
                if let Err(error) = self.carry_out(action) {
                    return (job, Err(error));
                }
            }
            let event = if stop.load(Ordering::Relaxed) && !stopping {
                stopping = true;
                Event::Stop
            } else {
                inbox.recv_timeout(TICK).unwrap_or(Event::Tick)
            };
            actions = job.handle(event, clock.now());
        }
    }

    fn carry_out(&mut self, action: Action) -> Result<()> {
        let ended = || Error::internal("a worker has ended before the job");
        match action {
            Action::Discover(offsets) => self.list.send(offsets).map_err(|_| ended()),
            Action::Assign(lane, split, from) => self.order(lane, Command::Read(split, from)),
            Action::Barrier(lane, id, after) => self.order(lane, Command::Barrier(id, after)),
            Action::Save(_) | Action::Publish(..) | Action::Sweep(_) | Action::Discard(_) => {
                self.keep.send(action).map_err(|_| ended())
            }
            Action::Compact { .. } | Action::Commit { .. } => {
                self.announce.send(action).map_err(|_| ended())
            }
            Action::Ack(offsets, watermark) => {
                drop(self.unread.try_recv());
                drop(self.ack.try_send(offsets));
                let watermark = watermark.map_or(i64::MIN, |w: Timestamp| w.0);
                self.live.watermark.store(watermark, Ordering::Relaxed);
                Ok(())
            }
            Action::Warn { step, error, again_at } => {
                tracing::warn!(pipeline = %self.pipeline, ?step, error = ?error, %again_at, "a step failed, trying again");
                Ok(())
            }
            Action::Exit(_) => Ok(()),
        }
    }

    fn order(&self, lane: LaneId, command: Command) -> Result<()> {
        // A lane that has failed no longer listens; its failure is on its way to the job.
        if let Some(lane) = self.lanes.get(usize::from(lane.0)) {
            drop(lane.send(command));
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Keeper {
    store: CheckpointStore,
    roots: Roots,
    job: JobId,
    run: CheckpointId,
}

impl Keeper {
    fn run(&self, orders: &Receiver<Action>, events: &Sender<Event>) {
        for action in orders {
            let (step, done) = match action {
                Action::Save(checkpoint) => {
                    let id = checkpoint.id;
                    (Step::Save, self.save(&checkpoint).map(|()| Some(Event::Saved(id))))
                }
                Action::Publish(id, files) => {
                    let done = publish::publish(&self.roots, &files);
                    (Step::Publish, done.map(|_| Some(Event::Published(id))))
                }
                Action::Sweep(keep) => {
                    let keep = keep.into_iter().map(|file| file.name).collect();
                    (
                        Step::Publish,
                        publish::sweep(&self.roots, &self.job, self.run, &keep).map(|_| None),
                    )
                }
                Action::Discard(files) => {
                    (Step::Publish, publish::discard(&self.roots, &files).map(|_| None))
                }
                _ => continue,
            };
            let event = match done {
                Ok(None) => continue,
                Ok(Some(event)) => event,
                Err(error) => Event::Failed { step, error },
            };
            drop(events.send(event));
        }
    }

    fn save(&self, checkpoint: &Checkpoint) -> Result<()> {
        self.store.save(checkpoint)?;
        self.store.prune(KEEP_CHECKPOINTS).map(|_| ())
    }
}

#[derive(Debug)]
struct Announcing {
    committer: Committer,
    compactor: Compactor,
    clock: Arc<dyn Clock>,
    job: JobId,
    run: CheckpointId,
    merged: u64,
}

impl Announcing {
    fn run(mut self, orders: &Receiver<Action>, events: &Sender<Event>) {
        for action in orders {
            let event = match action {
                Action::Commit { sequence, items } => {
                    match self.committer.commit(&items, self.clock.now()) {
                        Ok(()) => Event::Committed { sequence },
                        Err(error) => Event::Failed { step: Step::Commit, error },
                    }
                }
                Action::Compact { key, inputs, target } => match self.merge(&inputs, target) {
                    Ok(outputs) => Event::Compacted { key, inputs, outputs },
                    Err(error) => Event::Failed { step: Step::Compact(key), error },
                },
                _ => continue,
            };
            drop(events.send(event));
        }
    }

    fn merge(&mut self, inputs: &[StagedFile], target: u64) -> Result<Vec<StagedFile>> {
        let Self { compactor, job, run, merged, .. } = self;
        let extension = compactor.extension();
        compactor.compact(inputs, target, || {
            *merged += 1;
            merged_file(job, *run, *merged, &extension)
        })
    }
}

fn listing(plan: &Plan, orders: &Receiver<Offsets>, events: &Sender<Event>) {
    for known in orders {
        let event = match discover(plan, &known) {
            Ok(found) => Event::Discovered(found),
            Err(error) => Event::Failed { step: Step::Discover, error },
        };
        drop(events.send(event));
    }
}

/// Tells the sources what is visible. Nothing depends on it: reading goes on at our own checkpoint.
fn acknowledge(plan: &Plan, orders: &Receiver<Offsets>) {
    for offsets in orders {
        for branch in &plan.branches {
            if let Err(error) = branch.source.ack(&offsets) {
                tracing::warn!(pipeline = %plan.name, table = %branch.table, error = ?error, "the source cannot be told what is visible");
            }
        }
    }
}

fn discover(plan: &Plan, known: &Offsets) -> Result<Discovery> {
    let mut all = Discovery { complete: true, ..Discovery::default() };
    for branch in &plan.branches {
        let found = branch.source.discover(known)?;
        all.splits.extend(found.splits);
        all.forget.extend(found.forget);
        all.tables.extend(found.tables);
        all.left.extend(found.left);
        all.complete &= found.complete;
    }
    Ok(all)
}

/// Makes the shared state of a pipeline's lanes.
pub fn shared(plan: &Plan, now: Timestamp) -> Arc<Shared> {
    Arc::new(Shared::new(Limit::new(plan.max_rate, now), Pace::new(plan.rate_limit)))
}
