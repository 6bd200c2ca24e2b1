//! Names of tables and partitions, and how a partition becomes a folder.
//!
//! A value's journey: `US/East` (value) → `region=US%2FEast` (folder, and the end of the partition's [location](crate::location)).
//!
//! Invariants: names are lower case as in Hive; a [`PartitionPath`] is relative, has one folder per partition column and never
//! leaves the table's folder. Must not know: files, catalogs, column types.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::escape::must_escape;
pub use crate::escape::{escape_path_name, unescape_path_name};

/// Folder value that stands for NULL and for the empty text.
///
/// Source: Hive `hive.exec.default.partition.name`.
pub const DEFAULT_PARTITION_NAME: &str = "__HIVE_DEFAULT_PARTITION__";

/// Database that a bare table name belongs to.
pub const DEFAULT_DATABASE: &str = "default";

/// Longest name of one folder, in bytes after escaping: the limit of common file systems.
pub const MAX_COMPONENT_BYTES: usize = 255;

/// Longest database or table name, in bytes.
///
/// Source: the metastore's columns `DBS.NAME` and `TBLS.TBL_NAME` since Hive 2.
pub const MAX_NAME_BYTES: usize = 128;

/// Name of a table within its database; both lower case, of `[a-z0-9_]` only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TableName {
    database: String,
    table: String,
}

impl TableName {
    /// Makes a name of its two parts and lower-cases them.
    ///
    /// # Errors
    /// [`Kind::Config`](crate::Kind::Config) if a part is empty, too long or has other characters than letters, digits and `_`.
    ///
    /// Source: Hive `MetaStoreUtils.validateName`.
    pub fn new(database: &str, table: &str) -> Result<Self> {
        Ok(Self { database: identifier("database", database)?, table: identifier("table", table)? })
    }

    /// Reads `table` or `database.table`; a bare table belongs to `current_database`.
    ///
    /// # Errors
    /// As [`TableName::new`].
    pub fn parse(text: &str, current_database: &str) -> Result<Self> {
        let text = text.trim();
        match text.split_once('.') {
            Some((database, table)) => Self::new(database, table),
            None => Self::new(current_database, text),
        }
    }

    /// Gives the database's name.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Gives the table's name without its database.
    pub fn table(&self) -> &str {
        &self.table
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.database, self.table)
    }
}

impl FromStr for TableName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text, DEFAULT_DATABASE)
    }
}

impl TryFrom<String> for TableName {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<TableName> for String {
    fn from(name: TableName) -> Self {
        name.to_string()
    }
}

/// Checks and lower-cases the name of a database or table; `what` goes into the message.
///
/// # Errors
/// [`Kind::Config`](crate::Kind::Config) as in [`TableName::new`].
pub fn identifier(what: &'static str, name: &str) -> Result<String> {
    let wrong = |why: &str| {
        Err(Error::config(format!("{what} name {why}")).with("name", name.escape_debug()))
    };
    if name.is_empty() {
        return wrong("is empty");
    }
    if name.len() > MAX_NAME_BYTES {
        return wrong("is longer than 128 bytes");
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return wrong("may have only letters, digits and _");
    }
    Ok(name.to_ascii_lowercase())
}

/// Partition as its columns with their values, in the order of the table's partition columns.
///
/// `None` is NULL. The empty text and the text [`DEFAULT_PARTITION_NAME`] share NULL's folder, so they become `None` here:
/// equal specs are equal folders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Vec<(String, Option<String>)>", into = "Vec<(String, Option<String>)>")]
pub struct PartitionSpec(Vec<(String, Option<String>)>);

impl PartitionSpec {
    /// Makes a spec of columns and values; columns become lower case.
    pub fn new<C, V>(pairs: impl IntoIterator<Item = (C, Option<V>)>) -> Self
    where
        C: AsRef<str>,
        V: Into<String>,
    {
        let normal =
            |value: V| Some(value.into()).filter(|v| !is_null_text(v, DEFAULT_PARTITION_NAME));
        Self(
            pairs
                .into_iter()
                .map(|(c, v)| (c.as_ref().to_lowercase(), v.and_then(normal)))
                .collect(),
        )
    }

    /// Makes a spec of a table's partition columns and the values that a metastore keeps for them.
    ///
    /// # Errors
    /// [`Kind::Schema`](crate::Kind::Schema) if their numbers differ.
    pub fn from_values<C: AsRef<str>>(columns: &[C], values: &[String]) -> Result<Self> {
        if columns.len() != values.len() {
            return Err(Error::schema(
                "partition has another number of values than the table has partition columns",
            )
            .with("columns", columns.len())
            .with("values", values.len()));
        }
        Ok(Self::new(columns.iter().zip(values).map(|(c, v)| (c.as_ref(), Some(v.as_str())))))
    }

    /// Gives the values as a metastore keeps them: NULL as [`DEFAULT_PARTITION_NAME`].
    pub fn to_values(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|(_, v)| v.as_deref().unwrap_or(DEFAULT_PARTITION_NAME).to_owned())
            .collect()
    }

    /// Gives columns and values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(column, value)| (column.as_str(), value.as_deref()))
    }

    /// Gives the column names in order.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|(column, _)| column.as_str())
    }

    /// Finds a column's value: outer `None` if there is no such column, inner `None` if it is NULL.
    pub fn get(&self, column: &str) -> Option<Option<&str>> {
        self.0.iter().find(|(c, _)| c.eq_ignore_ascii_case(column)).map(|(_, v)| v.as_deref())
    }

    /// Counts the partition columns.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether there is no partition column: the spec of an unpartitioned table.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes the folder name under the table: `dt=2026-01-01/hr=07`.
    ///
    /// # Errors
    /// [`Kind::Config`](crate::Kind::Config) as in [`PartitionPath::new`].
    pub fn to_path(&self) -> Result<PartitionPath> {
        PartitionPath::new(self, DEFAULT_PARTITION_NAME)
    }
}

impl From<Vec<(String, Option<String>)>> for PartitionSpec {
    fn from(pairs: Vec<(String, Option<String>)>) -> Self {
        Self::new(pairs)
    }
}

impl From<PartitionSpec> for Vec<(String, Option<String>)> {
    fn from(spec: PartitionSpec) -> Self {
        spec.0
    }
}

impl fmt::Display for PartitionSpec {
    /// Writes the escaped folder form, for messages; it is not checked as [`PartitionSpec::to_path`] does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (column, value)) in self.iter().enumerate() {
            let value = value.map_or(Cow::Borrowed(DEFAULT_PARTITION_NAME), escape_path_name);
            write!(f, "{}{}={value}", if i == 0 { "" } else { "/" }, escape_path_name(column))?;
        }
        Ok(())
    }
}

/// Relative folder of a partition, escaped: `dt=2026-01-01/hr=07`. Also the partition's name in a metastore.
///
/// Empty for an unpartitioned table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PartitionPath(String);

impl PartitionPath {
    /// Makes the folder name of `spec`, with `default_name` for NULL.
    ///
    /// Limit: each folder name has at most [`MAX_COMPONENT_BYTES`] bytes.
    ///
    /// # Errors
    /// [`Kind::Config`](crate::Kind::Config) if a column name is empty, a name or value has a NUL byte, a column is there twice, a folder name is too long, or
    /// `default_name` is not a plain folder name.
    ///
    /// Source: Hive `Warehouse.makePartName`, `FileUtils.escapePathName`.
    pub fn new(spec: &PartitionSpec, default_name: &str) -> Result<Self> {
        check_default_name(default_name)?;
        let mut path = String::new();
        for (i, (column, value)) in spec.iter().enumerate() {
            if spec.columns().take(i).any(|earlier| earlier == column) {
                return Err(Error::config("partition names a column twice").with("column", column));
            }
            if column.is_empty() {
                return Err(
                    Error::config("partition column has an empty name").with("partition", spec)
                );
            }
            if column.contains('\0') || value.is_some_and(|v| v.contains('\0')) {
                return Err(Error::config("partition value has a NUL byte")
                    .with("column", escape_path_name(column)));
            }
            if !path.is_empty() {
                path.push('/');
            }
            let start = path.len();
            path.push_str(&escape_path_name(column));
            path.push('=');
            match value.filter(|v| !is_null_text(v, default_name)) {
                Some(value) => path.push_str(&escape_path_name(value)),
                None => path.push_str(default_name),
            }
            let bytes = path.len() - start;
            if bytes > MAX_COMPONENT_BYTES {
                return Err(Error::config(
                    "partition value is too long for a folder name of 255 bytes",
                )
                .with("column", column)
                .with("bytes", bytes));
            }
        }
        Ok(Self(path))
    }

    /// Reads a folder name back into columns and values; `default_name` becomes NULL.
    ///
    /// Leading and trailing slashes are not accepted: the text must be exactly a relative folder.
    ///
    /// # Errors
    /// [`Kind::Config`](crate::Kind::Config) if a folder is not `column=value`, so also for `.`, `..` and empty ones, or names a column twice.
    ///
    /// Source: Hive `Warehouse.makeSpecFromName`.
    pub fn parse_spec(path: &str, default_name: &str) -> Result<PartitionSpec> {
        let mut pairs: Vec<(String, Option<String>)> = Vec::new();
        if path.is_empty() {
            return Ok(PartitionSpec::default());
        }
        let wrong = |why: &str| Error::config(why).with("path", path.escape_debug());
        for component in path.split('/') {
            let (column, value) = component
                .split_once('=')
                .filter(|(column, _)| !column.is_empty())
                .ok_or_else(|| wrong("partition folder is not column=value"))?;
            if component.len() > MAX_COMPONENT_BYTES {
                return Err(wrong("partition folder name is longer than 255 bytes"));
            }
            let column = unescape_path_name(column).to_lowercase();
            if pairs.iter().any(|(c, _)| *c == column) {
                return Err(wrong("partition path names a column twice"));
            }
            let value = (value != default_name).then(|| unescape_path_name(value).into_owned());
            if column.contains('\0') || value.as_ref().is_some_and(|v| v.contains('\0')) {
                return Err(wrong("partition path has a NUL byte"));
            }
            pairs.push((column, value));
        }
        Ok(PartitionSpec::new(pairs))
    }

    /// Gives the columns and values of this folder.
    ///
    /// # Errors
    /// [`Kind::Config`](crate::Kind::Config), only if the path was made with another default name that does not parse.
    pub fn to_spec(&self) -> Result<PartitionSpec> {
        Self::parse_spec(&self.0, DEFAULT_PARTITION_NAME)
    }

    /// Gives the escaped text, relative to the table's folder.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PartitionPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for PartitionPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for PartitionPath {
    type Err = Error;

    /// Reads any spelling that unescapes to a valid partition and keeps the canonical one.
    fn from_str(text: &str) -> Result<Self> {
        Self::parse_spec(text, DEFAULT_PARTITION_NAME)?.to_path()
    }
}

impl TryFrom<String> for PartitionPath {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        if is_canonical(&text) { Ok(Self(text)) } else { text.parse() }
    }
}

/// Tells whether a text surely is the canonical spelling of a partition, without taking it apart: nothing in it is escaped or would be, and
/// its columns are in ASCII. Metastores list such names by the hundred thousand.
fn is_canonical(text: &str) -> bool {
    let plain = |component: &str| {
        component.len() <= MAX_COMPONENT_BYTES
            && component.split_once('=').is_some_and(|(column, value)| {
                let column_is_plain =
                    |b: u8| b.is_ascii() && !b.is_ascii_uppercase() && !must_escape(b);
                !column.is_empty()
                    && column.bytes().all(column_is_plain)
                    && !value.is_empty()
                    && !value.bytes().any(must_escape)
            })
    };
    let columns = || text.split('/').filter_map(|c| Some(c.split_once('=')?.0));
    text.split('/').all(plain)
        && columns().enumerate().all(|(i, column)| columns().take(i).all(|other| other != column))
}

impl From<PartitionPath> for String {
    fn from(path: PartitionPath) -> Self {
        path.0
    }
}

fn is_null_text(value: &str, default_name: &str) -> bool {
    value.is_empty() || value == default_name
}

fn check_default_name(name: &str) -> Result<()> {
    if name.is_empty() || name.bytes().any(must_escape) {
        return Err(Error::config("default partition name must be a plain, non-empty folder name")
            .with("name", name.escape_debug()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
