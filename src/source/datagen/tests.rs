use std::sync::atomic::{AtomicI64, Ordering};

use arrow::array::{Array, AsArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, Fields, Float32Type, Float64Type, Int8Type,
    Int64Type, Schema, TimeUnit, TimestampMicrosecondType,
};
use proptest::prelude::*;

use super::*;
use crate::error::Kind;
use crate::source::SplitState;

#[derive(Debug, Default)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

fn schema(fields: Vec<(&str, DataType)>) -> SchemaRef {
    let fields = fields.into_iter().map(|(name, ty)| Field::new(name, ty, true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn map_type() -> DataType {
    let pair = Fields::from(vec![
        Field::new("key", DataType::Int8, false),
        Field::new("value", DataType::Utf8, true),
    ]);
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(pair), false)), false)
}

/// A column of every type.
fn every_type() -> DatagenOptions {
    let list = DataType::List(Arc::new(Field::new("item", DataType::Int64, true)));
    let part = vec![Field::new("n", DataType::Int64, true), Field::new("t", list.clone(), true)];
    let utc = Some(Arc::from("UTC"));
    DatagenOptions::new(schema(vec![
        ("flag", DataType::Boolean),
        ("tiny", DataType::Int8),
        ("small", DataType::Int16),
        ("int", DataType::Int32),
        ("big", DataType::Int64),
        ("float", DataType::Float32),
        ("double", DataType::Float64),
        ("price", DataType::Decimal128(18, 2)),
        ("wide", DataType::Decimal128(38, 0)),
        ("text", DataType::Utf8),
        ("bytes", DataType::Binary),
        ("day", DataType::Date32),
        ("at", DataType::Timestamp(TimeUnit::Microsecond, None)),
        ("at_utc", DataType::Timestamp(TimeUnit::Microsecond, utc)),
        ("nothing", DataType::Null),
        ("list", list),
        ("map", map_type()),
        ("row", DataType::Struct(part.into())),
    ]))
}

fn field(change: impl FnOnce(&mut FieldOptions)) -> FieldOptions {
    let mut options = FieldOptions::default();
    change(&mut options);
    options
}

fn sequence(start: i64, end: i64) -> FieldOptions {
    field(|f| f.kind = FieldKind::Sequence { start, end })
}

fn source(options: DatagenOptions) -> Result<DatagenSource> {
    DatagenSource::new(options, Arc::new(Hand::default()))
}

/// Reads up to `rows` rows of a split, opening it anew after each batch if `reopen` says so.
fn read(source: &DatagenSource, split: &Split, from: u64, rows: u64) -> Vec<RecordBatch> {
    let mut reader = source.open(split, from, LaneId(0)).unwrap();
    let (mut batches, mut last) = (Vec::new(), from);
    while last < from + rows {
        match reader.next(None).unwrap() {
            None => break,
            Some(Payload::Rows { batch, next }) => {
                assert_eq!(batch.num_rows() as u64, next - last);
                last = next;
                batches.push(batch);
            }
            other => panic!("{other:?}"),
        }
    }
    batches
}

/// All rows of a source in the order of their numbers.
fn all(options: &DatagenOptions) -> RecordBatch {
    let source = source(DatagenOptions { lanes: 1, ..options.clone() }).unwrap();
    let split = source.discover(&Offsets::default()).unwrap().splits.remove(0);
    concat_batches(&options.schema, &read(&source, &split, 0, u64::MAX / 2)).unwrap()
}

fn bounded(rows: u64, options: DatagenOptions) -> DatagenOptions {
    DatagenOptions { rows_per_second: None, number_of_rows: Some(rows), ..options }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    /// Rows depend on seed and number alone: any lanes and restarts give the same.
    #[test]
    fn rows_do_not_depend_on_lanes_and_restarts(
        seed in any::<u64>(), rows in 1_u64..300, lanes in 1_u64..9, from in 0_u64..300,
    ) {
        let mut options = bounded(rows, every_type());
        options.seed = seed;
        options.lanes = lanes;
        options.fields.insert("text".into(), field(|f| {
            f.null_rate = 0.3;
            f.length = Some(Length::UpTo(20));
        }));
        options.fields.insert("list".into(), field(|f| f.null_rate = 0.5));
        let whole = all(&options);
        prop_assert_eq!(whole.num_rows() as u64, rows);
        let source = source(options).unwrap();
        let splits = source.discover(&Offsets::default()).unwrap().splits;
        prop_assert_eq!(splits.len() as u64, lanes.min(rows));
        let mut seen = 0;
        for (index, split) in splits.iter().enumerate() {
            let SplitDetail::Sequence { end: Some(end), .. } = split.detail else { panic!() };
            seen += end;
            let from = from.min(end);
            let mut at = index + usize::try_from(from * lanes).unwrap();
            for batch in read(&source, split, from, end) {
                for row in 0..batch.num_rows() {
                    prop_assert_eq!(batch.slice(row, 1), whole.slice(at, 1));
                    at += usize::try_from(lanes).unwrap();
                }
            }
            prop_assert!(at as u64 >= rows);
        }
        prop_assert_eq!(seen, rows);
    }
}

#[test]
fn values_stay_within_their_options() {
    let mut options = bounded(20_000, every_type());
    let mut put = |name: &str, options_of: FieldOptions| {
        options.fields.insert(name.to_owned(), options_of);
    };
    put("tiny", field(|f| (f.min, f.max) = (Some(Number::Whole(-3)), Some(Number::Whole(3)))));
    put("double", field(|f| (f.min, f.max) = (Some(Number::Real(-0.5)), Some(Number::Whole(2)))));
    put("price", field(|f| (f.min, f.max) = (Some(Number::Real(1.5)), Some(Number::Whole(3)))));
    put("text", field(|f| f.length = Some(Length::UpTo(20))));
    put("bytes", field(|f| f.length = Some(Length::Fixed(9))));
    put("at", field(|f| f.max_past = Duration::from_secs(10)));
    put("small", field(|f| f.null_rate = 0.25));
    put("int", field(|f| f.null_rate = 1.0));
    put("big", sequence(-5, 30_000));
    put(
        "list.element",
        field(|f| (f.min, f.max) = (Some(Number::Whole(8)), Some(Number::Whole(9)))),
    );
    put("map", field(|f| f.length = Some(Length::Fixed(4))));
    put("map.key", field(|f| (f.min, f.max) = (Some(Number::Whole(0)), Some(Number::Whole(1)))));
    put("row.n", sequence(1, 50_000));
    let batch = all(&options);
    let column = |name: &str| batch.column_by_name(name).unwrap();

    let tiny = column("tiny").as_primitive::<Int8Type>();
    let mut values: Vec<i8> = tiny.values().to_vec();
    values.sort_unstable();
    values.dedup();
    assert_eq!(values, [-3, -2, -1, 0, 1, 2, 3]);
    let double = column("double").as_primitive::<Float64Type>().values();
    assert!(double.iter().all(|v| (-0.5..=2.0).contains(v)));
    assert!(double.iter().any(|v| *v < -0.49) && double.iter().any(|v| *v > 1.99));
    let float = column("float").as_primitive::<Float32Type>().values();
    assert!(float.iter().all(|v| v.is_finite()) && float.iter().any(|v| *v > f32::MAX / 2.0));
    let price = column("price").as_primitive::<Decimal128Type>().values();
    assert_eq!((price.iter().min(), price.iter().max()), (Some(&150), Some(&300)));
    let wide = column("wide").as_primitive::<Decimal128Type>();
    assert!(wide.validate_decimal_precision(38).is_ok());
    assert!(wide.values().iter().any(|v| *v > 5 * 10_i128.pow(37)));
    let text = column("text").as_string::<i32>();
    let lengths: std::collections::BTreeSet<usize> = text.iter().flatten().map(str::len).collect();
    assert_eq!(lengths, (1..=20).collect());
    assert!(text.iter().flatten().all(|t| t.bytes().all(|b| b.is_ascii_hexdigit())));
    assert!(column("bytes").as_binary::<i32>().iter().flatten().all(|b| b.len() == 9));
    let nulls = column("small").null_count();
    assert!((4_500..5_500).contains(&nulls), "{nulls}");
    assert_eq!(column("int").null_count(), 20_000);
    let big = column("big").as_primitive::<Int64Type>().values();
    assert!(big.iter().copied().eq(-5..19_995));
    let list = column("list").as_list::<i32>();
    assert!(list.iter().flatten().all(|items| items.len() == 3));
    assert!(list.values().as_primitive::<Int64Type>().values().iter().all(|v| [8, 9].contains(v)));
    let map = column("map").as_map();
    assert!((0..map.len()).all(|row| map.value_length(row) <= 2));
    let row = column("row").as_struct();
    assert!(row.column(0).as_primitive::<Int64Type>().values().iter().copied().eq(1..=20_000));

    // Rows are 100 µs apart at the default rate.
    let epoch = DatagenOptions::DEFAULT_EPOCH.0 * 1000;
    let at = column("at_utc").as_primitive::<TimestampMicrosecondType>().values();
    assert!(at.iter().copied().eq((0..20_000).map(|row| epoch + row * 100)));
    let past = column("at").as_primitive::<TimestampMicrosecondType>().values();
    assert!(past.iter().zip(at).all(|(p, a)| (0..=10_000_000).contains(&(a - p))));
    assert!(past.iter().zip(at).any(|(p, a)| a - p > 9_000_000));
    assert_eq!(column("day").as_primitive::<Date32Type>().value(0), 19_723);
}

#[test]
fn the_shortest_sequence_ends_the_source() {
    let ty = || {
        schema(vec![
            ("a", DataType::Utf8),
            ("b", DataType::Decimal128(10, 2)),
            ("c", DataType::Float32),
        ])
    };
    let table = [
        (Some((5, 9)), Some((1, 100)), None, 5),
        (Some((5, 9)), Some((-1, 1)), None, 3),
        (Some((5, 9)), None, Some(2), 2),
        (None, None, Some(7), 7),
        (Some((i64::MIN, i64::MAX)), None, Some(4), 4),
        (None, None, Some(0), 0),
    ];
    for (a, b, rows, want) in table {
        let mut options = DatagenOptions::new(ty());
        options.rows_per_second = None;
        options.number_of_rows = rows;
        let sequences = [("a", a), ("b", b)];
        for (name, (start, end)) in sequences.into_iter().filter_map(|(n, s)| Some((n, s?))) {
            options.fields.insert(name.to_owned(), sequence(start, end));
        }
        options.lanes = 4;
        let source = source(options.clone()).unwrap();
        let found = source.discover(&Offsets::default()).unwrap();
        assert!(found.complete);
        assert_eq!(found.splits.len() as u64, want.min(4));
        let read = |split| read(&source, split, 0, u64::MAX / 2);
        let read: usize = found.splits.iter().flat_map(read).map(|b| b.num_rows()).sum();
        assert_eq!(read as u64, want);
        if want == 3 {
            let batch = all(&options);
            let text = batch.column(0).as_string::<i32>();
            assert!(text.iter().flatten().eq(["5", "6", "7"]));
            assert_eq!(batch.column(1).as_primitive::<Decimal128Type>().values(), &[-100, 0, 100]);
        }
    }
}

#[test]
fn known_rows_are_not_dealt_out_again() {
    let options = DatagenOptions { lanes: 2, branch: 1, ..DatagenOptions::new(schema(vec![])) };
    let two = source(options.clone()).unwrap();
    let mut offsets = Offsets::default();
    for split in two.discover(&offsets).unwrap().splits {
        let state = SplitState { next: 0, split: split.clone(), done: true, watermark: None };
        offsets.splits.insert(split.id, state);
    }
    let three = source(DatagenOptions { lanes: 3, ..options.clone() }).unwrap();
    assert_eq!(three.discover(&offsets).unwrap().splits, []);
    let other = source(DatagenOptions { branch: 2, ..options }).unwrap();
    assert_eq!(other.discover(&offsets).unwrap().splits.len(), 2);
}

#[test]
fn rows_wait_for_the_clock() {
    let clock = Arc::new(Hand::default());
    let mut options = DatagenOptions::new(schema(vec![("n", DataType::Int64)]));
    options.rows_per_second = Some(1_000_000);
    options.lanes = 2;
    let source = DatagenSource::new(options, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
    let split = source.discover(&Offsets::default()).unwrap().splits.remove(1);
    let mut reader = source.open(&split, 10, LaneId(0)).unwrap();
    let mut rows = |time: i64| {
        clock.0.store(time, Ordering::Relaxed);
        match reader.next(None).unwrap() {
            Some(Payload::Rows { next, .. }) => next,
            Some(Payload::Idle) => 0,
            other => panic!("{other:?}"),
        }
    };
    // 500 rows a millisecond in this split.
    assert_eq!(rows(0), 0);
    assert_eq!(rows(20), 10 + 8192);
    assert_eq!(rows(20), 10 + 10_000);
    assert_eq!(rows(20), 0);
}

#[test]
fn refuses_options_that_do_not_fit() {
    type Change = fn(&mut DatagenOptions);
    fn put(options: &mut DatagenOptions, name: &str, change: impl FnOnce(&mut FieldOptions)) {
        options.fields.insert(name.to_owned(), field(change));
    }
    let table: &[(Kind, &str, Change)] = &[
        (Kind::Config, "rows-per-second", |o| o.rows_per_second = Some(0)),
        (Kind::Config, "column=none", |o| {
            put(o, "none", |_| ());
        }),
        (Kind::Config, "column=row.none", |o| {
            put(o, "row.none", |_| ());
        }),
        (Kind::Config, "fields.tiny.min", |o| {
            put(o, "tiny", |f| f.min = Some(Number::Whole(-129)));
        }),
        (Kind::Config, "fields.tiny.max", |o| {
            put(o, "tiny", |f| f.max = Some(Number::Whole(128)));
        }),
        (Kind::Config, "fields.tiny.max", |o| {
            put(o, "tiny", |f| f.max = Some(Number::Real(1.5)));
        }),
        (Kind::Config, "min is above max", |o| {
            put(o, "big", |f| (f.min, f.max) = (Some(Number::Whole(2)), Some(Number::Whole(1))));
        }),
        (Kind::Config, "fields.float.max", |o| {
            put(o, "float", |f| f.max = Some(Number::Real(1e39)));
        }),
        (Kind::Config, "fields.price.max", |o| {
            put(o, "price", |f| f.max = Some(Number::Real(1e16)));
        }),
        (Kind::Config, "fields.text.null-rate", |o| {
            put(o, "text", |f| f.null_rate = 1.1);
        }),
        (Kind::Config, "takes no NULL", |o| {
            put(o, "map.key", |f| f.null_rate = 0.1);
        }),
        (Kind::Config, "too long", |o| {
            put(o, "text", |f| f.length = Some(Length::Fixed(u32::MAX)));
        }),
        (Kind::Config, "too long", |o| {
            put(o, "list", |f| f.length = Some(Length::UpTo(u32::MAX)));
        }),
        (Kind::Config, "no sequence", |o| _ = o.fields.insert("flag".into(), sequence(0, 1))),
        (Kind::Config, "element of a collection", |o| {
            o.fields.insert("list.element".into(), sequence(0, 1));
        }),
        (Kind::Config, "fields.tiny.end", |o| _ = o.fields.insert("tiny".into(), sequence(0, 128))),
        (Kind::Config, "above its end", |o| _ = o.fields.insert("big".into(), sequence(1, 0))),
        (Kind::Config, "fields.price.start", |o| {
            o.fields.insert("price".into(), sequence(-10_i64.pow(16), 0));
        }),
        (Kind::Config, "max-past", |o| {
            put(o, "at", |f| f.max_past = Duration::MAX);
        }),
        (Kind::Unsupported, "no values of this type", |o| {
            o.schema = schema(vec![("i", DataType::Duration(TimeUnit::Second))]);
        }),
    ];
    for (kind, text, change) in table {
        let mut options = every_type();
        change(&mut options);
        let error = source(options).unwrap_err();
        assert_eq!(error.kind(), *kind, "{error}");
        assert!(error.to_string().contains(text), "{error}, not {text}");
    }
}
