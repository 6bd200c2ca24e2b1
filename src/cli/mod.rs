//! The command line: one file per verb. Data go to stdout, messages to stderr.

mod backfill;
mod catalogs;
mod dlq;
mod explain;
mod handler;
mod ingest;
mod inspect;
mod known;
mod metastore;
mod migrate;
mod partitions;
mod progress;
mod refusal;
mod replay;
pub mod resolve;
mod schema_url;
pub mod script;
mod state;
mod syntax;
mod tail;
mod wait;

use std::error::Error as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use config::{Flags, Settings};

use crate::catalog;
use crate::error::{Error, Result};
use crate::read::Files;

/// Streams files into Hive tables, exactly once
#[derive(Debug, Parser)]
#[command(name = "skep", version, propagate_version = true)]
struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the INSERTs of scripts as streaming pipelines
    Ingest(Common),
    /// Run a pipeline's SELECT once more over a range of its source, into partitions that replace the live ones
    Backfill(Box<backfill::BackfillArgs>),
    /// Report every problem of scripts and options, and run nothing
    Validate(Common),
    /// Show what would run: pipelines, effective options and where each comes from
    Explain(explain::ExplainArgs),
    /// Look at Hive scripts and report what runs, what differs and what does not
    Migrate(migrate::MigrateArgs),
    /// List a table's partitions and why one is still pending
    Partitions(partitions::PartitionsArgs),
    /// Show what is in a data file or in the files of a table, and what a condition skips
    Inspect(inspect::InspectArgs),
    /// Print a table's rows as they become visible
    Tail(tail::TailArgs),
    /// Wait until a partition is announced
    #[command(after_help = wait::EXIT_CODES)]
    Wait(wait::WaitArgs),
    /// Look at rejected records, read them once more
    Dlq(dlq::DlqArgs),
    /// Look at checkpoints, copy one as a savepoint
    State(state::StateArgs),
    /// Serve the embedded metastore to Spark, Trino, Flink and Hive
    Metastore(metastore::MetastoreArgs),
    /// Print the completion script of a shell
    Completion {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Flags of verbs that read scripts.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Common {
    /// Scripts, in order; globs are allowed
    scripts: Vec<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// Set an option, as SET does: key=value
    #[arg(long = "hiveconf", value_name = "KEY=VALUE")]
    hiveconf: Vec<String>,
    /// Set a variable for ${hivevar:name}: name=value
    #[arg(long = "hivevar", value_name = "NAME=VALUE")]
    hivevar: Vec<String>,
    /// Start new pipelines from a savepoint folder
    #[arg(long, value_name = "DIR")]
    from_savepoint: Option<PathBuf>,
    /// Do not draw a progress bar
    #[arg(long, short)]
    quiet: bool,
}

/// Flags that say where things are.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Place {
    /// Folder of the databases
    #[arg(long, global = true, value_name = "DIR")]
    warehouse: Option<String>,
    /// Folder of checkpoints and dead letters
    #[arg(long, global = true, value_name = "DIR")]
    state: Option<String>,
    /// Folder of the hive-site.xml that names the Hive Metastore
    #[arg(long, global = true, value_name = "DIR")]
    hive_conf_dir: Option<String>,
    /// Service file
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Least important kind of log line: error, warn, info, debug, trace
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<String>,
    /// Form of log lines: text or json
    #[arg(long, global = true, value_name = "FORM")]
    log_format: Option<String>,
}

/// Form of what is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// One JSON object a line
    Json,
}

impl Place {
    fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            warehouse: self.warehouse.clone(),
            state: self.state.clone(),
            log_format: self.log_format.clone(),
            log_level: self.log_level.clone(),
            hive_conf_dir: self.hive_conf_dir.clone(),
            ..Flags::default()
        }
    }

    fn settings(&self) -> Result<Settings> {
        load(&self.flags())
    }
}

impl Common {
    fn settings(&self) -> Result<Settings> {
        let mut settings = load(&Flags {
            hiveconf: self.hiveconf.clone(),
            hivevar: self.hivevar.clone(),
            scripts: self.scripts.clone(),
            ..self.place.flags()
        })?;
        catalogs::adopt(&mut settings)?;
        Ok(settings)
    }
}

/// Opens the catalog of the settings; the embedded one must be there already.
///
/// # Errors
/// `NotFound` if the warehouse has no metastore; as [`catalog::of_settings`].
pub(crate) fn existing_catalog(settings: &Settings) -> Result<Arc<dyn ::metastore::Catalog>> {
    if !catalog::is_remote(settings)? && !catalog::exists(&settings.warehouse) {
        return Err(Error::not_found("there is no metastore in this warehouse")
            .with("warehouse", settings.warehouse.display())
            .with_hint("check --warehouse; `skep ingest` makes it"));
    }
    catalog::of_settings(settings)
}

/// Makes the files of tables that are read, wherever they are.
pub(crate) fn files(settings: &Settings) -> Files {
    Files::with_s3(&settings.s3).with_schemas(schema_url::text)
}

fn load(flags: &Flags) -> Result<Settings> {
    config::load(flags).map_err(|problems| {
        for problem in problems.iter() {
            tell(&format!("{problem}"));
        }
        Error::config("the settings have mistakes")
    })
}

/// Runs the command line; gives the exit code after sysexits.
pub fn main() -> u8 {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let code = if error.use_stderr() { 64 } else { 0 };
            drop(error.print());
            return code;
        }
    };
    let done = match args.verb {
        Verb::Ingest(common) => ingest::run(&common),
        Verb::Backfill(args) => backfill::run(&args),
        Verb::Validate(common) => explain::validate(&common),
        Verb::Explain(args) => explain::run(&args),
        Verb::Migrate(args) => match migrate::run(&args) {
            Ok(code) => return code,
            Err(error) => Err(error),
        },
        Verb::Partitions(args) => partitions::run(&args),
        Verb::Inspect(args) => inspect::run(&args),
        Verb::Tail(args) => tail::run(&args),
        Verb::Wait(args) => wait::run(&args),
        Verb::Dlq(args) => dlq::run(&args),
        Verb::State(args) => state::run(&args),
        Verb::Metastore(args) => metastore::run(&args),
        Verb::Completion { shell } => {
            clap_complete::generate(shell, &mut Args::command(), "skep", &mut std::io::stdout());
            Ok(())
        }
    };
    match done {
        Ok(()) => 0,
        Err(error) => {
            print_error(&error);
            error.kind().exit_code()
        }
    }
}

/// Prints an error, what caused it, and what to do.
fn print_error(error: &Error) {
    tell(&format!("error: {error}"));
    let mut cause = error.source();
    let mut hint = error.hint().map(str::to_owned);
    while let Some(one) = cause {
        tell(&format!("  caused by: {one}"));
        if let Some(inner) = one.downcast_ref::<Error>().and_then(Error::hint) {
            hint.get_or_insert_with(|| inner.to_owned());
        }
        cause = one.source();
    }
    if let Some(hint) = hint {
        tell(&format!("\nhint: {hint}"));
    }
}

/// Prints a line of data. A reader that has gone away (`| head`) is no failure.
pub(crate) fn say(line: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{line}").is_err() {
        // Nobody reads on; what is left to print matters to nobody either.
        drop(out.flush());
    }
}

/// Prints a message. A terminal that has gone away or a full disk under a log must not end what runs.
pub(crate) fn tell(message: &str) {
    use std::io::Write as _;
    // There is no other place to say it.
    drop(writeln!(std::io::stderr().lock(), "{message}"));
}

/// The wall clock.
#[derive(Debug)]
pub(crate) struct WallClock;

impl crate::time::Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> crate::time::Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let millis = since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
        crate::time::Timestamp(millis)
    }
}
