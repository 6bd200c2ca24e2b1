//! How much memory parsing takes: allocations for each statement, here and by the crate
//! `sqlparser`, and bytes for scripts of growing size, which must be proportional.
//!
//! ```text
//! cargo bench -p dialect --bench memory [-- FILE.jsonl[.gz]]
//! ```
//!
//! Counting slows allocations down, so rates are measured elsewhere, in `parse`.

#![expect(clippy::print_stdout, reason = "a command-line program")]

mod corpus;

use std::alloc::System;
use std::hint::black_box;
use std::io;

use corpus::Corpus;
use dialect::Options;
use sqlparser::dialect::HiveDialect;
use sqlparser::parser::Parser;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, Stats, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> io::Result<()> {
    let corpus = Corpus::load()?;
    let statements = corpus.texts.len();
    println!("{}: {statements} statements, {} bytes", corpus.path.display(), corpus.bytes());
    let parsers: [(&str, fn(&str)); 2] = [
        ("dialect", |text| drop(black_box(Options::HIVE.parse_statement(text)))),
        ("sqlparser", |text| drop(black_box(Parser::parse_sql(&HiveDialect {}, text)))),
    ];
    println!("{:<10} {:>12} {:>12}   for each statement", "", "allocations", "bytes");
    for (name, parse) in parsers {
        let used = measure(|| corpus.texts.iter().for_each(|text| parse(text)));
        let each = |count: usize| count as f64 / statements as f64;
        let calls = each(used.allocations + used.reallocations);
        println!("{name:<10} {calls:>12.1} {:>12.0}", each(used.bytes_allocated));
    }
    println!("{:<12} {:>12} {:>12}   bytes kept for each byte of a script", "script", "kept", "");
    for megabytes in [1, 10, 20] {
        let script = script(&corpus, megabytes << 20);
        let region = Region::new(ALLOCATOR);
        let parsed = Options::HIVE.parse(&script);
        let used = region.change();
        let kept = used.bytes_allocated.saturating_sub(used.bytes_deallocated);
        let share = kept as f64 / script.len() as f64;
        let (taken, refused) = (parsed.statements.len(), parsed.errors.len());
        println!("{megabytes:>9} MB {kept:>12} {share:>12.2}   {taken} taken, {refused} refused");
    }
    Ok(())
}

fn measure(work: impl FnOnce()) -> Stats {
    let region = Region::new(ALLOCATOR);
    work();
    region.change()
}

/// Makes a script of the corpus' statements, again and again, of at least `len` bytes.
fn script(corpus: &Corpus, len: usize) -> String {
    let mut script = String::new();
    for text in corpus.texts.iter().cycle() {
        script.push_str(text);
        script.push_str("\n;\n");
        if script.len() >= len {
            break;
        }
    }
    script
}
