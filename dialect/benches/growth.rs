//! How the time of parsing grows with the length of what is repeated: it must be in proportion.
//!
//! ```text
//! cargo bench -p dialect --bench growth [-- FILE.jsonl[.gz]]
//! ```
//!
//! Runs of pieces of the corpus' statements, mostly broken ones, are repeated to a short and to a
//! long text. Printed are the largest of the ratios between the times for a byte: about 1 is
//! linear, [`TIMES`] is quadratic. The exit code is 1 if one is above [`ALLOWED`].

#![expect(clippy::print_stdout, reason = "a command-line program")]
#![expect(clippy::disallowed_methods, reason = "time is measured")]

mod corpus;
#[path = "../tests/pieces/mod.rs"]
mod pieces;

use std::hint::black_box;
use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use corpus::Corpus;
use dialect::Options;
use pieces::{Random, pieces};

/// Length of a short text. Units: bytes.
const SHORT: usize = 20_000;
/// How much longer the long text is.
const TIMES: usize = 10;
/// Largest good ratio: caches and the allocator make long texts a little dearer.
const ALLOWED: f64 = 3.0;
/// Texts that are measured.
const ROUNDS: usize = 300;
/// Times that are measured of a text; the shortest counts.
const TRIES: usize = 3;

fn main() -> io::Result<ExitCode> {
    let corpus = Corpus::load()?;
    println!(
        "{}: {} statements, {} bytes",
        corpus.path.display(),
        corpus.texts.len(),
        corpus.bytes()
    );
    let all: Vec<&str> = corpus.texts.iter().flat_map(|text| pieces(text)).collect();
    let mut random = Random(0xFACE);
    let mut ratios: Vec<(f64, String)> = Vec::new();
    for _ in 0..ROUNDS {
        let from = random.below(all.len());
        let part: String = all[from..].iter().take(1 + random.below(12)).copied().collect();
        let repeated = |length: usize| part.repeat(length / part.len().max(1) + 1);
        let (short, long) = (repeated(SHORT), repeated(SHORT * TIMES));
        let a_byte = |text: &str| time(text).as_secs_f64() / text.len() as f64;
        ratios.push((a_byte(&long) / a_byte(&short), part));
    }
    ratios.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("ratio   repeated");
    for (ratio, part) in ratios.iter().take(10) {
        println!("{ratio:>5.2}   {part:?}");
    }
    let worst = ratios.first().map_or(0.0, |(ratio, _)| *ratio);
    Ok(if worst > ALLOWED { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn time(text: &str) -> Duration {
    let once = || {
        let start = Instant::now();
        drop(black_box(Options::HIVE.parse(black_box(text))));
        start.elapsed()
    };
    (0..TRIES).map(|_| once()).min().unwrap_or_default()
}
