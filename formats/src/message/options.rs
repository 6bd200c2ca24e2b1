//! The options of record payloads, with Flink's defaults.

use super::avro::AvroOptions;

/// Says how timestamps are written; both forms are accepted on read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimestampFormat {
    /// `2024-01-31 09:05:07.123`, the option's value `SQL`.
    #[default]
    Sql,
    /// `2024-01-31T09:05:07.123`, the option's value `ISO-8601`.
    Iso8601,
}

/// Describes a JSON payload.
///
/// Source: Flink's `json.*` options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonOptions {
    /// `json.ignore-parse-errors`: skips a malformed record, makes an ill-typed field NULL.
    pub ignore_parse_errors: bool,
    /// `json.fail-on-missing-field`: refuses a record that lacks a column.
    pub fail_on_missing_field: bool,
    /// `json.timestamp-format.standard`.
    pub timestamp_format: TimestampFormat,
}

/// Describes a CSV payload.
///
/// Source: Flink's `csv.*` options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvOptions {
    /// `csv.field-delimiter`.
    pub field_delimiter: u8,
    /// `csv.quote-character`; `None` for `csv.disable-quote-character`.
    pub quote: Option<u8>,
    /// `csv.escape-character`: the next byte is taken as it is.
    pub escape: Option<u8>,
    /// `csv.allow-comments`: lines that begin with `#` are no records.
    pub allow_comments: bool,
    /// `csv.ignore-parse-errors`: skips a malformed record, makes an ill-typed field NULL.
    pub ignore_parse_errors: bool,
    /// `csv.array-element-delimiter`: between the elements of an array or the fields of a row.
    pub array_element_delimiter: String,
    /// `csv.null-literal`: the text that stands for NULL.
    pub null_literal: Option<String>,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            field_delimiter: b',',
            quote: Some(b'"'),
            escape: None,
            allow_comments: false,
            ignore_parse_errors: false,
            array_element_delimiter: ";".to_owned(),
            null_literal: None,
        }
    }
}

/// Describes a payload that is one value, for a table of one column.
///
/// Source: Flink's `raw` format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RawOptions {
    /// `raw.endianness` is `little-endian`.
    pub little_endian: bool,
}

/// The form of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageFormat {
    /// One JSON object.
    Json(JsonOptions),
    /// One line of delimited fields, in the order of the columns.
    Csv(CsvOptions),
    /// One value: text, bytes, or a number of fixed width.
    Raw(RawOptions),
    /// One Avro record in binary form.
    Avro(AvroOptions),
}

impl MessageFormat {
    /// Tells if a newline can stand inside a record, so that not every newline ends one.
    pub fn newline_in_record(&self) -> bool {
        match self {
            Self::Json(_) | Self::Raw(_) | Self::Avro(_) => false,
            Self::Csv(csv) => csv.quote.is_some() || csv.escape.is_some(),
        }
    }

    /// Tells if a malformed record is skipped and an ill-typed field becomes NULL.
    pub fn ignores_parse_errors(&self) -> bool {
        match self {
            Self::Json(json) => json.ignore_parse_errors,
            Self::Csv(csv) => csv.ignore_parse_errors,
            Self::Raw(_) | Self::Avro(_) => false,
        }
    }
}
