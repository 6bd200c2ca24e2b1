//! Where in what is there already the first row to print is.

use super::{Failed, Tail, whole};
use crate::error::{Error, Kind, Result};
use crate::partition_time::lenient;
use crate::read::order::{Order, Start};
use crate::read::{DataFile, ReadTable, TablePartition, scan};

/// Where to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum From {
    /// With the first row.
    Earliest,
    /// With the last rows.
    Last(u64),
    /// With a partition, by name.
    Partition(Start),
    /// With the files that were written since, in nanoseconds since 1970 UTC.
    Time(i64),
}

impl From {
    /// Reads `--from`, or takes the last rows.
    ///
    /// # Errors
    /// `Config` for what is none of the three.
    pub(super) fn parse(from: Option<&str>, lines: u64, table: &ReadTable) -> Result<Self> {
        let Some(text) = from.map(str::trim) else { return Ok(Self::Last(lines)) };
        if text.eq_ignore_ascii_case("earliest") {
            return Ok(Self::Earliest);
        }
        let first = text.split('=').next().unwrap_or_default();
        let is_key = |name: &str| name.eq_ignore_ascii_case(first);
        if text.contains('=') && table.partition_columns.first().is_some_and(|c| is_key(&c.name)) {
            let rest = &text[first.len()..];
            return Ok(Self::Partition(Start::Name(format!("{}{rest}", first.to_lowercase()))));
        }
        match lenient(text).and_then(|time| time.and_utc().timestamp_nanos_opt()) {
            Some(time) => Ok(Self::Time(time)),
            None => {
                let keys: Vec<&str> =
                    table.partition_columns.iter().map(|c| c.name.as_str()).collect();
                Err(Error::config("--from is neither earliest, nor a partition, nor a time")
                    .with("--from", text)
                    .with("partition columns", keys.join(", "))
                    .with_hint("write dt=2026-01-01 with the first partition column, or 2026-01-01 12:00:00"))
            }
        }
    }
}

/// Takes all that lies before the beginning as printed.
///
/// Cost: one number a file; for the last rows, files are read from the last one backwards until there are enough rows.
///
/// # Errors
/// As the enumerator's, and those of reading files.
pub(super) fn begin(tail: &mut Tail<'_>, from: &From) -> Result<()> {
    if *from == From::Earliest {
        return Ok(());
    }
    let given = tail.enumerator.give(&tail.position.state, usize::MAX, &whole)?;
    tail.views = given.views;
    let mut left = match from {
        From::Last(lines) => *lines,
        _ => u64::MAX,
    };
    for split in given.splits.iter().rev() {
        let Some((partition, file, hash)) = tail.file_of(split) else { continue };
        let is_chosen = left > 0
            && !tail.stopped()
            && match from {
                From::Earliest => true,
                From::Partition(start) => Order::PartitionName.includes(&partition, Some(start)),
                From::Time(time) => file.identity.modified_ns >= *time,
                From::Last(_) => {
                    let rows = count(tail, &partition, &file)?;
                    if rows > left {
                        tail.position.reading(hash, rows - left);
                    }
                    left -= rows.min(left);
                    rows > 0
                }
            };
        if !is_chosen {
            tail.position.finish(hash);
        }
    }
    Ok(())
}

/// Counts the rows of a file that would be printed; none if it is gone or left out.
fn count(tail: &mut Tail<'_>, partition: &TablePartition, file: &DataFile) -> Result<u64> {
    let mut rows = 0;
    let mut read = || -> Result<(), Failed> {
        let opened = scan(tail.query.counting(), &tail.files, partition, file, None);
        for batch in opened.map_err(Failed::Reading)? {
            rows += tail.query.count(&batch.map_err(Failed::Reading)?)?;
            if tail.stopped() {
                break;
            }
        }
        Ok(())
    };
    match read() {
        Ok(()) => Ok(rows),
        // Without the number of rows it is not known where to begin.
        Err(Failed::Reading(e)) if e.kind() == Kind::Unavailable => Err(e),
        Err(Failed::Reading(e)) => tail.unreadable(file, 0, e).map(|_| 0),
        Err(Failed::Other(e)) => Err(e),
    }
}
