//! `skep ingest`: runs the INSERTs of scripts as pipelines until they end or are stopped.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use config::Settings;
use formats::table::{Layout, RowFormat};
use metastore::names::TableName;
use metastore::{Catalog, Table, location};

use super::known::{Known, KnownTrigger};
use super::progress::Progress;
use super::resolve::{Resolved, beside, folder, resolve};
use super::script::{Script, expand};
use super::{Common, WallClock, files, tell};
use crate::catalog;
use crate::checkpoint::Checkpoint;
use crate::checkpoint::store::{CheckpointStore, adopt_savepoint, load_savepoint};
use crate::commit::Committer;
use crate::commit::announce::{Announced, Announcer};
use crate::disk;
use crate::error::{Error, Result};
use crate::job::event::Ending;
use crate::job::lane::Shared;
use crate::job::plan::Plan;
use crate::job::run::{Parts, Report, run as run_pipeline, shared};
use crate::names::JobId;
use crate::read::dimension::Dimensions;
use crate::time::Clock;
use crate::write::Target;
use crate::write::budget::MemoryBudget;
use crate::write::stage::{Root, Roots, pipeline_folder};

/// Reads and checks scripts; prints every problem, unless the catalog cannot say which tables there are.
pub(super) fn prepare(
    settings: &Settings,
    catalog: &Arc<dyn Catalog>,
) -> Result<(Script, Vec<Resolved>)> {
    let hivevar = settings.hivevar.clone();
    let mut script =
        Script::new(Arc::clone(catalog), files(settings), settings.session.clone(), hivevar);
    if settings.pipelines.is_empty() {
        return Err(Error::config("no script is given")
            .with_hint("name a script: skep ingest FILE.hql, or list them in the service file"));
    }
    match expand(&settings.pipelines) {
        Ok(paths) => paths.iter().for_each(|path| script.read(path)),
        Err(message) => script.errors.push(format!("error: {message}")),
    }
    let said = std::mem::take(&mut script.catalogs.problems);
    said.iter().for_each(|problem| script.problem(problem.clone()));
    let resolved = resolve(&mut script);
    if let Some(failure) = script.take_failure() {
        return Err(failure.into());
    }
    if script.inserts.is_empty() && script.errors.is_empty() {
        script.errors.push("error: the scripts have no INSERT, so there is nothing to run".into());
    }
    for error in &script.errors {
        tell(&format!("{error}\n"));
    }
    for problem in script.problems.iter() {
        tell(&format!("{problem}\n"));
    }
    let errors = script.problems.iter().filter(|p| p.severity == config::Severity::Error).count();
    let errors = errors + script.errors.len();
    if errors > 0 {
        return Err(
            Error::config("the scripts have mistakes, nothing was run").with("mistakes", errors)
        );
    }
    Ok((script, resolved))
}

/// Runs the verb.
pub(super) fn run(common: &Common) -> Result<()> {
    let settings = common.settings()?;
    start_logging(&settings);
    let catalog = catalog::of_settings(&settings)?;
    let _server = serve(&settings)?;
    let (script, resolved) = prepare(&settings, &catalog)?;
    let clock: Arc<dyn Clock> = Arc::new(WallClock);
    let seconds = i32::try_from(clock.now().0 / 1000).unwrap_or(0);
    script.create(seconds)?;
    std::fs::create_dir_all(&settings.state).map_err(|e| disk::no_folder(&settings.state, e))?;
    let state = catalog::absolute(&settings.state)?;
    let memory = resolved.iter().map(|r| r.pipeline.write_memory.0).max().unwrap_or(512 << 20);
    let budget = MemoryBudget::new(memory);
    let stop = stop_flag()?;
    let dimensions = dimensions(&settings, &catalog, &clock);
    let mut parts = Vec::new();
    for one in resolved {
        let savepoint = common.from_savepoint.as_deref();
        parts.push(open(one, &catalog, &state, savepoint, &clock, &budget, &stop, &dimensions)?);
    }
    let _reloader = (!dimensions.is_empty()).then(|| dimensions.keep_up()).transpose()?;
    let lives: Vec<Arc<Shared>> = parts.iter().map(|p| Arc::clone(&p.live)).collect();
    let names: Vec<(String, TableName, String)> = parts
        .iter()
        .map(|p| (p.plan.name.clone(), p.plan.table.clone(), look_at(&p.plan)))
        .collect();
    let drawn = !common.quiet && std::io::stderr().is_terminal();
    let progress = Progress::start(drawn, lives);
    let started = clock.now();
    let reports = run_all(parts, &stop);
    let elapsed = clock.now().since(started);
    progress.finish();
    let mut first_error = None;
    for (report, (name, table, look)) in reports.into_iter().zip(&names) {
        match report {
            Ok(report) => {
                summary(name, &report, elapsed);
                if report.ending == Ending::Finished {
                    tell(&format!("  look at it: {look}\n              skep partitions {table}"));
                }
            }
            Err(error) => {
                let error = error.with("pipeline", name);
                if first_error.is_some() {
                    super::print_error(&error);
                } else {
                    first_error = Some(error);
                }
            }
        }
    }
    first_error.map_or(Ok(()), Err)
}

/// Makes the dimensions of a process, over the files that its tables have.
pub(super) fn dimensions(
    settings: &Settings,
    catalog: &Arc<dyn Catalog>,
    clock: &Arc<dyn Clock>,
) -> Arc<Dimensions> {
    let files = Arc::new(files(settings));
    Arc::new(Dimensions::new(Arc::clone(catalog), files, Arc::clone(clock)))
}

/// Serves the embedded metastore beside the pipelines, if the settings say so.
fn serve(settings: &Settings) -> Result<Option<metastore::server::Server>> {
    let Some(listen) = &settings.metastore.listen else { return Ok(None) };
    let wrong = |message: &str, hint: &str| {
        Error::config(message).with("metastore.listen", listen).with_hint(hint)
    };
    if catalog::is_remote(settings)? {
        return Err(wrong(
            "the tables are in a Hive Metastore, so there is no embedded one to serve",
            "leave metastore.listen out",
        ));
    }
    let address = listen
        .parse()
        .map_err(|_| wrong("the address to listen on is not host:port", "write 127.0.0.1:9083"))?;
    let most = metastore::server::Options::default().max_connections;
    let server = catalog::serve(&settings.warehouse, address, most)?;
    tracing::info!(address = %server.address(), "the metastore is served");
    Ok(Some(server))
}

/// Runs all pipelines side by side; one that fails stops the others cleanly.
fn run_all(parts: Vec<Parts>, stop: &Arc<AtomicBool>) -> Vec<Result<Report>> {
    std::thread::scope(|scope| {
        let running: Vec<_> = parts
            .into_iter()
            .map(|parts| {
                let stop = Arc::clone(stop);
                scope.spawn(move || {
                    let done = run_pipeline(parts);
                    if done.is_err() {
                        stop.store(true, std::sync::atomic::Ordering::Relaxed);
                    }
                    done
                })
            })
            .collect();
        let ended = running.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|_| Err(Error::internal("a pipeline has panicked")))
        });
        ended.collect()
    })
}

/// Opens a pipeline's state and folders, and makes its plan.
#[expect(clippy::too_many_arguments, reason = "what a pipeline is opened with, once")]
pub(super) fn open(
    resolved: Resolved,
    catalog: &Arc<dyn Catalog>,
    state: &Path,
    savepoint: Option<&Path>,
    clock: &Arc<dyn Clock>,
    budget: &Arc<MemoryBudget>,
    stop: &Arc<AtomicBool>,
    dimensions: &Dimensions,
) -> Result<Parts> {
    let table = catalog.get_table(&resolved.table.name)?;
    let name = resolved.name.clone();
    let own = state.join(pipeline_folder(&name)?);
    let store = CheckpointStore::open(&own, &name)?;
    let roots = roots(&resolved, &table, &own, &name)?;
    let mut last = store.latest()?;
    if let (None, Some(savepoint)) = (&last, savepoint) {
        let checkpoint = load_savepoint(savepoint)?;
        adopt_savepoint(savepoint, &checkpoint, &roots)?;
        last = Some(checkpoint);
    }
    let mut description = known(&resolved, &table)?;
    if let Some(last) = last.as_mut().filter(|last| last.offsets.sources.is_empty()) {
        // A checkpoint of before says by numbers alone what it is of; the numbers are those of the last start.
        description.sources = Known::read(&own).map_or_else(|_| description.sources, |k| k.sources);
        last.offsets.sources.clone_from(&description.sources);
    }
    description.write(&own)?;
    let job = last.as_ref().map_or_else(new_job, |c: &Checkpoint| c.job.clone());
    let plan = resolved.plan(&table, &own, job, catalog, clock, dimensions)?;
    let mut announced = vec![Announced::new(Target::Table, table.name.clone(), &roots)?];
    if let Some(folder) = &plan.late_location {
        let late = late_table(catalog.as_ref(), &table, folder)?;
        announced.push(Announced::new(Target::LateTable, late, &roots)?);
    }
    let announcer = Announcer::new(Arc::clone(catalog), announced, plan.policies.clone());
    let committer = Committer::Announce(announcer);
    let live = shared(&plan, clock.now());
    Ok(Parts {
        plan,
        store,
        last,
        roots,
        committer,
        clock: Arc::clone(clock),
        budget: Arc::clone(budget),
        stop: Arc::clone(stop),
        live,
    })
}

fn known(resolved: &Resolved, table: &Table) -> Result<Known> {
    let location = folder(table)?;
    let delay_ms = u64::try_from(resolved.sink.commit.delay.as_millis()).unwrap_or(u64::MAX);
    let late = resolved.sink.commit.late_data == config::sink::LateData::SideTable;
    Ok(Known {
        name: resolved.name.clone(),
        table: table.name.clone(),
        late_location: late.then(|| beside(&location)),
        location,
        sources: resolved.source_names(),
        trigger: match resolved.sink.commit.trigger {
            config::sink::Trigger::ProcessTime => KnownTrigger::ProcessTime { delay_ms },
            config::sink::Trigger::PartitionTime => KnownTrigger::PartitionTime {
                delay_ms,
                zone: resolved.sink.commit.watermark_time_zone.0.clone(),
                pattern: resolved.sink.extractor.pattern.clone(),
                formatter: resolved.sink.extractor.formatter.clone(),
                columns: table.partition_keys.iter().map(|k| k.name.clone()).collect(),
            },
        },
    })
}

fn roots(resolved: &Resolved, table: &Table, own: &Path, name: &str) -> Result<Roots> {
    let location = folder(table)?;
    let late = resolved.sink.commit.late_data == config::sink::LateData::SideTable;
    Ok(Roots {
        late: late.then(|| Root::create(&beside(&location), name)).transpose()?,
        table: Root::create(&location, name)?,
        dead_letters: Some(Root::create(&own.join("dead-letters"), name)?),
    })
}

/// Creates the side table for late rows, a twin of the table, if it does not exist.
fn late_table(catalog: &dyn Catalog, table: &Table, folder: &Path) -> Result<TableName> {
    let name = TableName::new(table.name.database(), &format!("{}_late", table.name.table()))?;
    let mut late = Table { name: name.clone(), ..table.clone() };
    late.sd.location = Some(location::from_path(folder)?);
    match catalog.create_table(&late) {
        Ok(_) => Ok(name),
        Err(e) if e.kind() == metastore::Kind::AlreadyExists => Ok(name),
        Err(e) => Err(e.into()),
    }
}

/// Makes a new identity; chance comes from the process's hash keys.
pub(super) fn new_job() -> JobId {
    let bits = RandomState::new().build_hasher().finish();
    JobId::from_bits(u32::try_from(bits >> 32).unwrap_or(0))
}

/// Makes a flag that SIGTERM and Ctrl-C set; a second signal ends the process at once.
pub(super) fn stop_flag() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        let failed = |e| Error::io("cannot listen to signals", e);
        signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop))
            .map_err(failed)?;
        signal_hook::flag::register(signal, Arc::clone(&stop)).map_err(failed)?;
    }
    Ok(stop)
}

pub(super) fn start_logging(settings: &Settings) {
    use config::settings::{LogFormat, LogLevel};
    let level = match settings.log_level {
        LogLevel::Error => tracing::Level::ERROR,
        LogLevel::Warn => tracing::Level::WARN,
        LogLevel::Info => tracing::Level::INFO,
        LogLevel::Debug => tracing::Level::DEBUG,
        LogLevel::Trace => tracing::Level::TRACE,
    };
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .log_internal_errors(false);
    // A second start in one process (tests) keeps the first one's log.
    drop(match settings.log_format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    });
}

/// Gives a command that reads what a pipeline has written: DuckDB's where it reads the format.
fn look_at(plan: &Plan) -> String {
    let function = match plan.encoding.descriptor.layout() {
        Ok(Layout::Parquet) => Some(("read_parquet", "parquet", "")),
        Ok(Layout::Text(RowFormat::Json)) => Some(("read_json", "json", ", format='nd'")),
        Ok(Layout::Text(RowFormat::OpenCsv)) => Some(("read_csv", "csv", ", header=false")),
        _ => None,
    };
    let (table, location) = (&plan.table, plan.location.display());
    match function {
        Some((function, ending, options)) => format!(
            "duckdb -c \"SELECT count(*) FROM {function}('{location}/**/*.{ending}*', hive_partitioning=true{options})\""
        ),
        None => format!("skep tail {table} --no-follow"),
    }
}

/// Tells what a pipeline has done.
pub(super) fn summary(name: &str, report: &Report, elapsed: std::time::Duration) {
    let (now, before) = (report.counts, report.before);
    let rows = now.rows_in - before.rows_in;
    let how = match report.ending {
        Ending::Finished => "finished",
        Ending::Stopped => "stopped; start it again to go on",
        Ending::AlreadyFinished => "has finished before, there is nothing new to read",
    };
    tell(&format!("{name}: {how}"));
    let per_second = u128::from(rows) * 1000 / elapsed.as_millis().max(1);
    tell(&format!(
        "  rows in {rows}, out {}, rejected {}, filtered {}, skipped {}, late {}",
        now.rows_out - before.rows_out,
        now.rejected - before.rejected,
        now.filtered - before.filtered,
        now.skipped - before.skipped,
        now.late - before.late,
    ));
    tell(&format!(
        "  files {}, bytes {}, partitions committed {}, pending {}, {per_second} rows/s",
        now.files - before.files,
        now.bytes - before.bytes,
        now.partitions - before.partitions,
        report.pending,
    ));
}
