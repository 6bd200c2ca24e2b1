//! What a metastore keeps of a table's files, and which format that means.

use std::collections::BTreeMap;

use crate::codec::StreamCodec;
use crate::serde_names::{
    Format, HCATALOG_JSON_SERDE, LAZY_BINARY_SERDE, MULTI_DELIMIT_SERDES, OPEN_CSV_SERDE,
    OPENX_JSON_SERDE, REGEX_SERDES,
};
use crate::types::HiveType;
use crate::{FormatError, Result};

/// Names a column and its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableColumn {
    /// The name; compared without case.
    pub name: String,
    /// The type.
    pub ty: HiveType,
}

impl TableColumn {
    /// Makes a column.
    pub fn new(name: impl Into<String>, ty: HiveType) -> Self {
        Self { name: name.into(), ty }
    }
}

/// Holds the storage descriptor of a table or partition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Descriptor {
    /// Class name of the input format.
    pub input_format: String,
    /// Class name of the SerDe.
    pub serde: String,
    /// Table properties and, over them, SerDe properties.
    pub properties: BTreeMap<String, String>,
    /// The columns that lie in the files, without partition columns.
    pub columns: Vec<TableColumn>,
}

/// Names the versions of Hive whose readings of a file differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HiveVersion {
    /// Hive 2.3 and before.
    V2,
    /// Hive 3.
    V3,
    /// Hive 4.
    V4,
}

/// Reads the value of `hive.reader.version`: `2.3`, `3.1.3`, `4` and such.
impl std::str::FromStr for HiveVersion {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self> {
        match text.trim().split('.').next() {
            Some("1" | "2") => Ok(Self::V2),
            Some("3") => Ok(Self::V3),
            Some("4") => Ok(Self::V4),
            _ => Err(FormatError::config("hive.reader.version must be 2.3, 3.1 or 4.0")
                .with("value", text)),
        }
    }
}

/// Says how files are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Parquet.
    Parquet,
    /// ORC.
    Orc,
    /// Avro container files.
    Avro,
    /// Lines of text.
    Text(RowFormat),
    /// Hadoop sequence files, whose values are rows.
    Sequence(RowFormat),
    /// Hive's RCFile with text in its columns.
    RcText,
    /// Hive's RCFile with binary values in its columns.
    RcBinary,
}

/// Says how one row is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFormat {
    /// `LazySimpleSerDe`.
    LazySimple,
    /// `OpenCSVSerde`.
    OpenCsv,
    /// One of the JSON SerDes.
    Json,
    /// `RegexSerDe`.
    Regex,
    /// `MultiDelimitSerDe`.
    MultiDelimit,
    /// `LazyBinarySerDe`.
    LazyBinary,
}

impl Descriptor {
    /// Makes the descriptor of a new table of a format.
    pub fn stored_as(format: Format, columns: Vec<TableColumn>) -> Self {
        let names = format.class_names();
        Self {
            input_format: names.input_format.to_owned(),
            serde: names.serde.to_owned(),
            properties: BTreeMap::new(),
            columns,
        }
    }

    /// Returns a property, if it is set.
    pub fn property(&self, key: &str) -> Option<&str> {
        self.properties.get(key).map(String::as_str)
    }

    /// Returns where the schema of an Avro table is, if the table does not hold it itself: whoever can
    /// read it sets `avro.schema.literal` to what is there.
    ///
    /// Source: Hive `AvroSerdeUtils.determineSchemaOrThrowException`.
    pub fn schema_url(&self) -> Option<&str> {
        let set = |key: &str| self.property(key).filter(|text| !text.is_empty() && *text != "none");
        set("avro.schema.url").filter(|_| set("avro.schema.literal").is_none())
    }

    /// Tells whether a property is `true`, in any case.
    pub fn is_set(&self, key: &str) -> bool {
        self.property(key).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
    }

    /// Returns a property that is a number.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if it is none.
    pub fn number(&self, key: &'static str) -> Result<Option<usize>> {
        let value = self.property(key).map(str::trim).filter(|value| !value.is_empty());
        value
            .map(|value| {
                value.parse().map_err(|_| {
                    FormatError::config("the table property must be a number").with(key, value)
                })
            })
            .transpose()
    }

    /// Finds out how the files are laid out.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for an input format or SerDe that
    /// is none of Hive's own.
    pub fn layout(&self) -> Result<Layout> {
        let format = Format::of_classes(&self.input_format, &self.serde)?;
        let row = || self.row_format();
        Ok(match format {
            Format::Parquet => Layout::Parquet,
            Format::Orc => Layout::Orc,
            Format::Avro => Layout::Avro,
            Format::TextFile | Format::JsonFile => Layout::Text(row()?),
            Format::SequenceFile => Layout::Sequence(row()?),
            Format::RcFile => match self.serde.rsplit('.').next() {
                Some("ColumnarSerDe") => Layout::RcText,
                Some("LazyBinaryColumnarSerDe") => Layout::RcBinary,
                _ => return Err(self.unknown()),
            },
        })
    }

    /// Returns the columns with the types that rows have: text, whatever is declared, by
    /// `OpenCSVSerde`.
    ///
    /// # Errors
    /// As [`layout`](Self::layout).
    pub fn row_columns(&self) -> Result<Vec<TableColumn>> {
        let mut columns = self.columns.clone();
        if self.layout()? == Layout::Text(RowFormat::OpenCsv) {
            for column in &mut columns {
                column.ty = HiveType::String;
            }
        }
        Ok(columns)
    }

    /// Tells whether a file can be read by ranges of its bytes; else all rows belong to the first.
    ///
    /// # Errors
    /// As [`layout`](Self::layout) and [`number`](Self::number).
    pub fn is_splittable(&self, file_name: &str) -> Result<bool> {
        Ok(match self.layout()? {
            Layout::Text(_) => {
                StreamCodec::of_name(file_name) == StreamCodec::None
                    && self.number("skip.footer.line.count")?.unwrap_or(0) == 0
            }
            _ => true,
        })
    }

    fn row_format(&self) -> Result<RowFormat> {
        let serde = self.serde.as_str();
        let json = [Format::JsonFile.class_names().serde, HCATALOG_JSON_SERDE, OPENX_JSON_SERDE];
        Ok(match serde {
            _ if serde == Format::TextFile.class_names().serde => RowFormat::LazySimple,
            _ if json.contains(&serde) => RowFormat::Json,
            OPEN_CSV_SERDE => RowFormat::OpenCsv,
            LAZY_BINARY_SERDE => RowFormat::LazyBinary,
            _ if REGEX_SERDES.contains(&serde) => RowFormat::Regex,
            _ if MULTI_DELIMIT_SERDES.contains(&serde) => RowFormat::MultiDelimit,
            _ => return Err(self.unknown()),
        })
    }

    fn unknown(&self) -> FormatError {
        FormatError::unsupported("the table's serde is not one of hive's")
            .with("serde", &self.serde)
            .with("input format", &self.input_format)
    }
}
