//! The folders of a table, and by which descriptor the files of each are read.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::Schema;
use formats::Files as _;
use formats::acid::{DataFile, Snapshot, Transactional, WriteIds};
use formats::serde_names::Format;
use formats::table::{Descriptor, ReadRequest, TableColumn, TableReader, open};
use metastore::names::PartitionPath;
use metastore::{Catalog, Partition, Table, location};

use super::{resolve, schema_url};
use crate::catalog;
use crate::disk::TableFolder;
use crate::error::{Error, Result};

/// Partitions that are asked for at a time.
const PAGE: usize = 100;

/// A table's own folder, or that of one of its partitions.
#[derive(Debug)]
pub(super) struct Part {
    folder: TableFolder,
    /// How its files are laid out: partitions may differ from their table.
    pub(super) descriptor: Descriptor,
    snapshot: Snapshot,
    /// The table's columns that lie in files.
    columns: Vec<TableColumn>,
    /// The partition columns, and the value of each.
    values: Vec<(TableColumn, ArrayRef)>,
}

/// Goes through the parts of a table: itself, or its partitions in the order of their names.
///
/// # Errors
/// `Schema` for a type or location that cannot be read; whatever the catalog says.
pub(super) fn parts<'a>(
    catalog: &'a dyn Catalog,
    table: &'a Table,
) -> Result<Box<dyn Iterator<Item = Result<Part>> + 'a>> {
    let descriptor = descriptor(table)?;
    let ids = match Transactional::of(&descriptor) {
        Transactional::No => WriteIds::all(),
        _ => write_ids(catalog, table)?,
    };
    let columns = descriptor.row_columns()?;
    if table.partition_keys.is_empty() {
        let folder = TableFolder(resolve::folder(table)?);
        return Ok(Box::new(std::iter::once(Part::new(
            folder,
            descriptor,
            columns,
            Vec::new(),
            ids,
        ))));
    }
    let mut names = catalog.partition_names(&table.name, None).peekable();
    let pages = std::iter::from_fn(move || {
        names.peek()?;
        let page = names.by_ref().take(PAGE).collect::<metastore::Result<Vec<PartitionPath>>>();
        Some(page.and_then(|page| catalog.get_partitions(&table.name, &page)))
    });
    let partitions = pages.flat_map(|page| match page {
        Ok(page) => page.into_iter().map(Ok).collect(),
        Err(e) => vec![Err(Error::from(e))],
    });
    Ok(Box::new(
        partitions
            .map(move |partition| of_partition(table, &partition?, columns.clone(), ids.clone())),
    ))
}

fn descriptor(table: &Table) -> Result<Descriptor> {
    let descriptor = catalog::table::descriptor(table)
        .map_err(|message| Error::schema(message).with("table", &table.name))?;
    schema_url::resolve(descriptor).map_err(|e| e.with("table", &table.name))
}

/// Asks which transactions are seen; a catalog that never gave a write id of the table knows of none that must not be.
fn write_ids(catalog: &dyn Catalog, table: &Table) -> Result<WriteIds> {
    let ids = catalog.valid_write_ids(&table.name)?;
    if ids.high_water_mark == 0 {
        return Ok(WriteIds::all());
    }
    let of = |wanted: bool| {
        ids.invalid.iter().filter(move |(_, aborted)| *aborted == wanted).map(|(id, _)| *id)
    };
    Ok(WriteIds::new(ids.high_water_mark, of(false), of(true)))
}

fn of_partition(
    table: &Table,
    partition: &Partition,
    columns: Vec<TableColumn>,
    ids: WriteIds,
) -> Result<Part> {
    // Its own storage descriptor, with the properties of the table behind its own.
    let mut own = table.clone();
    own.sd = partition.sd.clone();
    own.parameters.extend(partition.parameters.iter().map(|(k, v)| (k.clone(), v.clone())));
    let place = partition.sd.location.as_deref();
    let place = place
        .ok_or_else(|| Error::schema("the partition has no location").with("table", &table.name))?;
    let keys = catalog::table::columns(&table.partition_keys)
        .map_err(|message| Error::schema(message).with("table", &table.name))?;
    let mut values = Vec::with_capacity(keys.len());
    for ((name, ty), (_, value)) in keys.into_iter().zip(partition.spec.iter()) {
        let column = TableColumn::new(name, ty);
        let value = typed(&column, value)?;
        values.push((column, value));
    }
    let folder = TableFolder(location::to_path(place)?);
    Part::new(folder, descriptor(&own)?, columns, values, ids)
}

/// Gives the text of a partition's value the type of its column, as a text file of one row would.
fn typed(column: &TableColumn, value: Option<&str>) -> Result<ArrayRef> {
    let mut descriptor = Descriptor::stored_as(Format::TextFile, vec![column.clone()]);
    // No value has a newline, since its folder's name has none.
    descriptor.properties.insert("field.delim".to_owned(), "\n".to_owned());
    descriptor.properties.insert("serialization.null.format".to_owned(), "\n".to_owned());
    let line = bytes::Bytes::from(format!("{}\n", value.unwrap_or_default()).into_bytes());
    let batch = open(&descriptor, Arc::new(line), &ReadRequest::default())?.next().transpose()?;
    let array = batch.map(|batch| Arc::clone(batch.column(0)));
    Ok(match (array, value) {
        (Some(array), Some(_)) => array,
        _ => arrow::array::new_null_array(&column.ty.to_arrow(), 1),
    })
}

impl Part {
    fn new(
        folder: TableFolder,
        descriptor: Descriptor,
        columns: Vec<TableColumn>,
        values: Vec<(TableColumn, ArrayRef)>,
        ids: WriteIds,
    ) -> Result<Self> {
        // A partition may be announced before anything is in it.
        let entries = if folder.0.is_dir() { folder.entries()? } else { Vec::new() };
        let snapshot = Snapshot::new(Transactional::of(&descriptor), &entries, ids)
            .map_err(|e| Error::from(e).with("folder", folder.0.display()))?;
        Ok(Self { folder, descriptor, snapshot, columns, values })
    }

    /// Returns the files whose rows are the table's.
    pub(super) fn files(&self) -> &[DataFile] {
        self.snapshot.files()
    }

    /// Returns where a file is.
    pub(super) fn path(&self, file: &DataFile) -> std::path::PathBuf {
        self.folder.0.join(file.path())
    }

    /// Opens a file as it is.
    ///
    /// # Errors
    /// `Data` if it cannot be opened.
    pub(super) fn input(&self, file: &DataFile) -> Result<Arc<dyn formats::Input>> {
        Ok(self.folder.open(file.path())?)
    }

    /// Tells whether a column's value is that of the partition.
    pub(super) fn is_partition_column(&self, name: &str) -> bool {
        self.values.iter().any(|(column, _)| column.name.eq_ignore_ascii_case(name))
    }

    /// Returns all columns of the table: those in files, then the partition columns.
    pub(super) fn columns(&self) -> Vec<TableColumn> {
        let of_partition = self.values.iter().map(|(column, _)| column.clone());
        self.columns.iter().cloned().chain(of_partition).collect()
    }

    /// Opens the rows of a file, in the columns that lie in files.
    ///
    /// # Errors
    /// As [`Snapshot::open`].
    pub(super) fn rows(&self, file: &DataFile, request: &ReadRequest) -> Result<TableReader> {
        let request = ReadRequest { columns: Some(self.columns.clone()), ..request.clone() };
        Ok(self.snapshot.open(&self.descriptor, file, &self.folder, &request)?)
    }

    /// Adds the values of the partition to rows of a file.
    ///
    /// # Errors
    /// `Internal` if they do not fit.
    pub(super) fn with_values(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        if self.values.is_empty() {
            return Ok(batch.clone());
        }
        let fit = |e| Error::internal("the values of a partition do not fit").with_source(e);
        let same = UInt32Array::from_value(0, batch.num_rows());
        let mut arrays = batch.columns().to_vec();
        let mut fields: Vec<_> = batch.schema().fields().iter().map(Arc::clone).collect();
        let all = formats::table::schema_of(&self.columns());
        for ((_, value), field) in self.values.iter().zip(&all.fields()[fields.len()..]) {
            arrays.push(take(value, &same, None).map_err(fit)?);
            fields.push(Arc::clone(field));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let schema = Arc::new(Schema::new(fields));
        RecordBatch::try_new_with_options(schema, arrays, &options).map_err(fit)
    }
}
