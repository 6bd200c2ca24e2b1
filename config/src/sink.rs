//! Options of Hive tables that are written to: their `TBLPROPERTIES (...)`.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::explain::{Explained, explain};
use crate::orc::OrcOptions;
use crate::parquet::ParquetOptions;
use crate::pipeline::MAX_LANES;
use crate::problem::{Problem, Problems, did_you_mean};
use crate::properties::Properties;
use crate::table_options::{OptionSpec, OptionType, Reader, Scope, options, unknown_key};
use crate::units::ByteSize;
use crate::values::{PlainName, ZoneName, choice, not_one_of};

choice! {
    /// When a partition is committed.
    pub enum Trigger {
        /// By the clock of the machine, counted from the first row of the partition.
        ProcessTime = "process-time",
        /// By the watermark and the time in the partition's values.
        PartitionTime = "partition-time",
    }
}

choice! {
    /// How a partition is announced. The order of the variants is the order in which they happen.
    pub enum Policy {
        /// Adds the partition to the catalog, with statistics.
        Metastore = "metastore",
        /// Writes an empty marker file into the partition.
        SuccessFile = "success-file",
        /// Runs a command.
        Custom = "custom",
    }
}

choice! {
    /// What happens to a row of a partition that is already committed.
    pub enum LateData {
        /// The row is written and the partition is committed once more, with a higher revision.
        Recommit = "recommit",
        /// The row goes to a table beside the target, named `<table>_late`.
        SideTable = "side-table",
        /// The row is dropped and counted.
        Drop = "drop",
    }
}

/// How the time of a partition is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtractorKind {
    /// By pattern and formatter.
    Default,
}

impl OptionType for ExtractorKind {
    fn accepts() -> String {
        "`default`".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "default" => Ok(Self::Default),
            "custom" => Err("`custom` needs a Java class, which is not supported: use `default` \
                             with partition.time-extractor.timestamp-pattern"
                .to_owned()),
            _ => Err(not_one_of(text, &Self::accepts())),
        }
    }
    fn show(&self) -> String {
        "default".to_owned()
    }
}

/// The policies of a table, each once, in the order in which they happen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies(pub Vec<Policy>);

impl Policies {
    /// Tells whether a policy is among them.
    pub fn contains(&self, policy: Policy) -> bool {
        self.0.contains(&policy)
    }

    /// Tells whether nothing is done, so that partitions are never committed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl OptionType for Policies {
    fn accepts() -> String {
        format!("a list, separated by commas, of {}", Policy::accepts())
    }
    fn parse(text: &str) -> Result<Self, String> {
        let mut list = Vec::new();
        for word in text.split(',') {
            list.push(Policy::parse(word.trim())?);
        }
        list.sort_unstable();
        list.dedup();
        Ok(Self(list))
    }
    fn show(&self) -> String {
        let words: Vec<&str> = self.0.iter().map(|policy| policy.as_str()).collect();
        words.join(",")
    }
    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

options! {
    /// When an open part file is closed, besides at every checkpoint.
    pub struct RollingOptions in Sink {
        /// Closes a part file that has reached this size.
        file_size: ByteSize = ["sink.rolling-policy.file-size"] default "128MB",
        /// Closes a part file that has been open for this long.
        rollover_interval: Duration = ["sink.rolling-policy.rollover-interval"] default "30 min",
        /// Closes a part file that got no row for this long.
        inactivity_interval: Duration =
            ["sink.rolling-policy.inactivity-interval"] default "30 min",
        /// Looks this often at the two intervals. The size is looked at with every batch.
        check_interval: Duration = ["sink.rolling-policy.check-interval"] default "1 min",
        /// Number of lanes that write. The default is `parallelism.default`.
        parallelism: Option<u32> = ["sink.parallelism"],
    }
}

options! {
    /// When and how a partition is committed.
    pub struct CommitOptions in Sink {
        /// Clock that decides when a partition is complete.
        trigger: Trigger = ["sink.partition-commit.trigger"] default "process-time",
        /// Time that has to pass, by the trigger's clock, before a partition is complete: `1 d` for
        /// daily partitions, `1 h` for hourly ones.
        delay: Duration = ["sink.partition-commit.delay"] default "0 s",
        /// Zone in which the time of a partition is read before it is compared with the watermark.
        watermark_time_zone: ZoneName =
            ["sink.partition-commit.watermark-time-zone"] default "UTC",
        /// What is done to commit a partition, separated by commas. Whatever the order in the list,
        /// the catalog comes first, then the success file, then the command.
        policies: Policies = ["sink.partition-commit.policy.kind"],
        /// Command of the policy `custom`, run by `sh -c` with the partition in its environment. It
        /// may run again after a failure, so it must be idempotent.
        command: Option<String> = ["sink.partition-commit.policy.command"],
        /// Name of the marker file of the policy `success-file`.
        success_file_name: PlainName =
            ["sink.partition-commit.success-file.name"] default "_SUCCESS",
        /// Commits a partition that got no row for this long, whatever the watermark says.
        idle_timeout: Option<Duration> = ["sink.partition-commit.idle-timeout"],
        /// What happens to rows of a partition that is already committed.
        late_data: LateData = ["sink.late-data"] default "recommit",
    }
}

options! {
    /// How the time of a partition is found in its values.
    pub struct ExtractorOptions in Sink {
        /// Kind of the extractor.
        kind: ExtractorKind = ["partition.time-extractor.kind"] default "default",
        /// Text with `$column` for the values of partition columns, such as `$dt $hr:00:00`.
        /// Without it the value of the first partition column is taken.
        pattern: Option<String> = ["partition.time-extractor.timestamp-pattern"],
        /// Java `DateTimeFormatter` pattern of the resulting text, such as `yyyyMMdd HH:mm`. Without
        /// it `yyyy-[m]m-[d]d [hh:mm:ss]` is read.
        formatter: Option<String> = ["partition.time-extractor.timestamp-formatter"],
    }
}

options! {
    /// Whether small files are merged before a partition is announced.
    pub struct CompactionOptions in Sink {
        /// Merges the small files of a partition, also those of several checkpoints, before the
        /// partition is announced.
        enabled: bool = ["auto-compaction"] default "false",
        /// Size to which files are merged. The default is `sink.rolling-policy.file-size`.
        file_size: Option<ByteSize> = ["compaction.file-size"],
    }
}

options! {
    /// Hive's own properties that matter to a writer.
    pub struct HiveOptions in Sink {
        /// Whether dropping the table leaves its files.
        external: bool = ["EXTERNAL", "external"] default "false",
        /// Whether the table is an ACID table. `true` is refused: only Hive can add to one.
        transactional: bool = ["transactional"] default "false",
    }
}

const NOTES: &[OptionSpec] = &[
    OptionSpec::refused(
        Scope::Sink,
        "sink.partition-commit.policy.class",
        "There is no JVM to load a Java class; use sink.partition-commit.policy.command.",
    ),
    OptionSpec::refused(
        Scope::Sink,
        "sink.partition-commit.policy.class.parameters",
        "There is no JVM to load a Java class; use sink.partition-commit.policy.command.",
    ),
    OptionSpec::refused(
        Scope::Sink,
        "partition.time-extractor.class",
        "There is no JVM to load a Java class; use partition.time-extractor.timestamp-pattern.",
    ),
    OptionSpec::ignored(
        Scope::Sink,
        "partition.default-name",
        "Hive tables take hive.exec.default.partition.name, as in Flink.",
    ),
    OptionSpec::ignored(
        Scope::Sink,
        "sink.shuffle-by-partition.enable",
        "Open files are bounded by `write.memory`, and auto-compaction merges small ones, without \
         a shuffle.",
    ),
    OptionSpec::ignored(
        Scope::Sink,
        "compaction.parallelism",
        "Files are merged by the lanes of the pipeline.",
    ),
    OptionSpec::ignored(
        Scope::Sink,
        "compaction.small-files.avg-size",
        "Concerns batch jobs of Flink; files below compaction.file-size are merged.",
    ),
    OptionSpec::ignored(
        Scope::Sink,
        "parquet.block.size",
        "A row group ends when it is large enough to be read fast, or when `write.memory` runs short.",
    ),
    OptionSpec::ignored(Scope::Sink, "connector", "A Hive table needs no connector."),
    OptionSpec::ignored(Scope::Sink, "is_generic", "Tables are Hive tables."),
];

/// Prefixes under which an unknown key is a mistake and not somebody else's property.
const OWN_PREFIXES: [&str; 5] =
    ["sink.", "partition.time-extractor.", "partition-commit.", "compaction.", "auto-compaction"];

/// Options of a Hive table that is written to.
#[derive(Clone, Debug, PartialEq)]
pub struct SinkOptions {
    /// When an open part file is closed.
    pub rolling: RollingOptions,
    /// When and how a partition is committed.
    pub commit: CommitOptions,
    /// How the time of a partition is found.
    pub extractor: ExtractorOptions,
    /// Whether small files are merged.
    pub compaction: CompactionOptions,
    /// How Parquet files are written.
    pub parquet: ParquetOptions,
    /// How ORC files are written.
    pub orc: OrcOptions,
    /// Hive's own properties that matter to a writer.
    pub hive: HiveOptions,
    /// All other properties, as they are; they belong to the table and mean nothing here.
    pub properties: BTreeMap<String, String>,
}

impl SinkOptions {
    /// Reads the properties of a Hive table; the session gives defaults.
    ///
    /// Gives what could be read even if there are problems, so that more can be checked; the caller
    /// must not run it if [`Problems::has_errors`].
    pub fn parse(
        table: &Properties,
        session: &Properties,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut reader = Reader::new(table, Some(session), problems);
        let rolling = RollingOptions::read(&mut reader);
        let commit = CommitOptions::read(&mut reader);
        let extractor = ExtractorOptions::read(&mut reader);
        let compaction = CompactionOptions::read(&mut reader);
        let parquet = ParquetOptions::read(&mut reader);
        let orc = OrcOptions::read(&mut reader);
        let hive = HiveOptions::read(&mut reader);
        let mut properties = BTreeMap::new();
        for (key, value, origin) in reader.rest(NOTES) {
            if let Some(problem) = doubtful_key(&key) {
                reader.problems.push(problem.at(origin));
            }
            properties.insert(key, value);
        }
        let options = Self {
            rolling: rolling?,
            commit: commit?,
            extractor: extractor?,
            compaction: compaction?,
            parquet: parquet?,
            orc: orc?,
            hive: hive?,
            properties,
        };
        options.check_values(&mut reader);
        options.orc.check(&mut reader);
        Some(options)
    }

    /// Lists the effective options with their origins; the plain properties are left out.
    pub fn explain(table: &Properties, session: &Properties) -> Vec<Explained> {
        explain(&groups(), table, Some(session))
    }

    /// Gives the size to which files are merged.
    pub fn compaction_size(&self) -> ByteSize {
        self.compaction.file_size.unwrap_or(self.rolling.file_size)
    }

    /// Checks the values that are wrong whatever else is set.
    fn check_values(&self, reader: &mut Reader<'_>) {
        let never = "use a larger value";
        for (key, is_zero) in [
            ("sink.rolling-policy.file-size", self.rolling.file_size.0 == 0),
            ("sink.rolling-policy.rollover-interval", self.rolling.rollover_interval.is_zero()),
            ("sink.rolling-policy.inactivity-interval", self.rolling.inactivity_interval.is_zero()),
            ("sink.rolling-policy.check-interval", self.rolling.check_interval.is_zero()),
            ("compaction.file-size", self.compaction.file_size == Some(ByteSize(0))),
            ("parquet.page.size", self.parquet.page_size.0 == 0),
            (
                "sink.partition-commit.idle-timeout",
                self.commit.idle_timeout.is_some_and(|timeout| timeout.is_zero()),
            ),
        ] {
            if is_zero {
                reader.refuse(key, "must not be 0", never);
            }
        }
        if self.rolling.parallelism.is_some_and(|lanes| lanes == 0 || lanes > MAX_LANES) {
            let message = format!("must be from 1 to {MAX_LANES}");
            reader.refuse("sink.parallelism", message, "use the number of cores, or leave it out");
        }
        if self.hive.transactional {
            reader.refuse(
                "transactional",
                "ACID tables are not supported: their files have row ids that only Hive gives",
                "create the table with 'transactional'='false', or as EXTERNAL",
            );
        }
    }
}

/// Says that a property was perhaps meant to be an option.
fn doubtful_key(key: &str) -> Option<Problem> {
    let groups = groups();
    if OWN_PREFIXES.iter().any(|prefix| key.starts_with(prefix)) {
        return Some(unknown_key(key, "sink", &groups));
    }
    let keys = groups.iter().flat_map(|group| group.iter()).map(|spec| spec.key);
    let near = did_you_mean(key, keys.filter(|known| known.len() > 9))?;
    let problem = Problem::warning(key, "is kept as a plain property and has no effect");
    Some(problem.hint(format!("did you mean `{near}`?")))
}

/// Lists the options of a sink.
pub(crate) fn groups() -> [&'static [OptionSpec]; 8] {
    [
        RollingOptions::OPTIONS,
        CommitOptions::OPTIONS,
        ExtractorOptions::OPTIONS,
        CompactionOptions::OPTIONS,
        ParquetOptions::OPTIONS,
        OrcOptions::OPTIONS,
        HiveOptions::OPTIONS,
        NOTES,
    ]
}

#[cfg(test)]
mod tests;
