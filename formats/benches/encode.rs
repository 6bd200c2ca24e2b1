//! Measures encoding of batches to Parquet, in nanoseconds a row, beside the writer of the
//! `parquet` crate.
//!
//! Run with `cargo bench -p formats --bench encode [ROWS]`. Each figure is the best of several
//! rounds over batches in memory; the rounds take turns, so that a busy machine hurts all alike.

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a measuring program")]
#![expect(clippy::unwrap_used, reason = "the input is made here")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use formats::Encoder;
use formats::compression::{Compression, ZstdLevel};
use formats::parquet::{ParquetDecimal, ParquetOptions, ParquetTimestamp};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression as Codec;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

const ROUNDS: usize = 7;
const BATCH_ROWS: usize = 8192;

const COUNTRIES: [&str; 16] = [
    "DE", "US", "FR", "GB", "IN", "CN", "BR", "JP", "IT", "ES", "NL", "SE", "PL", "TR", "MX", "CA",
];
const DEVICES: [&str; 8] =
    ["ios", "android", "web-chrome", "web-safari", "web-firefox", "tv", "console", "other"];

/// Columns with many distinct values, where the other writer is told not to try a dictionary.
const UNIQUE: [&str; 6] = ["event_id", "user_id", "amount", "log_ts", "page", "price"];

/// A small generator, so that all runs measure the same rows.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn number<T: TryFrom<u64>>(&mut self, limit: u64) -> T {
        T::try_from(self.below(limit)).ok().unwrap()
    }

    fn one_of(&mut self, texts: &[&'static str]) -> &'static str {
        texts[self.number::<usize>(texts.len() as u64)]
    }
}

/// Makes events in the order of their time, with a null in every `nulls`th value if not 0.
fn events(rows: usize, nulls: u64) -> Vec<RecordBatch> {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let starts = (0..rows).step_by(BATCH_ROWS);
    starts
        .map(|first| events_from(first, BATCH_ROWS.min(rows - first), nulls, &mut random))
        .collect()
}

fn events_from(first: usize, rows: usize, nulls: u64, random: &mut Random) -> RecordBatch {
    fn column<T, A: FromIterator<Option<T>>>(
        rows: usize,
        nulls: u64,
        random: &mut Random,
        mut value: impl FnMut(usize, &mut Random) -> T,
    ) -> A {
        let one = |i| (nulls == 0 || random.below(nulls) != 0).then(|| value(i, random));
        (0..rows).map(one).collect()
    }
    let id = |i: usize| i64::try_from(first + i).unwrap();
    let ids: Int64Array = column(rows, nulls, random, |i, _| id(i));
    let users: StringArray =
        column(rows, nulls, random, |_, r| format!("user_{:08}", r.below(2_000_000)));
    let amounts: Float64Array =
        column(rows, nulls, random, |_, r| f64::from(r.number::<u32>(20_000_000)) / 1000.0);
    let times: TimestampMicrosecondArray =
        column(rows, nulls, random, |i, _| 1_714_953_600_000_000 + id(i) * 17_000);
    let countries: StringArray = column(rows, nulls, random, |_, r| r.one_of(&COUNTRIES));
    let pages: StringArray = column(rows, nulls, random, |_, r| {
        let mut page = format!("/shop/item/{}/detail?ref=", r.below(100_000));
        write!(page, "{:016x}", r.below(u64::MAX)).unwrap();
        page
    });
    let devices: StringArray = column(rows, nulls, random, |_, r| r.one_of(&DEVICES));
    let prices: Decimal128Array = column(rows, nulls, random, |_, r| i128::from(r.below(100_000)));
    let quantities: Int32Array = column(rows, nulls, random, |_, r| r.number::<i32>(100));
    let flags: BooleanArray = column(rows, nulls, random, |_, r| r.below(2) == 0);
    let columns: [(&str, ArrayRef); 10] = [
        ("event_id", Arc::new(ids)),
        ("user_id", Arc::new(users)),
        ("amount", Arc::new(amounts)),
        ("log_ts", Arc::new(times)),
        ("country", Arc::new(countries)),
        ("page", Arc::new(pages)),
        ("device", Arc::new(devices)),
        ("price", Arc::new(prices.with_precision_and_scale(18, 2).unwrap())),
        ("qty", Arc::new(quantities)),
        ("flag", Arc::new(flags)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(n, c)| (n, c, true))).unwrap()
}

fn own<'a>(
    options: &ParquetOptions,
    batches: &'a [RecordBatch],
) -> impl FnMut() -> usize + use<'a> {
    let mut encoder = Encoder::new(&batches[0].schema(), None, options).unwrap();
    let mut out = Vec::new();
    move || {
        out.clear();
        let mut file = encoder.start();
        encoder.row_group(&mut file, batches, &mut out).unwrap();
        encoder.finish(file, &mut out).unwrap();
        black_box(&out).len()
    }
}

fn stock<'a>(
    codec: Codec,
    unique: &[&str],
    batches: &'a [RecordBatch],
) -> impl FnMut() -> usize + use<'a> {
    let mut properties = WriterProperties::builder().set_compression(codec);
    if !unique.is_empty() {
        properties = properties.set_statistics_enabled(EnabledStatistics::Chunk);
        for column in unique {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(*column), false);
        }
    }
    let properties = properties.build();
    move || {
        let mut writer =
            ArrowWriter::try_new(Vec::new(), batches[0].schema(), Some(properties.clone()))
                .unwrap();
        for batch in batches {
            writer.write(batch).unwrap();
        }
        black_box(writer.into_inner().unwrap()).len()
    }
}

type Runner<'a> = (String, Box<dyn FnMut() -> usize + 'a>);

/// Runs all in turns and prints the best round of each.
fn race(title: &str, rows: usize, mut runners: Vec<Runner<'_>>) {
    println!("-- {title}, {rows} rows");
    let mut best = vec![(f64::INFINITY, 0); runners.len()];
    for _ in 0..ROUNDS {
        for ((_, run), best) in runners.iter_mut().zip(&mut best) {
            let start = Instant::now();
            let bytes = run();
            best.0 = best.0.min(start.elapsed().as_secs_f64());
            best.1 = bytes;
        }
    }
    let rows = f64::from(u32::try_from(rows).unwrap());
    for ((name, _), (seconds, bytes)) in runners.iter().zip(best) {
        let bytes = f64::from(u32::try_from(bytes).unwrap());
        println!("{name:44} {:7.1} ns/row {:7.1} bytes/row", seconds * 1e9 / rows, bytes / rows);
    }
}

fn whole_rows(rows: usize) {
    let zstd = Compression::Zstd(ZstdLevel::default());
    let legacy = ParquetOptions { compression: zstd, ..ParquetOptions::default() };
    let modern = ParquetOptions {
        timestamp: ParquetTimestamp::Int64Micros,
        decimal: ParquetDecimal::Standard,
        ..legacy.clone()
    };
    let codec =
        |options: &ParquetOptions, compression| ParquetOptions { compression, ..options.clone() };
    let level = parquet::basic::ZstdLevel::default();
    for nulls in [0, 10] {
        let batches = events(rows, nulls);
        let title = if nulls == 0 { "no nulls" } else { "every tenth value null" };
        race(
            title,
            rows,
            vec![
                ("own, INT96 and FLBA, zstd".into(), Box::new(own(&legacy, &batches)) as Box<_>),
                ("own, INT64, zstd".into(), Box::new(own(&modern, &batches))),
                (
                    "own, INT64, snappy".into(),
                    Box::new(own(&codec(&modern, Compression::Snappy), &batches)),
                ),
                (
                    "own, INT64, none".into(),
                    Box::new(own(&codec(&modern, Compression::None), &batches)),
                ),
                (
                    "own, INT96 and FLBA, none".into(),
                    Box::new(own(&codec(&legacy, Compression::None), &batches)),
                ),
                (
                    "ArrowWriter tuned, zstd".into(),
                    Box::new(stock(Codec::ZSTD(level), &UNIQUE, &batches)),
                ),
                (
                    "ArrowWriter tuned, none".into(),
                    Box::new(stock(Codec::UNCOMPRESSED, &UNIQUE, &batches)),
                ),
                (
                    "ArrowWriter default, zstd".into(),
                    Box::new(stock(Codec::ZSTD(level), &[], &batches)),
                ),
            ],
        );
    }
}

fn single_columns(rows: usize) {
    let batches = events(rows, 0);
    let names: Vec<_> = batches[0].schema().fields().iter().map(|f| f.name().clone()).collect();
    let columns: Vec<Vec<RecordBatch>> = (0..names.len())
        .map(|c| batches.iter().map(|b| b.project(&[c]).unwrap()).collect())
        .collect();
    let options = ParquetOptions { compression: Compression::None, ..ParquetOptions::default() };
    let runners = names.into_iter().zip(&columns);
    let runners = runners.map(|(name, column)| (name, Box::new(own(&options, column)) as Box<_>));
    race("own, INT96 and FLBA, none, by column", rows, runners.collect());
}

/// Many files of a few rows each: what a row group costs apart from its rows.
fn small_files(files: usize, rows: usize) {
    let batches = events(rows, 0);
    let codecs = [Compression::Zstd(ZstdLevel::default()), Compression::Snappy, Compression::None];
    let runners = codecs.map(|compression| {
        let options = ParquetOptions { compression, ..ParquetOptions::default() };
        let mut one = own(&options, &batches);
        let many = move || (0..files).map(|_| one()).sum();
        (format!("own, INT96 and FLBA, {compression}"), Box::new(many) as Box<_>)
    });
    race(&format!("{files} files of {rows} rows"), files * rows, runners.into());
}

fn main() {
    let rows = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(208_000);
    whole_rows(rows);
    single_columns(rows);
    small_files(1000, 100);
}
