//! What is in a Parquet file, as JSON.

use std::sync::Arc;

use parquet::arrow::arrow_reader::RowSelection;
use parquet::basic::PageType;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData, SortingColumn};
use parquet::file::page_index::offset_index::PageLocation;
use parquet::file::statistics::Statistics;
use serde_json::{Map, Value, json};

use super::prune::{Left, Pruner};
use super::{open_file, targets};
use crate::Result;
use crate::input::Input;
use crate::inspect::left;
use crate::table::{Descriptor, FitRules, ReadRequest, Scalar};
use crate::types::HiveType;

/// Describes a file: its writer, row groups and their columns.
///
/// # Errors
/// As [`open`](super::open).
pub(crate) fn describe(
    descriptor: &Descriptor,
    input: Arc<dyn Input>,
    request: &ReadRequest,
) -> Result<Value> {
    let opened = open_file(input, true)?;
    let metadata = Arc::clone(opened.metadata.metadata());
    let file = metadata.file_metadata();
    let by_position =
        request.options.by_position || descriptor.is_set("parquet.column.index.access");
    let version = request.version(descriptor)?;
    let rules = FitRules { by_position, ..super::marks::rules(file, &request.options, version)? };
    // Bounds are shown for all columns that a condition could ask for.
    let paths = leaf_paths(descriptor);
    let shown = crate::table::Predicate::And(
        paths.into_iter().map(crate::table::Predicate::IsNotNull).collect(),
    );
    let targets = targets(&shown, &opened, descriptor, by_position);
    let pruner =
        Pruner { chunks: &opened.chunks, metadata: &metadata, targets: &targets, rules: &rules };
    let groups = (0..metadata.num_row_groups()).map(|group| row_group(group, request, &pruner));
    let marks = file.key_value_metadata().into_iter().flatten();
    let marks: Map<String, Value> = marks
        .map(|mark| {
            let value: String = mark.value.as_deref().unwrap_or("").chars().take(120).collect();
            (mark.key.clone(), json!(value))
        })
        .collect();
    Ok(json!({
        "rows": file.num_rows(),
        "writer": file.created_by(),
        "version": file.version(),
        "metadata": marks,
        "row_groups": groups.collect::<Vec<_>>(),
    }))
}

/// Lists the paths of primitive columns and fields of structs.
fn leaf_paths(descriptor: &Descriptor) -> Vec<String> {
    fn add(path: String, ty: &HiveType, all: &mut Vec<String>) {
        match ty {
            HiveType::Struct(fields) => {
                for field in fields {
                    add(format!("{path}.{}", field.name), &field.ty, all);
                }
            }
            ty if ty.is_primitive() => all.push(path),
            _ => {}
        }
    }
    let mut all = Vec::new();
    for column in &descriptor.columns {
        add(column.name.clone(), &column.ty, &mut all);
    }
    all
}

fn row_group(number: usize, request: &ReadRequest, pruner: &Pruner<'_>) -> Value {
    let group = pruner.metadata.row_group(number);
    let mut one = Map::new();
    one.insert("rows".to_owned(), json!(group.num_rows()));
    one.insert("bytes".to_owned(), json!(group.compressed_size()));
    one.insert("unpacked_bytes".to_owned(), json!(group.total_byte_size()));
    if let Some(sorting) = group.sorting_columns() {
        one.insert("sorted_by".to_owned(), sorted_by(group, sorting));
    }
    if let Some(predicate) = &request.predicate {
        let rows = usize::try_from(group.num_rows()).unwrap_or(0);
        one.extend(match pruner.look(number, predicate) {
            Left::Nothing(by) => left(None, Some(by.name())),
            Left::All => left(Some(rows), None),
            Left::Rows(selection) => {
                let mut map = left(Some(selection.row_count()), None);
                map.insert("rows_read".to_owned(), selected(&selection));
                map
            }
        });
    }
    one.insert("columns".to_owned(), chunks(number, group, pruner));
    Value::Object(one)
}

fn sorted_by(group: &RowGroupMetaData, sorting: &[SortingColumn]) -> Value {
    let one = |by: &SortingColumn| {
        let at = usize::try_from(by.column_idx).ok()?;
        let name = group.columns().get(at)?.column_path().string();
        Some(format!("{name} {}", if by.descending { "desc" } else { "asc" }))
    };
    sorting.iter().filter_map(one).collect()
}

/// Gives the ranges of rows that a selection reads, as texts: first and last.
fn selected(selection: &RowSelection) -> Value {
    let mut at = 0;
    let mut ranges = Vec::new();
    for piece in selection.iter() {
        if !piece.skip && piece.row_count > 0 {
            ranges.push(format!("{at}-{}", at + piece.row_count - 1));
        }
        at += piece.row_count;
    }
    json!(ranges)
}

fn chunks(group: usize, row_group: &RowGroupMetaData, pruner: &Pruner<'_>) -> Value {
    let one = |(leaf, chunk): (usize, &ColumnChunkMetaData)| {
        let target = pruner.targets.iter().find(|target| target.leaf == leaf);
        let bounds = target.and_then(|target| pruner.group_bounds(group, &target.path));
        let nulls = chunk.statistics().and_then(Statistics::null_count_opt);
        let (low, high) = bounds.map_or((None, None), |bounds| (bounds.low, bounds.high));
        let encodings: Vec<String> = chunk.encodings().map(|e| format!("{e:?}")).collect();
        let index = [chunk.column_index_length(), chunk.offset_index_length()];
        let index: i64 = index.into_iter().flatten().map(i64::from).sum();
        let pages = pages(group, leaf, row_group, pruner);
        json!({
            "column": chunk.column_path().string(),
            "type": format!("{:?}", chunk.column_type()),
            "codec": format!("{:?}", chunk.compression()),
            "encodings": encodings.join(","),
            "data_encodings": data_encodings(chunk),
            "values": chunk.num_values(),
            "nulls": nulls,
            "bytes": chunk.compressed_size(),
            "unpacked": chunk.uncompressed_size(),
            "dictionary_bytes": dictionary_bytes(chunk),
            "least": shown(low),
            "greatest": shown(high),
            "indexed_pages": pages.as_ref().map(Vec::len),
            "page_index_bytes": index,
            "bloom_filter_bytes": chunk.bloom_filter_length(),
            "pages": pages,
        })
    };
    row_group.columns().iter().enumerate().map(one).collect()
}

fn shown(value: Option<Scalar>) -> Option<String> {
    value.map(|value| value.to_string())
}

/// Names the encodings of the data pages, if the writer tells: whether all of them use the dictionary.
fn data_encodings(chunk: &ColumnChunkMetaData) -> Option<String> {
    let mut names: Vec<String> =
        match (chunk.page_encoding_stats(), chunk.page_encoding_stats_mask()) {
            (Some(stats), _) => stats
                .iter()
                .filter(|page| page.page_type != PageType::DICTIONARY_PAGE && page.count > 0)
                .map(|page| format!("{:?}", page.encoding))
                .collect(),
            (None, Some(mask)) => mask.encodings().map(|e| format!("{e:?}")).collect(),
            (None, None) => return None,
        };
    names.sort();
    names.dedup();
    Some(names.join(","))
}

/// Gives the bytes of the dictionary page with its header, which lies before the data pages.
fn dictionary_bytes(chunk: &ColumnChunkMetaData) -> Option<i64> {
    let start = chunk.dictionary_page_offset().filter(|start| *start > 0)?;
    chunk.data_page_offset().checked_sub(start).filter(|bytes| *bytes > 0)
}

/// Lists the data pages that the page index tells of.
fn pages(
    group: usize,
    leaf: usize,
    row_group: &RowGroupMetaData,
    pruner: &Pruner<'_>,
) -> Option<Vec<Value>> {
    let index = pruner.metadata.offset_index()?.get(group)?.get(leaf)?;
    let target = pruner.targets.iter().find(|target| target.leaf == leaf);
    let bounds = target.and_then(|target| pruner.page_bounds(group, &target.path));
    let locations = index.page_locations();
    let one = |(i, page): (usize, &PageLocation)| {
        let next = locations.get(i + 1).map_or(row_group.num_rows(), |next| next.first_row_index);
        let bounds = bounds.as_ref().and_then(|all| all.get(i)).map(|(_, bounds)| bounds.clone());
        let nulls = bounds.as_ref().and_then(|bounds| bounds.nulls);
        let (low, high) = bounds.map_or((None, None), |bounds| (bounds.low, bounds.high));
        json!({
            "first_row": page.first_row_index,
            "rows": next.saturating_sub(page.first_row_index),
            "offset": page.offset,
            "bytes": page.compressed_page_size,
            "nulls": nulls,
            "least": shown(low),
            "greatest": shown(high),
        })
    };
    Some(locations.iter().enumerate().map(one).collect())
}
