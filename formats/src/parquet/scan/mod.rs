//! Parquet files to batches of a table's columns.
//!
//! ```text
//!  footer ─► columns by name or position ─► row groups of the split
//!         ─► minus what statistics, bloom filters, dictionaries, page index rule out
//!         ─► rows that match (late materialization) ─► batches ─► the table's types
//! ```

mod batches;
mod chunks;
mod columns;
mod describe;
mod endless;
mod lenient;
mod marks;
mod pages;
mod prune;
mod repair;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaDataReader, ParquetStatisticsPolicy};

use self::batches::Scan;
pub(crate) use self::chunks::Chunks;
pub(crate) use self::describe::describe;
pub use self::prune::SkippedBy;
use self::prune::Target;
use crate::input::{Input, read_range};
use crate::table::{
    Descriptor, FitRules, OffsetColumn, Predicate, ReadRequest, TableColumn, TableReader, schema_of,
};
use crate::types::HiveType;
use crate::{FormatError, Result};

/// A file whose footer was read.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) chunks: Chunks,
    pub(crate) metadata: ArrowReaderMetadata,
}

/// Reads the footer of a file.
pub(crate) fn open_file(input: Arc<dyn Input>, page_index: bool) -> Result<Opened> {
    refuse_encrypted(input.as_ref())?;
    let chunks = Chunks(input);
    let broken = |e: ParquetError| match e.to_string() {
        text if text.contains("encrypt") => encrypted("columns"),
        _ => FormatError::data("cannot open the parquet file").with_source(e),
    };
    refuse_endless(chunks.0.as_ref())?;
    let policy = if page_index { PageIndexPolicy::Optional } else { PageIndexPolicy::Skip };
    let first = options().with_page_index_policy(policy);
    let loaded = match ArrowReaderMetadata::load(&chunks, first) {
        Ok(loaded) => loaded,
        Err(e) => match lenient_footer(chunks.0.as_ref())? {
            Some(footer) => {
                let read = ParquetMetaDataReader::decode_metadata(&footer).map_err(broken)?;
                ArrowReaderMetadata::try_new(Arc::new(read), options()).map_err(broken)?
            }
            None => return Err(broken(e)),
        },
    };
    let schema = columns::read_schema(loaded.schema(), loaded.parquet_schema());
    if loaded.metadata().row_groups().iter().any(|g| g.columns().iter().any(is_encrypted)) {
        return Err(encrypted("columns"));
    }
    super::read::check(loaded.metadata())?;
    let footer = repair::footer(loaded.metadata(), pages_end(chunks.0.as_ref())?);
    // A schema that is the file's own would only be compared with it.
    let hinted = if schema == *loaded.schema() { options() } else { options().with_schema(schema) };
    let metadata = ArrowReaderMetadata::try_new(footer, hinted).map_err(broken)?;
    Ok(Opened { chunks, metadata })
}

/// Returns how footers are taken: nobody looks at the statistics of sizes, and some writers' are malformed.
fn options() -> ArrowReaderOptions {
    ArrowReaderOptions::new()
        .with_skip_arrow_metadata(true)
        .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll)
}

/// Refuses a footer over which the `parquet` crate would work for ever.
fn refuse_endless(input: &dyn Input) -> Result<()> {
    match endless::walk(&footer_bytes(input)?) {
        Err(endless::End::Endless) => {
            Err(FormatError::data("the parquet footer promises more than it holds"))
        }
        _ => Ok(()),
    }
}

/// Returns a footer that cannot be read without the fields that stand against it, if there are any.
fn lenient_footer(input: &dyn Input) -> Result<Option<bytes::Bytes>> {
    Ok(lenient::footer(&footer_bytes(input)?))
}

fn footer_bytes(input: &dyn Input) -> Result<bytes::Bytes> {
    let start = pages_end(input)?;
    let length = usize::try_from(input.size() - 8 - start).unwrap_or(usize::MAX);
    read_range(input, start, length)
}

/// Returns where the footer begins, which is behind all pages.
fn pages_end(input: &dyn Input) -> Result<u64> {
    let tail = read_range(input, input.size() - 8, 4)?;
    let length = tail.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    Ok((input.size() - 8).saturating_sub(u64::from(length)))
}

fn is_encrypted(column: &parquet::file::metadata::ColumnChunkMetaData) -> bool {
    column.file_path().is_some_and(str::is_empty) && column.compressed_size() < 0
}

fn encrypted(what: &str) -> FormatError {
    FormatError::unsupported("parquet modular encryption is not supported").with("encrypted", what)
}

/// Refuses a file whose footer is encrypted, by its last bytes.
fn refuse_encrypted(input: &dyn Input) -> Result<()> {
    let size = input.size();
    if size < 12 {
        return Err(FormatError::data("the file is too short for parquet").with("bytes", size));
    }
    if read_range(input, size - 4, 4)?.as_ref() == b"PARE" {
        return Err(encrypted("footer"));
    }
    Ok(())
}

/// Returns the columns of a file in Hive's types.
///
/// # Errors
/// As [`open`]; [`ErrorKind::Schema`](crate::ErrorKind::Schema) if Hive has no type for a column.
pub fn file_columns(input: Arc<dyn Input>) -> Result<Vec<TableColumn>> {
    let opened = open_file(input, false)?;
    columns::hive_columns(opened.metadata.schema())
}

/// Opens a file of a table.
///
/// # Errors
/// As [`table::open`](crate::table::open).
pub(crate) fn open(
    descriptor: &Descriptor,
    input: Arc<dyn Input>,
    request: &ReadRequest,
) -> Result<TableReader> {
    let (offset, request) = OffsetColumn::take(descriptor, request);
    let opened = open_file(input, request.predicate.is_some())?;
    Ok(offset.reader(plan(opened, descriptor, &request)?))
}

/// Decides what of a file is read.
fn plan(opened: Opened, descriptor: &Descriptor, request: &ReadRequest) -> Result<Scan> {
    let wanted = request.columns(descriptor).to_vec();
    let metadata = Arc::clone(opened.metadata.metadata());
    let by_position =
        request.options.by_position || descriptor.is_set("parquet.column.index.access");
    let version = request.version(descriptor)?;
    let rules = marks::rules(metadata.file_metadata(), &request.options, version)?;
    let rules = FitRules { by_position, ..rules };
    let schema = metadata.file_metadata().schema_descr();
    let roots = columns::roots(schema, &wanted, &descriptor.columns, by_position);
    let selected = columns::select(schema, &wanted, &roots, by_position);
    let groups = groups_of(&metadata, request);
    let targets = match &request.predicate {
        Some(predicate) => targets(predicate, &opened, descriptor, by_position),
        None => Vec::new(),
    };
    let output = schema_of(&wanted);
    Ok(Scan::new(
        opened,
        selected,
        rules,
        groups,
        batches::Want {
            columns: wanted,
            schema: output,
            predicate: request.predicate.clone(),
            targets,
            batch_rows: request.batch_rows.max(1),
        },
    ))
}

/// Returns where in the file a row group begins.
fn start_of(group: &parquet::file::metadata::RowGroupMetaData) -> u64 {
    group.columns().iter().map(|c| c.byte_range().0).min().unwrap_or(0)
}

/// Lists the row groups whose middle lies in the split.
///
/// Source: parquet-mr `ParquetMetadataConverter.filterFileMetaDataByMidpoint`.
fn groups_of(
    metadata: &parquet::file::metadata::ParquetMetaData,
    request: &ReadRequest,
) -> Vec<usize> {
    let inside = |group: &usize| {
        let Some(range) = &request.range else { return true };
        let group = metadata.row_group(*group);
        let start = start_of(group);
        let length = group.columns().iter().map(|c| c.byte_range().1).sum::<u64>();
        range.contains(&(start + length / 2))
    };
    (0..metadata.num_row_groups()).filter(inside).collect()
}

fn targets(
    predicate: &Predicate,
    opened: &Opened,
    descriptor: &Descriptor,
    by_position: bool,
) -> Vec<Target> {
    let metadata = opened.metadata.metadata();
    let schema = metadata.file_metadata().schema_descr();
    let all = &descriptor.columns;
    let roots = columns::roots(schema, all, all, by_position);
    let types = |path: &str| {
        let mut parts = path.split('.');
        let first = parts.next()?;
        let at = all.iter().position(|c| c.name.eq_ignore_ascii_case(first))?;
        let ty = parts.try_fold(all[at].ty.clone(), |ty, part| match ty {
            HiveType::Struct(fields) => {
                fields.into_iter().find(|f| f.name.eq_ignore_ascii_case(part)).map(|f| f.ty)
            }
            _ => None,
        })?;
        Some((ty, roots[at]))
    };
    prune::targets(predicate, opened.metadata.schema(), metadata, &types)
}
