//! What several tests of this stage need.

use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use formats::Encoder;
use formats::parquet::ParquetOptions;
use formats::serde_names::Format;
use formats::table::{Descriptor, TableColumn};
use formats::types::HiveType;

use super::CommitItem;
use crate::write::{PartitionKey, Target};

/// Makes rows `from..from + rows`.
pub(super) fn rows(from: i64, rows: i64) -> RecordBatch {
    let ids = from..from + rows;
    let names = ids.clone().map(|id| if id % 10 == 0 { None } else { Some(format!("name-{id}")) });
    let times = ids.clone().map(|id| 1_767_225_600_000_000 + id);
    RecordBatch::try_from_iter([
        ("id", Arc::new(Int64Array::from_iter_values(ids)) as _),
        ("name", Arc::new(names.collect::<StringArray>()) as _),
        ("at", Arc::new(TimestampMicrosecondArray::from_iter_values(times)) as _),
    ])
    .unwrap()
}

/// Gives the descriptor of a table of [`rows`].
pub(super) fn descriptor() -> Descriptor {
    let column = |name: &str, ty: HiveType| TableColumn::new(name, ty);
    let columns = vec![
        column("id", HiveType::BigInt),
        column("name", HiveType::String),
        column("at", HiveType::Timestamp),
    ];
    Descriptor::stored_as(Format::Parquet, columns)
}

/// Makes a Parquet file of a batch.
pub(super) fn encode(batch: RecordBatch) -> Vec<u8> {
    let mut encoder = Encoder::new(&batch.schema(), None, &ParquetOptions::default()).unwrap();
    let (mut file, mut bytes) = (encoder.start(), Vec::new());
    encoder.row_group(&mut file, &[batch], &mut bytes).unwrap();
    encoder.finish(file, &mut bytes).unwrap();
    bytes
}

/// Makes a Parquet file of so many rows.
pub(super) fn parquet(count: i64) -> Vec<u8> {
    encode(rows(0, count))
}

/// Makes an announcement of one file with `rows` rows of one byte.
pub(super) fn item(target: Target, path: &str, rows: u64) -> CommitItem {
    CommitItem {
        key: PartitionKey { target, path: path.to_owned() },
        commit_id: "0a1b2c3d-1".to_owned(),
        rows,
        files: 1,
        bytes: rows,
        raw_bytes: 10 * rows,
    }
}
