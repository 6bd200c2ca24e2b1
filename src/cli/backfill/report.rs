//! The report: for each partition of the range what it had and has, or why it stays as it was.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use super::Form;
use super::manifest::Manifest;
use crate::commit::swap::{Amount, Journal, Swap, SwapMode, SwapState};
use crate::error::{Error, Result};
use crate::job::event::Ending;
use crate::job::run::Report;
use crate::names::is_hidden;

#[derive(Debug, Serialize)]
struct Shown<'a> {
    backfill: &'a str,
    table: String,
    mode: &'static str,
    range: &'a str,
    status: &'static str,
    rows_in: u64,
    rows_out: u64,
    filtered: u64,
    outside_of_the_range: u64,
    rejected: u64,
    skipped_records: u64,
    left_to_the_pipeline: u64,
    seconds: f64,
    partitions: Vec<Line<'a>>,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    partition: &'a str,
    outcome: &'static str,
    before: Option<Amount>,
    after: Option<Amount>,
    /// Rows that the backfill has made.
    built_rows: Option<u64>,
    /// Files that were there and are still.
    kept_files: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// Gives the word for a mode.
pub(super) fn mode(mode: SwapMode) -> &'static str {
    match mode {
        SwapMode::Overwrite => "overwrite",
        SwapMode::Append => "append",
        SwapMode::Missing => "missing",
    }
}

/// Writes a size for people.
pub(super) fn bytes(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}

/// Prints the report.
pub(super) fn show(
    manifest: &Manifest,
    journal: &Journal,
    ended: &Report,
    elapsed: Duration,
    form: Form,
) -> Result<()> {
    let counts = ended.counts;
    let shown = Shown {
        backfill: &manifest.name,
        table: manifest.table.to_string(),
        mode: mode(manifest.mode),
        range: &manifest.range,
        status: if ended.ending == Ending::Stopped { "stopped" } else { "finished" },
        rows_in: counts.rows_in,
        rows_out: counts.rows_out,
        filtered: counts.filtered,
        outside_of_the_range: counts.outside,
        rejected: counts.rejected,
        skipped_records: counts.skipped,
        left_to_the_pipeline: manifest.left,
        seconds: elapsed.as_secs_f64(),
        partitions: lines(manifest, journal, ended.ending != Ending::Stopped),
    };
    if form == Form::Json {
        let text = serde_json::to_string(&shown)
            .map_err(|e| Error::internal("cannot write JSON").with_source(e))?;
        super::super::say(&text);
    } else {
        text(&shown, counts.rows_in - ended.before.rows_in, elapsed);
    }
    Ok(())
}

fn lines<'a>(manifest: &'a Manifest, journal: &'a Journal, ended: bool) -> Vec<Line<'a>> {
    let mut lines: Vec<Line<'a>> = journal.iter().map(|swap| line(manifest.mode, swap)).collect();
    let named: BTreeSet<&str> = journal.iter().map(|swap| swap.partition.as_str()).collect();
    for one in manifest.existing.iter().filter(|one| !named.contains(one.partition.as_str())) {
        let except = manifest.except.get(&one.partition).map(String::as_str);
        let reason = match except {
            Some(reason) => reason,
            // Rows are added where they belong: nobody expects them in each partition.
            None if manifest.mode == SwapMode::Append => continue,
            None if ended => "the source has no rows for it",
            None => "not done yet",
        };
        let (partition, amount) = (one.partition.as_str(), Some(one.amount));
        lines.push(Line {
            partition,
            outcome: "skipped",
            before: amount,
            after: amount,
            built_rows: None,
            kept_files: 0,
            reason: Some(reason),
        });
    }
    lines.sort_by_key(|line| line.partition);
    lines
}

fn line(mode: SwapMode, swap: &Swap) -> Line<'_> {
    let outcome = match (swap.state, mode, &swap.before) {
        (SwapState::Skipped, ..) => "skipped",
        (SwapState::Begun, ..) => "not done",
        (SwapState::Swapped, _, None) => "added",
        (SwapState::Swapped, SwapMode::Append, Some(_)) => "added to",
        (SwapState::Swapped, SwapMode::Overwrite | SwapMode::Missing, Some(_)) => "replaced",
    };
    Line {
        partition: &swap.partition,
        outcome,
        before: swap.before,
        after: swap.after,
        built_rows: swap.built.rows,
        kept_files: swap.kept.iter().filter(|name| !is_hidden(name.as_ref())).count(),
        reason: swap.reason.as_deref(),
    }
}

fn text(shown: &Shown<'_>, rows: u64, elapsed: Duration) {
    let say = super::super::say;
    let how =
        if shown.status == "stopped" { "stopped; start it again to go on" } else { "finished" };
    say(&format!("{}: {how}", shown.backfill));
    say(&format!("  {} {}, range {}", shown.mode, shown.table, shown.range));
    let per_second = u128::from(rows) * 1000 / elapsed.as_millis().max(1);
    say(&format!(
        "  rows in {}, out {}, filtered {}, outside of the range {}, rejected {}, skipped {}; {per_second} rows/s",
        shown.rows_in,
        shown.rows_out,
        shown.filtered,
        shown.outside_of_the_range,
        shown.rejected,
        shown.skipped_records
    ));
    if shown.left_to_the_pipeline > 0 {
        say(&format!(
            "  left to the live pipeline, which had not read them to their end: {} parts of the source",
            shown.left_to_the_pipeline
        ));
    }
    if shown.rows_out == 0 && shown.outside_of_the_range > 0 {
        say(
            "  no row was in the range: if partition values are times, partition.time-extractor.timestamp-pattern says how; else use --partitions",
        );
    }
    say(&format!(
        "  {:<40} {:<9} {:>12} {:>12} {:>6}  reason",
        "partition", "outcome", "rows before", "rows after", "files"
    ));
    for line in &shown.partitions {
        let rows = |amount: Option<Amount>| match amount {
            None => "-".to_owned(),
            Some(amount) => amount.rows.map_or_else(|| "?".to_owned(), |n| n.to_string()),
        };
        let kept = match line.kept_files {
            0 => String::new(),
            n if shown.mode == "overwrite" => format!("{n} files came meanwhile and stay"),
            _ => String::new(),
        };
        say(&format!(
            "  {:<40} {:<9} {:>12} {:>12} {:>6}  {}",
            if line.partition.is_empty() { "(the table)" } else { line.partition },
            line.outcome,
            rows(line.before),
            rows(line.after),
            line.after.map_or(0, |after| after.files),
            line.reason.map_or(kept, str::to_owned)
        ));
    }
}
