//! `skep validate` and `skep explain`: what would run, without running it.

use config::explain::Explained;
use config::source::Connector;
use config::{PipelineOptions, SinkOptions};
use metastore::Catalog;

use super::ingest::prepare;
use super::resolve::Resolved;
use super::resolve::dimensions::JoinedTable;
use super::{Common, say};
use crate::catalog;
use crate::error::Result;
use crate::read::Files;
use crate::read::dimension::look;

/// Reports every problem.
pub(super) fn validate(common: &Common) -> Result<()> {
    let settings = common.settings()?;
    let catalog = catalog::of_settings(&settings)?;
    let (_, resolved) = prepare(&settings, &catalog)?;
    for one in &resolved {
        say(&format!("{}: ok", one.name));
    }
    Ok(())
}

/// Flags of `skep explain`.
#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    #[command(flatten)]
    common: Common,
    /// Show Hive's syntax tree of each statement instead, as EXPLAIN AST does
    #[arg(long)]
    ast: bool,
}

/// Shows what would run, or how it was read.
pub(super) fn run(args: &ExplainArgs) -> Result<()> {
    if args.ast { super::syntax::trees(&args.common) } else { explain(&args.common) }
}

/// Shows what would run.
fn explain(common: &Common) -> Result<()> {
    let settings = common.settings()?;
    let catalog = catalog::of_settings(&settings)?;
    let (_, resolved) = prepare(&settings, &catalog)?;
    let files = super::files(&settings);
    for one in &resolved {
        show(one, catalog.as_ref(), &files);
    }
    say("Settings");
    options(settings.explain());
    Ok(())
}

fn show(one: &Resolved, catalog: &dyn Catalog, files: &Files) {
    say(&format!("Pipeline {}", one.name));
    say(&format!("  writes {} with {} lanes", one.table.name, one.lanes()));
    let kind = if one.is_bounded() { "bounded: ends by itself" } else { "unbounded" };
    say(&format!("  {kind}"));
    say(
        "  exactly-once: yes, because positions and files are saved in one checkpoint, and files become visible by an atomic rename after it",
    );
    let branches = one.bound.branches.iter().zip(&one.sources).zip(&one.joined);
    for ((branch, (source, source_options, watermark)), joined) in branches {
        say(&format!("  reads {}{}", source.ddl.name, how(&source_options.connector)));
        if let Some(watermark) = watermark {
            say(&format!("    watermark: event time minus {} ms", watermark.delay.as_millis()));
        }
        if let Connector::Hive(table) = &source_options.connector {
            let fields = branch.transform.input_schema();
            let read = branch.transform.reads();
            let read: Vec<&str> = read
                .iter()
                .filter_map(|at| Some(fields.fields().get(*at)?.name().as_str()))
                .collect();
            say(&format!("    columns: {}", read.join(", ")));
            if branch.condition.is_some() {
                say("    partitions and pieces of files that the WHERE rules out are not read");
            }
            if table.is_watermark {
                say("    watermark: the time of the partition");
            }
        }
        for line in branch.transform.describe().lines() {
            say(&format!("    {line}"));
        }
        say(&format!("  options of {}", source.ddl.name));
        options(source_options.explain(&source.properties, &one.session));
        for table in joined {
            say(&format!("  {}", table.describe()));
            say(&format!("    now: {}", size(table, catalog, files)));
            options(table.explain());
        }
    }
    say(&format!("  options of {}", one.table.name));
    options(SinkOptions::explain(&one.properties, &one.session));
    say("  options of the pipeline");
    options(PipelineOptions::explain(&one.session));
}

/// Says in words how a Hive table is read.
fn how(connector: &Connector) -> String {
    let Connector::Hive(table) = connector else { return String::new() };
    match table.monitor_interval() {
        None => " once, all that is there".to_owned(),
        Some(interval) => {
            format!(" as a stream, looked at every {} ms for what is new", interval.as_millis())
        }
    }
}

/// Says how much there is of a table that rows are joined with.
fn size(table: &JoinedTable, catalog: &dyn Catalog, files: &Files) -> String {
    match look(catalog, files, &table.plan) {
        Err(error) => format!("cannot be told: {error}"),
        Ok(None) => {
            "no partition yet: an inner join waits for one, an outer join finds nothing".to_owned()
        }
        Ok(Some(look)) => {
            let (files, bytes) = look.size();
            let partitions = match look.partitions.as_slice() {
                [(one, _)] if one.name.is_empty() => String::new(),
                [(one, _)] => format!("partition {}, ", one.name),
                all => format!("{} partitions, ", all.len()),
            };
            format!("{partitions}{files} files, {bytes} bytes on disk")
        }
    }
}

fn options(all: Vec<Explained>) {
    for one in all {
        let value = one.value.as_deref().unwrap_or("(not set)");
        say(&format!("    {} = {value}  ({})", one.key, one.origin));
    }
}
