//! How many statements a second are parsed on one core, here and by the crate `sqlparser`.
//!
//! ```text
//! cargo bench -p dialect --bench parse [-- FILE.jsonl[.gz]]
//! ```
//!
//! Both parse each text of the corpus for itself, in turns, round by round. A text that a parser
//! refuses counts for it too: its rate is that of all texts offered, and its report says how many
//! it took. `DIALECT_ROUNDS` says how many rounds there are.

#![expect(clippy::print_stdout, reason = "a command-line program")]
#![expect(clippy::disallowed_methods, reason = "time is what is measured")]

mod corpus;

use std::hint::black_box;
use std::io;
use std::time::Instant;

use corpus::Corpus;
use dialect::Options;
use sqlparser::dialect::HiveDialect;
use sqlparser::parser::Parser;

/// One parser that is measured.
struct Contender {
    name: &'static str,
    /// Parses a text and tells whether it was taken.
    parse: fn(&str) -> bool,
    taken: usize,
    /// Texts a second, one for each round.
    rates: Vec<f64>,
}

impl Contender {
    const fn new(name: &'static str, parse: fn(&str) -> bool) -> Self {
        Self { name, parse, taken: 0, rates: Vec::new() }
    }

    fn round(&mut self, texts: &[String]) {
        let start = Instant::now();
        self.taken = texts.iter().filter(|text| (self.parse)(text)).count();
        self.rates.push(texts.len() as f64 / start.elapsed().as_secs_f64());
    }

    /// Returns the smallest, the middle and the largest rate.
    fn summary(&self) -> [f64; 3] {
        let mut rates = self.rates.clone();
        rates.sort_by(f64::total_cmp);
        let last = rates.len().saturating_sub(1);
        [0, last / 2, last].map(|i| rates.get(i).copied().unwrap_or(0.0))
    }
}

fn main() -> io::Result<()> {
    const ROUNDS: usize = 9;
    let corpus = Corpus::load()?;
    let rounds = std::env::var("DIALECT_ROUNDS").ok().and_then(|n| n.parse().ok());
    let mut contenders = [
        Contender::new("dialect", |text| black_box(Options::HIVE.parse_statement(text)).is_ok()),
        Contender::new("sqlparser", |text| {
            black_box(Parser::parse_sql(&HiveDialect {}, text)).is_ok()
        }),
    ];
    for _ in 0..rounds.unwrap_or(ROUNDS).max(1) {
        for contender in &mut contenders {
            contender.round(&corpus.texts);
        }
    }
    let (statements, bytes) = (corpus.texts.len(), corpus.bytes());
    println!("{}: {statements} statements, {bytes} bytes", corpus.path.display());
    println!("{:<10} {:>10} {:>10} {:>10}   statements/s", "", "min", "median", "max");
    for contender in &contenders {
        let [min, median, max] = contender.summary();
        let Contender { name, taken, .. } = contender;
        println!("{name:<10} {min:>10.0} {median:>10.0} {max:>10.0}   takes {taken}");
    }
    let [ours, theirs] = contenders.each_ref().map(|contender| contender.summary()[1]);
    println!("{:.2} times the rate of sqlparser (medians)", ours / theirs);
    Ok(())
}
