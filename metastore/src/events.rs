//! What the events of a metastore say of one table. Pure.
//!
//! Source: Hive `DbNotificationListener`, `JSONMessageEncoder` (`json-0.2`), `GzipJSONMessageEncoder` (`gzip(json-2.0)`).

use std::collections::BTreeSet;
use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::model::Table;
use crate::names::{PartitionPath, PartitionSpec};

/// Longest message, unpacked.
const MAX_MESSAGE_BYTES: u64 = 256 << 20;

/// Most events that are looked at; whoever is further behind does better to look at the table itself.
pub(crate) const MAX_BEHIND: i64 = 100_000;

/// What has happened to a table since an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableChanges {
    /// The newest event that is taken in.
    pub last: i64,
    /// Partitions that were added, changed, written to or dropped.
    pub partitions: BTreeSet<PartitionPath>,
    /// The table itself was changed, or something of which no event says which partitions it touched.
    pub table: bool,
}

/// One event as a metastore tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableEvent<'a> {
    pub(crate) id: i64,
    pub(crate) kind: &'a str,
    pub(crate) message: &'a str,
    pub(crate) format: &'a str,
}

impl TableChanges {
    /// Begins behind an event.
    pub(crate) fn after(event: i64) -> Self {
        Self { last: event, ..Self::default() }
    }

    /// Takes in an event of the table.
    pub(crate) fn take_in(&mut self, table: &Table, event: TableEvent<'_>) {
        self.last = self.last.max(event.id);
        // Statistics, constraints and transactions leave the rows as they are.
        match event.kind {
            "ADD_PARTITION" | "ALTER_PARTITION" | "ALTER_PARTITIONS" | "DROP_PARTITION"
            | "INSERT" => match partitions(table, event) {
                Some(paths) => self.partitions.extend(paths),
                None => self.table = true,
            },
            "CREATE_TABLE" | "ALTER_TABLE" | "DROP_TABLE" => self.table = true,
            _ => {}
        }
    }
}

/// Gives the partitions that an event names; `None` if it names none.
fn partitions(table: &Table, event: TableEvent<'_>) -> Option<Vec<PartitionPath>> {
    let message = match event.format {
        "" => serde_json::from_str(event.message).ok()?,
        format if format.starts_with("gzip") => {
            serde_json::from_slice(&unpacked(event.message)?).ok()?
        }
        format if format.starts_with("json") => serde_json::from_str(event.message).ok()?,
        _ => None::<Value>?,
    };
    let maps: Vec<&Value> = match message.get("partitions").and_then(Value::as_array) {
        Some(list) => list.iter().collect(),
        None => ["keyValues", "partKeyVals"]
            .iter()
            .find_map(|key| message.get(*key))
            .into_iter()
            .collect(),
    };
    if maps.is_empty() {
        return None;
    }
    maps.into_iter().map(|values| path(table, values)).collect()
}

fn path(table: &Table, values: &Value) -> Option<PartitionPath> {
    let value = |key: &str| {
        let of = values.as_object()?.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        Some((key.to_owned(), of?.1.as_str().map(str::to_owned)))
    };
    let pairs = table.partition_keys.iter().map(|key| value(&key.name));
    let spec = PartitionSpec::new(pairs.collect::<Option<Vec<_>>>()?);
    table.partition_path(&spec).ok()
}

fn unpacked(text: &str) -> Option<Vec<u8>> {
    let packed = STANDARD.decode(text.trim()).ok()?;
    let mut bytes = Vec::new();
    GzDecoder::new(packed.as_slice()).take(MAX_MESSAGE_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::model::FieldSchema;

    fn changes(kind: &str, message: &str, format: &str) -> (Vec<String>, bool) {
        let mut table = Table::new("d.t".parse().unwrap());
        table.partition_keys = ["dt", "hr"].map(|k| FieldSchema::new(k, "string")).into();
        let mut changes = TableChanges::after(6);
        changes.take_in(&table, TableEvent { id: 7, kind, message, format });
        assert_eq!(changes.last, 7);
        (changes.partitions.iter().map(ToString::to_string).collect(), changes.table)
    }

    fn packed(text: &str) -> String {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        STANDARD.encode(encoder.finish().unwrap())
    }

    #[test]
    fn events_name_partitions_or_the_table() {
        let two = r#"{"server":"","db":"d","table":"t","partitions":[{"hr":"7","dt":"a/b"},{"dt":"c","hr":"__HIVE_DEFAULT_PARTITION__"}]}"#;
        let both = ["dt=a%2Fb/hr=7", "dt=c/hr=__HIVE_DEFAULT_PARTITION__"];
        let one = r#"{"keyValues":{"DT":"c","HR":"8"}}"#;
        let insert = r#"{"partKeyVals":{"dt":"c","hr":"8"},"files":[]}"#;
        let gzip = "gzip(json-2.0)";
        for (kind, message, format, want, table) in [
            ("ADD_PARTITION", two, "json-0.2", &both[..], false),
            ("DROP_PARTITION", two, "", &both, false),
            ("ADD_PARTITION", &packed(two), gzip, &both, false),
            ("ALTER_PARTITION", one, "json-0.2", &["dt=c/hr=8"], false),
            ("INSERT", insert, "json-0.2", &["dt=c/hr=8"], false),
            // What names nothing that is known means the table.
            ("INSERT", r#"{"files":[]}"#, "json-0.2", &[], true),
            ("ALTER_PARTITION", r#"{"keyValues":{"dt":"c"}}"#, "json-0.2", &[], true),
            ("ADD_PARTITION", two, gzip, &[], true),
            ("ADD_PARTITION", two, "protobuf", &[], true),
            ("ADD_PARTITION", "{", "json-0.2", &[], true),
            ("ALTER_TABLE", "{}", "json-0.2", &[], true),
            ("UPDATE_PART_COL_STAT", two, "json-0.2", &[], false),
            ("ADD_PRIMARYKEY", "{}", "json-0.2", &[], false),
        ] {
            let want: Vec<String> = want.iter().map(|w| (*w).to_owned()).collect();
            assert_eq!(changes(kind, message, format), (want, table), "{kind} {message}");
        }
    }
}
