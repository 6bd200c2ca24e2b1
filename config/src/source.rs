//! Options of source tables: the `WITH (...)` of a table that is read.

use std::time::Duration;

use crate::datagen::{self, DatagenOptions};
use crate::explain::{Explained, explain};
use crate::format::{self, FormatKind, FormatOptions};
use crate::kafka::{self, KafkaOptions};
use crate::pipeline::PipelineOptions;
use crate::problem::{Problem, Problems};
use crate::properties::Properties;
use crate::table_options::{OptionSpec, OptionType, Reader, Scope, options, unknown_key};
use crate::table_source::{self, TableFacts, TableSourceOptions};
use crate::units::ByteSize;
use crate::values::{choice, not_one_of};

/// Kind of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConnectorKind {
    /// Files of a folder, a glob, or one file.
    Filesystem,
    /// Topics of Kafka.
    Kafka,
    /// Rows made up from a seed.
    Datagen,
    /// A Hive table of the catalog, which needs no `WITH`.
    Hive,
}

/// Connectors of Flink and Hive that are known and not read by this version.
const OTHER_CONNECTORS: [&str; 10] = [
    "upsert-kafka",
    "jdbc",
    "print",
    "blackhole",
    "socket",
    "mysql-cdc",
    "postgres-cdc",
    "kinesis",
    "pulsar",
    "elasticsearch-7",
];

impl OptionType for ConnectorKind {
    fn accepts() -> String {
        "`filesystem`, `kafka`, `datagen`".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "filesystem" => Ok(Self::Filesystem),
            "kafka" => Ok(Self::Kafka),
            "datagen" => Ok(Self::Datagen),
            "hive" => Ok(Self::Hive),
            other if OTHER_CONNECTORS.contains(&other) => Err(format!(
                "connector `{other}` is not supported by this version: expected one of {}",
                Self::accepts()
            )),
            _ => Err(not_one_of(text, &Self::accepts())),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Filesystem => "filesystem".to_owned(),
            Self::Kafka => "kafka".to_owned(),
            Self::Datagen => "datagen".to_owned(),
            Self::Hive => "hive".to_owned(),
        }
    }
}

choice! {
    /// Compression of source files.
    pub enum SourceCompression {
        /// By the end of the file name: `.gz` and `.gzip`, `.zst` and `.zstd`, else none.
        Auto = "auto",
        /// Plain bytes.
        None = "none",
        /// gzip, also several members in one file.
        Gzip = "gzip" | "gz",
        /// Zstandard, also several frames in one file.
        Zstd = "zstd" | "zst",
    }
}

options! {
    /// Options of every source.
    pub struct CommonSource in Source {
        /// Kind of the source.
        connector: ConnectorKind = ["connector"],
        /// A part of the source without rows for this long does not hold back the watermark. 0 s
        /// switches it off. The default is `table.exec.source.idle-timeout`.
        idle_timeout: Option<Duration> = ["scan.watermark.idle-timeout", "watermark.idle-timeout"],
        /// Name of a group of sources of the pipeline whose parts are kept together in event time:
        /// one that is too far ahead waits. A part that has no more rows holds the others back
        /// until it is idle.
        alignment_group: Option<String> = ["scan.watermark.alignment.group"],
        /// How far ahead of the slowest part of its group a part may be.
        alignment_drift: Option<Duration> = ["scan.watermark.alignment.max-drift"],
        /// Time between two looks at the other parts of the group.
        alignment_interval: Duration = ["scan.watermark.alignment.update-interval"] default "1 s",
    }
}

const COMMON_NOTES: &[OptionSpec] = &[OptionSpec::ignored(
    Scope::Source,
    "scan.watermark.emit.strategy",
    "A watermark follows the rows of each batch; it takes effect at checkpoints.",
)];

options! {
    /// Options of the files of a `filesystem` source.
    pub struct FileOptions in Filesystem {
        /// File, folder or glob that is read; a folder is read with its subfolders. Names that
        /// begin with `_` or `.` are skipped.
        path: String = ["path"],
        /// Format of the records.
        format: FormatKind = ["format"],
        /// Looks for new files this often and never ends. Without it the source is bounded: it
        /// reads what is there and ends.
        monitor_interval: Option<Duration> = ["source.monitor-interval"],
        /// Regular expression that the whole absolute path of a file must match.
        path_regex: Option<String> = ["source.path.regex-pattern"],
        /// Compression of the files.
        compression: SourceCompression = ["source.compression", "compression"] default "auto",
        /// Size of the parts in which a plain file is read side by side. A compressed file is one
        /// part.
        split_size: ByteSize = ["source.split-size"] default "64MB",
    }
}

const FILE_NOTES: &[OptionSpec] = &[
    OptionSpec::ignored(
        Scope::Filesystem,
        "source.report-statistics",
        "A stream has no planner that would use statistics.",
    ),
    OptionSpec::ignored(
        Scope::Filesystem,
        "scan.parallelism",
        "All lanes of the pipeline read; see `parallelism.default`.",
    ),
];

/// What a source reads, and how.
#[derive(Clone, Debug, PartialEq)]
pub enum Connector {
    /// `'connector'='filesystem'`.
    Filesystem {
        /// Which files.
        files: FileOptions,
        /// How their records are written.
        format: FormatOptions,
    },
    /// `'connector'='kafka'`.
    Kafka(Box<KafkaOptions>),
    /// `'connector'='datagen'`.
    Datagen(DatagenOptions),
    /// A Hive table.
    Hive(Box<TableSourceOptions>),
}

/// Options of a source table.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceOptions {
    /// Options that every source has.
    pub common: CommonSource,
    /// Options of its kind.
    pub connector: Connector,
}

impl CommonSource {
    fn check_alignment(&self, reader: &mut Reader<'_>) {
        match (&self.alignment_group, self.alignment_drift) {
            (Some(_), None) => {
                let hint = "add 'scan.watermark.alignment.max-drift'='10 min'";
                let key = "scan.watermark.alignment.max-drift";
                reader.refuse(key, "is required for a group", hint);
            }
            (None, Some(_)) => {
                let hint = "add 'scan.watermark.alignment.group'='...'";
                let key = "scan.watermark.alignment.max-drift";
                reader.refuse(key, "is set without a group", hint);
            }
            _ => {}
        }
    }
}

impl SourceOptions {
    /// Reads the options of a source table; the session gives defaults.
    ///
    /// Gives what could be read even if there are problems, so that more can be checked; the caller
    /// must not run it if [`Problems::has_errors`]. `None` if it is not known what to read.
    pub fn parse(
        table: &Properties,
        session: &Properties,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut reader = Reader::new(table, Some(session), problems);
        let common = CommonSource::read(&mut reader)?;
        common.check_alignment(&mut reader);
        let keys: Vec<String> = table.iter().map(|(key, ..)| key.to_owned()).collect();
        let connector = match common.connector {
            ConnectorKind::Filesystem => read_files(&mut reader),
            ConnectorKind::Kafka => KafkaOptions::read(table, &mut reader)
                .map(|kafka| Connector::Kafka(Box::new(kafka))),
            ConnectorKind::Datagen => {
                DatagenOptions::read(&keys, &mut reader).map(Connector::Datagen)
            }
            ConnectorKind::Hive => {
                let hint = "name the table in FROM; it needs no definition here";
                reader.refuse("connector", "is for a table of the catalog", hint);
                None
            }
        };
        let format = table.get("format").or_else(|| table.get("value.format"));
        let format = format.and_then(|text| FormatKind::parse(text.trim()).ok());
        let own = groups(common.connector, format);
        let notes: Vec<OptionSpec> = own.iter().flat_map(|group| group.iter().copied()).collect();
        for (key, _, origin) in reader.rest(&notes) {
            if own.iter().flat_map(|group| group.iter()).any(|spec| spec.keys().any(|k| k == key)) {
                continue;
            }
            reader.problems.push(unknown_source_key(&key, &own, common.connector).at(origin));
        }
        Some(Self { common, connector: connector? })
    }

    /// Reads the options of a Hive table that is read; those of a hint were laid over its properties.
    ///
    /// As [`SourceOptions::parse`].
    pub fn of_table(
        table: &Properties,
        facts: TableFacts,
        session: &Properties,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut named = table.clone();
        named.set("connector", "hive", table.home().clone());
        let mut reader = Reader::new(&named, Some(session), problems);
        let common = CommonSource::read(&mut reader)?;
        common.check_alignment(&mut reader);
        let options = TableSourceOptions::parse(table, facts, session, problems)?;
        Some(Self { common, connector: Connector::Hive(Box::new(options)) })
    }

    /// Lists the effective options with their origins.
    pub fn explain(&self, table: &Properties, session: &Properties) -> Vec<Explained> {
        let format = match &self.connector {
            Connector::Filesystem { format, .. } => Some(format.kind()),
            Connector::Kafka(kafka) => Some(kafka.value.kind()),
            Connector::Datagen(_) | Connector::Hive(_) => None,
        };
        explain(&groups(self.common.connector, format), table, Some(session))
    }

    /// Tells whether the source ends by itself.
    pub fn is_bounded(&self) -> bool {
        match &self.connector {
            Connector::Filesystem { files, .. } => files.monitor_interval.is_none(),
            Connector::Kafka(kafka) => kafka.is_bounded(),
            Connector::Datagen(datagen) => datagen.is_bounded(),
            Connector::Hive(table) => table.is_bounded(),
        }
    }

    /// Tells whether the rows of the source come with a watermark that nobody has to declare.
    pub fn is_watermark(&self) -> bool {
        matches!(&self.connector, Connector::Hive(table) if table.is_watermark)
    }

    /// Gives how long a part of the source may be without rows before it is left out of the
    /// watermark; `None` is for ever.
    pub fn idle_timeout(&self, pipeline: &PipelineOptions) -> Option<Duration> {
        let timeout = self.common.idle_timeout.unwrap_or(pipeline.source_idle_timeout);
        (!timeout.is_zero()).then_some(timeout)
    }
}

fn read_files(reader: &mut Reader<'_>) -> Option<Connector> {
    let files = FileOptions::read(reader)?;
    if files.monitor_interval.is_some_and(|interval| interval.is_zero()) {
        reader.refuse(
            "source.monitor-interval",
            "is 0, so the folder would be listed without a pause",
            "use at least 100 ms, or leave it out for a bounded source",
        );
    }
    if files.split_size < MIN_SPLIT {
        reader.refuse("source.split-size", "is below 64kb", "use `1MB` or more");
    }
    let format = FormatOptions::read(files.format, reader)?;
    if !matches!(files.format, FormatKind::Json | FormatKind::Csv) {
        let message = format!("{} is no format of files that are read", files.format);
        reader.refuse("format", message, "use `json` or `csv`");
    }
    Some(Connector::Filesystem { files, format })
}

const MIN_SPLIT: ByteSize = ByteSize(64 << 10);

/// Lists the options that a source of this kind knows.
fn groups(kind: ConnectorKind, format: Option<FormatKind>) -> Vec<&'static [OptionSpec]> {
    let mut groups = common_groups().to_vec();
    match kind {
        ConnectorKind::Datagen => groups.extend(datagen::GROUPS),
        ConnectorKind::Hive => groups.extend(table_source::groups()),
        ConnectorKind::Kafka => {
            groups.extend(kafka::GROUPS);
            match format {
                Some(format) => groups.extend(format::groups(format)),
                None => groups.extend(format::all_groups()),
            }
        }
        ConnectorKind::Filesystem => {
            groups.extend(file_groups());
            match format {
                Some(format) => groups.extend(format::groups(format)),
                // Which of them belong to the source cannot be told, so none is a mistake.
                None => {
                    groups.extend(format::groups(FormatKind::Json));
                    groups.extend(format::groups(FormatKind::Csv));
                }
            }
        }
    }
    groups
}

/// Lists the options of every source.
pub(crate) const fn common_groups() -> [&'static [OptionSpec]; 2] {
    [CommonSource::OPTIONS, COMMON_NOTES]
}

/// Lists the options of files.
pub(crate) const fn file_groups() -> [&'static [OptionSpec]; 2] {
    [FileOptions::OPTIONS, FILE_NOTES]
}

/// Lists the options of all sources.
pub(crate) fn all_groups() -> Vec<&'static [OptionSpec]> {
    let mut all = groups(ConnectorKind::Filesystem, None);
    all.extend(kafka::GROUPS);
    all.extend(format::all_groups());
    all.extend(datagen::GROUPS);
    all
}

fn unknown_source_key(key: &str, own: &[&[OptionSpec]], kind: ConnectorKind) -> Problem {
    let scope = match kind {
        ConnectorKind::Filesystem => "filesystem source of this format",
        ConnectorKind::Kafka => "kafka source of this format",
        ConnectorKind::Datagen => "datagen source",
        ConnectorKind::Hive => "Hive table that is read",
    };
    let problem = unknown_key(key, scope, own);
    let elsewhere = all_groups().into_iter().flatten().find(|spec| spec.keys().any(|k| k == key));
    match elsewhere {
        Some(spec) => problem.hint(format!("it is an option of a {}", spec.scope.name())),
        None => problem,
    }
}

/// Tells whether a table is a source rather than a Hive table: it names a connector that is not
/// Hive's own.
pub fn is_source_table(table: &Properties) -> bool {
    table.get("connector").is_some_and(|name| !name.trim().eq_ignore_ascii_case("hive"))
}

#[cfg(test)]
mod tests;
