//! Bytes that are no whole ORC file: an error, never a panic.

use super::*;
use crate::orc::{OrcComparison, OrcCompression, OrcPredicate, OrcValue, describe};

fn read_all(bytes: Bytes) -> usize {
    let predicate = OrcPredicate::Compare {
        column: "c3".to_owned(),
        comparison: OrcComparison::Equal,
        value: OrcValue::Integer(7),
    };
    let mut rows = 0;
    for predicate in [None, Some(predicate)] {
        let what = OrcRead { predicate, ..OrcRead::default() };
        let Ok(file) = OrcFile::open(bytes.clone()) else { continue };
        drop(describe(&file, what.predicate.as_ref()).map(|told| crate::inspect::print(&told)));
        let Ok(batches) = file.read(&what) else { continue };
        for batch in batches {
            match batch {
                Ok(batch) => rows += batch.num_rows(),
                Err(_) => break,
            }
        }
    }
    rows
}

#[test]
fn flipped_and_missing_bytes_end_in_errors() {
    let fields = all_types();
    let mut random = Random(4242);
    let rows = batch(&fields, 300, 4, &mut random);
    for compression in [OrcCompression::None, OrcCompression::Snappy] {
        let options = OrcOptions {
            compression,
            row_index_stride: 1000,
            bloom_columns: vec!["c3".to_owned()],
            ..OrcOptions::default()
        };
        let bytes = encode(&fields, std::slice::from_ref(&rows), &options);
        assert_eq!(read_all(bytes.clone()), 600);
        for _ in 0..150 {
            let mut changed = bytes.to_vec();
            for _ in 0..=random.below(3) {
                let at = random.below(changed.len() as u64) as usize;
                changed[at] = random.below(256) as u8;
            }
            read_all(Bytes::from(changed));
        }
        for _ in 0..40 {
            let cut = random.below(bytes.len() as u64) as usize;
            assert_eq!(read_all(bytes.slice(..cut)), 0);
        }
    }
}
