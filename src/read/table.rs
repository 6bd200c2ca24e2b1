//! A table and its partitions as readers need them. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use formats::avro;
use formats::table::{Descriptor, Layout, RowFormat, TableColumn};
use metastore::model::keys;
use metastore::{Catalog, FieldSchema, Filter, Parameters, Partition, Table, TableType};

use super::files::Files;
use crate::catalog::table::{columns, descriptor};
use crate::error::{Error, Result};

/// Partitions that are asked of the metastore at once.
const PAGE: usize = 1000;

/// Properties of partitions that say nothing about how their files are read.
const STATISTICS: &[&str] = &[
    keys::NUM_FILES,
    keys::NUM_ROWS,
    keys::TOTAL_SIZE,
    keys::RAW_DATA_SIZE,
    keys::COLUMN_STATS_ACCURATE,
    keys::LAST_DDL_TIME,
    keys::COMMIT_ID,
    keys::REVISION,
];

/// What readers must know of a table.
#[derive(Debug, Clone)]
pub struct ReadTable {
    /// The table as the metastore has it.
    pub table: Table,
    /// The columns that lie in files, in the types that rows have.
    pub columns: Vec<TableColumn>,
    /// The partition columns, in the order of the folders.
    pub partition_columns: Vec<TableColumn>,
    /// The format of files of the table itself.
    pub descriptor: Arc<Descriptor>,
}

/// What readers must know of one partition; an unpartitioned table is its own only partition.
#[derive(Debug, Clone)]
pub struct TablePartition {
    /// `dt=2026-01-01/hr=07`, escaped as in the metastore; empty for an unpartitioned table.
    pub name: String,
    /// The values of the partition columns, in their order; `None` is NULL.
    pub values: Vec<Option<String>>,
    /// The folder, in the spelling of [`metastore::location::normalize`].
    pub location: String,
    /// The format and properties of this partition's files, and the table's columns.
    pub descriptor: Arc<Descriptor>,
    /// What columns are called in the files, where that is known to differ from their names in the table.
    pub renamed: BTreeMap<String, String>,
    /// When the metastore got it, in seconds since 1970.
    pub create_time: i32,
    /// The properties and statistics that the metastore keeps of it.
    pub parameters: Parameters,
}

impl ReadTable {
    /// Takes a table of a metastore; the columns of an Avro table are those of its schema, wherever that is.
    ///
    /// # Errors
    /// As [`new`](Self::new) and [`Files::schema`]; `Schema` if it is none.
    ///
    /// Source: Hive `AvroSerDe`.
    pub fn open(mut table: Table, files: &Files) -> Result<Self> {
        let Ok(mut descriptor) = descriptor(&table) else { return Self::new(table) };
        if descriptor.layout().ok() != Some(Layout::Avro) {
            return Self::new(table);
        }
        let named = |e: Error| e.with("table", &table.name);
        if let Some(url) = descriptor.schema_url() {
            let text = files.schema(url).map_err(named)?;
            descriptor.properties.insert("avro.schema.literal".to_owned(), text);
        }
        let schema = avro::table_columns(&descriptor).map_err(|e| named(e.into()))?;
        if let Some(columns) = schema {
            let field = |c: &TableColumn| FieldSchema::new(c.name.clone(), c.ty.to_string());
            table.sd.cols = columns.iter().map(field).collect();
        }
        Self::new(table)
    }

    /// Takes a table of a metastore as it says itself.
    ///
    /// # Errors
    /// `Unsupported` for views and formats that are not read; `Schema` for column types that Hive does not have.
    pub fn new(table: Table) -> Result<Self> {
        let name = table.name.clone();
        let refuse = |why: &str| Err(Error::unsupported(why).with("table", &name));
        if matches!(table.table_type, TableType::VirtualView | TableType::MaterializedView) {
            return refuse("a view has no files to read");
        }
        let wrong = |message| Error::schema(message).with("table", &name);
        let descriptor = descriptor(&table).map_err(wrong)?;
        let columns_of_rows =
            descriptor.row_columns().map_err(|e| Error::from(e).with("table", &name))?;
        let keys = columns(&table.partition_keys).map_err(wrong)?.into_iter();
        let table = Self {
            columns: columns_of_rows,
            partition_columns: keys.map(|(name, ty)| TableColumn::new(name, ty)).collect(),
            descriptor: Arc::new(descriptor),
            table,
        };
        super::view::check(&table)?;
        Ok(table)
    }

    /// Gives the whole table as a partition, which it is if it has no partition columns.
    ///
    /// # Errors
    /// `Schema` if it has no folder.
    pub fn whole(&self) -> Result<TablePartition> {
        Ok(TablePartition {
            name: String::new(),
            values: Vec::new(),
            location: self.folder(self.table.sd.location.as_deref())?,
            descriptor: Arc::clone(&self.descriptor),
            renamed: BTreeMap::new(),
            create_time: self.table.create_time,
            parameters: self.table.parameters.clone(),
        })
    }

    /// Takes a partition of this table.
    ///
    /// Columns are the table's of today. Where files tell names, columns are found by them; where not, by position, in the
    /// types that the partition was written with. Properties of the partition go before those of the table.
    ///
    /// # Errors
    /// `Schema` if it has no folder or column types that Hive does not have; `Unsupported` for a format that is not read.
    ///
    /// Source: Hive `PartitionDesc`, `MetaStoreUtils.getPartSchemaFromTableSchema`, `SchemaEvolution`.
    pub fn partition(&self, partition: &Partition) -> Result<TablePartition> {
        let name = partition.spec.to_path()?.to_string();
        let named = |e: Error| e.with("table", &self.table.name).with("partition", &name);
        let mut own = Descriptor {
            input_format: partition.sd.input_format.clone().unwrap_or_default(),
            serde: partition.sd.serde_info.serialization_lib.clone().unwrap_or_default(),
            properties: self.properties(partition),
            columns: Vec::new(),
        };
        let columns = columns(&partition.sd.cols).map_err(Error::schema).map_err(named)?;
        let columns = columns.into_iter().map(|(name, ty)| TableColumn::new(name, ty)).collect();
        let renamed = self.place(&mut own, columns).map_err(named)?;
        let shared = own == *self.descriptor;
        Ok(TablePartition {
            values: partition.spec.iter().map(|(_, value)| value.map(str::to_owned)).collect(),
            location: self.folder(partition.sd.location.as_deref()).map_err(named)?,
            descriptor: if shared { Arc::clone(&self.descriptor) } else { Arc::new(own) },
            renamed,
            create_time: partition.create_time,
            parameters: partition.parameters.clone(),
            name,
        })
    }

    /// Goes through the table's partitions in the order of their names; some are read ahead.
    ///
    /// Cost: two calls of the metastore for a thousand of them.
    pub fn partitions<'a>(
        &'a self,
        catalog: &'a dyn Catalog,
        filter: Option<&'a Filter>,
    ) -> Box<dyn Iterator<Item = Result<TablePartition>> + 'a> {
        if !self.table.is_partitioned() {
            return Box::new(std::iter::once_with(|| self.whole()));
        }
        let name = &self.table.name;
        let mut names = catalog.partition_names(name, filter);
        let mut page = Vec::new().into_iter();
        Box::new(std::iter::from_fn(move || {
            loop {
                if let Some(partition) = page.next() {
                    return Some(self.partition(&partition));
                }
                let some: metastore::Result<Vec<_>> = names.by_ref().take(PAGE).collect();
                match some.and_then(|some| {
                    let none = some.is_empty();
                    Ok((none, catalog.get_partitions(name, &some)?))
                }) {
                    Ok((true, _)) => return None,
                    // Those that were dropped in between are left out, maybe all of them.
                    Ok((false, some)) => page = some.into_iter(),
                    Err(e) => return Some(Err(e.into())),
                }
            }
        }))
    }

    fn properties(&self, partition: &Partition) -> BTreeMap<String, String> {
        let own = partition.parameters.iter();
        let own = own.filter(|(key, _)| !STATISTICS.contains(&key.as_str()));
        let all = self.table.parameters.iter().chain(own);
        let all = all.chain(&partition.sd.serde_info.parameters);
        all.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Says which columns lie where in a partition's files, and what they are called there if not by their names.
    fn place(
        &self,
        own: &mut Descriptor,
        written: Vec<TableColumn>,
    ) -> Result<BTreeMap<String, String>> {
        let mut renamed = BTreeMap::new();
        let mut all = self.descriptor.columns.clone();
        match own.layout()? {
            Layout::Parquet | Layout::Orc | Layout::Avro => {}
            Layout::Text(RowFormat::Json) | Layout::Sequence(RowFormat::Json) => {
                for (column, then) in all.iter_mut().zip(written) {
                    if !column.name.eq_ignore_ascii_case(&then.name) {
                        renamed.insert(column.name.to_lowercase(), then.name.clone());
                    }
                    *column = then;
                }
            }
            _ => {
                for (column, then) in all.iter_mut().zip(written) {
                    column.ty = then.ty;
                }
            }
        }
        own.columns = all;
        Ok(renamed)
    }

    fn folder(&self, location: Option<&str>) -> Result<String> {
        let location = location.ok_or_else(|| {
            Error::schema("the metastore does not say where the files are")
                .with("table", &self.table.name)
        })?;
        Ok(metastore::location::normalize(location))
    }
}
