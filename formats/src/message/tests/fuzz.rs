//! Random mutations of real rows against `serde_json` with the rules of the types, and random
//! bytes against nothing but the promise not to panic.

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{
    Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use chrono::{NaiveDate, TimeDelta};
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::super::CsvOptions;
use super::*;

pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }
}

fn good_row(random: &mut Random, id: usize) -> String {
    let mut fields = [
        format!("\"event_id\":{id}"),
        format!("\"user_id\":\"user_{:07}\"", random.below(2_000_000)),
        format!("\"amount\":{}.{:03}", random.below(20_000), random.below(1000)),
        format!(
            "\"log_ts\":\"2024-05-{:02} {:02}:{:02}:{:02}.{:03}\"",
            1 + id % 31,
            random.below(24),
            random.below(60),
            random.below(60),
            random.below(1000)
        ),
        "\"country\":\"DE\"".to_owned(),
        format!("\"page\":\"/shop/item/{}/detail?ref={:016x}\"", random.below(1000), random.0),
        "\"device\":\"web-chrome\"".to_owned(),
        format!("\"price\":\"{}.{:02}\"", random.below(1000), random.below(100)),
        format!("\"qty\":{}", random.below(100)),
        format!("\"flag\":{}", id.is_multiple_of(2)),
    ]
    .to_vec();
    match random.below(8) {
        0 => fields.reverse(),
        1 => drop(fields.remove(random.below(10))),
        2 => fields.rotate_left(random.below(10)),
        3 => fields.insert(random.below(10), "\"extra\":{\"a\":[1,\"x\"]}".to_owned()),
        _ => {}
    }
    let glue = [",", ",", ", ", " ,"][random.below(4)];
    format!("{{{}}}", fields.join(glue))
}

const FRAGMENTS: [&[u8]; 30] = [
    b"\"",
    b"\\",
    b"\\u00e9",
    b"\\ud83d\\ude00",
    b"\\ud83d",
    b"\xff",
    b"\xc3\xa9",
    b"null",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b" ",
    b"-",
    b"1e5",
    b"0",
    b".5",
    b"\x01",
    b"\"x\":[1,{\"a\":null}],",
    b"\t",
    b"\"qty\":7,",
    b"\"QTY\":8,",
    b"\"9\"",
    b"e-3",
    b"\r",
    b"true",
    b"Z",
    b"+01:00",
];

fn mutate(random: &mut Random, row: &mut Vec<u8>) {
    for _ in 0..=random.below(3) {
        let at = random.below(row.len());
        match random.below(6) {
            0 => row[at] = random.below(256) as u8,
            1 => drop(row.remove(at)),
            2 => row.truncate(at),
            3 | 4 => {
                let fragment = FRAGMENTS[random.below(FRAGMENTS.len())];
                row.splice(at..at, fragment.iter().copied());
            }
            _ => {
                let to = (at + random.below(20)).min(row.len());
                row.drain(at..to);
            }
        }
        if row.is_empty() {
            row.push(b'{');
        }
    }
    row.retain(|b| *b != b'\n');
}

/// What a record is by `serde_json`: its values, and each value as it is written.
struct Record {
    values: Map<String, Value>,
    written: Map<String, Value>,
}

fn parse(record: &[u8]) -> Option<Record> {
    let values: Map<String, Value> = serde_json::from_slice(record).ok()?;
    let raw: std::collections::HashMap<String, &RawValue> = serde_json::from_slice(record).ok()?;
    let written =
        values.keys().map(|k| (k.clone(), Value::from(raw[k].get()))).collect::<Map<_, _>>();
    Some(Record { values, written })
}

impl Record {
    /// The value of a column, and its text as written; nothing for NULL.
    fn get(&self, column: &str) -> Option<(&Value, &str)> {
        let loose = || self.values.keys().rfind(|k| k.to_lowercase() == column);
        let key = self.values.keys().find(|k| *k == column).or_else(loose)?;
        let value = self.values.get(key).filter(|v| !v.is_null())?;
        Some((value, self.written[key].as_str()?))
    }
}

/// Digits, point and exponent of a number in text, shifted as text and cut at the scale.
fn exact(text: &str, scale: usize) -> Option<(i128, bool)> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    plain(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)).then_some(())?;
    let exponent: i64 = exponent.parse().ok().filter(|e: &i64| e.abs() < 1000)?;
    let digits = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    plain(&format!("{whole}{fraction}")).then_some(())?;
    let all = format!("{}{whole}{fraction}{}", "0".repeat(1100), "0".repeat(1100));
    let point = (1100 + whole.len()) as i64 + exponent + scale as i64;
    let (kept, cut) = all.split_at(point as usize);
    let kept = kept.trim_start_matches('0');
    let value: i128 = if kept.is_empty() { 0 } else { kept.parse().ok()? };
    let value = value + i128::from(cut.as_bytes()[0] >= b'5');
    let lost = cut.bytes().any(|b| b != b'0');
    Some((if mantissa.starts_with('-') { -value } else { value }, lost))
}

/// The text of a number, as such or in quotes.
fn number_text((value, written): (&Value, &str)) -> Option<String> {
    match value {
        Value::Number(_) => Some(written.to_owned()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn integer(value: (&Value, &str)) -> Option<i128> {
    exact(&number_text(value)?, 0).filter(|(_, lost)| !lost).map(|(value, _)| value)
}

fn double(value: (&Value, &str)) -> Option<f64> {
    let text = number_text(value)?;
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
    match text {
        "NaN" | "Infinity" | "-Infinity" | "+Infinity" => {
            return text.replace("Infinity", "inf").parse().ok();
        }
        _ => exact(text, 0).map(drop).or_else(|| text.contains(['e', 'E']).then_some(()))?,
    }
    text.parse().ok().filter(|v: &f64| v.is_finite())
}

fn micros(value: &Value) -> Option<i64> {
    let text = value.as_str()?.trim_matches(|c: char| c.is_ascii_whitespace());
    let split = text.find([' ', 'T', 't']);
    let (date, time) = split.map_or((text, None), |i| (&text[..i], Some(&text[i + 1..])));
    let small = |s: &str, lengths: std::ops::RangeInclusive<usize>| {
        let fits = lengths.contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
        if fits { s.parse::<u32>().ok() } else { None }
    };
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts[..] else { return None };
    let year = small(year, 4..=4).filter(|y| *y > 0)?;
    let date = NaiveDate::from_ymd_opt(year as i32, small(month, 1..=2)?, small(day, 1..=2)?)?;
    let mut result = date.and_hms_opt(0, 0, 0)?.and_utc();
    let Some(mut time) = time else { return Some(result.timestamp_micros()) };
    for utc in ["Z", "z", "+00:00", "-00:00", "+0000", "-0000", "+00", "-00"] {
        if let Some(rest) = time.strip_suffix(utc) {
            time = rest;
            break;
        }
    }
    let (time, fraction) = time.split_once('.').map_or((time, None), |(t, f)| (t, Some(f)));
    let parts: Vec<&str> = time.split(':').collect();
    let (hour, minute, second) = match parts[..] {
        [h, m] if fraction.is_none() => (small(h, 1..=2)?, small(m, 2..=2)?, 0),
        [h, m, s] => (small(h, 1..=2)?, small(m, 2..=2)?, small(s, 2..=2)?),
        _ => return None,
    };
    result = date.and_hms_opt(hour, minute, second)?.and_utc();
    if let Some(fraction) = fraction {
        small(&fraction[..fraction.len().min(9)], 1..=9).filter(|_| fraction.len() <= 9)?;
        let nanos: i64 = format!("{fraction:0<9}").parse().ok()?;
        result += TimeDelta::nanoseconds(nanos / 1000 * 1000);
    }
    Some(result.timestamp_micros())
}

/// True if every column's value is one of its type.
fn well_typed(record: &Record) -> bool {
    let ok =
        |column: &str, rule: &dyn Fn((&Value, &str)) -> bool| record.get(column).is_none_or(rule);
    ok("event_id", &|v| integer(v).is_some_and(|i| i64::try_from(i).is_ok()))
        && ok("qty", &|v| integer(v).is_some_and(|i| i32::try_from(i).is_ok()))
        && ok("amount", &|v| double(v).is_some())
        && ok("log_ts", &|v| micros(v.0).is_some())
        && ok("price", &|v| decimal(v).is_some())
        && ok("flag", &|v| boolean(v.0).is_some())
}

fn decimal(value: (&Value, &str)) -> Option<i128> {
    let (value, _) = exact(&number_text(value)?, 2)?;
    (value.abs() < 10i128.pow(18)).then_some(value)
}

fn boolean(value: &Value) -> Option<bool> {
    let text = value.as_str().map(|t| t.trim_matches(|c: char| c.is_ascii_whitespace()));
    value.as_bool().or_else(|| text?.to_ascii_lowercase().parse().ok())
}

fn string((value, written): (&Value, &str)) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(_) | Value::Array(_) => value.to_string(),
        _ => written.to_owned(),
    }
}

/// Asserts that a row holds a record's values.
fn assert_same(batch: &RecordBatch, row: usize, record: &Record, text: &str) {
    for column in ["user_id", "country", "page", "device"] {
        let array = batch[column].as_string::<i32>();
        let found = array.iter().nth(row).flatten();
        match record.get(column) {
            Some(value @ (Value::Object(_) | Value::Array(_), _)) => {
                let found: Value = serde_json::from_str(found.unwrap()).unwrap();
                assert_eq!(found.to_string(), string(value), "{column} of {text}");
            }
            value => assert_eq!(found, value.map(string).as_deref(), "{column} of {text}"),
        }
    }
    let int = |column: &str| record.get(column).and_then(integer);
    let found = batch["event_id"].as_primitive::<Int64Type>().iter().nth(row).flatten();
    assert_eq!(found.map(i128::from), int("event_id"), "event_id of {text}");
    let found = batch["qty"].as_primitive::<Int32Type>().iter().nth(row).flatten();
    assert_eq!(found.map(i128::from), int("qty"), "qty of {text}");
    let found = batch["amount"].as_primitive::<Float64Type>().iter().nth(row).flatten();
    let expected = record.get("amount").and_then(double);
    assert_eq!(found.map(f64::to_bits), expected.map(f64::to_bits), "amount of {text}");
    let found =
        batch["log_ts"].as_primitive::<TimestampMicrosecondType>().iter().nth(row).flatten();
    assert_eq!(found, record.get("log_ts").and_then(|v| micros(v.0)), "log_ts of {text}");
    let found = batch["price"].as_primitive::<Decimal128Type>().iter().nth(row).flatten();
    assert_eq!(found, record.get("price").and_then(decimal), "price of {text}");
    let found = batch["flag"].as_boolean().iter().nth(row).flatten();
    assert_eq!(found, record.get("flag").and_then(|v| boolean(v.0)), "flag of {text}");
}

#[test]
fn mutated_rows_are_judged_as_serde_json_judges_them() {
    const CASES: usize = 24_000;
    let mut random = Random(0x0123_4567);
    let mut decoder = Decoder::new(&events(), &json(), 4).unwrap();
    let (mut lines, mut expected_bad, mut batches) = (Vec::new(), 0, Vec::new());
    for case in 0..CASES {
        let mut row = good_row(&mut random, case).into_bytes();
        mutate(&mut random, &mut row);
        let text = String::from_utf8_lossy(&row).into_owned();
        let record = parse(&row).filter(well_typed);
        let taken = decoder.decode_message(&padded(&row), 0, row.len());
        assert_eq!(taken.is_ok(), record.is_some(), "{taken:?}: {text}");
        let neighbour = good_row(&mut random, case);
        decoder.decode_message(&padded(neighbour.as_bytes()), 0, neighbour.len()).unwrap();
        let batch = decoder.finish().unwrap();
        if let Some(record) = &record {
            assert_same(&batch, 0, record, &text);
        }
        let last = batch.num_rows() - 1;
        assert_same(&batch, last, &parse(neighbour.as_bytes()).unwrap(), &neighbour);
        // As lines, the record and its neighbour make the same rows; a blank one is no record.
        expected_bad += usize::from(record.is_none() && !text.trim_ascii().is_empty());
        lines.extend_from_slice(&row);
        lines.push(b'\n');
        lines.extend_from_slice(neighbour.as_bytes());
        lines.push(b'\n');
        batches.push(batch);
    }
    let (blocks, bad) = decode(&events(), &json(), &lines, 1000);
    let whole = |batches: &[RecordBatch]| concat_batches(&events(), batches).unwrap();
    assert_eq!(whole(&blocks), whole(&batches));
    assert_eq!(bad.len(), expected_bad);
    assert!((CASES / 10..CASES).contains(&bad.len()), "{}", bad.len());
}

fn nested() -> SchemaRef {
    schema(&[
        ("a", DataType::Int64),
        ("b", DataType::Utf8),
        ("l", list(row(&[("x", DataType::Int32), ("t", timestamp())]))),
        ("m", map(DataType::Float32)),
        ("d", DataType::Decimal128(38, 10)),
        ("z", DataType::Binary),
    ])
}

/// Bytes in which the grammars find something to hold on to.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&'static [u8]> = FRAGMENTS
        .into_iter()
        .chain([
            &b"{\"a\":1,\"b\":\"x\"}\n"[..],
            b"\n",
            b"\"l\":[{\"x\":1}]",
            b"\"m\":{\"k\":1,\"k\":2}",
            b"\"d\":",
            b"\"z\":\"3q2+\"",
            b"\"t\":\"2024-01-01 00:00:00\"",
            b"0\0",
            b"9999999999999999999999",
            b"e999999999",
        ])
        .collect();
    let word = prop_oneof![
        4 => prop::sample::select(words).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000, failure_persistence: None, rng_seed: prop::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_bytes_make_a_decoder_panic(text in soup(), start in 0usize..10) {
        let flat = schema(&[("a", DataType::Int64), ("b", DataType::Utf8), ("d", DataType::Date32)]);
        let csv = |ignore_parse_errors, escape| MessageFormat::Csv(CsvOptions {
            ignore_parse_errors, escape, field_delimiter: b':', allow_comments: true, ..CsvOptions::default()
        });
        for (columns, format) in [
            (nested(), json()),
            (nested(), lenient()),
            (Arc::clone(&flat), csv(false, None)),
            (flat, csv(true, Some(b'\\'))),
        ] {
            let (batches, bad) = decode(&columns, &format, &text, 5);
            let records = memchr::memchr_iter(b'\n', &text).count() + 1;
            let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
            prop_assert!(rows + bad.len() <= records);
            for bad in &bad {
                prop_assert!(bad.start < bad.end && bad.end <= text.len());
            }
            let mut decoder = Decoder::new(&columns, &format, 5).unwrap();
            let mut more = Vec::new();
            decoder.decode_block(&text, start, text.len(), &mut more);
            let _ignored = decoder.decode_message(&text, start, text.len());
            decoder.finish().unwrap();
        }
    }
}
