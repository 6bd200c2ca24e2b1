//! Options of a Hive table that a stream is joined with: its `TBLPROPERTIES`, and
//! `/*+ OPTIONS(...) */` behind its name.

use std::time::Duration;

use crate::explain::{Explained, explain};
use crate::problem::{Problem, Problems};
use crate::properties::Properties;
use crate::sink::ExtractorOptions;
use crate::table_options::{OptionSpec, Reader, options, unknown_key};
use crate::units::ByteSize;
use crate::values::choice;

choice! {
    /// Which partitions of a Hive table are read.
    pub enum PartitionInclude {
        /// All of them.
        All = "all",
        /// The last one in the order of `streaming-source.partition-order`.
        Latest = "latest",
    }
}

choice! {
    /// In which order the partitions of a Hive table come.
    pub enum PartitionOrder {
        /// By their names, letter by letter.
        PartitionName = "partition-name",
        /// By the time that their values name; see `partition.time-extractor.timestamp-pattern`.
        PartitionTime = "partition-time",
        /// By the time at which the metastore got them.
        CreateTime = "create-time",
    }
}

options! {
    /// What of a Hive table a stream is joined with, and how long a copy is good.
    pub struct LookupOptions in Dimension {
        /// Whether the table is looked at as one that grows. `streaming-source.partition.include`
        /// may be `latest` only if it is.
        streaming: bool = ["streaming-source.enable"] default "false",
        /// Which partitions rows are joined with.
        include: PartitionInclude = ["streaming-source.partition.include"] default "all",
        /// Time between two looks for changes if `streaming-source.enable` is set. The default is
        /// 60 min.
        monitor_interval: Option<Duration> = ["streaming-source.monitor-interval"],
        /// Which partition is the latest.
        order: PartitionOrder =
            ["streaming-source.partition-order", "streaming-source.consume-order"]
            default "partition-name",
        /// It has no meaning for a join.
        start_offset: Option<String> = ["streaming-source.consume-start-offset"],
        /// Time between two looks for changes if `streaming-source.enable` is not set. Nothing is
        /// loaded if there are none.
        cache_ttl: Duration = ["lookup.join.cache.ttl"] default "60 min",
        /// Memory that one copy of the table may take, with its index; while a newer copy is made
        /// there are two. A table that needs more stops the pipeline when it starts; later, the
        /// last copy stays in use.
        max_size: ByteSize = ["lookup.join.cache.max-size"] default "1GB",
    }
}

/// What Flink recommends as the least time between two looks at the partitions.
const RECOMMENDED: Duration = Duration::from_secs(3600);

/// Options of a Hive table that a stream is joined with.
#[derive(Clone, Debug, PartialEq)]
pub struct DimensionOptions {
    /// What of the table, and how long.
    pub lookup: LookupOptions,
    /// How the time of a partition is found.
    pub extractor: ExtractorOptions,
}

impl DimensionOptions {
    /// Reads the properties of a Hive table, those of a hint behind its name before them; the
    /// session gives defaults.
    ///
    /// Gives what could be read even if there are problems; the caller must not run it if
    /// [`Problems::has_errors`].
    pub fn parse(
        table: &Properties,
        hint: &Properties,
        session: &Properties,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut all = table.clone();
        all.overlay(hint);
        let mut reader = Reader::new(&all, Some(session), problems);
        let lookup = LookupOptions::read(&mut reader);
        let extractor = ExtractorOptions::read(&mut reader);
        for (key, _, origin) in reader.rest(&[]) {
            // Other properties of the table are for those who write it.
            if hint.get(&key).is_some() || key.starts_with("lookup.") {
                let problem = unknown_key(&key, "Hive table that is joined", &groups());
                reader.problems.push(problem.at(origin));
            }
        }
        let options = Self { lookup: lookup?, extractor: extractor? };
        options.check(&mut reader);
        Some(options)
    }

    /// Gives the time between two looks for changes.
    pub fn reload_interval(&self) -> Duration {
        if self.lookup.streaming {
            self.lookup.monitor_interval.unwrap_or(RECOMMENDED)
        } else {
            self.lookup.cache_ttl
        }
    }

    /// Lists the effective options with their origins.
    pub fn explain(table: &Properties, hint: &Properties, session: &Properties) -> Vec<Explained> {
        let mut all = table.clone();
        all.overlay(hint);
        explain(&groups(), &all, Some(session))
    }

    /// Source: Flink `HiveLookupTableSource.validateLookupConfigurations`, whose messages these are.
    fn check(&self, reader: &mut Reader<'_>) {
        let include = "streaming-source.partition.include";
        let offset = "streaming-source.consume-start-offset";
        let interval = "streaming-source.monitor-interval";
        let lookup = &self.lookup;
        let latest = lookup.include == PartitionInclude::Latest;
        if lookup.start_offset.is_some() {
            let message =
                format!("The '{offset}' is not supported when set '{include}' to 'latest'");
            reader.refuse(offset, message, "leave it out of a table that is joined");
        }
        if latest && !lookup.streaming {
            let message = format!(
                "The only supported {include} for lookup is 'all' in batch source, but actual is \
                 'latest'"
            );
            reader.refuse(include, message, "add 'streaming-source.enable'='true'");
        }
        if latest && lookup.streaming && self.reload_interval() < RECOMMENDED {
            let message = format!(
                "Currently the recommended value of '{interval}' is at least '{}' when set \
                 '{include}' to 'latest', but actual is '{}', this may produce big pressure to hive \
                 metastore.",
                RECOMMENDED.as_millis(),
                self.reload_interval().as_millis()
            );
            let problem = Problem::warning(interval, message).at(reader.origin(interval));
            reader.problems.push(problem);
        }
        for (key, time) in
            [(interval, lookup.monitor_interval), ("lookup.join.cache.ttl", Some(lookup.cache_ttl))]
        {
            if time.is_some_and(|time| time.is_zero()) {
                reader.refuse(key, "must not be 0", "use at least `1 s`");
            }
        }
        if lookup.max_size.0 == 0 {
            reader.refuse("lookup.join.cache.max-size", "must not be 0", "use a larger value");
        }
    }
}

/// Lists the options of a Hive table that is joined.
pub(crate) fn groups() -> [&'static [OptionSpec]; 2] {
    [LookupOptions::OPTIONS, ExtractorOptions::OPTIONS]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Origin;

    fn pairs(text: &str) -> Properties {
        let pairs = text.split(", ").filter_map(|pair| pair.split_once('='));
        Properties::from_pairs(pairs, &Origin::catalog("default.t"))
    }

    fn parse(table: &str, hint: &str) -> (Option<DimensionOptions>, String) {
        let mut problems = Problems::new();
        let session = Properties::new();
        let options = DimensionOptions::parse(&pairs(table), &pairs(hint), &session, &mut problems);
        let lines: Vec<String> =
            problems.iter().map(|p| format!("{:?} {}: {}", p.severity, p.key, p.message)).collect();
        (options, lines.join("\n"))
    }

    const LATEST: &str = "streaming-source.enable=true, streaming-source.partition.include=latest";

    #[test]
    fn the_interval_is_the_one_of_the_kind() {
        // HiveLookupJoinITCase.testLookupOptions, and the defaults.
        for (table, hint, minutes) in [
            ("lookup.join.cache.ttl=5min", "", 5),
            (&format!("{LATEST}, streaming-source.monitor-interval=2h") as &str, "", 120),
            (LATEST, "", 60),
            ("", "", 60),
            ("lookup.join.cache.ttl=5min, other=x", "lookup.join.cache.ttl=12 h", 720),
            ("", &format!("{LATEST}, streaming-source.monitor-interval=12 h"), 720),
        ] {
            let (options, problems) = parse(table, hint);
            assert_eq!(problems, "", "{table} {hint}");
            let reload = options.unwrap().reload_interval();
            assert_eq!(reload, Duration::from_secs(minutes * 60), "{table} {hint}");
        }
    }

    #[test]
    fn says_what_flink_says() {
        for (table, hint, expected) in [
            (
                LATEST,
                "streaming-source.consume-start-offset=2020-01-01",
                "Error streaming-source.consume-start-offset: The \
                 'streaming-source.consume-start-offset' is not supported when set \
                 'streaming-source.partition.include' to 'latest'",
            ),
            (
                "streaming-source.partition.include=latest",
                "",
                "Error streaming-source.partition.include: The only supported \
                 streaming-source.partition.include for lookup is 'all' in batch source, but \
                 actual is 'latest'",
            ),
            (
                LATEST,
                "streaming-source.monitor-interval=1 min",
                "Warning streaming-source.monitor-interval: Currently the recommended value of \
                 'streaming-source.monitor-interval' is at least '3600000' when set \
                 'streaming-source.partition.include' to 'latest', but actual is '60000', this \
                 may produce big pressure to hive metastore.",
            ),
            (
                "streaming-source.partition.include=newest",
                "",
                "Error streaming-source.partition.include: `newest` is not accepted: expected one \
                 of `all`, `latest`",
            ),
            (
                "my.own=1",
                "lookup.join.cache.tll=1 min",
                "Error lookup.join.cache.tll: is not an option of a Hive table that is joined",
            ),
            (
                "lookup.join.cache.max-size=0",
                "lookup.join.cache.ttl=0 s",
                "Error lookup.join.cache.ttl: must not be 0\n\
                 Error lookup.join.cache.max-size: must not be 0",
            ),
        ] {
            assert_eq!(parse(table, hint).1, expected, "{table} {hint}");
        }
    }
}
