//! What a metastore keeps: databases, tables, partitions. Plain data with the field names of Hive's thrift interface.
//!
//! A field that thrift may leave out is an `Option`, or an empty list or map. Instead of database, table name and value list, tables
//! and partitions carry the checked [`TableName`] and [`PartitionSpec`]. Times are seconds since 1970, 0 = unknown.
//!
//! Source: `hive_metastore.thrift` of Hive 2.3 to 4.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::location;
use crate::names::{PartitionPath, PartitionSpec, TableName};

/// Free properties of a database, table, partition, storage descriptor or `SerDe`.
pub type Parameters = BTreeMap<String, String>;

/// Well-known keys of [`Parameters`].
pub mod keys {
    /// Number of data files; statistics of a table or partition.
    pub const NUM_FILES: &str = "numFiles";
    /// Number of rows.
    pub const NUM_ROWS: &str = "numRows";
    /// Bytes of all data files.
    pub const TOTAL_SIZE: &str = "totalSize";
    /// Bytes of the values, as Hive estimates them.
    pub const RAW_DATA_SIZE: &str = "rawDataSize";
    /// Says whether Hive may answer queries from the statistics.
    pub const COLUMN_STATS_ACCURATE: &str = "COLUMN_STATS_ACCURATE";
    /// Second of the last change of the definition; metastores set it on their own.
    pub const LAST_DDL_TIME: &str = "transient_lastDdlTime";
    /// `TRUE` on external tables, beside the table type.
    pub const EXTERNAL: &str = "EXTERNAL";
    /// `true` if dropping an external table also deletes its data.
    pub const EXTERNAL_PURGE: &str = "external.table.purge";
    /// Commit that a partition was last announced by.
    pub const COMMIT_ID: &str = "skep.commit.id";
    /// How often a partition was announced with new content, from 1.
    pub const REVISION: &str = "skep.revision";
}

/// Kind of the owner of a database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PrincipalType {
    /// A person or service account.
    #[default]
    User,
    /// A role.
    Role,
    /// A group.
    Group,
}

/// Database: a named folder of tables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Database {
    /// Lower-case name.
    pub name: String,
    /// Comment.
    pub description: Option<String>,
    /// Folder of its tables; a catalog fills it in if it is absent at creation.
    pub location_uri: Option<String>,
    /// Free properties.
    pub parameters: Parameters,
    /// Owner.
    pub owner_name: Option<String>,
    /// Kind of the owner.
    pub owner_type: PrincipalType,
    /// Creation time in seconds since 1970.
    pub create_time: i32,
}

/// Column: name, type text, comment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct FieldSchema {
    /// Lower-case name.
    pub name: String,
    /// Hive type text, as in `array<decimal(10,2)>`.
    #[serde(rename = "type")]
    pub type_text: String,
    /// Comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl FieldSchema {
    /// Makes a column without comment.
    pub fn new(name: impl Into<String>, type_text: impl Into<String>) -> Self {
        Self { name: name.into(), type_text: type_text.into(), comment: None }
    }
}

/// Sort column of a bucketed table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Order {
    /// Column name.
    pub col: String,
    /// 1 = ascending, 0 = descending.
    pub order: i32,
}

/// Columns with values that get folders of their own (`SKEWED BY`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SkewedInfo {
    /// Column names.
    pub skewed_col_names: Vec<String>,
    /// Value combinations, one value per column each.
    pub skewed_col_values: Vec<Vec<String>>,
    /// Folder of each value combination.
    pub skewed_col_value_location_maps: Vec<(Vec<String>, String)>,
}

/// Which Hive class reads and writes the rows, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SerDeInfo {
    /// Name; Hive leaves it empty or sets the table's.
    pub name: Option<String>,
    /// Java class.
    pub serialization_lib: Option<String>,
    /// Properties, such as `field.delim`.
    pub parameters: Parameters,
}

/// How and where a table or partition is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StorageDescriptor {
    /// Columns in the files, so without partition columns.
    pub cols: Vec<FieldSchema>,
    /// Folder, as Hive writes it (see [`crate::location`]); absent for views.
    pub location: Option<String>,
    /// Java class.
    pub input_format: Option<String>,
    /// Java class.
    pub output_format: Option<String>,
    /// Hive's flag of compressed text files; no reader looks at it.
    pub compressed: bool,
    /// Number of buckets; 0 or -1 = not bucketed.
    pub num_buckets: i32,
    /// Row format.
    pub serde_info: SerDeInfo,
    /// Columns of `CLUSTERED BY`.
    pub bucket_cols: Vec<String>,
    /// Columns of `SORTED BY`.
    pub sort_cols: Vec<Order>,
    /// Free properties.
    pub parameters: Parameters,
    /// Columns of `SKEWED BY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skewed_info: Option<SkewedInfo>,
    /// Whether skewed values have folders of their own.
    pub stored_as_sub_directories: bool,
}

/// Kind of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TableType {
    /// Dropping it deletes the data.
    #[default]
    ManagedTable,
    /// Dropping it keeps the data.
    ExternalTable,
    /// A query under a name.
    VirtualView,
    /// A query with its stored result.
    MaterializedView,
}

impl TableType {
    /// Gives Hive's text, such as `MANAGED_TABLE`.
    pub fn as_str(self) -> &'static str {
        match self {
            TableType::ManagedTable => "MANAGED_TABLE",
            TableType::ExternalTable => "EXTERNAL_TABLE",
            TableType::VirtualView => "VIRTUAL_VIEW",
            TableType::MaterializedView => "MATERIALIZED_VIEW",
        }
    }
}

impl fmt::Display for TableType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TableType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        use TableType::{ExternalTable, ManagedTable, MaterializedView, VirtualView};
        [ManagedTable, ExternalTable, VirtualView, MaterializedView]
            .into_iter()
            .find(|t| t.as_str() == text)
            .ok_or_else(|| {
                Error::unsupported("unknown table type").with("type", text.escape_debug())
            })
    }
}

/// Table or view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Table {
    /// Database and name.
    pub name: TableName,
    /// Owner.
    pub owner: Option<String>,
    /// Creation time in seconds since 1970.
    pub create_time: i32,
    /// Time of the last access in seconds since 1970.
    pub last_access_time: i32,
    /// Hive's retention in days; 0 = none.
    pub retention: i32,
    /// Columns, format, folder.
    pub sd: StorageDescriptor,
    /// Partition columns, in folder order; empty = not partitioned.
    pub partition_keys: Vec<FieldSchema>,
    /// Table properties.
    pub parameters: Parameters,
    /// A view's query as typed.
    pub view_original_text: Option<String>,
    /// A view's query with full names.
    pub view_expanded_text: Option<String>,
    /// Kind.
    pub table_type: TableType,
}

impl Table {
    /// Makes an empty managed table of that name.
    pub fn new(name: TableName) -> Self {
        Self {
            name,
            owner: None,
            create_time: 0,
            last_access_time: 0,
            retention: 0,
            sd: StorageDescriptor::default(),
            partition_keys: Vec::new(),
            parameters: Parameters::new(),
            view_original_text: None,
            view_expanded_text: None,
            table_type: TableType::default(),
        }
    }

    /// Tells whether the table has partition columns.
    pub fn is_partitioned(&self) -> bool {
        !self.partition_keys.is_empty()
    }

    /// Tells whether dropping the table also deletes its data.
    ///
    /// Source: Hive `MetaStoreUtils.isExternalTablePurge`, `HMSHandler.checkTableDataShouldBeDeleted`.
    pub fn owns_data(&self) -> bool {
        match self.table_type {
            TableType::ManagedTable | TableType::MaterializedView => !self.is_true(keys::EXTERNAL),
            TableType::ExternalTable => self.is_true(keys::EXTERNAL_PURGE),
            TableType::VirtualView => false,
        }
    }

    fn is_true(&self, key: &str) -> bool {
        self.parameters.get(key).is_some_and(|v| v.eq_ignore_ascii_case("true"))
    }

    /// Checks that `spec` has exactly this table's partition columns in order, and makes its folder name.
    ///
    /// # Errors
    /// [`Kind::Schema`](crate::Kind::Schema) if the columns differ; [`Kind::Config`](crate::Kind::Config) as in [`PartitionPath::new`].
    pub fn partition_path(&self, spec: &PartitionSpec) -> Result<PartitionPath> {
        let fits = self.is_partitioned()
            && spec.columns().eq(self.partition_keys.iter().map(|key| key.name.as_str()));
        if !fits {
            let keys: Vec<_> = self.partition_keys.iter().map(|key| key.name.as_str()).collect();
            return Err(Error::schema(
                "partition has other columns than the table is partitioned by",
            )
            .with("table", &self.name)
            .with("partition", spec)
            .with("expected", if keys.is_empty() { "none".to_owned() } else { keys.join("/") }));
        }
        spec.to_path().map_err(|e| e.with("table", &self.name))
    }

    /// Gives the folder that a partition has unless it says otherwise.
    ///
    /// # Errors
    /// As [`Table::partition_path`]; [`Kind::Schema`](crate::Kind::Schema) if the table has no location.
    pub fn partition_location(&self, spec: &PartitionSpec) -> Result<String> {
        let path = self.partition_path(spec)?;
        match &self.sd.location {
            Some(table) => Ok(location::join(table, path.as_str())),
            None => Err(Error::schema("table has no location").with("table", &self.name)),
        }
    }

    /// Returns a partition as this table keeps it: with its location, and as a partition of this table.
    ///
    /// # Errors
    /// As [`Table::partition_location`], if the partition brings no location.
    pub(crate) fn placed(&self, partition: &Partition) -> Result<Partition> {
        let mut partition = partition.clone();
        let place = match &partition.sd.location {
            Some(place) => location::normalize(place),
            None => self.partition_location(&partition.spec)?,
        };
        partition.sd.location = Some(place);
        partition.table = self.name.clone();
        Ok(partition)
    }
}

/// Partition of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Partition {
    /// Table that it belongs to.
    pub table: TableName,
    /// Values of the partition columns.
    pub spec: PartitionSpec,
    /// Creation time in seconds since 1970.
    pub create_time: i32,
    /// Time of the last access in seconds since 1970.
    pub last_access_time: i32,
    /// Columns, format, folder; they may differ from the table's of today.
    pub sd: StorageDescriptor,
    /// Properties and statistics.
    pub parameters: Parameters,
}

impl Partition {
    /// Makes a partition that is stored as its table, without a location: the catalog fills that in.
    pub fn of_table(table: &Table, spec: PartitionSpec) -> Self {
        Self {
            table: table.name.clone(),
            spec,
            create_time: 0,
            last_access_time: 0,
            sd: StorageDescriptor { location: None, ..table.sd.clone() },
            parameters: Parameters::new(),
        }
    }

    /// Gives how often the partition was announced with new content; 0 if never by an announcement.
    pub fn revision(&self) -> u64 {
        self.parameters.get(keys::REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// Tells whether this stored partition already is what `wanted` asks for.
    ///
    /// Times do not count, nor do properties that only the stored one has: metastores add some on their own.
    pub fn fulfils(&self, wanted: &Partition) -> bool {
        let place = |p: &Partition| p.sd.location.as_deref().map(location::normalize);
        let stored_as = |p: &Partition| StorageDescriptor { location: None, ..p.sd.clone() };
        self.table == wanted.table
            && self.spec == wanted.spec
            && place(self) == place(wanted)
            && stored_as(self) == stored_as(wanted)
            && wanted
                .parameters
                .iter()
                .filter(|(key, _)| *key != keys::LAST_DDL_TIME)
                .all(|(key, value)| self.parameters.get(key) == Some(value))
    }
}
