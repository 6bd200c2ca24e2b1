//! Rules across options, and between options and the tables they belong to.
//!
//! Pure: facts in, problems out. Whoever knows the catalog and the script fills in the facts.

use crate::pipeline::{DynamicPartitionMode, PipelineOptions, SessionZone};
use crate::problem::{Origin, Problem, Problems};
use crate::properties::Properties;
use crate::sink::{LateData, Policy, SinkOptions, Trigger};
use crate::table_options::origin_of;
use crate::time_pattern::pattern_columns;
use crate::values::ZoneName;

/// What is known about one `INSERT` into a Hive table.
#[derive(Clone, Copy, Debug)]
pub struct SinkFacts<'a> {
    /// Target table, for messages.
    pub table: &'a str,
    /// All partition columns, in their order.
    pub partition_columns: &'a [String],
    /// How many of them have a static value in the `INSERT`.
    pub static_columns: usize,
    /// Whether the rows come as a stream.
    pub mode: Mode,
    /// Whether all sources of the query have a watermark.
    pub watermark: Watermark,
}

/// How the rows of an `INSERT` come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All at once, as in a script of HiveQL.
    Batch,
    /// As a stream, also if it ends.
    Streaming,
}

/// Whether the sources of an `INSERT` say how far event time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watermark {
    /// All of them do.
    Declared,
    /// At least one does not.
    Missing,
}

/// Collects the origins that the messages about one sink point to.
struct Check<'a> {
    options: &'a SinkOptions,
    facts: SinkFacts<'a>,
    table: &'a Properties,
    session: &'a Properties,
    problems: &'a mut Problems,
}

/// Checks a sink against its table and its sources.
///
/// `table` and `session` are those that the options were read from; problems point to them.
pub fn sink(
    options: &SinkOptions,
    facts: SinkFacts<'_>,
    (table, session): (&Properties, &Properties),
    problems: &mut Problems,
) {
    let mut check = Check { options, facts, table, session, problems };
    check.policies();
    check.partition_time();
    check.late_data();
    check.compaction();
    check.rolling();
    check.unused();
}

impl Check<'_> {
    fn origin(&self, key: &str) -> Origin {
        origin_of(key, self.table, Some(self.session))
    }

    fn partitioned(&self) -> bool {
        !self.facts.partition_columns.is_empty()
    }

    fn error(&mut self, key: &str, message: impl Into<String>, hint: impl Into<String>) {
        let origin = self.origin(key);
        self.problems.push(Problem::error(key, message).hint(hint).at(origin));
    }

    fn warning(&mut self, key: &str, message: impl Into<String>, hint: impl Into<String>) {
        let origin = self.origin(key);
        self.problems.push(Problem::warning(key, message).hint(hint).at(origin));
    }

    /// Source of the first text: Flink `HiveTableSink`, FLINK-23178.
    fn policies(&mut self) {
        let kind = "sink.partition-commit.policy.kind";
        let command = "sink.partition-commit.policy.command";
        let policies = &self.options.commit.policies;
        let custom = policies.contains(Policy::Custom);
        let marker = policies.contains(Policy::SuccessFile);
        let streaming = self.facts.mode == Mode::Streaming;
        if streaming && self.partitioned() && policies.is_empty() {
            let message = format!(
                "Streaming write to partitioned hive table {} without providing a commit policy. \
                 Make sure to set a proper value for sink.partition-commit.policy.kind",
                self.facts.table
            );
            self.error(
                kind,
                message,
                "add 'sink.partition-commit.policy.kind'='metastore,success-file'",
            );
        }
        match (&self.options.commit.command, custom) {
            (None, true) => self.error(
                command,
                "is required by the commit policy custom",
                "add 'sink.partition-commit.policy.command'='...', or remove custom from the list",
            ),
            (Some(_), false) => self.error(
                command,
                "would never run, because custom is not among the commit policies",
                format!("add custom to {kind}, or remove the command"),
            ),
            _ => {}
        }
        let name = &self.options.commit.success_file_name.0;
        if marker && !name.starts_with('_') {
            let message = format!("`{name}` does not begin with `_`, so readers take it for data");
            self.error(
                "sink.partition-commit.success-file.name",
                message,
                format!("use `_{name}`"),
            );
        }
        if !marker && !policies.is_empty() {
            self.without_effect(
                "sink.partition-commit.success-file.name",
                "success-file is not among the commit policies",
            );
        }
    }

    fn partition_time(&mut self) {
        let trigger = "sink.partition-commit.trigger";
        if self.options.commit.trigger == Trigger::ProcessTime {
            for key in [
                "sink.partition-commit.watermark-time-zone",
                "partition.time-extractor.timestamp-formatter",
            ] {
                self.without_effect(key, "the trigger is process-time");
            }
            self.pattern();
            return;
        }
        if !self.partitioned() {
            let message = "has no effect: the table is not partitioned";
            self.warning(trigger, message, "remove it, or add PARTITIONED BY (...) to the table");
            return;
        }
        if self.facts.watermark == Watermark::Missing && self.facts.mode == Mode::Streaming {
            self.error(
                trigger,
                "partition-time needs a watermark, and a source of the query has none, so no \
                 partition would ever be committed",
                "add WATERMARK FOR column AS column - INTERVAL '5' SECOND to the source table, or \
                 use process-time",
            );
        }
        self.pattern();
        let key = "partition.time-extractor.timestamp-pattern";
        let columns = self.facts.partition_columns;
        if self.options.extractor.pattern.is_none()
            && let [first, _, ..] = columns
        {
            let all: Vec<String> = columns.iter().map(|column| format!("${column}")).collect();
            self.warning(
                key,
                format!("is not set, so the time of a partition is that of `{first}` alone"),
                format!("set it, for example '{key}'='{}'", all.join(" ")),
            );
        }
    }

    /// Checks that every `$name` of the pattern is a partition column.
    fn pattern(&mut self) {
        let Some(pattern) = &self.options.extractor.pattern else { return };
        let key = "partition.time-extractor.timestamp-pattern";
        let columns = self.facts.partition_columns;
        match pattern_columns(pattern, columns) {
            Ok(used) if used.is_empty() => self.error(
                key,
                "names no partition column, so every partition would have the same time",
                format!("use {}", dollar_list(columns)),
            ),
            Ok(_) => {}
            Err(unknown) => {
                for column in unknown {
                    let hint = match column.near {
                        Some(near) => format!("did you mean `${near}`?"),
                        None if columns.is_empty() => "the table is not partitioned".to_owned(),
                        None => format!("the partition columns are {}", dollar_list(columns)),
                    };
                    let message = match column.name.as_str() {
                        "" => "has a `$` that no partition column follows".to_owned(),
                        name => format!("`${name}` is not a partition column"),
                    };
                    self.error(key, message, hint);
                }
            }
        }
    }

    fn late_data(&mut self) {
        let late = self.options.commit.late_data;
        if late == LateData::Recommit {
            return;
        }
        let partition_time = self.options.commit.trigger == Trigger::PartitionTime;
        if !partition_time || !self.partitioned() {
            self.error(
                "sink.late-data",
                format!(
                    "{late} needs a partitioned table with the trigger partition-time: without \
                         it no row is late"
                ),
                "add 'sink.partition-commit.trigger'='partition-time', or use recommit",
            );
        }
    }

    fn compaction(&mut self) {
        let key = "compaction.file-size";
        if !self.options.compaction.enabled {
            self.without_effect(key, "auto-compaction is off");
            return;
        }
        if !self.partitioned() && self.facts.mode == Mode::Streaming {
            self.warning(
                "auto-compaction",
                "has no effect: files are merged before their partition is announced, and the \
                 table is not partitioned",
                "remove it, or add PARTITIONED BY (...) to the table",
            );
        }
        let (target, rolling) = (self.options.compaction_size(), self.options.rolling.file_size);
        if target < rolling {
            self.warning(
                key,
                format!("{target} is below the size at which part files are closed ({rolling})"),
                "files that large are not merged; use the same size or a larger one",
            );
        }
    }

    fn rolling(&mut self) {
        let rolling = &self.options.rolling;
        let shortest = rolling.rollover_interval.min(rolling.inactivity_interval);
        let check = rolling.check_interval;
        if check > shortest {
            let message = format!(
                "{} is longer than the interval that it checks ({})",
                crate::units::show_duration(check),
                crate::units::show_duration(shortest)
            );
            self.warning("sink.rolling-policy.check-interval", message, "use a shorter one");
        }
    }

    /// Warns about commit options of a table that has no partitions to commit.
    fn unused(&mut self) {
        if self.partitioned() {
            return;
        }
        for key in ["sink.partition-commit.delay", "sink.partition-commit.idle-timeout"] {
            self.without_effect(key, "the table is not partitioned");
        }
    }

    /// Warns about an option that the table itself sets; what the session sets is for all tables.
    fn without_effect(&mut self, key: &str, why: &str) {
        if self.table.get(key).is_some() {
            let origin = self.origin(key);
            self.problems.push(Problem::warning(key, format!("has no effect: {why}")).at(origin));
        }
    }
}

fn dollar_list(columns: &[String]) -> String {
    let list: Vec<String> = columns.iter().map(|column| format!("`${column}`")).collect();
    list.join(", ")
}

/// Checks that an `INSERT` may take partition values from its query.
///
/// Source: Hive `SemanticAnalyzer`, `DYNAMIC_PARTITION_DISABLED` and
/// `DYNAMIC_PARTITION_STRICT_MODE`.
pub fn dynamic_partitions(
    options: &PipelineOptions,
    facts: SinkFacts<'_>,
    session: &Properties,
    problems: &mut Problems,
) {
    let all = facts.partition_columns.len();
    if facts.static_columns >= all {
        return;
    }
    if !options.dynamic_partition {
        let key = "hive.exec.dynamic.partition";
        problems.push(
            Problem::error(key, "is false, and the INSERT has dynamic partition columns")
                .hint(format!("write SET {key}=true, or give every partition column a value"))
                .at(session.origin(key)),
        );
    } else if options.dynamic_partition_mode == DynamicPartitionMode::Strict
        && facts.static_columns == 0
    {
        let key = "hive.exec.dynamic.partition.mode";
        problems.push(
            Problem::error(key, "is strict, which requires at least one static partition column")
                .hint(format!("write SET {key}=nonstrict"))
                .at(session.origin(key)),
        );
    }
}

/// Checks the names of time zones with a list that the caller has.
///
/// `known` tells whether a name is a zone.
pub fn zones(
    pipeline: Option<(&PipelineOptions, &Properties)>,
    sink: Option<(&SinkOptions, &Properties, &Properties)>,
    known: impl Fn(&str) -> bool,
    problems: &mut Problems,
) {
    let mut check = |key: &str, zone: &ZoneName, origin: Origin| {
        if !known(&zone.0) {
            let problem = Problem::error(key, format!("`{}` is not a known time zone", zone.0));
            let hint = "use a name such as `UTC`, `Asia/Shanghai` or `Etc/GMT-8` (which is +08:00)";
            problems.push(problem.hint(hint).at(origin));
        }
    };
    if let Some((options, session)) = pipeline
        && let SessionZone::Named(zone) = &options.time_zone
    {
        let key = ["table.local-time-zone", "hive.local.time.zone"]
            .into_iter()
            .find(|key| session.get(key).is_some())
            .unwrap_or("table.local-time-zone");
        check(key, zone, session.origin(key));
    }
    if let Some((options, table, session)) = sink {
        let key = "sink.partition-commit.watermark-time-zone";
        let origin = origin_of(key, table, Some(session));
        check(key, &options.commit.watermark_time_zone, origin);
    }
}

#[cfg(test)]
mod tests;
