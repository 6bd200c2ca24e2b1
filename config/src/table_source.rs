//! Options of a Hive table that is read: its `TBLPROPERTIES`, and `/*+ OPTIONS(...) */` behind its
//! name.

use std::time::Duration;

use crate::dimension::{LookupOptions, PartitionInclude, PartitionOrder};
use crate::problem::Problems;
use crate::properties::Properties;
use crate::sink::{CommitOptions, ExtractorOptions};
use crate::table_options::{OptionSpec, Reader, options, unknown_key};
use crate::units::ByteSize;
use crate::values::{ZoneName, choice};

choice! {
    /// What happens to files that come in the same look in which known ones of their partition
    /// vanish.
    pub enum ReplacedFiles {
        /// They are read, as after an `INSERT OVERWRITE`.
        Read = "read",
        /// They are taken as read before, as after a compaction by somebody else.
        Skip = "skip",
    }
}

options! {
    /// How the files of a Hive table are read.
    pub struct FilesOptions in TableSource {
        /// What happens to files that come in the same look in which known ones of their partition
        /// vanish: they are new rows, or hold those that were read before. Compactions of transactional
        /// tables are known as such; one of an insert-only table that left no trace of what it was made
        /// of is an error with `read`.
        replaced: ReplacedFiles = ["streaming-source.replaced-files"] default "read",
        /// Size of the parts in which a file is read side by side, if its format can be cut.
        split_size: ByteSize = ["table.exec.hive.split-max-size"] default "128MB",
    }
}

/// Time between two looks unless the table says otherwise.
///
/// Source: Flink `HiveOptions.STREAMING_SOURCE_MONITOR_INTERVAL` of a scan.
const MONITOR_INTERVAL: Duration = Duration::from_mins(1);
const MIN_SPLIT: ByteSize = ByteSize(64 << 10);

const ENABLE: &str = "streaming-source.enable";
const INCLUDE: &str = "streaming-source.partition.include";
const INTERVAL: &str = "streaming-source.monitor-interval";
const ORDER: &str = "streaming-source.partition-order";
const OFFSET: &str = "streaming-source.consume-start-offset";

/// Options of a Hive table that is read.
#[derive(Clone, Debug, PartialEq)]
pub struct TableSourceOptions {
    /// Whether it is read as a stream, in which order and from where on.
    pub stream: LookupOptions,
    /// How its files are read.
    pub files: FilesOptions,
    /// How the time of a partition is found.
    pub extractor: ExtractorOptions,
    /// Zone of that time.
    pub zone: ZoneName,
    /// The time of a partition is the watermark of its rows.
    pub is_watermark: bool,
}

/// What is known of the table itself.
#[derive(Clone, Copy, Debug)]
pub struct TableFacts {
    /// It has partition columns.
    pub is_partitioned: bool,
}

impl TableSourceOptions {
    /// Reads the properties of a Hive table, over which those of a hint were laid; the session gives
    /// defaults.
    ///
    /// Gives what could be read even if there are problems; the caller must not run it if
    /// [`Problems::has_errors`].
    pub fn parse(
        table: &Properties,
        facts: TableFacts,
        session: &Properties,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut reader = Reader::new(table, Some(session), problems);
        let stream = LookupOptions::read(&mut reader);
        let files = FilesOptions::read(&mut reader);
        let extractor = ExtractorOptions::read(&mut reader);
        for (key, origin) in reader.unread("streaming-source.") {
            let problem = unknown_key(&key, "Hive table that is read", &groups());
            reader.problems.push(problem.at(origin));
        }
        // What concerns the table as a target is looked at by whoever writes it.
        let mut others = Problems::new();
        let commit = CommitOptions::read(&mut Reader::new(table, Some(session), &mut others));
        let (stream, extractor) = (stream?, extractor?);
        let asked = extractor.pattern.is_some() || extractor.formatter.is_some();
        let by_time = stream.order == PartitionOrder::PartitionTime;
        let options = Self {
            is_watermark: facts.is_partitioned && (asked || by_time),
            stream,
            files: files?,
            extractor,
            zone: commit?.watermark_time_zone,
        };
        options.check(facts, table, &mut reader);
        Some(options)
    }

    /// Tells whether what is there is read, and nothing that comes later.
    pub fn is_bounded(&self) -> bool {
        !self.stream.streaming
    }

    /// Gives the time between two looks for what is new; `None` if the table is not read as a stream.
    pub fn monitor_interval(&self) -> Option<Duration> {
        let interval = self.stream.monitor_interval.unwrap_or(MONITOR_INTERVAL);
        self.stream.streaming.then_some(interval)
    }

    /// Gives the order in which partitions are read.
    ///
    /// A table without partitions is read in the order in which its files were made.
    pub fn order(&self, facts: TableFacts) -> PartitionOrder {
        if facts.is_partitioned { self.stream.order } else { PartitionOrder::CreateTime }
    }

    /// Source of the first two messages: Flink `HiveDynamicTableFactory`, `HiveTableSource`.
    fn check(&self, facts: TableFacts, table: &Properties, reader: &mut Reader<'_>) {
        let stream = &self.stream;
        if stream.include == PartitionInclude::Latest {
            if stream.start_offset.is_some() {
                let message =
                    format!("The '{OFFSET}' is not supported when set '{INCLUDE}' to 'latest'");
                reader.refuse(OFFSET, message, "leave one of the two out");
            }
            let message = format!(
                "The only supported '{INCLUDE}' is 'all' in hive table scan, but is 'latest'"
            );
            reader.refuse(INCLUDE, message, "'latest' is for a table that is joined");
        }
        if stream.monitor_interval.is_some_and(|interval| interval.is_zero()) {
            reader.refuse(INTERVAL, "must not be 0", "use at least `100 ms`");
        }
        if self.files.split_size < MIN_SPLIT {
            let key = "table.exec.hive.split-max-size";
            reader.refuse(key, "is below 64kb", "use `1MB` or more");
        }
        let ordered = [ORDER, "streaming-source.consume-order"];
        let ordered = ordered.iter().any(|key| table.get(key).is_some());
        if !facts.is_partitioned && ordered && stream.order != PartitionOrder::CreateTime {
            let message = "only `create-time` is possible for a table without partitions";
            reader.refuse(ORDER, message, "use `create-time`, or leave it out");
        }
        if self.is_bounded() && stream.monitor_interval.is_some() && table.get(INTERVAL).is_some() {
            let hint = format!("add '{ENABLE}'='true' to read what comes later, too");
            let message = "has no effect, because the table is not read as a stream";
            let problem = crate::Problem::warning(INTERVAL, message).hint(hint);
            reader.problems.push(problem.at(reader.origin(INTERVAL)));
        }
    }
}

/// Lists the options of a Hive table that is read.
pub(crate) fn groups() -> [&'static [OptionSpec]; 3] {
    [LookupOptions::OPTIONS, FilesOptions::OPTIONS, ExtractorOptions::OPTIONS]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Origin;

    fn parse(text: &str, is_partitioned: bool) -> (Option<TableSourceOptions>, String) {
        let pairs = text.split(", ").filter_map(|pair| pair.split_once('='));
        let table = Properties::from_pairs(pairs, &Origin::catalog("default.t"));
        let facts = TableFacts { is_partitioned };
        let mut problems = Problems::new();
        let options = TableSourceOptions::parse(&table, facts, &Properties::new(), &mut problems);
        let lines: Vec<String> =
            problems.iter().map(|p| format!("{:?} {}: {}", p.severity, p.key, p.message)).collect();
        (options, lines.join("\n"))
    }

    #[test]
    fn a_table_is_read_once_or_watched() {
        for (text, interval) in [
            ("", None),
            ("streaming-source.enable=true", Some(60)),
            ("streaming-source.enable=true, streaming-source.monitor-interval=1 s", Some(1)),
        ] {
            let (options, problems) = parse(text, true);
            let options = options.unwrap();
            assert_eq!(problems, "", "{text}");
            assert_eq!(options.monitor_interval(), interval.map(Duration::from_secs), "{text}");
            assert_eq!(options.is_bounded(), interval.is_none());
        }
    }

    #[test]
    fn the_time_of_partitions_is_a_watermark_if_it_is_asked_for() {
        for (text, partitioned, want) in [
            ("", true, false),
            ("partition.time-extractor.timestamp-pattern=$dt", true, true),
            ("partition.time-extractor.timestamp-pattern=$dt", false, false),
            ("streaming-source.partition-order=partition-time", true, true),
            ("streaming-source.consume-order=partition-time", true, true),
        ] {
            assert_eq!(parse(text, partitioned).0.unwrap().is_watermark, want, "{text}");
        }
    }

    #[test]
    fn says_what_flink_says() {
        // HiveDynamicTableFactoryTest.
        for (text, partitioned, expected) in [
            (
                "streaming-source.enable=true, streaming-source.partition.include=latest",
                true,
                "Error streaming-source.partition.include: The only supported \
                 'streaming-source.partition.include' is 'all' in hive table scan, but is 'latest'",
            ),
            (
                "streaming-source.partition.include=latest, \
                 streaming-source.consume-start-offset=2020-01-01",
                true,
                "Error streaming-source.consume-start-offset: The \
                 'streaming-source.consume-start-offset' is not supported when set \
                 'streaming-source.partition.include' to 'latest'\n\
                 Error streaming-source.partition.include: The only supported \
                 'streaming-source.partition.include' is 'all' in hive table scan, but is 'latest'",
            ),
            (
                "streaming-source.enable=true, streaming-source.partition-order=partition-name",
                false,
                "Error streaming-source.partition-order: only `create-time` is possible for a table \
                 without partitions",
            ),
            (
                "streaming-source.enable=true, streaming-source.monitor-interval=0 s, \
                 table.exec.hive.split-max-size=1kb",
                true,
                "Error streaming-source.monitor-interval: must not be 0\n\
                 Error table.exec.hive.split-max-size: is below 64kb",
            ),
            (
                "streaming-source.monitor-interval=1 s",
                true,
                "Warning streaming-source.monitor-interval: has no effect, because the table is not \
                 read as a stream",
            ),
            (
                "streaming-source.enabled=true, sink.rolling-policy.file-size=x, anything=1",
                true,
                "Error streaming-source.enabled: is not an option of a Hive table that is read",
            ),
            (
                "streaming-source.replaced-files=keep",
                true,
                "Error streaming-source.replaced-files: `keep` is not accepted: expected one of \
                 `read`, `skip`",
            ),
        ] {
            assert_eq!(parse(text, partitioned).1, expected, "{text}");
        }
    }
}
