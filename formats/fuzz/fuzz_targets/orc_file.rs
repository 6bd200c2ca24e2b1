//! Any bytes are rows, or an error.

#![no_main]

use bytes::Bytes;
use formats::orc::{OrcFile, OrcPredicate, OrcRead};
use libfuzzer_sys::fuzz_target;

/// Batches that are read at most: a footer may promise any number of rows without columns.
const BATCHES: usize = 64;

fuzz_target!(|data: &[u8]| {
    let Ok(file) = OrcFile::open(Bytes::copy_from_slice(data)) else { return };
    let column = file.columns().first().map(|c| c.name.clone()).unwrap_or_default();
    for predicate in [None, Some(OrcPredicate::IsNotNull(column))] {
        let what = OrcRead { predicate, batch_rows: 512, ..OrcRead::default() };
        let Ok(batches) = file.read(&what) else { return };
        for batch in batches.take(BATCHES) {
            if batch.is_err() {
                break;
            }
        }
    }
});
