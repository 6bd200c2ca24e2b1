//! The `kafka` source: which topics, from where to where, how messages are divided into columns.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::format::{FormatKind, FormatOptions};
use crate::kafka_client::ClientOptions;
use crate::properties::Properties;
use crate::table_options::{OptionSpec, OptionType, Reader, Scope, options};
use crate::values::choice;

choice! {
    /// Where reading begins when there is no checkpoint.
    pub enum StartupMode {
        /// Where the group has last said that it is.
        GroupOffsets = "group-offsets",
        /// The first message that is still there.
        EarliestOffset = "earliest-offset",
        /// Behind the last message.
        LatestOffset = "latest-offset",
        /// The first message that is not older than `scan.startup.timestamp-millis`.
        Timestamp = "timestamp",
        /// `scan.startup.specific-offsets`.
        SpecificOffsets = "specific-offsets",
    }
}

choice! {
    /// Where reading ends.
    pub enum BoundedMode {
        /// Never.
        Unbounded = "unbounded",
        /// At what is the end when the pipeline starts.
        LatestOffset = "latest-offset",
        /// Where the group has last said that it is.
        GroupOffsets = "group-offsets",
        /// Before the first message that is not older than `scan.bounded.timestamp-millis`.
        Timestamp = "timestamp",
        /// `scan.bounded.specific-offsets`.
        SpecificOffsets = "specific-offsets",
    }
}

choice! {
    /// Which columns the value fills.
    pub enum FieldsInclude {
        /// All that are no metadata.
        All = "ALL",
        /// All but those of the key.
        ExceptKey = "EXCEPT_KEY",
    }
}

choice! {
    /// What happens when messages are gone before they were read.
    pub enum DataLoss {
        /// The pipeline ends with an error that names them.
        Fail = "fail",
        /// Reading goes on at the nearest message, with a warning.
        Continue = "continue",
    }
}

/// Names separated by `;`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names(pub Vec<String>);

impl OptionType for Names {
    fn accepts() -> String {
        "names separated by `;`".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        let names = text.split(';').map(str::trim).filter(|name| !name.is_empty());
        let names: Vec<String> = names.map(str::to_owned).collect();
        if names.is_empty() { Err(format!("`{text}` has no name")) } else { Ok(Self(names)) }
    }
    fn show(&self) -> String {
        self.0.join(";")
    }
}

/// An offset for each of some partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionOffsets(pub BTreeMap<i32, u64>);

impl OptionType for PartitionOffsets {
    fn accepts() -> String {
        "`partition:0,offset:42;partition:1,offset:300`".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl FromStr for PartitionOffsets {
    type Err = String;

    /// Source: Flink `KafkaConnectorOptionsUtil.parseSpecificOffsets`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not of the form {}", Self::accepts());
        let mut offsets = BTreeMap::new();
        for pair in text.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (partition, offset) = pair.split_once(',').ok_or_else(wrong)?;
            let partition = partition.trim().strip_prefix("partition:").ok_or_else(wrong)?;
            let offset = offset.trim().strip_prefix("offset:").ok_or_else(wrong)?;
            let partition: u16 = partition.trim().parse().map_err(|_| wrong())?;
            let offset: u64 = offset.trim().parse().map_err(|_| wrong())?;
            if offsets.insert(i32::from(partition), offset).is_some() {
                return Err(format!("`{text}` names partition {partition} twice"));
            }
        }
        if offsets.is_empty() { Err(wrong()) } else { Ok(Self(offsets)) }
    }
}

impl fmt::Display for PartitionOffsets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (partition, offset)) in self.0.iter().enumerate() {
            let before = if n == 0 { "" } else { ";" };
            write!(f, "{before}partition:{partition},offset:{offset}")?;
        }
        Ok(())
    }
}

options! {
    /// Options of a `kafka` source, without those of its client.
    pub struct KafkaTable in Kafka {
        /// Topics that are read.
        topic: Option<Names> = ["topic"],
        /// Regular expression that the whole name of a topic must match, instead of `topic`.
        topic_pattern: Option<String> = ["topic-pattern"],
        /// Format of the values.
        format: Option<FormatKind> = ["format", "value.format"],
        /// Format of the keys.
        key_format: Option<FormatKind> = ["key.format"],
        /// Columns of the key.
        key_fields: Option<Names> = ["key.fields"],
        /// What the names of the key's columns begin with in the table, and not in the messages.
        key_fields_prefix: Option<String> = ["key.fields-prefix"],
        /// Which columns the value fills.
        value_fields_include: FieldsInclude = ["value.fields-include"] default "ALL",
        /// Where reading begins when there is no checkpoint. A restart goes on at the checkpoint.
        startup_mode: StartupMode = ["scan.startup.mode"] default "group-offsets",
        /// Offsets for the mode `specific-offsets`.
        startup_offsets: Option<PartitionOffsets> = ["scan.startup.specific-offsets"],
        /// Time for the mode `timestamp`, in milliseconds since 1970 UTC.
        startup_timestamp: Option<u64> = ["scan.startup.timestamp-millis"],
        /// Where reading ends.
        bounded_mode: BoundedMode = ["scan.bounded.mode"] default "unbounded",
        /// Offsets for the mode `specific-offsets`.
        bounded_offsets: Option<PartitionOffsets> = ["scan.bounded.specific-offsets"],
        /// Time for the mode `timestamp`, in milliseconds since 1970 UTC.
        bounded_timestamp: Option<u64> = ["scan.bounded.timestamp-millis"],
        /// Looks for new partitions this often. They are read from their begin. 0 s looks once.
        discovery_interval: Duration = ["scan.topic-partition-discovery.interval"] default "5 min",
        /// What happens when messages are gone before they were read, because the topic's
        /// retention is too short or the topic was made anew.
        on_data_loss: DataLoss = ["scan.on-data-loss"] default "fail",
    }
}

const NOTES: &[OptionSpec] = &[
    OptionSpec::ignored(
        Scope::Kafka,
        "scan.parallelism",
        "All lanes of the pipeline read; see `parallelism.default`.",
    ),
    OptionSpec::ignored(Scope::Kafka, "sink.partitioner", WRITES),
    OptionSpec::ignored(Scope::Kafka, "sink.delivery-guarantee", WRITES),
    OptionSpec::ignored(Scope::Kafka, "sink.semantic", WRITES),
    OptionSpec::ignored(Scope::Kafka, "sink.transactional-id-prefix", WRITES),
    OptionSpec::ignored(Scope::Kafka, "sink.parallelism", WRITES),
];
const WRITES: &str = "Concerns writing; a source only reads.";

/// Options of a `kafka` source.
#[derive(Clone, Debug, PartialEq)]
pub struct KafkaOptions {
    /// The table.
    pub table: KafkaTable,
    /// The client.
    pub client: ClientOptions,
    /// Format of the values.
    pub value: FormatOptions,
    /// Format of the keys, if they fill columns.
    pub key: Option<FormatOptions>,
}

/// Lists the options of the source, without those of its formats.
pub(crate) const GROUPS: [&[OptionSpec]; 4] =
    [KafkaTable::OPTIONS, ClientOptions::OPTIONS, NOTES, crate::kafka_client::NOTES];

impl KafkaOptions {
    pub(crate) fn read(properties: &Properties, reader: &mut Reader<'_>) -> Option<Self> {
        let table = KafkaTable::read(reader);
        let client = ClientOptions::read(reader);
        reader.ignore_prefix("properties.", crate::kafka_client::UNKNOWN);
        let (table, client) = (table?, client?);
        table.check(&client, reader);
        let Some(kind) = table.format else {
            let hint = "add 'format'='json'";
            reader.refuse("format", "is required: Format of the values", hint);
            return None;
        };
        let named = properties.get("value.format").is_some();
        let value = if named {
            read_format(kind, "value.", properties, reader)
        } else {
            FormatOptions::read(kind, reader)
        };
        let key = match table.key_format {
            None => None,
            Some(kind) => Some(read_format(kind, "key.", properties, reader)?),
        };
        Some(Self { table, client, value: value?, key })
    }

    /// Tells whether the source ends by itself.
    pub fn is_bounded(&self) -> bool {
        self.table.bounded_mode != BoundedMode::Unbounded
    }

    /// Gives the time between two looks for new partitions.
    pub fn discovery_interval(&self) -> Option<Duration> {
        let interval = self.table.discovery_interval;
        (!self.is_bounded() && !interval.is_zero()).then_some(interval)
    }
}

/// Reads the options of a format whose keys begin with a prefix.
fn read_format(
    kind: FormatKind,
    prefix: &str,
    properties: &Properties,
    reader: &mut Reader<'_>,
) -> Option<FormatOptions> {
    let mut own = Properties::at(properties.home().clone());
    for (key, value, origin) in properties.iter() {
        if let Some(rest) = key.strip_prefix(prefix)
            && FormatKind::of_key(rest).is_some()
        {
            own.set(rest, value, origin.clone());
            reader.mark(key);
        }
    }
    let mut inner = Reader::new(&own, None, reader.problems);
    let read = FormatOptions::read(kind, &mut inner);
    let groups = crate::format::groups(kind);
    let notes: Vec<OptionSpec> = groups.iter().flat_map(|group| group.iter().copied()).collect();
    for (key, _, origin) in inner.rest(&notes) {
        let problem = crate::table_options::unknown_key(&key, kind.as_str(), &groups);
        inner.problems.push(problem.at(origin));
    }
    read
}

impl KafkaTable {
    fn check(&self, client: &ClientOptions, reader: &mut Reader<'_>) {
        match (&self.topic, &self.topic_pattern) {
            (None, None) => {
                let hint = "add 'topic'='...', or 'topic-pattern'='...'";
                reader.refuse("topic", "is required: Topics that are read", hint);
            }
            (Some(_), Some(_)) => {
                let message = "is set although there is a topic";
                reader.refuse("topic-pattern", message, "keep one of the two");
            }
            _ => {}
        }
        self.check_place(client, reader);
        match (&self.key_format, &self.key_fields) {
            (Some(_), None) => {
                reader.refuse("key.format", "has no columns to fill", "add 'key.fields'='...'");
            }
            (None, Some(_)) => {
                let hint = "add 'key.format'='...', for instance `raw`";
                reader.refuse("key.fields", "needs a format of the keys", hint);
            }
            _ => {}
        }
        if let (Some(prefix), Some(Names(fields))) = (&self.key_fields_prefix, &self.key_fields) {
            if let Some(field) = fields.iter().find(|field| !field.starts_with(prefix)) {
                let message = format!("is not what the key's column `{field}` begins with");
                reader.refuse("key.fields-prefix", message, "name the columns with the prefix");
            }
            if self.value_fields_include == FieldsInclude::All && !prefix.is_empty() {
                let hint = "set 'value.fields-include'='EXCEPT_KEY'";
                reader.refuse("key.fields-prefix", "needs a value without these columns", hint);
            }
        }
    }

    fn check_place(&self, client: &ClientOptions, reader: &mut Reader<'_>) {
        let no_group = client.group.is_none();
        let start = self.startup_mode;
        let end = self.bounded_mode;
        if start == StartupMode::GroupOffsets && no_group {
            let hint =
                "add 'properties.group.id'='...', or choose 'earliest-offset' or 'latest-offset'";
            reader.refuse("scan.startup.mode", "group-offsets need a group", hint);
        }
        if end == BoundedMode::GroupOffsets && no_group {
            let hint = "add 'properties.group.id'='...'";
            reader.refuse("scan.bounded.mode", "group-offsets need a group", hint);
        }
        let facts = [
            (
                start == StartupMode::Timestamp,
                self.startup_timestamp.is_some(),
                "scan.startup.timestamp-millis",
            ),
            (
                start == StartupMode::SpecificOffsets,
                self.startup_offsets.is_some(),
                "scan.startup.specific-offsets",
            ),
            (
                end == BoundedMode::Timestamp,
                self.bounded_timestamp.is_some(),
                "scan.bounded.timestamp-millis",
            ),
            (
                end == BoundedMode::SpecificOffsets,
                self.bounded_offsets.is_some(),
                "scan.bounded.specific-offsets",
            ),
        ];
        for (wanted, given, key) in facts {
            if wanted && !given {
                reader.refuse(key, "is required by the mode", &format!("add '{key}'='...'"));
            }
            if given && !wanted {
                reader.refuse(key, "is set although the mode is another", "remove it");
            }
        }
    }
}

#[cfg(test)]
mod tests;
