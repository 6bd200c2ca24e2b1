//! `skep backfill`: a pipeline's SELECT once more, over a bounded range of its source, into partitions that take the place of
//! the live ones.
//!
//! ```text
//! draft ─► manifest ─► job: source ─► … ─► write ─► [CHECKPOINT] ─► build/ ─► swap ─► announce ─► report
//!          what is read,                                        beside the     one partition after
//!          what was there                                      live partitions  the other, each whole
//! ```
//!
//! It is a job like that of `ingest`, with checkpoints and dead letters of its own, so `kill -9` costs what was read since
//! the last checkpoint. Three things differ: its splits are fixed in the manifest, its files become visible in a folder of
//! its own, and its partitions are due at the end of the source, when [`crate::commit::swap`] puts them in place.
//!
//! ```text
//! <state>/t.backfill-1a2b3c4d/       the name stands for the pipeline, the range and the mode
//! ├── backfill.json                  the manifest; what is not in it when it starts is not touched
//! ├── swaps.jsonl                    what became of each partition
//! ├── chk-…/  dead-letters/          as of any pipeline
//! └── pipeline.json
//! ```
//!
//! *One at a time.* A table has one backfill at a time, on whatever range: a lock among its staging folders says so, and an
//! unfinished one of another range must be finished or discarded first, since its snapshot would take the new files for those
//! of a live pipeline.
//!
//! *Ranges.* Partitions are the unit. `--from` and `--to` choose partitions by their time; only with `append` they choose
//! rows by event time. What the SELECT sends to other partitions is left out and counted.

mod draft;
mod exclusive;
mod manifest;
mod plan;
mod progress;
mod range;
mod report;

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use clap::ValueEnum;
use metastore::{Catalog, Table, location};

use self::draft::{Draft, Facts, Live, draft};
use self::exclusive::{
    discard, forget, lock_table, refuse_inside, refuse_unfinished, remove_folder,
};
use self::manifest::{JOURNAL, Manifest};
pub(super) use self::range::PREFIX;
use self::range::{Range, rate_limit};
use super::known::{Known, KnownTrigger};
use super::resolve::{Resolved, folder};
use super::{Common, WallClock, ingest, tell};
use crate::catalog;
use crate::checkpoint::store::CheckpointStore;
use crate::commit::Committer;
use crate::commit::announce::{Announced, Announcer};
use crate::commit::swap::{Journal, SwapMode, Swapper, SwapperParts};
use crate::commit::trigger::Trigger;
use crate::disk;
use crate::error::{Error, Result};
use crate::job::event::{CommitPlan, Ending};
use crate::job::pace::RateLimit;
use crate::job::plan::{LatePolicy, Plan};
use crate::job::run::{Parts, Report, run as run_pipeline, shared};
use crate::job::scope::Scope;
use crate::read::dimension::Dimensions;
use crate::source::fixed::FixedSource;
use crate::time::Clock;
use crate::write::Target;
use crate::write::budget::MemoryBudget;
use crate::write::stage::{Root, Roots, pipeline_folder};

/// Time between checkpoints where the script says nothing: each closes all files, and nobody waits for the rows.
const CHECKPOINT_INTERVAL: Duration = Duration::from_mins(1);

/// What becomes of a partition that exists.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    /// It is replaced; rows that a live pipeline adds meanwhile stay
    Overwrite,
    /// It keeps its files and gets those of the backfill
    Append,
    /// It stays as it is: only partitions that do not exist are made
    Missing,
}

/// Form of the plan and the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// One JSON object
    Json,
}

/// Arguments of `skep backfill`.
#[derive(Debug, clap::Args)]
pub(crate) struct BackfillArgs {
    #[command(flatten)]
    common: Common,
    /// The pipeline, if the scripts have more than one INSERT
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    #[command(flatten)]
    range: Range,
    /// What becomes of partitions that exist
    #[arg(long, value_enum, default_value = "overwrite")]
    mode: Mode,
    /// Only show partitions, sizes and cost
    #[arg(long)]
    plan: bool,
    /// Number of lanes that read and write; the default is that of the script
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    parallel: Option<u32>,
    /// Most that is read in a second: 100000 (rows) or 50MB
    #[arg(long, value_name = "RATE", value_parser = rate_limit)]
    rate_limit: Option<RateLimit>,
    /// Forget how far an earlier start has come, and begin anew
    #[arg(long)]
    restart: bool,
    /// Give up an unfinished backfill of this name (see `skep state list`), and do nothing else
    #[arg(long, value_name = "NAME")]
    discard: Option<String>,
    /// Form of plan and report
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
}

/// A backfill on its way.
struct Task<'a> {
    args: &'a BackfillArgs,
    mode: SwapMode,
    catalog: Arc<dyn Catalog>,
    state: std::path::PathBuf,
    clock: Arc<dyn Clock>,
    name: String,
    scope: Scope,
    live: Option<Live>,
    /// The tables that rows are joined with.
    dimensions: Arc<Dimensions>,
}

/// Runs the verb.
pub(super) fn run(args: &BackfillArgs) -> Result<()> {
    let settings = args.common.settings()?;
    ingest::start_logging(&settings);
    if let Some(name) = &args.discard {
        return discard(&settings, name);
    }
    let catalog = catalog::of_settings(&settings)?;
    let (script, resolved) = ingest::prepare(&settings, &catalog)?;
    let mut one = pick(resolved, args.pipeline.as_deref())?;
    let mode = match args.mode {
        Mode::Overwrite => SwapMode::Overwrite,
        Mode::Append => SwapMode::Append,
        Mode::Missing => SwapMode::Missing,
    };
    args.range.check(&one, mode)?;
    let clock: Arc<dyn Clock> = Arc::new(WallClock);
    let state = catalog::absolute(&settings.state)?;
    let name = args.range.name(&one, mode);
    let scope = args.range.scope(&one, mode)?;
    let live = Live::find(&state, &one)?;
    let others = Live::others(&state, &one)?;
    args.range.redirect(&mut one);
    if args.parallel.is_some() {
        one.sink.rolling.parallelism = args.parallel;
    }
    if !others.is_empty() && mode == SwapMode::Overwrite {
        let (table, others) = (&one.table.name, others.join(", "));
        tell(&format!(
            "warning: {table} is also written by {others}: what they have written to the partitions is replaced too"
        ));
    }
    let dimensions = ingest::dimensions(&settings, &catalog, &clock);
    let task = Task { args, mode, catalog, state, clock, name, scope, live, dimensions };
    if args.plan {
        return task.plan(one);
    }
    script.create(i32::try_from(task.clock.now().0 / 1000).unwrap_or(0))?;
    task.run(one)
}

/// Finds the pipeline.
fn pick(resolved: Vec<Resolved>, wanted: Option<&str>) -> Result<Resolved> {
    let names = resolved.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
    let only = resolved.len() == 1;
    let found = resolved.into_iter().find(|one| wanted.map_or(only, |name| one.name == name));
    found.ok_or_else(|| {
        let message = match wanted {
            Some(_) => "the scripts do not have this pipeline",
            None => "the scripts have more than one pipeline",
        };
        Error::config(message).with("pipelines", names).with_hint("name one with --pipeline")
    })
}

impl Task<'_> {
    /// Shows what would be done.
    fn plan(&self, one: Resolved) -> Result<()> {
        let table = self.table_or_draft(&one.table)?;
        let (catalog, clock) = (&self.catalog, &self.clock);
        let plan =
            one.plan(&table, &self.state, ingest::new_job(), catalog, clock, &self.dimensions)?;
        let draft = self.draft(&table, &plan)?;
        plan::show(self, &plan, &draft)
    }

    /// Gives the table as it is, or as it would be.
    fn table_or_draft(&self, table: &Table) -> Result<Table> {
        let mut table = match self.catalog.get_table(&table.name) {
            Ok(stored) => return Ok(stored),
            Err(e) if e.kind() == metastore::Kind::NotFound => table.clone(),
            Err(e) => return Err(e.into()),
        };
        if table.sd.location.is_none() {
            let database = self.catalog.get_database(table.name.database())?;
            let place = database.location_uri.unwrap_or_default();
            table.sd.location = Some(location::join(&place, table.name.table()));
        }
        Ok(table)
    }

    fn draft(&self, table: &Table, plan: &Plan) -> Result<Draft> {
        draft(&Facts {
            catalog: self.catalog.as_ref(),
            table,
            plan,
            range: &self.args.range,
            scope: &self.scope,
            mode: self.mode,
            live: self.live.as_ref(),
        })
    }

    fn run(mut self, one: Resolved) -> Result<()> {
        let table = self.catalog.get_table(&one.table.name)?;
        let location = folder(&table)?;
        let own = self.state.join(pipeline_folder(&self.name)?);
        disk::create_folder(&self.state)?;
        let root = Root::create(&location, &self.name)?;
        let _table = lock_table(&self.name, &root)?;
        refuse_unfinished(&self.state, &self.name, &table)?;
        let mut store = CheckpointStore::open(&own, &self.name)?;
        let mut manifest = Manifest::read(&own)?;
        if self.args.restart {
            if let Some(manifest) = manifest.take() {
                forget(&self.catalog, &own, &location, &manifest, store)?;
                store = CheckpointStore::open(&own, &self.name)?;
            }
            disk::create_folder(&root.staging)?;
        }
        if let Some((manifest, at)) = manifest.as_ref().and_then(|m| Some((m, m.finished_at?))) {
            remove_folder(&root.staging)?;
            tell(&format!("{}: has finished at {at}; --restart runs it again", self.name));
            let counts = store.latest()?.map(|last| last.counts).unwrap_or_default();
            let (ending, before, pending) = (Ending::AlreadyFinished, counts, 0);
            let ended = Report { ending, counts, before, pending, watermark: None };
            let journal = Journal::open(&own.join(JOURNAL))?;
            return report::show(manifest, &journal, &ended, Duration::ZERO, self.args.format);
        }
        let resumed = manifest.is_some();
        let last = if resumed { store.latest()? } else { None };
        let job = last.as_ref().map_or_else(ingest::new_job, |last| last.job.clone());
        let zone = one.zone();
        let by_rows = self.args.range.is_by_rows(&one, self.mode);
        let explicit = one.session.get("execution.checkpointing.interval").is_some();
        let memory = one.pipeline.write_memory.0;
        let sources = one.source_names();
        let mut plan = one.plan(&table, &own, job, &self.catalog, &self.clock, &self.dimensions)?;
        refuse_inside(&root, &table, self.mode)?;
        let manifest = match manifest {
            Some(manifest) => manifest,
            None => self.begin(&own, &table, &plan, &root)?,
        };
        known(&manifest, &location, sources).write(&own)?;
        self.scope.except.clone_from(&manifest.except);
        self.redirect(&mut plan, &manifest, explicit);
        for branch in plan.branches.iter_mut().filter(|_| by_rows) {
            branch.rows = self.args.range.rows(branch, zone)?;
        }
        let done = Arc::new(AtomicU64::new(0));
        let letters = Root::create(&own.join("dead-letters"), &self.name)?;
        let roots = Roots { table: root.build()?, late: None, dead_letters: Some(letters) };
        let committer = self.committer(&table, &root, &plan, &manifest, &own, &done)?;
        let live = shared(&plan, self.clock.now());
        let drawn = !self.args.common.quiet && std::io::stderr().is_terminal();
        let progress = progress::start(progress::Facts {
            drawn,
            quiet: self.args.common.quiet,
            name: self.name.clone(),
            total: manifest.splits.iter().filter_map(|s| s.weight(s.start)).sum(),
            before: last.as_ref().map_or(0, |last| progress::read(&manifest.splits, last)),
            live: Arc::clone(&live),
            swapped: Arc::clone(&done),
        });
        let dimensions = &self.dimensions;
        let _reloader = (!dimensions.is_empty()).then(|| dimensions.keep_up()).transpose()?;
        let begun = self.clock.now();
        let ended = run_pipeline(Parts {
            plan,
            store,
            last,
            roots,
            committer,
            clock: Arc::clone(&self.clock),
            budget: MemoryBudget::new(memory),
            stop: ingest::stop_flag()?,
            live,
        });
        progress.finish();
        let ended = ended.map_err(|e| e.with("backfill", &self.name))?;
        let finished = ended.ending != Ending::Stopped;
        let manifest = if finished { self.finish(&own, manifest)? } else { manifest };
        let journal = Journal::open(&own.join(JOURNAL))?;
        let elapsed = self.clock.now().since(begun);
        report::show(&manifest, &journal, &ended, elapsed, self.args.format)
    }

    /// Finds out what is to be done, and writes it down.
    fn begin(&self, own: &Path, table: &Table, plan: &Plan, root: &Root) -> Result<Manifest> {
        // Left by a start that was killed before it had written anything down.
        remove_folder(&root.staging)?;
        disk::create_folder(&root.staging)?;
        let Draft { splits, left, existing, except } = self.draft(table, plan)?;
        let manifest = Manifest {
            name: self.name.clone(),
            table: table.name.clone(),
            mode: self.mode,
            range: self.args.range.describe(),
            begun_at: self.clock.now(),
            finished_at: None,
            staging: root.staging.clone(),
            splits,
            left,
            except,
            existing,
        };
        manifest.write(own)?;
        Ok(manifest)
    }

    /// Turns the plan of a pipeline into that of its backfill.
    fn redirect(&self, plan: &mut Plan, manifest: &Manifest, explicit_interval: bool) {
        plan.name.clone_from(&self.name);
        for (n, branch) in (0u16..).zip(&mut plan.branches) {
            let splits = manifest.splits.iter().filter(|s| s.branch == n).cloned().collect();
            branch.source = Arc::new(FixedSource::new(Arc::clone(&branch.source), splits));
            // The rows are old: no part of them waits for another.
            branch.alignment = None;
        }
        plan.scope = self.scope.clone();
        plan.rate_limit = self.args.rate_limit;
        plan.late = LatePolicy::Recommit;
        plan.late_location = None;
        plan.trigger = None;
        plan.job.discover_every = None;
        plan.job.commit = Some(CommitPlan { trigger: Trigger::End, idle_timeout: None });
        if !explicit_interval {
            plan.job.checkpoint_interval = CHECKPOINT_INTERVAL;
        }
    }

    fn committer(
        &self,
        table: &Table,
        root: &Root,
        plan: &Plan,
        manifest: &Manifest,
        own: &Path,
        done: &Arc<AtomicU64>,
    ) -> Result<Committer> {
        let live = Roots { table: root.clone(), late: None, dead_letters: None };
        let announced = Announced::new(Target::Table, table.name.clone(), &live)?;
        let (catalog, policies) = (Arc::clone(&self.catalog), plan.policies.clone());
        let announcer = Announcer::new(Arc::clone(&catalog), vec![announced], policies.clone());
        let swapper = Swapper::new(SwapperParts {
            announcer,
            catalog,
            name: table.name.clone(),
            table: root.clone(),
            policies,
            mode: self.mode,
            snapshot: manifest.snapshot(),
            journal: Journal::open(&own.join(JOURNAL))?,
            commit_id: format!("{}-backfill", plan.job.job),
            done: Arc::clone(done),
        })?;
        Ok(Committer::Swap(Box::new(swapper)))
    }

    /// Puts away what is not needed any more: what was built, and the old folders. May run twice.
    fn finish(&self, own: &Path, manifest: Manifest) -> Result<Manifest> {
        remove_folder(&manifest.staging)?;
        let now = self.clock.now();
        let manifest = Manifest { finished_at: Some(now), splits: Vec::new(), ..manifest };
        manifest.write(own)?;
        Ok(manifest)
    }
}

fn known(manifest: &Manifest, location: &Path, sources: Vec<String>) -> Known {
    Known {
        name: manifest.name.clone(),
        table: manifest.table.clone(),
        location: location.to_owned(),
        late_location: None,
        trigger: KnownTrigger::End,
        sources,
    }
}
