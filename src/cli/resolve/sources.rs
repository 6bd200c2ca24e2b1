//! Source tables to sources: columns, options, formats.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use config::format::FormatOptions;
use config::source::{Connector, FileOptions, SourceCompression};
use dialect::ast::{ColumnKind, TableElement};
use formats::message::{
    AvroOptions, CsvOptions, JsonOptions, MessageFormat, RawOptions, Registry, TimestampFormat,
};

use super::super::script::SourceTable;
use super::kafka;
use crate::catalog::types::hive_type;
use crate::decode::records::RecordPlan;
use crate::decode::registry::{Authorization, HttpRegistry};
use crate::error::{Error, Result};
use crate::source::Source;
use crate::source::datagen::{
    DatagenOptions, DatagenSource, FieldKind, FieldOptions, Length, Number,
};
use crate::source::files::{Compression, FilesOptions, FilesSource, RecordBorders};
use crate::source::kafka::{KafkaSource, TlsOptions};
use crate::sql::bind::{TableColumn, TableColumnKind, TableSchema};
use crate::time::Clock;

/// Gives a source table's columns to the binder.
///
/// # Errors
/// The column that cannot be had, in words.
pub fn schema(source: &SourceTable) -> Result<TableSchema, String> {
    let mut columns = Vec::new();
    for element in &source.ddl.elements {
        let TableElement::Column(column) = element else { continue };
        let name = column.name.value.to_lowercase();
        let kind = match &column.kind {
            ColumnKind::Physical(ty) => {
                TableColumnKind::Stored(hive_type(ty).map_err(|e| format!("column {name}: {e}"))?)
            }
            ColumnKind::Computed(expr) => TableColumnKind::Computed(expr.clone()),
            ColumnKind::Metadata { data_type, from, .. } => {
                let key = from.as_ref().map_or(name.clone(), |from| from.value().into_owned());
                let ty = hive_type(data_type).map_err(|e| format!("column {name}: {e}"))?;
                kafka::metadata(source, &name, &key, &ty)?;
                TableColumnKind::Stored(ty)
            }
        };
        columns.push(TableColumn { name, kind });
    }
    if columns.is_empty() {
        return Err("a source table needs at least one column".to_owned());
    }
    let event_time = source.ddl.watermark().map(|w| w.column.to_string().to_lowercase());
    Ok(TableSchema { columns, event_time, ..TableSchema::default() })
}

/// A source and how what it gives is decoded.
#[derive(Debug)]
pub struct Opened {
    /// The source.
    pub source: Arc<dyn Source>,
    /// How blocks are decoded.
    pub format: Option<MessageFormat>,
    /// How messages are decoded.
    pub records: Option<RecordPlan>,
}

/// Makes the source and says how what it gives is decoded.
///
/// # Errors
/// `Config` for a path, pattern or column that makes no sense.
pub fn open(
    connector: &Connector,
    table: &SourceTable,
    schema: &SchemaRef,
    place: SourcePlace,
    clock: &Arc<dyn Clock>,
) -> Result<Opened> {
    match connector {
        Connector::Filesystem { files, format } => {
            let source = FilesSource::new(files_options(files, format, place.branch)?)?;
            let format = Some(message_format(format)?);
            Ok(Opened { source: Arc::new(source), format, records: None })
        }
        Connector::Kafka(options) => {
            let records = kafka::records(options, table, schema, place.zone)?;
            let made = kafka::options(options, &records, place.branch)?;
            let source = KafkaSource::new(made, Arc::clone(clock))?;
            Ok(Opened { source: Arc::new(source), format: None, records: Some(records) })
        }
        Connector::Datagen(options) => {
            let options = datagen_options(options, schema, place)?;
            let source = DatagenSource::new(options, Arc::clone(clock))?;
            Ok(Opened { source: Arc::new(source), format: None, records: None })
        }
        Connector::Hive(_) => Err(Error::internal("a Hive table has no connector")),
    }
}

/// Names what a source reads: files of a path, topics of a cluster.
pub(super) fn name(table: &SourceTable, connector: &Connector) -> String {
    match connector {
        Connector::Filesystem { files, .. } => {
            let path = files.path.strip_prefix("file:").unwrap_or(&files.path);
            let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
            let regex = files.path_regex.as_deref().unwrap_or_default();
            format!("files {} {regex}", path.display())
        }
        Connector::Kafka(kafka) => {
            let topics = kafka.table.topic.as_ref().map(|topics| topics.0.join(";"));
            let pattern = kafka.table.topic_pattern.as_deref().unwrap_or_default();
            let mut servers = kafka.client.servers.0.clone();
            servers.sort();
            format!("kafka {} {}{pattern}", servers.join(","), topics.unwrap_or_default())
        }
        Connector::Datagen(options) => format!("datagen {:?}", options.table.seed),
        Connector::Hive(_) => format!("table {}", table.ddl.name),
    }
}

/// Where a source stands in its pipeline.
#[derive(Debug, Clone, Copy)]
pub struct SourcePlace {
    /// Which part of the `UNION ALL` reads it.
    pub branch: u16,
    /// How many lanes read.
    pub lanes: u16,
    /// The session's zone.
    pub zone: chrono_tz::Tz,
}

fn datagen_options(
    options: &config::datagen::DatagenOptions,
    schema: &SchemaRef,
    place: SourcePlace,
) -> Result<DatagenOptions> {
    let mut fields = BTreeMap::new();
    for (name, field) in &options.fields {
        let sequence = field.kind == config::datagen::GeneratorKind::Sequence;
        let kind = match (sequence, field.start, field.end) {
            (false, ..) => FieldKind::Random,
            (true, Some(start), Some(end)) => FieldKind::Sequence { start, end },
            (true, ..) => {
                return Err(Error::config("a sequence needs fields.#.start and fields.#.end")
                    .with("column", name));
            }
        };
        let number = |n: config::values::Number| match n {
            config::values::Number::Whole(n) => Number::Whole(n),
            config::values::Number::Real(n) => Number::Real(n),
        };
        let length = if field.var_len { Length::UpTo } else { Length::Fixed };
        let made = FieldOptions {
            kind,
            min: field.min.map(number),
            max: field.max.map(number),
            length: field.length.map(length),
            max_past: field.max_past,
            null_rate: field.null_rate.0,
        };
        fields.insert(name.clone(), made);
    }
    Ok(DatagenOptions {
        fields,
        rows_per_second: options.rows_per_second(),
        number_of_rows: options.table.number_of_rows,
        seed: options.table.seed,
        lanes: u64::from(place.lanes),
        branch: place.branch,
        ..DatagenOptions::new(Arc::clone(schema))
    })
}

fn files_options(files: &FileOptions, format: &FormatOptions, branch: u16) -> Result<FilesOptions> {
    let regex = files.path_regex.as_deref().map(regex::Regex::new).transpose().map_err(|e| {
        Error::config("source.path.regex-pattern is not a regular expression").with_source(e)
    })?;
    let (record, header_lines) = borders(format);
    Ok(FilesOptions {
        regex,
        compression: match files.compression {
            SourceCompression::Auto => Compression::Auto,
            SourceCompression::None => Compression::None,
            SourceCompression::Gzip => Compression::Gzip,
            SourceCompression::Zstd => Compression::Zstd,
        },
        monitor_interval: files.monitor_interval,
        split_bytes: files.split_size.0,
        header_lines,
        branch,
        ..FilesOptions::new(files.path.clone(), record)
    })
}

/// Says what ends a record of a format, and how many lines at the begin of a file are none.
pub fn borders(format: &FormatOptions) -> (RecordBorders, u32) {
    match format {
        FormatOptions::Json(_) => (RecordBorders::Lines, 0),
        FormatOptions::Csv(csv) => {
            let record = match csv.quote() {
                None => RecordBorders::Lines,
                Some(quote) => RecordBorders::QuotedCsv {
                    delimiter: csv.field_delimiter.0,
                    quote,
                    escape: csv.escape_character.map(|c| c.0),
                    comment: csv.allow_comments.then_some(b'#'),
                },
            };
            (record, csv.skip_header_lines)
        }
        FormatOptions::Raw(_) | FormatOptions::Avro(_) | FormatOptions::AvroConfluent(_) => {
            (RecordBorders::Lines, 0)
        }
    }
}

/// Gives the form of a record.
///
/// # Errors
/// `Config` for a schema that is none.
pub(super) fn message_format(format: &FormatOptions) -> Result<MessageFormat> {
    Ok(match format {
        FormatOptions::Json(json) => MessageFormat::Json(JsonOptions {
            ignore_parse_errors: json.ignore_parse_errors,
            fail_on_missing_field: json.fail_on_missing_field,
            timestamp_format: TimestampFormat::default(),
        }),
        FormatOptions::Csv(csv) => MessageFormat::Csv(CsvOptions {
            field_delimiter: csv.field_delimiter.0,
            quote: csv.quote(),
            escape: csv.escape_character.map(|c| c.0),
            allow_comments: csv.allow_comments,
            ignore_parse_errors: csv.ignore_parse_errors,
            array_element_delimiter: char::from(csv.array_element_delimiter.0).to_string(),
            null_literal: csv.null_literal.as_ref().map(|text| text.0.clone()),
        }),
        FormatOptions::Raw(raw) => MessageFormat::Raw(RawOptions {
            little_endian: raw.endianness == config::format::Endianness::Little,
        }),
        FormatOptions::Avro(avro) => MessageFormat::Avro(match &avro.schema {
            Some(schema) => AvroOptions::Schema(schema.clone()),
            None => AvroOptions::Table,
        }),
        FormatOptions::AvroConfluent(registry) => {
            let user = registry.user_info.as_ref();
            let basic = user.map(|user| Authorization::Basic(user.expose().to_owned()));
            let token = registry.token.as_ref();
            let bearer = token.map(|token| Authorization::Bearer(token.expose().to_owned()));
            let tls = TlsOptions { ca: registry.ca.clone(), ..TlsOptions::default() };
            let tls = registry.url.contains("https://").then(|| tls.config()).transpose()?;
            let made = HttpRegistry::new(&registry.url, basic.or(bearer), tls)?;
            MessageFormat::Avro(AvroOptions::Registry(Registry(Arc::new(made))))
        }
    })
}
