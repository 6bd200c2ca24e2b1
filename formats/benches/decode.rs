//! Measures decoding of JSON lines to batches, in nanoseconds a row.
//!
//! Run with `cargo bench -p formats --bench decode [ROWS]`. Each figure is the best of several
//! rounds over rows in memory; the rounds take turns, so that a busy machine hurts all alike.

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a measuring program")]
#![expect(clippy::unwrap_used, reason = "the input is made here")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use formats::message::{CsvOptions, Decoder, JsonOptions, MessageFormat, PADDING};
use serde::Deserialize;

const ROUNDS: usize = 5;
const BATCH_ROWS: usize = 8192;

const COUNTRIES: [&str; 16] = [
    "DE", "US", "FR", "GB", "IN", "CN", "BR", "JP", "IT", "ES", "NL", "SE", "PL", "TR", "MX", "CA",
];
const DEVICES: [&str; 8] =
    ["ios", "android", "web-chrome", "web-safari", "web-firefox", "tv", "console", "other"];

/// A small generator, so that all runs measure the same rows.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

/// The ten fields of an event, each as the text of its JSON member.
fn event(random: &mut Random, id: u64, rows: u64) -> [(&'static str, String); 10] {
    let millis = id * 86_400_000 / rows.max(1);
    let (s, ms) = (millis / 1000, millis % 1000);
    let token = random.below(u64::MAX);
    [
        ("event_id", id.to_string()),
        ("user_id", format!("\"user_{:08}\"", random.below(2_000_000))),
        ("amount", format!("{}.{:03}", random.below(20_000), random.below(1000))),
        (
            "log_ts",
            format!("\"2024-05-06 {:02}:{:02}:{:02}.{ms:03}\"", s / 3600 % 24, s / 60 % 60, s % 60),
        ),
        ("country", format!("\"{}\"", COUNTRIES[random.below(16) as usize])),
        ("page", format!("\"/shop/item/{}/detail?ref={token:016x}\"", random.below(100_000))),
        ("device", format!("\"{}\"", DEVICES[random.below(8) as usize])),
        ("price", format!("\"{}.{:02}\"", random.below(1000), random.below(100))),
        ("qty", random.below(100).to_string()),
        ("flag", (random.below(2) == 0).to_string()),
    ]
}

fn line(text: &mut String, fields: impl Iterator<Item = (&'static str, String)>) {
    for (i, (name, value)) in fields.enumerate() {
        write!(text, "{}\"{name}\":{value}", if i == 0 { '{' } else { ',' }).unwrap();
    }
    text.push_str("}\n");
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Base,
    Alternating,
    OneAbsent,
    Shuffled,
    Spaced,
    Unknown,
}

fn json(rows: u64, shape: Shape) -> Vec<u8> {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut text = String::new();
    for id in 0..rows {
        let mut fields = event(&mut random, id, rows).to_vec();
        match shape {
            Shape::Alternating if id % 2 == 1 => fields.reverse(),
            Shape::OneAbsent if id % 3 == 2 => {
                fields.remove(random.below(10) as usize);
            }
            Shape::Shuffled => {
                for i in (1..10).rev() {
                    fields.swap(i, random.below(i as u64 + 1) as usize);
                }
            }
            Shape::Unknown => {
                fields.insert(3, ("session", format!("{{\"id\":{id},\"tags\":[\"a\",\"b\"]}}")));
                fields.insert(8, ("referrer", "\"https://example.org/landing\"".to_owned()));
            }
            _ => {}
        }
        if shape == Shape::Spaced {
            let mut plain = String::new();
            line(&mut plain, fields.into_iter());
            text.push_str(&plain.replace("\":", "\": ").replace(",\"", ", \""));
        } else {
            line(&mut text, fields.into_iter());
        }
    }
    text.into_bytes()
}

fn csv(rows: u64) -> Vec<u8> {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut text = String::new();
    for id in 0..rows {
        let fields = event(&mut random, id, rows);
        let plain: Vec<&str> = fields.iter().map(|(_, value)| value.trim_matches('"')).collect();
        text.push_str(&plain.join(","));
        text.push('\n');
    }
    text.into_bytes()
}

fn schema() -> SchemaRef {
    let fields = [
        ("event_id", DataType::Int64),
        ("user_id", DataType::Utf8),
        ("amount", DataType::Float64),
        ("log_ts", DataType::Timestamp(TimeUnit::Microsecond, None)),
        ("country", DataType::Utf8),
        ("page", DataType::Utf8),
        ("device", DataType::Utf8),
        ("price", DataType::Decimal128(18, 2)),
        ("qty", DataType::Int32),
        ("flag", DataType::Boolean),
    ];
    Arc::new(Schema::new(fields.map(|(name, t)| Field::new(name, t, true)).to_vec()))
}

fn decode(format: &MessageFormat, block: &[u8], end: usize) -> usize {
    let mut decoder = Decoder::new(&schema(), format, BATCH_ROWS).unwrap();
    let (mut bad, mut pos, mut rows) = (Vec::new(), 0, 0);
    while pos < end {
        pos = decoder.decode_block(block, pos, end, &mut bad);
        rows += black_box(decoder.finish().unwrap()).num_rows();
    }
    assert!(bad.is_empty(), "{:?}", bad.first());
    rows
}

fn lines(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr::memchr_iter(b'\n', block).filter_map(move |end| {
        let line = block.get(start..end);
        start = end + 1;
        line
    })
}

fn messages(block: &[u8]) -> usize {
    let mut decoder =
        Decoder::new(&schema(), &MessageFormat::Json(JsonOptions::default()), BATCH_ROWS).unwrap();
    let mut arena = Vec::new();
    let mut rows = 0;
    for line in lines(block) {
        arena.clear();
        arena.extend_from_slice(line);
        arena.resize(line.len() + PADDING, 0);
        decoder.decode_message(&arena, 0, line.len()).unwrap();
        if decoder.is_full() {
            rows += black_box(decoder.finish().unwrap()).num_rows();
        }
    }
    rows + black_box(decoder.finish().unwrap()).num_rows()
}

#[expect(dead_code, reason = "read by the parser, then dropped")]
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "event_id")]
    id: i64,
    #[serde(borrow)]
    user_id: std::borrow::Cow<'a, str>,
    amount: f64,
    log_ts: &'a str,
    country: std::borrow::Cow<'a, str>,
    page: std::borrow::Cow<'a, str>,
    device: std::borrow::Cow<'a, str>,
    price: &'a str,
    qty: i32,
    flag: bool,
}

fn serde(block: &[u8]) -> usize {
    let mut rows = 0;
    for line in lines(block) {
        black_box(serde_json::from_slice::<Event<'_>>(line).unwrap());
        rows += 1;
    }
    rows
}

fn main() {
    let rows = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(200_000u64);
    let json_format = MessageFormat::Json(JsonOptions::default());
    let csv_format = MessageFormat::Csv(CsvOptions::default());
    let shapes = [
        ("json, one order of keys", Shape::Base),
        ("json, two orders alternate", Shape::Alternating),
        ("json, any one key absent in every third row", Shape::OneAbsent),
        ("json, keys shuffled in every row", Shape::Shuffled),
        ("json, a space behind ':' and ','", Shape::Spaced),
        ("json, two keys without a column", Shape::Unknown),
    ];
    let mut cases: Vec<(&str, Vec<u8>, Box<dyn Fn(&[u8], usize) -> usize>)> = Vec::new();
    for (name, shape) in shapes {
        let format = json_format.clone();
        cases.push((name, json(rows, shape), Box::new(move |b, end| decode(&format, b, end))));
    }
    cases.push((
        "json, one message at a time",
        json(rows, Shape::Base),
        Box::new(|b, _| messages(b)),
    ));
    cases.push(("csv", csv(rows), Box::new(move |b, end| decode(&csv_format, b, end))));
    cases.push((
        "serde_json, struct, no columns",
        json(rows, Shape::Base),
        Box::new(|b, _| serde(b)),
    ));
    let mut best = vec![f64::MAX; cases.len()];
    for (_, block, _) in &mut cases {
        block.resize(block.len() + PADDING, 0);
    }
    for _ in 0..ROUNDS {
        for ((name, block, run), best) in cases.iter().zip(&mut best) {
            let begin = Instant::now();
            let seen = run(block, block.len() - PADDING);
            let nanos = begin.elapsed().as_nanos() as f64 / rows as f64;
            assert_eq!(seen as u64, rows, "{name}");
            *best = best.min(nanos);
        }
    }
    let partner = best.last().copied().unwrap_or(f64::NAN);
    for ((name, block, _), best) in cases.iter().zip(&best) {
        let bytes = (block.len() - PADDING) as f64 / rows as f64;
        println!("{name:<46} {best:>7.1} ns/row  {:>5.2}x  {bytes:.0} B/row", partner / best);
    }
}
