//! A `kafka` source table to what its client and its decoder need.

use arrow::datatypes::SchemaRef;
use config::kafka::{
    BoundedMode, DataLoss, FieldsInclude, KafkaOptions as Table, PartitionOffsets, StartupMode,
};
use config::kafka_client::{ClientOptions, IsolationLevel, OffsetReset, SaslMechanism};
use dialect::ast::{ColumnKind, TableElement};
use formats::types::HiveType;
use regex::Regex;

use super::super::script::SourceTable;
use super::sources::message_format;
use crate::decode::records::{Metadata, Part, RecordPlan};
use crate::error::{Error, Result};
use crate::source::kafka::{
    Credentials, KafkaOptions, Mechanism, Names, OnDataLoss, Otherwise, Place, TlsOptions, Topics,
};

/// Checks that a metadata column is one of the source's and has a type that can show it.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn metadata(
    source: &SourceTable,
    name: &str,
    key: &str,
    ty: &HiveType,
) -> Result<Metadata, String> {
    let connector = source.properties.get("connector").unwrap_or_default();
    if !connector.eq_ignore_ascii_case("kafka") {
        return Err(format!("column {name}: this source has no metadata columns"));
    }
    // `value.` before a key is a format's metadata; those formats have none.
    let Some(found) = Metadata::ALL.into_iter().find(|one| one.key() == key) else {
        let all: Vec<&str> = Metadata::ALL.iter().map(|one| one.key()).collect();
        return Err(format!(
            "column {name}: a Kafka source has no metadata `{key}`; it has {}",
            all.join(", ")
        ));
    };
    if !found.fits(&ty.to_arrow()) {
        return Err(format!("column {name}: the type {ty} cannot show the metadata `{key}`"));
    }
    Ok(found)
}

/// Says how the messages become rows of the table.
///
/// # Errors
/// `Config` for a column of the key that is not in the table, or that nothing fills.
pub(super) fn records(
    options: &Table,
    source: &SourceTable,
    schema: &SchemaRef,
    zone: chrono_tz::Tz,
) -> Result<RecordPlan> {
    let mut found = Vec::new();
    for element in &source.ddl.elements {
        let TableElement::Column(column) = element else { continue };
        let ColumnKind::Metadata { from, .. } = &column.kind else { continue };
        let name = column.name.value.to_lowercase();
        let key = from.as_ref().map_or(name.clone(), |from| from.value().into_owned());
        let what = Metadata::ALL.into_iter().find(|one| one.key() == key);
        found.extend(schema.index_of(&name).ok().zip(what));
    }
    let physical: Vec<usize> = (0..schema.fields().len())
        .filter(|at| found.iter().all(|(other, _)| other != at))
        .collect();
    let mut key_columns = Vec::new();
    for name in options.table.key_fields.iter().flat_map(|names| &names.0) {
        let at = schema.index_of(&name.to_lowercase()).ok();
        let at = at.filter(|at| physical.contains(at)).ok_or_else(|| {
            Error::config("a column of the key is no column of the table")
                .with("key.fields", name)
                .with_hint("name columns that are in the table, separated by `;`")
        })?;
        key_columns.push(at);
    }
    let alone = options.table.value_fields_include == FieldsInclude::ExceptKey;
    let in_value = |at: &usize| !(alone && key_columns.contains(at));
    let value = Part {
        format: message_format(&options.value)?,
        columns: physical.into_iter().filter(in_value).collect(),
        prefix: String::new(),
    };
    // A column that the value fills, too, is the value's: then nobody needs the key.
    let key = match &options.key {
        Some(format) if alone => Some(Part {
            format: message_format(format)?,
            columns: key_columns,
            prefix: options.table.key_fields_prefix.clone().unwrap_or_default().to_lowercase(),
        }),
        _ => None,
    };
    Ok(RecordPlan { value, key, metadata: found, zone })
}

/// Gives the options of the source.
///
/// # Errors
/// `Config` for a pattern that is none, or a login that lacks something.
pub(super) fn options(table: &Table, records: &RecordPlan, branch: u16) -> Result<KafkaOptions> {
    let Table { table, client, .. } = table;
    let topics = match (&table.topic, &table.topic_pattern) {
        (Some(names), _) => Topics::Named(names.0.clone()),
        (None, Some(pattern)) => Topics::Matching(Regex::new(pattern).map_err(|e| {
            Error::config("topic-pattern is not a regular expression").with_source(e)
        })?),
        (None, None) => return Err(Error::config("no topic is named")),
    };
    let otherwise = match client.offset_reset {
        OffsetReset::None => None,
        OffsetReset::Earliest => Some(Otherwise::Earliest),
        OffsetReset::Latest => Some(Otherwise::Latest),
    };
    let time = |time: Option<u64>| {
        Place::Time(time.and_then(|time| i64::try_from(time).ok()).unwrap_or(i64::MAX))
    };
    let offsets = |offsets: &Option<PartitionOffsets>| {
        Place::Offsets(offsets.as_ref().map(|offsets| offsets.0.clone()).unwrap_or_default())
    };
    let start = match table.startup_mode {
        StartupMode::GroupOffsets => Place::Group { otherwise },
        StartupMode::EarliestOffset => Place::Earliest,
        StartupMode::LatestOffset => Place::Latest,
        StartupMode::Timestamp => time(table.startup_timestamp),
        StartupMode::SpecificOffsets => offsets(&table.startup_offsets),
    };
    let end = match table.bounded_mode {
        BoundedMode::Unbounded => None,
        BoundedMode::LatestOffset => Some(Place::Latest),
        BoundedMode::GroupOffsets => Some(Place::Group { otherwise }),
        BoundedMode::Timestamp => Some(time(table.bounded_timestamp)),
        BoundedMode::SpecificOffsets => Some(offsets(&table.bounded_offsets)),
    };
    let millis = |ms: u32| std::time::Duration::from_millis(u64::from(ms));
    let bytes = |bytes: u32| i32::try_from(bytes).unwrap_or(i32::MAX);
    let interval = table.discovery_interval;
    Ok(KafkaOptions {
        start,
        discovery_interval: (end.is_none() && !interval.is_zero()).then_some(interval),
        end,
        group: client.group.clone(),
        tell_group: client.commit_on_checkpoint,
        committed_only: client.isolation == IsolationLevel::ReadCommitted,
        on_data_loss: match table.on_data_loss {
            DataLoss::Fail => OnDataLoss::Fail,
            DataLoss::Continue => OnDataLoss::Continue,
        },
        client: client.client_id.clone(),
        min_bytes: bytes(client.min_bytes),
        max_bytes: bytes(client.max_bytes),
        partition_bytes: bytes(client.partition_bytes),
        max_wait: millis(client.max_wait_ms),
        connect_timeout: millis(client.connect_timeout_ms),
        request_timeout: millis(client.request_timeout_ms),
        checked: client.check_crcs,
        tls: client.is_encrypted().then(|| tls(client)),
        credentials: credentials(client)?,
        keys: records.key.is_some(),
        headers: records.metadata.iter().any(|(_, what)| *what == Metadata::Headers),
        branch,
        ..KafkaOptions::new(client.servers.0.clone(), topics)
    })
}

fn tls(client: &ClientOptions) -> TlsOptions {
    let unchecked = client.identification.trim().is_empty();
    TlsOptions {
        ca: client.ca.clone(),
        certificate: client.certificate.clone(),
        key: client.key.clone(),
        names: if unchecked { Names::Ignored } else { Names::Checked },
    }
}

fn credentials(client: &ClientOptions) -> Result<Option<Credentials>> {
    let login = client.login().map_err(Error::config)?;
    Ok(login.map(|login| Credentials {
        mechanism: match login.mechanism {
            SaslMechanism::Plain => Mechanism::Plain,
            SaslMechanism::ScramSha256 => Mechanism::ScramSha256,
            SaslMechanism::ScramSha512 => Mechanism::ScramSha512,
        },
        user: login.user,
        password: login.password.expose().to_owned(),
    }))
}
