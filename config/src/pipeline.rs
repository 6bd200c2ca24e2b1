//! Options of a pipeline: `SET key=value`, `--hiveconf`, and `[hiveconf]` of the service file.

use std::time::Duration;

use crate::explain::{Explained, explain};
use crate::problem::{Problem, Problems, did_you_mean};
use crate::properties::Properties;
use crate::table_options::{OptionSpec, OptionType, Reader, Scope, options};
use crate::units::{ByteSize, MaxRate};
use crate::values::{PlainName, ZoneName, choice};
use crate::{sink, source};

choice! {
    /// Whether an `INSERT` may name no static partition at all.
    pub enum DynamicPartitionMode {
        /// At least one partition column must have a static value.
        Strict = "strict",
        /// All partition columns may be dynamic.
        Nonstrict = "nonstrict",
    }
}

choice! {
    /// Dialect of a script. One parser serves both, so it changes nothing.
    pub enum SqlDialect {
        /// Flink's.
        Default = "default",
        /// Hive's.
        Hive = "hive",
    }
}

choice! {
    /// How the functions of dates read their patterns.
    pub enum DatetimeFormatter {
        /// By Java's `DateTimeFormatter`, as Hive 4 does.
        Datetime = "datetime",
        /// By Java's `SimpleDateFormat`, as Hive 3 and before do.
        Simple = "simple",
    }
}

/// Zone of the session: that of the machine, or a named one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionZone {
    /// The zone of the machine.
    System,
    /// A named zone.
    Named(ZoneName),
}

impl OptionType for SessionZone {
    fn accepts() -> String {
        format!("`default` for the zone of the machine, or {}", ZoneName::accepts())
    }
    fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "default" | "local" => Ok(Self::System),
            _ => ZoneName::parse(text).map(Self::Named),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::System => "default".to_owned(),
            Self::Named(zone) => zone.0.clone(),
        }
    }
}

options! {
    /// Options of a pipeline.
    pub struct PipelineOptions in Pipeline {
        /// Name under which the pipeline keeps its state. The default is the name of its target
        /// table.
        name: Option<PlainName> = ["pipeline.name"],
        /// Time between two checkpoints, and so the age of a row before it is visible. A bounded
        /// pipeline also makes one at its end.
        checkpoint_interval: Duration = ["execution.checkpointing.interval"] default "10 s",
        /// Number of lanes. The default is the number of cores.
        parallelism: Option<u32> = ["parallelism.default"],
        /// Memory for open part files, for all pipelines of the process together. When it runs
        /// short, the largest open files are closed first.
        write_memory: ByteSize = ["write.memory"] default "512MB",
        /// Dead letters that a pipeline bears before it stops: a number in one minute, a share of
        /// all records so far such as `5%` (looked at from the thousandth record on), or
        /// `unlimited`.
        dead_letter_max_rate: MaxRate = ["dead-letters.max-rate"] default "10%",
        /// A part of a source without rows for this long does not hold back the watermark. 0 s
        /// switches it off.
        source_idle_timeout: Duration = ["table.exec.source.idle-timeout"] default "0 s",
        /// Zone of the session, for functions that read or print local time. Unlike in Flink and
        /// Hive it does not depend on the machine unless it is `default`.
        time_zone: SessionZone =
            ["table.local-time-zone", "hive.local.time.zone"] default "UTC",
        /// How the functions of dates read their patterns: `datetime` as Hive 4 does, `simple` as
        /// Hive 3 and before.
        datetime_formatter: DatetimeFormatter =
            ["hive.datetime.formatter"] default "datetime",
        /// Folder name of a NULL or empty partition value.
        default_partition_name: PlainName =
            ["hive.exec.default.partition.name"] default "__HIVE_DEFAULT_PARTITION__",
        /// Whether an `INSERT` may take partition values from its query.
        dynamic_partition: bool = ["hive.exec.dynamic.partition"] default "true",
        /// Whether an `INSERT` may take all partition values from its query.
        dynamic_partition_mode: DynamicPartitionMode =
            ["hive.exec.dynamic.partition.mode"] default "nonstrict",
        /// Dialect of the script. One parser reads both, so it changes nothing.
        sql_dialect: SqlDialect = ["table.sql-dialect"] default "hive",
    }
}

const UNBOUNDED: &str = "Partitions are bounded by `write.memory`, not by their number.";
const NOTES: &[OptionSpec] = &[
    OptionSpec::ignored(Scope::Pipeline, "hive.exec.max.dynamic.partitions", UNBOUNDED),
    OptionSpec::ignored(Scope::Pipeline, "hive.exec.max.dynamic.partitions.pernode", UNBOUNDED),
    OptionSpec::ignored(Scope::Pipeline, "hive.exec.max.created.files", UNBOUNDED),
    OptionSpec::ignored(
        Scope::Pipeline,
        "execution.checkpointing.mode",
        "Checkpoints are always exactly once.",
    ),
    OptionSpec::ignored(
        Scope::Pipeline,
        "execution.runtime-mode",
        "The verb decides: `ingest` streams. A bounded source ends its pipeline.",
    ),
    OptionSpec::ignored(
        Scope::Pipeline,
        "state.checkpoints.dir",
        "State is kept in the folder given by --state.",
    ),
    OptionSpec::ignored(
        Scope::Pipeline,
        "execution.checkpointing.dir",
        "State is kept in the folder given by --state.",
    ),
];

impl PipelineOptions {
    /// Reads the options of a session; any other key is accepted.
    ///
    /// Gives what could be read even if there are problems, so that more can be checked; the caller
    /// must not run it if [`Problems::has_errors`]. Keys without effect are warnings.
    pub fn parse(session: &Properties, problems: &mut Problems) -> Option<Self> {
        let mut reader = Reader::new(session, None, problems);
        let options = Self::read(&mut reader);
        for (key, _, origin) in reader.rest(NOTES) {
            if let Some(problem) = without_effect(&key) {
                reader.problems.push(problem.at(origin));
            }
        }
        if let Some(options) = &options {
            options.check_values(&mut reader);
        }
        options
    }

    /// Lists the effective options with their origins.
    pub fn explain(session: &Properties) -> Vec<Explained> {
        explain(&groups(), session, None)
    }

    fn check_values(&self, reader: &mut Reader<'_>) {
        if self.checkpoint_interval < MIN_CHECKPOINT_INTERVAL {
            reader.refuse(
                "execution.checkpointing.interval",
                "is below 10 ms; every checkpoint closes all open files",
                "use `1 s` or more",
            );
        }
        if self.parallelism.is_some_and(|lanes| lanes == 0 || lanes > MAX_LANES) {
            reader.refuse(
                "parallelism.default",
                format!("must be from 1 to {MAX_LANES}"),
                "use the number of cores, or leave it out",
            );
        }
        if self.write_memory < MIN_WRITE_MEMORY {
            reader.refuse(
                "write.memory",
                format!("is below {MIN_WRITE_MEMORY}, too little for one open file a lane"),
                "use `64MB` or more",
            );
        }
    }
}

const MIN_CHECKPOINT_INTERVAL: Duration = Duration::from_millis(10);
const MIN_WRITE_MEMORY: ByteSize = ByteSize(16 << 20);
/// Most lanes that a pipeline can have.
pub(crate) const MAX_LANES: u32 = 256;

/// Says that a key of the session changes nothing; `None` if it is a default for tables.
fn without_effect(key: &str) -> Option<Problem> {
    let tables = [source::all_groups(), sink::groups().to_vec()].concat();
    let own = groups();
    let known = || tables.iter().chain(&own).flat_map(|group| group.iter());
    let table_option = known().find(|spec| spec.keys().any(|k| k == key));
    if table_option.is_some_and(OptionSpec::may_come_from_session) {
        return None;
    }
    let problem = Problem::warning(key, "has no effect");
    if let Some(spec) = table_option {
        let name = spec.scope.name();
        return Some(problem.hint(format!("it belongs into the properties of a {name}")));
    }
    let keys = known().flat_map(OptionSpec::keys).filter(|known| known.len() > 5);
    Some(match did_you_mean(key, keys) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem,
    })
}

/// Lists the options of a pipeline.
pub(crate) fn groups() -> [&'static [OptionSpec]; 2] {
    [PipelineOptions::OPTIONS, NOTES]
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::testing::session;

    #[test]
    fn has_defaults() {
        let options = PipelineOptions::parse(&Properties::new(), &mut Problems::new()).unwrap();
        assert_eq!(options.checkpoint_interval, Duration::from_secs(10));
        assert_eq!(options.write_memory, ByteSize(512 << 20));
        assert_eq!(options.default_partition_name.0, "__HIVE_DEFAULT_PARTITION__");
        assert_eq!(options.time_zone, SessionZone::Named(ZoneName("UTC".to_owned())));
        assert_eq!(options.dead_letter_max_rate, MaxRate::PartsPerMillion(100_000));
        assert!(options.parallelism.is_none() && options.name.is_none());
    }

    #[test]
    fn accepts_any_key_and_says_what_has_no_effect() {
        let session = session(
            "pipeline.name=orders
             table.sql-dialect=hive
             table.local-time-zone=Asia/Shanghai
             hive.exec.max.dynamic.partitions=5000
             hive.vectorized.execution.enabled=true
             execution.checkpointing.intervall=5 s
             parquet.compression=zstd
             path=/in
             execution.checkpointing.mode=AT_LEAST_ONCE",
        );
        let mut problems = Problems::new();
        let options = PipelineOptions::parse(&session, &mut problems).unwrap();
        assert!(!problems.has_errors());
        assert_eq!(options.time_zone, SessionZone::Named(ZoneName("Asia/Shanghai".to_owned())));
        expect![[r"
            warning: execution.checkpointing.mode: is accepted and has no effect (SET at a.hql:9)
              hint: Checkpoints are always exactly once.
            warning: hive.exec.max.dynamic.partitions: is accepted and has no effect (SET at a.hql:4)
              hint: Partitions are bounded by `write.memory`, not by their number.
            warning: execution.checkpointing.intervall: has no effect (SET at a.hql:6)
              hint: did you mean `execution.checkpointing.interval`?
            warning: hive.vectorized.execution.enabled: has no effect (SET at a.hql:5)
            warning: path: has no effect (SET at a.hql:8)
              hint: it belongs into the properties of a filesystem source"]].assert_eq(&problems.to_string());
    }

    #[test]
    fn refuses_wrong_values() {
        let session = session(
            "pipeline.name=../x
             execution.checkpointing.interval=0
             parallelism.default=0
             write.memory=1MB
             dead-letters.max-rate=a few
             hive.exec.dynamic.partition.mode=lax
             hive.exec.default.partition.name=a/b
             table.local-time-zone=China Standard",
        );
        let mut problems = Problems::new();
        assert!(PipelineOptions::parse(&session, &mut problems).is_some());
        expect![[r"
            error: pipeline.name: `../x` is not a name of letters, digits, `_`, `-` and `.` that does not begin with `.` (SET at a.hql:1)
            error: dead-letters.max-rate: `a few` is not a rate: expected a number of records a minute such as `1000`, a share of all records such as `5%`, or `unlimited` (SET at a.hql:5)
            error: table.local-time-zone: `China Standard` is not a time zone such as `UTC` or `Asia/Shanghai` (SET at a.hql:8)
            error: hive.exec.default.partition.name: `a/b` is not a name of letters, digits, `_`, `-` and `.` that does not begin with `.` (SET at a.hql:7)
            error: hive.exec.dynamic.partition.mode: `lax` is not accepted: expected one of `strict`, `nonstrict` (SET at a.hql:6)
            error: execution.checkpointing.interval: is below 10 ms; every checkpoint closes all open files (SET at a.hql:2)
              hint: use `1 s` or more
            error: parallelism.default: must be from 1 to 256 (SET at a.hql:3)
              hint: use the number of cores, or leave it out
            error: write.memory: is below 16mb, too little for one open file a lane (SET at a.hql:4)
              hint: use `64MB` or more"]].assert_eq(&problems.to_string());
    }
}
