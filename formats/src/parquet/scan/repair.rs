//! Footers of old writers, put right.

use std::sync::Arc;

use parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, ParquetMetaData, ParquetMetaDataBuilder, RowGroupMetaData,
};

/// Bytes by which chunks may be longer than old writers say.
const PADDING: u64 = 100;

/// Returns a footer whose counts and lengths can be relied on.
///
/// Old writers left the header of the dictionary out of a chunk's length (PARQUET-816), some the
/// number of rows of the file, and Dremio's says that a chunk without a dictionary has it at offset 0.
pub(super) fn footer(read: &Arc<ParquetMetaData>, end: u64) -> Arc<ParquetMetaData> {
    let file = read.file_metadata();
    let rows: i64 = read.row_groups().iter().map(|g| g.num_rows().max(0)).sum();
    let short = file.created_by().is_some_and(lacks_lengths);
    let chunks = || read.row_groups().iter().flat_map(RowGroupMetaData::columns);
    let nowhere = chunks().any(|chunk| chunk.dictionary_page_offset() == Some(0));
    if !short && !nowhere && rows == file.num_rows() {
        return Arc::clone(read);
    }
    let counted = FileMetaData::new(
        file.version(),
        rows,
        file.created_by().map(str::to_owned),
        file.key_value_metadata().cloned(),
        file.schema_descr_ptr(),
        file.column_orders().cloned(),
    );
    let mut builder = ParquetMetaDataBuilder::new(counted)
        .set_column_index(read.column_index().cloned())
        .set_offset_index(read.offset_index().cloned());
    let mut starts: Vec<u64> = chunks().filter_map(start_of).collect();
    starts.sort_unstable();
    for group in read.row_groups() {
        let mut group = group.clone();
        for column in group.columns_mut().iter_mut().filter(|_| nowhere) {
            if column.dictionary_page_offset() == Some(0) {
                let without = column.clone().into_builder().set_dictionary_page_offset(None);
                *column = without.build().unwrap_or_else(|_| column.clone());
            }
        }
        if short {
            for column in group.columns_mut() {
                if let Some(longer) = lengthened(column, &starts, end) {
                    *column = longer;
                }
            }
        }
        builder = builder.add_row_group(group);
    }
    Arc::new(builder.build())
}

/// Tells whether a writer is parquet-mr before 1.2.9; the first ones did not say their version.
fn lacks_lengths(created_by: &str) -> bool {
    let Some(version) = created_by.strip_prefix("parquet-mr version ") else {
        return created_by == "parquet-mr";
    };
    let mut parts = version.split(['.', '-', ' ']).map(|part| part.parse::<u32>().unwrap_or(0));
    let version = [(); 3].map(|()| parts.next().unwrap_or(0));
    version < [1, 2, 9]
}

fn start_of(column: &ColumnChunkMetaData) -> Option<u64> {
    let dictionary = column.dictionary_page_offset().filter(|at| *at > 0);
    u64::try_from(dictionary.unwrap_or(column.data_page_offset())).ok()
}

/// Lets a chunk end where the next one begins, if that is a little behind its own end.
fn lengthened(
    column: &ColumnChunkMetaData,
    starts: &[u64],
    end: u64,
) -> Option<ColumnChunkMetaData> {
    let length = u64::try_from(column.compressed_size()).ok()?;
    let start = start_of(column)?;
    let next = starts.iter().find(|other| **other > start).copied();
    let longer = next.unwrap_or(end).checked_sub(start)?;
    if longer <= length || longer - length > PADDING {
        return None;
    }
    let longer = i64::try_from(longer).ok()?;
    column.clone().into_builder().set_total_compressed_size(longer).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_writers_are_doubted() {
        for (by, doubted) in [
            ("parquet-mr", true),
            ("parquet-mr version 1.2.8 (build x)", true),
            ("parquet-mr version 1.2.9", false),
            ("parquet-mr-trino version n/a (build n/a)", false),
            ("parquet-mr version 1.13.1 (build y)", false),
            ("skep version 0.1.0", false),
        ] {
            assert_eq!(lacks_lengths(by), doubted, "{by}");
        }
    }
}
