//! `--plan`: partitions, sizes and cost, before anything is done.

use std::collections::BTreeSet;

use serde::Serialize;

use super::draft::Draft;
use super::{Form, Task, report};
use crate::commit::swap::SwapMode;
use crate::error::{Error, Result};
use crate::job::pace::Unit;
use crate::job::plan::Plan;
use crate::source::SplitDetail;

/// What a backfill would do.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    backfill: &'a str,
    table: String,
    mode: &'static str,
    range: String,
    read: Read,
    /// Bytes that the table's file system needs beside the live data until the end: what is replaced is kept until then.
    replaced_bytes: u64,
    free_bytes: Option<u64>,
    /// At the rate limit; without one nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    least_seconds: Option<u64>,
    partitions: Vec<Partition>,
}

/// What would be read.
#[derive(Debug, Default, Serialize)]
struct Read {
    files: u64,
    /// On disk; compressed files hold more.
    file_bytes: u64,
    topic_partitions: u64,
    messages: u64,
    generated_rows: u64,
    /// Parts of the source that the live pipeline has not read yet: they are left to it.
    left_to_the_pipeline: u64,
}

#[derive(Debug, Serialize)]
struct Partition {
    #[serde(rename = "partition")]
    path: String,
    action: &'static str,
    files: u64,
    bytes: u64,
    rows: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Prints the plan.
pub(super) fn show(task: &Task<'_>, plan: &Plan, draft: &Draft) -> Result<()> {
    let partitions: Vec<Partition> = draft
        .existing
        .iter()
        .map(|one| {
            let reason = draft.except.get(&one.partition).cloned();
            let action = match (task.mode, &reason) {
                (_, Some(_)) | (SwapMode::Missing, None) => "skip",
                (SwapMode::Overwrite, None) => "replace",
                (SwapMode::Append, None) => "add to",
            };
            let amount = one.amount;
            let (files, bytes, rows) = (amount.files, amount.bytes, amount.rows);
            Partition { path: one.partition.clone(), action, files, bytes, rows, reason }
        })
        .collect();
    let read = read(draft);
    let replaced = partitions.iter().filter(|p| p.action == "replace").map(|p| p.bytes).sum();
    let least_seconds = task.args.rate_limit.and_then(|limit| {
        let amount = match limit.unit {
            Unit::Bytes => read.file_bytes,
            Unit::Rows => read.messages + read.generated_rows,
        };
        (amount > 0).then_some(amount / limit.per_second)
    });
    let shown = Shown {
        backfill: &task.name,
        table: plan.table.to_string(),
        mode: report::mode(task.mode),
        range: task.args.range.describe(),
        read,
        replaced_bytes: replaced,
        free_bytes: free(&plan.location),
        least_seconds,
        partitions,
    };
    if task.args.format == Form::Json {
        let text = serde_json::to_string(&shown)
            .map_err(|e| Error::internal("cannot write JSON").with_source(e))?;
        super::super::say(&text);
    } else {
        text(&shown);
    }
    Ok(())
}

fn read(draft: &Draft) -> Read {
    let mut read = Read { left_to_the_pipeline: draft.left, ..Read::default() };
    let mut files = BTreeSet::new();
    for split in &draft.splits {
        let weight = split.weight(split.start).unwrap_or(0);
        match &split.detail {
            SplitDetail::File { path, .. } | SplitDetail::TableFile { path, .. } => {
                files.insert(path);
                read.file_bytes += weight;
            }
            SplitDetail::Partition { .. } => {
                read.topic_partitions += 1;
                read.messages += weight;
            }
            SplitDetail::Sequence { .. } => read.generated_rows += weight,
        }
    }
    read.files = files.len() as u64;
    read
}

/// Gives the bytes that are free where the table is; `None` if nobody can say.
fn free(location: &std::path::Path) -> Option<u64> {
    let there = location.ancestors().find(|above| above.is_dir())?;
    let stat = rustix::fs::statvfs(there).ok()?;
    stat.f_bavail.checked_mul(stat.f_frsize)
}

fn text(shown: &Shown<'_>) {
    let say = super::super::say;
    say(&format!("{}: {} {}, range {}", shown.backfill, shown.mode, shown.table, shown.range));
    let read = &shown.read;
    for (count, what) in [
        (read.files, format!("files, {}", report::bytes(read.file_bytes))),
        (read.topic_partitions, format!("topic partitions, {} messages", read.messages)),
        (read.generated_rows, "generated rows".to_owned()),
    ] {
        if count > 0 {
            say(&format!("  reads {count} {what}"));
        }
    }
    if read.left_to_the_pipeline > 0 {
        say(&format!(
            "  leaves {} parts of the source to the live pipeline, which has not read them to their end yet",
            read.left_to_the_pipeline
        ));
    }
    if let Some(seconds) = shown.least_seconds {
        say(&format!("  takes {seconds} s or more at the rate limit"));
    }
    let free = shown.free_bytes.map_or_else(|| "?".to_owned(), report::bytes);
    say(&format!(
        "  needs room for the new partitions beside the old ones ({} to be replaced); {free} are free",
        report::bytes(shown.replaced_bytes)
    ));
    say(&format!("  {} partitions of the range exist", shown.partitions.len()));
    if shown.partitions.is_empty() {
        return;
    }
    say(&format!(
        "  {:<40} {:<8} {:>12} {:>6} {:>14}  reason",
        "partition", "action", "rows", "files", "bytes"
    ));
    for one in &shown.partitions {
        say(&format!(
            "  {:<40} {:<8} {:>12} {:>6} {:>14}  {}",
            if one.path.is_empty() { "(the table)" } else { &one.path },
            one.action,
            one.rows.map_or_else(|| "?".to_owned(), |n| n.to_string()),
            one.files,
            one.bytes,
            one.reason.as_deref().unwrap_or_default()
        ));
    }
}
