//! Rows of one file of a snapshot, without those that were deleted.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array, RecordBatch, RecordBatchOptions,
    StructArray,
};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, SchemaRef};

use super::WriteIdSet;
use super::deletes::{By, DELETE, Deletes, KeyColumns};
use super::names::FolderKind;
use super::row_id::{ROW_ID, RowId, property, row_id_type};
use super::snapshot::{DataFile, Snapshot, Transactional};
use super::write_ids::WriteIds;
use crate::input::{Beginning, read_range};
use crate::orc::{
    OrcBatches, OrcComparison, OrcFile, OrcPredicate, OrcRead, OrcValue, TimestampUnit,
};
use crate::parquet::Chunks;
use crate::table::{
    Descriptor, FitRules, Layout, ReadRequest, TableColumn, TableReader, fit, offset_asked,
    offset_column, orc_condition, orc_fields, schema_of,
};
use crate::types::{HiveType, StructField};
use crate::{Files, FormatError, Input, Result};

/// Where Hive's writer leaves the numbers of inserts, updates and deletes.
pub(super) const WRITER_STATISTICS: &str = "hive.acid.stats";

/// The columns of files whose rows have ids.
const COLUMNS: [&str; 6] =
    ["operation", "originalTransaction", "bucket", "rowId", "currentTransaction", "row"];

impl DataFile {
    pub(super) fn is_base(&self) -> bool {
        self.folder.as_ref().is_some_and(|folder| folder.kind == FolderKind::Base)
    }

    pub(super) fn is_delta(&self) -> bool {
        self.folder.as_ref().is_some_and(|folder| folder.kind == FolderKind::Delta)
    }
}

impl Snapshot {
    /// Opens one of the snapshot's [`files`](Self::files).
    ///
    /// Shape: as [`table::open`](crate::table::open), without the rows that were deleted, or that
    /// transactions wrote which the reader does not see. A column [`ROW_ID`] has the ids of the rows,
    /// if the table is fully transactional.
    ///
    /// Limit: the ids of a million deleted rows of the file's bucket are in memory; if there are more,
    /// they are read once again beside its rows.
    ///
    /// # Errors
    /// As [`table::open`](crate::table::open); [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported)
    /// for a fully transactional table that is not ORC.
    pub fn open(
        &self,
        descriptor: &Descriptor,
        file: &DataFile,
        files: &dyn Files,
        request: &ReadRequest,
    ) -> Result<TableReader> {
        if self.kind != Transactional::Full {
            let request = ReadRequest { file_name: file.path.clone(), ..request.clone() };
            return crate::table::open(descriptor, files.open(&file.path)?, &request);
        }
        if descriptor.layout()? != Layout::Orc {
            return Err(FormatError::unsupported("a transactional table with row ids must be ORC")
                .with("input format", &descriptor.input_format));
        }
        let columns = request.columns(descriptor).to_vec();
        let Some(orc) = open_orc(file, files)? else {
            return Ok(TableReader::new(&columns, std::iter::empty()));
        };
        let split_update = descriptor
            .property("transactional_properties")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("default"));
        let deletes = Deletes::of(self, file, split_update, files)?;
        let wants_ids = columns.iter().any(is_row_id);
        let source = if is_acid(&orc) {
            Source::WithIds
        } else if deletes.is_empty() && !wants_ids {
            Source::Plain
        } else {
            Source::Numbered(first_id(file, files)?)
        };
        if file.only.is_some() && !matches!(source, Source::WithIds) {
            return Err(FormatError::internal("rows without ids are of one transaction")
                .with("file", &file.path));
        }
        let mut what = read_of(descriptor, request, &columns, &orc, &source);
        if let Some(only) = &file.only {
            what.predicate = Some(within(only, what.predicate));
        }
        let rows = Rows {
            batches: orc.read(&what)?,
            source,
            statement: file.folder.as_ref().and_then(|folder| folder.statement).unwrap_or(0),
            deletes,
            ids: Arc::clone(&self.ids),
            only: file.only.clone(),
            schema: schema_of(&columns),
            offset: offset_asked(descriptor, &columns),
            columns: columns.clone(),
        };
        Ok(TableReader::new(&columns, rows))
    }
}

fn is_offset(descriptor: &Descriptor, column: &TableColumn) -> bool {
    offset_asked(descriptor, std::slice::from_ref(column)).is_some()
}

fn is_row_id(column: &TableColumn) -> bool {
    column.name.eq_ignore_ascii_case(ROW_ID)
}

/// Opens a file as far as it is committed; none if there is nothing in it.
pub(super) fn open_orc(file: &DataFile, files: &dyn Files) -> Result<Option<OrcFile>> {
    let mut input = files.open(&file.path)?;
    if let Some(flush) = &file.flush {
        let size = committed(files.open(flush)?.as_ref())?.min(input.size());
        input = Arc::new(Beginning { input, size });
    }
    if input.size() == 0 {
        return Ok(None);
    }
    OrcFile::open(Chunks(input)).map(Some).map_err(|e| e.with("file", &file.path))
}

/// Reads how much of a file that is still written is committed: the last number in the side file.
fn committed(side: &dyn Input) -> Result<u64> {
    let numbers = side.size() / 8;
    if numbers == 0 {
        return Ok(0);
    }
    let last = read_range(side, (numbers - 1) * 8, 8)?;
    let bytes = last.first_chunk::<8>().copied().unwrap_or_default();
    Ok(u64::try_from(i64::from_be_bytes(bytes)).unwrap_or(0))
}

/// Tells whether the rows of a file have ids.
pub(super) fn is_acid(file: &OrcFile) -> bool {
    let names = file.columns().iter().map(|field| field.name.as_str());
    names.eq(COLUMNS) && matches!(file.columns()[5].ty, HiveType::Struct(_))
}

/// Computes the id of the first row of a file whose rows have none.
fn first_id(file: &DataFile, files: &dyn Files) -> Result<RowId> {
    let folder = file.folder.as_ref();
    let statement = folder.and_then(|folder| folder.statement).unwrap_or(0);
    let mut row = 0i64;
    for path in &file.before {
        let input = files.open(path)?;
        if input.size() > 0 {
            let before = OrcFile::open(Chunks(input)).map_err(|e| e.with("file", path))?;
            row = row.saturating_add_unsigned(before.stats().rows);
        }
    }
    let bucket = property(file.bucket.unwrap_or(0), statement)?;
    Ok(RowId { write_id: folder.map_or(0, |folder| folder.first), bucket, row })
}

/// Says what is read of a file.
fn read_of(
    descriptor: &Descriptor,
    request: &ReadRequest,
    columns: &[TableColumn],
    file: &OrcFile,
    source: &Source,
) -> OrcRead {
    let lies = |c: &&TableColumn| !is_row_id(c) && !is_offset(descriptor, c);
    let of_file: Vec<TableColumn> = columns.iter().filter(lies).cloned().collect();
    let condition = request.predicate.as_ref().and_then(orc_condition);
    let (columns, predicate) = match (source, file.columns()) {
        (Source::WithIds, [ids @ .., row]) => {
            let inner = match &row.ty {
                HiveType::Struct(fields) => fields.as_slice(),
                _ => &[],
            };
            let wanted = orc_fields(descriptor, request, &of_file, inner);
            let row = StructField { name: row.name.clone(), ty: HiveType::Struct(wanted) };
            let columns = ids.iter().cloned().chain([row]).collect();
            (columns, condition.map(|condition| inside(&condition)))
        }
        (_, fields) => (orc_fields(descriptor, request, &of_file, fields), condition),
    };
    OrcRead {
        columns: Some(columns),
        positional: false,
        predicate,
        range: request.range.clone(),
        batch_rows: request.batch_rows,
        timestamp_unit: TimestampUnit::Microsecond,
    }
}

/// Adds to a condition that rows are of some transactions, as far as statistics can tell.
fn within(only: &WriteIdSet, condition: Option<OrcPredicate>) -> OrcPredicate {
    let bound = |comparison, id| OrcPredicate::Compare {
        column: COLUMNS[4].to_owned(),
        comparison,
        value: OrcValue::Integer(id),
    };
    let range = |(first, last)| {
        OrcPredicate::And(vec![
            bound(OrcComparison::GreaterOrEqual, first),
            bound(OrcComparison::LessOrEqual, last),
        ])
    };
    let own = OrcPredicate::Or(only.ranges().map(range).collect());
    OrcPredicate::And(condition.into_iter().chain([own]).collect())
}

/// Moves a condition on the table's columns to where they lie in a row with an id.
fn inside(condition: &OrcPredicate) -> OrcPredicate {
    let path = |column: &str| format!("{}.{column}", COLUMNS[5]);
    match condition {
        OrcPredicate::Compare { column, comparison, value } => OrcPredicate::Compare {
            column: path(column),
            comparison: *comparison,
            value: value.clone(),
        },
        OrcPredicate::IsNull(column) => OrcPredicate::IsNull(path(column)),
        OrcPredicate::IsNotNull(column) => OrcPredicate::IsNotNull(path(column)),
        OrcPredicate::And(parts) => OrcPredicate::And(parts.iter().map(inside).collect()),
        OrcPredicate::Or(parts) => OrcPredicate::Or(parts.iter().map(inside).collect()),
    }
}

/// Where the ids of rows come from.
#[derive(Debug)]
enum Source {
    /// They lie in the file.
    WithIds,
    /// They are computed from that of the first row.
    Numbered(RowId),
    /// Nobody asks for them.
    Plain,
}

/// The rows of a file that were not deleted.
struct Rows {
    batches: OrcBatches,
    source: Source,
    statement: u32,
    deletes: Deletes,
    ids: Arc<WriteIds>,
    only: Option<Arc<WriteIdSet>>,
    columns: Vec<TableColumn>,
    /// Which of the columns tells where rows lie, if one does.
    offset: Option<usize>,
    schema: SchemaRef,
}

impl Iterator for Rows {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let batch = match self.batches.next()? {
                Ok(batch) => batch,
                Err(e) => return Some(Err(e)),
            };
            match self.batch(&batch) {
                // All of its rows were deleted.
                Ok(batch) if batch.num_rows() == 0 => {}
                other => return Some(other),
            }
        }
    }
}

impl Rows {
    fn batch(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let (keep, columns, ids) = match &self.source {
            Source::Plain => (None, batch.columns(), None),
            Source::Numbered(first) => {
                let first = RowId {
                    row: first.row.saturating_add_unsigned(self.batches.first_row()),
                    ..*first
                };
                let keep = kept_of_numbered(&mut self.deletes, first, batch.num_rows())?;
                (keep, batch.columns(), Some(numbered(first, batch.num_rows())))
            }
            Source::WithIds => {
                let ids = KeyColumns::of(batch)?;
                let keep = self.kept(&ids)?;
                let row = batch.column(5).as_struct_opt();
                let row = row.ok_or_else(|| FormatError::internal("rows are no structs"))?;
                (keep, row.columns(), Some(batch.columns()[1..4].to_vec()))
            }
        };
        let batch = self.fitted(columns, ids.as_deref(), batch.num_rows())?;
        match keep {
            None => Ok(batch),
            Some(keep) => filter_record_batch(&batch, &keep)
                .map_err(|e| FormatError::internal("cannot leave rows out").with_source(e)),
        }
    }

    /// Tells which rows with ids are left; none for all.
    fn kept(&mut self, ids: &KeyColumns<'_>) -> Result<Option<BooleanArray>> {
        let Self { deletes, ids: valid, only, statement, .. } = self;
        let seen = seen(valid, ids.changed_by);
        let old = ids.operations.contains(&DELETE);
        if deletes.is_empty() && seen && !old && only.is_none() {
            return Ok(None);
        }
        mask(ids.rows.len(), |row| {
            let by = ids.changed_by[row];
            if ids.operations[row] == DELETE
                || !seen && !valid.is_valid(by)
                || only.as_ref().is_some_and(|only| !only.contains(by))
            {
                return Ok(false);
            }
            let own: By = (by, *statement);
            Ok(deletes.last_change(ids.id(row))?.is_none_or(|by| by <= own))
        })
    }

    /// Gives the wanted columns: those of the file in their order, and the ids.
    fn fitted(
        &self,
        arrays: &[ArrayRef],
        ids: Option<&[ArrayRef]>,
        rows: usize,
    ) -> Result<RecordBatch> {
        let rules = FitRules::default();
        let mut arrays = arrays.iter();
        let fitted = self.columns.iter().enumerate().map(|(at, column)| {
            let array = if is_row_id(column) {
                id_column(ids.unwrap_or_default(), rows)?
            } else if self.offset == Some(at) {
                offset_column(self.batches.stripe(), rows)?
            } else {
                let array = arrays.next();
                Arc::clone(array.ok_or_else(|| FormatError::internal("batch lacks a column"))?)
            };
            fit(&array, &column.ty, &rules).map_err(|e| e.with("column", &column.name))
        });
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let arrays = fitted.collect::<Result<_>>()?;
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            .map_err(|e| FormatError::internal("columns make no batch").with_source(e))
    }
}

/// Makes the three columns of the ids of rows that follow each other.
fn numbered(first: RowId, rows: usize) -> Vec<ArrayRef> {
    let numbers = (0..rows as u64).map(|n| first.row.saturating_add_unsigned(n));
    vec![
        Arc::new(Int64Array::from_value(first.write_id, rows)),
        Arc::new(Int32Array::from_value(first.bucket, rows)),
        Arc::new(Int64Array::from_iter_values(numbers)),
    ]
}

/// Makes the column of ids.
fn id_column(ids: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
    let DataType::Struct(fields) = row_id_type().to_arrow() else {
        return Err(FormatError::internal("ids are no structs"));
    };
    let made = StructArray::try_new_with_length(fields, ids.to_vec(), None, rows);
    Ok(Arc::new(made.map_err(|e| FormatError::internal("ids make no column").with_source(e))?))
}

/// Tells whether all of some write ids are seen.
fn seen(valid: &WriteIds, ids: &[i64]) -> bool {
    let (low, high) = ids.iter().fold((i64::MAX, i64::MIN), |(l, h), id| (l.min(*id), h.max(*id)));
    low > high || valid.sees_all(low, high)
}

/// Tells which of rows with computed ids are left; none for all.
fn kept_of_numbered(
    deletes: &mut Deletes,
    first: RowId,
    rows: usize,
) -> Result<Option<BooleanArray>> {
    if deletes.is_empty() {
        return Ok(None);
    }
    mask(rows, |row| {
        let row = first.row.saturating_add_unsigned(row as u64);
        Ok(deletes.last_change(RowId { row, ..first })?.is_none())
    })
}

fn mask(rows: usize, mut keep: impl FnMut(usize) -> Result<bool>) -> Result<Option<BooleanArray>> {
    let mask = (0..rows).map(&mut keep).collect::<Result<Vec<bool>>>()?;
    Ok((!mask.iter().all(|keep| *keep)).then(|| BooleanArray::from(mask)))
}
