//! The rows and files of transactional tables, for `skep inspect`: what a snapshot of a folder holds.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use formats::acid::{Entry, Snapshot, Transactional, WriteIds};
use formats::table::{Predicate, ReadOptions, ReadRequest, TableColumn, values_of};
use formats::{Files as _, Input};
use metastore::names::PartitionPath;
use metastore::{Catalog, Partition, Table, location};

use crate::catalog::table::{columns, descriptor};
use crate::disk::{DiskFile, failed};
use crate::error::{Error, Result};
use crate::names::is_hidden;

/// Partitions that are asked for at a time.
const PAGE: usize = 100;

/// Gives all columns of a table: those in files, then the partition columns.
///
/// # Errors
/// `Schema` for a type that Hive does not have.
pub(super) fn all_columns(table: &Table) -> Result<Vec<TableColumn>> {
    let mut all = of_files(table)?;
    all.extend(partition_columns(table)?);
    Ok(all)
}

fn of_files(table: &Table) -> Result<Vec<TableColumn>> {
    let wrong = |message| Error::schema(message).with("table", &table.name);
    Ok(descriptor(table).map_err(wrong)?.row_columns()?)
}

fn partition_columns(table: &Table) -> Result<Vec<TableColumn>> {
    let wrong = |message| Error::schema(message).with("table", &table.name);
    let keys = columns(&table.partition_keys).map_err(wrong)?.into_iter();
    Ok(keys.map(|(name, ty)| TableColumn::new(name, ty)).collect())
}

/// What a visitor wants of the next file.
pub(super) enum Wish {
    /// Its rows.
    Rows,
    /// A look at the file itself.
    File,
    /// Nothing, and nothing of the files after it.
    Nothing,
}

/// Who looks at the files of a table.
pub(super) trait Visitor {
    /// Says what is wanted of the next file.
    fn wish(&mut self) -> Wish;
    /// Takes some rows: all columns of the table, also rows that do not fulfil the condition.
    ///
    /// # Errors
    /// Whatever stands against it.
    fn rows(&mut self, batch: &RecordBatch) -> Result<()>;
    /// Takes a file.
    ///
    /// # Errors
    /// Whatever stands against it.
    fn file(&mut self, table: &Table, input: Arc<dyn Input>, request: &ReadRequest) -> Result<()>;
}

/// Goes through the files of a transactional table that are seen now.
///
/// # Errors
/// `Schema` for a type or folder that cannot be read; whatever catalog, files and visitor say.
pub(super) fn visit(
    catalog: &dyn Catalog,
    table: &Table,
    predicate: Option<&Predicate>,
    visitor: &mut dyn Visitor,
) -> Result<()> {
    let ids = write_ids(catalog, table)?;
    let (columns, keys) = (of_files(table)?, partition_columns(table)?);
    let schema = formats::table::schema_of(&all_columns(table)?);
    let walk = Walk { predicate, ids, columns, keys, schema };
    if !table.is_partitioned() {
        return walk.folder(table, &[], visitor).map(drop);
    }
    let mut names = catalog.partition_names(&table.name, None);
    loop {
        let page: Vec<PartitionPath> = names.by_ref().take(PAGE).collect::<Result<_, _>>()?;
        if page.is_empty() {
            return Ok(());
        }
        for partition in catalog.get_partitions(&table.name, &page)? {
            let values: Vec<Option<String>> =
                partition.spec.iter().map(|(_, value)| value.map(str::to_owned)).collect();
            if !walk.folder(&own(table, &partition), &values, visitor)? {
                return Ok(());
            }
        }
    }
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

/// Gives the table as it is in a partition: by its own storage, with the table's properties behind its own.
fn own(table: &Table, partition: &Partition) -> Table {
    let mut own = table.clone();
    own.sd = partition.sd.clone();
    own.parameters.extend(partition.parameters.iter().map(|(k, v)| (k.clone(), v.clone())));
    own
}

struct Walk<'a> {
    predicate: Option<&'a Predicate>,
    ids: WriteIds,
    /// The columns that lie in files.
    columns: Vec<TableColumn>,
    /// The partition columns.
    keys: Vec<TableColumn>,
    /// That of the batches: both, one behind the other.
    schema: SchemaRef,
}

impl Walk<'_> {
    /// Goes through the files of one folder; false if no more are wanted.
    fn folder(
        &self,
        own: &Table,
        values: &[Option<String>],
        visitor: &mut dyn Visitor,
    ) -> Result<bool> {
        let wrong = |message| Error::schema(message).with("table", &own.name);
        let descriptor = descriptor(own).map_err(wrong)?;
        let place = own.sd.location.as_deref();
        let place = place
            .ok_or_else(|| wrong("the metastore does not say where the files are".to_owned()))?;
        let folder = TableFolder(location::to_path(place)?);
        // A partition may be announced before anything is in it.
        let entries = if folder.0.is_dir() { folder.entries()? } else { Vec::new() };
        let snapshot = Snapshot::new(Transactional::of(&descriptor), &entries, self.ids.clone())
            .map_err(|e| Error::from(e).with("folder", folder.0.display()))?;
        for file in snapshot.files() {
            let path = folder.0.join(file.path());
            let named = |e: Error| e.with("file", path.display());
            let request = self.request(&path);
            match visitor.wish() {
                Wish::Nothing => return Ok(false),
                Wish::File => visitor.file(own, folder.open(file.path())?, &request)?,
                Wish::Rows => {
                    let reader = snapshot.open(&descriptor, file, &folder, &request);
                    for batch in reader.map_err(|e| named(e.into()))? {
                        let batch = batch.map_err(|e| named(e.into()))?;
                        visitor.rows(&self.with_values(&batch, values)?)?;
                        if matches!(visitor.wish(), Wish::Nothing) {
                            return Ok(false);
                        }
                    }
                }
            }
        }
        Ok(true)
    }

    /// Says what is read of a file; no file knows the partition columns, so a condition on one is left for its rows.
    fn request(&self, path: &Path) -> ReadRequest {
        let key = |name: &&str| self.keys.iter().any(|key| key.name.eq_ignore_ascii_case(name));
        let of_file = self.predicate.filter(|predicate| !predicate.columns().iter().any(key));
        ReadRequest {
            columns: Some(self.columns.clone()),
            predicate: of_file.cloned(),
            batch_rows: 1024,
            file_name: path.display().to_string(),
            ..ReadRequest::default()
        }
    }

    /// Adds the values of the partition to rows of a file.
    fn with_values(&self, batch: &RecordBatch, values: &[Option<String>]) -> Result<RecordBatch> {
        let fit = |e| Error::internal("the values of a partition do not fit").with_source(e);
        let mut arrays = batch.columns().to_vec();
        for (key, value) in self.keys.iter().zip(values) {
            let same = std::iter::repeat_n(value.as_deref(), batch.num_rows());
            arrays.push(values_of(same, &key.ty, &ReadOptions::default())?);
        }
        let options =
            arrow::record_batch::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options).map_err(fit)
    }
}

/// The folder of a table or partition, whose files are read.
#[derive(Clone, Debug)]
struct TableFolder(PathBuf);

impl formats::Files for TableFolder {
    fn open(&self, path: &str) -> formats::Result<Arc<dyn Input>> {
        let file = File::open(self.0.join(path)).and_then(DiskFile::new);
        let file = file.map_err(|e| {
            formats::FormatError::data("cannot open the file").with("file", path).with_source(e)
        })?;
        Ok(Arc::new(file))
    }
}

impl TableFolder {
    /// Lists all that is below, but for what is in hidden folders, where nothing is a table's.
    ///
    /// # Errors
    /// As [`Error::io`].
    fn entries(&self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        list(&self.0, "", &mut entries)?;
        Ok(entries)
    }
}

fn list(folder: &Path, above: &str, entries: &mut Vec<Entry>) -> Result<()> {
    let cannot = |e| failed("cannot list the folder", folder, e);
    for found in fs::read_dir(folder).map_err(cannot)? {
        let found = found.map_err(cannot)?;
        let name = found.file_name().to_string_lossy().into_owned();
        let path = if above.is_empty() { name.clone() } else { format!("{above}/{name}") };
        if !found.path().is_dir() {
            entries.push(Entry::file(path));
        } else if !is_hidden(&found.file_name()) {
            entries.push(Entry::folder(path.clone()));
            list(&found.path(), &path, entries)?;
        }
    }
    Ok(())
}
