//! `skep partitions`: a table's partitions, and why one is still pending.

use std::collections::BTreeMap;

use config::Settings;
use metastore::Catalog;
use metastore::model::keys;
use metastore::names::{PartitionPath, TableName};
use serde::Serialize;

use super::known::{Known, KnownTrigger};
use super::{Format, Place, WallClock, existing_catalog, say, tell};
use crate::checkpoint::store::CheckpointStore;
use crate::commit::trigger::Readiness;
use crate::error::{Error, Kind, Result};
use crate::time::Clock as _;
use crate::write::Target;

/// Arguments of `skep partitions`.
#[derive(Debug, clap::Args)]
pub(crate) struct PartitionsArgs {
    /// The table: name or database.name
    table: String,
    /// Form of the list
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Default, Serialize)]
struct Line {
    partition: String,
    status: &'static str,
    revision: u64,
    rows: Option<i64>,
    files: Option<i64>,
    bytes: Option<i64>,
    reason: String,
    #[serde(skip)]
    commit_id: Option<String>,
}

/// Runs the verb.
pub(super) fn run(args: &PartitionsArgs) -> Result<()> {
    let settings = args.place.settings()?;
    let catalog = existing_catalog(&settings)?;
    let name = TableName::parse(&args.table, metastore::names::DEFAULT_DATABASE)?;
    // What waits is known without the metastore, and most asked for while it is away.
    let (mut lines, away) = match committed(catalog.as_ref(), &name) {
        Ok(lines) => (lines, None),
        Err(error) if error.kind() == Kind::Unavailable => {
            tell(&format!("warning: {error}; only partitions that wait are listed"));
            (BTreeMap::new(), Some(error.to_string()))
        }
        Err(error) => return Err(error),
    };
    for (own, known) in Known::all(&settings.state)? {
        // What a backfill has built is not in the table yet.
        if known.table == name && !matches!(known.trigger, KnownTrigger::End) {
            pending(&own, &known, away.as_deref(), &mut lines)?;
        }
    }
    print(lines.into_values(), args.format)
}

/// Says what a partition that is not announced waits for, as far as a pipeline of this warehouse knows it.
///
/// Shape: `None` if no pipeline writes it; an empty text if it is announced as far as the pipelines know.
pub(super) fn waits_for(
    settings: &Settings,
    table: &TableName,
    partition: &str,
) -> Result<Option<String>> {
    let mut lines = BTreeMap::new();
    for (own, known) in Known::all(&settings.state)? {
        if known.table == *table {
            pending(&own, &known, None, &mut lines)?;
        }
    }
    Ok(lines.remove(partition).map(|line| line.reason))
}

/// Lists what the catalog has, some partitions at a time.
fn committed(catalog: &dyn Catalog, name: &TableName) -> Result<BTreeMap<String, Line>> {
    catalog.get_table(name)?;
    let names =
        catalog.partition_names(name, None).collect::<metastore::Result<Vec<PartitionPath>>>()?;
    let mut lines = BTreeMap::new();
    for some in names.chunks(1000) {
        for partition in catalog.get_partitions(name, some)? {
            let number = |key: &str| partition.parameters.get(key).and_then(|n| n.parse().ok());
            let path = partition.spec.to_path()?.to_string();
            let line = Line {
                partition: path.clone(),
                status: "committed",
                revision: partition.revision(),
                rows: number(keys::NUM_ROWS),
                files: number(keys::NUM_FILES),
                bytes: number(keys::TOTAL_SIZE),
                reason: String::new(),
                commit_id: partition.parameters.get(keys::COMMIT_ID).cloned(),
            };
            lines.insert(path, line);
        }
    }
    Ok(lines)
}

/// Adds what the last checkpoint of a pipeline says.
fn pending(
    own: &std::path::Path,
    known: &Known,
    away: Option<&str>,
    lines: &mut BTreeMap<String, Line>,
) -> Result<()> {
    let store = CheckpointStore::open_read_only(own)?;
    let Some(checkpoint) = store.latest()? else { return Ok(()) };
    let trigger = known.trigger()?;
    for pending in checkpoint.pending.iter().filter(|p| p.key.target == Target::Table) {
        // The catalog may be ahead of the checkpoint: what it has been told is no longer pending.
        let told = lines.get(&pending.key.path).and_then(|line| line.commit_id.as_deref());
        let told =
            told.and_then(|id| id.strip_prefix(checkpoint.job.0.as_str())?.strip_prefix('-'));
        let told: Option<u64> = told.and_then(|number| number.parse().ok());
        if told.is_some_and(|number| number >= pending.last_checkpoint.0) {
            continue;
        }
        let reason = match trigger.check(pending, checkpoint.watermark, WallClock.now()) {
            _ if pending.due.is_some() => None,
            Readiness::Due => None,
            Readiness::Waiting(waiting) => Some(waiting.to_string()),
        };
        let line = lines
            .entry(pending.key.path.clone())
            .or_insert_with(|| Line { partition: pending.key.path.clone(), ..Line::default() });
        line.status = if reason.is_none() { "due" } else { "open" };
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        line.rows = Some(line.rows.unwrap_or(0).max(0) + number(pending.rows));
        line.files = Some(line.files.unwrap_or(0).max(0) + number(pending.files));
        line.bytes = Some(line.bytes.unwrap_or(0).max(0) + number(pending.bytes));
        line.reason = reason.unwrap_or_else(|| match away {
            Some(why) => format!("waiting for the metastore: {why}"),
            None => format!("waiting to be announced by pipeline {}: is it running?", known.name),
        });
    }
    Ok(())
}

fn print(lines: impl Iterator<Item = Line>, format: Format) -> Result<()> {
    if format == Format::Table {
        say(&format!(
            "{:<40} {:<10} {:>8} {:>12} {:>6} {:>14}  reason",
            "partition", "status", "revision", "rows", "files", "bytes"
        ));
    }
    for line in lines {
        match format {
            Format::Json => {
                let text = serde_json::to_string(&line)
                    .map_err(|e| Error::internal("cannot write JSON").with_source(e))?;
                say(&text);
            }
            Format::Table => {
                let number = |n: Option<i64>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
                say(&format!(
                    "{:<40} {:<10} {:>8} {:>12} {:>6} {:>14}  {}",
                    line.partition,
                    line.status,
                    line.revision,
                    number(line.rows),
                    number(line.files),
                    number(line.bytes),
                    line.reason
                ));
            }
        }
    }
    Ok(())
}
