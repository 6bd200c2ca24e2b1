//! Rows that come back as they were.

use proptest::prelude::*;

use super::*;
use crate::orc::OrcCompression;

#[test]
fn every_type_comes_back_with_every_codec() {
    let fields = all_types();
    for (number, compression) in [
        OrcCompression::None,
        OrcCompression::Zlib,
        OrcCompression::Snappy,
        OrcCompression::Lz4,
        OrcCompression::Zstd,
    ]
    .into_iter()
    .enumerate()
    {
        let options = OrcOptions {
            compression,
            block_bytes: 4096,
            row_index_stride: 1000,
            ..OrcOptions::default()
        };
        let mut random = Random(0x2545_f491_4f6c_dd1d + number as u64);
        let share = [5, 0, 3][number % 3];
        let stripes: Vec<_> =
            [4321, 1, 1500].iter().map(|n| batch(&fields, *n, share, &mut random)).collect();
        let bytes = encode(&fields, &stripes, &options);
        let file = OrcFile::open(bytes.clone()).unwrap();
        assert_eq!((file.stripes(), file.stats().rows), (3, 5822));
        assert_eq!(file.columns(), fields);
        let whole = concat_batches(&stripes[0].schema(), &stripes).unwrap();
        let what = OrcRead { batch_rows: 777, ..OrcRead::default() };
        assert_same(&decode(&bytes, &what), &whole);
    }
}

#[test]
fn files_without_rows_and_empty_files_have_none() {
    let fields = all_types();
    let bytes = encode(&fields, &[], &OrcOptions::default());
    let read = decode(&bytes, &OrcRead::default());
    assert_eq!((read.num_rows(), read.num_columns()), (0, fields.len()));
    let file = OrcFile::open(Bytes::new()).unwrap();
    assert_eq!(file.stats(), crate::FileStats::default());
    assert_eq!(file.read(&OrcRead::default()).unwrap().count(), 0);
}

#[test]
fn splits_add_up_to_the_file() {
    let fields = all_types()[3..5].to_vec();
    let mut random = Random(7);
    let stripes: Vec<_> = (0..5).map(|_| batch(&fields, 1000, 0, &mut random)).collect();
    let bytes = encode(&fields, &stripes, &OrcOptions::default());
    let middle = bytes.len() as u64 / 2;
    let rows = |range| {
        let what = OrcRead { range: Some(range), ..OrcRead::default() };
        decode(&bytes, &what).num_rows()
    };
    let (first, second) = (rows(0..middle), rows(middle..u64::MAX));
    assert_eq!(first + second, 5000);
    assert!(first > 0 && second > 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn integers_of_any_shape_come_back(
        parts in prop::collection::vec((0..5u8, any::<i64>(), 1..600usize), 1..8)
    ) {
        let mut values = Vec::new();
        for (kind, start, count) in parts {
            let mut random = Random(start.unsigned_abs() | 1);
            for i in 0..count as i64 {
                values.push(match kind {
                    0 => start,
                    1 => start.wrapping_add(i * (start % 1000)),
                    2 => random.below(1 << (start & 31)) as i64,
                    3 if random.below(40) == 0 => start,
                    3 => random.below(50) as i64 - 25,
                    _ => random.0.cast_signed().wrapping_mul(random.below(3) as i64),
                });
            }
        }
        let fields = vec![StructField { name: "n".to_owned(), ty: HiveType::BigInt }];
        let column: ArrayRef = Arc::new(Int64Array::from(values.clone()));
        let rows = RecordBatch::try_from_iter([("n", column)]).unwrap();
        for compression in [OrcCompression::None, OrcCompression::Snappy] {
            let options = OrcOptions { compression, ..OrcOptions::default() };
            let bytes = encode(&fields, std::slice::from_ref(&rows), &options);
            prop_assert_eq!(&integers(&decode(&bytes, &OrcRead::default()), 0), &values);
        }
    }
}
