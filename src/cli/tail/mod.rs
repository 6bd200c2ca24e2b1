//! `skep tail`: a table's rows as they become visible.
//!
//! ```text
//!  Watch ─► Enumerator ─► files in order ─► scan ─► condition ─► Output
//!    ▲          │ state                                │
//!    └─ interval└────────────── Group: position ◄──────┘
//! ```

mod beginning;
mod group;
mod notices;
mod output;
mod query;
mod skips;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::ValueEnum;
use metastore::names::TableName;
use metastore::{Catalog, Table};

use self::beginning::{From, begin};
use self::group::{Group, Place as Position};
use self::notices::Notices;
use self::output::Output;
use self::query::Query;
use super::{Place, WallClock, existing_catalog, files, ingest, tell};
use crate::error::{Error, Kind, Result};
use crate::read::enumerator::{Enumerator, ReplacedFiles, Rules};
use crate::read::listing::Watch;
use crate::read::order::Order;
use crate::read::state::{FileHash, file_hash};
use crate::read::{DataFile, Files, ReadTable, TablePartition, View, scan};
use crate::source::{Split, SplitDetail};
use crate::time::{Clock as _, Timestamp};

/// Files that are given out at once.
const FILES: usize = 1024;

/// How long the shell sleeps at most before it looks whether it is to stop.
const NAP: Duration = Duration::from_millis(50);

/// The share of the interval that is slept however long a look takes.
const BREATHERS: u32 = 10;

/// Arguments of `skep tail`.
#[derive(Debug, clap::Args)]
pub(crate) struct TailArgs {
    /// The table: name or database.name
    table: String,
    /// Begin with the last N rows that are there
    #[arg(short = 'n', long = "lines", value_name = "N", default_value_t = 10)]
    lines: u64,
    /// Begin elsewhere instead: earliest, a partition (dt=2026-01-01, and what follows it), or a time
    /// (2026-01-01 12:00:00, UTC: files written since)
    #[arg(long, value_name = "WHERE")]
    from: Option<String>,
    /// Only rows that fulfil a condition in HiveQL, over all columns: "dt >= '2026-01-01' and length(name) > 3"
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    /// Only these columns, which may also be partition columns and `INPUT__FILE__NAME`
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// Form of the rows
    #[arg(long, value_enum, default_value = "table")]
    format: RowForm,
    /// End when everything that is there was printed
    #[arg(long)]
    no_follow: bool,
    /// What a file that cannot be read is: the end, or a warning; skip unless --no-follow
    #[arg(long, value_enum, value_name = "fail|skip")]
    on_error: Option<OnError>,
    /// Keep the position under this name, and go on from there the next time; -n and --from only count the first time
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Time between two looks
    #[arg(long, value_name = "DURATION", value_parser = config::units::parse_duration, default_value = "1s")]
    interval: Duration,
    #[command(flatten)]
    place: Place,
}

/// Form of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowForm {
    /// Aligned, for people
    Table,
    /// One object a line
    Json,
    /// With a line of names
    Csv,
    /// A stream of Arrow's IPC format
    Arrow,
}

/// What becomes of a file that cannot be read: one that is damaged, that the table's columns do not fit, that may not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnError {
    /// It ends the command
    Fail,
    /// It is told, counted and left out; a file that takes its place is read
    Skip,
}

impl TailArgs {
    /// Whoever follows a table is not to end by one bad file of another's; whoever reads what is there wants all of it.
    fn on_error(&self) -> OnError {
        self.on_error.unwrap_or(if self.no_follow { OnError::Fail } else { OnError::Skip })
    }
}

/// Why the rows of a file were not all printed.
enum Failed {
    /// The file cannot be read.
    Reading(Error),
    /// All else.
    Other(Error),
}

impl std::convert::From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// Runs the verb.
pub(super) fn run(args: &TailArgs) -> Result<()> {
    let settings = args.place.settings()?;
    ingest::start_logging(&settings);
    let catalog = existing_catalog(&settings)?;
    let name = TableName::parse(&args.table, metastore::names::DEFAULT_DATABASE)?;
    let files = Arc::new(files(&settings));
    let table = ReadTable::open(catalog.get_table(&name)?, &files)?;
    let from = From::parse(args.from.as_deref(), args.lines, &table)?;
    let query = Query::new(&table, args.columns.as_deref(), args.condition.as_deref())?;
    let mut group = match &args.group {
        Some(name) => Some(Group::open(&settings.state, &table.table, name, query.text())?),
        None => None,
    };
    let stop = ingest::stop_flag()?;
    let output = Output::new(args.format, query.columns())?;
    let kept = group.as_mut().and_then(Group::take);
    let mut tail = Tail::new(args, (catalog, files), &table.table, (query, output), &stop);
    let done = tail.run(&from, kept, group).and_then(|()| tail.output.finish());
    tail.notices.end();
    // Whatever has ended it, what was printed is not printed again.
    let saved = tail.save(true);
    match done {
        Err(e) if output::is_closed(&e) => saved,
        Err(e) => Err(e),
        Ok(()) => saved,
    }
}

/// What is being printed.
struct Tail<'a> {
    args: &'a TailArgs,
    query: Query,
    output: Output,
    files: Arc<Files>,
    watch: Watch,
    enumerator: Enumerator,
    /// What the files that were given out last are part of, by partition, if the table is transactional.
    views: BTreeMap<String, Arc<View>>,
    notices: Notices,
    position: Position,
    group: Option<Group>,
    /// When the last look began.
    looked: Timestamp,
    stop: &'a AtomicBool,
}

impl<'a> Tail<'a> {
    fn new(
        args: &'a TailArgs,
        (catalog, files): (Arc<dyn Catalog>, Arc<Files>),
        table: &Table,
        (query, output): (Query, Output),
        stop: &'a AtomicBool,
    ) -> Self {
        let plan = query.plan().clone();
        let wanted = move |partition: &TablePartition| plan.wants(partition);
        let name = table.name.to_string();
        let rules = Rules {
            branch: 0,
            table: name.clone(),
            order: Order::PartitionName,
            start: None,
            replaced: ReplacedFiles::Read,
            watermark: None,
        };
        let (name_of_table, shared) = (table.name.clone(), Arc::clone(&files));
        Self {
            args,
            query,
            output,
            files,
            watch: Watch::new(catalog, name_of_table, shared, Box::new(wanted), !args.no_follow),
            enumerator: Enumerator::new(rules),
            views: BTreeMap::new(),
            notices: Notices::default(),
            position: Position::new(&name),
            group: None,
            looked: WallClock.now(),
            stop,
        }
    }

    fn run(&mut self, from: &From, kept: Option<Position>, group: Option<Group>) -> Result<()> {
        let listing = self.watch.look(self.looked)?;
        self.notices.first(&listing);
        self.enumerator.take_in(listing);
        match kept {
            Some(position) => self.position = position,
            None => begin(self, from)?,
        }
        if self.stopped() {
            return Ok(());
        }
        // From here on there is a position to keep.
        self.group = group;
        self.drain()?;
        while !self.args.no_follow && !self.stopped() {
            self.nap()?;
            if self.look()? {
                self.drain()?;
            }
        }
        Ok(())
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Sleeps until the next look, which is an interval after the last one began.
    fn nap(&mut self) -> Result<()> {
        let interval = self.args.interval;
        let until = self.looked.plus(interval).max(WallClock.now().plus(interval / BREATHERS));
        loop {
            output::check()?;
            let left = until.since(WallClock.now());
            if left.is_zero() || self.stopped() {
                return Ok(());
            }
            std::thread::park_timeout(left.min(NAP));
        }
    }

    /// Looks at what has changed; false if the metastore or a folder cannot be asked now.
    fn look(&mut self) -> Result<bool> {
        self.looked = WallClock.now();
        match self.watch.look(self.looked) {
            Ok(listing) => {
                self.notices.look(&listing, &self.position.state);
                self.enumerator.take_in(listing);
                Ok(true)
            }
            Err(e) if e.kind() == Kind::Unavailable => {
                self.notices.away(&e);
                Ok(false)
            }
            Err(e) => Err(e),
        }
    }

    /// Prints what is new.
    fn drain(&mut self) -> Result<()> {
        while !self.stopped() {
            let given = self.enumerator.give(&self.position.state, FILES, &whole)?;
            if given.splits.is_empty() && given.delta.is_empty() {
                break;
            }
            self.views = given.views;
            for split in &given.splits {
                let done = self.file(split)?;
                if !done || self.stopped() {
                    return self.output.flush();
                }
            }
            let printed = given.splits.iter().filter_map(|split| self.file_of(split));
            let printed: Vec<FileHash> = printed.map(|(_, _, hash)| hash).collect();
            self.position.known(&given.delta, &printed);
            self.save(false)?;
        }
        self.output.flush()
    }

    /// Prints the rows of a file that were not printed yet; false if it, and what follows it, is to be tried again later.
    fn file(&mut self, split: &Split) -> Result<bool> {
        let Some((partition, file, hash)) = self.file_of(split) else { return Ok(true) };
        let Some(skip) = self.position.left_of(hash) else { return Ok(true) };
        self.notices.file(&partition.name);
        let mut rows = 0;
        let mut done = true;
        match self.rows(&partition, &file, hash, skip, &mut rows) {
            Ok(true) => {
                self.position.finish(hash);
                self.notices.read();
            }
            Ok(false) => {}
            Err(Failed::Reading(e)) => {
                done = self.unreadable(&file, rows, e)?;
                if done {
                    self.position.finish(hash);
                }
            }
            Err(Failed::Other(e)) => return Err(e),
        }
        self.output.flush()?;
        self.save(false)?;
        Ok(done)
    }

    /// Tells of a file that could not be read on behind some rows; false if it is to be tried again later.
    ///
    /// # Errors
    /// The file's own, if it is to end the command.
    fn unreadable(&mut self, file: &DataFile, rows: u64, error: Error) -> Result<bool> {
        if self.is_gone(file, &error)? {
            tell(&format!(
                "{}: gone after {rows} rows were read: {}",
                file.path,
                error.in_a_line()
            ));
            return Ok(true);
        }
        match (error.kind(), self.args.on_error()) {
            (Kind::Unavailable, _) if !self.args.no_follow => {
                self.notices.stuck(&error);
                Ok(false)
            }
            (Kind::Data | Kind::Schema | Kind::Unsupported | Kind::Config, OnError::Skip) => {
                self.notices.skipped(file, rows, &error);
                Ok(true)
            }
            _ => Err(error),
        }
    }

    /// Prints rows of a file behind the first ones; false if it was not read to its end.
    fn rows(
        &mut self,
        partition: &TablePartition,
        file: &DataFile,
        hash: FileHash,
        skip: u64,
        rows: &mut u64,
    ) -> Result<bool, Failed> {
        let opened = scan(self.query.plan(), &self.files, partition, file, None);
        for batch in opened.map_err(Failed::Reading)? {
            if self.stopped() {
                return Ok(false);
            }
            let batch = self.query.apply(&batch.map_err(Failed::Reading)?)?;
            let before = *rows;
            *rows += batch.num_rows() as u64;
            if *rows <= skip {
                continue;
            }
            let first = usize::try_from(skip.saturating_sub(before)).unwrap_or(usize::MAX);
            self.output.print(&batch.slice(first, batch.num_rows() - first))?;
            self.position.reading(hash, *rows);
        }
        Ok(true)
    }

    /// Gives what a split names; nothing if its partition is gone.
    fn file_of(&self, split: &Split) -> Option<(Arc<TablePartition>, DataFile, FileHash)> {
        let SplitDetail::TableFile { partition, path, identity, seen, .. } = &split.detail else {
            return None;
        };
        let file = match seen {
            None => DataFile::new(path.clone(), identity.clone()),
            Some(rows) => self.views.get(partition)?.find(path, rows)?,
        };
        let partition = self.watch.partition(partition)?;
        let hash = file_hash(&partition.location, &file);
        Some((partition, file, hash))
    }

    /// Tells whether an error comes of a file that is gone, or was replaced under its name.
    fn is_gone(&self, file: &DataFile, error: &Error) -> Result<bool> {
        Ok(match error.kind() {
            Kind::NotFound => !output::is_closed(error),
            Kind::Data => self.files.look(&file.path)?.as_ref() != Some(&file.identity),
            _ => false,
        })
    }

    /// Keeps the position, now or when it is time again.
    fn save(&mut self, now: bool) -> Result<()> {
        match &mut self.group {
            Some(group) => group.save(&self.position, WallClock.now(), now),
            None => Ok(()),
        }
    }
}

/// Takes a file as one piece, unless it has no bytes.
fn whole(_: &TablePartition, file: &DataFile) -> Result<Vec<std::ops::Range<u64>>> {
    let bytes = file.identity.size;
    Ok(if bytes == 0 { Vec::new() } else { std::iter::once(0..bytes).collect() })
}
