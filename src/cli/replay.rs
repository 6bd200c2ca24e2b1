//! `skep dlq replay`: reads dead letters once more, after the script's columns were mended.
//!
//! ```text
//! <state>/
//! ├── t/dead-letters/             rejected records; those that were read again are moved to `replayed/`
//! ├── t/replay-1/                 complete before it is read, gone when all of it is done
//! │   ├── replay.json             the files of dead letters that it was made of
//! │   └── 0/records               the records as they were, for the first source of the pipeline
//! └── t.replay-1/                 the pipeline that reads them, with checkpoints and dead letters of its own
//! ```
//!
//! Started again after a kill, it goes on: a folder that is there is read to its end by the pipeline of its number, and
//! files of dead letters are moved only after that.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{BufWriter, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use config::format::{FormatKind, FormatOptions, JsonOptions};
use config::source::{Connector, FileOptions, SourceCompression, SourceOptions};
use config::units::{ByteSize, MaxRate};
use serde::{Deserialize, Serialize};

use super::dlq::{letter_files, letters_of};
use super::known::Known;
use super::resolve::Resolved;
use super::resolve::sources::borders;
use super::{Common, WallClock, ingest, tell};
use crate::catalog;
use crate::commit::publish::REPLAYED;
use crate::disk::{self, Volume, failed};
use crate::error::{Error, Kind, Result};
use crate::job::event::Ending;
use crate::job::run::run as run_pipeline;
use crate::source::files::RecordBorders;
use crate::time::Clock;
use crate::write::budget::MemoryBudget;
use crate::write::stage::pipeline_folder;

const PREFIX: &str = "replay-";
const HIDDEN: &str = ".replay-";
const MANIFEST: &str = "replay.json";
const LOCK: &str = "replay.lock";

/// Runs the verb.
pub(super) fn run(pipeline: &str, common: &Common) -> Result<()> {
    let settings = common.settings()?;
    ingest::start_logging(&settings);
    Known::named(&settings.state, pipeline)?;
    let state = catalog::absolute(&settings.state)?;
    let (own, known) = Known::named(&state, pipeline)?;
    let _lock = lock(&own, pipeline)?;
    let catalog = catalog::of_settings(&settings)?;
    let (_, resolved) = ingest::prepare(&settings, &catalog)?;
    let mut resolved = pick(resolved, pipeline, &known)?;
    refuse_messages(&resolved)?;
    clean(&own)?;
    let replay = match Replay::begun(&own)? {
        Some(replay) => replay,
        None => match Replay::build(&state, &own, pipeline, &resolved)? {
            Some(replay) => replay,
            None => return Ok(()),
        },
    };
    replay.redirect(&mut resolved, pipeline)?;
    let clock: Arc<dyn Clock> = Arc::new(WallClock);
    let budget = MemoryBudget::new(resolved.pipeline.write_memory.0);
    let stop = ingest::stop_flag()?;
    let name = resolved.name.clone();
    let started = clock.now();
    let dimensions = ingest::dimensions(&settings, &catalog, &clock);
    let parts =
        ingest::open(resolved, &catalog, &state, None, &clock, &budget, &stop, &dimensions)?;
    let _reloader = (!dimensions.is_empty()).then(|| dimensions.keep_up()).transpose()?;
    let report = run_pipeline(parts).map_err(|e| e.with("pipeline", &name))?;
    ingest::summary(&name, &report, clock.now().since(started));
    if report.ending == Ending::Stopped {
        return Ok(());
    }
    replay.finish(&own)?;
    if report.counts.rejected > 0 {
        tell(&format!(
            "  rejected again: {}; see `skep dlq list {name}`, then replay that pipeline",
            report.counts.rejected
        ));
    }
    report_cut(replay.manifest.cut);
    Ok(())
}

/// Refuses what cannot be made again: a message's key and place are not among the dead letters.
fn refuse_messages(resolved: &Resolved) -> Result<()> {
    let of_topic =
        |(_, options, _): &(_, SourceOptions, _)| matches!(options.connector, Connector::Kafka(_));
    if resolved.sources.iter().any(of_topic) {
        return Err(Error::unsupported("dead letters of a Kafka topic cannot be replayed")
            .with_hint("send the records of `skep dlq list` to the topic again, mended"));
    }
    Ok(())
}

fn report_cut(cut: u64) {
    if cut > 0 {
        tell(&format!(
            "  {cut} records were too long to be kept whole: they stay among the dead letters"
        ));
    }
}

/// Keeps a second replay of the pipeline away.
fn lock(own: &Path, pipeline: &str) -> Result<File> {
    let path = own.join(LOCK);
    let file = File::create(&path).map_err(|e| failed("cannot open the lock file", &path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Error::fenced("another process replays this pipeline's dead letters")
                .with("pipeline", pipeline)
                .with("lock", path.display())
                .with_hint("wait until it has ended"))
        }
        Err(TryLockError::Error(e)) => Err(failed("cannot lock the folder", &path, e)),
    }
}

/// Finds the pipeline's INSERT: that of its name, or of the pipeline that it is a replay or a backfill of.
fn pick(resolved: Vec<Resolved>, pipeline: &str, known: &Known) -> Result<Resolved> {
    let mut name = pipeline;
    let named = |name: &str| resolved.iter().position(|one| one.name == name);
    let found = loop {
        if let Some(at) = named(name) {
            break Some(at);
        }
        let replay = name.rsplit_once(&format!(".{PREFIX}"));
        let backfill = name.rsplit_once(&format!(".{}", super::backfill::PREFIX));
        match (replay, backfill) {
            (Some((base, number)), _) if number.parse::<u32>().is_ok() => name = base,
            (_, Some((base, id))) if id.len() == 8 => name = base,
            _ => break None,
        }
    };
    let one = found.and_then(|at| resolved.into_iter().nth(at)).ok_or_else(|| {
        Error::config("the scripts do not have this pipeline")
            .with("pipeline", pipeline)
            .with_hint("name the scripts that it was started with")
    })?;
    if one.table.name != known.table {
        return Err(Error::config("the script writes another table than the pipeline did")
            .with("pipeline", pipeline)
            .with("table", &one.table.name)
            .with("before", &known.table)
            .with_hint("its rows would be divided between two tables: name the same target"));
    }
    Ok(one)
}

/// Deletes folders that were never complete, or are done.
fn clean(own: &Path) -> Result<()> {
    for name in names(own)? {
        if name.starts_with(HIDDEN) {
            let path = own.join(name);
            fs::remove_dir_all(&path).map_err(|e| failed("cannot delete the folder", &path, e))?;
        }
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let wrong = |e| failed("cannot list the folder", folder, e);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong)? {
        names.extend(entry.map_err(wrong)?.file_name().into_string().ok());
    }
    Ok(names)
}

/// What a replay was made of.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Manifest {
    /// Files of dead letters, each with whether some of its records were cut.
    files: Vec<(String, bool)>,
    /// Records to be read.
    records: u64,
    /// Records that were cut.
    cut: u64,
    /// The source tables, in the order of the folders.
    tables: Vec<String>,
}

/// A folder of records that are read again.
#[derive(Debug)]
struct Replay {
    number: u32,
    folder: PathBuf,
    manifest: Manifest,
}

impl Replay {
    /// Finds the replay that was not finished.
    fn begun(own: &Path) -> Result<Option<Self>> {
        let number = |name: &str| name.strip_prefix(PREFIX)?.parse::<u32>().ok();
        let Some(number) = names(own)?.iter().find_map(|name| number(name)) else {
            return Ok(None);
        };
        let folder = own.join(format!("{PREFIX}{number}"));
        let path = folder.join(MANIFEST);
        let text = fs::read(&path).map_err(|e| failed("cannot read the replay", &path, e))?;
        let manifest = serde_json::from_slice(&text).map_err(|e| {
            Error::data("the description of the replay is damaged")
                .with("path", path.display())
                .with_source(e)
                .with_hint("bring the file back from a backup: it says which dead letters are read")
        })?;
        Ok(Some(Self { number, folder, manifest }))
    }

    /// Writes the dead letters' records into a folder; `None` if there are none.
    fn build(
        state: &Path,
        own: &Path,
        pipeline: &str,
        resolved: &Resolved,
    ) -> Result<Option<Self>> {
        let mut number = 1;
        while state.join(replay_folder(pipeline, number)?).exists() {
            number += 1;
        }
        let hidden = own.join(format!("{HIDDEN}{number}"));
        fs::create_dir(&hidden).map_err(|e| disk::no_folder(&hidden, e))?;
        let volume = Volume::open(&hidden)?;
        let mut records = Records::new(&hidden, resolved)?;
        let mut manifest = Manifest::default();
        for path in letter_files(own)? {
            let (mut whole, mut cut) = (0, 0);
            letters_of(&path, |letter, _| {
                match letter.raw.bytes()? {
                    Some(bytes) => {
                        whole += 1;
                        records.write(&letter.table, &bytes)
                    }
                    None => {
                        cut += 1;
                        Ok(())
                    }
                }
                .map_err(|e| e.with("dead-letters", path.display()))
            })?;
            manifest.records += whole;
            manifest.cut += cut;
            if let (1.., Some(name)) = (whole, path.file_name().and_then(|n| n.to_str())) {
                manifest.files.push((name.to_owned(), cut > 0));
            }
        }
        if manifest.records == 0 {
            fs::remove_dir_all(&hidden)
                .map_err(|e| failed("cannot delete the folder", &hidden, e))?;
            tell(&format!("{pipeline}: there is nothing to replay"));
            report_cut(manifest.cut);
            return Ok(None);
        }
        manifest.tables = resolved.sources.iter().map(|s| s.0.ddl.name.to_string()).collect();
        let mut written = records.close()?;
        let path = hidden.join(MANIFEST);
        let text = serde_json::to_vec_pretty(&manifest)
            .map_err(|e| Error::internal("cannot describe the replay").with_source(e))?;
        fs::write(&path, text).map_err(|e| failed("cannot write the replay", &path, e))?;
        written.push(path);
        volume.sync(&written)?;
        disk::sync(&hidden)?;
        let folder = own.join(format!("{PREFIX}{number}"));
        fs::rename(&hidden, &folder).map_err(|e| failed("cannot rename the folder", &folder, e))?;
        disk::sync(own)?;
        Ok(Some(Self { number, folder, manifest }))
    }

    /// Makes the pipeline read the records, under a name of its own.
    fn redirect(&self, resolved: &mut Resolved, pipeline: &str) -> Result<()> {
        let tables = resolved.sources.iter().map(|s| s.0.ddl.name.to_string());
        if !tables.eq(self.manifest.tables.iter().cloned()) {
            return Err(Error::config("the script reads other tables than when the replay began")
                .with("pipeline", pipeline)
                .with("before", self.manifest.tables.join(", "))
                .with_hint("let it finish with the tables that it began with"));
        }
        resolved.name = format!("{pipeline}.{PREFIX}{}", self.number);
        // All of it was rejected before, so what is rejected again says nothing about the source.
        resolved.pipeline.dead_letter_max_rate = MaxRate::Unlimited;
        // The rows are old by now: dropping them as late would make the replay useless.
        resolved.sink.commit.late_data = config::sink::LateData::Recommit;
        for (n, (_, options, _)) in resolved.sources.iter_mut().enumerate() {
            if matches!(options.connector, Connector::Hive(_)) {
                options.connector = rows_of_tables();
            }
            let Connector::Filesystem { files, format } = &mut options.connector else { continue };
            files.path = self.folder.join(n.to_string()).display().to_string();
            files.path_regex = None;
            files.monitor_interval = None;
            files.compression = SourceCompression::None;
            if let FormatOptions::Csv(csv) = format {
                csv.skip_header_lines = 0;
            }
        }
        Ok(())
    }

    /// Puts the dead letters aside, then the replay's folder away. May run twice.
    fn finish(&self, own: &Path) -> Result<()> {
        let letters = own.join("dead-letters");
        let aside = letters.join(REPLAYED);
        disk::create_folder(&aside)?;
        for (name, cut) in &self.manifest.files {
            let (from, to) = (letters.join(name), aside.join(name));
            if *cut && from.exists() {
                keep_cut(&letters, name)?;
            }
            match fs::rename(&from, &to) {
                Err(e) if e.kind() == ErrorKind::NotFound && to.exists() => {}
                done => done.map_err(|e| failed("cannot move the dead letters", &from, e))?,
            }
        }
        disk::sync(&aside)?;
        disk::sync(&letters)?;
        let done = own.join(format!("{HIDDEN}{}.done", self.number));
        fs::rename(&self.folder, &done)
            .map_err(|e| failed("cannot rename the folder", &self.folder, e))?;
        disk::sync(own)?;
        fs::remove_dir_all(&done).map_err(|e| failed("cannot delete the folder", &done, e))
    }
}

/// Rows of a table are among the dead letters as records of JSON.
fn rows_of_tables() -> Connector {
    let json = JsonOptions { ignore_parse_errors: false, fail_on_missing_field: false };
    let files = FileOptions {
        path: String::new(),
        format: FormatKind::Json,
        monitor_interval: None,
        path_regex: None,
        compression: SourceCompression::None,
        split_size: ByteSize(64 << 20),
    };
    Connector::Filesystem { files, format: FormatOptions::Json(json) }
}

/// Writes the letters of a file whose records were cut into a file of their own.
fn keep_cut(letters: &Path, name: &str) -> Result<()> {
    let mut text = String::new();
    letters_of(&letters.join(name), |letter, line| {
        if letter.raw.bytes()?.is_none() {
            text.push_str(line);
            text.push('\n');
        }
        Ok(())
    })?;
    let stem = name.strip_suffix(".jsonl").unwrap_or(name);
    let (hidden, kept) =
        (letters.join(format!(".{stem}.cut")), letters.join(format!("{stem}.cut.jsonl")));
    fs::write(&hidden, text).map_err(|e| failed("cannot write the dead letters", &hidden, e))?;
    disk::sync(&hidden)?;
    fs::rename(&hidden, &kept).map_err(|e| failed("cannot rename the dead letters", &kept, e))
}

fn replay_folder(pipeline: &str, number: u32) -> Result<String> {
    pipeline_folder(&format!("{pipeline}.{PREFIX}{number}"))
}

/// Writes records into the folders of the sources that read them.
#[derive(Debug)]
struct Records {
    tables: BTreeMap<String, Folder>,
    written: Vec<PathBuf>,
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    borders: RecordBorders,
    /// Columns of a table's rows that the query reads.
    needs: BTreeSet<String>,
    file: BufWriter<File>,
    alone: u64,
}

impl Records {
    fn new(folder: &Path, resolved: &Resolved) -> Result<Self> {
        let (mut tables, mut written) = (BTreeMap::new(), Vec::new());
        for (n, (source, options, _)) in resolved.sources.iter().enumerate() {
            let name = source.ddl.name.to_string();
            let (borders, needs) = match &options.connector {
                Connector::Filesystem { format, .. } => (borders(format).0, BTreeSet::new()),
                Connector::Hive(_) => (RecordBorders::Lines, needs(resolved, n)),
                Connector::Kafka(_) | Connector::Datagen(_) => continue,
            };
            let path = folder.join(n.to_string());
            fs::create_dir(&path).map_err(|e| disk::no_folder(&path, e))?;
            let records = path.join("records");
            let file = create(&records)?;
            written.extend([records, path.clone()]);
            let folder = Folder { path, borders, needs, file: BufWriter::new(file), alone: 0 };
            if tables.insert(name.clone(), folder).is_some() {
                return Err(Error::new(
                    Kind::Unsupported,
                    "the pipeline reads a table more than once, so it is not known which part of it rejected a record",
                )
                .with("table", name)
                .with_hint("write the records to a file with `skep dlq export`, and read that"));
            }
        }
        Ok(Self { tables, written })
    }

    fn write(&mut self, table: &str, record: &[u8]) -> Result<()> {
        let folder = self.tables.get_mut(table).ok_or_else(|| {
            Error::config("the script does not read the table of a dead letter from files")
                .with("table", table)
                .with_hint("name the script that the pipeline was started with")
        })?;
        folder.has_all(record)?;
        if folder.borders.is_whole(record) {
            let done = folder.file.write_all(record).and_then(|()| folder.file.write_all(b"\n"));
            return done.map_err(|e| failed("cannot write the records", &folder.path, e));
        }
        // An open quote would swallow the record behind it.
        folder.alone += 1;
        let path = folder.path.join(format!("alone-{}", folder.alone));
        let done = create(&path)?.write_all(record);
        done.map_err(|e| failed("cannot write the record", &path, e))?;
        self.written.push(path);
        Ok(())
    }

    /// Gives all that was written, to be made durable.
    fn close(self) -> Result<Vec<PathBuf>> {
        for mut folder in self.tables.into_values() {
            let done = folder.file.flush();
            done.map_err(|e| failed("cannot write the records", &folder.path, e))?;
        }
        Ok(self.written)
    }
}

impl Folder {
    /// Checks that a row of a table has every column that the query reads now.
    fn has_all(&self, record: &[u8]) -> Result<()> {
        if self.needs.is_empty() {
            return Ok(());
        }
        let row: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(record)
            .map_err(|e| Error::data("a row among the dead letters is no object").with_source(e))?;
        match self.needs.iter().find(|name| !row.contains_key(*name)) {
            None => Ok(()),
            Some(name) => Err(Error::unsupported("a rejected row is kept without a column that the query reads now")
                .with("column", name)
                .with_hint("the rows are still in the table: INSERT with a WHERE those that `skep dlq show` prints")),
        }
    }
}

/// Names the columns that a branch reads of its table.
fn needs(resolved: &Resolved, branch: usize) -> BTreeSet<String> {
    let Some(bound) = resolved.bound.branches.get(branch) else { return BTreeSet::new() };
    let schema = bound.transform.input_schema();
    let name = |at: usize| schema.fields().get(at).map(|field| field.name().clone());
    bound.transform.reads().into_iter().filter_map(name).collect()
}

fn create(path: &Path) -> Result<File> {
    File::create_new(path).map_err(|e| failed("cannot create the file", path, e))
}
