//! What is in a Parquet file, as JSON.

use std::sync::Arc;

use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
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
    let groups = metadata.row_groups().iter().enumerate().map(|(i, group)| {
        let mut one = Map::new();
        one.insert("rows".to_owned(), json!(group.num_rows()));
        one.insert("bytes".to_owned(), json!(group.compressed_size()));
        one.insert("unpacked_bytes".to_owned(), json!(group.total_byte_size()));
        if let Some(predicate) = &request.predicate {
            let rows = usize::try_from(group.num_rows()).unwrap_or(0);
            one.extend(match pruner.look(i, predicate) {
                Left::Nothing(by) => left(None, Some(by.name())),
                Left::All => left(Some(rows), None),
                Left::Rows(selection) => left(Some(selection.row_count()), None),
            });
        }
        one.insert("columns".to_owned(), chunks(i, group, &pruner));
        Value::Object(one)
    });
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

fn chunks(group: usize, row_group: &RowGroupMetaData, pruner: &Pruner<'_>) -> Value {
    let shown = |value: Option<Scalar>| {
        value.map(|value| value.to_string().chars().take(40).collect::<String>())
    };
    let one = |(leaf, chunk): (usize, &ColumnChunkMetaData)| {
        let target = pruner.targets.iter().find(|target| target.leaf == leaf);
        let bounds = target.and_then(|target| pruner.group_bounds(group, &target.path));
        let nulls = chunk.statistics().and_then(Statistics::null_count_opt);
        let (low, high) = bounds.map_or((None, None), |bounds| (bounds.low, bounds.high));
        let pages = pruner
            .metadata
            .offset_index()
            .and_then(|index| Some(index.get(group)?.get(leaf)?.page_locations().len()));
        let encodings: Vec<String> = chunk.encodings().map(|e| format!("{e:?}")).collect();
        json!({
            "column": chunk.column_path().string(),
            "type": format!("{:?}", chunk.column_type()),
            "codec": format!("{:?}", chunk.compression()),
            "encodings": encodings.join(","),
            "values": chunk.num_values(),
            "nulls": nulls,
            "bytes": chunk.compressed_size(),
            "unpacked": chunk.uncompressed_size(),
            "least": shown(low),
            "greatest": shown(high),
            "indexed_pages": pages,
            "bloom_filter_bytes": chunk.bloom_filter_length(),
        })
    };
    row_group.columns().iter().enumerate().map(one).collect()
}
