//! What a backfill reads and writes: the flags, and what they mean for the source and the target.

use std::fmt::Write as _;

use chrono::{NaiveDate, NaiveDateTime};
use config::kafka::{BoundedMode, PartitionOffsets, StartupMode};
use config::source::Connector;
use config::units::ByteSize;
use metastore::Table;
use metastore::filter::Filter;
use sha2::{Digest as _, Sha256};

use super::super::resolve::Resolved;
use crate::commit::swap::SwapMode;
use crate::commit::trigger::Extractor;
use crate::error::{Error, Result};
use crate::job::pace::{RateLimit, Unit};
use crate::job::plan::Branch;
use crate::job::scope::{PartitionTimes, RowTimes, Scope};

/// Flags that say what is read and written.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Range {
    /// First time: of partitions by the table's partition.time-extractor.*; with --mode append of rows by their event time
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<NaiveDateTime>,
    /// Time after the last
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<NaiveDateTime>,
    /// Only these partitions of the target: "dt >= '2026-01-01' and dt < '2026-02-01'"
    #[arg(long, value_name = "FILTER")]
    partitions: Option<String>,
    /// Only files whose path ends like this: "2026-01-*.json", "day=1/*", or a whole path
    #[arg(long, value_name = "PATTERN")]
    files: Option<String>,
    /// First offsets of a Kafka topic: "partition:0,offset:42;partition:1,offset:300"
    #[arg(long, value_name = "OFFSETS", conflicts_with = "from_timestamp")]
    from_offsets: Option<PartitionOffsets>,
    /// Offsets after the last
    #[arg(long, value_name = "OFFSETS", conflicts_with = "to_timestamp")]
    to_offsets: Option<PartitionOffsets>,
    /// Time of the first Kafka messages: UTC, or milliseconds since 1970
    #[arg(long, value_name = "TIME", value_parser = millis)]
    from_timestamp: Option<u64>,
    /// Time of the first messages that are not read
    #[arg(long, value_name = "TIME", value_parser = millis)]
    to_timestamp: Option<u64>,
    /// All that the source has, into all partitions; needed to overwrite without any other range
    #[arg(long)]
    all: bool,
}

/// Reads a day or a time.
fn time(text: &str) -> Result<NaiveDateTime, String> {
    let text = text.trim().replacen('T', " ", 1);
    if let Ok(day) = NaiveDate::parse_from_str(&text, "%Y-%m-%d") {
        return day.and_hms_opt(0, 0, 0).ok_or_else(|| "no such time".to_owned());
    }
    for format in ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S%.f"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(&text, format) {
            return Ok(time);
        }
    }
    Err("write 2026-01-31 or '2026-01-31 14:00:00'".to_owned())
}

fn millis(text: &str) -> Result<u64, String> {
    if let Ok(millis) = text.trim().parse() {
        return Ok(millis);
    }
    let millis = time(text.trim_end_matches(['Z', 'z']))?.and_utc().timestamp_millis();
    u64::try_from(millis).map_err(|_| "the time lies before 1970".to_owned())
}

/// Reads `100000`, `100000 rows/s`, `50MB`, `50 MB/s`.
pub(super) fn rate_limit(text: &str) -> Result<RateLimit, String> {
    let text = text.trim();
    let amount = text.strip_suffix("/s").unwrap_or(text).trim();
    let rows = amount.strip_suffix("rows").map(str::trim_end);
    let made = match rows.unwrap_or(amount).parse::<u64>() {
        Ok(per_second) => RateLimit { per_second, unit: Unit::Rows },
        Err(_) if rows.is_some() => return Err("not a number of rows".to_owned()),
        Err(_) => RateLimit { per_second: ByteSize::parse(amount)?.0, unit: Unit::Bytes },
    };
    if made.per_second == 0 { Err("nothing would ever be read".to_owned()) } else { Ok(made) }
}

impl Range {
    /// Refuses a range that makes no sense for the pipeline.
    ///
    /// # Errors
    /// `Config`.
    pub(super) fn check(&self, one: &Resolved, mode: SwapMode) -> Result<()> {
        let wrong = |message: &str, hint: &str| Err(Error::config(message).with_hint(hint));
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from >= to
        {
            return wrong(
                "the range is empty: --from is not before --to",
                "the time of --to is not in it",
            );
        }
        let any = |kind: fn(&Connector) -> bool| one.sources.iter().any(|s| kind(&s.1.connector));
        let kafka = any(|c| matches!(c, Connector::Kafka(_)));
        if self.of_kafka() && !kafka {
            return wrong(
                "offsets and timestamps of messages are those of a Kafka topic, and none is read",
                "use --from and --to",
            );
        }
        let files = any(|c| matches!(c, Connector::Filesystem { .. } | Connector::Hive(_)));
        if self.files.is_some() && !files {
            return wrong(
                "--files needs a source of files",
                "use --from and --to, or --partitions",
            );
        }
        if self.partitions.is_some() && one.table.partition_keys.is_empty() {
            return wrong("the table has no partitions to choose from", "leave --partitions out");
        }
        let nothing = self.from.is_none()
            && self.to.is_none()
            && self.partitions.is_none()
            && self.files.is_none()
            && !self.of_kafka();
        if nothing && mode == SwapMode::Overwrite && !self.all {
            return wrong(
                "every partition that the source has rows for would be replaced",
                "name a range (--from, --to, --partitions, --files), or say --all",
            );
        }
        Ok(())
    }

    fn of_kafka(&self) -> bool {
        self.from_offsets.is_some()
            || self.to_offsets.is_some()
            || self.from_timestamp.is_some()
            || self.to_timestamp.is_some()
    }

    /// Makes the sources of a pipeline end, and begin where the range does.
    pub(super) fn redirect(&self, one: &mut Resolved) {
        for (_, options, _) in &mut one.sources {
            match &mut options.connector {
                Connector::Filesystem { files, .. } => files.monitor_interval = None,
                Connector::Kafka(kafka) => {
                    let table = &mut kafka.table;
                    if let Some(offsets) = &self.from_offsets {
                        table.startup_mode = StartupMode::SpecificOffsets;
                        table.startup_offsets = Some(offsets.clone());
                    } else if let Some(time) = self.from_timestamp {
                        table.startup_mode = StartupMode::Timestamp;
                        table.startup_timestamp = Some(time);
                    } else if matches!(
                        table.startup_mode,
                        StartupMode::GroupOffsets | StartupMode::LatestOffset
                    ) {
                        // Where the live pipeline began says nothing about what is wanted now.
                        table.startup_mode = StartupMode::EarliestOffset;
                    }
                    if let Some(offsets) = &self.to_offsets {
                        table.bounded_mode = BoundedMode::SpecificOffsets;
                        table.bounded_offsets = Some(offsets.clone());
                    } else if let Some(time) = self.to_timestamp {
                        table.bounded_mode = BoundedMode::Timestamp;
                        table.bounded_timestamp = Some(time);
                    } else if table.bounded_mode == BoundedMode::Unbounded {
                        table.bounded_mode = BoundedMode::LatestOffset;
                    }
                    kafka.client.commit_on_checkpoint = false;
                }
                // All that is there now.
                Connector::Hive(table) => table.stream.streaming = false,
                Connector::Datagen(_) => {}
            }
        }
    }

    /// Says which partitions are in the range.
    ///
    /// # Errors
    /// `Config` for a filter that cannot be read, or times where the table's partitions have none.
    pub(super) fn scope(&self, one: &Resolved, mode: SwapMode) -> Result<Scope> {
        let keys = &one.table.partition_keys;
        let filter = self.partitions.as_deref().map(|text| {
            let hint = "write \"dt >= '2026-01-01' and dt < '2026-02-01'\"";
            text.parse::<Filter>().and_then(|filter| filter.bind(keys)).map_err(|e| {
                Error::config("--partitions cannot be read").with_source(e).with_hint(hint)
            })
        });
        let by_partition = (self.from.is_some() || self.to.is_some()) && !by_rows(one, mode);
        let times = by_partition.then(|| self.times(one, &one.table));
        let (filter, times) = (filter.transpose()?, times.transpose()?);
        Ok(Scope { filter, times, ..Scope::default() })
    }

    fn times(&self, one: &Resolved, table: &Table) -> Result<PartitionTimes> {
        let columns: Vec<String> = table.partition_keys.iter().map(|k| k.name.clone()).collect();
        let options = &one.sink.extractor;
        let (pattern, formatter) = (options.pattern.as_deref(), options.formatter.as_deref());
        let extractor = Extractor::new(pattern, formatter, &columns).map_err(|e| {
            Error::config(
                "the table's partitions have no times, so --from and --to cannot choose among them",
            )
            .with_source(e)
            .with_hint("use --partitions; rows are chosen by event time with --mode append")
        })?;
        Ok(PartitionTimes { extractor, from: self.from, to: self.to })
    }

    /// Says which rows of a branch are in the range, if that is decided by their event time.
    pub(super) fn rows(&self, branch: &Branch, zone: chrono_tz::Tz) -> Result<Option<RowTimes>> {
        let Some(spec) = &branch.watermark else { return Ok(None) };
        let empty = arrow::record_batch::RecordBatch::new_empty(branch.transform.input_schema());
        let zoned = spec.event_times(&empty)?.timezone().is_some();
        let micros = |time: NaiveDateTime| {
            if zoned {
                time.and_local_timezone(zone).earliest().map(|t| t.timestamp_micros())
            } else {
                Some(time.and_utc().timestamp_micros())
            }
        };
        Ok(Some(RowTimes { from: self.from.and_then(micros), to: self.to.and_then(micros) }))
    }

    /// Tells whether rows are chosen by their event time.
    pub(super) fn is_by_rows(&self, one: &Resolved, mode: SwapMode) -> bool {
        (self.from.is_some() || self.to.is_some()) && by_rows(one, mode)
    }

    /// Tells whether a file is in the range.
    pub(super) fn has_file(&self, path: &str) -> Result<bool> {
        let Some(text) = &self.files else { return Ok(true) };
        let wrong = |e| Error::config("--files is not a pattern").with_source(e);
        let pattern = glob::Pattern::new(text).map_err(wrong)?;
        let options = glob::MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: false,
        };
        if text.starts_with('/') {
            return Ok(pattern.matches_with(path, options));
        }
        let parts = text.split('/').count();
        let from = path.rmatch_indices('/').nth(parts - 1).map_or(0, |(at, _)| at + 1);
        Ok(pattern.matches_with(&path[from..], options))
    }

    /// Describes the range for people.
    pub(super) fn describe(&self) -> String {
        let mut text = String::new();
        let mut part = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                let comma = if text.is_empty() { "" } else { ", " };
                // Writing to a text cannot fail.
                let _ = write!(text, "{comma}{name} {value}");
            }
        };
        part("from", self.from.map(|t| t.to_string()));
        part("to", self.to.map(|t| t.to_string()));
        part("partitions", self.partitions.clone());
        part("files", self.files.clone());
        part("from offsets", self.from_offsets.as_ref().map(ToString::to_string));
        part("to offsets", self.to_offsets.as_ref().map(ToString::to_string));
        part("from messages of", self.from_timestamp.map(|t| t.to_string()));
        part("to messages of", self.to_timestamp.map(|t| t.to_string()));
        if text.is_empty() { "all".to_owned() } else { text }
    }

    /// Gives the name of the state: the same for the same pipeline, range and mode.
    pub(super) fn name(&self, one: &Resolved, mode: SwapMode) -> String {
        let mut hash = Sha256::new();
        let mut add = |text: &str| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        };
        add(&one.table.name.to_string());
        add(&format!("{mode:?} {}", self.describe()));
        for branch in &one.bound.branches {
            add(&branch.transform.describe());
        }
        for (source, ..) in &one.sources {
            for (key, value, _) in source.properties.iter() {
                add(key);
                add(value);
            }
        }
        let id = hash.finalize().first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
        format!("{}.{PREFIX}{id:08x}", one.name)
    }
}

/// What stands between a pipeline's name and the id of its backfill.
pub(in super::super) const PREFIX: &str = "backfill-";

/// Rows are chosen by event time where they are added to what is there; a partition that is replaced must be whole.
fn by_rows(one: &Resolved, mode: SwapMode) -> bool {
    mode == SwapMode::Append && one.sources.iter().all(|(_, _, watermark)| watermark.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_limits_are_read() {
        for (text, want) in [
            ("2026-01-31", Some("2026-01-31 00:00:00")),
            ("2026-01-31 14:30", Some("2026-01-31 14:30:00")),
            ("2026-01-31T14:30:01.5", Some("2026-01-31 14:30:01.500")),
            ("31.1.2026", None),
        ] {
            assert_eq!(time(text).ok().map(|t| t.to_string()).as_deref(), want, "{text}");
        }
        assert_eq!(millis("1767225600000"), Ok(1_767_225_600_000));
        assert_eq!(millis("2026-01-01T00:00:00Z"), Ok(1_767_225_600_000));
        let limit = |per_second, unit| Some(RateLimit { per_second, unit });
        for (text, want) in [
            ("1000", limit(1000, Unit::Rows)),
            ("1000 rows/s", limit(1000, Unit::Rows)),
            ("50MB", limit(50 << 20, Unit::Bytes)),
            ("50 MB/s", limit(50 << 20, Unit::Bytes)),
            ("0", None),
            ("x rows", None),
            ("fast", None),
        ] {
            assert_eq!(rate_limit(text).ok(), want, "{text}");
        }
    }

    #[test]
    fn files_are_chosen_by_the_end_of_their_path() {
        for (pattern, path, want) in [
            ("h*.json", "/in/h1.json", true),
            ("h*.json", "/in/deep/h1.json", true),
            ("h*.json", "/in/h/1.json", false),
            ("day=1/*", "/in/day=1/x", true),
            ("day=1/*", "/in/day=12/x", false),
            ("/in/*", "/in/x", true),
            ("/in/*", "/in/deep/x", false),
            ("/in/**/*", "/in/deep/x", true),
        ] {
            let range = Range { files: Some(pattern.to_owned()), ..Range::default() };
            assert_eq!(range.has_file(path).unwrap(), want, "{pattern} {path}");
        }
    }
}
