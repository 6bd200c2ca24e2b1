//! What is told of a file: encodings, streams, bounds, and what a condition leaves of its parts.

use serde_json::Value;

use super::*;
use crate::orc::{OrcComparison, OrcPredicate, OrcValue, describe};

/// Three stripes of 2500 rows and three row groups: a number that rises, a text of few values, one of many, an array.
fn file() -> Bytes {
    let text = |name: &str| StructField { name: name.to_owned(), ty: HiveType::String };
    let fields = vec![
        StructField { name: "id".to_owned(), ty: HiveType::BigInt },
        text("few"),
        text("many"),
        StructField { name: "a".to_owned(), ty: "array<int>".parse().unwrap() },
    ];
    let batches: Vec<RecordBatch> = (0..3)
        .map(|stripe: i64| {
            let ids = stripe * 2500..(stripe + 1) * 2500;
            let few = ids.clone().map(|id| (id % 10 != 0).then(|| format!("k{}", id % 4)));
            let many = ids.clone().map(|id| format!("{:05}", id * 7919 % 100_003));
            let lengths = OffsetBuffer::from_lengths(ids.clone().map(|id| (id % 3) as usize));
            let items = Int32Array::from_iter_values(0..*lengths.last().unwrap());
            let DataType::List(field) = fields[3].ty.to_arrow() else { unreachable!() };
            let columns: Vec<ArrayRef> = vec![
                Arc::new(Int64Array::from_iter_values(ids)),
                Arc::new(few.collect::<StringArray>()),
                Arc::new(StringArray::from_iter_values(many)),
                Arc::new(ListArray::new(field, lengths, Arc::new(items), None)),
            ];
            let DataType::Struct(arrow) = HiveType::Struct(fields.clone()).to_arrow() else {
                unreachable!()
            };
            RecordBatch::try_new(Arc::new(Schema::new(arrow)), columns).unwrap()
        })
        .collect();
    let options = OrcOptions {
        row_index_stride: 1000,
        bloom_columns: vec!["many".to_owned()],
        bloom_fpp: 0.01,
        ..OrcOptions::default()
    };
    encode(&fields, &batches, &options)
}

fn described(predicate: Option<&OrcPredicate>) -> Value {
    describe(&OrcFile::open(file()).unwrap(), predicate).unwrap()
}

fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap()
}

#[test]
fn columns_have_encodings_streams_and_bounds() {
    let all = described(None);
    let names: Vec<&str> =
        items(&all, "statistics").iter().map(|c| c["column"].as_str().unwrap()).collect();
    assert_eq!(names, ["(row)", "id", "few", "many", "a", "a._elem"]);
    let (mut stripe_bytes, mut rows) = (3, 0);
    for stripe in items(&all, "stripes") {
        let columns = items(stripe, "columns");
        let of_streams = |column: &Value| column["bytes"].as_u64().unwrap();
        let streams: u64 = columns.iter().map(of_streams).sum();
        let parts = ["index_bytes", "data_bytes"].map(|part| stripe[part].as_u64().unwrap());
        assert_eq!(streams, parts.iter().sum::<u64>(), "every byte belongs to a column");
        assert_eq!(stripe["offset"].as_u64().unwrap(), stripe_bytes);
        stripe_bytes += stripe["bytes"].as_u64().unwrap();
        rows += stripe["rows"].as_u64().unwrap();
        let [_, id, few, many, array, item] = columns else { panic!("{columns:?}") };
        assert_eq!(id["encoding"], "DIRECT_V2");
        assert_eq!(
            (&few["encoding"], &few["dictionary_size"]),
            (&"DICTIONARY_V2".into(), &4.into())
        );
        assert_eq!((&few["nulls"], &few["least"]), (&250.into(), &"'k0'".into()));
        assert!(few["streams"]["present"].is_u64() && few["streams"]["dictionary_data"].is_u64());
        assert_eq!((&many["encoding"], &many["nulls"]), (&"DIRECT_V2".into(), &0.into()));
        let bloom = &many["bloom_filter"];
        assert_eq!(bloom["filters"], 3);
        assert!((0.001..0.02).contains(&bloom["fpp"].as_f64().unwrap()), "{bloom}");
        assert_eq!((&array["least"], &array["greatest"]), (&"0".into(), &"2".into()));
        assert_eq!((&item["type"], &item["nulls"]), (&"int".into(), &Value::Null));
    }
    assert_eq!(rows, 7500);
    let last = &items(&items(&all, "stripes")[2], "row_groups")[2];
    let id = &items(last, "columns")[1];
    assert_eq!(
        (&last["rows"], &id["least"], &id["greatest"]),
        (&500.into(), &"7000".into(), &"7499".into())
    );
}

#[test]
fn what_a_condition_skips_is_told_with_the_reason() {
    let compare = |column: &str, comparison, value| OrcPredicate::Compare {
        column: column.to_owned(),
        comparison,
        value,
    };
    let after = compare("id", OrcComparison::GreaterOrEqual, OrcValue::Integer(4999));
    let all = described(Some(&after));
    let of_stripes: Vec<_> = items(&all, "stripes")
        .iter()
        .map(|stripe| (stripe["skipped_by"].as_str(), stripe["rows_left"].as_u64()))
        .collect();
    assert_eq!(of_stripes, [(Some("statistics"), None), (None, Some(500)), (None, Some(2500))]);
    let text = crate::inspect::print(&all);
    assert!(text.contains("row_groups 3, 1 read (number 2), 2 skipped by statistics"), "{text}");
    assert!(text.contains("row_groups 3, 3 read (number 0-2)"), "{text}");
    // The bounds of every row group have the text in them, so that only the filters can tell.
    let missing = compare("many", OrcComparison::Equal, OrcValue::Text("50000x".to_owned()));
    let all = described(Some(&missing));
    for group in items(&all, "stripes").iter().flat_map(|stripe| items(stripe, "row_groups")) {
        assert_eq!(group["skipped_by"], "bloom filter", "{group}");
    }
    // What is told is what is read.
    for predicate in [after, missing] {
        let left: u64 = items(&described(Some(&predicate)), "stripes")
            .iter()
            .filter_map(|stripe| stripe["rows_left"].as_u64())
            .sum();
        let what = OrcRead { predicate: Some(predicate), ..OrcRead::default() };
        assert_eq!(decode(&file(), &what).num_rows() as u64, left);
    }
}
