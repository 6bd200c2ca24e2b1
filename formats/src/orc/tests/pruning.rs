//! What a condition leaves out, and that it leaves out nothing else.

use super::*;
use crate::orc::{OrcComparison, OrcPredicate, OrcValue};

fn compare(column: &str, comparison: OrcComparison, value: OrcValue) -> OrcPredicate {
    OrcPredicate::Compare { column: column.to_owned(), comparison, value }
}

fn rows_read(bytes: &Bytes, predicate: OrcPredicate) -> Vec<i64> {
    let what = OrcRead { predicate: Some(predicate), ..OrcRead::default() };
    integers(&decode(bytes, &what), 0)
}

fn file(options: &OrcOptions) -> Bytes {
    let mut fields = all_types();
    fields[0] = StructField { name: "id".to_owned(), ty: HiveType::BigInt };
    let mut random = Random(99);
    let mut batches = Vec::new();
    for stripe in 0..3 {
        let mut columns = batch(&fields, 5000, 4, &mut random).columns().to_vec();
        columns[0] = Arc::new(Int64Array::from_iter_values(stripe * 5000..(stripe + 1) * 5000));
        let DataType::Struct(arrow) = HiveType::Struct(fields.clone()).to_arrow() else {
            unreachable!()
        };
        batches.push(RecordBatch::try_new(Arc::new(Schema::new(arrow)), columns).unwrap());
    }
    encode(&fields, &batches, options)
}

#[test]
fn row_groups_are_left_out_and_all_columns_seek_to_the_rest() {
    for compression in [super::super::OrcCompression::None, super::super::OrcCompression::Zlib] {
        let options = OrcOptions {
            compression,
            block_bytes: 2048,
            row_index_stride: 1000,
            ..OrcOptions::default()
        };
        let bytes = file(&options);
        let whole = decode(&bytes, &OrcRead::default());
        for (predicate, expected) in [
            (compare("id", OrcComparison::Equal, OrcValue::Integer(7321)), vec![(7000, 8000)]),
            (compare("ID", OrcComparison::Less, OrcValue::Integer(1000)), vec![(0, 1000)]),
            (
                compare("id", OrcComparison::GreaterOrEqual, OrcValue::Integer(14_000)),
                vec![(14_000, 15_000)],
            ),
            (
                OrcPredicate::Or(vec![
                    compare("id", OrcComparison::Equal, OrcValue::Integer(3)),
                    compare("id", OrcComparison::Equal, OrcValue::Integer(4500)),
                ]),
                vec![(0, 1000), (4000, 5000)],
            ),
            (compare("id", OrcComparison::Greater, OrcValue::Integer(14_999)), vec![]),
        ] {
            let expected: Vec<i64> = expected.into_iter().flat_map(|(from, to)| from..to).collect();
            assert_eq!(rows_read(&bytes, predicate.clone()), expected);
            // The other columns of these rows are those of a whole read.
            let what = OrcRead { predicate: Some(predicate), ..OrcRead::default() };
            let read = decode(&bytes, &what);
            let mut at = 0;
            while at < expected.len() {
                let rows = whole.slice(expected[at] as usize, 1000);
                assert_same(&read.slice(at, 1000), &rows);
                at += 1000;
            }
        }
    }
}

#[test]
fn bloom_filters_leave_row_groups_out() {
    let options = OrcOptions {
        row_index_stride: 1000,
        bloom_columns: vec!["c4".to_owned(), "c9".to_owned()],
        bloom_fpp: 0.001,
        ..OrcOptions::default()
    };
    let bytes = file(&options);
    let text = OrcValue::Text("wört 7777".to_owned());
    assert!(rows_read(&bytes, compare("c9", OrcComparison::Equal, text)).is_empty());
    let number = OrcValue::Integer(987_654_321_012);
    assert!(rows_read(&bytes, compare("c4", OrcComparison::Equal, number)).is_empty());
    // What is there is found.
    let all = decode(&bytes, &OrcRead::default());
    let values = all.column(4).as_primitive::<arrow::datatypes::Int64Type>();
    for row in (0..15_000).step_by(501) {
        let value = values.value(row);
        let found =
            rows_read(&bytes, compare("c4", OrcComparison::Equal, OrcValue::Integer(value)));
        assert!(values.is_null(row) || found.contains(&(row as i64)));
    }
}

#[test]
fn nulls_are_found() {
    let fields = vec![
        StructField { name: "id".to_owned(), ty: HiveType::BigInt },
        StructField { name: "n".to_owned(), ty: HiveType::Int },
    ];
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..3000));
    let n = (0..3000).map(|i| (i / 1000 != 1).then_some(i));
    let n: ArrayRef = Arc::new(n.collect::<Int32Array>());
    let rows = RecordBatch::try_from_iter_with_nullable([("id", ids, true), ("n", n, true)]);
    let options = OrcOptions { row_index_stride: 1000, ..OrcOptions::default() };
    let bytes = encode(&fields, &[rows.unwrap()], &options);
    let middle: Vec<i64> = (1000..2000).collect();
    assert_eq!(rows_read(&bytes, OrcPredicate::IsNull("n".to_owned())), middle);
    let others: Vec<i64> = (0..1000).chain(2000..3000).collect();
    assert_eq!(rows_read(&bytes, OrcPredicate::IsNotNull("n".to_owned())), others);
}
