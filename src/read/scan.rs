//! From a file to batches of the columns that are wanted. Pure but for the bytes, which [`Files`] brings.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray, UInt32Array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use formats::table::{
    BLOCK_OFFSET, Predicate, ReadOptions, ReadRequest, TableColumn, TableReader, open, values_of,
};
use formats::types::HiveType;

use super::files::{DataFile, Files};
use super::table::{ReadTable, TablePartition};
use crate::error::{Error, Result};

/// Name of the virtual column that tells a row's file.
///
/// Source: Hive `VirtualColumn.FILENAME`.
pub const FILE_NAME: &str = "input__file__name";

/// The virtual columns of every table, which `*` does not mean.
pub fn virtual_columns() -> [TableColumn; 2] {
    [
        TableColumn::new(FILE_NAME, HiveType::String),
        TableColumn::new(BLOCK_OFFSET, HiveType::BigInt),
    ]
}

/// Rows of a batch at most, unless a plan says otherwise.
const BATCH_ROWS: usize = 32_768;

/// A column of a scan's batches.
#[derive(Debug, Clone, PartialEq)]
pub enum ScanColumn {
    /// A column that lies in the files. A struct with fewer fields than the table's gives only these.
    Data(TableColumn),
    /// The partition column at this position of the table's.
    Partition(usize),
    /// Where the file is, as text: [`FILE_NAME`].
    FileName,
    /// Where in the file the row, or its block, begins: [`BLOCK_OFFSET`].
    BlockOffset,
}

/// What is wanted of the files of a table.
#[derive(Debug, Clone)]
pub struct ScanPlan {
    /// The columns of the batches, in order.
    pub columns: Vec<ScanColumn>,
    /// What rows must fulfil; it may name every column of the table, [`FILE_NAME`] and [`BLOCK_OFFSET`].
    ///
    /// A file whose partition, or whose name, rules it out is not opened. Beyond that it only says what may be left out: rows
    /// that do not fulfil it may be given all the same.
    pub predicate: Option<Predicate>,
    /// Most rows of a batch.
    pub batch_rows: usize,
    /// How files are understood where Hive leaves a choice.
    pub options: ReadOptions,
    partition_columns: Vec<TableColumn>,
}

impl ScanPlan {
    /// Makes a plan for some columns of a table; `None` for all: those of the files, then those of the partition.
    ///
    /// # Errors
    /// `Schema` for a column that the table does not have.
    pub fn new(table: &ReadTable, columns: Option<&[&str]>) -> Result<Self> {
        let find = |name: &str| {
            let is = |column: &TableColumn| column.name.eq_ignore_ascii_case(name);
            if let Some(column) = table.columns.iter().find(|column| is(column)) {
                return Ok(ScanColumn::Data(column.clone()));
            }
            if let Some(at) = table.partition_columns.iter().position(is) {
                return Ok(ScanColumn::Partition(at));
            }
            if name.eq_ignore_ascii_case(FILE_NAME) {
                return Ok(ScanColumn::FileName);
            }
            if name.eq_ignore_ascii_case(BLOCK_OFFSET) {
                return Ok(ScanColumn::BlockOffset);
            }
            let known = table.columns.iter().chain(&table.partition_columns);
            let known: Vec<&str> = known.map(|column| column.name.as_str()).collect();
            Err(Error::schema("the table has no such column")
                .with("table", &table.table.name)
                .with("column", name)
                .with("known", known.join(", ")))
        };
        let columns = match columns {
            Some(names) => names.iter().map(|name| find(name)).collect::<Result<_>>()?,
            None => {
                let data = table.columns.iter().cloned().map(ScanColumn::Data);
                let keys = (0..table.partition_columns.len()).map(ScanColumn::Partition);
                data.chain(keys).collect()
            }
        };
        Ok(Self {
            columns,
            predicate: None,
            batch_rows: BATCH_ROWS,
            options: ReadOptions::default(),
            partition_columns: table.partition_columns.clone(),
        })
    }

    /// Gives the names and types of the plan's columns.
    pub fn table_columns(&self) -> Vec<TableColumn> {
        let of = |column: &ScanColumn| match column {
            ScanColumn::Data(column) => column.clone(),
            ScanColumn::Partition(at) => {
                self.partition_columns.get(*at).cloned().unwrap_or_else(|| {
                    TableColumn::new(format!("partition_{at}"), HiveType::String)
                })
            }
            ScanColumn::FileName => TableColumn::new(FILE_NAME, HiveType::String),
            ScanColumn::BlockOffset => TableColumn::new(BLOCK_OFFSET, HiveType::BigInt),
        };
        self.columns.iter().map(of).collect()
    }

    /// Gives the schema of the batches.
    pub fn schema(&self) -> SchemaRef {
        formats::table::schema_of(&self.table_columns())
    }

    /// Tells whether a partition may have rows that are wanted, from its values alone.
    ///
    /// # Errors
    /// `Schema` if the condition does not compare with the partition columns.
    pub fn wants(&self, partition: &TablePartition) -> Result<bool> {
        let Some(predicate) = &self.predicate else { return Ok(true) };
        let known = self.known(partition, None)?;
        Ok(!matches!(decide(predicate, &known)?, Decision::Never))
    }

    /// Gives one row of what is known of all rows of a partition or file.
    fn known(&self, partition: &TablePartition, file: Option<&DataFile>) -> Result<RecordBatch> {
        let mut fields = Vec::new();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for (at, column) in self.partition_columns.iter().enumerate() {
            fields.push(Field::new(&column.name, column.ty.to_arrow(), true));
            arrays.push(self.value(partition, at)?);
        }
        if let Some(file) = file {
            fields.push(Field::new(FILE_NAME, DataType::Utf8, true));
            arrays.push(Arc::new(StringArray::from(vec![file.path.as_str()])));
        }
        batch(&Arc::new(Schema::new(fields)), arrays, 1)
    }

    /// Gives the columns that are read of a partition's files, under the names that they have there.
    ///
    /// They have the plan's types, but for text that is to become something else: Hive converts what its SerDe gives.
    fn read(&self, partition: &TablePartition) -> Result<Vec<TableColumn>> {
        let written = partition.descriptor.row_columns()?;
        let find = |column: &TableColumn| {
            let name = partition.renamed.get(&column.name.to_lowercase()).unwrap_or(&column.name);
            let then = written.iter().find(|then| then.name.eq_ignore_ascii_case(name));
            let then = then.filter(|then| {
                is_text(&then.ty) && !is_text(&column.ty) && column.ty.is_primitive()
            });
            TableColumn::new(name.clone(), then.map_or(&column.ty, |then| &then.ty).clone())
        };
        let data = self.columns.iter().filter_map(|column| match column {
            ScanColumn::Data(column) => Some(find(column)),
            ScanColumn::BlockOffset => Some(TableColumn::new(BLOCK_OFFSET, HiveType::BigInt)),
            ScanColumn::Partition(_) | ScanColumn::FileName => None,
        });
        Ok(data.collect())
    }

    /// Says where the columns of a file's batches come from.
    fn parts(&self, partition: &TablePartition, file: &DataFile) -> Result<Vec<Part>> {
        let mut read = self.read(partition)?.into_iter().enumerate();
        let mut parts = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let one: ArrayRef = match column {
                ScanColumn::Data(column) => {
                    parts.extend(read.next().map(|(at, read)| {
                        if read.ty == column.ty {
                            Part::Read(at)
                        } else {
                            Part::Parsed(at, column.ty.clone())
                        }
                    }));
                    continue;
                }
                ScanColumn::BlockOffset => {
                    parts.extend(read.next().map(|(at, _)| Part::Read(at)));
                    continue;
                }
                ScanColumn::Partition(at) => self.value(partition, *at)?,
                ScanColumn::FileName => Arc::new(StringArray::from(vec![file.path.as_str()])),
            };
            parts.push(Part::Same { many: Arc::clone(&one), one });
        }
        Ok(parts)
    }

    /// Gives one row of a partition column.
    fn value(&self, partition: &TablePartition, at: usize) -> Result<ArrayRef> {
        let column = self.partition_columns.get(at);
        let (Some(column), Some(text)) = (column, partition.values.get(at)) else {
            return Err(Error::schema("the partition has fewer values than partition columns")
                .with("partition", &partition.name));
        };
        Ok(values_of([text.as_deref()], &column.ty, &self.options)?)
    }
}

/// What a condition comes to where some columns are known.
#[derive(Debug, Clone, PartialEq)]
enum Decision {
    /// No row fulfils it.
    Never,
    /// Every row does.
    Always,
    /// It depends on the rest.
    Rest(Predicate),
}

/// Decides what can be decided of a condition from one row of known columns.
fn decide(predicate: &Predicate, known: &RecordBatch) -> Result<Decision> {
    let all = |parts: &[Predicate]| -> Result<Vec<Decision>> {
        parts.iter().map(|part| decide(part, known)).collect()
    };
    let rest = |parts: Vec<Decision>, wrap: fn(Vec<Predicate>) -> Predicate, none: Decision| {
        let mut rest: Vec<Predicate> = parts
            .into_iter()
            .filter_map(|part| match part {
                Decision::Rest(rest) => Some(rest),
                Decision::Never | Decision::Always => None,
            })
            .collect();
        match rest.len() {
            0 => none,
            1 => Decision::Rest(rest.remove(0)),
            _ => Decision::Rest(wrap(rest)),
        }
    };
    Ok(match predicate {
        Predicate::And(parts) => {
            let parts = all(parts)?;
            if parts.contains(&Decision::Never) {
                return Ok(Decision::Never);
            }
            rest(parts, Predicate::And, Decision::Always)
        }
        Predicate::Or(parts) => {
            let parts = all(parts)?;
            if parts.contains(&Decision::Always) {
                return Ok(Decision::Always);
            }
            rest(parts, Predicate::Or, Decision::Never)
        }
        Predicate::Compare(column, ..)
        | Predicate::In(column, _)
        | Predicate::IsNull(column)
        | Predicate::IsNotNull(column) => {
            let schema = known.schema_ref();
            if !schema.fields().iter().any(|field| field.name().eq_ignore_ascii_case(column)) {
                return Ok(Decision::Rest(predicate.clone()));
            }
            // There is no NOT above it, so that unknown counts as false.
            let held = predicate.evaluate(known)?;
            if held.iter().any(|held| held == Some(true)) {
                Decision::Always
            } else {
                Decision::Never
            }
        }
    })
}

/// Where a column of the output comes from.
#[derive(Debug)]
enum Part {
    /// The column at this position of the file's batches.
    Read(usize),
    /// The same, and its texts are to become values of a type.
    Parsed(usize, HiveType),
    /// The same value in every row.
    Same {
        /// One row of it.
        one: ArrayRef,
        /// As many rows as a batch has had yet.
        many: ArrayRef,
    },
}

/// The rows of a file, batch by batch.
pub struct Scan {
    schema: SchemaRef,
    reader: Option<TableReader>,
    parts: Vec<Part>,
    options: ReadOptions,
    path: String,
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("path", &self.path)
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

/// Opens a file of a partition, or a range of its bytes.
///
/// Shape: batches of [`ScanPlan::schema`]; of a transactional table's file the rows that are seen. Columns that the file lacks are NULL. Ranges that follow each other give every row
/// once: a row belongs to the range in which it, or its group, begins. Limit: one batch and what the format needs for it are
/// in memory.
///
/// # Errors
/// As [`Files::open`]; `Unsupported` for a feature of the format that is not read; `Schema` if the file's types do not become
/// the table's; `Data` for a broken file. The batches give the same.
pub fn scan(
    plan: &ScanPlan,
    files: &Files,
    partition: &TablePartition,
    file: &DataFile,
    range: Option<Range<u64>>,
) -> Result<Scan> {
    let mut scan = Scan {
        schema: plan.schema(),
        reader: None,
        parts: plan.parts(partition, file)?,
        options: plan.options.clone(),
        path: file.path.clone(),
    };
    if let Some(request) = request(plan, partition, file)? {
        let request = ReadRequest { range, ..request };
        let opened = match &file.seen {
            Some(seen) => seen.open(files, partition, &request),
            None => open(&partition.descriptor, files.open(file)?, &request).map_err(Error::from),
        };
        scan.reader = Some(opened.map_err(|e| e.with("file", &file.path))?);
    }
    Ok(scan)
}

/// Gives what is asked of the format's reader; `None` if the partition or the file's name rules all rows out.
///
/// # Errors
/// As [`ScanPlan::wants`].
pub fn request(
    plan: &ScanPlan,
    partition: &TablePartition,
    file: &DataFile,
) -> Result<Option<ReadRequest>> {
    let predicate = match &plan.predicate {
        None => None,
        Some(predicate) => match decide(predicate, &plan.known(partition, Some(file))?)? {
            Decision::Never => return Ok(None),
            Decision::Always => None,
            Decision::Rest(rest) => in_files(rest),
        },
    };
    Ok(Some(ReadRequest {
        columns: Some(plan.read(partition)?),
        predicate,
        range: None,
        batch_rows: plan.batch_rows,
        file_name: file.path.clone(),
        options: plan.options.clone(),
    }))
}

/// Gives what files can decide of a condition: no file has a column of where its rows lie.
fn in_files(predicate: Predicate) -> Option<Predicate> {
    match predicate {
        Predicate::And(parts) => {
            let mut parts: Vec<Predicate> = parts.into_iter().filter_map(in_files).collect();
            match parts.len() {
                0 | 1 => parts.pop(),
                _ => Some(Predicate::And(parts)),
            }
        }
        Predicate::Or(parts) => {
            parts.into_iter().map(in_files).collect::<Option<_>>().map(Predicate::Or)
        }
        Predicate::Compare(ref column, ..)
        | Predicate::In(ref column, _)
        | Predicate::IsNull(ref column)
        | Predicate::IsNotNull(ref column) => {
            (!column.eq_ignore_ascii_case(BLOCK_OFFSET)).then_some(predicate)
        }
    }
}

impl Scan {
    /// Gives the schema that all batches have.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn finish(&mut self, read: &RecordBatch) -> Result<RecordBatch> {
        let rows = read.num_rows();
        let lacking = || Error::internal("a reader gives other columns than asked for");
        let column = |at: usize| read.columns().get(at).ok_or_else(lacking);
        let options = &self.options;
        let arrays = self.parts.iter_mut().map(|part| match part {
            Part::Read(at) => Ok(Arc::clone(column(*at)?)),
            Part::Parsed(at, ty) => {
                let texts = column(*at)?.as_string_opt::<i32>().ok_or_else(lacking)?;
                Ok(values_of(texts, ty, options)?)
            }
            Part::Same { one, many } => {
                if many.len() < rows {
                    let zeros = UInt32Array::from(vec![0; rows]);
                    *many = arrow::compute::take(one, &zeros, None)
                        .map_err(|e| Error::internal("cannot repeat a value").with_source(e))?;
                }
                Ok(many.slice(0, rows))
            }
        });
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        batch(&self.schema, arrays, rows)
    }
}

impl Iterator for Scan {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.reader.as_mut()?.next()?;
        let done = match read {
            Ok(read) => self.finish(&read),
            Err(e) => Err(Error::from(e).with("file", &self.path)),
        };
        Some(done)
    }
}

/// Cuts a file into ranges of about `size` bytes; one range if its format cannot be cut, none if it has no bytes.
///
/// # Errors
/// `Unsupported` for a format that is not read.
pub fn split_ranges(
    file: &DataFile,
    partition: &TablePartition,
    size: u64,
) -> Result<Vec<Range<u64>>> {
    let bytes = file.identity.size;
    if bytes == 0 {
        return Ok(Vec::new());
    }
    if !partition.descriptor.is_splittable(&file.path)? {
        return Ok(std::iter::once(0..bytes).collect());
    }
    let count = bytes.div_ceil(size.max(1));
    let step = bytes.div_ceil(count);
    Ok((0..count)
        .map(|n| (n * step).min(bytes)..((n + 1) * step).min(bytes))
        .filter(|r| !r.is_empty())
        .collect())
}

fn batch(schema: &SchemaRef, arrays: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options)
        .map_err(|e| Error::internal("the columns make no batch").with_source(e))
}

fn is_text(ty: &HiveType) -> bool {
    matches!(ty, HiveType::String | HiveType::Varchar(_) | HiveType::Char(_))
}
