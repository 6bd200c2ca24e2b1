//! File formats by the class names a metastore keeps for them.

use std::fmt;
use std::str::FromStr;

use crate::{FormatError, Result};

/// Names a file format of Hive's `STORED AS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// `STORED AS PARQUET`.
    Parquet,
    /// `STORED AS ORC`.
    Orc,
    /// `STORED AS TEXTFILE`: delimited lines.
    TextFile,
    /// `STORED AS JSONFILE`: one JSON object a line.
    JsonFile,
    /// `STORED AS AVRO`.
    Avro,
    /// `STORED AS SEQUENCEFILE`.
    SequenceFile,
    /// `STORED AS RCFILE`.
    RcFile,
}

/// Names the three Java classes of a storage descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassNames {
    /// `inputFormat` of the storage descriptor.
    pub input_format: &'static str,
    /// `outputFormat` of the storage descriptor.
    pub output_format: &'static str,
    /// `serializationLib` of the storage descriptor's SerDe.
    pub serde: &'static str,
}

/// SerDe of CSV text with quotes, an alternative for [`Format::TextFile`].
pub const OPEN_CSV_SERDE: &str = "org.apache.hadoop.hive.serde2.OpenCSVSerde";
/// SerDe of text lines split by a regular expression, an alternative for [`Format::TextFile`].
pub const REGEX_SERDE: &str = "org.apache.hadoop.hive.serde2.RegexSerDe";
/// All names of the SerDe that splits by a regular expression.
pub const REGEX_SERDES: [&str; 2] =
    [REGEX_SERDE, "org.apache.hadoop.hive.contrib.serde2.RegexSerDe"];
/// SerDes of text lines whose fields are separated by several characters.
pub const MULTI_DELIMIT_SERDES: [&str; 2] = [
    "org.apache.hadoop.hive.serde2.MultiDelimitSerDe",
    "org.apache.hadoop.hive.contrib.serde2.MultiDelimitSerDe",
];
/// SerDe of binary rows in sequence files.
pub const LAZY_BINARY_SERDE: &str = "org.apache.hadoop.hive.serde2.lazybinary.LazyBinarySerDe";
/// JSON SerDe of a third party that many tables name.
pub const OPENX_JSON_SERDE: &str = "org.openx.data.jsonserde.JsonSerDe";
/// JSON SerDe of Hive before 4.
pub const HCATALOG_JSON_SERDE: &str = "org.apache.hive.hcatalog.data.JsonSerDe";

const TEXT_INPUT: &str = "org.apache.hadoop.mapred.TextInputFormat";
const TEXT_OUTPUT: &str = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";
const LAZY_SIMPLE: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";

impl Format {
    /// Lists all formats.
    pub const ALL: [Self; 7] = [
        Self::Parquet,
        Self::Orc,
        Self::TextFile,
        Self::JsonFile,
        Self::Avro,
        Self::SequenceFile,
        Self::RcFile,
    ];

    /// Returns the word after `STORED AS`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Parquet => "PARQUET",
            Self::Orc => "ORC",
            Self::TextFile => "TEXTFILE",
            Self::JsonFile => "JSONFILE",
            Self::Avro => "AVRO",
            Self::SequenceFile => "SEQUENCEFILE",
            Self::RcFile => "RCFILE",
        }
    }

    /// Returns the classes a new table of this format gets.
    ///
    /// Source: Hive `ParquetStorageFormatDescriptor`, `ORCFileStorageFormatDescriptor` and the
    /// others of that family; `RCFILE` with the default of `hive.default.rcfile.serde`.
    pub fn class_names(self) -> ClassNames {
        match self {
            Self::Parquet => ClassNames {
                input_format: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                output_format: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                serde: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
            },
            Self::Orc => ClassNames {
                input_format: "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
                output_format: "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
                serde: "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
            },
            Self::TextFile => ClassNames {
                input_format: TEXT_INPUT,
                output_format: TEXT_OUTPUT,
                serde: LAZY_SIMPLE,
            },
            Self::JsonFile => ClassNames {
                input_format: TEXT_INPUT,
                output_format: TEXT_OUTPUT,
                serde: "org.apache.hadoop.hive.serde2.JsonSerDe",
            },
            Self::Avro => ClassNames {
                input_format: "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
                output_format: "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
                serde: "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
            },
            Self::SequenceFile => ClassNames {
                input_format: "org.apache.hadoop.mapred.SequenceFileInputFormat",
                output_format: "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat",
                serde: LAZY_SIMPLE,
            },
            Self::RcFile => ClassNames {
                input_format: "org.apache.hadoop.hive.ql.io.RCFileInputFormat",
                output_format: "org.apache.hadoop.hive.ql.io.RCFileOutputFormat",
                serde: "org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe",
            },
        }
    }

    /// Finds the format of a table from its input format and SerDe.
    ///
    /// The input format decides; among text files the SerDe tells JSON from the rest. Class names
    /// that old versions gave the same formats are known too.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) if the input format is none of
    /// Hive's own, as with storage handlers.
    pub fn of_classes(input_format: &str, serde: &str) -> Result<Self> {
        let old = match input_format {
            "parquet.hive.DeprecatedParquetInputFormat"
            | "parquet.hive.MapredParquetInputFormat" => Some(Self::Parquet),
            "org.apache.hadoop.hive.ql.io.avro.AvroGenericRecordInputFormat" => Some(Self::Avro),
            _ => None,
        };
        let by_input =
            || Self::ALL.into_iter().find(|f| f.class_names().input_format == input_format);
        let format = old.or_else(by_input).ok_or_else(|| {
            FormatError::unsupported("the table's input format is not one of hive's file formats")
                .with("input format", input_format)
                .with("serde", serde)
        })?;
        let json = [Self::JsonFile.class_names().serde, HCATALOG_JSON_SERDE].contains(&serde)
            || serde == OPENX_JSON_SERDE;
        Ok(if format == Self::TextFile && json { Self::JsonFile } else { format })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads the word after `STORED AS`, in any case, with the synonyms Hive and Spark take
/// (`PARQUETFILE`, `ORCFILE`, `AVROFILE`, `TEXT`, `JSON`).
impl FromStr for Format {
    type Err = FormatError;

    fn from_str(word: &str) -> Result<Self> {
        let upper = word.to_ascii_uppercase();
        let synonym = match upper.as_str() {
            "PARQUETFILE" => Some(Self::Parquet),
            "ORCFILE" => Some(Self::Orc),
            "AVROFILE" => Some(Self::Avro),
            "TEXT" => Some(Self::TextFile),
            "JSON" => Some(Self::JsonFile),
            _ => None,
        };
        synonym.or_else(|| Self::ALL.into_iter().find(|f| f.name() == upper)).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            FormatError::unsupported("unknown file format")
                .with("format", word)
                .with("known", names)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_table_is_recognised_again() {
        for format in Format::ALL {
            let names = format.class_names();
            let again = Format::of_classes(names.input_format, names.serde);
            assert_eq!(again.unwrap(), format);
            assert_eq!(format.name().to_lowercase().parse::<Format>().unwrap(), format);
        }
    }

    #[test]
    fn knows_other_spellings() {
        for (input, serde, format) in [
            (
                "parquet.hive.DeprecatedParquetInputFormat",
                "parquet.hive.serde.ParquetHiveSerDe",
                Format::Parquet,
            ),
            (TEXT_INPUT, HCATALOG_JSON_SERDE, Format::JsonFile),
            (TEXT_INPUT, OPEN_CSV_SERDE, Format::TextFile),
        ] {
            assert_eq!(Format::of_classes(input, serde).unwrap(), format);
        }
        let error = Format::of_classes("org.example.HBaseInputFormat", "x").unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Unsupported);
        assert!("kudu".parse::<Format>().unwrap_err().to_string().contains("PARQUET, ORC"));
    }
}
