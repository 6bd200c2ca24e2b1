//! One run of a seed: processes are started, disturbed, killed and started again; then everything comes to its end.

use std::time::Duration;

use skep::error::Kind;
use skep::job::event::{Ending, Event};
use skep::job::invariants;
use skep::time::Timestamp;

use super::chance::Chance;
use super::process::{Outside, Process};
use super::workload::{Faults, Workload};
use super::world::Store;

/// Rounds without faults after which everything must have come to its end.
const ROUNDS: usize = 3000;
/// Long rounds in which nothing has changed, after which nothing will.
const QUIET: usize = 12;
/// Longest time between two rounds.
const PAUSE: Duration = Duration::from_mins(20);

/// What a run has seen; sums tell whether the faults reach what they should.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Seen {
    pub(super) steps: usize,
    pub(super) kills: usize,
    pub(super) zombies: usize,
    pub(super) fenced: usize,
    pub(super) checkpoints: usize,
    pub(super) announced: usize,
}

impl Seen {
    pub(super) fn add(&mut self, other: Self) {
        self.steps += other.steps;
        self.kills += other.kills;
        self.zombies += other.zombies;
        self.fenced += other.fenced;
        self.checkpoints += other.checkpoints;
        self.announced += other.announced;
    }
}

pub(super) struct Sim {
    outside: Outside,
    process: Option<Process>,
    zombies: Vec<Process>,
    started: u64,
    pub(super) seen: Seen,
}

impl Sim {
    pub(super) fn into_trace(self) -> Vec<String> {
        self.outside.trace.unwrap_or_default()
    }

    pub(super) fn new(seed: u64, traced: bool) -> Self {
        let mut chance = Chance(seed);
        let workload = Workload::new(&mut chance);
        let faults = workload.faults;
        let about = || format!("{:?} {:?} {faults:?}", workload.plan, workload.late);
        let trace = traced.then(|| vec![about()]);
        let (store, now) = (Store::default(), Timestamp(1_767_300_000_000));
        Self {
            outside: Outside { chance, workload, store, faults, now, trace },
            process: None,
            zombies: Vec::new(),
            started: 0,
            seen: Seen::default(),
        }
    }

    /// Runs the seed from begin to end.
    pub(super) fn run(&mut self) -> Result<(), String> {
        for _ in 0..self.outside.workload.steps {
            self.disturb();
            self.step()?;
            self.check()?;
        }
        self.outside.faults = Faults::NONE;
        self.outside.workload.files.iter_mut().for_each(|file| file.there = true);
        self.lay_zombies()?;
        if self.outside.workload.plan.discover_every.is_some() {
            self.come_to_rest()?;
            // From here on no file is added: the same pipeline as a bounded one must finish.
            self.process = None;
            self.outside.workload.plan.discover_every = None;
        }
        self.finish()?;
        self.seen.checkpoints = self.outside.store.world.saved.len();
        self.seen.announced = self.outside.store.world.announced.len();
        self.outside.store.check_finished(&self.outside.workload)
    }

    /// Lets the outside world do something now and then.
    fn disturb(&mut self) {
        if self.outside.chance.hits(self.outside.faults.kill)
            && let Some(process) = self.process.take()
        {
            self.seen.kills += 1;
            self.note(|| format!("#{} is killed", process.number));
            if process.ended.is_none() && self.outside.chance.hits(self.outside.faults.zombie) {
                self.seen.zombies += 1;
                self.note(|| format!("#{} goes on all the same", process.number));
                self.zombies.push(process);
            }
        }
        if self.outside.chance.hits(self.outside.faults.stop) {
            self.hear(Event::Stop);
        }
        let watched = self.outside.workload.plan.discover_every.is_some();
        let n = self.outside.chance.of(self.outside.workload.files.len() as u64) as usize;
        if watched && self.outside.chance.hits(15) {
            self.outside.workload.files[n].there = true;
        }
        if self.outside.chance.hits(15) {
            self.delete(n);
        }
        if self.outside.chance.hits(150) {
            let pause = [30, 300, 3000, 60_000][self.outside.chance.of(4) as usize];
            let pause = self.outside.chance.of(pause);
            self.pass(Duration::from_millis(pause));
        }
    }

    /// Deletes a file that is read to its end, as users do.
    fn delete(&mut self, n: usize) {
        let workload = &self.outside.workload;
        let file = &workload.files[n];
        let last = self.outside.store.world.saved.last();
        if last.is_some_and(|last| workload.is_read(&last.offsets, file)) {
            self.outside.workload.files[n].deleted = true;
        }
    }

    fn pass(&mut self, pause: Duration) {
        self.outside.now = self.outside.now.plus(pause);
        self.hear(Event::Tick);
        for zombie in &mut self.zombies {
            zombie.hear(Event::Tick, &mut self.outside);
        }
    }

    fn hear(&mut self, event: Event) {
        if let Some(process) = self.process.as_mut().filter(|p| p.ended.is_none()) {
            process.hear(event, &mut self.outside);
        }
    }

    /// Makes the process, or a zombie, do something; starts one if there is none.
    fn step(&mut self) -> Result<bool, String> {
        self.seen.steps += 1;
        let zombie = self.zombies.len() as u64;
        let moved = if zombie > 0 && self.outside.chance.of(2) == 0 {
            let n = self.outside.chance.of(zombie) as usize;
            self.zombies[n].step(&mut self.outside)
        } else {
            let restart = self.outside.faults.restart;
            let again = |process: &mut Process| match &process.ended {
                Some(Ok(_)) => restart,
                Some(Err(_)) => true,
                None => false,
            };
            match self.process.take_if(again) {
                Some(process) => {
                    self.ended(&process)?;
                    true
                }
                None => {
                    self.start();
                    self.process.as_mut().is_some_and(|p| p.step(&mut self.outside))
                }
            }
        };
        for zombie in self.zombies.extract_if(.., |zombie| zombie.ended.is_some()) {
            if matches!(&zombie.ended, Some(Err(e)) if e.kind() == Kind::Fenced) {
                self.seen.fenced += 1;
            }
        }
        Ok(moved)
    }

    /// Forgets a process that an earlier stop has ended.
    fn drop_stopped(&mut self) {
        let stopped = |process: &mut Process| matches!(process.ended, Some(Ok(Ending::Stopped)));
        drop(self.process.take_if(stopped));
    }

    /// Starts a process if there is none.
    fn start(&mut self) {
        if self.process.is_none() {
            self.started += 1;
            let plan = self.outside.workload.plan.clone();
            self.process = Some(Process::start(self.started, plan, &mut self.outside));
        }
    }

    fn ended(&mut self, process: &Process) -> Result<(), String> {
        self.note(|| format!("#{} has ended: {:?}", process.number, process.ended));
        if process.failed_well() || !process.is_current(&self.outside.store) {
            return Ok(());
        }
        Err(format!("the job has failed: {:?}", process.ended))
    }

    fn check(&mut self) -> Result<(), String> {
        if let Some(broken) = self.outside.store.broken.take() {
            return Err(broken);
        }
        match &self.process {
            Some(process) if process.is_current(&self.outside.store) => {
                invariants::all(&process.job, &self.outside.store.world)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// One round without faults: everything that can happen does, then some time passes.
    fn round(&mut self, pause: Duration) -> Result<(), String> {
        for step in 0.. {
            let moved = self.step()?;
            self.check()?;
            let busy = self.zombies.iter_mut().any(|z| z.step(&mut self.outside));
            self.check()?;
            if !moved && !busy {
                break;
            }
            if step > 100_000 {
                return Err("it never comes to rest".to_owned());
            }
        }
        self.pass(pause);
        Ok(())
    }

    /// Has the zombies end.
    fn lay_zombies(&mut self) -> Result<(), String> {
        for zombie in &mut self.zombies {
            zombie.hear(Event::Stop, &mut self.outside);
        }
        for n in 0..ROUNDS {
            if self.zombies.is_empty() {
                return Ok(());
            }
            self.round(pause(n))?;
        }
        Err(format!("zombies do not end: {:?}", self.zombies))
    }

    /// Waits until nothing happens any more, and checks that nothing was left.
    fn come_to_rest(&mut self) -> Result<(), String> {
        let (mut quiet, mut changes) = (0, 0);
        for n in 0..ROUNDS {
            self.drop_stopped();
            self.round(pause(n))?;
            let still = changes == self.outside.store.changes && pause(n) == PAUSE;
            quiet = if still { quiet + 1 } else { 0 };
            changes = self.outside.store.changes;
            let running = self.process.as_ref().is_some_and(|p| p.ended.is_none());
            if quiet > QUIET && running {
                self.outside.store.check_at_rest(&self.outside.workload, self.outside.now)?;
                return self.stop();
            }
        }
        Err(format!("it never comes to rest: {:?}", self.process))
    }

    fn stop(&mut self) -> Result<(), String> {
        self.hear(Event::Stop);
        for n in 0..ROUNDS {
            self.round(pause(n))?;
            match self.process.as_ref().and_then(|p| p.ended.as_ref()) {
                Some(Ok(Ending::Stopped)) => return Ok(()),
                Some(other) => return Err(format!("a stop ends with {other:?}")),
                None => {}
            }
        }
        Err("a stop is never carried out".to_owned())
    }

    fn finish(&mut self) -> Result<(), String> {
        for n in 0..ROUNDS {
            self.drop_stopped();
            self.round(pause(n))?;
            let ended = self.process.as_ref().and_then(|p| p.ended.as_ref());
            if let Some(Ok(Ending::Finished | Ending::AlreadyFinished)) = ended {
                return Ok(());
            }
        }
        let job = self.process.as_ref().map(|p| &p.job);
        Err(format!("it never finishes: {job:?}"))
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        self.outside.note(line);
    }
}

/// Gives the time between two rounds: longer and longer.
fn pause(round: usize) -> Duration {
    Duration::from_millis(50).saturating_mul(1 << (round / 8).min(20)).min(PAUSE)
}
